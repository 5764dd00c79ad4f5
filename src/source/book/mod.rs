//! What all workbooks have in common, whatever file they come from: sheets, one of which is chosen, a header, and rows
//! put together from cells.

mod calendar;
mod gather;
mod rows;
mod strings;
mod value;

use std::ops::ControlFlow;

pub(super) use self::gather::Gatherer;
pub(super) use self::rows::RowCells;
pub(super) use self::strings::Strings;
pub(super) use self::value::{Oddity, push_error, push_iso, push_number, unreadable};
use super::limits::{SHEET_COLUMNS_MAX, SHEET_ROWS_MAX};
use super::{ReadEnd, SheetInfo, SourceError};
use crate::model::{CsvDialect, Header, Row, RowNumber, SheetChoice, SourceOptions, TableShape, excerpt};

/// How many characters of a sheet's name stand in a message.
pub(super) const EXCERPT: usize = 120;

/// How many further sheets are looked into, to say that they are not read.
const OTHERS_MAX: usize = 16;

/// How many sheets a message lists.
const LISTED_MAX: usize = 16;

/// Takes a row: its 1-based number and its cells, in order.
pub(super) type EachRow<'a> = dyn FnMut(u64, &RowCells) -> ControlFlow<()> + 'a;

/// A sheet as its workbook lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sheet {
    /// Its name, unescaped.
    pub(super) name: String,
    /// Whether a spreadsheet program shows its tab.
    pub(super) visible: bool,
    /// Whether it has cells; a chart has none.
    pub(super) has_cells: bool,
    /// Rows and columns up to the last used, as the file declares them; 1-based, often wrong.
    pub(super) size: Option<(u64, u32)>,
    /// Whether some cell has content, where the whole file had to be read to know its sheets.
    pub(super) has_values: Option<bool>,
}

/// A file with sheets.
pub(super) trait Book: Send {
    /// What it is called: `XLSX`.
    fn kind(&self) -> &'static str;

    /// The input as the user named it.
    fn path(&self) -> &str;

    /// All sheets, hidden ones and charts too, in the order of their tabs.
    fn sheets(&self) -> &[Sheet];

    /// Pushes every row of a sheet that has a cell with content, numbers ascending, until told to stop. May be called
    /// again and again. `at` is a place in [`Book::sheets`].
    fn stream(&mut self, at: usize, each: &mut EachRow<'_>) -> Result<ControlFlow<()>, SourceError>;
}

/// A sheet whose header has been read.
pub(super) struct SheetTable {
    book: Box<dyn Book>,
    at: usize,
    header: Header,
    shape: TableShape,
    sheets: Vec<SheetInfo>,
}

/// Chooses the sheet and reads its header.
pub(super) fn open(mut book: Box<dyn Book>, options: &SourceOptions) -> Result<SheetTable, SourceError> {
    let (at, unread) = choose(&mut *book, options.sheet.as_ref())?;
    let (header, last_row) = find_header(&mut *book, at, options.header_row)?;
    let name = book.sheets()[at].name.clone();
    let mut description = format!("{}, sheet \"{}\"", book.kind(), excerpt(&name, EXCERPT));
    if !unread.is_empty() {
        description.push_str(&format!("; not read: {}", unread.join(", ")));
    }
    let shape = TableShape {
        description,
        sheet: Some(name),
        dialect: CsvDialect { delimiter: b',', wants_bom: true },
        size_hint: last_row,
    };
    let info = |(place, sheet): (usize, &Sheet)| SheetInfo {
        name: sheet.name.clone(),
        visible: sheet.visible,
        rows: sheet.size.map(|(rows, _)| rows),
        columns: sheet.size.map(|(_, columns)| columns),
        chosen: place == at,
    };
    let sheets = book.sheets().iter().enumerate().map(info).collect();
    Ok(SheetTable { book, at, header, shape, sheets })
}

impl SheetTable {
    pub(super) fn path(&self) -> &str {
        self.book.path()
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn shape(&self) -> &TableShape {
        &self.shape
    }

    pub(super) fn sheets(&self) -> &[SheetInfo] {
        &self.sheets
    }

    pub(super) fn read(mut self, each: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<ReadEnd, SourceError> {
        let (width, header_row) = (self.header.names.len(), self.header.row.0);
        let name = self.book.sheets()[self.at].name.clone();
        let (mut rows, mut last_pushed) = (0, header_row);
        let mut blank_lines = 0;
        let flow = self.book.stream(self.at, &mut |number, cells| {
            if number <= header_row {
                return ControlFlow::Continue(());
            }
            blank_lines += number - last_pushed - 1;
            last_pushed = number;
            rows += 1;
            each(cells.row(number, width, &name))
        })?;
        Ok(ReadEnd { rows, blank_lines, stopped: flow.is_break() })
    }
}

/// Settles on a sheet: the one asked for, or the first visible one with a value. Then the others that are visible and
/// have values are named too, in quotes.
fn choose(book: &mut dyn Book, asked: Option<&SheetChoice>) -> Result<(usize, Vec<String>), SourceError> {
    let sheets = book.sheets().to_vec();
    let quoted = |sheet: &Sheet| format!("\"{}\"", excerpt(&sheet.name, EXCERPT));
    let listed = || {
        let one = |sheet: &Sheet| quoted(sheet) + if sheet.visible { "" } else { " (hidden)" };
        let more = sheets.len().saturating_sub(LISTED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        sheets.iter().take(LISTED_MAX).map(one).collect::<Vec<_>>().join(", ") + &more
    };
    if let Some(choice) = asked {
        // Excel holds sheet names to be the same whatever their case.
        let found = match choice {
            SheetChoice::Number(number) => usize::try_from(*number).ok().and_then(|number| number.checked_sub(1)),
            SheetChoice::Name(name) => sheets
                .iter()
                .position(|sheet| sheet.name == *name)
                .or_else(|| sheets.iter().position(|sheet| sheet.name.to_lowercase() == name.to_lowercase())),
        };
        let Some(at) = found.filter(|&at| sheets.get(at).is_some_and(|sheet| sheet.has_cells)) else {
            let asked = match choice {
                SheetChoice::Number(number) => number.to_string(),
                SheetChoice::Name(name) => format!("\"{}\"", excerpt(name, EXCERPT)),
            };
            return Err(SourceError::NoSuchSheet { path: book.path().to_owned(), asked, sheets: listed() });
        };
        return Ok((at, Vec::new()));
    }
    let mut chosen = None;
    let mut unread = Vec::new();
    for (at, sheet) in sheets.iter().enumerate().filter(|(_, sheet)| sheet.visible && sheet.has_cells) {
        if unread.len() == OTHERS_MAX {
            unread.push("…".to_owned());
            break;
        }
        let has_values = match sheet.has_values {
            Some(known) => Ok(known),
            None => book.stream(at, &mut |_, _| ControlFlow::Break(())).map(|flow| flow.is_break()),
        };
        match (has_values, chosen) {
            (Ok(true), None) => chosen = Some(at),
            // A sheet that is not read may be broken as it likes.
            (Ok(true), Some(_)) => unread.push(quoted(sheet)),
            (Err(error), None) => return Err(error),
            (Ok(false), _) | (Err(_), Some(_)) => {}
        }
    }
    match chosen {
        Some(at) => Ok((at, unread)),
        None => Err(SourceError::NoSheetWithData { path: book.path().to_owned(), sheets: listed() }),
    }
}

/// The header, and the last row of the table as the sheet declares it.
fn find_header(book: &mut dyn Book, at: usize, asked: Option<u64>) -> Result<(Header, Option<u64>), SourceError> {
    let mut header = None;
    let mut last_row = 0;
    let flow = book.stream(at, &mut |number, cells| {
        last_row = number;
        if asked.is_some_and(|asked| number < asked) {
            return ControlFlow::Continue(());
        }
        if asked.is_none_or(|asked| number == asked) {
            header = Some(Header { row: RowNumber(number), names: cells.names() });
        }
        ControlFlow::Break(())
    })?;
    let path = || book.path().to_owned();
    match (header.filter(|header| !header.names.is_empty()), asked) {
        (Some(header), _) => {
            // Often wrong, so only a hint; a lone corner means that nobody knew.
            let declared = book.sheets()[at].size.map(|(rows, _)| rows);
            let plausible = |&rows: &u64| rows > header.row.0 && rows <= u64::from(SHEET_ROWS_MAX);
            let last_row = declared.filter(plausible);
            Ok((header, last_row))
        }
        (None, None) => Err(SourceError::NoHeader { path: path() }),
        (None, Some(row)) => {
            let why =
                if flow.is_break() { "that row is blank".to_owned() } else { format!("the last row is {last_row}") };
            Err(SourceError::HeaderRow { path: path(), row, why })
        }
    }
}

/// `B17` as 0-based row and column, `17` as a row alone; `None` when it is neither, or lies outside any worksheet.
pub(super) fn reference(text: &str) -> Option<(u32, Option<u32>)> {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, digits) = text.split_at(letters);
    if letters.len() > 3 || digits.is_empty() || digits.len() > 7 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let column =
        letters.bytes().fold(0, |column, letter| column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1);
    let row = digits.bytes().fold(0, |row, digit| row * 10 + u32::from(digit - b'0'));
    let within = (1..=SHEET_ROWS_MAX).contains(&row) && column <= SHEET_COLUMNS_MAX;
    within.then(|| (row - 1, column.checked_sub(1)))
}

/// The last row and column of `A1:F200`, 1-based.
pub(super) fn size_of(range: &str) -> Option<(u64, u32)> {
    let (row, column) = reference(range.rsplit(':').next()?)?;
    Some((u64::from(row) + 1, column? + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_in_both_forms_and_never_wrap() {
        assert_eq!(reference("B17"), Some((16, Some(1))));
        assert_eq!(reference("xfd1048576"), Some((1_048_575, Some(16_383))));
        assert_eq!(reference("17"), Some((16, None)));
        for wrong in
            ["B0", "B", "", "XFE1", "A1048577", "AAAAAAAAAAAAA1", "A99999999999", "A4294967297", "A-1", "Å1", "A1 "]
        {
            assert_eq!(reference(wrong), None, "{wrong}");
        }
    }
}
