//! What earlier sessions of the run, or the results of an earlier run, say about a card before it is sent.

use super::feed::{Fate, Parcel};
use crate::journal::{JournalError, Kept, Recall, Twin};
use crate::model::{ContactCard, Outcome, OutcomeCode, Reason, RowNumber, Status};
use crate::schedule::OnUncertain;

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
}

/// How an input differs from what earlier sessions have read of it, by the cards that they sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rows with a card that was sent before.
    pub same: u64,
    /// Rows whose number had another card before, which is nowhere in the input now.
    pub changed: Vec<RowNumber>,
    /// Numbers that rows had whose card was sent before, and which are nowhere in the input now.
    pub gone: Vec<RowNumber>,
}

impl Memory {
    /// With nothing asked yet.
    pub fn new(recall: Recall, errand: Errand, on_uncertain: OnUncertain) -> Memory {
        Memory { recall, errand, on_uncertain, same: 0, unknown: Vec::new() }
    }

    /// Has every row judged once more.
    pub fn begin_anew(&mut self) {
        self.recall.release();
        self.same = 0;
        self.unknown.clear();
    }

    /// What has changed, once every row has been judged; nothing when no session was before.
    pub fn changes(&self) -> Option<Changes> {
        if self.recall.is_empty() {
            return None;
        }
        let mut changes = Changes { same: self.same, ..Changes::default() };
        for row in self.recall.left().into_keys() {
            // Rows are asked about in input order, so that their numbers ascend.
            let here = u32::try_from(row.0).is_ok_and(|row| self.unknown.binary_search(&row).is_ok());
            if here { changes.changed.push(row) } else { changes.gone.push(row) }
        }
        Some(changes)
    }

    /// What becomes of a card, now that all is known about it. Asked once a row, in input order.
    pub fn judge(&mut self, mut parcel: Box<Parcel>) -> Result<Fate, JournalError> {
        let digest = parcel.digest;
        let Some(found) = self.recall.take(digest, parcel.number) else {
            if !self.recall.is_empty() {
                self.unknown.extend(u32::try_from(parcel.number.0));
            }
            return Ok(match self.recall.twin(digest) {
                Some(twin) if self.settles(&twin, &parcel) => Fate::Ended(self.repeats(&twin, &parcel)?),
                _ if self.wants(Status::NotSent) => Fate::Card(parcel),
                _ => {
                    let reason = plain(OutcomeCode::RunStopped, self.errand.unsent.clone());
                    Fate::Ended(Outcome::unsent(Status::NotSent, vec![reason]))
                }
            });
        };
        self.same += 1;
        let uncertain = matches!(found.kept, Kept::Open | Kept::Ended(Status::Uncertain));
        let wanted = match found.kept {
            Kept::Open => self.wants(Status::NotSent) || self.wants(Status::Uncertain),
            Kept::Ended(status) => self.wants(status),
        };
        if wanted && (!uncertain || may_resend(&parcel.card, self.on_uncertain)) {
            parcel.before = Some(found.before());
            parcel.sent_before = uncertain;
            return Ok(Fate::Card(parcel));
        }
        let ending = self.recall.outcome(digest, found.number)?;
        Ok(Fate::Ended(ending.unwrap_or_else(|| {
            lost(parcel.warnings, "the program ended while it was in flight, and what came of it was not written down")
        })))
    }

    fn wants(&self, status: Status) -> bool {
        self.errand.again.contains(&status)
    }

    /// Whether a card is not sent because of another row with the very same one.
    fn settles(&self, twin: &Twin, parcel: &Parcel) -> bool {
        match twin.kept {
            Kept::Ended(Status::Stored | Status::Unchanged) => true,
            Kept::Open | Kept::Ended(Status::Uncertain) => !parcel.card.has_identity(),
            Kept::Ended(Status::Invalid | Status::Refused | Status::NotSent | Status::Skipped) => false,
        }
    }

    /// The ending of a row whose very card another row has.
    fn repeats(&self, twin: &Twin, parcel: &Parcel) -> Result<Outcome, JournalError> {
        let row = twin.row;
        let ending = self.recall.outcome(parcel.digest, twin.number)?;
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
