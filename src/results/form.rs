//! How a table that we write looks: between cells, in which letters.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::model::CsvDialect;

/// How a table is written.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Between cells.
    pub delimiter: u8,
    /// In which letters.
    pub encoding: &'static Encoding,
    /// Whether a byte order mark comes first.
    pub marked: bool,
}

impl Form {
    /// UTF-8, with a mark where the input's owner seems to use programs that need one.
    pub fn of_results(dialect: CsvDialect) -> Form {
        Form { delimiter: dialect.delimiter, encoding: UTF_8, marked: dialect.wants_bom }
    }

    /// What comes before everything else.
    pub fn mark(self) -> &'static str {
        if self.marked { "\u{feff}" } else { "" }
    }

    /// A text in these letters. What they lack becomes a question mark: cells came in them and lack nothing, our own
    /// words might.
    pub fn encode(self, text: Vec<u8>) -> Vec<u8> {
        if self.encoding == UTF_8 {
            return text;
        }
        let text = String::from_utf8_lossy(&text);
        if self.encoding == UTF_16LE {
            return text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        }
        if self.encoding == UTF_16BE {
            return text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        }
        let (encoded, _, lacking) = self.encoding.encode(&text);
        if !lacking {
            return encoded.into_owned();
        }
        let known = |c: char| !self.encoding.encode(c.encode_utf8(&mut [0; 4])).2;
        let plain: String = text.chars().map(|c| if c.is_ascii() || known(c) { c } else { '?' }).collect();
        self.encoding.encode(&plain).0.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::WINDOWS_1252;

    use super::*;

    #[test]
    fn letters_are_those_of_the_input() {
        let encode =
            |encoding, text: &str| Form { delimiter: b';', encoding, marked: false }.encode(text.as_bytes().to_vec());
        assert_eq!(encode(WINDOWS_1252, "Åsa;\u{201c}x\u{201d}"), b"\xc5sa;\x93x\x94");
        assert_eq!(encode(WINDOWS_1252, "Å → ö"), b"\xc5 ? \xf6");
        assert_eq!(encode(UTF_16LE, "Å\n"), b"\xc5\0\n\0");
        assert_eq!(encode(UTF_16BE, "Å"), b"\0\xc5");
        assert_eq!(encode(UTF_8, "Å"), "Å".as_bytes());
    }
}
