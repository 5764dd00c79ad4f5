//! A file or standard input in, its header and rows out, each cell as people see it. Touches the input and nothing
//! else: it reads, never writes, and keeps no more of the table than one row and, of a workbook, its shared strings.
//!
//! Rows are pushed, not pulled: the spreadsheet reader borrows its workbook while it streams. A row that could not be
//! read well is still a row, with its number and with issues; an error means that no further row can be had.

mod book;
mod cell_text;
mod csv;
mod decoded;
mod error;
mod fence;
mod header_guess;
mod kind;
mod limits;
mod markup;
mod number_format;
mod ods;
mod package;
mod stamp;
mod xls;
mod xlsb;
mod xlsx;
mod xml;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

pub use self::error::SourceError;
use self::kind::{CompoundKind, Kind, Markup, ZipKind};
pub use self::stamp::stamp;
use crate::model::{Header, Input, Row, SourceOptions, TableShape, excerpt};

/// How many characters of a path stand in a message.
const PATH_EXCERPT: usize = 400;

/// How reading ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadEnd {
    /// Data rows pushed.
    pub rows: u64,
    /// Lines or rows without any cell, which are numbered but not pushed.
    pub blank_lines: u64,
    /// Whether the receiver said stop.
    pub stopped: bool,
}

/// How a text table is written, and how that was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextDetails {
    /// The encoding by its name in the Encoding Standard.
    pub encoding: &'static str,
    /// Why this encoding, in words.
    pub encoding_reason: String,
    /// Whether the file begins with a byte order mark.
    pub marked: bool,
    /// Between cells; ASCII.
    pub delimiter: u8,
    /// Why this delimiter, in words.
    pub delimiter_reason: String,
    /// Whether a backslash keeps a quote from closing its cell.
    pub backslash_escapes: bool,
    /// Whether spaces may stand before a quote that opens a cell.
    pub spaced_quotes: bool,
}

/// A sheet of a workbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetInfo {
    /// As its tab says.
    pub name: String,
    /// Whether a spreadsheet program shows its tab.
    pub visible: bool,
    /// Rows up to the last used, as the file declares them, where it does. Often wrong: good for a hint.
    pub rows: Option<u64>,
    /// Columns up to the last used, as the file declares them, where it does.
    pub columns: Option<u32>,
    /// Whether this is the sheet that is read.
    pub chosen: bool,
    /// Of a sheet that could be meant as well, because it is visible, holds rows below a header, and nobody said which
    /// sheet to read: that header. Only the first few are looked into.
    pub header: Option<Header>,
}

/// A table whose kind, dialect and header are known, and whose rows wait to be read.
pub struct Table {
    content: Content,
}

enum Content {
    Text(Box<csv::TextTable>),
    Sheet(Box<book::SheetTable>),
}

/// Finds out what the input is and reads its header. What the bytes say counts, never the name.
///
/// A file whose head does not settle its encoding is read once to know it for sure; standard input is judged by its first 256 KiB and never sought.
///
/// # Errors
/// When there is nothing to read, or nothing that can be a table; see [`SourceError`].
pub fn open(input: &Input, options: &SourceOptions) -> Result<Table, SourceError> {
    let path = excerpt(&input.to_string(), PATH_EXCERPT);
    match input {
        Input::File(name) => {
            let as_io_error = |cause| SourceError::Io { path: path.clone(), cause };
            let metadata = std::fs::metadata(name).map_err(as_io_error)?;
            if metadata.is_dir() {
                return Err(SourceError::Folder { path });
            }
            let file = File::open(name).map_err(as_io_error)?;
            // A pipe with a name can be read only once, like standard input.
            if metadata.is_file() {
                fence::run(&path.clone(), || open_file(path, file, options))
            } else {
                open_stream(path, Box::new(file), options)
            }
        }
        Input::Stdin => open_stream(path, Box::new(io::stdin()), options),
    }
}

impl Table {
    /// The column names, and the row they stand in.
    pub fn header(&self) -> &Header {
        match &self.content {
            Content::Text(table) => table.header(),
            Content::Sheet(table) => table.header(),
        }
    }

    /// What else is known before the rows are read.
    pub fn shape(&self) -> &TableShape {
        match &self.content {
            Content::Text(table) => table.shape(),
            Content::Sheet(table) => table.shape(),
        }
    }

    /// How a text table is written; nothing for a workbook.
    pub fn text_details(&self) -> Option<&TextDetails> {
        match &self.content {
            Content::Text(table) => Some(table.details()),
            Content::Sheet(_) => None,
        }
    }

    /// The row that looks like the header when the one that was taken for it looks like a title. Nothing when the row
    /// was asked for.
    pub fn header_suggestion(&self) -> Option<u64> {
        match &self.content {
            Content::Text(table) => table.header_suggestion(),
            Content::Sheet(table) => table.header_suggestion(),
        }
    }

    /// The sheets of the workbook, in the order of their tabs; none for text.
    pub fn sheets(&self) -> &[SheetInfo] {
        match &self.content {
            Content::Text(_) => &[],
            Content::Sheet(table) => table.sheets(),
        }
    }

    /// The same rows for several threads to read, when that can be done: text files can be shared, while a workbook has to
    /// be unpacked from its beginning, and a stream brings its rows when it does.
    ///
    /// # Errors
    /// When the rest of the input cannot be read.
    pub fn share(self) -> Result<Shareable, SourceError> {
        match self.content {
            Content::Text(table) if table.shape().size_hint.is_some() => Ok(Shareable::Shared(Shared(table.share()?))),
            content => Ok(Shareable::Alone(Table { content })),
        }
    }

    /// Pushes every data row, in order, each as wide as the header; stops when `each` says so. The next row may come in the
    /// memory of the one before, so who keeps a row takes it: `std::mem::replace` leaves an empty one.
    ///
    /// # Errors
    /// When the input ends before its time: it cannot be read, is damaged, or goes beyond a bound. The rows before
    /// have been pushed by then.
    pub fn read(self, each: &mut dyn FnMut(&mut Row) -> ControlFlow<()>) -> Result<ReadEnd, SourceError> {
        match self.content {
            Content::Text(table) => table.read(each),
            Content::Sheet(table) => {
                let path = table.path().to_owned();
                fence::run_pushing(&path, &mut |mut row| each(&mut row), |each| table.read(each))
            }
        }
    }
}

/// Whether a table can be read by several threads.
pub enum Shareable {
    /// It can.
    Shared(Shared),
    /// It is for one.
    Alone(Table),
}

/// A table that several threads read, each with a [`PartReader`] of its own.
pub struct Shared(csv::SharedText);

impl Shared {
    /// A reader for one more thread.
    pub fn reader(&self) -> PartReader<'_> {
        PartReader(self.0.reader())
    }

    /// Lines without any cell before the first part.
    pub fn blank_lines(&self) -> u64 {
        self.0.blank_lines()
    }
}

/// Reads parts of a table, one after the other. All readers' parts together are the table, and their rows are those that
/// [`Table::read`] pushes.
pub struct PartReader<'t>(csv::TextReader<'t>);

impl PartReader<'_> {
    /// Takes the next part that nobody has; its number, counted from zero, or nothing when there is none left.
    ///
    /// # Errors
    /// As [`Table::read`]; nobody gets a part after that.
    pub fn take(&mut self) -> Result<Option<u64>, SourceError> {
        self.0.take()
    }

    /// Whether the part is all that was left, however large: where no end of a record was in sight.
    pub fn is_rest(&self) -> bool {
        self.0.is_rest()
    }

    /// The next row of the part, in place of another row; `false` at its end.
    ///
    /// # Errors
    /// As [`Table::read`]; it was the last part then.
    pub fn next(&mut self, row: &mut Row) -> Result<bool, SourceError> {
        self.0.next(row)
    }

    /// Lines without any cell that this reader has passed.
    pub fn blank_lines(&self) -> u64 {
        self.0.blank_lines()
    }
}

fn open_file(path: String, mut file: File, options: &SourceOptions) -> Result<Table, SourceError> {
    let as_io_error = |cause| SourceError::Io { path: path.clone(), cause };
    let (head, complete) = read_head(&mut file).map_err(as_io_error)?;
    match kind::sniff(&head) {
        Kind::Zip => {
            file.seek(SeekFrom::Start(0)).map_err(as_io_error)?;
            let mut package = package::Package::open(path, file)?;
            let book = match kind::sniff_zip(&mut package) {
                ZipKind::Xlsx => xlsx::open(package)?,
                ZipKind::Ods => ods::open(package)?,
                ZipKind::Xlsb => xlsb::open(package)?,
                ZipKind::Other(other) => return Err(other.refuse(package.path().to_owned())),
            };
            open_book(book, options)
        }
        Kind::Compound => {
            let compound = xls::Compound::open(path.clone(), file)?;
            let stream = match kind::sniff_compound(compound.names()) {
                CompoundKind::Xls(name) => compound.stream(name)?,
                CompoundKind::Encrypted => return Err(SourceError::Protected { path }),
                CompoundKind::Other(other) => return Err(other.refuse(path)),
            };
            drop(compound);
            open_book(xls::open(path, stream.unwrap_or_default())?, options)
        }
        Kind::BareXls => {
            file.seek(SeekFrom::Start(0)).map_err(as_io_error)?;
            let mut stream = Vec::new();
            file.take(limits::COMPOUND_BYTES_MAX).read_to_end(&mut stream).map_err(as_io_error)?;
            open_book(xls::open(path, stream)?, options)
        }
        Kind::Other(other) => Err(other.refuse(path)),
        Kind::Noise => Err(SourceError::NotASpreadsheet { path }),
        Kind::Text => {
            match kind::sniff_markup(&head) {
                Some(Markup::Html) => return open_book(markup::open_html(path, file)?, options),
                Some(Markup::SpreadsheetXml) => return open_book(markup::open_spreadsheet_xml(path, file)?, options),
                Some(Markup::FlatOds) => return open_book(ods::open_flat(path, file)?, options),
                Some(Markup::Other(other)) => return Err(other.refuse(path)),
                None => {}
            }
            let size = file.metadata().map_err(as_io_error)?.len();
            open_text(csv::Beginning { path, head, complete, rest: csv::Rest::File(file), size: Some(size) }, options)
        }
    }
}

fn open_book(book: Box<dyn book::Book>, options: &SourceOptions) -> Result<Table, SourceError> {
    Ok(Table { content: Content::Sheet(Box::new(book::open(book, options)?)) })
}

fn open_stream(path: String, mut stream: Box<dyn Read + Send>, options: &SourceOptions) -> Result<Table, SourceError> {
    let (head, complete) = read_head(&mut stream).map_err(|cause| SourceError::Io { path: path.clone(), cause })?;
    match kind::sniff(&head) {
        Kind::Zip | Kind::Compound | Kind::BareXls => Err(SourceError::WorkbookInStream { path }),
        Kind::Other(other) => Err(other.refuse(path)),
        Kind::Noise => Err(SourceError::NotASpreadsheet { path }),
        Kind::Text => {
            open_text(csv::Beginning { path, head, complete, rest: csv::Rest::Stream(stream), size: None }, options)
        }
    }
}

fn open_text(beginning: csv::Beginning, options: &SourceOptions) -> Result<Table, SourceError> {
    if beginning.head.is_empty() {
        return Err(SourceError::Empty { path: beginning.path });
    }
    let table = csv::open(beginning, options)?;
    Ok(Table { content: Content::Text(Box::new(table)) })
}

/// The first bytes, and whether they are all there is.
fn read_head(input: &mut impl Read) -> io::Result<(Vec<u8>, bool)> {
    let mut head = Vec::new();
    input.by_ref().take(limits::HEAD_BYTES as u64 + 1).read_to_end(&mut head)?;
    let complete = head.len() <= limits::HEAD_BYTES;
    Ok((head, complete))
}

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod tests;
