//! The text of a cell: what counts as blank, and what no value may hold.

use super::fault::Fault;
use crate::model::{Code, Mojibake, excerpt, is_clean, mojibake};

/// The most characters a value may have: what a spreadsheet cell can hold (Excel specifications and limits).
pub(super) const VALUE_CHARS_MAX: usize = 32_767;

/// How many characters of a value a message shows.
pub(super) const EXCERPT_CHARS: usize = 60;

/// A cell's text without white space and invisible characters at its ends.
#[inline]
pub(super) fn trim(text: &str) -> &str {
    match text.as_bytes() {
        // Nothing to trim for nearly every cell there is.
        [] => text,
        [first, .., last] if first.is_ascii_graphic() & last.is_ascii_graphic() => text,
        bytes => trim_closely(text, bytes),
    }
}

fn trim_closely<'a>(text: &'a str, bytes: &[u8]) -> &'a str {
    // The first byte of U+00C0–U+07FF, of which nothing is blank.
    let is_letter = |byte: &u8| (0xC3..=0xDF).contains(byte);
    let begins_well = bytes.first().is_some_and(|first| first.is_ascii_graphic() || is_letter(first));
    let ends_in_letter = || bytes.len().checked_sub(2).is_some_and(|at| is_letter(&bytes[at]));
    if begins_well && (bytes.last().is_some_and(u8::is_ascii_graphic) || ends_in_letter()) {
        return text;
    }
    text.trim_matches(is_blank)
}

/// White space in the sense of Unicode, and what is not seen at all: zero-width characters, direction marks (copied
/// along with phone numbers from Windows' contacts), byte order marks.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// Characters without a width.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{180e}' | '\u{ad}')
}

/// Whether line ends and tabs may stand within a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// Only one line.
    One,
    /// Line ends and tabs are text.
    Many,
}

/// What spreadsheets write where a cell has no value: in English, and as German, Swedish, French and Spanish ones save
/// it to text files.
const ERROR_VALUES: [&str; 30] = [
    "#N/A",
    "#VALUE!",
    "#REF!",
    "#DIV/0!",
    "#NUM!",
    "#NAME?",
    "#NULL!",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#BLOCKED!",
    "#CONNECT!",
    "#UNKNOWN!",
    "#BUSY!",
    "#PYTHON!",
    "#EXTERNAL!",
    "#GETTING_DATA",
    "#NV",
    "#WERT!",
    "#BEZUG!",
    "#ZAHL!",
    "#ÜBERLAUF!",
    "#SAKNAS!",
    "#VÄRDEFEL!",
    "#REFERENS!",
    "#NAMN?",
    "#VALEUR!",
    "#NOM?",
    "#VALOR!",
    "#¿NOMBRE?",
];

/// Refuses what no value may hold: control characters and U+FFFD, of which the server could only store a loss, the
/// error values of spreadsheets, and letters that were read in a wrong encoding.
pub(super) fn check(text: &str, lines: Lines) -> Result<(), Fault> {
    check_error_value(text)?;
    if lines == Lines::Many && is_clean(text.as_bytes()) {
        return Ok(());
    }
    for c in text.chars() {
        let code = match c {
            '\t' | '\n' | '\r' if lines == Lines::Many => continue,
            '\u{fffd}' => Code::CellReplacement,
            c if c.is_control() => Code::CellControl,
            _ => continue,
        };
        let shown = excerpt(text, EXCERPT_CHARS);
        let message = match (code, c) {
            (Code::CellReplacement, _) => {
                format!("\"{shown}\" has lost a character (U+FFFD) before it came here; mend it in the source")
            }
            (_, '\t' | '\n' | '\r') => format!("\"{shown}\" goes over several lines or columns; one entry is expected"),
            _ => format!("\"{shown}\" holds the control character U+{:04X}; remove it", c as u32),
        };
        return Err(Fault { code, message });
    }
    if let Some(Mojibake { wrong, right }) = mojibake(text) {
        let (shown, wrong) = (excerpt(text, EXCERPT_CHARS), excerpt(&wrong, EXCERPT_CHARS));
        let right = excerpt(&right.to_string(), EXCERPT_CHARS);
        let message = format!(
            "\"{shown}\" was read in the wrong encoding before it came here: \"{wrong}\" was \"{right}\"; export it again as \
             UTF-8"
        );
        return Err(Fault { code: Code::CellMojibake, message });
    }
    Ok(())
}

/// Refuses the error values of spreadsheets.
#[inline]
pub(super) fn check_error_value(text: &str) -> Result<(), Fault> {
    if text.starts_with('#') { refuse_error_value(text) } else { Ok(()) }
}

fn refuse_error_value(text: &str) -> Result<(), Fault> {
    let message = if ERROR_VALUES.contains(&text) {
        format!("\"{text}\" is a spreadsheet's error, not a value; mend the formula, or empty the cell")
    } else if text.len() >= 3 && text.bytes().all(|byte| byte == b'#') {
        "\"###\" is what a spreadsheet shows in a column that is too narrow; widen it and export again".to_owned()
    } else {
        return Ok(());
    };
    Err(Fault { code: Code::CellError, message })
}

/// Refuses a long number of which a spreadsheet has kept but the first digits: `1.23457E+18`, in some languages with a
/// comma. Without a plus or with all its digits, `1E5` or `1.25E+02`, it may be a code or a measurement.
#[inline]
pub(super) fn check_sum(text: &str) -> Result<(), Fault> {
    match text.as_bytes() {
        [b'0'..=b'9', b'.' | b',', ..] => refuse_sum(text),
        _ => Ok(()),
    }
}

fn refuse_sum(text: &str) -> Result<(), Fault> {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((decimals, exponent)) = text[2..].split_once("E+").or_else(|| text[2..].split_once("e+")) else {
        return Ok(());
    };
    let lost = || exponent.parse::<usize>().is_ok_and(|exponent| exponent > decimals.len());
    if decimals.is_empty() || !is_digits(decimals) || !is_digits(exponent) || !lost() {
        return Ok(());
    }
    let message = format!(
        "\"{}\" is what a spreadsheet made of a longer number, whose digits are lost; set the column to text, enter the \
         number again, and export again",
        excerpt(text, EXCERPT_CHARS)
    );
    Err(Fault { code: Code::CellError, message })
}

/// Refuses a value longer than [`VALUE_CHARS_MAX`].
#[inline]
pub(super) fn check_length(text: &str) -> Result<(), Fault> {
    // Characters are never more than bytes, so short text need not be counted.
    if text.len() <= VALUE_CHARS_MAX || text.chars().count() <= VALUE_CHARS_MAX {
        return Ok(());
    }
    let shown = excerpt(text, EXCERPT_CHARS);
    let count = text.chars().count();
    let message = format!("\"{shown}\" is too long: {count} characters, where {VALUE_CHARS_MAX} is the most");
    Err(Fault { code: Code::ValueTooLong, message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn invisible_ends_are_trimmed_inner_text_is_not() {
        assert_eq!(trim("\u{feff}\u{a0} Åsa  Öberg\u{200b}\r\n"), "Åsa  Öberg");
        assert_eq!(trim("\u{202a}+46701234567\u{202c}"), "+46701234567");
        assert_eq!(trim(" \u{3000}\u{2060}"), "");
        assert_eq!(trim("x"), "x");
        assert_eq!(trim(""), "");
    }

    proptest! {
        #[test]
        fn the_short_way_to_trim_agrees_with_the_long_one(text in "[a Åß\u{7ff}\u{a0}\u{ad}\u{61c}\u{200b}漢\u{fe}]{0,4}") {
            prop_assert_eq!(trim(&text), text.trim_matches(is_blank));
        }
    }

    #[test]
    fn damage_is_named() {
        let code = |text| check(text, Lines::Many).map_err(|fault| fault.code);
        assert_eq!(code("Åsa\r\nÖberg\t1"), Ok(()));
        assert_eq!(code("\u{c5}sa\u{0}"), Err(Code::CellControl));
        assert_eq!(code("\u{85}"), Err(Code::CellControl));
        assert_eq!(code("\u{fffd}sa"), Err(Code::CellReplacement));
        assert_eq!(code("Ã…sa"), Err(Code::CellMojibake));
        assert_eq!(check("a\nb", Lines::One).map_err(|fault| fault.code), Err(Code::CellControl));
        assert_eq!(
            check("a\u{7}b", Lines::One).map_err(|fault| fault.message),
            Err("\"a\\u{7}b\" holds the control character U+0007; remove it".to_owned())
        );
    }

    #[test]
    fn a_spreadsheets_errors_are_no_values() {
        let code = |text| check(text, Lines::Many).map_err(|fault| fault.code);
        for text in ["#N/A", "#DIV/0!", "#SPILL!", "#VÄRDEFEL!", "#####"] {
            assert_eq!(code(text), Err(Code::CellError), "{text}");
        }
        for text in ["#1", "#", "##", "#N/A?", "# REF!", "Portkod 12#"] {
            assert_eq!(code(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_number_without_its_digits_is_no_value() {
        for text in ["4.67E+10", "4,67012E+10", "1.23457e+18"] {
            let fault = check_sum(text).expect_err(text);
            assert_eq!(fault.code, Code::CellError, "{text}");
            assert!(
                fault.message.starts_with(&format!("\"{text}\" is what a spreadsheet made of")),
                "{}",
                fault.message
            );
        }
        for text in ["1E5", "1E+05", "1.25E+02", "4.67E-10", "12.5E+20", "1.5E+", "1.E+20", "1.5E+20 kg", "å.5E+20", ""]
        {
            assert_eq!(check_sum(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_length_limit_counts_characters() {
        assert_eq!(check_length(&"å".repeat(VALUE_CHARS_MAX)), Ok(()));
        let fault = check_length(&"å".repeat(VALUE_CHARS_MAX + 1)).expect_err("too long");
        assert_eq!(fault.code, Code::ValueTooLong);
        assert!(fault.message.ends_with("is too long: 32768 characters, where 32767 is the most"));
    }
}
