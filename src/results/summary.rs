//! `summary.json`: the run in numbers, for machines.

use serde::Serialize;

use super::Finding;
use crate::model::{Status, Tally};

/// The run in numbers. `counts` always adds up to `rows`.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The program's version.
    pub c3import: &'static str,
    /// The input, as it was named.
    pub input: String,
    /// How the input was read, in words.
    pub read_as: String,
    /// Whether nothing was sent because nothing was meant to be.
    pub dry_run: bool,
    /// Rows read. Blank lines are none.
    pub rows: u64,
    /// Lines without any cell, which are no rows.
    pub blank_lines: u64,
    /// Whether the input was read to its end.
    pub read_to_end: bool,
    /// Rows by how they ended.
    pub counts: Counts,
    /// Requests sent.
    pub requests: u64,
    /// Cards by what the server's answers prove, no more.
    pub cards: SummaryCards,
    /// The most requests that were allowed to be in flight at once.
    pub window_reached: usize,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Why it ended early, if it did.
    pub stopped: Option<SummaryStop>,
    /// What was wrong, by kind.
    pub findings: Vec<SummaryFinding>,
    /// What was decided about how to run. Never the token.
    pub settings: SummarySettings,
}

/// Rows by how they ended.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Counts {
    stored: u64,
    unchanged: u64,
    invalid: u64,
    refused: u64,
    uncertain: u64,
    not_sent: u64,
    skipped: u64,
}

/// Cards by what the server's answers prove.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SummaryCards {
    /// Came back for the first time in this run, with nothing on them that was not sent.
    pub new_in_this_run: u64,
    /// Came back for an earlier row of this run already.
    pub same_card_as_another_row: u64,
    /// Came back for the first time in this run, with something on them that was not sent.
    pub already_there: u64,
    /// The answer did not say.
    pub not_told: u64,
}

/// Why a run ended early.
#[derive(Clone, Debug, Serialize)]
pub struct SummaryStop {
    /// By what: `server`, `machine`, `input` or `interrupt`.
    pub by: &'static str,
    /// In words.
    pub reason: String,
}

/// One kind of finding. The rows and values are in `results.csv`.
#[derive(Clone, Debug, Serialize)]
pub struct SummaryFinding {
    code: &'static str,
    column: String,
    count: u64,
    first_row: Option<u64>,
}

/// The settings that shaped the run.
#[derive(Clone, Debug, Serialize)]
pub struct SummarySettings {
    /// Where cards were posted; `None` in a dry run.
    pub endpoint: Option<String>,
    /// The mapping file, as it was named.
    pub mapping: String,
    /// Requests in flight at most.
    pub concurrency: usize,
    /// Requests a second; `None` is no limit.
    pub rate: Option<f64>,
    /// How long one attempt may take, in seconds.
    pub timeout: f64,
}

impl From<Tally> for Counts {
    fn from(tally: Tally) -> Counts {
        Counts {
            stored: tally.of(Status::Stored),
            unchanged: tally.of(Status::Unchanged),
            invalid: tally.of(Status::Invalid),
            refused: tally.of(Status::Refused),
            uncertain: tally.of(Status::Uncertain),
            not_sent: tally.of(Status::NotSent),
            skipped: tally.of(Status::Skipped),
        }
    }
}

impl From<&Finding> for SummaryFinding {
    fn from(finding: &Finding) -> SummaryFinding {
        SummaryFinding {
            code: finding.code.as_str(),
            column: finding.column.clone(),
            count: finding.count,
            first_row: finding.examples.first().map(|example| example.row.0),
        }
    }
}

impl Summary {
    /// As indented JSON, with a line end.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("numbers and texts always serialise");
        json.push('\n');
        json
    }
}
