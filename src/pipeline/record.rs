//! The last stage, on a thread of its own: endings take their place in input order and are written down.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};

use super::lookout::Lookout;
use super::outcome::would_repeat;
use super::progress::Progress;
use super::rehearsal::Rehearsed;
use super::seats::Seats;
use super::{RecordError, SideFiles};
use crate::model::{Header, MergeOutlook, Ordinal, Outcome, Row, RowNumber, Status, Tally};
use crate::plan::Sightings;
use crate::results::{Findings, Gathered, Records, Sequence, WriteError};

/// Results are handed to the operating system when they are this much, or when nothing else is to be done.
const GATHERED_BYTES_MAX: usize = 64 * 1024;

/// What the recorder is told.
#[derive(Debug)]
pub enum News {
    /// Rows came into the house; some have ended already.
    Rows(Vec<Arrival>, Sightings),
    /// Rows of a dry run: all have ended.
    Rehearsed(Rehearsed),
    /// Rows ended.
    Outcomes(Vec<(Ordinal, Outcome)>),
    /// The journal cannot be written any more: what comes now counts, and is not written down.
    Unwritable(RecordError),
}

/// A row that came into the house.
#[derive(Debug)]
pub struct Arrival {
    pub ordinal: Ordinal,
    pub row: Row,
    /// How many seats it takes.
    pub weight: usize,
    /// How it ended, once it has.
    pub ended: Option<Outcome>,
}

/// The last stage.
#[derive(Debug)]
pub struct Recorder {
    pub header: Header,
    pub results: Option<Records>,
    pub side: SideFiles,
    pub findings: Findings,
    /// When rows are held against each other.
    pub lookout: Option<Lookout>,
    pub seats: Arc<Seats>,
    pub progress: Arc<Progress>,
}

/// What it knows in the end.
#[derive(Debug)]
pub struct Recorded {
    pub tally: Tally,
    pub findings: Gathered,
    pub merges: Option<MergeOutlook>,
    pub side: SideFiles,
    pub error: Option<RecordError>,
}

impl Recorder {
    /// Writes until nobody has news any more.
    pub fn run(self, inbox: &Receiver<News>) -> Recorded {
        let Recorder { header, results, mut side, mut findings, mut lookout, seats, progress } = self;
        let mut sequence: Sequence<Arrival> = Sequence::default();
        let mut tally = Tally::default();
        let mut book = Book { results, unflushed: Vec::new(), rows: 0, error: None };
        loop {
            let news = match inbox.try_recv() {
                Ok(news) => news,
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {
                    // A lull: what is known goes to disk before we wait for more.
                    book.flush();
                    match inbox.recv() {
                        Ok(news) => news,
                        Err(_) => break,
                    }
                }
            };
            let mut given_back = 0;
            match news {
                News::Rows(rows, sightings) => {
                    if let Some(lookout) = &mut lookout {
                        lookout.see(&sightings, |number| {
                            let mut rows = rows.iter().map(|arrival| &arrival.row);
                            rows.find(|row| row.number == number).map(Cow::Borrowed)
                        });
                    }
                    for arrival in rows {
                        let place = sequence.place(arrival.ordinal).expect("rows come before their turn");
                        *place = Some(arrival);
                    }
                }
                News::Rehearsed(Rehearsed { mut rows, ready, position, sightings, shelf, documents, seats: taken }) => {
                    if let Some(lookout) = &mut lookout {
                        let repeats = lookout.see(&sightings, |number| shelf.row(number).map(Cow::Owned));
                        for number in repeats {
                            let at = rows.binary_search_by_key(&number, |(row, _)| row.number);
                            at.into_iter().for_each(|at| would_repeat(&mut rows[at].1));
                        }
                    }
                    for (row, outcome) in &rows {
                        tally.add(outcome.status);
                        progress.settle(outcome.status, 1, position);
                        findings.note(row, outcome);
                        side.add(row, outcome);
                        book.add(&header, row, outcome);
                    }
                    side.add_documents(&documents);
                    tally.add_many(Status::NotSent, ready);
                    progress.settle(Status::NotSent, ready, position);
                    given_back += taken;
                }
                News::Unwritable(error) => book.close_with(error),
                News::Outcomes(outcomes) => {
                    for (ordinal, outcome) in outcomes {
                        let place = sequence.place(ordinal).and_then(Option::as_mut);
                        place.expect("a row comes before its ending, and ends once").ended = Some(outcome);
                    }
                }
            }
            while let Some(Arrival { row, weight, ended: Some(outcome), .. }) = sequence.pop_if(|it| it.ended.is_some())
            {
                tally.add(outcome.status);
                progress.settle(outcome.status, 1, row.position);
                findings.note(&row, &outcome);
                side.add(&row, &outcome);
                book.add(&header, &row, &outcome);
                given_back += weight;
            }
            if book.error.is_some() {
                progress.raise_trouble();
            }
            seats.give_back(given_back);
        }
        Recorded { tally, findings: findings.finish(), merges: lookout.map(Lookout::finish), side, error: book.close() }
    }
}

/// The results as far as they are written, and what is not.
struct Book {
    results: Option<Records>,
    /// Rows added since the last flush that are stored in the server.
    unflushed: Vec<RowNumber>,
    /// Rows added since the last flush.
    rows: u64,
    error: Option<RecordError>,
}

impl Book {
    /// After the first failure nothing more is written, so that what is on disk stays a prefix; rows that are stored all
    /// the same are remembered.
    fn add(&mut self, header: &Header, row: &Row, outcome: &Outcome) {
        let Some(results) = &mut self.results else { return };
        if outcome.status == Status::Stored {
            match &mut self.error {
                None => self.unflushed.push(row.number),
                Some(error) => error.unwritten_stored.push(row.number),
            }
        }
        if self.error.is_some() {
            return;
        }
        let added = results.add(header, row, outcome);
        let full = results.gathered() >= GATHERED_BYTES_MAX;
        self.rows += 1;
        self.heed(added);
        if full {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let (Some(results), None) = (&mut self.results, &self.error) else { return };
        if self.rows == 0 {
            return;
        }
        let flushed = results.flush();
        self.heed(flushed);
        self.unflushed.clear();
        self.rows = 0;
    }

    fn heed(&mut self, written: Result<(), WriteError>) {
        if let (Err(error), None) = (written, &self.error) {
            let unwritten_stored = std::mem::take(&mut self.unflushed);
            self.error = Some(RecordError { what: "the results", error: error.to_string(), unwritten_stored });
        }
    }

    /// Writes no more, for a reason from elsewhere.
    fn close_with(&mut self, error: RecordError) {
        self.flush();
        self.error.get_or_insert(error);
    }

    fn close(mut self) -> Option<RecordError> {
        self.flush();
        if let (Some(results), None) = (self.results.take(), &self.error) {
            let finished = results.finish();
            self.heed(finished);
        }
        self.error
    }
}
