//! What spreadsheets and exports have done to a column before it came here, as far as its cells can tell.

use super::kind::CellKind;
use crate::model::{RowNumber, excerpt, mojibake};

/// How many characters of a value a finding shows.
const EXCERPT_CHARS: usize = 40;

/// Excel keeps this many digits of a number and makes zeros of the others (Excel specifications and limits).
const EXCEL_DIGITS: usize = 15;

/// 1954-10-03 and 2064-04-08 as Excel counts days; birthdays before are rarer than postal codes in this range.
const SERIAL_DAYS: std::ops::RangeInclusive<u32> = 20_000..=60_000;

/// Cells cut by a text field of a database (255) or by Excel (32,767).
const CUT_AT_CHARS: [usize; 2] = [255, 32_767];

/// The longest run of digits that is counted by its length.
const DIGITS_MAX: usize = 20;

/// Cells of one kind of damage: how many, and the first.
#[derive(Clone, Debug, Default)]
struct Seen {
    cells: u64,
    first: Option<(RowNumber, String)>,
}

impl Seen {
    fn add(&mut self, row: RowNumber, text: &str) {
        self.cells += 1;
        self.first.get_or_insert_with(|| (row, excerpt(text, EXCERPT_CHARS)));
    }

    /// `3 cells … , such as "x" in row 7`, when there is one.
    fn tell(&self, what_one: &str, what_many: &str, findings: &mut Vec<String>) {
        if let Some((row, text)) = &self.first {
            let what = if self.cells == 1 {
                format!("1 cell {what_one}")
            } else {
                format!("{} cells {what_many}", self.cells)
            };
            let such_as = if self.cells == 1 { "it is" } else { "such as" };
            findings.push(format!("{what}: {such_as} \"{text}\" in row {row}"));
        }
    }
}

/// A column's damage as it is found.
#[derive(Clone, Debug, Default)]
pub(super) struct Damage {
    scientific: Seen,
    rounded: Seen,
    error_values: Seen,
    garbled: Seen,
    serial_days: Seen,
    cut: [Seen; CUT_AT_CHARS.len()],
    /// Plain digits without a plus or zero before them, by their number.
    bare: [Seen; DIGITS_MAX + 1],
    /// Plain digits with a zero before them, by their number.
    zeroed: [u64; DIGITS_MAX + 1],
    /// First two digits of numbers with a plus, as a set of 100 bits.
    plus_prefixes: u128,
    plus: u64,
    bare_like_plus: Seen,
}

impl Damage {
    /// Looks at a trimmed, non-empty cell.
    pub(super) fn look(&mut self, row: RowNumber, text: &str) {
        let bytes = text.as_bytes();
        if bytes.iter().all(u8::is_ascii_digit) {
            self.look_at_digits(row, text);
        } else if is_scientific(bytes) {
            self.scientific.add(row, text);
        } else if let Some(rest) = text.strip_prefix('+') {
            let mut digits = rest.bytes().filter(u8::is_ascii_digit).map(|digit| u32::from(digit - b'0'));
            if let (Some(first), Some(second)) = (digits.next(), digits.next()) {
                self.plus += 1;
                self.plus_prefixes |= 1 << (first * 10 + second);
            }
        } else if bytes[0] == b'#' && is_error_value(text) {
            self.error_values.add(row, text);
        } else if mojibake(text).is_some() {
            self.garbled.add(row, text);
        }
        for (most, seen) in CUT_AT_CHARS.iter().zip(&mut self.cut) {
            if bytes.len() >= *most && text.chars().count() == *most {
                seen.add(row, text);
            }
        }
    }

    fn look_at_digits(&mut self, row: RowNumber, text: &str) {
        let digits = text.len().min(DIGITS_MAX);
        // Other programs write sixteen digits of such a number.
        let kept = if text.len() > EXCEL_DIGITS + 1 { EXCEL_DIGITS + 1 } else { EXCEL_DIGITS };
        if text.len() > EXCEL_DIGITS && text[kept..].bytes().all(|digit| digit == b'0') {
            self.rounded.add(row, text);
        }
        if text.starts_with('0') {
            self.zeroed[digits] += 1;
            return;
        }
        self.bare[digits].add(row, text);
        if digits == 5 && text.parse().is_ok_and(|days| SERIAL_DAYS.contains(&days)) {
            self.serial_days.add(row, text);
        }
        // Whether the column has such prefixes behind a plus is known only at its end for the first rows; the others tell.
        let prefix: u32 = text.get(..2).and_then(|two| two.parse().ok()).unwrap_or(0);
        if digits >= 10 && self.plus_prefixes & (1 << prefix) != 0 {
            self.bare_like_plus.add(row, text);
        }
    }

    /// What has happened, in sentences. `kinds` counts the column's cells by kind, `name` is its header.
    pub(super) fn findings(&self, name: &str, kinds: &dyn Fn(CellKind) -> u64) -> Vec<String> {
        let mut findings = Vec::new();
        self.scientific.tell(
            "was turned into a sum by a spreadsheet, and its digits are lost",
            "were turned into sums by a spreadsheet, and their digits are lost",
            &mut findings,
        );
        self.rounded.tell(
            "has more than 15 digits and ends in zeros, as Excel rounds numbers",
            "have more than 15 digits and end in zeros, as Excel rounds numbers",
            &mut findings,
        );
        self.error_values.tell("shows a spreadsheet's error", "show a spreadsheet's error", &mut findings);
        self.garbled.tell(
            "was read in the wrong encoding before it came here",
            "were read in the wrong encoding before they came here",
            &mut findings,
        );
        for (most, seen) in CUT_AT_CHARS.iter().zip(&self.cut) {
            let (one, many) = (
                format!("has exactly {most} characters and may be cut"),
                format!("have exactly {most} characters and may be cut"),
            );
            seen.tell(&one, &many, &mut findings);
        }
        if kinds(CellKind::Date) > 0 {
            self.serial_days.tell(
                "among dates is a number, as Excel counts days",
                "among dates are numbers, as Excel counts days",
                &mut findings,
            );
        }
        self.lost_signs(name, kinds, &mut findings);
        findings
    }

    /// Numbers that have lost their plus or their leading zero, as the rest of the column shows.
    fn lost_signs(&self, name: &str, kinds: &dyn Fn(CellKind) -> u64, findings: &mut Vec<String>) {
        let numbers = kinds(CellKind::Number) + kinds(CellKind::Phone);
        let all: u64 = CellKind::ALL.iter().map(|kind| kinds(*kind)).sum();
        if numbers * 2 < all || kinds(CellKind::Phone) == 0 && !is_phone_name(name) {
            return;
        }
        if self.plus > 0 {
            self.bare_like_plus.tell(
                "begins like the numbers with a plus and has none",
                "begin like the numbers with a plus and have none",
                findings,
            );
        } else if is_phone_name(name) {
            let long = self.bare[11..=15].iter().fold(Seen::default(), Seen::and);
            long.tell(
                "looks like an international number without its plus",
                "look like international numbers without their plus",
                findings,
            );
        }
        // One digit fewer than numbers with a zero in the same column, or in a column of phones without any zero.
        let shorter = (6..DIGITS_MAX)
            .filter(|&digits| self.zeroed[digits + 1] > 0 || is_phone_name(name) && (8..=9).contains(&digits))
            .map(|digits| &self.bare[digits])
            .fold(Seen::default(), Seen::and);
        shorter.tell("has perhaps lost its leading zero", "have perhaps lost their leading zero", findings);
    }
}

impl Seen {
    fn and(mut self, other: &Seen) -> Seen {
        self.cells += other.cells;
        self.first = match (self.first, other.first.clone()) {
            (Some(mine), Some(theirs)) => Some(if mine.0 <= theirs.0 { mine } else { theirs }),
            (mine, theirs) => mine.or(theirs),
        };
        self
    }
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

/// Whether a header calls its column phone numbers.
fn is_phone_name(name: &str) -> bool {
    let name = name.to_lowercase();
    ["phone", "mobil", "telefon", "tel.", "cell", "handy", "puhelin", "gsm", "fax", "téléphone", "teléfono", "whatsapp"]
        .iter()
        .any(|word| name.contains(word))
        || name == "tel"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, cells: &[&str]) -> Vec<String> {
        let mut damage = Damage::default();
        for (number, cell) in (2..).zip(cells) {
            damage.look(RowNumber(number), cell);
        }
        let kinds: Vec<CellKind> = cells.iter().map(|cell| CellKind::of(cell)).collect();
        damage.findings(name, &|kind| kinds.iter().filter(|other| **other == kind).count() as u64)
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
            ["1 cell among dates is a number, as Excel counts days: it is \"44927\" in row 3"]
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
