//! What spreadsheets and exports have done to a column before it came here, as far as its cells can tell.

use super::kind::CellKind;
use super::seen::Seen;
use super::traces::{Eye, Traces};
use crate::model::{RowNumber, mojibake};

/// A column's damage as it is found.
#[derive(Clone, Debug, Default)]
pub(super) struct Damage {
    scientific: Seen,
    error_values: Seen,
    garbled: Seen,
    traces: Traces,
}

impl Damage {
    /// Looks at a trimmed, non-empty cell.
    pub(super) fn look(&mut self, row: RowNumber, text: &str, kind: CellKind) {
        let bytes = text.as_bytes();
        if is_scientific(bytes) {
            self.scientific.add(row, text);
        } else if bytes[0] == b'#' && is_error_value(text) {
            self.error_values.add(row, text);
        } else if mojibake(text).is_some() {
            self.garbled.add(row, text);
        }
        self.traces.look(row, text, kind);
    }

    /// How many cells are of a kind.
    pub(super) fn kinds(&self, kind: CellKind) -> u64 {
        self.traces.kinds(kind)
    }

    /// What has happened, in sentences. `name` is the column's header.
    pub(super) fn findings(&self, name: &str) -> Vec<String> {
        let plain: [(&Seen, &str, &str); 3] = [
            (
                &self.scientific,
                "was turned into a sum by a spreadsheet, and its digits are lost",
                "were turned into sums by a spreadsheet, and their digits are lost",
            ),
            (&self.error_values, "shows a spreadsheet's error", "show a spreadsheet's error"),
            (
                &self.garbled,
                "was read in the wrong encoding before it came here",
                "were read in the wrong encoding before they came here",
            ),
        ];
        let plain = plain.into_iter().filter_map(|(seen, one, many)| tell(seen, one, many));
        let found = self.traces.findings(name, Eye::Curious);
        plain.chain(found.iter().filter_map(|found| tell(&found.seen, &found.one, &found.many))).collect()
    }
}

/// `3 cells … : such as "x" in row 7`, when there is one.
fn tell(seen: &Seen, one: &str, many: &str) -> Option<String> {
    let (row, text) = seen.first.first()?;
    Some(match seen.cells {
        1 => format!("1 cell {one}: it is \"{text}\" in row {row}"),
        cells => format!("{cells} cells {many}: such as \"{text}\" in row {row}"),
    })
}

/// `4.67E+10`, `4,67012E+10`: one digit, decimals, a plus in the exponent, as spreadsheets write it.
fn is_scientific(bytes: &[u8]) -> bool {
    let Some(at) = bytes.iter().position(|byte| matches!(byte, b'E' | b'e')) else { return false };
    let (mantissa, exponent) = (&bytes[..at], &bytes[at + 1..]);
    let digits = |bytes: &[u8]| !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    let decimals = match mantissa {
        [first, b'.' | b',', decimals @ ..] => first.is_ascii_digit() && digits(decimals),
        [only] => only.is_ascii_digit(),
        _ => false,
    };
    decimals && exponent.len() >= 3 && exponent[0] == b'+' && digits(&exponent[1..])
}

/// `#N/A`, `#REF!`, `#NAME?`, `#####`, in any language.
fn is_error_value(text: &str) -> bool {
    let rest = &text[1..];
    let capitals =
        rest.chars().all(|c| c.is_uppercase() || c.is_ascii_digit() || matches!(c, '/' | '!' | '?' | '_' | '¿'));
    let named = capitals && rest.ends_with(['!', '?']) || matches!(rest, "N/A" | "NV" | "GETTING_DATA");
    named || text.len() >= 3 && text.bytes().all(|byte| byte == b'#')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, cells: &[&str]) -> Vec<String> {
        let mut damage = Damage::default();
        for (number, cell) in (2..).zip(cells) {
            damage.look(RowNumber(number), cell, CellKind::of(cell));
        }
        damage.findings(name)
    }

    #[test]
    fn each_damage_is_told_with_its_first_row() {
        assert_eq!(
            told("Mobile", &["+46701234567", "4.67E+10", "46701234568"]),
            [
                "1 cell was turned into a sum by a spreadsheet, and its digits are lost: it is \"4.67E+10\" in row 3",
                "1 cell begins like the numbers with a plus and has none: it is \"46701234568\" in row 4",
            ]
        );
        assert_eq!(
            told("x", &["0701234567", "701234568", "701234569"]),
            ["2 cells have perhaps lost their leading zero: such as \"701234568\" in row 3"]
        );
        assert_eq!(
            told("Card", &["1234567890123450000"]),
            [
                "1 cell has more than 15 digits and ends in zeros, as Excel rounds numbers: it is \"1234567890123450000\" in row 2"
            ]
        );
        assert_eq!(told("Card", &["1234567890123457000", "1234567890123456"]).len(), 1);
        assert_eq!(told("Card", &["1234567890123456700"]), [""; 0]);
        assert_eq!(
            told("Since", &["2024-01-01", "44927"]),
            ["1 cell is a number among dates, as Excel counts days: it is \"44927\" in row 3"]
        );
        assert_eq!(told("x", &["MalmÃ¶", "#N/A", "#####"]).len(), 2);
    }

    #[test]
    fn sound_columns_give_no_findings() {
        assert_eq!(told("Customer No", &["00017", "00018", "12345", "44927"]), [""; 0]);
        assert_eq!(told("Postal code", &["11122", "41117"]), [""; 0]);
        assert_eq!(told("Mobile", &["+46701234567", "070-123 45 67"]), [""; 0]);
        assert_eq!(told("Code", &["1E5", "#1", "5 E+2"]), [""; 0]);
    }
}
