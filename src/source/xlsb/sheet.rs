//! A binary worksheet, cell by cell.

use std::ops::ControlFlow;

use super::record::{Fields, Records};
use crate::model::Code;
use crate::source::SourceError;
use crate::source::book::{Gatherer, Oddity, Strings, push_error, push_number};
use crate::source::limits::ZIP_SHEET_BYTES_MAX;
use crate::source::number_format::Format;
use crate::source::package::Package;
use crate::source::xls::{error_name, rk};

/// How many records stand before the size of a sheet at most.
const SIZE_WITHIN: usize = 32;

/// What a cell needs to be read.
pub(super) struct Context<'a> {
    pub(super) strings: &'a Strings,
    pub(super) formats: &'a [Format],
    pub(super) is_1904: bool,
}

/// What a cell record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Nothing,
    SmallNumber,
    Error,
    Truth,
    Number,
    Text,
    RichText,
    SharedText,
}

/// What a record of this kind holds, if it is a cell, and whether it says its column (MS-XLSB 2.3.2). The short ones
/// stand in the column after the one before.
fn cell(kind: u16) -> Option<(Holds, bool)> {
    Some(match kind {
        1 => (Holds::Nothing, true),
        2 => (Holds::SmallNumber, true),
        3 | 11 => (Holds::Error, true),
        4 | 10 => (Holds::Truth, true),
        5 | 9 => (Holds::Number, true),
        6 | 8 => (Holds::Text, true),
        7 => (Holds::SharedText, true),
        12 => (Holds::Nothing, false),
        13 => (Holds::SmallNumber, false),
        14 => (Holds::Error, false),
        15 => (Holds::Truth, false),
        16 => (Holds::Number, false),
        17 => (Holds::Text, false),
        18 => (Holds::SharedText, false),
        62 => (Holds::RichText, true),
        _ => return None,
    })
}

/// Pushes the rows of the worksheet.
pub(super) fn stream(
    mut records: Records<'_>,
    context: &Context<'_>,
    rows: &mut Gatherer<'_, '_>,
) -> Result<ControlFlow<()>, SourceError> {
    const BEGIN: u16 = 145;
    const END: u16 = 146;
    const ROW: u16 = 0;
    let (mut row, mut next_column, mut in_data, mut ended) = (None, 0u32, false, false);
    while let Some(kind) = records.next()? {
        let mut fields = records.fields();
        match kind {
            BEGIN => in_data = true,
            END => {
                ended = true;
                break;
            }
            ROW if in_data => (row, next_column) = (fields.u32(), 0),
            kind if in_data => {
                let Some((holds, says_column)) = cell(kind) else { continue };
                let column = if says_column { fields.u32() } else { Some(next_column) };
                let style = fields.u32().map(|style| (style & 0x00FF_FFFF) as usize);
                let (Some(row), Some(column), Some(style)) = (row, column, style) else {
                    return Err(rows.damaged("has a cell that is cut short"));
                };
                next_column = column.saturating_add(1);
                if holds == Holds::Nothing {
                    continue;
                }
                let format = context.formats.get(style).unwrap_or(&Format::Plain);
                let flow = rows.add(row, column, |out| write(out, holds, &mut fields, format, context))?;
                if flow.is_break() {
                    return Ok(flow);
                }
            }
            _ => {}
        }
    }
    if !ended {
        return Err(records.damaged(if in_data { "ends before its sheet does" } else { "is no worksheet" }));
    }
    if rows.end_row(1)?.is_break() {
        return Ok(ControlFlow::Break(()));
    }
    // A zip tells only at the end of a part whether it was whole.
    while records.next()?.is_some() {}
    Ok(ControlFlow::Continue(()))
}

fn write(
    out: &mut String,
    holds: Holds,
    fields: &mut Fields<'_>,
    format: &Format,
    context: &Context<'_>,
) -> Option<Oddity> {
    let number = |out: &mut String, number| push_number(out, number, format, context.is_1904);
    let written = match holds {
        Holds::Nothing => Some(None),
        Holds::SmallNumber => fields.u32().map(|bits| number(out, rk(bits))),
        Holds::Number => fields.f64().map(|value| number(out, value)),
        Holds::Error => fields.u8().map(|code| push_error(out, error_name(code))),
        Holds::Truth => fields.u8().map(|value| {
            out.push_str(if value == 0 { "FALSE" } else { "TRUE" });
            None
        }),
        Holds::Text => fields.text(out).map(|()| None),
        Holds::RichText => {
            fields.skip(1);
            fields.text(out).map(|()| None)
        }
        Holds::SharedText => fields.u32().map(|at| match context.strings.get(at as usize) {
            Some(text) => {
                out.push_str(text);
                None
            }
            None => Some((Code::CellUnreadable, "means a shared string that does not exist".to_owned())),
        }),
    };
    written.unwrap_or_else(|| Some((Code::CellUnreadable, "is cut short".to_owned())))
}

/// The size that a sheet declares at its beginning. It is only a hint, so trouble with it is none.
pub(super) fn declared_size(package: &mut Package, part: &str) -> Option<(u64, u32)> {
    let mut records = super::records(package, part, ZIP_SHEET_BYTES_MAX).ok()??;
    for _ in 0..SIZE_WITHIN {
        if records.next().ok()?? == 148 {
            let mut fields = records.fields();
            fields.skip(4);
            let last_row = fields.u32()?;
            fields.skip(4);
            let size = (u64::from(last_row) + 1, fields.u32()?.checked_add(1)?);
            return (size != (1, 1)).then_some(size);
        }
    }
    None
}
