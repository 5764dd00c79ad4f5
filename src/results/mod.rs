//! Rows and their endings in, files for people out: `results.csv`, `summary.json`, and what `check` tells.
//! Touches its output files only.

mod account;
mod catalogue;
mod charts;
mod columns;
mod documents;
mod findings;
mod html;
mod out_file;
mod remarks;
mod results_csv;
mod results_xlsx;
mod run_dir;
mod sequence;
mod summary;
mod tags;
mod timeline;

pub use account::Account;
pub use catalogue::{Page, merge_page, page, pages};
pub use columns::OWN_COLUMNS;
pub use documents::Documents;
pub use findings::{BadRow, Example, Finding, Findings, Gathered, Mark};
pub use html::html_page;
pub use out_file::OutFile;
pub use remarks::{Remark, remarks, told_rows};
pub use results_csv::ResultsCsv;
pub use results_xlsx::ResultsXlsx;
pub use run_dir::{RunDir, RunDirError};
pub use sequence::Sequence;
pub use summary::{
    Counts, Summary, SummaryCards, SummarySettings, SummaryStop, forecast_json, merges_json, remark_json,
};
pub use timeline::{Span, Timeline};
