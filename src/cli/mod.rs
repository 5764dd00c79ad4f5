//! The words people type: commands, flags, their help. Parsed at the wall, decided on in `settings` and `commands`.

mod check_args;
mod inspect_args;
mod mapping_args;
mod output_path;
mod pace_args;
mod run_args;
mod server_args;
mod source_args;
mod typed;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use check_args::{CheckArgs, ExplainArgs, FailOn, ReportPath, WatchArgs};
pub use inspect_args::InspectArgs;
pub use mapping_args::{GuessArgs, MappingCheckArgs, MappingCommand, MappingExplainArgs, MappingShippedArgs};
pub use pace_args::PaceArgs;
pub use run_args::{OutputArgs, ReportArgs, ResumeArgs, RetryArgs, RetryStatus};
pub use server_args::{DestinationArgs, FaultArgs, ServerArgs, TokenArgs};
pub use source_args::SourceArgs;
pub use typed::TypedFlags;

/// Brings people's contacts from spreadsheets into Cention.
///
/// Every row of a CSV, Excel or OpenDocument table becomes one contact card, as a mapping file says; the results pair each
/// row with the c3_id it received or the reason why it did not.
#[derive(Debug, Parser)]
#[command(name = "c3import", version, propagate_version = true, disable_help_subcommand = true)]
#[command(after_help = "Exit codes:
  0  every row landed (check: every row is fit)
  1  finished, but some rows are invalid, refused or uncertain
  2  usage, settings, mapping or input cannot be used; nothing was sent
  3  stopped by the server's state or a guard; it goes on when typed again
  4  stopped by this machine: disk, permissions, another import at work
  5  interrupted; it goes on when typed again")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to talk.
    #[command(flatten)]
    pub talk: TalkArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Upload every row, and write results.csv.
    Import(Box<ImportArgs>),
    /// Go on with a run that was stopped or killed. The same command, typed again, does that too.
    Resume(ResumeArgs),
    /// Send the rows of a run again that did not land.
    Retry(RetryArgs),
    /// Write results.csv, failed.csv and summary.json of a run once more, from its journal and its input.
    Report(ReportArgs),
    /// The dry run: everything that import does, minus the network.
    Check(CheckArgs),
    /// Say what a code such as phone.length means, and what to do about it.
    Explain(ExplainArgs),
    /// Show the JSON documents that the first rows become.
    Preview(PreviewArgs),
    /// Show the rows as they are read: clean UTF-8 CSV, or JSON lines.
    Rows(RowsArgs),
    /// Look at address, connection, clock and token; posts nothing.
    Doctor(Box<DoctorArgs>),
    /// Propose a mapping for a table: a commented file with reasons, to be read before it is used.
    Guess(GuessArgs),
    /// Check or explain a mapping, or print its JSON Schema.
    #[command(subcommand)]
    Mapping(MappingCommand),
    /// Tell what a table is, how that was found, and what its columns hold.
    Inspect(InspectArgs),
    /// Run a stand-in server with the documented rules, to try things out.
    Sandbox(SandboxArgs),
}

/// How to talk.
#[derive(Clone, Copy, Debug, Args)]
pub struct TalkArgs {
    /// Say nothing unless something is wrong.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more; twice for every single request.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// How log lines look.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `c3import import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// What to read.
    #[command(flatten)]
    pub source: SourceArgs,
    /// The mapping file: which column becomes which field. Without it a shipped one that fits is offered.
    #[arg(short, long, value_name = "MAPPING")]
    pub mapping: Option<PathBuf>,
    /// Where to send.
    #[command(flatten)]
    pub server: ServerArgs,
    /// How fast to send.
    #[command(flatten)]
    pub pace: PaceArgs,
    /// Send nothing: the same as `c3import check`.
    #[arg(long)]
    pub dry_run: bool,
    /// Where results go [default: the input's name with .c3run, in the current directory].
    #[arg(long, value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// Send rows that share a contact as one card, with everything that they say; the file is read twice before anything is
    /// sent. --max-rows then counts cards.
    #[arg(long)]
    pub merge_rows: bool,
    /// Begin anew: the files of an earlier run are kept under numbered names, and every row is sent again. Without it an
    /// unfinished run goes on.
    #[arg(long)]
    pub fresh: bool,
    /// Where the tables go.
    #[command(flatten)]
    pub outputs: OutputArgs,
    /// Do not keep other imports out of the run directory and of the workspace.
    #[arg(long)]
    pub no_lock: bool,
    /// What is reported, and what counts as wrong.
    #[command(flatten)]
    pub watch: WatchArgs,
}

/// `c3import preview`.
#[derive(Debug, Args)]
pub struct PreviewArgs {
    /// What to read.
    #[command(flatten)]
    pub source: SourceArgs,
    /// The mapping file: which column becomes which field. Without it a shipped one that fits is offered.
    #[arg(short, long, value_name = "MAPPING")]
    pub mapping: Option<PathBuf>,
    /// How many rows to look at.
    #[arg(short = 'n', long = "rows", value_name = "N", default_value_t = 5)]
    pub rows: u64,
    /// What is assumed of the server.
    #[command(flatten)]
    pub rules: server_args::RulesArgs,
}

/// `c3import rows`.
#[derive(Debug, Args)]
pub struct RowsArgs {
    /// What to read.
    #[command(flatten)]
    pub source: SourceArgs,
    /// Print JSON lines: {"row", "line", "cells", "issues"}.
    #[arg(long)]
    pub json: bool,
}

/// `c3import doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Whom to ask.
    #[command(flatten)]
    pub server: DestinationArgs,
    /// How long the question may take.
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = crate::settings::parse_duration)]
    pub timeout: std::time::Duration,
}

/// `c3import sandbox`.
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// The address to listen on; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: std::net::SocketAddr,
    /// What goes wrong.
    #[command(flatten)]
    pub faults: server_args::FaultArgs,
}
