//! A row of a spreadsheet: its number, its cells as people see them, and what was wrong with reading it.

use std::fmt;

use super::{Issue, excerpt};

/// How much of a column's name is said.
const LABEL_CHARS_MAX: usize = 80;

/// The number a spreadsheet program shows beside a row: 1-based, header row and blank rows counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowNumber(pub u64);

impl fmt::Display for RowNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A row's place in the run, counted from zero: the order in which rows were read, and in which results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ordinal(pub u64);

/// A column's place, counted from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnIndex(pub u32);

impl ColumnIndex {
    /// The letters a spreadsheet program shows above the column: `A`, `Z`, `AA`, `XFD`.
    pub fn letters(self) -> String {
        let mut rest = u64::from(self.0) + 1;
        let mut letters = Vec::new();
        while rest > 0 {
            let digit = ((rest - 1) % 26) as u8;
            letters.push(char::from(b'A' + digit));
            rest = (rest - 1) / 26;
        }
        letters.iter().rev().collect()
    }

    /// As an index into a slice of columns.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The column names of a table, as written in its header row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Where the names stand. `RowNumber(0)` is never used.
    pub row: RowNumber,
    /// One name a column, untrimmed, in order. Empty names are possible; so are two alike.
    pub names: Vec<String>,
}

impl Header {
    /// What to call a column when talking to a person: its name, or its letters when it has none.
    pub fn label(&self, column: ColumnIndex) -> String {
        match self.names.get(column.index()).map(|name| name.trim()) {
            Some(name) if !name.is_empty() => excerpt(name, LABEL_CHARS_MAX),
            _ => format!("#{}", column.letters()),
        }
    }
}

/// One data row. Always has exactly as many cells as the header has names: a shorter or longer record of a
/// text table carries a `row.ragged` issue, is padded or cut to that width, and is never mapped. In a sheet every cell has
/// its column, so a value beyond the header is only told.
///
/// All text lives in one buffer, so a row costs two allocations however many cells it has.
#[derive(Clone, Debug)]
pub struct Row {
    /// What the spreadsheet shows.
    pub number: RowNumber,
    /// The physical line on which the record starts, 1-based; text files only.
    pub line: Option<u64>,
    /// How far into the source the row ends, in the unit of the table's size hint (bytes or rows). For progress only.
    pub position: u64,
    /// What was wrong with reading this row or single cells of it.
    pub issues: Vec<Issue>,
    /// Whether the reader vouches that all its text [is clean](super::is_clean); `false` where it has not looked.
    pub clean: bool,
    text: String,
    /// Where each cell begins and ends in `text`; bytes between two cells belong to none.
    cells: Vec<[u32; 2]>,
}

/// What is wrong with a reader that makes rows of something else.
const UNSOUND: &str = "cell ends must ascend on character boundaries";

impl Row {
    /// An empty row; add its cells with [`Row::push`].
    pub fn new(number: RowNumber) -> Self {
        Row {
            number,
            line: None,
            position: 0,
            issues: Vec::new(),
            clean: false,
            text: String::new(),
            cells: Vec::new(),
        }
    }

    /// A row whose cells end at these byte offsets of `text`. For readers that fill whole records at once.
    ///
    /// # Panics
    /// When the ends do not ascend, or do not lie on character boundaries of `text`, or `text` is 4 GiB or longer.
    pub fn from_parts(number: RowNumber, text: String, ends: Vec<u32>) -> Self {
        let mut start = 0;
        let cells = ends.into_iter().map(|end| [std::mem::replace(&mut start, end), end]).collect();
        Row::from_ranges(number, text, cells)
    }

    /// A row whose cells begin and end at these byte offsets of `text`, in order: a record as it stands in its file,
    /// with delimiters and quotes between its cells.
    ///
    /// # Panics
    /// As [`Row::from_parts`] does.
    pub fn from_ranges(number: RowNumber, text: String, cells: Vec<[u32; 2]>) -> Self {
        let row = Row { number, line: None, position: 0, issues: Vec::new(), clean: false, text, cells };
        assert!(row.is_sound(), "{UNSOUND}");
        row
    }

    /// Becomes another row, in the memory of this one; as [`Row::from_ranges`]. Only builds for tests look whether the
    /// ranges are sound, since this is done for every row there is; in others, asking for a cell that is not panics.
    pub fn become_ranges(&mut self, number: RowNumber, text: &str, cells: &[[u32; 2]]) {
        (self.number, self.line, self.position, self.clean) = (number, None, 0, false);
        self.issues.clear();
        self.text.clear();
        self.text.push_str(text);
        self.cells.clear();
        self.cells.extend_from_slice(cells);
        debug_assert!(self.is_sound(), "{UNSOUND}");
    }

    /// Whether cells ascend and lie on character boundaries.
    fn is_sound(&self) -> bool {
        let (mut before, mut sound) = (0, true);
        for &[start, end] in &self.cells {
            let boundaries = self.text.is_char_boundary(start as usize) && self.text.is_char_boundary(end as usize);
            sound &= before <= start && start <= end && boundaries;
            before = end;
        }
        sound
    }

    /// Adds the next cell.
    ///
    /// # Panics
    /// When a row's text would reach 4 GiB; readers cap records far below.
    pub fn push(&mut self, cell: &str) {
        let place = |len: usize| u32::try_from(len).expect("readers cap a record far below 4 GiB");
        let start = place(self.text.len());
        self.text.push_str(cell);
        self.cells.push([start, place(self.text.len())]);
    }

    /// All its text, and where each cell begins and ends in it.
    pub(super) fn parts(&self) -> (&str, &[[u32; 2]]) {
        (&self.text, &self.cells)
    }

    /// How many bytes of text the cells hold.
    pub fn text_len(&self) -> usize {
        self.text.len()
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there are no cells at all.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// A cell's text as people see it, outer white space kept; empty beyond the last cell.
    #[inline]
    pub fn cell(&self, column: ColumnIndex) -> &str {
        match self.cells.get(column.index()) {
            Some(&[start, end]) => &self.text[start as usize..end as usize],
            None => "",
        }
    }

    /// All cells in order.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.cells.len()).map(|at| self.cell(ColumnIndex(at as u32)))
    }
}

/// Rows are equal when everything that can be asked of them is.
impl PartialEq for Row {
    fn eq(&self, other: &Row) -> bool {
        self.number == other.number
            && self.line == other.line
            && self.position == other.position
            && self.issues == other.issues
            && self.cells().eq(other.cells())
    }
}

impl Eq for Row {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lettered_as_spreadsheets_do() {
        let letters = |index| ColumnIndex(index).letters();
        assert_eq!(
            [letters(0), letters(25), letters(26), letters(701), letters(702), letters(16_383)],
            ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
        );
    }

    #[test]
    fn cells_come_back_as_pushed() {
        let mut row = Row::new(RowNumber(2));
        for cell in ["Åsa", "", " x "] {
            row.push(cell);
        }
        assert_eq!(row.cells().collect::<Vec<_>>(), ["Åsa", "", " x "]);
        assert_eq!(row.cell(ColumnIndex(7)), "");
    }

    #[test]
    fn a_record_as_it_stands_in_its_file_has_the_same_cells() {
        let mut apart = Row::from_ranges(RowNumber(2), "a,,\"åb\"".into(), vec![[0, 1], [2, 2], [4, 7]]);
        assert_eq!(apart, Row::from_parts(RowNumber(2), "aåb".into(), vec![1, 1, 4]));
        apart.push("c");
        assert_eq!(apart.cells().collect::<Vec<_>>(), ["a", "", "åb", "c"]);
    }

    #[test]
    fn a_column_without_a_name_is_called_by_its_letters() {
        let header = Header { row: RowNumber(1), names: vec![" Name ".into(), " ".into()] };
        assert_eq!(header.label(ColumnIndex(0)), "Name");
        assert_eq!(header.label(ColumnIndex(1)), "#B");
        assert_eq!(header.label(ColumnIndex(2)), "#C");
    }
}
