//! What people see: the progress bar, log lines, summaries, diagnostics. The only room that prints.

mod codes;
pub mod diagnostics;
mod doctor;
mod inspect;
mod logging;
mod page;
mod progress;
mod remarks;
mod summary;
mod terminal;

pub use crate::model::figures::span;
pub use crate::model::figures::{count, rows};
pub use codes::{code_list, code_page};
pub use doctor::{Mark, doctor_line};
pub use inspect::{Inspection, inspection_json, inspection_text};
pub use logging::start_logging;
pub use progress::ProgressBar;
pub use summary::{NextStep, RunView, check_report, import_summary, issue_line};
pub use terminal::{Flow, Terminal};
