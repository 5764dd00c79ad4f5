//! The last stage, on a thread of its own: endings take their place in input order and are written down.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};

use super::RecordError;
use super::progress::Progress;
use super::seats::Seats;
use crate::model::{Header, Ordinal, Outcome, Row, Status, Tally};
use crate::results::{Finding, Findings, ResultsCsv, Sequence};

/// What the recorder is told.
#[derive(Debug)]
pub enum News {
    /// Rows came into the house; some have ended already.
    Rows(Vec<(Ordinal, Row, Option<Outcome>)>),
    /// Rows ended.
    Outcomes(Vec<(Ordinal, Outcome)>),
}

/// The last stage.
#[derive(Debug)]
pub struct Recorder {
    pub header: Header,
    pub results: Option<ResultsCsv>,
    pub findings: Findings,
    pub seats: Arc<Seats>,
    pub progress: Arc<Progress>,
}

/// What it knows in the end.
#[derive(Debug)]
pub struct Recorded {
    pub tally: Tally,
    pub findings: Vec<Finding>,
    pub error: Option<RecordError>,
}

impl Recorder {
    /// Writes until nobody has news any more.
    pub fn run(mut self, inbox: &Receiver<News>) -> Recorded {
        let mut sequence: Sequence<(Row, Option<Outcome>)> = Sequence::default();
        let mut tally = Tally::default();
        let mut error: Option<RecordError> = None;
        let mut unflushed = false;
        loop {
            let news = match inbox.try_recv() {
                Ok(news) => news,
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {
                    // A lull: what is known goes to disk before we wait for more.
                    if std::mem::take(&mut unflushed) {
                        self.write(&mut error, ResultsCsv::flush);
                    }
                    match inbox.recv() {
                        Ok(news) => news,
                        Err(_) => break,
                    }
                }
            };
            match news {
                News::Rows(rows) => {
                    for (ordinal, row, outcome) in rows {
                        let place = sequence.place(ordinal).expect("rows come before their turn");
                        *place = Some((row, outcome));
                    }
                }
                News::Outcomes(outcomes) => {
                    for (ordinal, outcome) in outcomes {
                        let place = sequence.place(ordinal).and_then(Option::as_mut);
                        place.expect("a row comes before its ending, and ends once").1 = Some(outcome);
                    }
                }
            }
            let mut settled = 0;
            while let Some((row, Some(outcome))) = sequence.pop_if(|(_, outcome)| outcome.is_some()) {
                tally.add(outcome.status);
                self.progress.settle(outcome.status, row.position);
                self.findings.note(&self.header, &row, &outcome);
                let header = std::mem::replace(&mut self.header, Header { row: row.number, names: Vec::new() });
                self.write(&mut error, |results| results.add(&header, &row, &outcome));
                self.header = header;
                if let (Some(error), Status::Stored) = (&mut error, outcome.status) {
                    error.unwritten_stored += 1;
                }
                settled += 1;
            }
            unflushed |= settled > 0;
            self.seats.give_back(settled);
        }
        if let Some(results) = self.results.take().filter(|_| error.is_none()) {
            error = results.finish().err().map(|error| RecordError { error, unwritten_stored: 0 });
        }
        Recorded { tally, findings: self.findings.into_list(), error }
    }

    /// Writes, unless writing has failed before. After the first failure nothing more is written, so that what is on
    /// disk stays a prefix; the run is told to stop.
    fn write(&mut self, error: &mut Option<RecordError>, act: impl FnOnce(&mut ResultsCsv) -> io::Result<()>) {
        let (Some(results), None) = (&mut self.results, &error) else { return };
        if let Err(failure) = act(results) {
            *error = Some(RecordError { error: failure, unwritten_stored: 0 });
            self.progress.raise_trouble();
        }
    }
}
