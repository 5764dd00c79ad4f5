//! The first stage, on a thread of its own: rows are read, mapped, and cards encoded.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc::Sender;

use super::echo::Oddity;
use super::progress::Progress;
use super::rehearsal::Rehearsed;
use super::seats::Seats;
use super::{BATCH_ROWS, SEAT_BYTES, SEATS};
use crate::jsonapi;
use crate::mapping::{Mapper, Scraps};
use crate::model::{
    C3Id, CardDigest, Code, ColumnIndex, ContactCard, Digester, Header, Issue, Mapped, Ordinal, Outcome, OutcomeCode,
    Reason, Row, RowNumber, ServerRules, Status,
};
use crate::plan::Sightings;
use crate::results::OWN_COLUMNS;
use crate::source::{ReadEnd, SourceError, Table};

/// What the feed hands over.
#[derive(Debug)]
pub enum Fed {
    /// The next rows.
    Rows(Batch),
    /// The next rows of a dry run.
    Rehearsed(Rehearsed),
    /// There are no more; how the reading ended.
    End(Result<ReadEnd, SourceError>),
}

/// Rows that travel together, in input order.
#[derive(Debug, Default)]
pub struct Batch {
    pub rows: Vec<FedRow>,
    /// Those among them that are ready to be sent, as the merge plan sees them.
    pub sightings: Sightings,
}

/// A row, and what the mapping made of it.
#[derive(Debug)]
pub struct FedRow {
    pub ordinal: Ordinal,
    pub row: Row,
    pub fate: Fate,
    /// How many seats it takes.
    pub weight: usize,
}

/// How many seats a row takes: one, and one more for every [`SEAT_BYTES`] of text; never more than there are.
fn weight(row: &Row, fate: &Fate) -> usize {
    let document = match fate {
        Fate::Ended(_) => 0,
        Fate::Card(parcel) => parcel.document.len(),
    };
    (1 + (row.text_len() + document) / SEAT_BYTES).min(SEATS)
}

/// The columns by which an input shows that it is the results of an earlier run: then what is stored is not sent again.
#[derive(Debug)]
pub struct EarlierResults {
    status: ColumnIndex,
    id: ColumnIndex,
    code: ColumnIndex,
}

impl EarlierResults {
    pub fn find(header: &Header) -> Option<EarlierResults> {
        let column = |wanted: &str| {
            let at = header.names.iter().position(|name| name.trim() == wanted)?;
            Some(ColumnIndex(u32::try_from(at).ok()?))
        };
        if !OWN_COLUMNS.iter().all(|name| column(name).is_some()) {
            return None;
        }
        Some(EarlierResults { status: column("c3_status")?, id: column("c3_id")?, code: column("c3_code")? })
    }

    /// How the row ends because of how it ended before.
    fn ending(&self, row: &Row) -> Option<Outcome> {
        let said = row.cell(self.status);
        if [Status::Stored, Status::Unchanged].iter().any(|status| status.as_str() == said) {
            let message = "stored by an earlier run, says its c3_status".to_owned();
            let reason = Reason { code: OutcomeCode::RowStored, columns: Vec::new(), message };
            let outcome = Outcome::unsent(Status::Unchanged, vec![reason]);
            return Some(Outcome { id: C3Id::new(row.cell(self.id)), ..outcome });
        }
        if row.cell(self.code).split("; ").any(|code| code == Code::RowRagged.as_str()) {
            let message = "cut or filled up when it was first read; mend it in the original file";
            return Some(Outcome::invalid(vec![Issue::row(Code::RowRagged, message)]));
        }
        None
    }
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
    pub number: RowNumber,
    pub card: ContactCard,
    pub document: Bytes,
    pub digest: CardDigest,
    /// How many attempts had an unknown outcome.
    pub lost: usize,
    /// What was odd about its answer, once there is one.
    pub oddities: Vec<Oddity>,
    /// What was left out of the card.
    pub warnings: Vec<Reason>,
}

/// The first stage.
#[derive(Debug)]
pub struct Feed {
    pub mapper: Arc<Mapper>,
    pub rules: ServerRules,
    pub digester: Digester,
    pub seats: Arc<Seats>,
    pub progress: Arc<Progress>,
}

impl Feed {
    /// Reads until the end, or until nobody listens any more.
    pub fn run(self, table: Table, out: &Sender<Fed>) {
        let earlier = EarlierResults::find(table.header());
        let mut batch = Batch::default();
        // Cards are on their way for long, and leave nothing behind.
        let mut scraps = Scraps::default();
        let (mut next, mut seats) = (0, 0);
        let end = table.read(&mut |row| {
            let fate = self.fate(judge(&self.mapper, earlier.as_ref(), &row, &mut scraps), row.number);
            let weight = weight(&row, &fate);
            if seats < weight {
                // Several rows' worth at once. Who waits for seats must not sit on rows that take some.
                let more = BATCH_ROWS.max(weight - seats);
                let taken = self.seats.try_take(more) || self.hand_over(&mut batch, out) && self.seats.take(more);
                if !taken {
                    return ControlFlow::Break(());
                }
                seats += more;
            }
            seats -= weight;
            if let Fate::Card(parcel) = &fate {
                let keys = self.rules.recognised_by(&parcel.card).map(|(key, _)| key);
                batch.sightings.add(row.number, &parcel.card, keys, parcel.digest);
            }
            batch.rows.push(FedRow { ordinal: Ordinal(next), row, fate, weight });
            next += 1;
            if batch.rows.len() < BATCH_ROWS || self.hand_over(&mut batch, out) {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        if !self.hand_over(&mut batch, out) || out.blocking_send(Fed::End(end)).is_err() {
            tracing::debug!("the run ended before the reading did");
        }
    }

    /// Passes the batch on; `false` when nobody takes it any more.
    fn hand_over(&self, batch: &mut Batch, out: &Sender<Fed>) -> bool {
        self.progress.read(batch.rows.len() as u64);
        let next = Batch { rows: Vec::with_capacity(BATCH_ROWS), sightings: Sightings::default() };
        let batch = std::mem::replace(batch, next);
        batch.rows.is_empty() || out.blocking_send(Fed::Rows(batch)).is_ok()
    }

    fn fate(&self, judged: Judged, number: RowNumber) -> Fate {
        match judged {
            Judged::Ended(outcome) => Fate::Ended(outcome),
            Judged::Fit { card, warnings } => {
                let document = Bytes::from(jsonapi::encode(&card, self.rules.name_at));
                let digest = self.digester.digest(&document);
                Fate::Card(Box::new(Parcel { number, card, document, digest, lost: 0, oddities: Vec::new(), warnings }))
            }
        }
    }
}

/// What is to be said of a row before anything is sent: the same in a dry run and in an import.
#[derive(Debug)]
pub enum Judged {
    /// It has ended.
    Ended(Outcome),
    /// It is fit to be sent.
    Fit {
        card: ContactCard,
        /// What was left out of the card.
        warnings: Vec<Reason>,
    },
}

/// Judges a row, in the memory of cards that were given back to `scraps`.
pub fn judge(mapper: &Mapper, earlier: Option<&EarlierResults>, row: &Row, scraps: &mut Scraps) -> Judged {
    if let Some(outcome) = earlier.and_then(|earlier| earlier.ending(row)) {
        return Judged::Ended(outcome);
    }
    match mapper.map_with(row, scraps) {
        Mapped::Card { card, warnings } => {
            Judged::Fit { card, warnings: warnings.into_iter().map(Reason::from).collect() }
        }
        Mapped::Rejected(issues) => Judged::Ended(Outcome::invalid(issues)),
        Mapped::Skipped => {
            let message = "nothing to send: every mapped cell is blank".to_owned();
            skipped(OutcomeCode::RowBlank, message)
        }
        Mapped::Excluded(reason) => skipped(OutcomeCode::RowExcluded, reason),
    }
}

fn skipped(code: OutcomeCode, message: String) -> Judged {
    let reason = Reason { code, columns: Vec::new(), message };
    Judged::Ended(Outcome::unsent(Status::Skipped, vec![reason]))
}
