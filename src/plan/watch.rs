//! Watches the columns of rows that are fit to be sent for damage that no single cell shows. The predicates are those of a
//! profile; only what the cells prove becomes a warning.

use std::collections::BTreeMap;

use super::digits::is_digits;
use super::kind::CellKind;
use super::phone_traces::PhoneTraces;
use super::seen::Seen;
use super::traces::{Eye, Finding, Traces};
use crate::model::{Carries, ColumnIndex, DamageCode, Damaged, Header, Row, RowNumber, trim};

/// What was seen of the columns that are sent. Several that see parts of a table come to the same as one that sees it
/// whole.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    columns: Vec<Column>,
}

#[derive(Clone, Debug)]
struct Column {
    at: ColumnIndex,
    seen: Sight,
}

#[derive(Clone, Debug)]
enum Sight {
    Text(Box<Traces>),
    Phones(Box<Phones>),
}

/// Cells that are sent as phone numbers, so that it is known how they are read.
#[derive(Clone, Debug)]
struct Phones {
    zero_dialled: bool,
    traces: PhoneTraces,
    /// Read as numbers with a country's code.
    no_plus: Seen,
    /// Read as national numbers, where those begin with a zero.
    no_zero: Seen,
}

impl Watch {
    /// For these columns.
    pub fn new(columns: BTreeMap<ColumnIndex, Carries>) -> Watch {
        let column = |(at, carries)| {
            let seen = match carries {
                Carries::Text => Sight::Text(Box::default()),
                Carries::Phone { zero_dialled } => Sight::Phones(Box::new(Phones {
                    zero_dialled,
                    traces: PhoneTraces::default(),
                    no_plus: Seen::default(),
                    no_zero: Seen::default(),
                })),
            };
            Column { at, seen }
        };
        Watch { columns: columns.into_iter().map(column).collect() }
    }

    /// Looks at a row. `sent` says which phone number is sent for a column.
    pub fn look<'c>(&mut self, row: &Row, sent: impl Fn(ColumnIndex) -> Option<&'c str>) {
        for Column { at, seen } in &mut self.columns {
            let cell = row.cell(*at);
            if let Sight::Text(traces) = seen
                && traces.look_at_short_words(cell)
            {
                continue;
            }
            let text = trim(cell);
            let Some(first) = text.bytes().next() else { continue };
            match seen {
                Sight::Text(traces) => match first {
                    b'0'..=b'9' | b'+' | b'-' | b'(' => traces.look(row.number, text, CellKind::of(text)),
                    _ => traces.look_at_words(row.number, text),
                },
                Sight::Phones(phones) => match first {
                    b'+' => phones.traces.look_behind_plus(&text[1..]),
                    b'0'..=b'9' if is_digits(text.as_bytes()) => {
                        phones.look(row.number, text, || sent(*at));
                    }
                    _ => {}
                },
            }
        }
    }

    /// Takes in what was seen elsewhere of the same columns.
    pub fn take_in(&mut self, other: &Watch) {
        for (mine, theirs) in self.columns.iter_mut().zip(&other.columns) {
            match (&mut mine.seen, &theirs.seen) {
                (Sight::Text(mine), Sight::Text(theirs)) => mine.take_in(theirs),
                (Sight::Phones(mine), Sight::Phones(theirs)) => mine.take_in(theirs),
                (Sight::Text(_), Sight::Phones(_)) | (Sight::Phones(_), Sight::Text(_)) => {
                    unreachable!("both watch the same columns")
                }
            }
        }
    }

    /// What seems to be damaged, by columns.
    pub fn finish(self, header: &Header) -> Vec<Damaged> {
        let mut damaged = Vec::new();
        for Column { at, seen } in self.columns {
            let findings = match &seen {
                Sight::Text(traces) => {
                    traces.findings(header.names.get(at.index()).map_or("", |name| name.trim()), Eye::Strict)
                }
                Sight::Phones(phones) => phones.findings(),
            };
            damaged.extend(findings.into_iter().map(|Finding { code, seen, one, many: _ }| Damaged {
                code,
                column: at,
                cells: seen.cells,
                first: seen.first,
                one,
            }));
        }
        damaged
    }
}

impl Phones {
    /// Looks at a cell that holds nothing but digits.
    fn look<'c>(&mut self, row: RowNumber, text: &str, sent: impl FnOnce() -> Option<&'c str>) {
        if text.starts_with('0') {
            return self.traces.look_at_digits(row, text);
        }
        let sent = sent().and_then(|number| number.strip_prefix('+')).unwrap_or_default();
        if sent == text {
            self.no_plus.add(row, text);
        } else if self.zero_dialled && sent.ends_with(text) {
            self.no_zero.add(row, text);
        } else {
            self.traces.look_at_digits(row, text);
        }
    }

    fn findings(&self) -> Vec<Finding> {
        let no_plus = Finding {
            code: DamageCode::PhoneNoPlus,
            seen: self.traces.like_those_with_plus().and(&self.no_plus),
            one: "looks like an international number without its plus".to_owned(),
            many: String::new(),
        };
        let no_zero = Finding {
            code: DamageCode::PhoneNoZero,
            seen: self.traces.shorter_than_those_with_zero().and(&self.no_zero),
            one: "has perhaps lost its leading zero".to_owned(),
            many: String::new(),
        };
        [no_plus, no_zero].into_iter().filter(|finding| finding.seen.cells > 0).collect()
    }

    fn take_in(&mut self, other: &Phones) {
        self.traces.take_in(&other.traces);
        self.no_plus.take_in(&other.no_plus);
        self.no_zero.take_in(&other.no_zero);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of a column with these cells, whatever threads have seen of it.
    #[track_caller]
    fn told(name: &str, carries: Carries, cells: &[&str]) -> Vec<String> {
        let all = |from: usize, step: usize| {
            let mut watch = Watch::new(BTreeMap::from([(ColumnIndex(0), carries)]));
            for (number, cell) in (2..).zip(cells).skip(from).step_by(step) {
                let mut row = Row::new(RowNumber(number));
                row.push(cell);
                // As a mapping reads numbers of Sweden.
                let sent = match cell.strip_prefix("46") {
                    Some(_) => format!("+{cell}"),
                    None => format!("+46{}", cell.trim_start_matches('0')),
                };
                watch.look(&row, |_| Some(&sent));
            }
            watch
        };
        let header = Header { row: RowNumber(1), names: vec![name.to_owned()] };
        let told = |watch: Watch| -> Vec<String> {
            let line = |it: &Damaged| {
                let first: Vec<_> = it.first.iter().map(|(row, text)| format!("{text} in row {row}")).collect();
                format!("{} {}: {}", it.cells, it.code.as_str(), first.join(", "))
            };
            watch.finish(&header).iter().map(line).collect()
        };
        let mut parts = all(1, 2);
        parts.take_in(&all(0, 2));
        assert_eq!(told(parts), told(all(0, 1)));
        told(all(0, 1))
    }

    fn told_of_text(name: &str, cells: &[&str]) -> Vec<String> {
        told(name, Carries::Text, cells)
    }

    #[test]
    fn rounded_numbers_are_told_where_all_end_in_zeros() {
        assert_eq!(
            told_of_text("Card", &["1234567890123450", "1234567890123460000"]),
            ["2 value.rounded: 1234567890123450 in row 2, 1234567890123460000 in row 3"]
        );
        assert_eq!(told_of_text("Card", &["1234567890123450", "1234567890123456", "1234567890123457"]), [""; 0]);
    }

    #[test]
    fn days_are_told_among_dates_or_under_a_date() {
        let expected = ["1 date.serial: 45291 in row 3"];
        assert_eq!(told_of_text("X", &["2024-01-01", "45291"]), expected);
        assert_eq!(told_of_text("Since", &["unknown", "45291"]), [""; 0]);
        for name in ["Start date", "StartDate", "Geburtsdatum", "Född", "Data urodzenia"] {
            assert_eq!(told_of_text(name, &["unknown", "45291"]), expected, "{name}");
        }
        for name in ["Customer No", "Postal code", "Updated by", "Candidate", "Mandates"] {
            assert_eq!(told_of_text(name, &["41117", "45291", "00017"]), [""; 0], "{name}");
        }
        // One code that a spreadsheet took for a date makes no dates of the others.
        assert_eq!(told_of_text("Code", &["41117", "45291", "2024-10-12"]), [""; 0]);
    }

    #[test]
    fn a_text_is_cut_where_none_is_longer() {
        let (at, longer) = ("å".repeat(255), "å".repeat(256));
        assert_eq!(told_of_text("Note", &["x", &at])[0].split(':').next(), Some("1 value.cut"));
        assert_eq!(told_of_text("Note", &[&longer, &at]), [""; 0]);
        assert_eq!(told_of_text("Note", &[&at, &longer]), [""; 0]);
    }

    #[test]
    fn phone_numbers_are_held_against_what_is_sent() {
        let sweden = Carries::Phone { zero_dialled: true };
        assert_eq!(
            told("P", sweden, &["0701234567", "701234568", "46701234569", "+46701234560", "070-123 45 61"]),
            ["1 phone.no_plus: 46701234569 in row 4", "1 phone.no_zero: 701234568 in row 3"]
        );
        let no_zero = Carries::Phone { zero_dialled: false };
        assert_eq!(told("P", no_zero, &["20123456", "+4520123456", "0701234567"]), [""; 0]);
        // Another country's number, read as one of this.
        assert_eq!(told("P", no_zero, &["+491701234567", "491701234568"]), ["1 phone.no_plus: 491701234568 in row 3"]);
    }

    #[test]
    fn phone_numbers_that_are_sent_as_text_are_held_against_each_other() {
        assert_eq!(told_of_text("x", &["0701234567", "701234568"]), ["1 phone.no_zero: 701234568 in row 3"]);
        assert_eq!(told_of_text("x", &["+46701234567", "46701234568"]), ["1 phone.no_plus: 46701234568 in row 3"]);
        assert_eq!(told_of_text("Mobile", &["46701234567"]), ["1 phone.no_plus: 46701234567 in row 2"]);
        // In Spain and Denmark no number has a zero; and a number of Texas begins like one of Sweden.
        assert_eq!(told_of_text("Mobile", &["612345678", "20123456"]), [""; 0]);
        assert_eq!(told_of_text("Mobile", &["+46701234567", "4697770123"]), [""; 0]);
    }
}
