//! What was wrong, counted by code and column, with the first cells of each kind.

use super::catalogue::{Page, damage_page, page};
use super::columns::columns;
use crate::model::{
    ColumnIndex, Damaged, Header, Outcome, OutcomeCode, Reason, Row, RowNumber, Severity, Status, TableShape, excerpt,
};

/// How many examples of one kind are kept.
const EXAMPLES_MAX: usize = 5;

/// How much of a cell is shown.
const VALUE_CHARS_MAX: usize = 60;

/// One kind of finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Its code, and what that means.
    pub page: Page,
    /// The columns to blame; empty when it is the row as such.
    pub columns: Vec<ColumnIndex>,
    /// The same by name.
    pub column: String,
    /// How many rows have it; a row that has it twice counts twice.
    pub count: u64,
    /// The first of them, in input order.
    pub examples: Vec<Example>,
}

/// One row that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The row's number.
    pub row: RowNumber,
    /// Where it is: `People!B17` in a workbook, `row 17` in a text table.
    pub place: String,
    /// What stands in the cell, shortened; empty when no single cell is to blame.
    pub value: String,
    /// What is said of it.
    pub message: String,
}

/// A row that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Its number.
    pub row: RowNumber,
    /// How it ended.
    pub status: Status,
    /// The card's id, if it has one.
    pub id: String,
    /// Every reason.
    pub marks: Vec<Mark>,
}

/// One reason of a [`BadRow`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// How much it matters.
    pub severity: Severity,
    /// Its stable name.
    pub code: &'static str,
    /// The column by name; empty when it is the row as such.
    pub column: String,
    /// Where and what, and what is said of it.
    pub example: Example,
}

/// Gathers findings; its size depends on the kinds, not on the rows.
#[derive(Debug)]
pub struct Findings {
    header: Header,
    sheet: Option<String>,
    kinds: Vec<Finding>,
    rows: Vec<BadRow>,
    rows_max: usize,
    bad_rows: u64,
}

/// All that was gathered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// Every kind, the worst first, and among those the most frequent.
    pub kinds: Vec<Finding>,
    /// The first rows with an error or a warning, if they were asked for.
    pub rows: Vec<BadRow>,
    /// How many such rows there are in all.
    pub bad_rows: u64,
}

impl Gathered {
    /// How many rows' values go with the card of another row.
    pub fn merged_rows(&self) -> u64 {
        let merged = OutcomeCode::RowMerged.as_str();
        self.kinds.iter().filter(|kind| kind.page.code == merged).map(|kind| kind.count).sum()
    }
}

impl Findings {
    /// For a table. Of rows with an error or a warning, so many at most are kept whole.
    pub fn new(header: Header, shape: &TableShape, rows_max: usize) -> Findings {
        Findings { header, sheet: shape.sheet.clone(), kinds: Vec::new(), rows: Vec::new(), rows_max, bad_rows: 0 }
    }

    /// Takes note of how a row ended.
    pub fn note(&mut self, row: &Row, outcome: &Outcome) {
        let mut bad = false;
        for reason in &outcome.reasons {
            let Some(severity) = Severity::of(outcome.status, reason.code) else { continue };
            bad |= severity != Severity::Note;
            let page = page(reason.code);
            let known = |kind: &Finding| {
                kind.severity == severity && kind.page.code == page.code && kind.columns == reason.columns
            };
            let at = self.kinds.iter().position(known).unwrap_or_else(|| {
                self.kinds.push(Finding {
                    severity,
                    page,
                    columns: reason.columns.clone(),
                    column: columns(&self.header, reason),
                    count: 0,
                    examples: Vec::new(),
                });
                self.kinds.len() - 1
            });
            self.kinds[at].count += 1;
            if self.kinds[at].examples.len() < EXAMPLES_MAX {
                let example = self.example(row, reason);
                self.kinds[at].examples.push(example);
            }
        }
        if bad {
            self.bad_rows += 1;
            if self.rows.len() < self.rows_max {
                let bad = self.bad_row(row, outcome);
                self.rows.push(bad);
            }
        }
    }

    fn bad_row(&self, row: &Row, outcome: &Outcome) -> BadRow {
        let marks = outcome.reasons.iter().filter_map(|reason| {
            Some(Mark {
                severity: Severity::of(outcome.status, reason.code)?,
                code: reason.code.as_str(),
                column: columns(&self.header, reason),
                example: self.example(row, reason),
            })
        });
        BadRow {
            row: row.number,
            status: outcome.status,
            id: outcome.id.as_ref().map(ToString::to_string).unwrap_or_default(),
            marks: marks.collect(),
        }
    }

    fn example(&self, row: &Row, reason: &Reason) -> Example {
        let value = match reason.columns.as_slice() {
            [column] => excerpt(row.cell(*column).trim(), VALUE_CHARS_MAX),
            _ => String::new(),
        };
        Example {
            row: row.number,
            place: place(self.sheet.as_deref(), row.number, &reason.columns),
            value,
            message: reason.message.clone(),
        }
    }

    /// All that was gathered.
    pub fn finish(mut self) -> Gathered {
        sort(&mut self.kinds);
        Gathered { kinds: self.kinds, rows: self.rows, bad_rows: self.bad_rows }
    }
}

impl Gathered {
    /// Adds what was noticed of whole columns, whose values are sent all the same.
    pub fn add(&mut self, damaged: Vec<Damaged>, header: &Header, shape: &TableShape) {
        self.kinds.extend(damaged.into_iter().map(|Damaged { code, column, cells, first, one }| {
            let example = |(row, value): (RowNumber, String)| Example {
                row,
                place: place(shape.sheet.as_deref(), row, &[column]),
                message: format!("\"{value}\" {one}"),
                value,
            };
            Finding {
                severity: Severity::Warning,
                page: damage_page(code),
                columns: vec![column],
                column: header.label(column),
                count: cells,
                examples: first.into_iter().take(EXAMPLES_MAX).map(example).collect(),
            }
        }));
        sort(&mut self.kinds);
    }
}

/// The worst first, and among those the most frequent.
fn sort(kinds: &mut [Finding]) {
    kinds.sort_by_key(|kind| (kind.severity, std::cmp::Reverse(kind.count)));
}

/// As a spreadsheet program names a cell, or simply the row.
fn place(sheet: Option<&str>, row: RowNumber, columns: &[ColumnIndex]) -> String {
    match (sheet, columns.first()) {
        (Some(sheet), Some(column)) => format!("{}!{}{row}", sheet_name(sheet), column.letters()),
        (Some(_), None) | (None, _) => format!("row {row}"),
    }
}

/// A sheet's name as a formula writes it: quoted when it is more than one word.
fn sheet_name(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_numeric());
    let name = excerpt(name, 40);
    if plain { name } else { format!("'{}'", name.replace('\'', "''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Code, CsvDialect, Issue, OutcomeCode};

    fn findings(sheet: Option<&str>, rows_max: usize) -> Findings {
        let header = Header { row: RowNumber(1), names: vec!["E-mail".into(), "Mobile".into()] };
        let shape = TableShape {
            description: String::new(),
            sheet: sheet.map(str::to_owned),
            dialect: CsvDialect { delimiter: b',', wants_bom: false },
            size_hint: None,
        };
        Findings::new(header, &shape, rows_max)
    }

    fn row(number: u64, cells: [&str; 2]) -> Row {
        let mut row = Row::new(RowNumber(number));
        cells.iter().for_each(|cell| row.push(cell));
        row
    }

    #[test]
    fn kinds_are_counted_the_worst_first_with_their_first_cells() {
        let mut findings = findings(Some("My people"), 1);
        for number in 2..10 {
            let issue = Issue::cell(Code::PhoneLength, ColumnIndex(1), "too short");
            let ready = Reason { code: OutcomeCode::RunDry, columns: vec![], message: "ready".into() };
            let reasons = vec![ready, issue.into()];
            findings.note(&row(number, ["a@b.se", " 070\u{202e}-12 "]), &Outcome::unsent(Status::NotSent, reasons));
        }
        let outcome = Outcome::invalid(vec![
            Issue::cell(Code::EmailSyntax, ColumnIndex(0), "no @"),
            Issue::row(Code::ContactNone, "nobody"),
        ]);
        findings.note(&row(10, ["a", ""]), &outcome);
        let gathered = findings.finish();
        let told: Vec<String> = gathered
            .kinds
            .iter()
            .map(|kind| {
                let first = &kind.examples[0];
                let code = kind.page.code;
                let severity = kind.severity.as_str();
                format!("{severity} {code} {} {} {} {:?}", kind.column, kind.count, first.place, first.value)
            })
            .collect();
        assert_eq!(
            told,
            [
                "error email.syntax E-mail 1 'My people'!A10 \"a\"",
                "error contact.none  1 row 10 \"\"",
                "warning phone.length Mobile 8 'My people'!B2 \"070\\\\u{202e}-12\"",
            ]
        );
        assert_eq!(gathered.kinds[2].examples.len(), EXAMPLES_MAX);
        assert_eq!((gathered.bad_rows, gathered.rows.len(), gathered.rows[0].row.0), (9, 1, 2));
    }

    #[test]
    fn rows_that_had_nothing_wrong_are_no_findings() {
        let mut findings = findings(None, 10);
        let reason = |code| Reason { code, columns: vec![], message: String::new() };
        findings.note(&row(2, ["", ""]), &Outcome::unsent(Status::NotSent, vec![reason(OutcomeCode::RunStopped)]));
        findings.note(&row(3, ["", ""]), &Outcome::unsent(Status::Stored, vec![]));
        findings.note(&row(4, ["", ""]), &Outcome::unsent(Status::Skipped, vec![reason(OutcomeCode::RowBlank)]));
        let gathered = findings.finish();
        assert_eq!((gathered.kinds.len(), gathered.bad_rows), (1, 0));
        assert_eq!(gathered.kinds[0].severity, Severity::Note);
    }
}
