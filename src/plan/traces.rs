//! What becomes of values in spreadsheets and databases without anybody being told: each cell looks sound, and the column
//! as a whole gives it away.

use super::digits::is_digits;
use super::kind::CellKind;
use super::phone_traces::{PhoneTraces, is_phone_name};
use super::seen::Seen;
use crate::model::{DamageCode, RowNumber};

/// Excel keeps this many digits of a number and makes zeros of the others (Excel specifications and limits).
const EXCEL_DIGITS: usize = 15;

/// 1954-10-03 and 2064-04-08 as Excel counts days; birthdays before are rarer than postal codes in this range.
const SERIAL_DAYS: std::ops::RangeInclusive<u32> = 20_000..=60_000;

/// Cells cut by a text field of a database (255) or by Excel (32,767).
const CUT_AT_CHARS: [usize; 2] = [255, 32_767];

/// How a column's cells are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Eye {
    /// For somebody who wants to know what might be wrong: the name of a column is evidence.
    Curious,
    /// For a warning: only what the cells themselves prove.
    Strict,
}

/// Cells that seem to be damaged, and what is said of one and of many.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) code: DamageCode,
    pub(super) seen: Seen,
    pub(super) one: String,
    pub(super) many: String,
}

/// A column's cells by what may have happened to them.
#[derive(Clone, Debug, Default)]
pub(super) struct Traces {
    kinds: [u64; CellKind::ALL.len()],
    /// Numbers with more digits than Excel keeps.
    long: u64,
    rounded: Seen,
    serial_days: Seen,
    cut: [Seen; CUT_AT_CHARS.len()],
    /// Whether a cell is longer than that.
    longer: [bool; CUT_AT_CHARS.len()],
    phones: PhoneTraces,
}

impl Traces {
    /// Looks at a trimmed, non-empty cell.
    pub(super) fn look(&mut self, row: RowNumber, text: &str, kind: CellKind) {
        self.kinds[kind as usize] += 1;
        if text.len() >= CUT_AT_CHARS[0] {
            self.look_at_length(row, text);
        }
        if is_digits(text.as_bytes()) {
            self.look_at_digits(row, text);
        } else if let Some(rest) = text.strip_prefix('+') {
            self.phones.look_behind_plus(rest);
        }
    }

    /// Looks at a cell, should it begin with a letter and be shorter than what may be cut; whether it does and is. White
    /// space behind it does not matter then.
    #[inline]
    pub(super) fn look_at_short_words(&mut self, text: &str) -> bool {
        // C3 is what letters of the West begin with.
        let is_it = matches!(text.as_bytes(), [b'A'..=b'Z' | b'a'..=b'z' | 0xC3, ..]) && text.len() < CUT_AT_CHARS[0];
        self.kinds[CellKind::Text as usize] += u64::from(is_it);
        is_it
    }

    /// Looks at a cell that holds nothing that could be a number or a date.
    pub(super) fn look_at_words(&mut self, row: RowNumber, text: &str) {
        self.kinds[CellKind::Text as usize] += 1;
        if text.len() >= CUT_AT_CHARS[0] {
            self.look_at_length(row, text);
        }
    }

    pub(super) fn kinds(&self, kind: CellKind) -> u64 {
        self.kinds[kind as usize]
    }

    fn look_at_length(&mut self, row: RowNumber, text: &str) {
        for ((most, seen), longer) in CUT_AT_CHARS.iter().zip(&mut self.cut).zip(&mut self.longer) {
            // A column that holds longer texts is not cut there, so that its texts need no counting.
            if *longer || text.len() < *most {
                continue;
            }
            let chars = text.chars().count();
            *longer = chars > *most;
            if chars == *most {
                seen.add(row, text);
            }
        }
    }

    fn look_at_digits(&mut self, row: RowNumber, text: &str) {
        if text.len() > EXCEL_DIGITS {
            self.long += 1;
            // Other programs write sixteen digits of such a number.
            let kept = if text.len() > EXCEL_DIGITS + 1 { EXCEL_DIGITS + 1 } else { EXCEL_DIGITS };
            if text[kept..].bytes().all(|digit| digit == b'0') {
                self.rounded.add(row, text);
            }
        }
        if text.len() == 5 && text.parse().is_ok_and(|days| SERIAL_DAYS.contains(&days)) {
            self.serial_days.add(row, text);
        }
        self.phones.look_at_digits(row, text);
    }

    /// What has happened, most certain first. `name` is the column's header.
    pub(super) fn findings(&self, name: &str, eye: Eye) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut tell = |code, seen: &Seen, one: &str, many: &str| {
            if seen.cells > 0 {
                let (one, many) = (one.to_owned(), many.to_owned());
                findings.push(Finding { code, seen: seen.clone(), one, many });
            }
        };
        // One in ten numbers of sixteen digits ends in a zero; of those that Excel has had, all do.
        if self.rounded.cells * 2 >= self.long {
            tell(
                DamageCode::ValueRounded,
                &self.rounded,
                "has more than 15 digits and ends in zeros, as Excel rounds numbers",
                "have more than 15 digits and end in zeros, as Excel rounds numbers",
            );
        }
        for ((most, seen), longer) in CUT_AT_CHARS.iter().zip(&self.cut).zip(&self.longer) {
            if !longer {
                tell(
                    DamageCode::ValueCut,
                    seen,
                    &format!("has exactly {most} characters and may be cut"),
                    &format!("have exactly {most} characters and may be cut"),
                );
            }
        }
        // Customer numbers and postal codes have five digits as well: most of the others must be dates, or the header
        // must say so.
        let dates = self.kinds(CellKind::Date);
        if dates >= self.serial_days.cells {
            tell(
                DamageCode::DateSerial,
                &self.serial_days,
                "is a number among dates, as Excel counts days",
                "are numbers among dates, as Excel counts days",
            );
        } else if is_date_name(name) {
            tell(
                DamageCode::DateSerial,
                &self.serial_days,
                "is a number where a date should be, as Excel counts days",
                "are numbers where dates should be, as Excel counts days",
            );
        }
        self.lost_signs(name, eye, &mut tell);
        findings
    }

    /// Numbers that have lost their plus or their leading zero, as the rest of the column shows.
    fn lost_signs(&self, name: &str, eye: Eye, tell: &mut dyn FnMut(DamageCode, &Seen, &str, &str)) {
        let numbers = self.kinds(CellKind::Number) + self.kinds(CellKind::Phone);
        let all: u64 = self.kinds.iter().sum();
        let named = is_phone_name(name);
        if numbers * 2 < all || self.kinds(CellKind::Phone) == 0 && !named {
            return;
        }
        if self.phones.has_plus() {
            tell(
                DamageCode::PhoneNoPlus,
                &self.phones.like_those_with_plus(),
                "begins like the numbers with a plus and has none",
                "begin like the numbers with a plus and have none",
            );
        } else if named {
            tell(
                DamageCode::PhoneNoPlus,
                &self.phones.too_long_for_national(),
                "looks like an international number without its plus",
                "look like international numbers without their plus",
            );
        }
        // In some countries no number begins with a zero, so that a name is no proof.
        let shorter = match (named, eye) {
            (true, Eye::Curious) => {
                self.phones.shorter_than_those_with_zero().and(&self.phones.as_long_as_without_zero())
            }
            (true, Eye::Strict) | (false, _) => self.phones.shorter_than_those_with_zero(),
        };
        tell(
            DamageCode::PhoneNoZero,
            &shorter,
            "has perhaps lost its leading zero",
            "have perhaps lost their leading zero",
        );
    }

    /// Takes in what was seen elsewhere.
    pub(super) fn take_in(&mut self, other: &Traces) {
        self.kinds.iter_mut().zip(&other.kinds).for_each(|(mine, theirs)| *mine += theirs);
        self.long += other.long;
        self.rounded.take_in(&other.rounded);
        self.serial_days.take_in(&other.serial_days);
        self.cut.iter_mut().zip(&other.cut).for_each(|(mine, theirs)| mine.take_in(theirs));
        self.longer.iter_mut().zip(&other.longer).for_each(|(mine, theirs)| *mine |= theirs);
        self.phones.take_in(&other.phones);
    }
}

/// Whether a header calls its column dates, in one of the usual languages.
fn is_date_name(name: &str) -> bool {
    const WORDS: [&str; 16] = [
        "date",
        "dates",
        "dato",
        "fecha",
        "dob",
        "birth",
        "birthday",
        "birthdate",
        "född",
        "födelsedag",
        "geburtstag",
        "naissance",
        "nascita",
        "nascimento",
        "nacimiento",
        "urodzenia",
    ];
    let is_one = |word: &str| WORDS.contains(&word) || word.ends_with("datum") || word.ends_with("sdato");
    let mut word = String::new();
    let mut is_low = false;
    for c in name.chars().chain([' ']) {
        // `StartDate` is two words, and `update` is one.
        if !c.is_alphabetic() || is_low && c.is_uppercase() {
            if is_one(&word) {
                return true;
            }
            word.clear();
        }
        if c.is_alphabetic() {
            word.extend(c.to_lowercase());
        }
        is_low = c.is_lowercase();
    }
    false
}
