//! What a run came to: the exit code, and `summary.json`.

use super::Exit;
use crate::cli::{FailOn, WatchArgs};
use crate::model::{Forecast, Severity, Status, TableShape};
use crate::pipeline::{Ending, Report};
use crate::results::{
    Remark, Summary, SummaryCards, SummaryChanges, SummarySettings, SummaryStop, forecast_json, merges_json,
    remark_json, remarks,
};

/// Everything worth saying about the rows of a run.
pub fn remarks_of(report: &Report, watch: &WatchArgs) -> Vec<Remark> {
    remarks(&report.findings.kinds, report.merges.as_ref(), watch.max_group.map(std::num::NonZeroU64::get))
}

/// How the process ends after a run.
pub fn exit(report: &Report, remarks: &[Remark], watch: &WatchArgs, dry: bool) -> Exit {
    match &report.ending {
        Ending::Finished => {}
        Ending::Server(_) => return Exit::Server,
        Ending::Interrupted => return Exit::Interrupted,
        // An input that breaks off before anything was sent is an input that cannot be used.
        Ending::Input(_) | Ending::Merge(_) if report.requests == 0 => return Exit::Unusable,
        Ending::Machine(_) | Ending::Input(_) | Ending::Merge(_) | Ending::ReaderDied => return Exit::Machine,
    }
    let amiss = [Status::Invalid, Status::Refused, Status::Uncertain].iter().any(|&status| report.tally.of(status) > 0);
    let left = !dry && report.tally.of(Status::NotSent) > 0;
    let failing = match watch.fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
    };
    let remarked = remarks.iter().any(|remark| remark.severity <= failing);
    if amiss || left || remarked { Exit::SomeRows } else { Exit::Landed }
}

/// Why it ended early, if it did: by whom, and in words.
pub fn stop(ending: &Ending) -> Option<SummaryStop> {
    let (by, reason) = match ending {
        Ending::Finished => return None,
        Ending::Server(reason) => ("server", reason.to_string()),
        Ending::Interrupted => ("interrupt", "it was interrupted".to_owned()),
        Ending::Machine(error) => ("machine", error.to_string()),
        Ending::Input(error) => ("input", error.to_string()),
        Ending::Merge(error) => ("input", error.to_string()),
        Ending::ReaderDied => {
            ("machine", "the reader of the input ended without a word; please report this".to_owned())
        }
    };
    Some(SummaryStop { by, reason })
}

/// The run as `summary.json` tells it.
pub fn summary(
    report: &Report,
    remarks: &[Remark],
    forecast: Option<&Forecast>,
    input: String,
    shape: &TableShape,
    sample: Option<u64>,
    settings: SummarySettings,
) -> Summary {
    Summary {
        c3import: env!("CARGO_PKG_VERSION"),
        input,
        read_as: shape.description.clone(),
        dry_run: forecast.is_some(),
        sample,
        rows: report.tally.rows(),
        blank_lines: report.read.as_ref().map_or(0, |read| read.blank_lines),
        read_to_end: report.read.is_some(),
        counts: report.tally.into(),
        merged_rows: report.findings.merged_rows(),
        requests: report.requests,
        cards: SummaryCards {
            new_in_this_run: report.cards.new_in_this_run,
            same_card_as_another_row: report.cards.same_as_another_row,
            already_there: report.cards.already_there,
            not_told: report.cards.not_told,
        },
        window_reached: report.window_reached,
        seconds: (report.elapsed.as_secs_f64() * 1000.0).round() / 1000.0,
        input_changes: report.changes.as_ref().map(|changes| SummaryChanges {
            same: changes.same,
            changed: changes.changed.iter().map(|row| row.0).collect(),
            new: changes.new.as_ref().map(|rows| rows.iter().map(|row| row.0).collect()),
            gone: changes.gone.iter().map(|row| row.0).collect(),
        }),
        stopped: stop(&report.ending),
        findings: remarks.iter().map(remark_json).collect(),
        merges: report.merges.as_ref().map(merges_json),
        forecast: forecast.map(forecast_json),
        settings,
    }
}
