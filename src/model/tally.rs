//! Rows counted by how they ended.

use super::Status;

/// How many rows ended in which way. The counts always add up to the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    counts: [u64; Status::ALL.len()],
}

impl Tally {
    /// Counts one row.
    pub fn add(&mut self, status: Status) {
        self.add_many(status, 1);
    }

    /// Counts several rows at once.
    pub fn add_many(&mut self, status: Status, rows: u64) {
        self.counts[status as usize] += rows;
    }

    /// How many ended this way.
    pub fn of(&self, status: Status) -> u64 {
        self.counts[status as usize]
    }

    /// All rows counted.
    pub fn rows(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Every status with its count, in the order of [`Status::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Status, u64)> + '_ {
        Status::ALL.into_iter().map(|status| (status, self.of(status)))
    }
}
