//! The first stage, on a thread of its own: rows are read, mapped, and cards encoded.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc::Sender;

use super::BATCH_ROWS;
use super::progress::Progress;
use super::seats::Seats;
use crate::jsonapi;
use crate::mapping::Mapper;
use crate::model::{ContactCard, Mapped, Ordinal, Outcome, OutcomeCode, Reason, Row, ServerRules, Status};
use crate::source::{ReadEnd, SourceError, Table};

/// What the feed hands over.
#[derive(Debug)]
pub enum Fed {
    /// The next rows, in input order.
    Rows(Vec<FedRow>),
    /// There are no more; how the reading ended.
    End(Result<ReadEnd, SourceError>),
}

/// A row, and what the mapping made of it.
#[derive(Debug)]
pub struct FedRow {
    pub ordinal: Ordinal,
    pub row: Row,
    pub fate: Fate,
}

/// What becomes of a row.
#[derive(Debug)]
pub enum Fate {
    /// It has ended already.
    Ended(Outcome),
    /// It is to be sent.
    Card(Box<Parcel>),
}

/// A card with its document.
#[derive(Debug)]
pub struct Parcel {
    pub card: ContactCard,
    pub document: Bytes,
    /// What was left out of the card.
    pub warnings: Vec<Reason>,
}

/// The first stage.
#[derive(Debug)]
pub struct Feed {
    pub mapper: Arc<Mapper>,
    pub rules: ServerRules,
    pub seats: Arc<Seats>,
    pub progress: Arc<Progress>,
}

impl Feed {
    /// Reads until the end, or until nobody listens any more.
    pub fn run(self, table: Table, out: &Sender<Fed>) {
        let mut batch = Vec::new();
        let mut next = 0;
        let end = table.read(&mut |row| {
            if batch.is_empty() {
                if !self.seats.take(BATCH_ROWS) {
                    return ControlFlow::Break(());
                }
                batch.reserve_exact(BATCH_ROWS);
            }
            let fate = self.judge(&row);
            batch.push(FedRow { ordinal: Ordinal(next), row, fate });
            next += 1;
            if batch.len() < BATCH_ROWS {
                return ControlFlow::Continue(());
            }
            self.progress.read(batch.len() as u64);
            match out.blocking_send(Fed::Rows(std::mem::take(&mut batch))) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        self.progress.read(batch.len() as u64);
        let handed_over = out.blocking_send(Fed::Rows(batch)).and_then(|()| out.blocking_send(Fed::End(end)));
        if handed_over.is_err() {
            tracing::debug!("the run ended before the reading did");
        }
    }

    fn judge(&self, row: &Row) -> Fate {
        match self.mapper.map(row) {
            Mapped::Card { card, warnings } => {
                let document = Bytes::from(jsonapi::encode(&card, self.rules.name_at));
                let warnings = warnings.into_iter().map(Reason::from).collect();
                Fate::Card(Box::new(Parcel { card, document, warnings }))
            }
            Mapped::Rejected(issues) => Fate::Ended(Outcome::invalid(issues)),
            Mapped::Skipped => {
                let message = "nothing to send: every mapped cell is blank".to_owned();
                skipped(OutcomeCode::RowBlank, message)
            }
            Mapped::Excluded(reason) => skipped(OutcomeCode::RowExcluded, reason),
        }
    }
}

fn skipped(code: OutcomeCode, message: String) -> Fate {
    let reason = Reason { code, columns: Vec::new(), message };
    Fate::Ended(Outcome::unsent(Status::Skipped, vec![reason]))
}
