//! `c3import import`: the main job; and every later session of it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::goal::Goal;
use super::locks;
use super::next::{merging, quoted, typed_again};
use super::reports::{Frame, Reports};
use super::run_report::{exit, remarks_of, stop, summary};
use super::sandbox::InProcess;
use super::session::{Entered, Entrance, Session, end, enter};
use super::stage::{Stage, count_rows, default_run_dir, open, reopen};
use super::{Exit, Failure, Failures, expiry};
use crate::cli::{FailOn, ImportArgs, TypedFlags};
use crate::journal::{Destination, RunFacts};
use crate::mapping::Mapping;
use crate::model::figures::cards;
use crate::model::{Input, MergeCode};
use crate::pipeline::{self, Delivery, Ending, Errand, Plan, Progress, Report};
use crate::results::{Outputs, RunDir, Summary, SummarySettings};
use crate::schedule::Policy;
use crate::source;
use crate::ui::{NextStep, ProgressBar, RunView, Terminal, count, import_summary, rows};

/// What a session is held for.
pub struct Job {
    /// The command.
    pub command: &'static str,
    /// Which rows it sends.
    pub errand: Errand,
    /// The flags of the import, as they are remembered.
    pub flags: TypedFlags,
    /// The mapping's name and text, where they come from the journal.
    pub mapping: Option<(PathBuf, String)>,
    /// Whether it sends rows of a run that is finished.
    pub reopens: bool,
}

impl Job {
    /// Begins a run, or goes on with it. These are the words of the command.
    pub fn import(words: Vec<OsString>) -> Job {
        let flags = TypedFlags::of(words);
        Job { command: "import", errand: Errand::go_on(), flags, mapping: None, reopens: false }
    }
}

/// Uploads every row that the job is about.
pub fn import(terminal: &Terminal, args: &ImportArgs, job: Job) -> Result<Exit, Failures> {
    let stage = match &job.mapping {
        Some((path, text)) => Stage::set_with(terminal, &args.source, path, text.clone()),
        None => Stage::set(terminal, &args.source, args.mapping.as_deref()),
    };
    // Whatever is wrong on both sides is told at once.
    let (stage, goal) = match (stage, Goal::find(args)) {
        (Ok(stage), Ok(goal)) => (stage, goal),
        (Err(stage), Err(goal)) => return Err(Failures([stage.0, goal.0].concat())),
        (Err(failures), Ok(_)) | (Ok(_), Err(failures)) => return Err(failures),
    };
    let run_dir = args.run_dir.clone().unwrap_or_else(|| default_run_dir(&args.source.input()));
    let (input, mapping) = (args.source.input(), stage.mapping.clone());
    let (header, shape) = (stage.table.header(), stage.table.shape().clone());
    let (reports, side) = Reports::begin(&args.watch, None, (&input, &mapping), header, &shape, &stage.mapper)?;
    let merge = args.merge_rows.then(|| reopen(&args.source, &stage.options)).transpose()?;
    refuse_large_groups(terminal, args, &stage)?;
    let rules = args.server.rules.rules();
    let entered = enter(Entrance {
        path: &run_dir,
        fresh: args.fresh,
        lock: !args.no_lock,
        facts: facts(args, &stage, goal.destination.clone(), &job.flags),
        input: &input,
        table: &stage.table,
        name_at: rules.name_at,
        outputs: &args.outputs,
        job,
        count_rows: &|| count_rows(&args.source, stage.options.clone()),
    })?;
    let session = match entered {
        Entered::Open(session) => *session,
        Entered::Finished => return Ok(finished(terminal, args, &run_dir)),
    };
    // A sandbox of our own is nobody else's.
    let _server_lock = match &goal.destination {
        Some(destination) if !args.no_lock => Some(locks::of_server(&destination.endpoint, session.dir.path())?),
        Some(_) | None => None,
    };
    let Session { dir: run_dir, results, outputs, memoir, stored, rows, stamp, untouched } = session;
    if let Some(stored) = stored {
        terminal.say(&going_on(run_dir.path(), stored, rows));
    }

    let policy = args.pace.policy(seed());
    let endpoint = goal.endpoint.to_string();
    let settings = settings(Some(endpoint.clone()), &mapping, &policy, args.pace.timeout.as_secs_f64());
    let progress = Arc::new(Progress::default());
    let plan = Plan {
        table: stage.table,
        mapper: stage.mapper,
        rules,
        policy,
        delivery: Delivery::Live { client: goal.client, renew: goal.renew },
        results: Some(results),
        memoir: Some(memoir),
        grace: args.pace.grace,
        // `check` is for the plan; an import works it out for those who asked to hear of it.
        plans_merges: !reports.is_none(&side) || args.watch.fail_on == FailOn::Warning,
        side,
        bad_rows_kept: reports.bad_rows_kept(),
        merge,
        sample: None,
        progress: Arc::clone(&progress),
    };
    let name = input.to_string();
    if let Some(warning) = expiry::warning(&goal.token, plan.policy.rate, &args.source, &stage.options) {
        terminal.say(&format!("warning: {warning}"));
    }
    if let Some(proxy) = goal.endpoint.proxy() {
        terminal.say(&format!("through the proxy {proxy}"));
    }
    tracing::info!(input = name, read_as = shape.description, endpoint = %goal.endpoint, "sending");
    let mut report = run(terminal, &name, plan, progress, false)?;
    if untouched {
        report.changes = None;
    }
    let whole = !matches!(report.ending, Ending::Machine(_));
    let results = if whole { outputs.results.path() } else { outputs.results.partial() };
    let remarks = remarks_of(&report, &args.watch);
    let changed = matches!(report.ending, Ending::Finished) && source::stamp(&input) != stamp;
    let exit = if changed { Exit::Machine } else { exit(&report, &remarks, &args.watch, false) };
    tracing::info!(rows = report.tally.rows(), requests = report.requests, exit = exit.code(), "done");
    let next = next_step(args, &outputs, &mapping, exit);
    let stopped = stop(&report.ending).map(|stop| stop.reason);
    let frame = Frame {
        input: &name,
        shape: &shape,
        mapping: &mapping.display().to_string(),
        endpoint: Some(&endpoint),
        sample: None,
        stopped: stopped.as_deref(),
        remarks: &remarks,
        forecast: None,
    };
    let (reports, unwritten) = reports.finish(&mut report, &frame);
    let sandbox_cards = goal.sandbox.as_ref().map(InProcess::cards);
    let view = RunView { sandbox_cards, ..frame.view(&report, Some(results), &reports) };
    import_summary(terminal, &view, exit, &next);
    if changed {
        let now = if source::stamp(&input).is_some() { "has changed" } else { "is gone" };
        terminal.complain(&format!("error: {input} {now} since it was opened: the results tell of what was read"));
    }
    write_summary(&summary(&report, &remarks, None, name, &shape, None, settings), &run_dir)?;
    if let Some(journal) = report.journal.take() {
        end(journal, &report, &input, stamp.as_deref())?;
    }
    if unwritten.is_empty() { Ok(exit) } else { Err(Failures(unwritten)) }
}

/// With `--max-group`, the whole file is looked at before anything is sent: what is merged cannot be taken apart.
fn refuse_large_groups(terminal: &Terminal, args: &ImportArgs, stage: &Stage) -> Result<(), Failures> {
    let Some(max) = args.watch.max_group else { return Ok(()) };
    if args.source.input() == Input::Stdin {
        let message = "--max-group needs a file: standard input can be read only once";
        return Err(Failure::unusable(message).hint("save it as a file first").into());
    }
    let table = open(&args.source, stage.options.clone())?;
    let mapper = Mapping::parse(&stage.mapping_text).and_then(|mapping| mapping.compile(table.header()));
    let Ok(mapper) = mapper else {
        return Err(Failure::unusable("the input changed while it was read").hint("start again").into());
    };
    let plan = Plan::look(table, mapper, args.server.rules.rules(), Policy::default());
    let progress = Arc::clone(&plan.progress);
    let report = run(terminal, &args.source.input().to_string(), plan, progress, true)?;
    if let Some(stop) = stop(&report.ending) {
        return Err(Failure::unusable(format!("the look at the whole file broke off: {}", stop.reason)).into());
    }
    let too_large = remarks_of(&report, &args.watch);
    let too_large = too_large.iter().find(|remark| remark.code == MergeCode::GroupTooLarge.as_str());
    match too_large.map(|remark| (remark.count, &remark.examples)) {
        None => Ok(()),
        Some((groups, examples)) => {
            let first: Vec<&str> = examples.iter().map(|example| example.message.as_str()).collect();
            let message = format!(
                "{} would take more than {}, and nothing was sent: {}",
                cards(groups),
                rows(max.get()),
                first.join("; ")
            );
            Err(Failure::unusable(message).hint("c3import check tells more; allow more with --max-group").into())
        }
    }
}

/// What makes a later command the same run.
fn facts(args: &ImportArgs, stage: &Stage, destination: Option<Destination>, flags: &TypedFlags) -> RunFacts {
    let input = match args.source.input() {
        Input::File(path) => std::path::absolute(&path).unwrap_or(path).to_string_lossy().into_owned(),
        Input::Stdin => "-".to_owned(),
    };
    RunFacts {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        input,
        reading: flags.reading.clone(),
        mapping_name: stage.mapping.display().to_string(),
        mapping: stage.mapping_text.clone(),
        destination,
        name_at: args.server.rules.rules().name_at.as_str().to_owned(),
        words: flags.other.clone(),
    }
}

/// Says that there is nothing left to do.
fn finished(terminal: &Terminal, args: &ImportArgs, run_dir: &Path) -> Exit {
    terminal.say(&format!(
        "{}: this run is finished, and nothing was sent now; what became of its rows is in {}\n  hint: c3import retry \
         {} sends rows again that did not land; --fresh begins anew, and sends every row again",
        args.source.input(),
        run_dir.display(),
        quoted(run_dir),
    ));
    Exit::Landed
}

fn going_on(run_dir: &Path, stored: u64, of: Option<u64>) -> String {
    let what = match of {
        Some(of) => format!("{} of {} are", count(stored), rows(of)),
        None if stored == 1 => format!("{} is", rows(stored)),
        None => format!("{} are", rows(stored)),
    };
    format!("going on with the run in {}: {what} already stored", run_dir.display())
}

/// Runs the plan under a progress bar.
pub fn run(
    terminal: &Terminal,
    name: &str,
    plan: Plan,
    progress: Arc<Progress>,
    dry: bool,
) -> Result<Report, Failures> {
    let bar = ProgressBar::show(terminal, name, progress, dry);
    let report = pipeline::run(plan);
    drop(bar);
    report.map_err(|error| Failure::machine(format!("the run could not begin: {error}")).into())
}

/// Writes `summary.json`.
pub fn write_summary(summary: &Summary, run_dir: &RunDir) -> Result<(), Failures> {
    let written = run_dir.write_summary(&summary.to_json());
    written
        .map_err(|error| Failure::machine(format!("{} cannot be written: {error}", run_dir.summary().display())).into())
}

/// The settings as `summary.json` tells them.
pub fn settings(endpoint: Option<String>, mapping: &Path, policy: &Policy, timeout: f64) -> SummarySettings {
    let mapping = mapping.display().to_string();
    SummarySettings { endpoint, mapping, concurrency: policy.concurrency, rate: policy.rate, timeout }
}

/// What to type next.
fn next_step(args: &ImportArgs, outputs: &Outputs, mapping: &Path, exit: Exit) -> NextStep {
    let (results, failed) = (quoted(outputs.results.path()), outputs.failed.path());
    match (exit, args.server.sandbox) {
        (Exit::Landed, true) => NextStep {
            why: "for real, with your server, workspace and token",
            command: typed_again(&["--sandbox", "--fault="], "--fresh --server https://… --workspace …"),
        },
        (Exit::Landed, false) => {
            NextStep { why: "the rows and what became of them", command: format!("c3import rows {results}") }
        }
        // There are warnings only, and they were to count.
        (Exit::SomeRows, _) if !failed.exists() => {
            NextStep { why: "the rows and what is to be said of them", command: format!("c3import rows {results}") }
        }
        (Exit::SomeRows, _) => NextStep {
            why: "mend there what c3_error says, and import that file when it is fit",
            command: format!("c3import check {} -m {}{}", quoted(failed), quoted(mapping), merging(args.merge_rows)),
        },
        (Exit::Server | Exit::Machine | Exit::Interrupted, false) => NextStep {
            why: "to go on: rows that are stored are not sent again",
            command: typed_again(&["--fresh"], ""),
        },
        (Exit::Unusable, _) | (Exit::Server | Exit::Machine | Exit::Interrupted, true) => {
            NextStep { why: "from the beginning", command: typed_again(&[], "--fresh") }
        }
    }
}

/// Different in every run, so that two importers that fail together do not come back together.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}
