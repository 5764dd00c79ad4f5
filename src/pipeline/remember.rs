//! What earlier sessions of the run, or the results of an earlier run, say about a card before it is sent.

use super::feed::{Fate, Parcel};
use crate::journal::{JournalError, Kept, Recall, Remembered, Twin};
use crate::model::{ContactCard, Outcome, OutcomeCode, Reason, RowNumber, Status};
use crate::schedule::{self, OnUncertain};

/// What a session is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// Rows that ended so are sent again. `NotSent` stands for all that have not been sent.
    pub again: Vec<Status>,
    /// What is said of a row that was not sent and is not to be.
    pub unsent: String,
}

impl Errand {
    /// To go on where an earlier session stopped.
    pub fn go_on() -> Errand {
        Errand { again: vec![Status::NotSent], unsent: String::new() }
    }
}

/// What earlier sessions knew, and what to do about it.
#[derive(Debug)]
pub struct Memory {
    pub recall: Recall,
    pub errand: Errand,
    pub on_uncertain: OnUncertain,
    /// Rows whose card took a record.
    same: u64,
    /// Rows with a card that no earlier session knew.
    unknown: Vec<u32>,
    /// Rows without a card.
    unfit: Vec<u32>,
    /// Whether a card was left alone that may be on its way, and that another session would send again.
    left_open: bool,
}

/// What is known when every row has been judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hindsight {
    /// How the input differs from what earlier sessions read; nothing when there was none.
    pub changes: Option<Changes>,
    /// Whether a card was left alone that may be on its way, because the session was for others: the run is to go on.
    pub left_open: bool,
}

/// How an input differs from what earlier sessions have read of it, by the cards that its rows become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rows with a card that an earlier session read.
    pub same: u64,
    /// Rows whose number had another card before, which is nowhere in the input now.
    pub changed: Vec<RowNumber>,
    /// Other rows with a card that no earlier session read: they are new, or had no card. Not known when no session has
    /// read the input to its end: then they may also be some whose turn never came.
    pub new: Option<Vec<RowNumber>>,
    /// Numbers that rows had whose card is nowhere in the input now.
    pub gone: Vec<RowNumber>,
}

impl Memory {
    /// With nothing asked yet.
    pub fn new(recall: Recall, errand: Errand, on_uncertain: OnUncertain) -> Memory {
        Memory { recall, errand, on_uncertain, same: 0, unknown: Vec::new(), unfit: Vec::new(), left_open: false }
    }

    /// Has every row judged once more.
    pub fn begin_anew(&mut self) {
        self.recall.release();
        self.same = 0;
        self.unknown.clear();
        self.unfit.clear();
        self.left_open = false;
    }

    /// What is known once every row has been judged.
    pub fn hindsight(&self) -> Hindsight {
        Hindsight { changes: self.changes(), left_open: self.left_open }
    }

    fn changes(&self) -> Option<Changes> {
        if self.recall.is_empty() {
            return None;
        }
        let (mut changes, mut left) = (Changes { same: self.same, ..Changes::default() }, self.recall.left());
        // Asked about in input order, so that their numbers ascend.
        let numbers = |rows: &[u32]| rows.iter().map(|&row| RowNumber(u64::from(row))).collect::<Vec<_>>();
        let (changed, new): (Vec<_>, Vec<_>) = numbers(&self.unknown).into_iter().partition(|row| left.remove(row));
        changes.changed = changed;
        changes.changed.extend(numbers(&self.unfit).into_iter().filter(|row| left.remove(row)));
        changes.changed.sort_unstable();
        changes.new = self.recall.has_all_rows().then_some(new);
        changes.gone = left.into_iter().collect();
        Some(changes)
    }

    /// Takes note of a row that has no card.
    pub fn pass(&mut self, row: RowNumber) {
        if !self.recall.is_empty() {
            self.unfit.extend(u32::try_from(row.0));
        }
    }

    /// What becomes of a card, now that all is known about it. Asked once a row, in input order.
    pub fn judge(&mut self, mut parcel: Box<Parcel>) -> Result<Fate, JournalError> {
        let found = self.recall.take(parcel.digest, parcel.number);
        match found {
            Some(_) => self.same += 1,
            None if self.recall.is_empty() => {}
            None => self.unknown.extend(u32::try_from(parcel.number.0)),
        }
        let Some(found) = found.filter(|found| found.kept != Kept::Ended(Status::NotSent)) else {
            // It has not been sent, be it known or not.
            return Ok(match self.recall.twin(parcel.digest) {
                Some(twin) if settles(&twin, &parcel.card) => Fate::Ended(self.repeats(&twin)?),
                _ if self.wants(Status::NotSent) => {
                    parcel.before = found.as_ref().map(Remembered::before);
                    Fate::Card(parcel)
                }
                _ => {
                    let reason = plain(OutcomeCode::RunStopped, self.errand.unsent.clone());
                    Fate::Ended(Outcome::unsent(Status::NotSent, vec![reason]))
                }
            });
        };
        let uncertain = matches!(found.kept, Kept::Open | Kept::Ended(Status::Uncertain));
        let wanted = match found.kept {
            Kept::Open => self.wants(Status::NotSent) || self.wants(Status::Uncertain),
            Kept::Ended(status) => self.wants(status),
        };
        let sendable = !uncertain || may_resend(&parcel.card, self.on_uncertain);
        self.left_open |= found.kept == Kept::Open && sendable && !wanted;
        if wanted && sendable {
            // Another row may have brought the very same card there since. The schedule is told, so that this becomes the
            // row's ending in the journal.
            let twin = self.recall.twin(parcel.digest).filter(|twin| settles(twin, &parcel.card));
            parcel.twin = twin.map(|twin| self.told_of(&twin)).transpose()?;
            parcel.before = Some(found.before());
            parcel.sent_before = uncertain;
            return Ok(Fate::Card(parcel));
        }
        let ending = self.recall.outcome(&found)?;
        Ok(Fate::Ended(ending.unwrap_or_else(|| {
            lost(parcel.warnings, "the program ended while it was in flight, and what came of it was not written down")
        })))
    }

    fn wants(&self, status: Status) -> bool {
        self.errand.again.contains(&status)
    }

    /// A twin as the schedule knows them.
    fn told_of(&self, twin: &Twin) -> Result<schedule::Twin, JournalError> {
        Ok(match twin.kept {
            Kept::Ended(Status::Stored | Status::Unchanged) => {
                let id = self.recall.twin_outcome(twin)?.and_then(|ending| ending.id);
                schedule::Twin::Stored { row: twin.row, id }
            }
            Kept::Open | Kept::Ended(_) => schedule::Twin::Doubtful { row: twin.row },
        })
    }

    /// The ending of a row whose very card another row has.
    fn repeats(&self, twin: &Twin) -> Result<Outcome, JournalError> {
        let row = twin.row;
        let ending = self.recall.twin_outcome(twin)?;
        let (status, message) = match ending.as_ref().map(|ending| ending.status) {
            Some(Status::Stored | Status::Unchanged) => {
                (Status::Unchanged, format!("the very same card as row {row}, which is stored"))
            }
            _ => (
                Status::Uncertain,
                format!("not sent: the very same card as row {row}, of which nobody knows whether it was stored"),
            ),
        };
        let reasons = vec![plain(OutcomeCode::RowRepeats, message)];
        Ok(Outcome { id: ending.and_then(|ending| ending.id), ..Outcome::unsent(status, reasons) })
    }
}

/// Whether a card is not sent because of another row with the very same one.
fn settles(twin: &Twin, card: &ContactCard) -> bool {
    match twin.kept {
        Kept::Ended(Status::Stored | Status::Unchanged) => true,
        Kept::Open | Kept::Ended(Status::Uncertain) => !card.has_identity(),
        Kept::Ended(Status::Invalid | Status::Refused | Status::NotSent | Status::Skipped) => false,
    }
}

/// Whether a card of which nobody knows whether it is stored may be sent again: never one that the server cannot
/// recognise (API facts, "May a row be sent again?").
pub fn may_resend(card: &ContactCard, on_uncertain: OnUncertain) -> bool {
    card.has_identity() && on_uncertain == OnUncertain::Retry
}

/// The ending of a row that was sent, and nobody knows.
pub fn lost(warnings: Vec<Reason>, why: &str) -> Outcome {
    let mut reasons = vec![plain(OutcomeCode::DeliveryUnknown, format!("nobody knows whether it was stored: {why}"))];
    reasons.extend(warnings);
    Outcome { attempts: 1, ..Outcome::unsent(Status::Uncertain, reasons) }
}

fn plain(code: OutcomeCode, message: String) -> Reason {
    Reason { code, columns: Vec::new(), message }
}
