//! Tables of web pages. A cell is its text, white space as browsers show it. A table within a cell is a table of its
//! own.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use encoding_rs::Encoding;

use super::entity::push_resolved;
use super::tag::{Piece, Pieces, attribute};
use crate::model::Code;
use crate::source::book::{Gatherer, Sheet, push_error};
use crate::source::limits::{CHUNK_BYTES, SHEET_COLUMNS_MAX, SHEET_ROW_BYTES_MAX, SHEETS_MAX};
use crate::source::{SourceError, decoded};

/// Up to this column cells may reach into rows below; every row asks them all.
const REACHING_COLUMNS_MAX: usize = 1024;

/// How deep tables may lie in each other.
const DEPTH_MAX: usize = 64;

/// The encoding of a page: what it says, or UTF-8 where the whole of it is, or else windows-1252.
pub(super) fn encoding(path: &str, file: &mut File) -> Result<&'static Encoding, SourceError> {
    let as_io_error = |cause: io::Error| SourceError::Io { path: path.to_owned(), cause };
    let mut head = Vec::new();
    file.seek(SeekFrom::Start(0)).map_err(as_io_error)?;
    file.by_ref().take(decoded::TOLD_WITHIN_BYTES as u64).read_to_end(&mut head).map_err(as_io_error)?;
    if let Some(said) = decoded::said_by_html(&head) {
        return Ok(said);
    }
    file.seek(SeekFrom::Start(0)).map_err(as_io_error)?;
    let mut decoder = encoding_rs::UTF_8.new_decoder_without_bom_handling();
    let mut bytes = vec![0; CHUNK_BYTES];
    let mut text = vec![0; 4 * CHUNK_BYTES];
    loop {
        let count = file.read(&mut bytes).map_err(as_io_error)?;
        let (.., malformed) = decoder.decode_to_utf8(&bytes[..count], &mut text, count == 0);
        if malformed {
            return Ok(encoding_rs::WINDOWS_1252);
        }
        if count == 0 {
            return Ok(encoding_rs::UTF_8);
        }
    }
}

/// All tables, with the rows and columns that hold something.
pub(super) fn list(path: &str, file: &File, encoding: &'static Encoding) -> Result<Vec<Sheet>, SourceError> {
    let mut sizes: Vec<(u64, u32)> = Vec::new();
    let flow = walk(path, file, encoding, &mut |cell| {
        if sizes.len() <= cell.table {
            sizes.resize(cell.table + 1, (0, 0));
        }
        if !cell.text.is_empty() {
            let (rows, columns) = &mut sizes[cell.table];
            *rows = (*rows).max(u64::from(cell.row) + 1);
            *columns = (*columns).max(cell.column + 1);
        }
        if sizes.len() > SHEETS_MAX {
            let detail = format!("it has more than {SHEETS_MAX} tables");
            return Err(SourceError::BeyondLimit { path: path.to_owned(), detail });
        }
        Ok(ControlFlow::Continue(()))
    })?;
    debug_assert!(flow.is_continue(), "nobody says stop");
    let sheet = |(at, size): (usize, (u64, u32))| Sheet {
        name: format!("Table {}", at + 1),
        visible: true,
        has_cells: true,
        size: (size.0 > 0).then_some(size),
        has_values: Some(size.0 > 0),
    };
    Ok(sizes.into_iter().enumerate().map(sheet).collect())
}

/// Pushes the rows of the table at this place.
pub(super) fn stream(
    path: &str,
    file: &File,
    encoding: &'static Encoding,
    at: usize,
    rows: &mut Gatherer<'_, '_>,
) -> Result<ControlFlow<()>, SourceError> {
    walk(path, file, encoding, &mut |cell| {
        if cell.table != at || cell.text.is_empty() && cell.holds.is_none() {
            return Ok(ControlFlow::Continue(()));
        }
        rows.add(cell.row, cell.column, |out| {
            if cell.is_error {
                return push_error(out, &cell.text);
            }
            out.push_str(&cell.text);
            cell.holds
                .map(|number| (Code::CellUnreadable, format!("holds a table of its own, which is Table {number}")))
        })
    })
}

/// A cell of some table.
#[derive(Debug, Default)]
struct HtmlCell {
    table: usize,
    row: u32,
    column: u32,
    text: String,
    is_error: bool,
    /// Of a table that lies in it, the number.
    holds: Option<usize>,
    /// A line break or a space that only counts when more text comes.
    waits: Option<char>,
}

/// A table that has begun and not ended.
#[derive(Debug)]
struct Table {
    number: usize,
    /// Rows begun so far.
    rows: u32,
    next_column: u32,
    /// By column, the first row that no cell above reaches into.
    reaching: Vec<u32>,
    cell: Option<HtmlCell>,
}

/// Goes through the page and gives every cell when it ends.
fn walk(
    path: &str,
    mut file: &File,
    encoding: &'static Encoding,
    each: &mut dyn FnMut(&HtmlCell) -> Result<ControlFlow<()>, SourceError>,
) -> Result<ControlFlow<()>, SourceError> {
    let as_io_error = |cause: io::Error| SourceError::Io { path: path.to_owned(), cause };
    file.seek(SeekFrom::Start(0)).map_err(as_io_error)?;
    let mut pieces = Pieces::new(decoded::to_utf8(BufReader::with_capacity(CHUNK_BYTES, file), encoding));
    let mut tables: Vec<Table> = Vec::new();
    let mut begun = 0;
    while let Some(piece) = pieces.next().map_err(as_io_error)? {
        let mut ended = None;
        match piece {
            Piece::Text(text) => {
                if let Some(cell) = tables.last_mut().and_then(|table| table.cell.as_mut()) {
                    cell.add(&text);
                    if cell.text.len() > SHEET_ROW_BYTES_MAX {
                        let detail =
                            format!("its table {} has a cell that is larger than any honest one", cell.table + 1);
                        return Err(SourceError::BeyondLimit { path: path.to_owned(), detail });
                    }
                }
            }
            Piece::Start(name, tag) => match &*name {
                "table" => {
                    if tables.len() == DEPTH_MAX {
                        let detail = format!("its tables lie more than {DEPTH_MAX} deep in each other");
                        return Err(SourceError::BeyondLimit { path: path.to_owned(), detail });
                    }
                    if let Some(cell) = tables.last_mut().and_then(|table| table.cell.as_mut()) {
                        cell.holds = Some(begun + 1);
                    }
                    tables.push(Table::new(begun));
                    begun += 1;
                }
                "tr" => {
                    if let Some(table) = tables.last_mut() {
                        ended = table.cell.take();
                        table.begin_row();
                    }
                }
                "td" | "th" => {
                    if let Some(table) = tables.last_mut() {
                        ended = table.cell.take();
                        table.begin_cell(&tag);
                    }
                }
                _ => {
                    if let Some(cell) = tables.last_mut().and_then(|table| table.cell.as_mut()) {
                        cell.begin_element(&name);
                    }
                }
            },
            Piece::End(name) => match &*name {
                "table" => ended = tables.pop().and_then(|table| table.cell),
                "td" | "th" | "tr" => ended = tables.last_mut().and_then(|table| table.cell.take()),
                "p" | "div" | "li" => {
                    if let Some(cell) = tables.last_mut().and_then(|table| table.cell.as_mut()) {
                        cell.begin_element(&name);
                    }
                }
                _ => {}
            },
        }
        if let Some(cell) = ended
            && each(&cell.ended())?.is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
    }
    // Programs forget to end tables and rows; a cell that does not end is a page that was cut.
    match tables.iter().find_map(|table| table.cell.as_ref()) {
        Some(cell) => {
            let detail = format!("its table {} ends in the middle of a cell", cell.table + 1);
            Err(SourceError::Damaged { path: path.to_owned(), detail })
        }
        None => Ok(ControlFlow::Continue(())),
    }
}

impl Table {
    fn new(number: usize) -> Table {
        Table { number, rows: 0, next_column: 0, reaching: Vec::new(), cell: None }
    }

    fn begin_row(&mut self) {
        self.rows = self.rows.saturating_add(1);
        self.next_column = 0;
    }

    fn begin_cell(&mut self, tag: &str) {
        if self.rows == 0 {
            self.begin_row();
        }
        let row = self.rows - 1;
        while self.reaching.get(self.next_column as usize).is_some_and(|&free| free > row) {
            self.next_column += 1;
        }
        let span = |name| attribute(tag, name).and_then(|span| span.trim().parse::<u32>().ok()).unwrap_or(1).max(1);
        // Browsers hold these to be the most (HTML, "algorithm for processing rows").
        let (columns, rows) = (span("colspan").min(1000), span("rowspan").min(65_534));
        let column = self.next_column;
        self.next_column = column.saturating_add(columns).min(SHEET_COLUMNS_MAX);
        if rows > 1 {
            let end = (self.next_column as usize).min(REACHING_COLUMNS_MAX);
            if self.reaching.len() < end {
                self.reaching.resize(end, 0);
            }
            for free in self.reaching.iter_mut().take(end).skip(column as usize) {
                *free = row.saturating_add(rows);
            }
        }
        let is_error = attribute(tag, "x:err").is_some();
        self.cell = Some(HtmlCell { table: self.number, row, column, is_error, ..HtmlCell::default() });
    }
}

impl HtmlCell {
    fn add(&mut self, raw: &str) {
        // White space of the file parts words; references to it are characters like any other.
        for part in raw.split_inclusive([' ', '\t', '\r', '\n', '\u{c}']) {
            let word = part.trim_end_matches([' ', '\t', '\r', '\n', '\u{c}']);
            if !word.is_empty() {
                if let Some(waiting) = self.waits.take()
                    && !self.text.is_empty()
                {
                    self.text.push(waiting);
                }
                push_resolved(&mut self.text, word);
            }
            if word.len() < part.len() && self.waits.is_none() && !self.text.ends_with('\n') {
                self.waits = Some(' ');
            }
        }
    }

    fn begin_element(&mut self, name: &str) {
        match name {
            "br" => {
                self.waits = None;
                self.text.push('\n');
            }
            "p" | "div" | "li" if !self.text.is_empty() && !self.text.ends_with('\n') => self.waits = Some('\n'),
            _ => {}
        }
    }

    /// Without what only fills a cell: breaks at its ends, and no-break spaces where there is nothing else.
    fn ended(mut self) -> HtmlCell {
        let text = self.text.trim_matches('\n');
        let text = if text.chars().all(char::is_whitespace) { "" } else { text };
        if text.len() < self.text.len() {
            self.text = text.to_owned();
        }
        self
    }
}
