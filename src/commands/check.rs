//! `c3import check`: the dry run, which is the run, minus the network.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::import::{run, settings, write_summary};
use super::next::job;
use super::run_report::{exit, stop, summary};
use super::session::{enter_dry, publish};
use super::stage::Stage;
use super::{Exit, Failure, Failures};
use crate::cli::{CheckArgs, ImportArgs, SourceArgs};
use crate::model::ServerRules;
use crate::pipeline::{Delivery, Ending, Plan, Progress};
use crate::schedule::Policy;
use crate::ui::{NextStep, RunView, Terminal, check_report};

/// What both ways to ask for a dry run have in common.
struct DryRun {
    source: SourceArgs,
    mapping: Option<PathBuf>,
    run_dir: Option<PathBuf>,
    fresh: bool,
    json: bool,
    rules: ServerRules,
    policy: Policy,
    timeout: Duration,
}

/// `c3import check`.
pub fn check(terminal: &Terminal, args: CheckArgs) -> Result<Exit, Failures> {
    let CheckArgs { source, mapping, run_dir, fresh, json } = args;
    let (rules, policy, timeout) = (ServerRules::default(), Policy::default(), Duration::from_secs(60));
    dry_run(terminal, DryRun { source, mapping, run_dir, fresh, json, rules, policy, timeout })
}

/// `c3import import --dry-run`.
pub fn dry_import(terminal: &Terminal, args: ImportArgs) -> Result<Exit, Failures> {
    let (rules, policy, timeout) = (args.server.rules.rules(), args.pace.policy(0), args.pace.timeout);
    let ImportArgs { source, mapping, run_dir, fresh, .. } = args;
    dry_run(terminal, DryRun { source, mapping, run_dir, fresh, json: false, rules, policy, timeout })
}

fn dry_run(terminal: &Terminal, args: DryRun) -> Result<Exit, Failures> {
    let stage = Stage::set(terminal, &args.source, args.mapping.as_deref())?;
    let (run_dir, results) = match &args.run_dir {
        Some(path) => {
            let (run_dir, results) = enter_dry(path, args.fresh, &stage.table)?;
            (Some(run_dir), Some(results))
        }
        None => (None, None),
    };
    let shape = stage.table.shape().clone();
    let mapping = stage.mapping;
    let settings = settings(None, &mapping, &args.policy, args.timeout.as_secs_f64());
    let progress = Arc::new(Progress::default());
    let rate = args.policy.rate;
    let plan = Plan {
        table: stage.table,
        mapper: stage.mapper,
        rules: args.rules,
        policy: args.policy,
        delivery: Delivery::Dry,
        results,
        memoir: None,
        grace: Duration::ZERO,
        progress: Arc::clone(&progress),
    };
    let input = args.source.input();
    tracing::info!(input = %input, read_as = shape.description, "checking");
    let report = run(terminal, &input.to_string(), plan, progress, true)?;
    let exit = exit(&report, true);
    if let (Some(run_dir), false) = (&run_dir, matches!(report.ending, Ending::Machine(_))) {
        publish(run_dir)?;
    }
    if args.json {
        let json = summary(&report, input.to_string(), &shape, true, settings.clone()).to_json();
        let said = terminal.data(json.as_bytes());
        said.map_err(|error| Failure::machine(format!("standard output cannot be written: {error}")))?;
    }
    let results = run_dir.as_ref().map(|run_dir| run_dir.results());
    let view = RunView {
        input: &input.to_string(),
        read_as: &shape.description,
        report: &report,
        stopped: stop(&report.ending).map(|stop| stop.reason),
        results: results.as_deref(),
        sandbox_cards: None,
    };
    let next = next_step(&args.source, &mapping, exit);
    let said = check_report(terminal, &view, rate, exit, &next, args.json);
    said.map_err(|error| Failure::machine(format!("standard output cannot be written: {error}")))?;
    if let Some(run_dir) = &run_dir {
        write_summary(&report, input.to_string(), &shape, true, settings, run_dir)?;
    }
    Ok(exit)
}

fn next_step(source: &SourceArgs, mapping: &Path, exit: Exit) -> NextStep {
    match exit {
        Exit::Landed => NextStep {
            why: "with your server, workspace and token; or with --sandbox to rehearse",
            command: format!("{} --server https://… --workspace …", job("import", source, mapping)),
        },
        Exit::SomeRows => NextStep { why: "when the rows are mended", command: job("check", source, mapping) },
        Exit::Unusable | Exit::Server | Exit::Machine | Exit::Interrupted => {
            NextStep { why: "from the beginning", command: job("check", source, mapping) }
        }
    }
}
