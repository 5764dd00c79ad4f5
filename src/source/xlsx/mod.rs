//! Worksheets of Office Open XML workbooks, streamed cell by cell through calamine, fenced and bounded.

mod locate;
mod preflight;
mod rows;
mod value;

use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use calamine::{Cell, DataRef, Reader as _, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};
use zip::ZipArchive;
use zip::result::ZipError;

use self::locate::Locator;
use self::rows::RowCells;
use super::kind::ZipKind;
use super::limits::{SHEET_COLUMNS_MAX, SHEET_ROW_BYTES_MAX, SHEET_ROWS_MAX, UNREADABLE_CELLS_MAX};
use super::number_format::Format;
use super::{ReadEnd, SourceError, kind};
use crate::model::{Code, CsvDialect, Header, Row, RowNumber, SheetChoice, SourceOptions, TableShape, excerpt};

type Workbook = Xlsx<BufReader<File>>;

/// How many characters of a sheet's name or of an error stand in a message.
const EXCERPT: usize = 120;

/// A worksheet whose header has been read.
pub(super) struct SheetTable {
    sheet: Sheet,
    header: Header,
    shape: TableShape,
}

/// Whether cells without a value are looked at once more for a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Formulas {
    Checked,
    Ignored,
}

/// What came of a cell.
enum Content<'a> {
    Cell(Cell<DataRef<'a>>, usize),
    /// Its text as it stands in the file.
    Unreadable(String),
    /// A formula without a result.
    NoValue,
}

/// A worksheet of an open workbook.
struct Sheet {
    path: String,
    workbook: Workbook,
    /// The same file once more, for the second look at cells that cannot be read.
    zip: ZipArchive<BufReader<File>>,
    file_name: PathBuf,
    name: String,
    at: usize,
}

/// Opens the workbook, chooses the sheet and reads its header. `name` is the path of `file`.
pub(super) fn open(path: String, file: File, name: &Path, options: &SourceOptions) -> Result<SheetTable, SourceError> {
    let again = File::open(name).map_err(|cause| SourceError::Io { path: path.clone(), cause })?;
    let mut zip = ZipArchive::new(BufReader::new(again)).map_err(|error| zip_error(&path, &error))?;
    if let ZipKind::Other(other) = kind::sniff_zip(&mut zip) {
        return Err(SourceError::OtherKind { path, what: other.what, hint: other.hint });
    }
    preflight::check(&mut zip, &path)?;
    let workbook = fence(&path, || Xlsx::new(BufReader::new(file)))?.map_err(|error| xlsx_error(&path, "", &error))?;
    let mut sheet = Sheet { path, workbook, zip, file_name: name.to_owned(), name: String::new(), at: 0 };
    sheet.choose(options.sheet.as_ref())?;
    let (header, last_row) = sheet.find_header(options.header_row)?;
    let shape = TableShape {
        description: format!("XLSX, sheet \"{}\"", excerpt(&sheet.name, EXCERPT)),
        sheet: Some(sheet.name.clone()),
        dialect: CsvDialect { delimiter: b',', wants_bom: true },
        size_hint: last_row,
    };
    Ok(SheetTable { sheet, header, shape })
}

impl SheetTable {
    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn shape(&self) -> &TableShape {
        &self.shape
    }

    pub(super) fn read(mut self, each: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<ReadEnd, SourceError> {
        let (width, header_row) = (self.header.names.len(), self.header.row.0);
        let name = self.sheet.name.clone();
        let (mut rows, mut last_pushed, mut last_seen) = (0, header_row, header_row);
        let mut blank_lines = 0;
        let flow = self.sheet.stream(Formulas::Checked, &mut |number, cells| {
            last_seen = last_seen.max(number);
            if number <= header_row || !cells.has_content() {
                return ControlFlow::Continue(());
            }
            blank_lines += number - last_pushed - 1;
            last_pushed = number;
            rows += 1;
            each(cells.row(number, width, &name))
        })?;
        blank_lines += last_seen - last_pushed;
        Ok(ReadEnd { rows, blank_lines, stopped: flow.is_break() })
    }
}

impl Sheet {
    /// Settles on a sheet: the one asked for, or the first visible one with a value.
    fn choose(&mut self, asked: Option<&SheetChoice>) -> Result<(), SourceError> {
        let sheets = self.workbook.sheets_metadata().to_vec();
        let listed = || {
            let one = |sheet: &calamine::Sheet| match sheet.visible {
                SheetVisible::Visible => format!("\"{}\"", excerpt(&sheet.name, EXCERPT)),
                SheetVisible::Hidden | SheetVisible::VeryHidden => {
                    format!("\"{}\" (hidden)", excerpt(&sheet.name, EXCERPT))
                }
            };
            sheets.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let is_table = |at: &usize| sheets.get(*at).is_some_and(|sheet| sheet.typ == SheetType::WorkSheet);
        if let Some(choice) = asked {
            // Excel holds sheet names to be the same whatever their case.
            let found = match choice {
                SheetChoice::Number(number) => usize::try_from(*number).ok().and_then(|number| number.checked_sub(1)),
                SheetChoice::Name(name) => sheets
                    .iter()
                    .position(|sheet| sheet.name == *name)
                    .or_else(|| sheets.iter().position(|sheet| sheet.name.to_lowercase() == name.to_lowercase())),
            };
            let Some(at) = found.filter(is_table) else {
                let asked = match choice {
                    SheetChoice::Number(number) => number.to_string(),
                    SheetChoice::Name(name) => format!("\"{}\"", excerpt(name, EXCERPT)),
                };
                return Err(SourceError::NoSuchSheet { path: self.path.clone(), asked, sheets: listed() });
            };
            (self.at, self.name) = (at, sheets[at].name.clone());
            return Ok(());
        }
        for (at, sheet) in sheets.iter().enumerate() {
            if sheet.visible != SheetVisible::Visible || sheet.typ != SheetType::WorkSheet {
                continue;
            }
            (self.at, self.name) = (at, sheet.name.clone());
            let has_value = self.stream(Formulas::Ignored, &mut |_, cells| match cells.has_content() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            })?;
            if has_value.is_break() {
                return Ok(());
            }
        }
        Err(SourceError::NoSheetWithData { path: self.path.clone(), sheets: listed() })
    }

    /// The header, and the last row of the table as the sheet declares it.
    fn find_header(&mut self, asked: Option<u64>) -> Result<(Header, Option<u64>), SourceError> {
        let mut header = None;
        let mut last_row = 0;
        let first = asked.unwrap_or(1);
        let flow = self.stream(Formulas::Ignored, &mut |number, cells| {
            last_row = number;
            let here = if asked.is_some() { number >= first } else { cells.has_content() };
            if here && (asked.is_none() || number == first) && cells.has_content() {
                header = Some(Header { row: RowNumber(number), names: cells.names() });
            }
            if here { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let path = || self.path.clone();
        let header = match (header, asked) {
            (Some(header), _) => header,
            (None, None) => return Err(SourceError::NoHeader { path: path() }),
            (None, Some(row)) => {
                let why = if flow.is_break() {
                    "that row is blank".to_owned()
                } else {
                    format!("the last row is {last_row}")
                };
                return Err(SourceError::HeaderRow { path: path(), row, why });
            }
        };
        let reader = open_cells(&self.path, &mut self.workbook, &self.name)?;
        // Often wrong, so only a hint; a lone corner means that nobody knew.
        let declared = u64::from(reader.dimensions().end.0.saturating_add(1));
        let last_row = (declared > header.row.0 && declared <= u64::from(SHEET_ROWS_MAX)).then_some(declared);
        Ok((header, last_row))
    }

    /// Pushes every row that has a cell, its 1-based number ascending.
    fn stream(
        &mut self,
        formulas: Formulas,
        each: &mut dyn FnMut(u64, &RowCells) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, SourceError> {
        let Sheet { path, workbook, zip, file_name, name, at } = self;
        let part = locate::sheet_part(zip, *at);
        let mut locator = part.as_deref().and_then(|part| Locator::open(zip, part));
        let is_1904 = workbook.has_1904_epoch();
        let mut reader = open_cells(path, workbook, name)?;
        let formats: Vec<Format> = reader
            .styles()
            .iter()
            .map(|style| {
                style.number_format.as_ref().map_or(Format::Plain, |format| Format::parse(&format.format_code))
            })
            .collect();
        let damaged = |detail: String| SourceError::Damaged {
            path: path.clone(),
            detail: format!("sheet \"{}\" {detail}", excerpt(name, EXCERPT)),
        };

        let mut cells = RowCells::default();
        let mut current: Option<u32> = None;
        let (mut ordinal, mut unreadable) = (0u64, 0u64);
        // A cell that could not be read is not counted by calamine; the cells after it that do not say where they
        // stand come out one too far to the left, until the row ends.
        let mut drifting_row = None;
        // Asked when the first empty cell comes along: most sheets have no formulas, and then nobody looks closer.
        let mut has_formulas = match formulas {
            Formulas::Ignored => Some(false),
            Formulas::Checked => None,
        };
        loop {
            let next = fence(path, || reader.next_cell_with_style_id())?;
            let (row, column, content) = match next {
                Ok(None) => break,
                Ok(Some((cell, style))) => {
                    let (mut row, mut column) = cell.get_position();
                    let drifts = drifting_row == Some(row);
                    let may_lack_value = *cell.get_value() == DataRef::Empty
                        && *has_formulas.get_or_insert_with(|| may_have_formulas(file_name, part.as_deref()));
                    let mut content = Content::Cell(cell, style);
                    if (drifts || may_lack_value)
                        && let Some(found) = locator.as_mut().and_then(|locator| locator.find(ordinal))
                    {
                        (row, column) = (found.row, found.column);
                        if may_lack_value && found.has_formula {
                            content = Content::NoValue;
                        }
                    }
                    (row, column, content)
                }
                Err(error) if is_of_one_cell(&error) => {
                    unreadable += 1;
                    if unreadable > UNREADABLE_CELLS_MAX {
                        return Err(damaged(format!("has more than {UNREADABLE_CELLS_MAX} cells that cannot be read")));
                    }
                    let Some(found) = locator.as_mut().and_then(|locator| locator.find(ordinal)) else {
                        return Err(damaged(format!("has a cell that cannot be read: {}", shown(&error))));
                    };
                    if !found.has_reference {
                        drifting_row = Some(found.row);
                    }
                    (found.row, found.column, Content::Unreadable(found.raw))
                }
                Err(error) => {
                    let last =
                        current.map_or("before its first row".to_owned(), |row| format!("after row {}", row + 1));
                    return Err(xlsx_error(path, &format!("sheet \"{}\", {last}: ", excerpt(name, EXCERPT)), &error));
                }
            };
            ordinal += 1;
            if row >= SHEET_ROWS_MAX || column >= SHEET_COLUMNS_MAX {
                return Err(damaged(format!("has a cell beyond {SHEET_ROWS_MAX} rows or {SHEET_COLUMNS_MAX} columns")));
            }
            if current != Some(row) {
                if let Some(before) = current {
                    cells.sort();
                    if each(u64::from(before) + 1, &cells).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                    // Rows are numbered and settled in order, so one that comes late cannot be taken in.
                    if row < before {
                        return Err(damaged(format!("has row {} after row {}", row + 1, before + 1)));
                    }
                }
                cells.clear();
                current = Some(row);
            }
            match content {
                Content::Cell(cell, style) => {
                    let format = formats.get(style).unwrap_or(&Format::Plain);
                    cells.add(column, |out| value::write(out, cell.get_value(), format, is_1904));
                }
                Content::Unreadable(raw) => cells.add(column, |out| {
                    out.push_str(&raw);
                    Some(value::unreadable(&raw))
                }),
                Content::NoValue => cells.add(column, |_| {
                    Some((Code::CellNoValue, "holds a formula whose result was never saved".to_owned()))
                }),
            }
            let (bytes, count) = cells.size();
            if bytes > SHEET_ROW_BYTES_MAX || count > 2 * SHEET_COLUMNS_MAX as usize {
                return Err(damaged(format!("has a row {} that is larger than any honest one", row + 1)));
            }
        }
        let Some(last) = current else { return Ok(ControlFlow::Continue(())) };
        cells.sort();
        Ok(each(u64::from(last) + 1, &cells))
    }
}

fn may_have_formulas(file: &Path, part: Option<&str>) -> bool {
    let zip = File::open(file).ok().and_then(|file| ZipArchive::new(BufReader::new(file)).ok());
    match (zip, part) {
        (Some(mut zip), Some(part)) => locate::may_have_formulas(&mut zip, part),
        _ => true,
    }
}

fn open_cells<'a>(
    path: &str,
    workbook: &'a mut Workbook,
    name: &str,
) -> Result<XlsxCellReader<'a, BufReader<File>>, SourceError> {
    let place = format!("sheet \"{}\": ", excerpt(name, EXCERPT));
    fence(path, || workbook.worksheet_cells_reader(name))?.map_err(|error| xlsx_error(path, &place, &error))
}

/// Runs calamine where a panic becomes a sentence. Whatever it was working on is given up.
fn fence<T>(path: &str, work: impl FnOnce() -> T) -> Result<T, SourceError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| SourceError::Damaged {
        path: path.to_owned(),
        detail: "the workbook reader stumbled over its structure".to_owned(),
    })
}

/// Whether only one cell is lost and the stream stands behind it. Read from calamine 0.38 and held by a test.
fn is_of_one_cell(error: &XlsxError) -> bool {
    match error {
        XlsxError::CellError(_) | XlsxError::CellTAttribute(_) | XlsxError::ParseFloat(_) => true,
        XlsxError::Unrecognized { typ, .. } => *typ == "boolean cell value",
        XlsxError::Unexpected(what) => what.starts_with("Cell string index"),
        XlsxError::UnexpectedNode(_) => true,
        _ => false,
    }
}

fn shown(error: &impl std::fmt::Display) -> String {
    excerpt(&error.to_string(), EXCERPT)
}

fn xlsx_error(path: &str, place: &str, error: &XlsxError) -> SourceError {
    match error {
        XlsxError::Password => SourceError::Protected { path: path.to_owned() },
        XlsxError::Zip(error) => zip_error(path, error),
        XlsxError::Io(_) | XlsxError::Xml(quick_xml::Error::Io(_)) => SourceError::Damaged {
            path: path.to_owned(),
            detail: format!("{place}a part cannot be unpacked ({})", shown(error)),
        },
        _ => SourceError::Damaged { path: path.to_owned(), detail: format!("{place}{}", shown(error)) },
    }
}

fn zip_error(path: &str, error: &ZipError) -> SourceError {
    let path = path.to_owned();
    match error {
        ZipError::UnsupportedArchive(why) if *why == ZipError::PASSWORD_REQUIRED => SourceError::Protected { path },
        ZipError::InvalidArchive(_) => {
            SourceError::Damaged { path, detail: format!("its zip is cut short or broken ({})", shown(error)) }
        }
        _ => SourceError::Damaged { path, detail: format!("its zip cannot be read ({})", shown(error)) },
    }
}

#[cfg(test)]
mod tests;
