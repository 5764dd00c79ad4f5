//! A worksheet of the stream, cell by cell.

use std::ops::ControlFlow;

use super::globals::Globals;
use super::record::{Record, Records, error_name, f64_at, rk, u16_at, u32_at};
use super::text::{Continued, Writing};
use crate::model::Code;
use crate::source::SourceError;
use crate::source::book::{Gatherer, Oddity, push_error, push_number};
use crate::source::number_format::Format;

/// The records that are or hold cells (MS-XLS 2.3.2).
const FORMULAS: [u16; 3] = [0x0006, 0x0206, 0x0406];
const NUMBER: u16 = 0x0203;
const RK: u16 = 0x027E;
const MANY_RK: u16 = 0x00BD;
const SHARED_TEXT: u16 = 0x00FD;
const TEXT: u16 = 0x0204;
const RICH_TEXT: u16 = 0x00D6;
const TRUTH_OR_ERROR: u16 = 0x0205;
/// The text that came of the formula before.
const FORMULA_TEXT: u16 = 0x0207;
const BEGIN: u16 = 0x0809;
const END: u16 = 0x000A;

/// Pushes the rows of the worksheet that begins here.
pub(super) fn stream(
    bytes: &[u8],
    start: usize,
    globals: &Globals,
    rows: &mut Gatherer<'_, '_>,
) -> Result<ControlFlow<()>, SourceError> {
    if Records::from(bytes, start).next().is_none_or(|record| record.kind != BEGIN) {
        return Err(rows.damaged("does not stand where the workbook says"));
    }
    let mut cells = Cells { records: Records::from(bytes, start), depth: 0, ended: false };
    let mut last = 0;
    let is_sorted = cells.by_ref().all(|record| {
        let row = u16_at(record.data, 0).unwrap_or(0);
        let ascends = row >= last;
        last = row;
        ascends
    });
    if is_sorted {
        let mut cells = Cells { records: Records::from(bytes, start), depth: 0, ended: false };
        for record in cells.by_ref() {
            if add(record, bytes, globals, rows)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        if !cells.ended {
            return Err(rows.damaged("ends before its time"));
        }
    } else {
        // Programs that write cells as they are told to leave the order to the reader.
        let mut cells = Cells { records: Records::from(bytes, start), depth: 0, ended: false };
        let mut places: Vec<(u16, u32)> =
            cells.by_ref().map(|record| (u16_at(record.data, 0).unwrap_or(0), record.at as u32)).collect();
        if !cells.ended {
            return Err(rows.damaged("ends before its time"));
        }
        places.sort_by_key(|&(row, _)| row);
        for (_, at) in places {
            let record = Records::from(bytes, at as usize).next().expect("a record stands where it stood before");
            if add(record, bytes, globals, rows)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The records of one sheet that are cells; those of charts in it left out.
struct Cells<'a> {
    records: Records<'a>,
    depth: u32,
    ended: bool,
}

impl<'a> Iterator for Cells<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        while !self.ended {
            let record = self.records.next()?;
            match record.kind {
                BEGIN => self.depth += 1,
                END => {
                    self.depth = self.depth.saturating_sub(1);
                    self.ended = self.depth == 0;
                }
                NUMBER | RK | MANY_RK | SHARED_TEXT | TEXT | RICH_TEXT | TRUTH_OR_ERROR if self.depth == 1 => {
                    return Some(record);
                }
                kind if FORMULAS.contains(&kind) && self.depth == 1 => return Some(record),
                _ => {}
            }
        }
        None
    }
}

/// Adds the cell or cells of a record.
fn add(
    record: Record<'_>,
    bytes: &[u8],
    globals: &Globals,
    rows: &mut Gatherer<'_, '_>,
) -> Result<ControlFlow<()>, SourceError> {
    let data = record.data;
    let (Some(row), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) else {
        return Err(rows.damaged("has a cell that is cut short"));
    };
    let (row, column) = (u32::from(row), u32::from(column));
    let format_at = |at: usize| {
        let style = u16_at(data, at).map(usize::from);
        style.and_then(|style| globals.formats.get(style)).unwrap_or(&Format::Plain)
    };
    let number = |out: &mut String, number: Option<f64>, format: &Format| match number {
        Some(number) => push_number(out, number, format, globals.is_1904),
        None => cut_short(),
    };
    if record.kind == MANY_RK {
        // Row, first column, then a style and a number for each, then the last column.
        for (nth, pair) in data.get(4..).unwrap_or_default().chunks_exact(6).enumerate() {
            let format = format_at(4 + 6 * nth);
            let flow = rows.add(row, column + nth as u32, |out| number(out, u32_at(pair, 2).map(rk), format))?;
            if flow.is_break() {
                return Ok(flow);
            }
        }
        return Ok(ControlFlow::Continue(()));
    }
    let format = format_at(4);
    let waits = u16_at(data, 14).is_some_and(|flags| flags & 2 != 0);
    rows.add(row, column, |out| match record.kind {
        NUMBER => number(out, f64_at(data, 6), format),
        RK => number(out, u32_at(data, 6).map(rk), format),
        SHARED_TEXT => match u32_at(data, 6).and_then(|at| globals.strings.get(at as usize)) {
            Some(text) => {
                out.push_str(text);
                None
            }
            None => Some((Code::CellUnreadable, "means a shared string that does not exist".to_owned())),
        },
        TEXT | RICH_TEXT => text(out, record, bytes, 6, globals.writing),
        TRUTH_OR_ERROR => match data.get(6..8) {
            Some(&[value, 0]) => truth(out, value),
            Some(&[code, _]) => push_error(out, error_name(code)),
            _ => cut_short(),
        },
        _ => match data.get(6..14) {
            None => cut_short(),
            // Not a number: what it is instead (MS-XLS 2.5.133).
            Some(&[0, .., 0xFF, 0xFF]) => match formula_text(bytes, record.at) {
                Some(record) => text(out, record, bytes, 0, globals.writing),
                None => no_value(),
            },
            Some(&[1, _, value, .., 0xFF, 0xFF]) => truth(out, value),
            Some(&[2, _, code, .., 0xFF, 0xFF]) => push_error(out, error_name(code)),
            // An empty text, or zero, of a formula that waits to be calculated when the file is opened: writers that
            // cannot calculate leave it so.
            Some(&[_, .., 0xFF, 0xFF] | &[0, 0, 0, 0, 0, 0, 0, 0]) if waits => no_value(),
            Some(&[_, .., 0xFF, 0xFF]) => None,
            Some(_) => number(out, f64_at(data, 6), format),
        },
    })
}

fn no_value() -> Option<Oddity> {
    Some((Code::CellNoValue, "holds a formula whose result was never saved".to_owned()))
}

fn cut_short() -> Option<Oddity> {
    Some((Code::CellUnreadable, "is cut short".to_owned()))
}

fn truth(out: &mut String, value: u8) -> Option<Oddity> {
    out.push_str(if value == 0 { "FALSE" } else { "TRUE" });
    None
}

/// Appends the string that begins so far into a record.
fn text(out: &mut String, record: Record<'_>, bytes: &[u8], from: usize, writing: Writing) -> Option<Oddity> {
    let whole = match writing {
        Writing::Unicode => {
            let inside = Record { data: record.data.get(from..).unwrap_or_default(), ..record };
            let after = Records::from(bytes, record.at + 4 + record.data.len());
            let mut read = Continued::new(inside, after);
            let length = read.number(2);
            // An empty string may lack its flags.
            length == Some(0) || length.and_then(|length| read.characters(length as usize, out)).is_some()
        }
        Writing::CodePage(_) => writing.push(out, record.data.get(from..).unwrap_or_default(), true),
    };
    if whole { None } else { cut_short() }
}

/// The record with the text that came of the formula at this place. What is shared among formulas may stand between.
fn formula_text(bytes: &[u8], at: usize) -> Option<Record<'_>> {
    const BETWEEN: [u16; 4] = [0x04BC, 0x0221, 0x0236, 0x003C];
    let after = Records::from(bytes, at).skip(1).find(|record| !BETWEEN.contains(&record.kind))?;
    (after.kind == FORMULA_TEXT).then_some(after)
}
