//! The XML of Excel 2002 and 2003 ("SpreadsheetML", urn:schemas-microsoft-com:office:spreadsheet), which many programs
//! still write under the name `.xls`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::ops::ControlFlow;

use crate::model::Code;
use crate::source::SourceError;
use crate::source::book::{Gatherer, Oddity, Sheet, push_error, push_iso, push_number, unreadable};
use crate::source::limits::{CELL_FORMATS_MAX, CHUNK_BYTES, SHEET_COLUMNS_MAX, SHEET_ROW_BYTES_MAX, SHEETS_MAX};
use crate::source::number_format::Format;
use crate::source::xml::{Element, Event, Xml, attribute};

/// All worksheets, with the rows and columns that hold something.
pub(super) fn list(path: &str, file: &File) -> Result<Vec<Sheet>, SourceError> {
    let mut xml = open(path, file)?;
    let mut sheets: Vec<Sheet> = Vec::new();
    let mut walk = Walk::default();
    while let Some(name) = walk.next_sheet(&mut xml)? {
        if sheets.len() == SHEETS_MAX {
            return Err(xml.damaged(&format!("has more than {SHEETS_MAX} worksheets")));
        }
        let (mut rows, mut columns) = (0, 0);
        let flow = walk.rows(&mut xml, &mut |cell, row, column| {
            if cell.has_content() {
                rows = rows.max(u64::from(row) + 1);
                columns = columns.max(column.saturating_add(1));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        debug_assert!(flow.is_continue(), "nobody says stop");
        let size = (rows > 0).then_some((rows, columns.min(SHEET_COLUMNS_MAX)));
        sheets.push(Sheet { name, visible: !walk.hidden, has_cells: true, size, has_values: Some(rows > 0) });
    }
    if sheets.is_empty() {
        return Err(xml.damaged("holds no worksheet"));
    }
    Ok(sheets)
}

/// Pushes the rows of the worksheet at this place.
pub(super) fn stream(
    path: &str,
    file: &File,
    at: usize,
    rows: &mut Gatherer<'_, '_>,
) -> Result<ControlFlow<()>, SourceError> {
    let mut xml = open(path, file)?;
    let mut walk = Walk::default();
    for _ in 0..at {
        walk.next_sheet(&mut xml)?;
        xml.skip_element()?;
    }
    if walk.next_sheet(&mut xml)?.is_none() {
        return Err(xml.damaged("has changed while it was read"));
    }
    let formats = std::mem::take(&mut walk.formats);
    walk.rows(&mut xml, &mut |cell, row, column| {
        if !cell.has_content() {
            return Ok(ControlFlow::Continue(()));
        }
        let format = formats.get(&cell.style).unwrap_or(&Format::Plain);
        rows.add(row, column, |out| cell.write(out, format))
    })
}

fn open<'a>(path: &str, mut file: &'a File) -> Result<Xml<'a>, SourceError> {
    file.seek(SeekFrom::Start(0)).map_err(|cause| SourceError::Io { path: path.to_owned(), cause })?;
    Xml::new(path, "its XML".to_owned(), BufReader::with_capacity(CHUNK_BYTES, file))
}

/// Takes a cell with its 0-based row and column.
type EachCell<'a> = dyn FnMut(&Cell, u32, u32) -> Result<ControlFlow<()>, SourceError> + 'a;

/// A cell as it stands in the file. Reused from cell to cell.
#[derive(Debug, Default)]
struct Cell {
    kind: String,
    text: String,
    style: String,
    has_data: bool,
    has_formula: bool,
}

/// A walk through the workbook, forward.
#[derive(Default)]
struct Walk {
    formats: HashMap<String, Format>,
    cell: Cell,
    /// Whether the sheet read last is hidden, which stands behind its rows.
    hidden: bool,
}

impl Walk {
    /// The name of the next worksheet, just begun.
    fn next_sheet(&mut self, xml: &mut Xml<'_>) -> Result<Option<String>, SourceError> {
        let mut style = String::new();
        loop {
            match xml.next()? {
                Event::Start(start) => match start.local_name() {
                    "Style" => style = attribute(&start, "ID").unwrap_or_default().into_owned(),
                    "NumberFormat" if self.formats.len() < CELL_FORMATS_MAX => {
                        let code = attribute(&start, "Format").unwrap_or_default();
                        self.formats.insert(style.clone(), named(&code));
                    }
                    "Worksheet" => return Ok(Some(attribute(&start, "Name").unwrap_or_default().into_owned())),
                    _ => {}
                },
                Event::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    /// Gives every cell of the worksheet just begun, up to its end.
    fn rows(&mut self, xml: &mut Xml<'_>, each: &mut EachCell<'_>) -> Result<ControlFlow<()>, SourceError> {
        let (mut next_row, mut row, mut column) = (0u32, 0u32, 0u32);
        let mut in_visible = false;
        self.hidden = false;
        loop {
            let mut across = None;
            match xml.next()? {
                Event::Start(start) => match start.local_name() {
                    "Row" => {
                        row = index(&start).unwrap_or(next_row);
                        next_row = row.saturating_add(1).saturating_add(count(&start, "Span"));
                        column = 0;
                    }
                    "Cell" => {
                        column = index(&start).unwrap_or(column);
                        self.cell.begin(&start);
                        across = Some(count(&start, "MergeAcross"));
                    }
                    "Visible" => in_visible = true,
                    _ => {}
                },
                Event::Text(text) if in_visible => {
                    self.hidden = matches!(text.raw().trim(), "SheetHidden" | "SheetVeryHidden")
                }
                Event::End(name) => match name {
                    "Visible" => in_visible = false,
                    "Worksheet" => return Ok(ControlFlow::Continue(())),
                    _ => {}
                },
                Event::Eof => return Err(xml.damaged("ends in the middle of a worksheet")),
                _ => {}
            }
            if let Some(across) = across {
                self.cell.read(xml)?;
                if each(&self.cell, row, column)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                column = column.saturating_add(1).saturating_add(across);
            }
        }
    }
}

/// Where a row or cell says it stands, 0-based; beyond any sheet when that makes no sense.
fn index(start: &Element<'_>) -> Option<u32> {
    let index = attribute(start, "Index")?;
    Some(index.trim().parse::<u32>().ok().and_then(|index| index.checked_sub(1)).unwrap_or(u32::MAX))
}

fn count(start: &Element<'_>, name: &str) -> u32 {
    attribute(start, name).and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

/// A format code, or one of the names that stand for some (XML Spreadsheet Reference, "ss:Format").
fn named(code: &str) -> Format {
    match code {
        "General Date" => Format::DateTime,
        "Long Date" | "Medium Date" | "Short Date" => Format::Date,
        "Long Time" | "Medium Time" | "Short Time" => Format::Time,
        "General Number" | "Currency" | "Euro Currency" | "Fixed" | "Standard" | "Percent" | "Scientific"
        | "Yes/No" | "True/False" | "On/Off" => Format::Plain,
        code => Format::parse(code),
    }
}

impl Cell {
    fn begin(&mut self, start: &Element<'_>) {
        self.kind.clear();
        self.text.clear();
        self.style.clear();
        self.style.push_str(&attribute(start, "StyleID").unwrap_or_default());
        self.has_data = false;
        self.has_formula = attribute(start, "Formula").is_some();
    }

    /// Reads the inside of the cell just begun. Its text may be marked up.
    fn read(&mut self, xml: &mut Xml<'_>) -> Result<(), SourceError> {
        let (mut depth, mut data_at) = (1u32, None);
        loop {
            let (mut skip, mut known) = (false, true);
            match xml.next()? {
                Event::Start(start) => {
                    depth += 1;
                    match start.local_name() {
                        "Comment" => skip = true,
                        "Data" if data_at.is_none() => {
                            (data_at, self.has_data) = (Some(depth), true);
                            self.kind.push_str(&attribute(&start, "Type").unwrap_or_default());
                        }
                        "br" | "BR" if data_at.is_some() => self.text.push('\n'),
                        _ => {}
                    }
                }
                Event::End(_) => {
                    if data_at == Some(depth) {
                        data_at = None;
                    }
                    depth -= 1;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                Event::Text(text) if data_at.is_some() => known = text.push_to(&mut self.text),
                Event::Eof => return Err(xml.damaged("ends in the middle of a cell")),
                _ => {}
            }
            if skip {
                xml.skip_element()?;
                depth -= 1;
            }
            if !known {
                return Err(xml.damaged("uses an entity that XML does not know"));
            }
            if self.text.len() > SHEET_ROW_BYTES_MAX {
                return Err(xml.damaged("has a cell that is larger than any honest one"));
            }
        }
    }

    fn has_content(&self) -> bool {
        !self.text.is_empty() || self.lacks_value()
    }

    fn lacks_value(&self) -> bool {
        self.has_formula && !self.has_data
    }

    fn write(&self, out: &mut String, format: &Format) -> Option<Oddity> {
        if self.lacks_value() {
            return Some((Code::CellNoValue, "holds a formula whose result was never saved".to_owned()));
        }
        let raw = self.text.trim();
        let cannot = |out: &mut String| {
            out.push_str(raw);
            Some(unreadable(raw))
        };
        match &*self.kind {
            "Number" => match raw.parse::<f64>() {
                Ok(number) => return push_number(out, number, format, false),
                Err(_) => return cannot(out),
            },
            "DateTime" => match elapsed(raw).filter(|_| *format == Format::Duration) {
                Some(days) => return push_number(out, days, format, false),
                None => push_iso(out, raw, format),
            },
            "Boolean" => match raw {
                "1" => out.push_str("TRUE"),
                "0" => out.push_str("FALSE"),
                _ => return cannot(out),
            },
            "Error" => return push_error(out, raw),
            _ => out.push_str(&self.text),
        }
        None
    }
}

/// A length of time, which is written as a moment after the last day of 1899.
fn elapsed(text: &str) -> Option<f64> {
    let (date, time) = text.split_once('T')?;
    let day: f64 = match date {
        "1899-12-31" => 0.0,
        date => date.strip_prefix("1900-01-")?.parse().ok()?,
    };
    let mut parts = time.splitn(3, ':').map(|part| part.parse::<f64>().ok());
    let mut next = || parts.next().unwrap_or(Some(0.0));
    Some(day + (next()? * 3600.0 + next()? * 60.0 + next()?) / 86_400.0)
}
