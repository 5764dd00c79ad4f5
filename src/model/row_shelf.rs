//! Many rows in little memory, for those who may want to see one of them again.

use super::{Row, RowNumber};

/// Rows by their numbers. All text lives in one buffer, so a shelf costs a few allocations however many rows it has.
#[derive(Clone, Debug, Default)]
pub struct RowShelf {
    text: String,
    /// Where cells begin and end in the text of their row.
    cells: Vec<[u32; 2]>,
    /// Every row's number, and where its cells and its text end.
    rows: Vec<(u64, u32, u32)>,
}

impl RowShelf {
    /// An empty one, with room for what stands on another and a little more.
    pub fn with_room_of(other: &RowShelf) -> RowShelf {
        let more = |len: usize| len + len / 8;
        RowShelf {
            text: String::with_capacity(more(other.text.len())),
            cells: Vec::with_capacity(more(other.cells.len())),
            rows: Vec::with_capacity(more(other.rows.len())),
        }
    }

    /// Puts a copy of a row there; its number must be greater than those before.
    ///
    /// # Panics
    /// When the text or the cells would be more than 4 Gi; batches of rows are far smaller.
    pub fn put(&mut self, row: &Row) {
        let place = |len: usize| u32::try_from(len).expect("batches of rows are far below 4 GiB");
        let (text, cells) = row.parts();
        self.text.push_str(text);
        self.cells.extend_from_slice(cells);
        self.rows.push((row.number.0, place(self.cells.len()), place(self.text.len())));
    }

    /// The row of this number as it was put there, with its cells; what else was said of it is not kept.
    pub fn row(&self, number: RowNumber) -> Option<Row> {
        let at = self.rows.binary_search_by_key(&number.0, |row| row.0).ok()?;
        let (_, cells_end, text_end) = self.rows[at];
        let (cells_start, text_start) = at.checked_sub(1).map_or((0, 0), |at| (self.rows[at].1, self.rows[at].2));
        let cells = self.cells[cells_start as usize..cells_end as usize].to_vec();
        let text = self.text[text_start as usize..text_end as usize].to_owned();
        Some(Row::from_ranges(number, text, cells))
    }

    /// How many bytes of text stand there.
    pub fn text_len(&self) -> usize {
        self.text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were_put_there() {
        let mut shelf = RowShelf::default();
        let rows = [Row::from_parts(RowNumber(2), "aåb".into(), vec![1, 1, 4]), Row::new(RowNumber(3)), {
            Row::from_ranges(RowNumber(7), "x,\"y\"".into(), vec![[0, 1], [3, 4]])
        }];
        rows.iter().for_each(|row| shelf.put(row));
        for row in &rows {
            assert_eq!(shelf.row(row.number).as_ref(), Some(row));
        }
        assert_eq!(shelf.row(RowNumber(4)), None);
    }
}
