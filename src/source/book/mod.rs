//! What all workbooks have in common, whatever file they come from: sheets, one of which is chosen, a header, and rows
//! put together from cells.

mod calendar;
mod gather;
mod rows;
mod strings;
mod value;

use std::ops::ControlFlow;

pub(super) use self::gather::{Gatherer, gather};
pub(super) use self::rows::RowCells;
pub(super) use self::strings::Strings;
pub(super) use self::value::{Oddity, push_error, push_iso, push_number, unreadable};
use super::limits::{SHEET_COLUMNS_MAX, SHEET_ROWS_MAX};
use super::{ReadEnd, SheetInfo, SourceError, header_guess};
use crate::model::{CsvDialect, Header, Row, RowNumber, SheetChoice, SourceOptions, TableShape, excerpt};

/// How many characters of a sheet's name stand in a message.
pub(super) const EXCERPT: usize = 120;

/// How many further sheets are looked into, to say that they are not read and what they hold.
const OTHERS_MAX: usize = 16;

/// The same where a sheet is reached only by reading all that stand before it.
const OTHERS_MAX_IN_ONE_PIECE: usize = 3;

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
    header_suggestion: Option<u64>,
    shape: TableShape,
    sheets: Vec<SheetInfo>,
}

/// What stands at the beginning of a sheet.
struct Beginning {
    /// The header, where its row has a name.
    header: Option<Header>,
    /// Whether a row with values stands below it.
    has_rows: bool,
    /// The first rows with values, unless the header row was asked for.
    first_rows: Vec<(u64, Vec<String>)>,
    /// The last row that was looked at; 0 when the sheet has no values.
    last_row: u64,
}

/// The sheet that is read.
struct Choice {
    at: usize,
    /// What was seen of it and of the others, each at the place of its sheet.
    beginnings: Vec<Option<Beginning>>,
    /// How many visible sheets were not looked into.
    left: usize,
}

/// Chooses the sheet and reads its header.
pub(super) fn open(mut book: Box<dyn Book>, options: &SourceOptions) -> Result<SheetTable, SourceError> {
    let Choice { at, mut beginnings, left } = choose(&mut *book, options)?;
    let beginning = beginnings[at].take();
    let Beginning { header, first_rows, last_row, .. } =
        beginning.map_or_else(|| look_into(&mut *book, at, options.header_row), Ok)?;
    let header = header.ok_or_else(|| no_header(book.path().to_owned(), options.header_row, last_row))?;
    let sheet = &book.sheets()[at];
    let mut description = format!("{}, sheet \"{}\"", book.kind(), excerpt(&sheet.name, EXCERPT));
    // Others with values, which are not read.
    let unread: Vec<String> = (0..beginnings.len())
        .filter(|&place| beginnings[place].as_ref().is_some_and(|other| other.last_row > 0))
        .map(|place| quoted(&book.sheets()[place]))
        .collect();
    if !unread.is_empty() {
        let left = if left > 0 { format!(" and {left} more") } else { String::new() };
        description.push_str(&format!("; not read: {}{left}", unread.join(", ")));
    }
    // The size that a file declares is often wrong, so only a hint; a lone corner means that nobody knew.
    let declared = sheet.size.map(|(rows, _)| rows);
    let plausible = |&rows: &u64| rows > header.row.0 && rows <= u64::from(SHEET_ROWS_MAX);
    let shape = TableShape {
        description,
        sheet: Some(sheet.name.clone()),
        dialect: CsvDialect { delimiter: b',', wants_bom: true },
        size_hint: declared.filter(plausible),
    };
    let info = |(place, (sheet, beginning)): (usize, (&Sheet, Option<Beginning>))| SheetInfo {
        name: sheet.name.clone(),
        visible: sheet.visible,
        rows: sheet.size.map(|(rows, _)| rows),
        columns: sheet.size.map(|(_, columns)| columns),
        chosen: place == at,
        header: beginning.filter(|beginning| beginning.has_rows).and_then(|beginning| beginning.header),
    };
    let sheets = book.sheets().iter().zip(beginnings).enumerate().map(info).collect();
    let header_suggestion = header_guess::suggest(&first_rows);
    Ok(SheetTable { book, at, header, header_suggestion, shape, sheets })
}

impl SheetTable {
    pub(super) fn path(&self) -> &str {
        self.book.path()
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn header_suggestion(&self) -> Option<u64> {
        self.header_suggestion
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

fn quoted(sheet: &Sheet) -> String {
    format!("\"{}\"", excerpt(&sheet.name, EXCERPT))
}

/// Settles on a sheet: the one asked for, or the first visible one with rows below a header, or else with a value. Then
/// the others that are visible are looked into too.
fn choose(book: &mut dyn Book, options: &SourceOptions) -> Result<Choice, SourceError> {
    let sheets = book.sheets().to_vec();
    let mut beginnings: Vec<Option<Beginning>> = sheets.iter().map(|_| None).collect();
    let listed = || {
        let one = |sheet: &Sheet| quoted(sheet) + if sheet.visible { "" } else { " (hidden)" };
        let more = sheets.len().saturating_sub(LISTED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        sheets.iter().take(LISTED_MAX).map(one).collect::<Vec<_>>().join(", ") + &more
    };
    if let Some(choice) = &options.sheet {
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
        return Ok(Choice { at, beginnings, left: 0 });
    }
    let mut chosen = None;
    let (mut others, mut left) = (0, 0);
    for (at, sheet) in sheets.iter().enumerate().filter(|(_, sheet)| sheet.visible && sheet.has_cells) {
        if sheet.has_values == Some(false) {
            continue;
        }
        let others_max = if sheet.has_values.is_some() { OTHERS_MAX_IN_ONE_PIECE } else { OTHERS_MAX };
        if chosen.is_some() && others == others_max {
            left += 1;
            continue;
        }
        match (look_into(book, at, options.header_row), chosen) {
            (Ok(beginning), _) if beginning.last_row == 0 => {}
            (Ok(beginning), None) => (chosen, beginnings[at]) = (Some(at), Some(beginning)),
            (Ok(beginning), Some(_)) => (others, beginnings[at]) = (others + 1, Some(beginning)),
            (Err(error), None) => return Err(error),
            // A sheet that is not read may be broken as it likes.
            (Err(_), Some(_)) => {}
        }
    }
    let has_rows = |at: &usize| beginnings[*at].as_ref().is_some_and(|beginning| beginning.has_rows);
    let chosen = (0..sheets.len()).find(has_rows).or(chosen);
    match chosen {
        Some(at) => Ok(Choice { at, beginnings, left }),
        None if sheets.iter().all(|sheet| sheet.visible) => Err(no_header(book.path().to_owned(), None, 0)),
        None => Err(SourceError::NoSheetWithData { path: book.path().to_owned(), sheets: listed() }),
    }
}

/// Looks at the first rows of a sheet. `asked` is the row of its header, if that is known.
fn look_into(book: &mut dyn Book, at: usize, asked: Option<u64>) -> Result<Beginning, SourceError> {
    let mut seen = Beginning { header: None, has_rows: false, first_rows: Vec::new(), last_row: 0 };
    let streamed = book.stream(at, &mut |number, cells| {
        seen.last_row = number;
        if asked.is_none() {
            seen.first_rows.push((number, cells.names()));
        }
        match (&seen.header, asked) {
            (Some(_), _) => seen.has_rows = true,
            (None, Some(asked)) if number < asked => return ControlFlow::Continue(()),
            (None, Some(asked)) if number > asked => return ControlFlow::Break(()),
            (None, _) => seen.header = Some(Header { row: RowNumber(number), names: cells.names() }),
        }
        let enough = seen.has_rows && (asked.is_some() || seen.first_rows.len() == header_guess::ROWS_LOOKED_AT);
        if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    // Trouble below the header is told when the rows are read.
    match streamed {
        Err(error) if seen.header.is_none() => return Err(error),
        Ok(_) | Err(_) => {}
    }
    seen.header = seen.header.filter(|header| !header.names.is_empty());
    Ok(seen)
}

fn no_header(path: String, asked: Option<u64>, last_row: u64) -> SourceError {
    let Some(row) = asked else { return SourceError::NoHeader { path } };
    let why = if last_row >= row { "that row is blank".to_owned() } else { format!("the last row is {last_row}") };
    SourceError::HeaderRow { path, row, why }
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
