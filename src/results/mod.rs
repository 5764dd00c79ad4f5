//! Rows and their endings in, files for people out: `results.csv`, `failed.csv`, `summary.json`, and what `check` tells.
//! Touches its output files only.

mod catalogue;
mod columns;
mod findings;
mod form;
mod os_lock;
mod output_file;
mod records;
mod remarks;
mod results_csv;
mod run_dir;
mod sequence;
mod summary;
mod witness;

pub use catalogue::{Page, merge_page, page, pages};
pub use columns::OWN_COLUMNS;
pub use findings::{BadRow, Example, Finding, Findings, Gathered, Mark};
pub use form::Form;
pub use os_lock::{LockError, OsLock};
pub use output_file::OutputFile;
pub use records::{Outputs, Records, WriteError};
pub use remarks::{Remark, remarks, told_rows};
pub use results_csv::{FailedCsv, ResultsCsv};
pub use run_dir::{RunDir, RunDirError};
pub use sequence::Sequence;
pub use summary::{
    Counts, Summary, SummaryCards, SummaryChanges, SummarySettings, SummaryStop, forecast_json, merges_json,
    remark_json,
};
pub use witness::stored_rows;
