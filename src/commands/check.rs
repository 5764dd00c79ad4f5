//! `c3import check`: the dry run, which is the run, minus the network.

use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::import::{run, settings, write_summary};
use super::next::{job, merging};
use super::reports::{Frame, Reports};
use super::run_report::{exit, remarks_of, stop, summary};
use super::session::enter_dry;
use super::stage::{Stage, reopen};
use super::{Exit, Failure, Failures, expiry};
use crate::cli::{CheckArgs, ImportArgs, OutputArgs, SourceArgs};
use crate::model::Forecast;
use crate::pipeline::Plan;
use crate::schedule::Policy;
use crate::settings::TokenSource;
use crate::ui::{NextStep, Terminal, check_report};

/// A check, and what an import lets one choose beside it.
struct DryRun {
    check: CheckArgs,
    outputs: OutputArgs,
    policy: Policy,
    timeout: Duration,
    token: TokenSource,
}

/// `c3import check`.
pub fn check(terminal: &Terminal, args: CheckArgs) -> Result<Exit, Failures> {
    let dry = DryRun {
        outputs: OutputArgs::default(),
        policy: Policy { rate: args.rate.0, ..Policy::default() },
        timeout: Duration::from_secs(60),
        token: TokenSource::Environment,
        check: args,
    };
    dry_run(terminal, dry)
}

/// `c3import import --dry-run`.
pub fn dry_import(terminal: &Terminal, args: ImportArgs) -> Result<Exit, Failures> {
    let (rules, policy, timeout) = (args.server.rules, args.pace.policy(0), args.pace.timeout);
    let token = args.server.destination.token_source();
    let ImportArgs { source, mapping, run_dir, outputs, merge_rows, fresh, watch, pace, .. } = args;
    if run_dir.is_none() && (outputs.results.is_some() || outputs.failed.is_some()) {
        return Err(Failure::unusable("a dry run writes no results, so --results and --failed have no meaning")
            .hint("name a --run-dir too: then it writes them")
            .into());
    }
    let (json, sample, documents, rate) = (false, None, None, pace.rate);
    let check = CheckArgs { source, mapping, run_dir, merge_rows, fresh, json, rate, sample, documents, rules, watch };
    dry_run(terminal, DryRun { check, outputs, policy, timeout, token })
}

fn dry_run(terminal: &Terminal, dry: DryRun) -> Result<Exit, Failures> {
    let DryRun { check: args, outputs, policy, timeout, token } = dry;
    let sample = args.sample.map(NonZeroU64::get);
    let stage = Stage::set(terminal, &args.source, args.mapping.as_deref())?;
    let merge = args.merge_rows.then(|| reopen(&args.source, &stage.options)).transpose()?;
    let mapping = stage.mapping;
    let (input, documents) = (args.source.input(), args.documents.as_deref());
    let (header, shape) = (stage.table.header(), stage.table.shape().clone());
    if let Some(path) = documents
        && terminal.data_goes_to(path)
    {
        refuse_two_voices(terminal, path, args.json)?;
    }
    let (reports, side) = Reports::begin(&args.watch, documents, (&input, &mapping), header, &shape, &stage.mapper)?;
    let (run_dir, results) = match &args.run_dir {
        Some(path) => {
            let (run_dir, results) = enter_dry(path, &outputs, args.fresh, &args.source.input(), &stage.table)?;
            (Some(run_dir), Some(results))
        }
        None => (None, None),
    };
    let mapping_name = mapping.display().to_string();
    let settings = settings(None, &mapping, &policy, timeout.as_secs_f64());
    let rate = policy.rate;
    let plan = Plan {
        results,
        side,
        bad_rows_kept: reports.bad_rows_kept(),
        merge,
        sample,
        ..Plan::look(stage.table, stage.mapper, args.rules.rules(), policy)
    };
    let progress = Arc::clone(&plan.progress);
    tracing::info!(input = %input, read_as = shape.description, "checking");
    let mut report = run(terminal, &input.to_string(), plan, progress, true)?;
    let remarks = remarks_of(&report, &args.watch);
    let exit = exit(&report, &remarks, &args.watch, true);
    // A file with fewer rows than that was read whole.
    let sample = sample.filter(|_| report.read.is_none());
    // A token is not needed for a check; where one is at hand, its end is told.
    let token_left = token.load().ok().map(|token| expiry::left(&token));
    let merges = report.merges.as_ref().expect("a check asks for the merge plan");
    let forecast = Forecast::new(merges, rate, token_left);
    let unwritable = |error| Failure::machine(format!("standard output cannot be written: {error}"));
    let summary = summary(&report, &remarks, Some(&forecast), input.to_string(), &shape, sample, settings);
    if args.json {
        terminal.data(summary.to_json().as_bytes()).map_err(unwritable)?;
    }
    let stopped = stop(&report.ending).map(|stop| stop.reason);
    let name = input.to_string();
    let frame = Frame {
        input: &name,
        shape: &shape,
        mapping: &mapping_name,
        endpoint: None,
        sample,
        stopped: stopped.as_deref(),
        remarks: &remarks,
        forecast: Some(&forecast),
    };
    let (reports, unwritten) = reports.finish(&mut report, &frame);
    let results = run_dir.as_ref().map(|run_dir| run_dir.results());
    let view = frame.view(&report, results.as_deref(), &reports);
    let chosen = args.rules.retyped() + merging(args.merge_rows);
    let next = next_step(&args.source, &mapping, &chosen, exit);
    check_report(terminal, &view, &forecast, exit, &next, args.json).map_err(unwritable)?;
    if let Some(run_dir) = &run_dir {
        write_summary(&summary, run_dir)?;
    }
    if unwritten.is_empty() { Ok(exit) } else { Err(Failures(unwritten)) }
}

/// Standard output takes documents when nothing else goes there, and it is no file: that would be replaced as a whole.
fn refuse_two_voices(terminal: &Terminal, path: &Path, json: bool) -> Result<(), Failures> {
    let name = path.display();
    if json || !terminal.quiet() {
        let message = format!("{name} is standard output, where the report is printed as well");
        return Err(Failure::unusable(message).hint("say --quiet, and not --json; or name a file").into());
    }
    if path.is_file() {
        let message = format!("{name} is the file that standard output goes to");
        return Err(Failure::unusable(message).hint("name another file").into());
    }
    Ok(())
}

/// `chosen` are flags that an import takes along.
fn next_step(source: &SourceArgs, mapping: &Path, chosen: &str, exit: Exit) -> NextStep {
    match exit {
        Exit::Landed => NextStep {
            why: "with your server, workspace and token; or with --sandbox to rehearse",
            command: format!("{}{chosen} --server https://… --workspace …", job("import", source, mapping)),
        },
        Exit::SomeRows => {
            NextStep { why: "when the rows are mended", command: format!("{}{chosen}", job("check", source, mapping)) }
        }
        Exit::Unusable | Exit::Server | Exit::Machine | Exit::Interrupted => {
            NextStep { why: "from the beginning", command: format!("{}{chosen}", job("check", source, mapping)) }
        }
    }
}
