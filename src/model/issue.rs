//! What is wrong with a row, as data: a stable code, the column, the value, and a sentence.

use std::fmt;

use super::ColumnIndex;

/// Stable names of everything that can be wrong with a row before it is sent. The names stand in `results.csv`
/// (`c3_code`) and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// More or fewer cells than the header has names.
    RowRagged,
    /// A record beyond the size cap.
    RowTooLarge,
    /// A quote that opens a cell and is never closed: the rest of the file stands in that cell.
    RowUnclosedQuote,
    /// A byte that the encoding does not know.
    CellEncoding,
    /// A NUL or another control character that has no place in a cell.
    CellControl,
    /// U+FFFD: somebody before us lost a character.
    CellReplacement,
    /// UTF-8 that was read in another encoding before it came here, such as `Ã¶` for ö.
    CellMojibake,
    /// A spreadsheet error such as `#N/A`.
    CellError,
    /// A formula whose result was never saved.
    CellNoValue,
    /// A cell the reader could not make sense of.
    CellUnreadable,
    /// Not an e-mail address.
    EmailSyntax,
    /// Not a phone number.
    PhoneSyntax,
    /// Too few or too many digits for a phone number of that country.
    PhoneLength,
    /// A national number, and no country to read it by.
    PhoneCountry,
    /// No e-mail, phone, facebook, vk or line entry: nothing to recognise the person by.
    ContactNone,
    /// An entry longer than its limit.
    ValueTooLong,
    /// A value that the mapping requires is not there.
    ValueMissing,
    /// Not a date of the form that the mapping says.
    DateFormat,
}

impl Code {
    /// Every code, in the order of the enum.
    pub const ALL: [Code; 18] = [
        Code::RowRagged,
        Code::RowTooLarge,
        Code::RowUnclosedQuote,
        Code::CellEncoding,
        Code::CellControl,
        Code::CellReplacement,
        Code::CellMojibake,
        Code::CellError,
        Code::CellNoValue,
        Code::CellUnreadable,
        Code::EmailSyntax,
        Code::PhoneSyntax,
        Code::PhoneLength,
        Code::PhoneCountry,
        Code::ContactNone,
        Code::ValueTooLong,
        Code::ValueMissing,
        Code::DateFormat,
    ];

    /// The name as written in results and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::RowRagged => "row.ragged",
            Code::RowTooLarge => "row.too_large",
            Code::RowUnclosedQuote => "row.unclosed_quote",
            Code::CellEncoding => "cell.encoding",
            Code::CellControl => "cell.control",
            Code::CellReplacement => "cell.replacement",
            Code::CellMojibake => "cell.mojibake",
            Code::CellError => "cell.error",
            Code::CellNoValue => "cell.no_value",
            Code::CellUnreadable => "cell.unreadable",
            Code::EmailSyntax => "email.syntax",
            Code::PhoneSyntax => "phone.syntax",
            Code::PhoneLength => "phone.length",
            Code::PhoneCountry => "phone.country",
            Code::ContactNone => "contact.none",
            Code::ValueTooLong => "value.too_long",
            Code::ValueMissing => "value.missing",
            Code::DateFormat => "date.format",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// When an issue found while reading counts against its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Always: the row as such cannot be trusted.
    Always,
    /// Only when the mapping uses the issue's column.
    WhenMapped,
}

/// One thing that is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The stable name.
    pub code: Code,
    /// The column, where one is to blame.
    pub column: Option<ColumnIndex>,
    /// When it counts.
    pub binding: Binding,
    /// A sentence without a period, in the user's words; foreign text in it has been through [`excerpt`].
    pub message: String,
}

impl Issue {
    /// An issue of one cell that always counts.
    pub fn cell(code: Code, column: ColumnIndex, message: impl Into<String>) -> Self {
        Issue { code, column: Some(column), binding: Binding::Always, message: message.into() }
    }

    /// An issue of the whole row.
    pub fn row(code: Code, message: impl Into<String>) -> Self {
        Issue { code, column: None, binding: Binding::Always, message: message.into() }
    }

    /// The same issue, counting only when its column is mapped.
    pub fn when_mapped(self) -> Self {
        Issue { binding: Binding::WhenMapped, ..self }
    }
}

/// Foreign text made fit for a message: control characters, line ends and direction marks escaped, cut at `max` characters.
pub fn excerpt(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(4 * max));
    for (at, c) in text.chars().enumerate() {
        if at == max {
            out.push('…');
            break;
        }
        let hidden = c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if hidden { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_name() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }

    #[test]
    fn foreign_text_cannot_steer_a_terminal() {
        assert_eq!(excerpt("a\x1b[31mb\nc\u{202e}d", 40), "a\\u{1b}[31mb\\nc\\u{202e}d");
        assert_eq!(excerpt("abcdef", 3), "abc…");
        assert_eq!(excerpt("åäö", 3), "åäö");
    }
}
