//! The first stage, on a thread of its own: rows are read, mapped, and cards encoded.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc::Sender;

use super::echo::Oddity;
use super::progress::Progress;
use super::rehearsal::Rehearsed;
use super::remember::{Hindsight, Memory, lost, may_resend};
use super::seats::Seats;
use super::together::{Found, Group, MergeError, Place, Reopen, Together};
use super::{BATCH_ROWS, SEAT_BYTES, SEATS};
use crate::journal::{Before, JournalError, Subject};
use crate::jsonapi;
use crate::mapping::{Mapper, Scraps};
use crate::model::{
    C3Id, CardDigest, Channel, Code, ColumnIndex, ContactCard, Digester, Header, IdentityKey, Issue, Mapped,
    OWN_COLUMNS, Ordinal, Outcome, OutcomeCode, Reason, Row, RowNumber, ServerRules, Status,
};
use crate::plan::{Sightings, Watch};
use crate::schedule::{OnUncertain, Twin};
use crate::source::{ReadEnd, SourceError, Table};

/// What the feed hands over.
#[derive(Debug)]
pub enum Fed {
    /// The next rows.
    Rows(Batch),
    /// The next rows of a dry run.
    Rehearsed(Rehearsed),
    /// There are no more; how the reading ended.
    End(Result<ReadEnd, FeedError>),
}

/// Rows that travel together, in input order.
#[derive(Debug, Default)]
pub struct Batch {
    pub rows: Vec<FedRow>,
    /// Those among them that are ready to be sent, as the merge plan sees them; none without a plan.
    pub sightings: Sightings,
}

/// Why no more rows come.
#[derive(Debug)]
pub enum FeedError {
    /// The input cannot be read any further.
    Source(SourceError),
    /// The journal cannot tell what earlier sessions knew.
    Journal(JournalError),
    /// Rows cannot go together as was asked.
    Merge(MergeError),
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
        Fate::Ended(_) | Fate::Along(_) => 0,
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
    /// What it says goes with the card of an earlier row.
    Along(Place),
}

impl Fate {
    /// The card, if it goes to the server now.
    pub fn goes(self) -> Option<Box<Parcel>> {
        match self {
            Fate::Card(parcel) => Some(parcel).filter(|parcel| parcel.twin.is_none()),
            Fate::Ended(_) | Fate::Along(_) => None,
        }
    }
}

/// A card with its document.
#[derive(Debug)]
pub struct Parcel {
    pub number: RowNumber,
    pub card: ContactCard,
    pub document: Bytes,
    pub digest: CardDigest,
    /// What the server may recognise the card by.
    pub identities: Box<[IdentityKey]>,
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
    /// Another row with the very same card, of an earlier session, because of which it is not to be sent.
    pub twin: Option<Twin>,
    /// The rows whose card it is, where it is that of several.
    pub group: Option<Arc<Group>>,
}

impl Parcel {
    /// Becomes the card of all that go with the row.
    fn carry(&mut self, group: &Arc<Group>, rules: ServerRules) {
        self.card = group.card().clone();
        self.document = Bytes::from(jsonapi::encode(&self.card, rules.name_at));
        self.identities = identities(&self.card, rules);
        self.sent_before = group.sent_before();
        self.group = Some(Arc::clone(group));
    }

    /// What its record is about.
    pub fn subject(&self) -> Subject {
        Subject { row: self.number, digest: self.digest, before: self.before }
    }
}

fn identities(card: &ContactCard, rules: ServerRules) -> Box<[IdentityKey]> {
    rules.recognised_by(card).map(|(key, _)| key).collect()
}

/// What the first stage works with, be it a dry run's or an import's.
#[derive(Debug)]
pub struct Desk {
    pub mapper: Arc<Mapper>,
    pub rules: ServerRules,
    /// How to open the table once more, where rows that share a contact go as one card.
    pub merge: Option<Reopen>,
    pub plans_merges: bool,
    pub on_uncertain: OnUncertain,
    pub rows_max: u64,
    pub seats: Arc<Seats>,
    pub progress: Arc<Progress>,
}

/// The first stage of an import.
#[derive(Debug)]
pub struct Feed {
    pub desk: Desk,
    pub digester: Digester,
    pub memory: Option<Memory>,
    /// Hears at the end what earlier sessions knew of the rows.
    pub hindsight: std::sync::mpsc::Sender<Hindsight>,
    /// Hears at the end what was seen of columns.
    pub watched: std::sync::mpsc::Sender<Watch>,
    /// Where cards come home when they have ended.
    pub spent: std::sync::mpsc::Receiver<Vec<ContactCard>>,
}

impl Feed {
    /// Reads until the end, or until nobody listens any more.
    pub fn run(mut self, table: Table, out: &Sender<Fed>) {
        let found = match self.desk.merge.take() {
            None => Ok(Found::Rows(table, Together::default())),
            Some(reopen) => Together::find(&self.desk, table, &reopen, &self.digester, self.memory.as_mut()),
        };
        let end = match found {
            Ok(Found::Rows(table, together)) => self.read(table, &together, out),
            Ok(Found::Stopped) => Ok(ReadEnd { stopped: true, ..ReadEnd::default() }),
            Err(error) => Err(error),
        };
        if let (Ok(ReadEnd { stopped: false, .. }), Some(memory)) = (&end, &self.memory)
            && self.hindsight.send(memory.hindsight()).is_err()
        {
            tracing::debug!("nobody asks what has changed");
        }
        if out.blocking_send(Fed::End(end)).is_err() {
            tracing::debug!("the run ended before the reading did");
        }
    }

    fn read(&mut self, table: Table, together: &Together, out: &Sender<Fed>) -> Result<ReadEnd, FeedError> {
        let earlier = EarlierResults::find(table.header());
        let mut batch = Batch::default();
        let mut scraps = Scraps::default();
        let mut watch = self.desk.watch();
        let (mut next, mut seats) = (0, 0);
        let mut failure = None;
        let mut along = 0;
        let end = table.read(&mut |row| {
            let judged = self.desk.judge(earlier.as_ref(), row, &mut scraps, &mut watch);
            let place = together.place(row.number);
            along += usize::from(place.is_some());
            let fate = match self.fate(judged, (Ordinal(next), row.number), place, &mut batch.sightings) {
                Ok(fate) => fate,
                Err(error) => {
                    failure = Some(error);
                    return ControlFlow::Break(());
                }
            };
            let weight = weight(row, &fate);
            if seats < weight {
                // Several rows' worth at once. Who waits for seats must not sit on rows that take some.
                let more = BATCH_ROWS.max(weight - seats);
                let taken =
                    self.desk.seats.try_take(more) || self.hand_over(&mut batch, out) && self.desk.seats.take(more);
                if !taken {
                    return ControlFlow::Break(());
                }
                seats += more;
            }
            seats -= weight;
            let empty = Row::new(row.number);
            let row = std::mem::replace(row, empty);
            batch.rows.push(FedRow { ordinal: Ordinal(next), row, fate, weight });
            next += 1;
            if next == self.desk.rows_max {
                return ControlFlow::Break(());
            }
            if batch.rows.len() < BATCH_ROWS {
                return ControlFlow::Continue(());
            }
            if !self.hand_over(&mut batch, out) {
                return ControlFlow::Break(());
            }
            // Memory is given back where it was taken, or both threads wait for each other.
            self.spent.try_iter().flatten().for_each(|card| scraps.take_back(card));
            ControlFlow::Continue(())
        });
        if self.watched.send(watch).is_err() {
            tracing::debug!("nobody asks what was seen of columns");
        }
        if !self.hand_over(&mut batch, out) {
            tracing::debug!("the run ended before the reading did");
        }
        match (failure, end) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(FeedError::Source(error)),
            (None, Ok(end)) => together.all_came(along, end),
        }
    }

    /// Passes the batch on; `false` when nobody takes it any more.
    fn hand_over(&self, batch: &mut Batch, out: &Sender<Fed>) -> bool {
        self.desk.progress.read(batch.rows.len() as u64);
        let next = Batch { rows: Vec::with_capacity(BATCH_ROWS), sightings: Sightings::default() };
        let batch = std::mem::replace(batch, next);
        batch.rows.is_empty() || out.blocking_send(Fed::Rows(batch)).is_ok()
    }

    /// What becomes of a row: what is in it, what earlier sessions say of its card, and with whom it goes.
    fn fate(
        &mut self,
        judged: Judged,
        (ordinal, number): (Ordinal, RowNumber),
        place: Option<Place>,
        sightings: &mut Sightings,
    ) -> Result<Fate, FeedError> {
        let changed = || FeedError::Merge(MergeError::Changed { row: Some(number) });
        let (card, warnings, sent_before, lost) = match judged {
            Judged::Ended(_) | Judged::Lost { .. } if place.is_some() => return Err(changed()),
            Judged::Ended(outcome) => {
                self.memory.iter_mut().for_each(|memory| memory.pass(number));
                return Ok(Fate::Ended(outcome));
            }
            Judged::Lost { card, outcome } => (card, Vec::new(), true, Some(outcome)),
            Judged::Fit { card, warnings, sent_before } => (card, warnings, sent_before, None),
        };
        let mut parcel = self.desk.parcel(number, card, warnings, sent_before, &self.digester);
        if let Some(place) = &place {
            if !place.is_still(ordinal, parcel.digest) {
                return Err(changed());
            }
            parcel.warnings = place.member().warnings.clone();
        }
        if self.desk.plans_merges {
            let bytes = parcel.document.len();
            self.desk.sight(&parcel.card, parcel.digest, bytes, number, place.as_ref(), sightings);
        }
        if let Some(outcome) = lost {
            return Ok(Fate::Ended(outcome));
        }
        let fate = match &mut self.memory {
            Some(memory) => memory.judge(parcel).map_err(FeedError::Journal)?,
            None => Fate::Card(parcel),
        };
        match (place, fate) {
            (None, fate) => Ok(fate),
            (Some(place), Fate::Card(mut parcel)) if place.is_first() => {
                parcel.carry(&place.group, self.desk.rules);
                Ok(Fate::Card(parcel))
            }
            (Some(place), Fate::Card(_)) => Ok(Fate::Along(place)),
            (Some(_), Fate::Ended(_) | Fate::Along(_)) => Err(changed()),
        }
    }
}

/// What is to be said of a row before anything is sent: the same in a dry run and in an import.
#[derive(Debug)]
pub enum Judged {
    /// It has ended.
    Ended(Outcome),
    /// An earlier run sent it, nobody knows what came of that, and it is not to be sent again.
    Lost { card: ContactCard, outcome: Outcome },
    /// It is fit to be sent.
    Fit {
        card: ContactCard,
        /// What was left out of the card.
        warnings: Vec<Reason>,
        /// Whether an earlier run has sent it, and nobody knows what came of that.
        sent_before: bool,
    },
}

impl Desk {
    /// A watch over the columns that are sent.
    pub fn watch(&self) -> Watch {
        Watch::new(self.mapper.carries())
    }

    /// Judges a row: first by what is said of it already, then by what is in it. Cards are made in the memory of those
    /// that were given back to `scraps`; what is fit is seen by the watch.
    pub fn judge(&self, earlier: Option<&EarlierResults>, row: &Row, scraps: &mut Scraps, watch: &mut Watch) -> Judged {
        if let Some(outcome) = earlier.and_then(|earlier| earlier.ending(row)) {
            return Judged::Ended(outcome);
        }
        match self.mapper.map_with(row, scraps) {
            Mapped::Card { card, warnings } => {
                let warnings = warnings.into_iter().map(Reason::from).collect();
                let sent_before = earlier.is_some_and(|earlier| earlier.is_uncertain(row));
                if sent_before && !may_resend(&card, self.on_uncertain) {
                    return Judged::Lost { card, outcome: lost(warnings, WAS_UNCERTAIN) };
                }
                watch.look(row, |column| {
                    let mut numbers = card.channel(Channel::Voice);
                    let sent = numbers.find(|entry| self.mapper.columns(entry.origin) == [column]);
                    sent.map(|entry| entry.value)
                });
                Judged::Fit { card, warnings, sent_before }
            }
            Mapped::Rejected(issues) => Judged::Ended(Outcome::invalid(issues)),
            Mapped::Skipped => {
                let message = "nothing to send: every mapped cell is blank".to_owned();
                skipped(OutcomeCode::RowBlank, message)
            }
            Mapped::Excluded(reason) => skipped(OutcomeCode::RowExcluded, reason),
        }
    }

    /// A card that is fit to be sent, with its document.
    pub fn parcel(
        &self,
        number: RowNumber,
        card: ContactCard,
        warnings: Vec<Reason>,
        sent_before: bool,
        digester: &Digester,
    ) -> Box<Parcel> {
        let document = Bytes::from(jsonapi::encode(&card, self.rules.name_at));
        let digest = digester.digest(&document);
        let (lost, oddities, before, twin, group) = (0, Vec::new(), None, None, None);
        let identities = identities(&card, self.rules);
        let parcel = Parcel {
            number,
            card,
            document,
            digest,
            identities,
            lost,
            oddities,
            warnings,
            before,
            sent_before,
            twin,
            group,
        };
        Box::new(parcel)
    }

    /// Shows a row to the merge plan, with the length of its own document in bytes.
    pub fn sight(
        &self,
        card: &ContactCard,
        digest: CardDigest,
        bytes: usize,
        number: RowNumber,
        place: Option<&Place>,
        sightings: &mut Sightings,
    ) {
        let keys = self.rules.recognised_by(card).map(|(key, _)| key);
        match place {
            None => sightings.add(number, card, keys, digest, Some(bytes)),
            Some(place) if place.is_first() => {
                let bytes = jsonapi::document_len(place.group.card(), self.rules.name_at);
                sightings.add(number, card, keys, digest, Some(bytes));
            }
            Some(_) => sightings.add(number, card, keys, digest, None),
        }
    }
}

fn skipped(code: OutcomeCode, message: String) -> Judged {
    let reason = Reason { code, columns: Vec::new(), message };
    Judged::Ended(Outcome::unsent(Status::Skipped, vec![reason]))
}
