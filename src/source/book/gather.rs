//! Cells as they come out of a file, gathered into rows within bounds.

use std::ops::ControlFlow;

use super::{EXCERPT, EachRow, Oddity, RowCells};
use crate::model::excerpt;
use crate::source::SourceError;
use crate::source::limits::{SHEET_COLUMNS_MAX, SHEET_ROW_BYTES_MAX, SHEET_ROWS_MAX, SHEET_TEXT_BYTES_MAX};

/// Gathers the cells of one sheet. After every step that says `Break` no more may be added.
pub(in crate::source) struct Gatherer<'a, 'b> {
    path: String,
    sheet: String,
    each: &'a mut EachRow<'b>,
    cells: RowCells,
    current: Option<u32>,
    text_bytes: u64,
}

impl<'a, 'b> Gatherer<'a, 'b> {
    /// For a sheet of this name.
    pub(in crate::source) fn new(path: &str, sheet: &str, each: &'a mut EachRow<'b>) -> Self {
        Gatherer {
            path: path.to_owned(),
            sheet: sheet.to_owned(),
            each,
            cells: RowCells::default(),
            current: None,
            text_bytes: 0,
        }
    }

    /// A damage of this sheet.
    pub(in crate::source) fn damaged(&self, detail: &str) -> SourceError {
        let detail = format!("sheet \"{}\" {detail}", excerpt(&self.sheet, EXCERPT));
        SourceError::Damaged { path: self.path.clone(), detail }
    }

    /// Adds a cell at a 0-based place, whose text `write` appends. Cells of one row may come in any order, rows must
    /// ascend.
    pub(in crate::source) fn add(
        &mut self,
        row: u32,
        column: u32,
        write: impl FnOnce(&mut String) -> Option<Oddity>,
    ) -> Result<ControlFlow<()>, SourceError> {
        if row >= SHEET_ROWS_MAX || column >= SHEET_COLUMNS_MAX {
            return Err(
                self.damaged(&format!("has a cell beyond {SHEET_ROWS_MAX} rows or {SHEET_COLUMNS_MAX} columns"))
            );
        }
        if self.current != Some(row) {
            if self.flush(1)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if let Some(before) = self.current.filter(|&before| row < before) {
                // Rows are numbered and settled in order, so one that comes late cannot be taken in.
                return Err(self.damaged(&format!("has row {} after row {}", row + 1, before + 1)));
            }
            self.current = Some(row);
        }
        self.cells.add(column, write);
        let (bytes, count) = self.cells.size();
        if bytes > SHEET_ROW_BYTES_MAX || count > 2 * SHEET_COLUMNS_MAX as usize {
            return Err(self.damaged(&format!("has a row {} that is larger than any honest one", row + 1)));
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Ends the row begun last, which stands there `times` times.
    pub(in crate::source) fn end_row(&mut self, times: u32) -> Result<ControlFlow<()>, SourceError> {
        self.flush(times)
    }

    /// Ends the sheet.
    pub(in crate::source) fn finish(mut self) -> Result<ControlFlow<()>, SourceError> {
        self.flush(1)
    }

    fn flush(&mut self, times: u32) -> Result<ControlFlow<()>, SourceError> {
        let Some(row) = self.current.filter(|_| self.cells.has_content()) else { return Ok(ControlFlow::Continue(())) };
        self.cells.sort();
        for row in (row..SHEET_ROWS_MAX).take(times as usize) {
            self.text_bytes += self.cells.size().0 as u64;
            if self.text_bytes > SHEET_TEXT_BYTES_MAX {
                let sheet = excerpt(&self.sheet, EXCERPT);
                let detail = format!("sheet \"{sheet}\" holds more than {} MiB of text", SHEET_TEXT_BYTES_MAX >> 20);
                return Err(SourceError::BeyondLimit { path: self.path.clone(), detail });
            }
            if (self.each)(u64::from(row) + 1, &self.cells).is_break() {
                self.cells.clear();
                return Ok(ControlFlow::Break(()));
            }
            self.current = Some(row);
        }
        self.cells.clear();
        Ok(ControlFlow::Continue(()))
    }
}
