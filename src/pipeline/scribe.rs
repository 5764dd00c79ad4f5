//! Between deliver and record, on a thread of its own: nothing is sent that has to be remembered first, and nothing is
//! written into the results, before the journal has it on disk.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use super::RecordError;
use super::progress::Progress;
use super::record::{Arrival, News};
use super::rehearsal::Rehearsed;
use crate::journal::{Journal, JournalError, Subject};
use crate::model::{Header, Ordinal, Outcome};
use crate::plan::Sightings;

/// A commit is a wait for the disk. Endings share it: so many at most.
const ENDINGS_MAX: usize = 512;

/// After a commit so many times as long as it took are without one, so that a twentieth of the time goes into commits …
const COMMIT_PAUSE: u32 = 20;

/// … but never longer than this. What is not on disk when the plug is pulled is sent again where that is safe.
const COMMIT_PAUSE_MAX: Duration = Duration::from_millis(50);

/// What the scribe is told.
#[derive(Debug)]
pub enum Note {
    /// Rows came into the house; some have ended already.
    Rows(Vec<Arrival>, Sightings),
    /// Cards are about to be sent. Those with `waits` go when the scribe says so.
    Opening(Vec<Opening>),
    /// Cards were certainly not processed, and wait to be sent again.
    Back(Vec<Ordinal>),
    /// Rows ended.
    Outcomes(Vec<Ended>),
}

/// A card is about to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    pub row: Ordinal,
    pub subject: Subject,
    /// Whether it is sent only when this is on disk.
    pub waits: bool,
}

/// A row ended.
#[derive(Debug)]
pub struct Ended {
    pub row: Ordinal,
    pub subject: Subject,
    pub outcome: Outcome,
    /// Whether it may be sent again when the run goes on.
    pub goes_on: bool,
    /// Whether it has come into the house. One whose values went with the card of an earlier row may have ended before.
    pub here: bool,
}

/// Where deliver sends its news: through the scribe, where there is a journal.
#[derive(Debug)]
pub enum Outlet {
    Scribe(Sender<Note>),
    Record(Sender<News>),
}

impl Outlet {
    pub fn remembers(&self) -> bool {
        matches!(self, Outlet::Scribe(_))
    }

    pub fn rows(&self, rows: Vec<Arrival>, sightings: Sightings) {
        match self {
            Outlet::Scribe(scribe) => tell(scribe, Note::Rows(rows, sightings)),
            Outlet::Record(record) => tell(record, News::Rows(rows, sightings)),
        }
    }

    /// Rows of a dry run, of which nothing is remembered.
    pub fn rehearsed(&self, rows: Rehearsed) {
        match self {
            Outlet::Scribe(_) => unreachable!("a dry run has no journal"),
            Outlet::Record(record) => tell(record, News::Rehearsed(rows)),
        }
    }

    pub fn outcomes(&self, outcomes: Vec<Ended>) {
        match self {
            Outlet::Scribe(scribe) => tell(scribe, Note::Outcomes(outcomes)),
            Outlet::Record(record) => tell(record, News::Outcomes(bare(outcomes))),
        }
    }

    pub fn opening(&self, opening: Vec<Opening>) {
        if let Outlet::Scribe(scribe) = self {
            tell(scribe, Note::Opening(opening));
        }
    }

    pub fn back(&self, rows: Vec<Ordinal>) {
        if let Outlet::Scribe(scribe) = self {
            tell(scribe, Note::Back(rows));
        }
    }
}

fn tell<T>(listener: &Sender<T>, news: T) {
    assert!(listener.send(news).is_ok(), "it listens until we are gone");
}

fn bare(outcomes: Vec<Ended>) -> Vec<(Ordinal, Outcome)> {
    outcomes.into_iter().filter(|ended| ended.here).map(|ended| (ended.row, ended.outcome)).collect()
}

/// Writes the journal.
#[derive(Debug)]
pub struct Scribe {
    pub journal: Journal,
    pub header: Header,
    pub to_record: Sender<News>,
    /// Rows that may be sent now.
    pub cleared: UnboundedSender<Vec<Ordinal>>,
    pub progress: Arc<Progress>,
}

/// What waits for the next commit.
#[derive(Debug, Default)]
struct Pending {
    outcomes: Vec<(Ordinal, Outcome)>,
    waiting: Vec<Ordinal>,
    any: bool,
}

impl Scribe {
    /// Writes until nobody has news any more; gives the journal back. After the first failure nothing is passed on
    /// until the end, when it tries once more.
    pub fn run(mut self, inbox: &Receiver<Note>) -> (Journal, Option<JournalError>) {
        let mut pending = Pending::default();
        let mut failure: Option<JournalError> = None;
        let mut next_commit = Instant::now();
        loop {
            let told = if !pending.any || failure.is_some() {
                inbox.recv().map_err(RecvTimeoutError::from)
            } else if self.journal.waiting() >= ENDINGS_MAX {
                Err(RecvTimeoutError::Timeout)
            } else if pending.waiting.is_empty() {
                inbox.recv_timeout(next_commit.saturating_duration_since(Instant::now()))
            } else {
                // Somebody waits: take what is there already, and write.
                inbox.recv_timeout(Duration::ZERO)
            };
            match told {
                Ok(note) => self.note(note, &mut pending),
                Err(RecvTimeoutError::Timeout) => {
                    let began = Instant::now();
                    match self.journal.commit() {
                        Ok(()) => self.pass_on(&mut pending),
                        Err(error) => {
                            self.progress.raise_trouble();
                            failure = Some(error);
                        }
                    }
                    let ended = Instant::now();
                    next_commit = ended + ((ended - began) * COMMIT_PAUSE).min(COMMIT_PAUSE_MAX);
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        match self.journal.commit() {
            Ok(()) => self.pass_on(&mut pending),
            Err(error) => {
                // They count, and those that are stored are told; the results are not to know more than the journal.
                tell(&self.to_record, News::Unwritable(RecordError::journal(&error)));
                self.pass_on(&mut pending);
                failure.get_or_insert(error);
            }
        }
        (self.journal, failure)
    }

    fn note(&mut self, note: Note, pending: &mut Pending) {
        match note {
            Note::Rows(rows, sightings) => {
                tell(&self.to_record, News::Rows(rows, sightings));
                return;
            }
            Note::Opening(opening) => {
                for Opening { row, subject, waits } in opening {
                    self.journal.open_record(row, subject);
                    pending.waiting.extend(waits.then_some(row));
                }
            }
            Note::Back(rows) => rows.into_iter().for_each(|row| self.journal.take_back(row)),
            Note::Outcomes(ended) => {
                // All of a message is in one commit: the rows of a card are known to have landed together.
                for Ended { row, subject, outcome, goes_on, here } in ended {
                    self.journal.close_record(&self.header, row, subject, &outcome, goes_on);
                    pending.outcomes.extend(here.then_some((row, outcome)));
                }
            }
        }
        pending.any = true;
    }

    fn pass_on(&self, pending: &mut Pending) {
        let Pending { outcomes, waiting, .. } = std::mem::take(pending);
        if !outcomes.is_empty() {
            tell(&self.to_record, News::Outcomes(outcomes));
        }
        if !waiting.is_empty() && self.cleared.send(waiting).is_err() {
            tracing::debug!("the run ended before cards that waited for the journal could go");
        }
    }
}
