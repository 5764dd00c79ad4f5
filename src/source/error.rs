//! Why a table cannot be read at all, or not any further. Trouble with single rows is data, not an error.

use std::io;

use thiserror::Error;

/// Why a table cannot be read, or not any further. The sentence names the path and, where there is one, the line or
/// row; [`SourceError::hint`] says what to do.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The file cannot be opened or read.
    #[error("{path} cannot be read: {cause}")]
    Io {
        /// The input as the user named it.
        path: String,
        /// What the system says.
        cause: io::Error,
    },
    /// The path is a folder.
    #[error("{path} is a folder, not a file")]
    Folder {
        /// The input as the user named it.
        path: String,
    },
    /// There is not one byte, or nothing but white space.
    #[error("{path} is empty")]
    Empty {
        /// The input as the user named it.
        path: String,
    },
    /// The file holds rows, but none has a value.
    #[error("{path} has no row with any value, so there are no column names")]
    NoHeader {
        /// The input as the user named it.
        path: String,
    },
    /// The header row that was asked for does not exist or is blank.
    #[error("{path} has no column names in row {row}: {why}")]
    HeaderRow {
        /// The input as the user named it.
        path: String,
        /// The row that was asked for.
        row: u64,
        /// In words, what is there instead.
        why: String,
    },
    /// A workbook that only opens with a password.
    #[error("{path} is password-protected")]
    Protected {
        /// The input as the user named it.
        path: String,
    },
    /// Another kind of file, recognised, that we do not read.
    #[error("{path} is {what}")]
    OtherKind {
        /// The input as the user named it.
        path: String,
        /// The kind, with its article: `a PDF document`.
        what: &'static str,
        /// What to do about it.
        hint: &'static str,
    },
    /// Bytes that are neither text nor a workbook.
    #[error("{path} is not a spreadsheet: it is neither text nor a workbook")]
    NotASpreadsheet {
        /// The input as the user named it.
        path: String,
    },
    /// A workbook that came through standard input.
    #[error("{path} holds a workbook, which cannot be read from a stream")]
    WorkbookInStream {
        /// The input as the user named it.
        path: String,
    },
    /// Text in UTF-32.
    #[error("{path} is text in UTF-32, which is not read")]
    Utf32 {
        /// The input as the user named it.
        path: String,
    },
    /// Text in an encoding of DOS.
    #[error("{path} is text from DOS (line {line}), whose encoding is not read")]
    DosText {
        /// The input as the user named it.
        path: String,
        /// The physical line of the first letter that shows it.
        line: u64,
    },
    /// A zip or a part of it that is cut short or broken.
    #[error("{path} is damaged: {detail}")]
    Damaged {
        /// The input as the user named it.
        path: String,
        /// What does not fit, with the place if known.
        detail: String,
    },
    /// A file beyond a bound that protects memory and time.
    #[error("{path} is refused: {detail}")]
    BeyondLimit {
        /// The input as the user named it.
        path: String,
        /// Which bound, with both numbers.
        detail: String,
    },
    /// A sheet that the workbook does not have.
    #[error("{path} has no sheet {asked}; its sheets are {sheets}")]
    NoSuchSheet {
        /// The input as the user named it.
        path: String,
        /// The name in quotes, or the number.
        asked: String,
        /// The sheets there are, quoted, in order.
        sheets: String,
    },
    /// A workbook without any visible sheet that holds a value.
    #[error("{path} has no visible sheet with any value; its sheets are {sheets}")]
    NoSheetWithData {
        /// The input as the user named it.
        path: String,
        /// The sheets there are, quoted, in order.
        sheets: String,
    },
    /// A quote opens a cell and is not closed before the file or the largest record ends.
    #[error("{path} line {line}: a quote opens a cell here and is not closed {within}")]
    UnclosedQuote {
        /// The input as the user named it.
        path: String,
        /// The physical line of the opening quote.
        line: u64,
        /// In words, how far the search went.
        within: String,
    },
}

impl SourceError {
    /// What to do about it, where there is something to do.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            SourceError::Io { cause, .. } => match cause.kind() {
                io::ErrorKind::NotFound => "check the path; a name with spaces needs quotes",
                io::ErrorKind::PermissionDenied => "check who may read the file, and whether a program has it open",
                _ => return None,
            },
            SourceError::Folder { .. } => "name the file inside it",
            SourceError::Empty { .. } => "check that the export was finished before it was copied",
            SourceError::NoHeader { .. } => "the first row with values must hold the column names",
            SourceError::HeaderRow { .. } => "--header-row takes the number that a spreadsheet shows beside the row",
            SourceError::Protected { .. } => "open it with its password and save a copy without one",
            SourceError::OtherKind { hint, .. } => hint,
            SourceError::NotASpreadsheet { .. } => "give a CSV, Excel or OpenDocument file",
            SourceError::WorkbookInStream { .. } => "save it to a file and give its path",
            SourceError::Utf32 { .. } => "save it as UTF-8",
            SourceError::DosText { .. } => "save it as UTF-8, or say which encoding it is in with --encoding",
            SourceError::Damaged { .. } => {
                "fetch or export it again; if it opens in a spreadsheet program, save it there once more as .xlsx"
            }
            SourceError::BeyondLimit { .. } => "if the file is honest, save the sheet alone, as CSV UTF-8",
            SourceError::NoSuchSheet { .. } => "choose one with --sheet",
            SourceError::NoSheetWithData { .. } => "choose a hidden one with --sheet",
            SourceError::UnclosedQuote { .. } => "close the quote in that cell, or double the quotes inside it",
        };
        Some(hint.to_owned())
    }
}
