//! What a cell seems to hold. For telling a person what a column is like, never for deciding what is sent.

use super::digits::{is_day, is_digits};

/// What a cell seems to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CellKind {
    /// An e-mail address, or several.
    Email,
    /// A phone number as people write it.
    Phone,
    /// A date, with or without a time.
    Date,
    /// A number, or digits that may be one.
    Number,
    /// Anything else.
    Text,
}

impl CellKind {
    /// Every kind, in the order in which they are told.
    pub const ALL: [CellKind; 5] = [CellKind::Email, CellKind::Phone, CellKind::Date, CellKind::Number, CellKind::Text];

    /// In one word.
    pub fn as_str(self) -> &'static str {
        match self {
            CellKind::Email => "e-mail",
            CellKind::Phone => "phone",
            CellKind::Date => "date",
            CellKind::Number => "number",
            CellKind::Text => "text",
        }
    }

    /// What a trimmed, non-empty text seems to be.
    pub(super) fn of(text: &str) -> CellKind {
        CellKind::of_usual(text.as_bytes()).unwrap_or_else(|| CellKind::of_any(text))
    }

    /// The same by a short way, of what nearly all cells with digits hold: digits alone, days as `2024-03-01`, digits and
    /// spaces, and words; nothing where it takes a closer look.
    fn of_usual(text: &[u8]) -> Option<CellKind> {
        if is_digits(text) {
            return Some(if text[0] == b'0' && text.len() >= 8 { CellKind::Phone } else { CellKind::Number });
        }
        if is_day(text) {
            return Some(CellKind::Date);
        }
        let (mut digits, mut others) = (0, 0u8);
        for byte in text {
            digits += usize::from(byte.is_ascii_digit());
            others |= CLASSES[usize::from(*byte)];
        }
        match others {
            _ if others & AT != 0 => None,
            _ if digits == 0 || others & WORD != 0 => Some(CellKind::Text),
            SPACE if (7..=15).contains(&digits) => Some(CellKind::Phone),
            SPACE => Some(CellKind::Text),
            _ => None,
        }
    }

    fn of_any(text: &str) -> CellKind {
        if text.contains('@') {
            let addresses = text.split([';', ',', ' ', '\n', '<', '>']).filter(|part| part.contains('@'));
            return if addresses.clone().all(is_address) { CellKind::Email } else { CellKind::Text };
        }
        if !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return CellKind::Text;
        }
        if is_date(text) {
            CellKind::Date
        } else if is_number(text) {
            let local = text.starts_with('0') && text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_digit());
            if local || text.starts_with("+") && text.len() >= 9 { CellKind::Phone } else { CellKind::Number }
        } else if is_phone(text) {
            CellKind::Phone
        } else {
            CellKind::Text
        }
    }
}

/// Classes of bytes in [`CLASSES`]: what makes addresses; what stands in no number, date or phone number; spaces; and
/// whatever else may stand in those.
const AT: u8 = 1;
const WORD: u8 = 2;
const SPACE: u8 = 4;
const OTHER: u8 = 8;

/// The class of every byte; digits have none.
static CLASSES: [u8; 256] = {
    let (mut classes, mut byte) = ([OTHER; 256], 0);
    while byte < 256 {
        match byte as u8 {
            b'@' => classes[byte] = AT,
            b' ' => classes[byte] = SPACE,
            b'0'..=b'9' => classes[byte] = 0,
            // Halves of the day, exponents, and what stands between days and times, stand among digits too.
            b'a' | b'p' | b'm' | b'e' | b'A' | b'P' | b'M' | b'E' | b'T' | b'Z' => {}
            b'a'..=b'z' | b'A'..=b'Z' => classes[byte] = WORD,
            _ => {}
        }
        byte += 1;
    }
    classes
};

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let labels = domain.split('.').count();
    !local.is_empty() && !local.contains('@') && labels > 1 && domain.split('.').all(|label| !label.is_empty())
}

/// `2024-03-01`, `1.3.2024`, `03/01/24`, each with a time behind it perhaps.
fn is_date(text: &str) -> bool {
    let day = text.split([' ', 'T']).next().unwrap_or_default();
    let time = &text[day.len()..];
    if !time.bytes().all(|byte| byte.is_ascii_digit() || b" T:.Z+-APMapm".contains(&byte)) {
        return false;
    }
    // `1.3.24` is the shortest.
    if !(6..=14).contains(&day.len()) {
        return false;
    }
    ['-', '.', '/'].into_iter().any(|separator| {
        let mut parts = day.split(separator);
        let (Some(first), Some(middle), Some(last), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return false;
        };
        let number = |part: &str, most: u32| {
            !part.is_empty()
                && part.len() <= 4
                && part.bytes().all(|byte| byte.is_ascii_digit())
                && part.parse::<u32>().is_ok_and(|number| (1..=most).contains(&number))
        };
        let year = |part: &str| matches!(part.len(), 2 | 4) && number(part, 9999);
        (first.len() == 4 && year(first) && number(middle, 12) && number(last, 31))
            || (year(last) && number(first, 31) && number(middle, 31) && first.len() <= 2)
    })
}

/// Digits with a sign, separators or an exponent.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+', '\u{2212}']).unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let points = mantissa.bytes().filter(|byte| matches!(byte, b'.' | b',')).count();
    let grouped = mantissa.split(['.', ',']).skip(1).all(|group| group.len() == 3 || points == 1);
    mantissa.starts_with(|c: char| c.is_ascii_digit())
        && mantissa.ends_with(|c: char| c.is_ascii_digit())
        && mantissa.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
        && (points <= 1 || grouped)
        && digits(exponent)
}

/// Seven to fifteen digits, and nothing else but what people put between them.
fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (7..=15).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "+-–()/.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_short_way_comes_to_the_same(
            text in prop_oneof![
                "[0-9]{1,17}",
                "[0-9 -]{1,17}",
                "[0-9]{4}-[0-9]{2}-[0-9]{2}",
                "[0-9-]{4}-[0-9-]{2}-[0-9-]{2}",
                "[0-9ab@ åTZeEAPM:+.,/()–\u{a0}-]{1,14}",
            ]
        ) {
            if let Some(kind) = CellKind::of_usual(text.as_bytes()) {
                prop_assert_eq!(kind, CellKind::of_any(&text), "{:?}", text);
            }
        }
    }

    #[test]
    fn cells_are_told_apart() {
        for (text, kind) in [
            ("asa@example.com", CellKind::Email),
            ("a@b.se; c@d.se", CellKind::Email),
            ("Åsa <asa@b.se>", CellKind::Email),
            ("a@b", CellKind::Text),
            ("070-123 45 67", CellKind::Phone),
            ("0701234567", CellKind::Phone),
            ("+46701234567", CellKind::Phone),
            ("+49 (0)30 23125", CellKind::Phone),
            ("46701234567", CellKind::Number),
            ("4.67E+10", CellKind::Number),
            ("1,234,567.50", CellKind::Text),
            ("00017", CellKind::Number),
            ("-3,5", CellKind::Number),
            ("411 17", CellKind::Text),
            ("2024-03-01", CellKind::Date),
            ("2024-03-01T10:00:00", CellKind::Date),
            ("1.3.2024 10:00", CellKind::Date),
            ("03/31/24", CellKind::Date),
            ("12.5", CellKind::Number),
            ("Storgatan 1", CellKind::Text),
            ("ja", CellKind::Text),
        ] {
            assert_eq!(CellKind::of(text), kind, "{text}");
        }
    }
}
