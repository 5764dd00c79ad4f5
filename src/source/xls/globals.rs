//! What stands before the sheets: their list, the shared strings, the number formats, the calendar.

use std::collections::HashMap;

use super::record::{Record, Records, u16_at, u32_at};
use super::text::{Continued, Writing};
use crate::source::SourceError;
use crate::source::book::{Sheet, Strings};
use crate::source::limits::{CELL_FORMATS_MAX, SHEETS_MAX};
use crate::source::number_format::Format;

/// How many records stand before the size of a sheet at most.
const SIZE_WITHIN: usize = 256;

/// A workbook without its cells.
pub(super) struct Globals {
    pub(super) writing: Writing,
    pub(super) sheets: Vec<Sheet>,
    /// Where each sheet begins in the stream.
    pub(super) starts: Vec<usize>,
    pub(super) strings: Strings,
    /// The format of every cell style.
    pub(super) formats: Vec<Format>,
    pub(super) is_1904: bool,
}

/// Reads them from the beginning of the stream.
pub(super) fn read(path: &str, stream: &[u8]) -> Result<Globals, SourceError> {
    let damaged = |detail: &str| SourceError::Damaged { path: path.to_owned(), detail: detail.to_owned() };
    let mut records = Records::from(stream, 0);
    let begin = records.next().filter(|record| record.kind == 0x0809).ok_or_else(|| damaged("it has no beginning"))?;
    let writing = if u16_at(begin.data, 0) == Some(0x0600) { Writing::Unicode } else { Writing::of_code_page(1252) };
    let mut globals = Globals {
        writing,
        sheets: Vec::new(),
        starts: Vec::new(),
        strings: Strings::default(),
        formats: Vec::new(),
        is_1904: false,
    };
    if u16_at(begin.data, 2) == Some(0x0010) {
        // Some programs write a worksheet and nothing around it.
        globals.add_sheet("Sheet1".to_owned(), true, true, 0, stream);
        return Ok(globals);
    }
    let mut by_number: HashMap<u16, Format> = HashMap::new();
    let mut styles: Vec<u16> = Vec::new();
    let mut ended = false;
    let mut list: Vec<Record<'_>> = Vec::new();
    while let Some(record) = records.next() {
        match record.kind {
            0x000A => {
                ended = true;
                break;
            }
            0x002F => return Err(SourceError::Protected { path: path.to_owned() }),
            0x0022 => globals.is_1904 = u16_at(record.data, 0) == Some(1),
            0x0042 if globals.writing != Writing::Unicode => {
                globals.writing = Writing::of_code_page(u16_at(record.data, 0).unwrap_or(1252));
            }
            0x041E => {
                let mut code = String::new();
                let known = record
                    .data
                    .get(2..)
                    .is_some_and(|rest| globals.writing.push(&mut code, rest, globals.writing == Writing::Unicode));
                if let (Some(number), true) = (u16_at(record.data, 0), known) {
                    by_number.insert(number, Format::parse(&code));
                }
            }
            0x00E0 if styles.len() < CELL_FORMATS_MAX => styles.push(u16_at(record.data, 2).unwrap_or(0)),
            // Their names are in the code page, which may come later.
            0x0085 if list.len() < SHEETS_MAX => list.push(record),
            0x00FC => {
                let mut read = Continued::new(record, records);
                let skipped = read.number(4).is_some();
                let count =
                    read.number(4).filter(|_| skipped).ok_or_else(|| damaged("its shared strings are cut short"))?;
                for _ in 0..count {
                    globals
                        .strings
                        .add(path, |out| read.string(out).ok_or_else(|| damaged("its shared strings are cut short")))?;
                }
            }
            _ => {}
        }
    }
    if !ended {
        return Err(damaged("it ends before its sheets begin"));
    }
    globals.formats = styles
        .into_iter()
        .map(|number| by_number.get(&number).cloned().unwrap_or_else(|| Format::builtin(u32::from(number))))
        .collect();
    for record in list {
        let (Some(start), Some(&hidden), Some(&kind)) =
            (u32_at(record.data, 0), record.data.get(4), record.data.get(5))
        else {
            return Err(damaged("its list of sheets is cut short"));
        };
        let mut name = String::new();
        if !globals.writing.push(&mut name, record.data.get(6..).unwrap_or_default(), false) {
            return Err(damaged("its list of sheets is cut short"));
        }
        if globals.starts.contains(&(start as usize)) {
            return Err(damaged("two of its sheets are one"));
        }
        globals.add_sheet(name, hidden & 3 == 0, kind == 0, start as usize, stream);
    }
    if globals.sheets.is_empty() {
        return Err(damaged("its workbook lists no sheets"));
    }
    Ok(globals)
}

impl Globals {
    fn add_sheet(&mut self, name: String, visible: bool, has_cells: bool, start: usize, stream: &[u8]) {
        let size = declared_size(stream, start, self.writing);
        self.sheets.push(Sheet { name, visible, has_cells, size, has_values: None });
        self.starts.push(start);
    }
}

fn declared_size(stream: &[u8], start: usize, writing: Writing) -> Option<(u64, u32)> {
    let record = Records::from(stream, start).take(SIZE_WITHIN).find(|record| record.kind == 0x0200)?;
    let (rows, columns) = match writing {
        Writing::Unicode => (u32_at(record.data, 4)?, u16_at(record.data, 10)?),
        Writing::CodePage(_) => (u32::from(u16_at(record.data, 2)?), u16_at(record.data, 6)?),
    };
    (rows > 0 && columns > 0 && rows <= 65_536 && columns <= 256).then_some((u64::from(rows), u32::from(columns)))
}
