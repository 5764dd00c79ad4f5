//! Rows and their endings in, files for people out: `results.csv`, `summary.json`, and what `check` tells.
//! Touches its output files only.

mod columns;
mod findings;
mod results_csv;
mod run_dir;
mod sequence;
mod summary;

pub use columns::OWN_COLUMNS;
pub use findings::{Example, Finding, Findings};
pub use results_csv::ResultsCsv;
pub use run_dir::{RunDir, RunDirError};
pub use sequence::Sequence;
pub use summary::{Counts, Summary, SummaryCards, SummaryFinding, SummarySettings, SummaryStop};
