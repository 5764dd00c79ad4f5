//! How much a finding matters.

use super::{OutcomeCode, Status};

/// How much a finding matters, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The row did not get there, or would not.
    Error,
    /// The row got there, or will, but somebody should look.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// All of them, the worst first.
    pub const ALL: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Note];

    /// As reports name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }

    /// How much this reason matters to a row that ended so. Nothing for a row that only had no turn.
    pub fn of(status: Status, code: OutcomeCode) -> Option<Severity> {
        match (code, status) {
            (OutcomeCode::RunDry | OutcomeCode::RunStopped, _) => None,
            (OutcomeCode::RowBlank | OutcomeCode::RowExcluded | OutcomeCode::RowStored | OutcomeCode::RowMerged, _) => {
                Some(Severity::Note)
            }
            (OutcomeCode::RowNameDiffers, _) => Some(Severity::Warning),
            (OutcomeCode::RowRepeats, Status::Unchanged) => Some(Severity::Note),
            (_, Status::Invalid | Status::Refused | Status::Uncertain) => Some(Severity::Error),
            (_, Status::Stored | Status::Unchanged | Status::NotSent | Status::Skipped) => Some(Severity::Warning),
        }
    }
}
