//! One file a subcommand: gather what is needed, call the rooms, report. Decides exit codes.

mod check;
mod doctor;
mod expiry;
mod explain;
mod failure;
mod goal;
mod guess;
mod import;
mod inspect;
mod interview;
mod locks;
mod mapping;
mod next;
mod no_mapping;
mod preview;
mod rebuild;
mod reports;
mod resume;
mod rows;
mod run_report;
mod sandbox;
mod session;
mod stage;
mod which_sheet;

use std::ffi::OsString;

use self::import::Job;
use crate::cli::Command;
use crate::ui::Terminal;

pub use failure::{Exit, Failure, Failures};

/// Does what was typed, in these words; returns how the process should end. Everything wrong has been said by then.
pub fn run(terminal: &Terminal, command: Command, words: Vec<OsString>) -> Exit {
    let done = match command {
        Command::Import(args) if args.dry_run => check::dry_import(terminal, *args),
        Command::Import(args) => import::import(terminal, &args, Job::import(words)),
        Command::Resume(args) => resume::resume(terminal, args),
        Command::Retry(args) => resume::retry(terminal, args),
        Command::Report(args) => rebuild::report(terminal, &args),
        Command::Check(args) => check::check(terminal, args),
        Command::Explain(args) => explain::explain(terminal, &args),
        Command::Preview(args) => preview::preview(terminal, args),
        Command::Rows(args) => rows::rows(terminal, args),
        Command::Doctor(args) => doctor::doctor(terminal, &args),
        Command::Guess(args) => guess::guess(terminal, args),
        Command::Mapping(command) => mapping::mapping(terminal, command),
        Command::Inspect(args) => inspect::inspect(terminal, args),
        Command::Sandbox(args) => sandbox::sandbox(terminal, args),
    };
    match done {
        Ok(exit) => exit,
        Err(failures) => {
            for failure in &failures.0 {
                terminal.complain(&failure.render());
            }
            failures.exit()
        }
    }
}
