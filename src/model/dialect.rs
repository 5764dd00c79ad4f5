//! How a table looked, so that what we write beside it can look the same.

/// How a text table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvDialect {
    /// Between cells.
    pub delimiter: u8,
    /// Whether the file began with a byte order mark, or was not UTF-8 at all: its owner's programs expect a mark.
    pub wants_bom: bool,
}

/// What is known about a table before its rows are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableShape {
    /// In words, for people: `CSV, UTF-8, semicolon` or `XLSX, sheet "People"`.
    pub description: String,
    /// The worksheet's name, for workbooks.
    pub sheet: Option<String>,
    /// The dialect in which results should be written.
    pub dialect: CsvDialect,
    /// The value [`super::Row::position`] has for the last row, as far as it can be known beforehand.
    pub size_hint: Option<u64>,
}
