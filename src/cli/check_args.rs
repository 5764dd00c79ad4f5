//! `c3import check`, and what it has in common with an import.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::SourceArgs;
use super::output_path::output_path;
use super::server_args::RulesArgs;
use crate::settings::Rate;

/// `c3import check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// What to read.
    #[command(flatten)]
    pub source: SourceArgs,
    /// The mapping file: which column becomes which field. Without it a shipped one that fits is offered.
    #[arg(short, long, value_name = "MAPPING")]
    pub mapping: Option<PathBuf>,
    /// Also write results.csv and summary.json here.
    #[arg(long, value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// Take rows that share a contact for one card, as an import with --merge-rows sends them; of a --sample, its rows.
    #[arg(long)]
    pub merge_rows: bool,
    /// Begin anew: the files of an earlier run are kept under numbered names.
    #[arg(long, requires = "run_dir")]
    pub fresh: bool,
    /// Print everything as JSON.
    #[arg(long)]
    pub json: bool,
    /// Forecast for so many requests a second, fractions allowed; or unlimited.
    #[arg(long, value_name = "RATE", default_value = "10")]
    pub rate: Rate,
    /// Look at the first so many rows only. What is said then is said of those.
    #[arg(long, value_name = "N")]
    pub sample: Option<NonZeroU64>,
    /// Write the documents that an import would post here, one a line; to a named pipe as they come.
    #[arg(long, value_name = "FILE", value_parser = output_path(), help_heading = "Reporting")]
    pub documents: Option<PathBuf>,
    /// What an import would be told of the server.
    #[command(flatten)]
    pub rules: RulesArgs,
    /// What is reported, and what counts as wrong.
    #[command(flatten)]
    pub watch: WatchArgs,
}

/// What is reported, and what counts as wrong.
#[derive(Clone, Debug, Args)]
pub struct WatchArgs {
    /// Write a report to show to others: a page (.html), or the sheet with every row's fate (.xlsx). May be repeated.
    #[arg(long, value_name = "FILE", help_heading = "Reporting")]
    pub report: Vec<ReportPath>,
    /// Exit with 1 also when there are only warnings.
    #[arg(long, value_name = "SEVERITY", default_value = "error", help_heading = "Reporting")]
    pub fail_on: FailOn,
    /// Take it for an error when more rows than that land on one card; an import looks before it sends anything.
    #[arg(long, value_name = "N", help_heading = "Reporting")]
    pub max_group: Option<NonZeroU64>,
}

/// What makes the exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// A row that is not fit, or did not land.
    Error,
    /// A warning, too.
    Warning,
}

/// A report, told by its suffix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportPath {
    /// A page for a browser.
    Html(PathBuf),
    /// A workbook.
    Xlsx(PathBuf),
}

impl ReportPath {
    /// Where it goes.
    pub fn path(&self) -> &Path {
        match self {
            ReportPath::Html(path) | ReportPath::Xlsx(path) => path,
        }
    }
}

impl FromStr for ReportPath {
    type Err = String;

    fn from_str(text: &str) -> Result<ReportPath, String> {
        let path = PathBuf::from(text);
        match path.extension().map(|suffix| suffix.to_string_lossy().to_ascii_lowercase()).as_deref() {
            Some("html" | "htm") => Ok(ReportPath::Html(path)),
            Some("xlsx") => Ok(ReportPath::Xlsx(path)),
            _ => Err("a report is a page or a workbook: let its name end in .html or .xlsx".to_owned()),
        }
    }
}

/// `c3import explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code, such as phone.length; all of them when there is none.
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}
