//! What the columns of a table hold: how full they are, how many different values, of what kind, with samples.
//! Constant memory however many rows there are.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::damage::Damage;
use super::kind::CellKind;
use crate::model::{Code, ColumnIndex, Header, Row, RowNumber, excerpt};

/// Different values are counted up to here, a column.
const DISTINCT_MAX: usize = 1_000;

/// The same for all columns together: 16 bytes each, 16 MiB.
const DISTINCT_IN_ALL_MAX: usize = 1_000_000;

/// How many samples a column shows, and how many characters of each.
const SAMPLES: usize = 3;
const SAMPLE_CHARS: usize = 40;

/// How many different values a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distinct {
    /// Just so many.
    Exactly(usize),
    /// So many, and perhaps more.
    AtLeast(usize),
}

/// What a table holds.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Rows seen.
    pub rows: u64,
    /// Those among them whose cells can be told apart; only these count for columns.
    pub sound_rows: u64,
    /// Rows with more or fewer cells than the header.
    pub ragged_rows: u64,
    /// Every kind of trouble with reading rows or cells: how often, and where first.
    pub issues: BTreeMap<Code, (u64, RowNumber)>,
    /// Every column in order.
    pub columns: Vec<ColumnProfile>,
    /// What is odd about the header, in sentences.
    pub header_findings: Vec<String>,
}

/// What a column holds.
#[derive(Clone, Debug)]
pub struct ColumnProfile {
    /// Its place.
    pub column: ColumnIndex,
    /// Its header, trimmed; empty when it has none.
    pub name: String,
    /// Cells that are not blank.
    pub filled: u64,
    /// How many different values those have.
    pub distinct: Distinct,
    /// Kinds of cells and how many there are of each, the most frequent first.
    pub kinds: Vec<(CellKind, u64)>,
    /// The first different values, made fit for a message.
    pub samples: Vec<String>,
    /// What has happened to its values before they came here, in sentences.
    pub findings: Vec<String>,
}

/// A profile as it grows.
#[derive(Clone, Debug)]
pub struct ProfileBuilder {
    rows: u64,
    sound_rows: u64,
    ragged_rows: u64,
    issues: BTreeMap<Code, (u64, RowNumber)>,
    columns: Vec<Column>,
    distinct: usize,
}

#[derive(Clone, Debug, Default)]
struct Column {
    filled: u64,
    values: HashSet<u64>,
    is_cut: bool,
    samples: Vec<String>,
    damage: Damage,
}

impl ProfileBuilder {
    /// For a table with so many columns.
    pub fn new(width: usize) -> ProfileBuilder {
        ProfileBuilder {
            rows: 0,
            sound_rows: 0,
            ragged_rows: 0,
            issues: BTreeMap::new(),
            columns: vec![Column::default(); width],
            distinct: 0,
        }
    }

    /// Looks at a row.
    pub fn add(&mut self, row: &Row) {
        self.rows += 1;
        for issue in &row.issues {
            self.issues.entry(issue.code).or_insert((0, row.number)).0 += 1;
            self.ragged_rows += u64::from(issue.code == Code::RowRagged);
        }
        // A row that is broken as a whole may have its values in the wrong columns.
        if row.issues.iter().any(|issue| issue.column.is_none()) {
            return;
        }
        self.sound_rows += 1;
        for (column, cell) in self.columns.iter_mut().zip(row.cells()) {
            let text = cell.trim();
            if !text.is_empty() {
                column.add(row.number, text, &mut self.distinct);
            }
        }
    }

    /// The profile of the rows added, in a table with this header.
    pub fn finish(self, header: &Header) -> Profile {
        let columns = self.columns.into_iter().zip(&header.names).zip(0..);
        Profile {
            rows: self.rows,
            sound_rows: self.sound_rows,
            ragged_rows: self.ragged_rows,
            issues: self.issues,
            columns: columns.map(|((column, name), at)| column.finish(ColumnIndex(at), name.trim())).collect(),
            header_findings: header_findings(header),
        }
    }
}

impl Column {
    fn add(&mut self, row: RowNumber, text: &str, distinct_in_all: &mut usize) {
        self.filled += 1;
        self.damage.look(row, text, CellKind::of(text));
        if self.is_cut {
            return;
        }
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        if self.values.contains(&hasher.finish()) {
            return;
        }
        if self.values.len() == DISTINCT_MAX || *distinct_in_all == DISTINCT_IN_ALL_MAX {
            self.is_cut = true;
            return;
        }
        self.values.insert(hasher.finish());
        *distinct_in_all += 1;
        if self.samples.len() < SAMPLES {
            self.samples.push(excerpt(text, SAMPLE_CHARS));
        }
    }

    fn finish(self, column: ColumnIndex, name: &str) -> ColumnProfile {
        let mut kinds: Vec<(CellKind, u64)> =
            CellKind::ALL.iter().map(|&kind| (kind, self.damage.kinds(kind))).filter(|(_, cells)| *cells > 0).collect();
        kinds.sort_by_key(|&(kind, cells)| (std::cmp::Reverse(cells), kind));
        let distinct = self.values.len();
        ColumnProfile {
            column,
            name: name.to_owned(),
            filled: self.filled,
            distinct: if self.is_cut { Distinct::AtLeast(distinct) } else { Distinct::Exactly(distinct) },
            kinds,
            samples: self.samples,
            findings: self.damage.findings(name),
        }
    }
}

fn header_findings(header: &Header) -> Vec<String> {
    let mut places = BTreeMap::<&str, Vec<String>>::new();
    for (name, at) in header.names.iter().zip(0..) {
        places.entry(name.trim()).or_default().push(ColumnIndex(at).letters());
    }
    let listed = |letters: &[String]| match letters.len() {
        0..=8 => letters.join(", "),
        more => format!("{} and {} more", letters[..8].join(", "), more - 8),
    };
    let is_value = |name: &&str| matches!(CellKind::of(name), CellKind::Email | CellKind::Phone | CellKind::Date);
    let value = header.names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).find(is_value);
    let as_value = value.map(|value| {
        format!(
            "row {} is taken for the header but holds a value, \"{}\": a table without column names needs a first row of them",
            header.row,
            excerpt(value, 60)
        )
    });
    let of_names = places.iter().filter_map(|(name, letters)| match (name.is_empty(), letters.len()) {
        (true, 1) => Some(format!("column {} has no name", letters[0])),
        (true, many) => Some(format!("{many} columns have no name: {}", listed(letters))),
        (false, 1) => None,
        (false, many) => Some(format!("{many} columns are called \"{}\": {}", excerpt(name, 60), listed(letters))),
    });
    as_value.into_iter().chain(of_names).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Issue;

    #[test]
    fn a_header_that_is_a_row_is_told() {
        let header = Header { row: RowNumber(1), names: vec!["Anna".into(), "a@b.se".into(), "070-174 06 05".into()] };
        assert_eq!(
            ProfileBuilder::new(3).finish(&header).header_findings,
            [
                "row 1 is taken for the header but holds a value, \"a@b.se\": a table without column names needs a first row of them"
            ]
        );
    }

    #[test]
    fn columns_are_told_by_what_they_hold() {
        let header = Header { row: RowNumber(1), names: vec![" No ".into(), "E-mail".into(), "".into(), "No".into()] };
        let mut builder = ProfileBuilder::new(4);
        for number in 2..2_002u64 {
            let mut row = Row::new(RowNumber(number));
            row.push(&number.to_string());
            row.push(if number % 2 == 0 { "a@b.se" } else { "  " });
            row.push(if number < 4 { "x" } else { "+46 70 123 45 67" });
            row.push("");
            builder.add(&row);
        }
        let mut broken = Row::new(RowNumber(9_999));
        broken.push("1");
        broken.issues.push(Issue::row(Code::RowRagged, "1 cell"));
        builder.add(&broken);
        let profile = builder.finish(&header);
        assert_eq!((profile.rows, profile.ragged_rows), (2_001, 1));
        assert_eq!(profile.issues[&Code::RowRagged], (1, RowNumber(9_999)));
        let told: Vec<String> = profile
            .columns
            .iter()
            .map(|c| {
                format!(
                    "{} {:?} {} {:?} {:?} {:?}",
                    c.column.letters(),
                    c.name,
                    c.filled,
                    c.distinct,
                    c.kinds,
                    c.samples
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "A \"No\" 2000 AtLeast(1000) [(Number, 2000)] [\"2\", \"3\", \"4\"]",
                "B \"E-mail\" 1000 Exactly(1) [(Email, 1000)] [\"a@b.se\"]",
                "C \"\" 2000 Exactly(2) [(Phone, 1998), (Text, 2)] [\"x\", \"+46 70 123 45 67\"]",
                "D \"No\" 0 Exactly(0) [] []",
            ]
        );
        assert_eq!(profile.header_findings, ["column C has no name", "2 columns are called \"No\": A, D"]);
    }
}
