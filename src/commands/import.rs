//! `c3import import`: the main job.

use std::path::Path;
use std::sync::Arc;

use super::next::{job, quoted, typed_again};
use super::run_report::{exit, stop, summary};
use super::sandbox::InProcess;
use super::stage::{Stage, default_run_dir};
use super::{Exit, Failure, Failures};
use crate::cli::{ImportArgs, ServerArgs, SourceArgs};
use crate::model::{Input, TableShape};
use crate::pipeline::{self, Delivery, Plan, Progress, Report};
use crate::results::{ResultsCsv, RunDir, RunDirError, SummarySettings};
use crate::schedule::Policy;
use crate::settings::TokenError;
use crate::ui::{NextStep, ProgressBar, RunView, Terminal, import_summary};
use crate::upload::{Client, ClientSettings, Endpoint};

/// Uploads every row.
pub fn import(terminal: &Terminal, args: &ImportArgs) -> Result<Exit, Failures> {
    // Whatever is wrong on both sides is told at once.
    let (stage, goal) = match (Stage::set(terminal, &args.source, &args.mapping), Goal::find(args)) {
        (Ok(stage), Ok(goal)) => (stage, goal),
        (Err(stage), Err(goal)) => return Err(Failures([stage.0, goal.0].concat())),
        (Err(failures), Ok(_)) | (Ok(_), Err(failures)) => return Err(failures),
    };
    let run_dir = args.run_dir.clone().unwrap_or_else(|| default_run_dir(&args.source.input()));
    let (run_dir, results) = open_results(&run_dir, args.fresh, &args.source, &stage.table)?;

    let shape = stage.table.shape().clone();
    let policy = args.pace.policy(seed());
    let settings = settings(Some(goal.endpoint.to_string()), &args.mapping, &policy, args.pace.timeout.as_secs_f64());
    let progress = Arc::new(Progress::default());
    let plan = Plan {
        table: stage.table,
        mapper: stage.mapper,
        rules: args.server.rules.rules(),
        policy,
        delivery: Delivery::Live(goal.client),
        results: Some(results),
        grace: args.pace.grace,
        progress: Arc::clone(&progress),
    };
    let name = args.source.input().to_string();
    tracing::info!(input = name, read_as = shape.description, endpoint = %goal.endpoint, "sending");
    let report = run(terminal, &name, plan, progress, false)?;
    write_summary(&report, name, &shape, false, settings, &run_dir)?;

    let exit = exit(&report, false);
    tracing::info!(rows = report.tally.rows(), requests = report.requests, exit = exit.code(), "done");
    let next = next_step(args, exit);
    let view = RunView {
        input: &args.source.input().to_string(),
        read_as: &shape.description,
        report: &report,
        stopped: stop(&report.ending).map(|stop| stop.reason),
        results: Some(&run_dir.results()),
        sandbox_cards: goal.sandbox.as_ref().map(InProcess::cards),
    };
    import_summary(terminal, &view, exit, &next);
    Ok(exit)
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

/// Makes the run directory and starts `results.csv` in it.
pub fn open_results(
    path: &Path,
    fresh: bool,
    source: &SourceArgs,
    table: &crate::source::Table,
) -> Result<(RunDir, ResultsCsv), Failures> {
    if let (Input::File(input), true) = (source.input(), fresh) {
        let inside =
            input.canonicalize().ok().zip(path.canonicalize().ok()).is_some_and(|(input, dir)| input.starts_with(dir));
        if inside {
            let message = format!("{} lies in {}, which --fresh would clear", input.display(), path.display());
            return Err(Failure::unusable(message).hint("copy it elsewhere, or choose another --run-dir").into());
        }
    }
    let run_dir = RunDir::create(path, fresh).map_err(|error| match &error {
        RunDirError::Taken(_) => Failure::unusable(error.to_string())
            .hint("keep it and choose another --run-dir, or replace it with --fresh (then every row is sent again)"),
        RunDirError::NotADirectory(_) => Failure::unusable(error.to_string()).hint("choose another --run-dir"),
        RunDirError::Io { .. } => Failure::machine(error.to_string()).hint("choose another place with --run-dir"),
    })?;
    let results = run_dir
        .create_results()
        .and_then(|file| ResultsCsv::start(file, table.header(), table.shape().dialect))
        .map_err(|error| Failure::machine(format!("{} cannot be written: {error}", run_dir.results().display())))?;
    Ok((run_dir, results))
}

/// Writes `summary.json`.
pub fn write_summary(
    report: &Report,
    input: String,
    shape: &TableShape,
    dry: bool,
    settings: SummarySettings,
    run_dir: &RunDir,
) -> Result<(), Failures> {
    let json = summary(report, input, shape, dry, settings).to_json();
    let written = run_dir.write_summary(&json);
    written
        .map_err(|error| Failure::machine(format!("{} cannot be written: {error}", run_dir.summary().display())).into())
}

/// The settings as `summary.json` tells them.
pub fn settings(endpoint: Option<String>, mapping: &Path, policy: &Policy, timeout: f64) -> SummarySettings {
    let mapping = mapping.display().to_string();
    SummarySettings { endpoint, mapping, concurrency: policy.concurrency, rate: policy.rate, timeout }
}

/// Where cards go, and who brings them there.
struct Goal {
    endpoint: Endpoint,
    client: Client,
    sandbox: Option<InProcess>,
}

impl Goal {
    fn find(args: &ImportArgs) -> Result<Goal, Failures> {
        let sandbox = args.server.sandbox.then(|| InProcess::start(&args.server.faults)).transpose()?;
        let (endpoint, token) = match &sandbox {
            Some(sandbox) => (sandbox.endpoint()?, sandbox.token()),
            None => {
                // Address and token may both be missing; then both are told.
                let token = args.server.token_source().load().map_err(|error| token_failure(&error));
                match (address(&args.server), token) {
                    (Ok(endpoint), Ok(token)) => (endpoint, token),
                    (Err(address), Err(token)) => return Err(Failures(vec![address, token])),
                    (Err(failure), Ok(_)) | (Ok(_), Err(failure)) => return Err(failure.into()),
                }
            }
        };
        let client = Client::new(ClientSettings {
            endpoint: endpoint.clone(),
            token,
            timeout: args.pace.timeout,
            concurrency: args.pace.in_flight_max(),
            time_of_day: pipeline::time_of_day,
        });
        let client = client.map_err(|error| Failure::unusable(error.to_string()))?;
        Ok(Goal { endpoint, client, sandbox })
    }
}

fn address(server: &ServerArgs) -> Result<Endpoint, Failure> {
    let missing = match (server.server(), server.workspace()) {
        (Some(url), Some(workspace)) => {
            return Endpoint::new(&url, &workspace).map_err(|error| Failure::unusable(error.to_string()));
        }
        (None, None) => "--server and --workspace are",
        (None, Some(_)) => "--server is",
        (Some(_), None) => "--workspace is",
    };
    Err(Failure::unusable(format!("{missing} missing"))
        .hint("say where to send, such as --server https://apid.cention.com --workspace demo, or try --sandbox"))
}

fn token_failure(error: &TokenError) -> Failure {
    Failure::unusable(error.to_string()).hint(error.hint())
}

/// What to type next.
fn next_step(args: &ImportArgs, exit: Exit) -> NextStep {
    let run_dir = args.run_dir.clone().unwrap_or_else(|| default_run_dir(&args.source.input()));
    match (exit, args.server.sandbox) {
        (Exit::Landed, true) => NextStep {
            why: "for real, with your server, workspace and token",
            command: format!("{} --fresh --server https://… --workspace …", job("import", &args.source, &args.mapping)),
        },
        (Exit::Landed, false) => NextStep {
            why: "every row with its c3_id",
            command: format!("c3import rows {}", quoted(&run_dir.join("results.csv"))),
        },
        (Exit::SomeRows, _) => NextStep {
            why: "mend the rows that did not land in a copy that holds only them; results.csv says what is wrong",
            command: job("check", &args.source, &args.mapping),
        },
        (Exit::Unusable | Exit::Server | Exit::Machine | Exit::Interrupted, _) => NextStep {
            why: "when the reason is gone; every row is sent again, so leave those that are stored out of the input",
            command: typed_again("--fresh"),
        },
    }
}
/// Different in every run, so that two importers that fail together do not come back together.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}
