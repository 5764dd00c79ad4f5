//! How a table is to be read: what a mapping's `[source]` or the command line says, before anything is detected.

use std::fmt;
use std::path::PathBuf;

/// Where the table comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// Standard input; text tables only.
    Stdin,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::File(path) => f.write_str(&super::excerpt(&path.display().to_string(), 300)),
            Input::Stdin => f.write_str("standard input"),
        }
    }
}

/// Which sheet of a workbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SheetChoice {
    /// By name.
    Name(String),
    /// By place, 1-based, hidden sheets counted.
    Number(u32),
}

/// Which character stands between cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DelimiterChoice {
    /// Found out from the file.
    Auto,
    /// This byte.
    Byte(u8),
}

/// Which encoding a text table is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodingChoice {
    /// Found out from the file.
    Auto,
    /// This one.
    Named(&'static encoding_rs::Encoding),
}

/// All of it; `None` means "not said", and becomes detection or the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceOptions {
    /// The sheet of a workbook.
    pub sheet: Option<SheetChoice>,
    /// The 1-based row that holds the column names.
    pub header_row: Option<u64>,
    /// The delimiter of a text table.
    pub delimiter: Option<DelimiterChoice>,
    /// The encoding of a text table.
    pub encoding: Option<EncodingChoice>,
}

impl SourceOptions {
    /// These options, and what they leave open from `fallback`: flags win over the mapping.
    pub fn or(self, fallback: SourceOptions) -> SourceOptions {
        SourceOptions {
            sheet: self.sheet.or(fallback.sheet),
            header_row: self.header_row.or(fallback.header_row),
            delimiter: self.delimiter.or(fallback.delimiter),
            encoding: self.encoding.or(fallback.encoding),
        }
    }
}

impl std::str::FromStr for SheetChoice {
    type Err = String;

    /// A whole number is a place, anything else a name.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<u32>() {
            Ok(0) => Err("sheets are counted from 1".to_owned()),
            Ok(number) => Ok(SheetChoice::Number(number)),
            Err(_) if text.is_empty() => Err("a sheet has a name or a number".to_owned()),
            Err(_) => Ok(SheetChoice::Name(text.to_owned())),
        }
    }
}

impl std::str::FromStr for DelimiterChoice {
    type Err = String;

    /// `auto`, `tab`, `comma`, `semicolon`, `pipe`, or one ASCII character.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => return Ok(DelimiterChoice::Auto),
            "tab" | "\\t" => return Ok(DelimiterChoice::Byte(b'\t')),
            "comma" => return Ok(DelimiterChoice::Byte(b',')),
            "semicolon" => return Ok(DelimiterChoice::Byte(b';')),
            "pipe" => return Ok(DelimiterChoice::Byte(b'|')),
            _ => {}
        }
        match text.as_bytes() {
            [b'"' | b'\n' | b'\r' | 0] => Err(format!("{text:?} cannot stand between cells")),
            [byte] if byte.is_ascii() => Ok(DelimiterChoice::Byte(*byte)),
            _ => Err("say auto, comma, semicolon, tab, pipe, or one ASCII character".to_owned()),
        }
    }
}

impl std::str::FromStr for EncodingChoice {
    type Err = String;

    /// `auto` or a label of the WHATWG Encoding Standard, such as `utf-8`, `windows-1252`, `latin1`.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(EncodingChoice::Auto);
        }
        encoding_rs::Encoding::for_label_no_replacement(text.as_bytes())
            .map(EncodingChoice::Named)
            .ok_or_else(|| format!("the encoding {text:?} is not known; try utf-8 or windows-1252"))
    }
}
