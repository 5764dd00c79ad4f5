//! When the run as a whole should stop, and how long all rows pause.

use std::time::Duration;

use super::jitter::Jitter;
use super::{Policy, StopReason};
use crate::model::Verdict;

/// What the last answers had in common.
#[derive(Debug, Default)]
pub struct Breaker {
    /// Whether any answer has shown that address, token and form are right.
    opened: bool,
    failures_in_a_row: u32,
    unreachable_in_a_row: u32,
    set_up_errors_in_a_row: u32,
    pauses_in_a_row: u32,
    last_pause_began: Duration,
}

impl Breaker {
    /// When the last pause began.
    pub fn last_pause_began(&self) -> Duration {
        self.last_pause_began
    }

    /// Whether any answer has shown that address, token and form are right.
    pub fn opened(&self) -> bool {
        self.opened
    }

    /// Hears every verdict; says when the run should stop because of it. What makes
    /// the run pause counts only when it is `news`: when its request was sent after the last pause began.
    pub fn hear(&mut self, policy: &Policy, verdict: &Verdict, news: bool) -> Option<StopReason> {
        match verdict {
            Verdict::Stored { .. } => {
                *self = Breaker { opened: true, last_pause_began: self.last_pause_began, ..Breaker::default() };
                None
            }
            Verdict::Refused { status: status @ (403 | 404 | 405 | 415), errors } => {
                self.failures_in_a_row = 0;
                self.set_up_errors_in_a_row += 1;
                let hopeless = !self.opened || self.set_up_errors_in_a_row >= policy.set_up_errors_max;
                hopeless.then(|| StopReason::SetUp {
                    status: *status,
                    message: errors.first().map(|error| error.message.clone()).unwrap_or_default(),
                })
            }
            Verdict::Refused { .. } => {
                *self = Breaker { opened: true, last_pause_began: self.last_pause_began, ..Breaker::default() };
                None
            }
            Verdict::NotProcessed { status: None, reason, .. } => {
                self.unreachable_in_a_row += u32::from(news);
                (self.unreachable_in_a_row >= policy.failures_max).then(|| StopReason::Unreachable(reason.clone()))
            }
            Verdict::NotProcessed { status: Some(_), reason, .. } => {
                self.opened = true;
                self.unreachable_in_a_row = 0;
                self.fail(policy, reason, news)
            }
            Verdict::Unknown { status, reason } => {
                self.opened |= status.is_some();
                self.unreachable_in_a_row = 0;
                self.fail(policy, reason, true)
            }
            Verdict::Fatal { reason, .. } => Some(StopReason::Fatal(reason.clone())),
        }
    }

    fn fail(&mut self, policy: &Policy, reason: &str, counts: bool) -> Option<StopReason> {
        self.failures_in_a_row += u32::from(counts);
        let in_a_row = self.failures_in_a_row;
        (in_a_row >= policy.failures_in_a_row_max).then(|| StopReason::Failing { in_a_row, reason: reason.to_owned() })
    }

    /// How long all rows pause: what the server asked for, or twice as long each time it did not say.
    pub fn pause(
        &mut self,
        policy: &Policy,
        jitter: &mut Jitter,
        asked: Option<Duration>,
        news: bool,
        now: Duration,
    ) -> Duration {
        if news {
            self.pauses_in_a_row += 1;
            self.last_pause_began = now;
        }
        asked.unwrap_or_else(|| {
            let doublings = self.pauses_in_a_row.saturating_sub(1).min(16);
            let longest = (policy.retry_pause * (1 << doublings)).min(policy.pause_max);
            longest / 2 + jitter.up_to(longest / 2)
        })
    }
}
