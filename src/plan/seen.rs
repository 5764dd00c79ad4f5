//! Cells of one kind: how many, and the first of them.

use crate::model::{RowNumber, excerpt};

/// How many characters of a value are shown.
const EXCERPT_CHARS: usize = 40;

/// How many cells are shown.
const FIRST_MAX: usize = 5;

/// Cells of one kind. Threads that see parts of a table come to the same as one that sees it whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) cells: u64,
    /// In input order.
    pub(super) first: Vec<(RowNumber, String)>,
}

impl Seen {
    pub(super) fn add(&mut self, row: RowNumber, text: &str) {
        self.cells += 1;
        if self.first.len() < FIRST_MAX {
            self.first.push((row, excerpt(text, EXCERPT_CHARS)));
        }
    }

    /// Both.
    pub(super) fn and(mut self, other: &Seen) -> Seen {
        self.cells += other.cells;
        self.first.extend(other.first.iter().cloned());
        self.first.sort_by_key(|(row, _)| *row);
        self.first.truncate(FIRST_MAX);
        self
    }

    /// Takes in what was seen elsewhere.
    pub(super) fn take_in(&mut self, other: &Seen) {
        *self = std::mem::take(self).and(other);
    }
}
