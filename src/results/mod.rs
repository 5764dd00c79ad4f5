//! Rows and their endings in, files for people out: `results.csv`, `failed.csv`, `summary.json`, and what `check` tells.
//! Touches its output files only.

mod account;
mod catalogue;
mod charts;
mod columns;
mod documents;
mod findings;
mod form;
mod html;
mod os_lock;
mod output_file;
mod records;
mod remarks;
mod results_csv;
mod results_xlsx;
mod run_dir;
mod sequence;
mod side_file;
mod summary;
mod tags;
mod timeline;
mod witness;

pub use account::Account;
pub use catalogue::{Page, merge_page, page, pages};
pub use documents::Documents;
pub use findings::{BadRow, Example, Finding, Findings, Gathered, Mark};
pub use form::Form;
pub use html::{certain_cards, html_page};
pub use os_lock::{LockError, OsLock};
pub use output_file::{OutputFile, followed};
pub use records::{Outputs, Records, WriteError};
pub use remarks::{Remark, remarks, told_rows};
pub use results_csv::{FailedCsv, ResultsCsv};
pub use results_xlsx::ResultsXlsx;
pub use run_dir::{RunDir, RunDirError};
pub use sequence::Sequence;
pub use side_file::SideFile;
pub use summary::{
    Counts, Summary, SummaryCards, SummaryChanges, SummarySettings, SummaryStop, forecast_json, merges_json,
    remark_json,
};
pub use timeline::{Span, Timeline};
pub use witness::stored_rows;
