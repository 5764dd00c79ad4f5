//! The first stage, on a thread of its own: rows are read, mapped, and cards encoded.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc::Sender;

use super::echo::Oddity;
use super::progress::Progress;
use super::remember::{Memory, lost, may_resend};
use super::seats::Seats;
use super::{BATCH_ROWS, SEAT_BYTES, SEATS};
use crate::journal::{Before, JournalError, Subject};
use crate::jsonapi;
use crate::mapping::Mapper;
use crate::model::{
    C3Id, CardDigest, Code, ColumnIndex, ContactCard, Digester, Header, Issue, Mapped, Ordinal, Outcome, OutcomeCode,
    Reason, Row, RowNumber, ServerRules, Status,
};
use crate::plan::Sightings;
use crate::results::OWN_COLUMNS;
use crate::schedule::OnUncertain;
use crate::source::{ReadEnd, SourceError, Table};

/// What the feed hands over.
#[derive(Debug)]
pub enum Fed {
    /// The next rows.
    Rows(Batch),
    /// There are no more; how the reading ended.
    End(Result<ReadEnd, FeedError>),
}

/// Rows that travel together, in input order.
#[derive(Debug, Default)]
pub struct Batch {
    pub rows: Vec<FedRow>,
    /// Those among them that are ready to be sent, as the merge plan sees them.
    pub sightings: Sightings,
}

/// Why no more rows come.
#[derive(Debug)]
pub enum FeedError {
    /// The input cannot be read any further.
    Source(SourceError),
    /// The journal cannot tell what earlier sessions knew.
    Journal(JournalError),
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
struct EarlierResults {
    status: ColumnIndex,
    id: ColumnIndex,
    code: ColumnIndex,
}

impl EarlierResults {
    fn find(header: &Header) -> Option<EarlierResults> {
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
    fn fate(&self, row: &Row) -> Option<Fate> {
        let said = row.cell(self.status);
        if [Status::Stored, Status::Unchanged].iter().any(|status| status.as_str() == said) {
            let message = "stored by an earlier run, says its c3_status".to_owned();
            let reason = Reason { code: OutcomeCode::RowStored, columns: Vec::new(), message };
            let outcome = Outcome::unsent(Status::Unchanged, vec![reason]);
            return Some(Fate::Ended(Outcome { id: C3Id::new(row.cell(self.id)), ..outcome }));
        }
        if row.cell(self.code).split("; ").any(|code| code == Code::RowRagged.as_str()) {
            let message = "cut or filled up when it was first read; mend it in the original file";
            return Some(Fate::Ended(Outcome::invalid(vec![Issue::row(Code::RowRagged, message)])));
        }
        None
    }

    /// Whether nobody knows if the row is stored.
    fn is_uncertain(&self, row: &Row) -> bool {
        row.cell(self.status) == Status::Uncertain.as_str()
    }
}

/// Said of a row that an earlier run left uncertain, and that is not sent again.
const WAS_UNCERTAIN: &str = "an earlier run sent it, says its c3_status; look in the server, and blank the c3_status of \
                             a row that is not there";

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
    /// What an earlier session left of it.
    pub before: Option<Before>,
    /// Whether an earlier session or run has sent it, and nobody knows what came of that.
    pub sent_before: bool,
}

impl Parcel {
    /// What its record is about.
    pub fn subject(&self) -> Subject {
        Subject { row: self.number, digest: self.digest, before: self.before }
    }
}

/// The first stage.
#[derive(Debug)]
pub struct Feed {
    pub mapper: Arc<Mapper>,
    pub rules: ServerRules,
    pub digester: Digester,
    pub memory: Option<Memory>,
    pub on_uncertain: OnUncertain,
    pub rows_max: u64,
    pub seats: Arc<Seats>,
    pub progress: Arc<Progress>,
}

impl Feed {
    /// Reads until the end, or until nobody listens any more.
    pub fn run(mut self, table: Table, out: &Sender<Fed>) {
        let earlier = EarlierResults::find(table.header());
        let mut batch = Batch::default();
        let (mut next, mut seats) = (0, 0);
        let mut forgot = None;
        let end = table.read(&mut |row| {
            let fate = match self.fate(earlier.as_ref(), &row, &mut batch.sightings) {
                Ok(fate) => fate,
                Err(error) => {
                    forgot = Some(error);
                    return ControlFlow::Break(());
                }
            };
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
            batch.rows.push(FedRow { ordinal: Ordinal(next), row, fate, weight });
            next += 1;
            if next == self.rows_max {
                return ControlFlow::Break(());
            }
            if batch.rows.len() < BATCH_ROWS || self.hand_over(&mut batch, out) {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        let end = match forgot {
            Some(error) => Err(FeedError::Journal(error)),
            None => end.map_err(FeedError::Source),
        };
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

    /// What becomes of a row: first by what is said of it already, then by what is in it.
    fn fate(
        &mut self,
        earlier: Option<&EarlierResults>,
        row: &Row,
        sightings: &mut Sightings,
    ) -> Result<Fate, JournalError> {
        if let Some(ended) = earlier.and_then(|earlier| earlier.fate(row)) {
            return Ok(ended);
        }
        let mut parcel = match self.judge(row) {
            Fate::Card(parcel) => parcel,
            ended @ Fate::Ended(_) => return Ok(ended),
        };
        let keys = self.rules.recognised_by(&parcel.card).map(|(key, _)| key);
        sightings.add(row.number, &parcel.card, keys, parcel.digest, parcel.document.len());
        if earlier.is_some_and(|earlier| earlier.is_uncertain(row)) {
            if !may_resend(&parcel, self.on_uncertain) {
                return Ok(Fate::Ended(lost(&mut parcel, WAS_UNCERTAIN)));
            }
            parcel.sent_before = true;
        }
        match &mut self.memory {
            Some(memory) => memory.judge(parcel),
            None => Ok(Fate::Card(parcel)),
        }
    }

    fn judge(&self, row: &Row) -> Fate {
        match self.mapper.map(row) {
            Mapped::Card { card, warnings } => {
                let document = Bytes::from(jsonapi::encode(&card, self.rules.name_at));
                let warnings = warnings.into_iter().map(Reason::from).collect();
                let digest = self.digester.digest(&document);
                Fate::Card(Box::new(Parcel {
                    number: row.number,
                    card,
                    document,
                    digest,
                    lost: 0,
                    oddities: Vec::new(),
                    warnings,
                    before: None,
                    sent_before: false,
                }))
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
