//! `c3import mapping …` and `c3import guess`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::SourceArgs;

/// What to do with a mapping.
#[derive(Debug, Subcommand)]
pub enum MappingCommand {
    /// Say everything that is wrong with a mapping, alone or with a table; exit 2 when it cannot be used.
    Check(MappingCheckArgs),
    /// Say in plain words what happens to each column, or follow one row step by step.
    Explain(MappingExplainArgs),
    /// Print the JSON Schema of mappings, for editors.
    Schema,
    /// List the mappings that come with the program, or print one: a beginning for your own.
    Shipped(MappingShippedArgs),
}

/// `c3import mapping check`.
#[derive(Debug, Args)]
#[command(mut_arg("file", |file| file.required(false)))]
pub struct MappingCheckArgs {
    /// The mapping file.
    #[arg(value_name = "MAPPING")]
    pub mapping: PathBuf,
    /// The table to hold it against.
    #[command(flatten)]
    pub source: Option<SourceArgs>,
    /// Print JSON: {"mapping", "usable", "diagnostics"}.
    #[arg(long)]
    pub json: bool,
}

/// `c3import mapping explain`.
#[derive(Debug, Args)]
pub struct MappingExplainArgs {
    /// The mapping file.
    #[arg(value_name = "MAPPING")]
    pub mapping: PathBuf,
    /// The table.
    #[command(flatten)]
    pub source: SourceArgs,
    /// Follow this row, by the number a spreadsheet shows.
    #[arg(long, value_name = "N")]
    pub row: Option<u64>,
}

/// `c3import mapping shipped`.
#[derive(Debug, Args)]
pub struct MappingShippedArgs {
    /// Which one to print; without it all are listed.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// `c3import guess`.
#[derive(Debug, Args)]
pub struct GuessArgs {
    /// What to read.
    #[command(flatten)]
    pub source: SourceArgs,
    /// Write the mapping here [default: standard output]. An existing file is not touched.
    #[arg(short, long, value_name = "MAPPING")]
    pub output: Option<PathBuf>,
    /// Whose phone numbers are those without a country code, such as SE.
    #[arg(long, value_name = "COUNTRY")]
    pub country: Option<String>,
    /// Ask about every column with values before writing; needs a terminal.
    #[arg(short, long)]
    pub interactive: bool,
}
