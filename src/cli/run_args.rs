//! Runs that were begun, and what a run leaves behind.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output_path::output_path;
use super::server_args::TokenArgs;
use crate::model::Status;

/// Where a run's tables go.
#[derive(Clone, Debug, Default, Args)]
pub struct OutputArgs {
    /// Write the results here [default: results.csv in the run directory].
    #[arg(long, value_name = "PATH", value_parser = output_path())]
    pub results: Option<PathBuf>,
    /// Write the rows to mend here [default: failed.csv in the run directory].
    #[arg(long, value_name = "PATH", value_parser = output_path())]
    pub failed: Option<PathBuf>,
}

/// `c3import resume`.
#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// The run directory.
    #[arg(value_name = "RUN_DIR")]
    pub run_dir: PathBuf,
    /// With which token.
    #[command(flatten)]
    pub token: TokenArgs,
}

/// `c3import retry`.
#[derive(Debug, Args)]
pub struct RetryArgs {
    /// The run directory.
    #[arg(value_name = "RUN_DIR")]
    pub run_dir: PathBuf,
    /// Send only rows that ended so; several are separated by commas. A row that is uncertain and has no contact is never
    /// sent again.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "STATUS,…")]
    pub only: Vec<RetryStatus>,
    /// With which token.
    #[command(flatten)]
    pub token: TokenArgs,
}

/// `c3import report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The run directory.
    #[arg(value_name = "RUN_DIR")]
    pub run_dir: PathBuf,
    /// Where the tables go.
    #[command(flatten)]
    pub outputs: OutputArgs,
}

/// Rows that may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RetryStatus {
    /// The server said no.
    Refused,
    /// Nobody knows.
    Uncertain,
    /// Something was wrong with the row; it is mended in the input now.
    Invalid,
    /// The run ended before its turn.
    #[value(name = "not_sent")]
    NotSent,
}

impl RetryArgs {
    /// How rows ended that are sent again. A row that was invalid has never been sent, and has no other status since.
    pub fn again(&self) -> Vec<Status> {
        let only = if self.only.is_empty() { RetryStatus::value_variants() } else { &self.only };
        let status = |status: &RetryStatus| match status {
            RetryStatus::Refused => Status::Refused,
            RetryStatus::Uncertain => Status::Uncertain,
            RetryStatus::Invalid | RetryStatus::NotSent => Status::NotSent,
        };
        only.iter().map(status).collect()
    }
}
