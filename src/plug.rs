//! Moments at which the plug may be pulled on purpose: what tests need to kill the program at the very place where it
//! hurts most. Every room may name its moments; none is told anything back. Touches one variable of the environment,
//! and that only in builds with debug assertions.
//!
//! `C3IMPORT_PULL_PLUG=answer-heard:3` ends the process when an answer is heard for the third time, as SIGKILL would:
//! nothing is written, flushed or unlocked by us. A release build holds neither the variable nor the calls, so that
//! nobody can end a real run through its environment, and a moment costs nothing there.

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

/// The plug may be pulled here.
#[cfg(debug_assertions)]
pub fn at(moment: Moment) {
    armed::at(moment);
}

/// Nothing, in builds that people use.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn at(_moment: Moment) {}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Moment;

    /// When the plug is pulled: at which moment, and how often it still has to come.
    static PLUG: OnceLock<Option<(Moment, AtomicU64)>> = OnceLock::new();

    pub fn at(moment: Moment) {
        let plug = PLUG.get_or_init(|| std::env::var("C3IMPORT_PULL_PLUG").ok().map(|text| read(&text)));
        if let Some((when, left)) = plug
            && *when == moment
            && left.fetch_sub(1, Ordering::Relaxed) == 1
        {
            // The one end without unwinding, destructors or flushing that the standard library has.
            std::process::abort();
        }
    }

    fn read(text: &str) -> (Moment, AtomicU64) {
        let parsed = text.split_once(':').and_then(|(name, count)| {
            let moment = Moment::ALL.into_iter().find(|moment| moment.as_str() == name)?;
            Some((moment, AtomicU64::new(count.parse().ok().filter(|&count| count > 0)?)))
        });
        parsed.expect("C3IMPORT_PULL_PLUG is a moment and a count, such as answer-heard:3")
    }
}
