//! `summary.json`: the run in numbers, for machines.

use serde::Serialize;

use serde_json::{Value, json};

use super::Remark;
use super::findings::Example;
use crate::model::{Forecast, Group, MergeOutlook, Status, Tally, TokenOutlook};

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
    /// How many rows were looked at, when the rest was not; then all that is said is said of those.
    pub sample: Option<u64>,
    /// Rows read. Blank lines are none.
    pub rows: u64,
    /// Lines without any cell, which are no rows.
    pub blank_lines: u64,
    /// Whether the input was read to its end.
    pub read_to_end: bool,
    /// Rows by how they ended.
    pub counts: Counts,
    /// Rows whose values stand on the card of another row, because they went together.
    pub merged_rows: u64,
    /// Requests sent.
    pub requests: u64,
    /// Cards by what the server's answers prove, no more.
    pub cards: SummaryCards,
    /// The most requests that were allowed to be in flight at once.
    pub window_reached: usize,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How the input differs from what earlier sessions of the run have read; absent when there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_changes: Option<SummaryChanges>,
    /// Why it ended early, if it did.
    pub stopped: Option<SummaryStop>,
    /// What was wrong, by kind, the worst first.
    pub findings: Vec<Value>,
    /// Which rows land on one card; of a dry run, and where a report was asked for.
    pub merges: Option<Value>,
    /// What an import will take; of a dry run.
    pub forecast: Option<Value>,
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

/// How the input differs from what earlier sessions of the run have read, by the cards that they sent.
#[derive(Clone, Debug, Serialize)]
pub struct SummaryChanges {
    /// Rows whose card an earlier session read.
    pub same: u64,
    /// Rows whose number had another card before.
    pub changed: Vec<u64>,
    /// Other rows whose card no earlier session read; `None` when none has read the input to its end.
    pub new: Option<Vec<u64>>,
    /// Numbers that rows had whose cards are nowhere in the input now.
    pub gone: Vec<u64>,
}

/// Why a run ended early.
#[derive(Clone, Debug, Serialize)]
pub struct SummaryStop {
    /// By what: `server`, `machine`, `input` or `interrupt`.
    pub by: &'static str,
    /// In words.
    pub reason: String,
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

/// A remark as JSON.
pub fn remark_json(remark: &Remark) -> Value {
    json!({
        "severity": remark.severity.as_str(),
        "code": remark.code,
        "column": remark.column,
        "count": remark.count,
        "first_row": remark.examples.first().map(|example| example.row.0),
        "examples": remark.examples.iter().map(example).collect::<Vec<_>>(),
        "means": remark.means,
        "hint": remark.hint,
    })
}

fn example(example: &Example) -> Value {
    json!({
        "row": example.row.0,
        "place": example.place,
        "value": example.value,
        "message": example.message,
    })
}

/// A merge plan as JSON.
pub fn merges_json(merges: &MergeOutlook) -> Value {
    let group = |group: &Group| {
        json!({
            "rows": group.rows,
            "first_rows": group.first_rows,
            "shared": group.shared,
            "names_differ": group.names_differ,
            "later_names": group.names,
        })
    };
    json!({
        "from_this_file_alone": true,
        "rows": merges.rows,
        "rows_without_identity": merges.rows_without_identity,
        "identities": merges.identities,
        "cards": merges.cards,
        "persons": merges.persons,
        "groups": merges.groups,
        "rows_in_groups": merges.rows_in_groups,
        "merged_rows": merges.merged_rows,
        "identical_rows": merges.identical_rows,
        "identical_rows_is_least": merges.identical_is_least,
        "groups_whose_names_differ": merges.groups_with_names,
        "bridges": merges.bridges,
        "first_bridges": merges.first_bridges.iter().map(|bridge| json!({
            "row": bridge.row,
            "name": bridge.name,
            "cards": bridge.cards.iter().map(|(value, row)| json!({ "first_row": row, "shared": value })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "hubs": merges.hub_count,
        "hub_rows_min": merges.hub_rows_min,
        "largest_hubs": merges.hubs.iter().map(|hub| json!({
            "value": hub.value,
            "rows": hub.rows,
            "card_of_row": hub.card_row,
        })).collect::<Vec<_>>(),
        "largest_groups": merges.largest.iter().map(group).collect::<Vec<_>>(),
    })
}

/// A forecast as JSON; times in seconds.
pub fn forecast_json(forecast: &Forecast) -> Value {
    let token = forecast.token.map(|token| match token {
        TokenOutlook::Unsaid => json!({ "ends": "unsaid" }),
        TokenOutlook::Ended(ago) => json!({ "ends": "ended", "seconds_ago": ago.as_secs() }),
        TokenOutlook::TooSoon(left) => json!({ "ends": "too_soon", "seconds_left": left.as_secs() }),
        TokenOutlook::Enough(left) => json!({ "ends": "late_enough", "seconds_left": left.as_secs() }),
    });
    json!({
        "requests": forecast.requests,
        "bytes": forecast.bytes,
        "rate": forecast.rate,
        "seconds_at_least": forecast.time.map(|time| time.as_secs_f64()),
        "cards_at_most": forecast.cards_at_most,
        "cards_if_none_is_known": forecast.cards_if_none_is_known,
        "cards_at_least": forecast.cards_at_least,
        "cards_without_identity": forecast.cards_without_identity,
        "token": token,
    })
}

impl Summary {
    /// As indented JSON, with a line end.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("numbers and texts always serialise");
        json.push('\n');
        json
    }
}
