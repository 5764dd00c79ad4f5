//! What the middle stage makes of an answer, before the schedule hears of it.

use std::time::Duration;

use secrecy::SecretString;

use super::Deliverer;
use crate::model::{Ordinal, Verdict};
use crate::pipeline::Delivery;
use crate::pipeline::carriers::Answer;
use crate::pipeline::echo::Sent;
use crate::pipeline::mistaken::is_about_another;
use crate::plug::{self, Moment};
use crate::schedule::StopReason;
use crate::upload::Heard;

impl Deliverer {
    pub(super) fn hear(&mut self, answer: Answer, now: Duration) {
        let Answer { row, token, sent_at, heard: Heard { verdict, quiet_for }, .. } = answer;
        plug::at(Moment::AnswerHeard);
        self.timeline.note(now, now.saturating_sub(sent_at), matches!(verdict, Verdict::Stored { .. }));
        if let Some(wait) = quiet_for {
            self.schedule.pause(wait, now);
        }
        self.log(row, &verdict);
        if verdict.never_left() {
            // Nothing left this machine.
            self.requests -= 1;
            self.progress.unsent();
        }
        self.take_back(row, &verdict);
        let Some(verdict) = self.renewal.weigh(row, token, verdict) else {
            self.schedule.hold(true);
            return;
        };
        let verdict = self.tell_apart(row, sent_at, verdict);
        let strangers = self.read_back(row, &verdict);
        self.schedule.reply(row, verdict, now);
        if let Some(how) = strangers {
            self.schedule.stop(StopReason::Strangers(how));
        }
    }

    /// A card that must not come twice was certainly not processed: the journal is to know, so that it can be sent again
    /// even if the plug is pulled now.
    fn take_back(&self, row: Ordinal, verdict: &Verdict) {
        if !matches!(verdict, Verdict::NotProcessed { .. } | Verdict::Fatal { .. }) {
            return;
        }
        if self.parcels.get(&row).is_some_and(|parcel| !parcel.card.has_identity()) {
            self.outlet.back(vec![row]);
        }
    }

    /// Another token is there, or none is to be had. Who waited for it goes again, or ends as the server said.
    pub(super) fn renewed(&mut self, token: Option<SecretString>) {
        let Delivery::Live { client, .. } = &mut self.delivery else { unreachable!("a dry run asks for no token") };
        let fresh = token.filter(|token| !client.uses(token)).and_then(|token| client.with_token(token).ok());
        let waited = match fresh {
            Some(renewed) => {
                *client = renewed;
                tracing::warn!("the server no longer takes the token; going on with a new one");
                self.renewal.go_on()
            }
            None => self.renewal.give_up(),
        };
        self.schedule.hold(false);
        self.answer_for(waited);
    }

    /// Nobody waits for a token with which nothing would be sent; whether any did.
    pub(super) fn leave_token(&mut self) -> bool {
        if !self.renewal.is_at_work() || self.schedule.stopped().is_none() {
            return false;
        }
        let waited = self.renewal.let_go();
        let any = !waited.is_empty();
        self.answer_for(waited);
        any
    }

    fn answer_for(&mut self, waited: Vec<(Ordinal, Verdict)>) {
        let now = self.began.elapsed();
        waited.into_iter().for_each(|(row, verdict)| self.schedule.reply(row, verdict, now));
    }

    /// An answer about another card says nothing of the one that was sent. It may have been meant for an earlier request
    /// on the same connection, and then those that follow there are out of step as well: from now on every document has a
    /// connection of its own. Where it had one, nobody else can be meant: the server writes contacts in a form of its own,
    /// and the row is told what the answer lacks.
    fn tell_apart(&mut self, row: Ordinal, sent_at: Duration, verdict: Verdict) -> Verdict {
        let Verdict::Stored { status, id, echo: Some(echo), .. } = &verdict else { return verdict };
        let was_apart = self.apart_since.is_some_and(|since| sent_at >= since);
        if was_apart || !self.parcels.get(&row).is_some_and(|parcel| is_about_another(&parcel.card, echo)) {
            return verdict;
        }
        let which = id.as_ref().map(|id| format!(", {id}")).unwrap_or_default();
        let reason = format!("the answer is about another card{which}");
        if let (None, Delivery::Live { client, .. }) = (self.apart_since, &mut self.delivery) {
            tracing::warn!("an answer was about another card; every document goes on a connection of its own now");
            *client = client.apart();
            self.apart_since = Some(self.began.elapsed());
        }
        Verdict::Unknown { status: Some(*status), reason }
    }

    /// Holds an answer against what was sent; says how the server errs, when the run must stop because of it.
    fn read_back(&mut self, row: Ordinal, verdict: &Verdict) -> Option<String> {
        let parcel = self.parcels.get_mut(&row)?;
        parcel.lost += usize::from(matches!(verdict, Verdict::Unknown { .. }));
        let Verdict::Stored { id, echo, .. } = verdict else { return None };
        let sent = Sent { card: &parcel.card, identities: &parcel.identities, lost: parcel.lost };
        match self.read_back.check(sent, id.as_ref(), echo.as_deref()) {
            Ok(oddities) => {
                parcel.oddities = oddities;
                None
            }
            Err(how) => Some(how),
        }
    }

    /// One line an attempt, naming the row by its number: contact data stays out of logs.
    fn log(&self, row: Ordinal, verdict: &Verdict) {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let Some(number) = self.parcels.get(&row).map(|parcel| parcel.number.0) else { return };
        match verdict {
            Verdict::Stored { status, .. } => tracing::debug!(row = number, status, "stored"),
            Verdict::Refused { status, .. } => tracing::debug!(row = number, status, "refused"),
            Verdict::NotProcessed { status, .. } => tracing::debug!(row = number, status, "not processed"),
            Verdict::Unknown { status, .. } => tracing::debug!(row = number, status, "outcome unknown"),
            Verdict::Fatal { status, .. } => tracing::debug!(row = number, status, "fatal"),
        }
    }
}
