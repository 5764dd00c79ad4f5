//! A phone number as people write it, brought down to its digits, with nothing lost on the way.

use rlibphonenumber::PHONE_NUMBER_UTIL;

use super::cell;

/// The digits of a number, ASCII, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// After a plus sign.
    International(String),
    /// Without one.
    National(String),
}

/// Why a text is no phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    NoDigits,
    Letters,
    Extension,
    Sum,
    Several,
    Character,
}

impl Unreadable {
    /// The end of a sentence that begins with the cell's text.
    pub fn as_str(self) -> &'static str {
        match self {
            Unreadable::NoDigits => "is not a phone number: it has no digits",
            Unreadable::Letters => "is not a phone number: it holds letters",
            Unreadable::Extension => {
                "has an extension, and an extension cannot be sent; remove it, or map the column as a custom value"
            }
            Unreadable::Sum => {
                "is not a phone number any more: a spreadsheet has turned it into a sum; \
                 set the column to text and enter the number again"
            }
            Unreadable::Several => {
                "holds several phone numbers; say in the mapping what stands between them, such as split = [\",\", \";\"]"
            }
            Unreadable::Character => "is not a phone number: a character has no place in it",
        }
    }
}

/// Fewer digits than this before a slash are an area code, not a number: `030/123456`.
const NUMBER_DIGITS_MIN: usize = 6;

/// What may stand before an area code: three digits of a calling code, and a `(0)`.
const CALLING_CODE_DIGITS_MAX: usize = 4;

/// The digits in a trimmed text.
pub(super) fn read(text: &str) -> Result<Written, Unreadable> {
    let text = match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => cell::trim(&text[4..]),
        _ => text,
    };
    // The apostrophe by which spreadsheets keep a number a text, when it came along.
    let text = text.strip_prefix('\'').unwrap_or(text);
    if is_sum(text) {
        return Err(Unreadable::Sum);
    }
    let mut digits = String::with_capacity(text.len());
    let mut plus = false;
    let mut slash_at = None;
    for (at, c) in text.char_indices() {
        match c {
            '0'..='9' => digits.push(c),
            '+' | '\u{ff0b}' | '\u{fe62}' | '\u{207a}' if digits.is_empty() && !plus => plus = true,
            '+' | '\u{ff0b}' | '\u{fe62}' | '\u{207a}' => return Err(Unreadable::Several),
            ';' | ',' | '|' | '&' | '\n' | '\r' if !digits.is_empty() => {
                return Err(if has_extension(&text[at..]) { Unreadable::Extension } else { Unreadable::Several });
            }
            '/' | '\u{ff0f}' => slash_at = slash_at.or(Some(digits.len())),
            c if is_punctuation(c) => {}
            c if c.is_alphabetic() || c == '#' => {
                let after_number = !digits.is_empty() && has_extension(&text[at..]);
                return Err(if after_number {
                    Unreadable::Extension
                } else if c == '#' {
                    Unreadable::Character
                } else {
                    Unreadable::Letters
                });
            }
            c => match digit(c) {
                Some(digit) => digits.push(digit),
                None => return Err(Unreadable::Character),
            },
        }
    }
    if digits.is_empty() {
        return Err(Unreadable::NoDigits);
    }
    if let Some(at) = slash_at {
        let (before, after) = digits.split_at(at);
        let calling_code = match (plus, before.starts_with("00")) {
            (true, _) => CALLING_CODE_DIGITS_MAX,
            (false, true) => CALLING_CODE_DIGITS_MAX + 2,
            (false, false) => 0,
        };
        if before.len() >= NUMBER_DIGITS_MIN + calling_code && after.len() >= NUMBER_DIGITS_MIN {
            return Err(Unreadable::Several);
        }
    }
    Ok(if plus { Written::International(digits) } else { Written::National(digits) })
}

/// What may stand between digits without meaning anything.
fn is_punctuation(c: char) -> bool {
    matches!(
        c,
        ' ' | '-' | '.' | '(' | ')' | '[' | ']' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2212}'
                | '\u{30fc}'
                | '\u{ff0d}'
                | '\u{b7}'
                | '\u{2022}'
                | '\u{2024}'
                | '\u{2027}'
                | '\u{ff0e}'
                | '\u{ff08}'
                | '\u{ff09}'
                | '~'
                | '\u{2053}'
                | '\u{ff5e}'
    ) || (!c.is_control() && cell::is_blank(c))
        || c == '\t'
}

/// The ASCII digit for a decimal digit of another script.
fn digit(c: char) -> Option<char> {
    if !c.is_numeric() {
        return None;
    }
    let mut buffer = [0; 4];
    let ascii = PHONE_NUMBER_UTIL.normalize_digits_only(c.encode_utf8(&mut buffer));
    ascii.chars().next().filter(char::is_ascii_digit)
}

/// Whether text after a number is an extension: `x12`, `ext. 12`, `#12`, `;ext=12`, `anknytning 12`, `Durchwahl 12`.
fn has_extension(text: &str) -> bool {
    let text = text.trim_start_matches([' ', ';', ',', '.', '(']).to_lowercase();
    let word = text.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, ' ' | '.' | ':' | '=' | ')'));
    word.len() < text.len()
        && matches!(
            word.trim(),
            "x" | "ext"
                | "extn"
                | "extension"
                | "#"
                | "xtn"
                | "ankn"
                | "anknytning"
                | "dw"
                | "durchwahl"
                | "poste"
                | "int"
                | "доб"
        )
}

/// Whether the number has been through arithmetic: `4.67E+10`, `46701234567.0`, `-4670123`.
fn is_sum(text: &str) -> bool {
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(rest) = text.strip_prefix(['-', '\u{2212}']) {
        return rest.starts_with(|c: char| c.is_ascii_digit());
    }
    if let Some((mantissa, exponent)) = text.split_once(['E', 'e']) {
        let (whole, decimals) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
        return whole.len() == 1
            && all_digits(whole)
            && all_digits(decimals)
            && all_digits(exponent.trim_start_matches('+'));
    }
    text.split_once(['.', ',']).is_some_and(|(whole, decimals)| {
        whole.len() >= NUMBER_DIGITS_MIN
            && all_digits(whole)
            && !decimals.is_empty()
            && decimals.bytes().all(|byte| byte == b'0')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_are_digits() {
        for text in ["0701", "٠٧٠١", "０７０１", "०७०१", "0-7/0.1"] {
            assert_eq!(read(text), Ok(Written::National("0701".to_owned())), "{text}");
        }
        assert_eq!(read("½"), Err(Unreadable::Character));
    }

    #[test]
    fn a_slash_after_an_area_code_is_no_second_number() {
        assert_eq!(read("0711/123456"), Ok(Written::National("0711123456".to_owned())));
        assert_eq!(read("0711123456/0711123457"), Err(Unreadable::Several));
        assert_eq!(read("0049 (0)221 / 4710 965"), Ok(Written::National("004902214710965".to_owned())));
        assert_eq!(read("+49 (0)221 / 4710 965"), Ok(Written::International("4902214710965".to_owned())));
        assert_eq!(read("0049711123456/0711123457"), Err(Unreadable::Several));
    }

    #[test]
    fn dots_alone_make_no_sum() {
        assert_eq!(read("070.123.00"), Ok(Written::National("07012300".to_owned())));
        assert_eq!(read("070123456.00"), Err(Unreadable::Sum));
        assert_eq!(read("5E+09"), Err(Unreadable::Sum));
    }
}
