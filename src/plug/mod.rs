//! Moments at which the plug may be pulled on purpose: what tests need to kill the program at the very place where it
//! hurts most. Every room may name its moments; none is told anything back. Touches one variable of the environment,
//! and that only in builds with debug assertions.
//!
//! `C3IMPORT_PULL_PLUG=answer-heard:3` ends the process when an answer is heard for the third time, as SIGKILL would:
//! nothing is written, flushed or unlocked by us. A test that runs the program within itself hangs a plug of its own on
//! its thread, which hands it on to those that it starts. A release build holds neither the variable nor the calls, so
//! that nobody can end a real run through its environment, and a moment costs nothing there.

#[cfg(not(debug_assertions))]
mod absent;
#[cfg(debug_assertions)]
mod armed;

#[cfg(not(debug_assertions))]
pub use absent::{Cord, at, cord};
#[cfg(debug_assertions)]
pub use armed::{Cord, Plug, at, cord};

/// A moment in the life of a run, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The journal is made, and no session has begun.
    JournalMade,
    /// The session is on disk, and its results are not started.
    SessionBegun,
    /// A card's turn has come, and the journal does not know.
    IntentUnwritten,
    /// The journal has it on disk that a card is about to be sent, and no byte has left.
    IntentWritten,
    /// An answer is heard, and nobody was told of it.
    AnswerHeard,
    /// Endings are in a transaction that is not committed.
    EndingTorn,
    /// Endings are on disk in the journal, and the results have not heard of them.
    EndingWritten,
    /// Every row is in the results, which have their temporary names.
    ResultsWhole,
    /// `failed.csv` has its name, and `results.csv` has not.
    FailedNamed,
    /// Both have their names, and the session has not ended.
    ResultsNamed,
    /// The last word of the session is in a transaction that is not committed.
    EndTorn,
    /// The last word is on disk.
    SessionEnded,
}

impl Moment {
    /// All.
    pub const ALL: [Moment; 12] = [
        Moment::JournalMade,
        Moment::SessionBegun,
        Moment::IntentUnwritten,
        Moment::IntentWritten,
        Moment::AnswerHeard,
        Moment::EndingTorn,
        Moment::EndingWritten,
        Moment::ResultsWhole,
        Moment::FailedNamed,
        Moment::ResultsNamed,
        Moment::EndTorn,
        Moment::SessionEnded,
    ];

    /// As the variable names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Moment::JournalMade => "journal-made",
            Moment::SessionBegun => "session-begun",
            Moment::IntentUnwritten => "intent-unwritten",
            Moment::IntentWritten => "intent-written",
            Moment::AnswerHeard => "answer-heard",
            Moment::EndingTorn => "ending-torn",
            Moment::EndingWritten => "ending-written",
            Moment::ResultsWhole => "results-whole",
            Moment::FailedNamed => "failed-named",
            Moment::ResultsNamed => "results-named",
            Moment::EndTorn => "end-torn",
            Moment::SessionEnded => "session-ended",
        }
    }
}
