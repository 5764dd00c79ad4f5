//! Worksheets of Excel 5 to 2003 (MS-XLS). The old format is small, so its stream is held in memory; the cells are read
//! from it one by one.

mod compound;
mod globals;
mod record;
mod sheet;
mod text;

use std::ops::ControlFlow;

pub(super) use self::compound::Compound;
use self::globals::Globals;
pub(super) use self::record::{error_name, rk};
use super::SourceError;
use super::book::{Book, EachRow, Sheet, gather};

/// An open workbook.
struct XlsBook {
    path: String,
    stream: Vec<u8>,
    globals: Globals,
}

/// Opens the workbook that this stream is.
pub(super) fn open(path: String, stream: Vec<u8>) -> Result<Box<dyn Book>, SourceError> {
    let globals = globals::read(&path, &stream)?;
    Ok(Box::new(XlsBook { path, stream, globals }))
}

impl Book for XlsBook {
    fn kind(&self) -> &'static str {
        "XLS"
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn sheets(&self) -> &[Sheet] {
        &self.globals.sheets
    }

    fn stream(&mut self, at: usize, each: &mut EachRow<'_>) -> Result<ControlFlow<()>, SourceError> {
        gather(&self.path, &self.globals.sheets[at].name, each, |rows| {
            sheet::stream(&self.stream, self.globals.starts[at], &self.globals, rows)
        })
    }
}

#[cfg(test)]
mod tests;
