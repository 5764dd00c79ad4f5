//! `c3import report`: the tables of a run once more, from its journal and its input. Nothing is sent.

use std::path::PathBuf;
use std::sync::Arc;

use super::import::{run, settings, write_summary};
use super::next::quoted;
use super::reports::{Frame, Reports};
use super::resume::{facts, retyped};
use super::run_report::{exit, remarks_of, stop, summary};
use super::session::{claim, journal_failure, outputs, start_results};
use super::stage::Stage;
use super::{Exit, Failure, Failures};
use crate::cli::ReportArgs;
use crate::journal::{Journal, JournalError};
use crate::pipeline::{Ending, Errand, Memoir, Plan};
use crate::schedule::{Guards, Policy};
use crate::source::stamp;
use crate::ui::{NextStep, Terminal, import_summary};

/// Writes the tables.
pub fn report(terminal: &Terminal, args: &ReportArgs) -> Result<Exit, Failures> {
    let broken = |error: JournalError| Failures::from(journal_failure(&error));
    let facts = facts(&args.run_dir)?;
    let (import, _) = retyped(&args.run_dir, &facts, &[])?;
    let mapping = PathBuf::from(&facts.mapping_name);
    let stage = Stage::set_with(terminal, &import.source, &mapping, facts.mapping)?;
    let dir = claim(&args.run_dir, true)?;
    let Some(journal) = Journal::open(&dir.journal()).map_err(broken)? else {
        return Err(Failure::unusable(format!("{} holds no run", dir.path().display())).into());
    };
    let requests = journal.requests().map_err(broken)?;
    let unsent = journal.last_stop().map_err(broken)?;
    let unsent = unsent.unwrap_or_else(|| "the program ended before this row's turn".to_owned());
    let recall = journal.recall(stage.table.header()).map_err(broken)?;
    let input = import.source.input();
    let seen = stamp(&input);
    let untouched = seen.is_some() && journal.stamp() == seen.as_deref();
    let outputs = outputs(&dir, &args.outputs, &input, &stage.table)?;
    let results = start_results(&outputs, &stage.table)?;
    let (header, shape) = (stage.table.header(), stage.table.shape().clone());
    let (reports, side) = Reports::begin(&import.watch, None, (&input, &mapping), header, &shape, &stage.mapper)?;
    // What it may cost is no question any more.
    let policy = Policy { guards: Guards::default(), ..import.pace.policy(0) };
    let endpoint = facts.destination.map(|destination| destination.endpoint);
    let settings = settings(endpoint.clone(), &mapping, &policy, import.pace.timeout.as_secs_f64());
    let plan = Plan {
        results: Some(results),
        memoir: Some(Memoir { journal, recall, errand: Errand { again: Vec::new(), unsent }, unsettled: false }),
        side,
        plans_merges: false,
        ..Plan::look(stage.table, stage.mapper, import.server.rules.rules(), policy)
    };
    let progress = Arc::clone(&plan.progress);
    let name = input.to_string();
    let mut report = run(terminal, &name, plan, progress, true)?;
    report.requests = requests;
    if untouched {
        report.changes = None;
    }
    let remarks = remarks_of(&report, &import.watch);
    let exit = exit(&report, &remarks, &import.watch, false);
    let whole = !matches!(report.ending, Ending::Machine(_));
    let stopped = stop(&report.ending).map(|stop| stop.reason);
    let frame = Frame {
        input: &name,
        shape: &shape,
        mapping: &mapping.display().to_string(),
        endpoint: endpoint.as_deref(),
        sample: None,
        stopped: stopped.as_deref(),
        remarks: &remarks,
        forecast: None,
    };
    let (reports, unwritten) = reports.finish(&mut report, &frame);
    let results = if whole { outputs.results.path() } else { outputs.results.partial() };
    let view = frame.view(&report, Some(results), &reports);
    let command = format!("c3import rows {}", quoted(outputs.results.path()));
    import_summary(terminal, &view, exit, &NextStep { why: "the rows and what became of them", command });
    write_summary(&summary(&report, &remarks, None, name, &shape, None, settings), &dir)?;
    if unwritten.is_empty() { Ok(exit) } else { Err(Failures(unwritten)) }
}
