//! The cells of a worksheet, in whatever order they stand, put together into rows.

use crate::model::{Code, ColumnIndex, Issue, Row, RowNumber, excerpt, is_clean};
use crate::source::cell_text;

use super::value::Oddity;

/// How many characters of a foreign value stand in a message.
const EXCERPT: usize = 24;

/// The cells of one row while they are read. Reused from row to row.
#[derive(Debug, Default)]
pub(in crate::source) struct RowCells {
    text: String,
    cells: Vec<Cell>,
    has_content: bool,
}

#[derive(Debug)]
struct Cell {
    column: u32,
    start: u32,
    end: u32,
    repeated: bool,
    oddity: Option<Box<Oddity>>,
}

impl RowCells {
    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.cells.clear();
        self.has_content = false;
    }

    /// Adds a cell, whose text `write` appends.
    pub(super) fn add(&mut self, column: u32, write: impl FnOnce(&mut String) -> Option<Oddity>) {
        let start = self.text.len() as u32;
        let oddity = write(&mut self.text);
        let end = self.text.len() as u32;
        if end > start || oddity.is_some() {
            self.has_content = true;
            self.cells.push(Cell { column, start, end, repeated: false, oddity: oddity.map(Box::new) });
        }
    }

    /// Adds the cells of another part of the row, which stands further down in the file.
    pub(super) fn append(&mut self, other: RowCells) {
        let before = self.text.len() as u32;
        self.text.push_str(&other.text);
        let moved = |cell: Cell| Cell { start: cell.start + before, end: cell.end + before, ..cell };
        self.cells.extend(other.cells.into_iter().map(moved));
        self.has_content |= other.has_content;
    }

    /// Whether some cell has a text, or should have one.
    pub(super) fn has_content(&self) -> bool {
        self.has_content
    }

    /// Bytes and cells held.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.text.len(), self.cells.len())
    }

    /// About how much memory it takes.
    pub(super) fn memory(&self) -> usize {
        size_of::<RowCells>() + self.text.capacity() + self.cells.capacity() * size_of::<Cell>()
    }

    /// Puts the cells in order. Of a cell that stands there twice the last counts, and that is said.
    pub(super) fn sort(&mut self) {
        if self.cells.is_sorted_by(|a, b| a.column < b.column) {
            return;
        }
        self.cells.sort_by_key(|cell| cell.column);
        for at in 1..self.cells.len() {
            if self.cells[at - 1].column == self.cells[at].column {
                self.cells[at].repeated = true;
            }
        }
        let mut at = 0;
        let columns: Vec<u32> = self.cells.iter().map(|cell| cell.column).collect();
        self.cells.retain(|_| {
            at += 1;
            columns.get(at) != Some(&columns[at - 1])
        });
    }

    fn text_of(&self, cell: &Cell) -> &str {
        &self.text[cell.start as usize..cell.end as usize]
    }

    /// The texts from the first column to the last that has one.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for cell in self.cells.iter().filter(|cell| cell.end > cell.start) {
            names.resize(cell.column as usize, String::new());
            names.push(self.text_of(cell).to_owned());
        }
        names
    }

    /// As a row of this width. `sheet` is for the messages, which name cells as `People!B17`.
    pub(super) fn row(&self, number: u64, width: usize, sheet: &str) -> Row {
        let mut text = String::with_capacity(self.text.len());
        let mut ends = Vec::with_capacity(width);
        let mut issues = Vec::new();
        let mut beyond = Vec::new();
        // One look at the whole row, most of which have nothing to report.
        let clean = is_clean(self.text.as_bytes());
        for cell in &self.cells {
            let value = self.text_of(cell);
            let column = ColumnIndex(cell.column);
            if cell.column as usize >= width {
                if !value.trim().is_empty() {
                    beyond.push((column, value));
                }
                continue;
            }
            ends.resize(cell.column as usize, text.len() as u32);
            text.push_str(value);
            ends.push(text.len() as u32);
            if let Some((code, said)) = cell.oddity.as_deref() {
                issues
                    .push(Issue::cell(*code, column, format!("{} {said}", place(sheet, column, number))).when_mapped());
            }
            if cell.repeated {
                let message = format!("{} stands in the file more than once", place(sheet, column, number));
                issues.push(Issue::cell(Code::CellUnreadable, column, message).when_mapped());
            }
            if !clean {
                cell_text::look(value, column, true, &mut issues);
            }
        }
        ends.resize(width, text.len() as u32);
        if let Some(&(first, _)) = beyond.first() {
            let shown: Vec<String> = beyond
                .iter()
                .take(3)
                .map(|(column, value)| format!("{} \"{}\"", place(sheet, *column, number), excerpt(value, EXCERPT)))
                .collect();
            let more = beyond.len() - shown.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            // In a sheet it moves no other cell, so it is no more than a column without a name, which no mapping uses.
            let columns = if width == 1 { "one column".to_owned() } else { format!("{width} columns") };
            let message = format!("beyond the {columns} of the header stands {}{more}", shown.join(", "));
            issues.push(Issue::cell(Code::RowRagged, first, message).when_mapped());
        }
        let mut row = Row::from_parts(RowNumber(number), text, ends);
        row.position = number;
        row.clean = clean;
        row.issues = issues;
        row
    }
}

/// A cell as a person finds it: `People!B17`.
pub(super) fn place(sheet: &str, column: ColumnIndex, row: u64) -> String {
    format!("{}!{}{row}", excerpt(sheet, 31), column.letters())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(of: &[(u32, &str)]) -> RowCells {
        let mut cells = RowCells::default();
        for &(column, text) in of {
            cells.add(column, |out| {
                out.push_str(text);
                None
            });
        }
        cells.sort();
        cells
    }

    #[test]
    fn cells_find_their_column_in_any_order() {
        let row = cells(&[(3, "d"), (0, "a"), (1, "")]).row(7, 4, "S");
        assert_eq!(row.cells().collect::<Vec<_>>(), ["a", "", "", "d"]);
        assert_eq!((row.number, row.position, row.issues.len()), (RowNumber(7), 7, 0));
    }

    #[test]
    fn a_cell_that_stands_there_twice_is_reported() {
        let row = cells(&[(1, "first"), (0, "a"), (1, "last")]).row(7, 2, "S");
        assert_eq!(row.cells().collect::<Vec<_>>(), ["a", "last"]);
        assert_eq!(row.issues[0].message, "S!B7 stands in the file more than once");
    }

    #[test]
    fn values_beyond_the_header_are_named() {
        let row = cells(&[(0, "a"), (4, "stray")]).row(7, 2, "S");
        assert_eq!(row.issues[0].message, "beyond the 2 columns of the header stands S!E7 \"stray\"");
        assert_eq!(row.len(), 2);
    }

    #[test]
    fn names_end_with_the_last_that_has_a_text() {
        assert_eq!(cells(&[(1, "b"), (3, "d"), (5, "")]).names(), ["", "b", "", "d"]);
    }
}
