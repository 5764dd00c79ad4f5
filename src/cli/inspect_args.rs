//! `c3import inspect`.

use clap::Args;

use super::SourceArgs;

/// `c3import inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// What to read.
    #[command(flatten)]
    pub source: SourceArgs,
    /// Print everything that was found as JSON.
    #[arg(long)]
    pub json: bool,
}
