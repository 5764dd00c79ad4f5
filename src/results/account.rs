//! Everything that a report tells of a run, gathered by whoever knows it.

use std::time::Duration;

use super::{Gathered, Remark, Timeline};
use crate::model::{Forecast, MergeOutlook, Tally};

/// A run, as far as reports tell of it.
#[derive(Clone, Debug)]
pub struct Account<'a> {
    /// The input, as it was named.
    pub input: &'a str,
    /// How it was read.
    pub read_as: &'a str,
    /// The mapping file, as it was named.
    pub mapping: &'a str,
    /// The mapping in words: the columns by their letters, and what happens to them.
    pub mapping_words: &'a [(String, String)],
    /// Where cards went; `None` for a dry run.
    pub endpoint: Option<&'a str>,
    /// How many rows were looked at, when the rest was not.
    pub sample: Option<u64>,
    /// Rows by how they ended.
    pub tally: Tally,
    /// Lines without any cell.
    pub blank_lines: u64,
    /// Why it ended early, if it did.
    pub stopped: Option<&'a str>,
    /// Everything worth saying about the rows, the worst first.
    pub remarks: &'a [Remark],
    /// Rows with an error or a warning.
    pub gathered: &'a Gathered,
    /// Which rows land on one card, when that was asked for.
    pub merges: Option<&'a MergeOutlook>,
    /// What an import will take; of a dry run.
    pub forecast: Option<&'a Forecast>,
    /// How requests went; empty for a dry run.
    pub timeline: &'a Timeline,
    /// How long it took.
    pub elapsed: Duration,
    /// When the report is made, in words.
    pub made: &'a str,
}

impl Account<'_> {
    /// Whether nothing was sent because nothing was meant to be.
    pub fn is_dry(&self) -> bool {
        self.endpoint.is_none()
    }
}
