//! Phone numbers that have lost their plus or their leading zero, as the other numbers of the column show.

use std::collections::{BTreeMap, BTreeSet};

use super::digits::is_digits;
use super::seen::Seen;
use crate::model::RowNumber;

/// The longest run of digits that is counted by its length.
const DIGITS_MAX: usize = 20;

/// International numbers are rarely shorter, with the country's code; and national ones are rarely longer.
const INTERNATIONAL_DIGITS_MIN: usize = 10;

/// The first two digits of a number, and how many it has: what two numbers of one country have in common.
type Make = (u8, u8);

/// Numbers by how they begin and how long they are.
#[derive(Clone, Debug, Default)]
pub(super) struct PhoneTraces {
    /// Plain digits without a plus or zero before them, by their number.
    bare: [Seen; DIGITS_MAX + 1],
    /// Plain digits with a zero before them, by their number.
    zeroed: [u64; DIGITS_MAX + 1],
    /// The long ones without plus or zero, by their make.
    long_bare: BTreeMap<Make, Seen>,
    /// The makes of those with a plus; and the last that was seen, since most are like the one before.
    plus: BTreeSet<Make>,
    last_plus: Option<Make>,
}

impl PhoneTraces {
    /// Looks at a cell that holds nothing but digits.
    pub(super) fn look_at_digits(&mut self, row: RowNumber, text: &str) {
        let digits = text.len().min(DIGITS_MAX);
        if text.starts_with('0') {
            self.zeroed[digits] += 1;
            return;
        }
        self.bare[digits].add(row, text);
        if digits >= INTERNATIONAL_DIGITS_MIN
            && let Some(make) = make(text.as_bytes())
        {
            self.long_bare.entry(make).or_default().add(row, text);
        }
    }

    /// Looks at what follows a plus.
    pub(super) fn look_behind_plus(&mut self, rest: &str) {
        let make = make(rest.as_bytes());
        if make != self.last_plus {
            self.plus.extend(make);
            self.last_plus = make;
        }
    }

    pub(super) fn has_plus(&self) -> bool {
        !self.plus.is_empty()
    }

    /// Numbers that are like those with a plus, and have none.
    pub(super) fn like_those_with_plus(&self) -> Seen {
        let like = self.long_bare.iter().filter(|(make, _)| self.plus.contains(make));
        like.fold(Seen::default(), |all, (_, seen)| all.and(seen))
    }

    /// Numbers that are longer than national ones without a zero.
    pub(super) fn too_long_for_national(&self) -> Seen {
        self.bare[11..=15].iter().fold(Seen::default(), Seen::and)
    }

    /// Numbers with one digit fewer than numbers with a zero.
    pub(super) fn shorter_than_those_with_zero(&self) -> Seen {
        let shorter = (6..DIGITS_MAX).filter(|&digits| self.zeroed[digits + 1] > 0);
        shorter.fold(Seen::default(), |all, digits| all.and(&self.bare[digits]))
    }

    /// Numbers of so many digits as most countries have behind the zero, where no number has one.
    pub(super) fn as_long_as_without_zero(&self) -> Seen {
        match self.zeroed.iter().sum() {
            0u64 => self.bare[8..=9].iter().fold(Seen::default(), Seen::and),
            _ => Seen::default(),
        }
    }

    /// Takes in what was seen elsewhere.
    pub(super) fn take_in(&mut self, other: &PhoneTraces) {
        self.bare.iter_mut().zip(&other.bare).for_each(|(mine, theirs)| mine.take_in(theirs));
        self.zeroed.iter_mut().zip(&other.zeroed).for_each(|(mine, theirs)| *mine += theirs);
        other.long_bare.iter().for_each(|(make, seen)| self.long_bare.entry(*make).or_default().take_in(seen));
        self.plus.extend(&other.plus);
    }
}

/// The make of a number; nothing when it has fewer than two digits.
fn make(text: &[u8]) -> Option<Make> {
    if let [tens, ones, ..] = text
        && is_digits(text)
    {
        return Some(((tens & 0xf) * 10 + (ones & 0xf), u8::try_from(text.len()).unwrap_or(u8::MAX)));
    }
    let (mut begins, mut digits) = (0, 0u8);
    for digit in text.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0') {
        begins = if digits < 2 { begins * 10 + digit } else { begins };
        digits = digits.saturating_add(1);
    }
    (digits >= 2).then_some((begins, digits))
}

/// Whether a header calls its column phone numbers.
pub(super) fn is_phone_name(name: &str) -> bool {
    let name = name.to_lowercase();
    ["phone", "mobil", "telefon", "tel.", "cell", "handy", "puhelin", "gsm", "fax", "téléphone", "teléfono", "whatsapp"]
        .iter()
        .any(|word| name.contains(word))
        || name == "tel"
}
