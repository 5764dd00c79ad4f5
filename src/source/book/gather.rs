//! Cells as they come out of a file, gathered into rows within bounds, and rows put in order.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::{EXCERPT, EachRow, Oddity, RowCells};
use crate::model::excerpt;
use crate::source::SourceError;
use crate::source::limits::{
    SHEET_AHEAD_BYTES, SHEET_COLUMNS_MAX, SHEET_ROW_BYTES_MAX, SHEET_ROWS_MAX, SHEET_SORTED_BYTES_MAX,
    SHEET_TEXT_BYTES_MAX,
};

/// Gathers the cells of one sheet. After every step that says `Break` no more may be added.
///
/// Hardly any program writes rows out of order, but the format allows it. So the first rows are held back until they are
/// seen to stand in order, and all of them when they do not.
pub(in crate::source) struct Gatherer<'a, 'b> {
    path: String,
    sheet: String,
    each: &'a mut EachRow<'b>,
    cells: RowCells,
    current: Option<u32>,
    /// The row given away last.
    pushed: Option<u32>,
    ahead: Ahead,
    text_bytes: u64,
}

/// Rows that are held back, by their number.
struct Ahead {
    rows: BTreeMap<u32, Held>,
    bytes: usize,
    state: Order,
}

/// A row, and how often it stands there.
struct Held {
    cells: RowCells,
    times: u32,
}

/// What is known of the order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// As far as has been read they ascend.
    Ascends,
    /// They do not: this row stands after that one.
    Broken { row: u32, after: u32 },
    /// They are taken to ascend, and go on as they come.
    Trusted,
}

/// Pushes the rows of the sheet of this name, whose cells `read` adds. Rows that came before trouble are pushed, too.
pub(in crate::source) fn gather(
    path: &str,
    sheet: &str,
    each: &mut EachRow<'_>,
    read: impl FnOnce(&mut Gatherer<'_, '_>) -> Result<ControlFlow<()>, SourceError>,
) -> Result<ControlFlow<()>, SourceError> {
    let mut rows = Gatherer {
        path: path.to_owned(),
        sheet: sheet.to_owned(),
        each,
        cells: RowCells::default(),
        current: None,
        pushed: None,
        ahead: Ahead { rows: BTreeMap::new(), bytes: 0, state: Order::Ascends },
        text_bytes: 0,
    };
    match read(&mut rows) {
        Ok(ControlFlow::Break(())) => Ok(ControlFlow::Break(())),
        Ok(ControlFlow::Continue(())) => {
            if rows.flush(1)?.is_break() {
                Ok(ControlFlow::Break(()))
            } else {
                rows.release()
            }
        }
        // The row being read may lack some of its cells.
        Err(error) if rows.release()?.is_continue() => Err(error),
        Err(_) => Ok(ControlFlow::Break(())),
    }
}

impl Gatherer<'_, '_> {
    /// A damage of this sheet.
    pub(in crate::source) fn damaged(&self, detail: &str) -> SourceError {
        let detail = format!("sheet \"{}\" {detail}", excerpt(&self.sheet, EXCERPT));
        SourceError::Damaged { path: self.path.clone(), detail }
    }

    fn refused(&self, detail: &str) -> SourceError {
        let detail = format!("sheet \"{}\" {detail}", excerpt(&self.sheet, EXCERPT));
        SourceError::BeyondLimit { path: self.path.clone(), detail }
    }

    /// Adds a cell at a 0-based place, whose text `write` appends. Cells of one row may come in any order.
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
            if let Some(after) = self.current.filter(|&before| row < before) {
                match self.ahead.state {
                    Order::Ascends => self.ahead.state = Order::Broken { row, after },
                    Order::Broken { .. } => {}
                    // The rows before have been given away, so one that comes late cannot be taken in.
                    Order::Trusted => {
                        return Err(self.damaged(&format!("has row {} after row {}", row + 1, after + 1)));
                    }
                }
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

    fn flush(&mut self, times: u32) -> Result<ControlFlow<()>, SourceError> {
        let Some(row) = self.current.filter(|_| self.cells.has_content()) else { return Ok(ControlFlow::Continue(())) };
        if self.ahead.state == Order::Trusted {
            let mut cells = std::mem::take(&mut self.cells);
            let flow = self.push(row, times, &mut cells);
            cells.clear();
            self.cells = cells;
            return flow;
        }
        self.current = Some(row.saturating_add(times - 1));
        self.ahead.hold(row, times, std::mem::take(&mut self.cells));
        match self.ahead.state {
            Order::Ascends if self.ahead.bytes > SHEET_AHEAD_BYTES => {
                self.ahead.state = Order::Trusted;
                self.release()
            }
            Order::Broken { row, after } if self.ahead.bytes > SHEET_SORTED_BYTES_MAX => {
                let (row, after) = (row + 1, after + 1);
                Err(self.refused(&format!(
                    "has row {row} after row {after}, and more than {} MiB of rows to put in order",
                    SHEET_SORTED_BYTES_MAX >> 20
                )))
            }
            _ => Ok(ControlFlow::Continue(())),
        }
    }

    /// Pushes the rows held back.
    fn release(&mut self) -> Result<ControlFlow<()>, SourceError> {
        for (row, mut held) in std::mem::take(&mut self.ahead.rows) {
            if self.push(row, held.times, &mut held.cells)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn push(&mut self, row: u32, times: u32, cells: &mut RowCells) -> Result<ControlFlow<()>, SourceError> {
        cells.sort();
        for row in (row..SHEET_ROWS_MAX).take(times as usize) {
            if self.pushed >= Some(row) {
                return Err(self.damaged(&format!("has row {} in two parts, far into the sheet", row + 1)));
            }
            self.pushed = Some(row);
            self.text_bytes += cells.size().0 as u64;
            if self.text_bytes > SHEET_TEXT_BYTES_MAX {
                return Err(self.refused(&format!("holds more than {} MiB of text", SHEET_TEXT_BYTES_MAX >> 20)));
            }
            if (self.each)(u64::from(row) + 1, cells).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.current = self.current.max(Some(row));
        }
        Ok(ControlFlow::Continue(()))
    }
}

impl Ahead {
    fn hold(&mut self, row: u32, times: u32, cells: RowCells) {
        self.bytes += cells.memory();
        match self.rows.get_mut(&row) {
            Some(held) => held.cells.append(cells),
            None => {
                self.rows.insert(row, Held { cells, times });
            }
        }
    }
}
