//! A decision of the schedule, told as the ending of a row: with columns, and in words.

use super::echo::Oddity;
use super::feed::Parcel;
use super::together::Place;
use crate::jsonapi;
use crate::mapping::Mapper;
use crate::model::{
    ColumnIndex, ContactCard, Field, Outcome, OutcomeCode, Reason, ServerError, Status, Verdict, excerpt,
};
use crate::schedule::{Ending, StopReason, Twin};

/// Values shorter than this are not looked for in a server's text: they would be found anywhere.
const QUOTED_CHARS_MIN: usize = 4;

/// The ending of a row that would have been sent, without what the mapping leaves out of it.
pub fn dry(warnings: Vec<Reason>) -> Outcome {
    let mut reasons = vec![plain(OutcomeCode::RunDry, "ready to be sent; this was a dry run")];
    reasons.extend(warnings);
    Outcome::unsent(Status::NotSent, reasons)
}

/// What is said of the same row when it says the very same as an earlier one.
pub fn would_repeat(outcome: &mut Outcome) {
    for reason in outcome.reasons.iter_mut().filter(|reason| reason.code == OutcomeCode::RunDry) {
        reason.message = "the very same card as an earlier row, so it is not sent again; this was a dry run".to_owned();
    }
}

/// How a card ended that was in the schedule's hands, for the row or rows whose card it is.
#[derive(Debug)]
pub struct CardEnding {
    /// Without reasons.
    outcome: Outcome,
    /// Each with the value that it is about, if it is about one.
    reasons: Vec<(Option<Field>, Reason)>,
}

impl CardEnding {
    /// What the schedule decided, with columns and in words.
    pub fn new(ending: Ending, parcel: &Parcel, mapper: &Mapper, stopped: Option<&StopReason>) -> CardEnding {
        let card = &parcel.card;
        let Ending { status, attempts, last, maybe_twice, twin } = ending;
        let mut outcome = Outcome { status, id: None, http_status: None, attempts, reasons: Vec::new() };
        let mut reasons = Vec::new();
        match twin {
            Some(Twin::Stored { row, id }) => {
                outcome.id = id;
                let message = format!("the very same card as row {row}, which is stored");
                reasons.push((None, plain(OutcomeCode::RowRepeats, message)));
                return CardEnding { outcome, reasons };
            }
            Some(Twin::Doubtful { row }) => {
                let message =
                    format!("not sent: the very same card as row {row}, of which nobody knows whether it was stored");
                reasons.push((None, plain(OutcomeCode::RowRepeats, message)));
                return CardEnding { outcome, reasons };
            }
            None => {}
        }
        let mut said = None;
        let mut refusals = Vec::new();
        match last {
            Some(Verdict::Stored { status, id, oddity, .. }) => {
                outcome.http_status = Some(status);
                outcome.id = id;
                reasons.extend(oddity.map(|oddity| (None, plain(OutcomeCode::ServerOdd, oddity))));
                reasons.extend(parcel.oddities.iter().map(|Oddity { code, field, message }| {
                    let columns = field.map(|field| columns(field, card, mapper)).unwrap_or_default();
                    (*field, Reason { code: *code, columns, message: message.clone() })
                }));
            }
            Some(Verdict::Refused { status: http, errors }) => {
                outcome.http_status = Some(http);
                // A refusal that stopped the run says nothing of the row.
                if matches!(status, Status::Refused | Status::Uncertain) {
                    refusals = errors.iter().map(|error| refusal(error, http, card, mapper)).collect();
                    said = Some("an earlier attempt was lost, and this one came to nothing".to_owned());
                }
            }
            Some(Verdict::NotProcessed { status, reason, .. } | Verdict::Unknown { status, reason }) => {
                outcome.http_status = status;
                said = Some(reason);
            }
            Some(Verdict::Fatal { status, reason }) => {
                outcome.http_status = status;
                said = Some(reason.to_string());
            }
            None => {}
        }
        match status {
            Status::Stored if maybe_twice => reasons.push((None, plain(
                OutcomeCode::DeliveryResent,
                "sent again after an attempt whose outcome is unknown: if that one landed too, the card may hold custom entries twice",
            ))),
            Status::Uncertain => {
                let why = said.unwrap_or_else(|| "the run was stopped while it was in flight".to_owned());
                let message = format!("nobody knows whether it was stored: {why}");
                reasons.push((None, plain(OutcomeCode::DeliveryUnknown, message)));
            }
            Status::NotSent => {
                let message = match (stopped, attempts) {
                    (Some(StopReason::Told) | None, 0) => "the run was stopped before this row's turn".to_owned(),
                    (Some(StopReason::Told) | None, _) => {
                        format!("the run was stopped before it could be sent again: {}", said.unwrap_or_default())
                    }
                    (Some(reason), 0) => format!("the run stopped before this row's turn: {reason}"),
                    (Some(reason), _) => reason.to_string(),
                };
                reasons.push((None, plain(OutcomeCode::RunStopped, message)));
            }
            Status::Stored | Status::Unchanged | Status::Invalid | Status::Refused | Status::Skipped => {}
        }
        reasons.extend(refusals);
        outcome.attempts += u32::from(parcel.sent_before);
        CardEnding { outcome, reasons }
    }

    /// How it ended.
    pub fn status(&self) -> Status {
        self.outcome.status
    }

    /// The ending of the row whose card it is; `warnings` tell what is not on the card.
    pub fn alone(self, warnings: Vec<Reason>) -> Outcome {
        let reasons = self.reasons.into_iter().map(|(_, reason)| reason).chain(warnings).collect();
        Outcome { reasons, ..self.outcome }
    }

    /// The ending of one of the rows whose card it is. What is wrong with a value is told on the row that it came from;
    /// the others are told which row that is.
    pub fn of(&self, place: &Place) -> Outcome {
        let stored = self.outcome.status == Status::Stored;
        let told =
            self.reasons.iter().filter_map(|(field, reason)| match field.and_then(|field| place.group.source(field)) {
                Some(source) if source == place.nth => Some(reason.clone()),
                Some(_) if stored => None,
                Some(source) => {
                    let row = place.group.members[source].subject.row;
                    let message =
                        format!("{}; one card for {}: look at row {row}", reason.message, place.group.named());
                    Some(Reason { columns: Vec::new(), message, ..*reason })
                }
                None if stored => Some(reason.clone()),
                None => {
                    let message = format!("{}; one card for {}", reason.message, place.group.named());
                    Some(Reason { message, ..reason.clone() })
                }
            });
        let reasons = told.chain(place.merged()).chain(place.member().warnings.iter().cloned()).collect();
        Outcome { reasons, ..self.outcome.clone() }
    }
}

fn plain(code: OutcomeCode, message: impl Into<String>) -> Reason {
    Reason { code, columns: Vec::new(), message: message.into() }
}

/// A server's error, led back to the column its value came from: by the pointer, else by a value of ours that it quotes.
fn refusal(error: &ServerError, status: u16, card: &ContactCard, mapper: &Mapper) -> (Option<Field>, Reason) {
    let pointed = error.pointer.as_deref().and_then(jsonapi::field).filter(|&field| card.origin(field).is_some());
    let field = pointed.or_else(|| quoted(&error.message, card));
    let columns = field.map(|field| columns(field, card, mapper)).unwrap_or_default();
    let mut message = match error.message.as_str() {
        "" => format!("the server refused it (HTTP {status})"),
        said => format!("the server refused it (HTTP {status}): {said}"),
    };
    if let (Some(pointer), None) = (&error.pointer, pointed) {
        message.push_str(&format!(" (at {})", excerpt(pointer, 80)));
    }
    (field, Reason { code: OutcomeCode::ServerRefused, columns, message })
}

fn quoted(message: &str, card: &ContactCard) -> Option<Field> {
    // Some servers tidy a value before they complain of it.
    let message = message.to_lowercase();
    let quoted = |value: &str| {
        let value = value.to_lowercase();
        value.chars().count() >= QUOTED_CHARS_MIN && message.contains(value.trim_start_matches('+'))
    };
    let found = card.values().filter(|(_, value)| quoted(value));
    found.max_by_key(|(_, value)| value.len()).map(|(field, _)| field)
}

fn columns(field: Field, card: &ContactCard, mapper: &Mapper) -> Vec<ColumnIndex> {
    card.origin(field).map(|origin| mapper.columns(origin).to_vec()).unwrap_or_default()
}
