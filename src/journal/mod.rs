//! What a run must not forget in, what earlier sessions of it knew out: which cards are about to be sent, how rows
//! ended, and what the run is. Touches its own file (`journal.db` and what SQLite puts beside it).
//!
//! A run may take several sessions: the first is killed, the next goes on. Records are added and completed, never taken
//! away; a row that is tried again gets a new record which names the one that it takes the place of.
//!
//! It keeps ids, digests, counts and what the server said. It keeps no cells, except where a message quotes one, and
//! never a token.

mod error;
mod facts;
mod file;
mod reasons;
mod recall;
mod record;

pub use error::JournalError;
pub use facts::{Destination, RunFacts, SessionEnd, SessionStart};
pub use file::Journal;
pub use recall::{Kept, Recall, Remembered, Twin};
pub use record::{Before, RecordNumber, Subject};
