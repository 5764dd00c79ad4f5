//! Which table, and how to read it.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::Args;

use crate::model::{DelimiterChoice, EncodingChoice, Input, SheetChoice, SourceOptions};

/// Which table, and how to read it. Flags win over the mapping's `[source]`.
#[derive(Clone, Debug, Args)]
pub struct SourceArgs {
    /// The table: CSV, XLSX, XLS, XLSB, ODS and others, told apart by content; - reads CSV from standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which sheet of a workbook, by name or number [default: the first visible one with data].
    #[arg(long, value_name = "NAME|NUMBER", help_heading = "Reading")]
    sheet: Option<SheetChoice>,
    /// The row that holds the column names, counted from 1.
    #[arg(long, value_name = "N", value_parser = row_number, help_heading = "Reading")]
    header_row: Option<NonZeroU64>,
    /// What stands between cells: auto, comma, semicolon, tab, pipe, or one character.
    #[arg(long, value_name = "DELIMITER", help_heading = "Reading")]
    delimiter: Option<DelimiterChoice>,
    /// The text encoding: auto, utf-8, windows-1252, …
    #[arg(long, value_name = "ENCODING", help_heading = "Reading")]
    encoding: Option<EncodingChoice>,
}

impl SourceArgs {
    /// What to read.
    pub fn input(&self) -> Input {
        if self.file.as_os_str() == "-" { Input::Stdin } else { Input::File(self.file.clone()) }
    }

    /// What was said about how to read it.
    pub fn options(&self) -> SourceOptions {
        SourceOptions {
            sheet: self.sheet.clone(),
            header_row: self.header_row.map(NonZeroU64::get),
            delimiter: self.delimiter,
            encoding: self.encoding,
        }
    }

    /// The flags as they would be typed again, each with a space before it.
    pub fn retyped(&self) -> String {
        let mut words = String::new();
        match &self.sheet {
            Some(SheetChoice::Name(name)) => words.push_str(&format!(" --sheet '{}'", name.replace('\'', "'\\''"))),
            Some(SheetChoice::Number(number)) => words.push_str(&format!(" --sheet {number}")),
            None => {}
        }
        if let Some(row) = self.header_row {
            words.push_str(&format!(" --header-row {row}"));
        }
        match self.delimiter {
            Some(DelimiterChoice::Byte(b'\t')) => words.push_str(" --delimiter tab"),
            Some(DelimiterChoice::Byte(b'\'')) => words.push_str(" --delimiter \"'\""),
            Some(DelimiterChoice::Byte(byte)) => words.push_str(&format!(" --delimiter '{}'", char::from(byte))),
            Some(DelimiterChoice::Auto) | None => {}
        }
        if let Some(EncodingChoice::Named(encoding)) = self.encoding {
            words.push_str(&format!(" --encoding {}", encoding.name()));
        }
        words
    }
}

fn row_number(text: &str) -> Result<NonZeroU64, String> {
    text.parse()
        .map_err(|_| "rows are counted from 1; a table without column names needs a row of them first".to_owned())
}
