//! What the last answers had in common: when the run should slow down to single tries, pause, or stop.

use std::time::Duration;

use super::jitter::Jitter;
use super::{Policy, StopReason};
use crate::model::{FatalReason, Verdict};

/// Hears every verdict.
#[derive(Debug, Default)]
pub struct Breaker {
    /// Whether any answer has shown that address, token and form are right.
    proven: bool,
    stored: bool,
    refused_in_a_row: u32,
    failures_in_a_row: u32,
    unreachable_in_a_row: u32,
    set_up_errors_in_a_row: u32,
    pauses_in_a_row: u32,
    last_pause_began: Duration,
    open: Option<Open>,
}

/// Too many failures in a row: nothing is sent but a single probe now and then.
#[derive(Debug)]
struct Open {
    /// Since when; requests sent earlier say nothing new.
    since: Duration,
    next_probe: Duration,
    probes: u32,
}

/// Whether a row may be sent, as far as the breaker is concerned.
#[derive(Debug, PartialEq, Eq)]
pub enum Gate {
    /// It may.
    Go,
    /// One may, to see whether the server is back.
    Probe,
    /// None may before then; `None`: before the probe in flight has come back.
    Wait(Option<Duration>),
}

impl Breaker {
    /// Whether any answer has shown that address, token and form are right.
    pub fn proven(&self) -> bool {
        self.proven
    }

    /// Whether a row may be sent.
    pub fn gate(&self, now: Duration, in_flight: usize) -> Gate {
        match &self.open {
            None => Gate::Go,
            Some(_) if in_flight > 0 => Gate::Wait(None),
            Some(open) if open.next_probe > now => Gate::Wait(Some(open.next_probe)),
            Some(_) => Gate::Probe,
        }
    }

    /// Hears a verdict on a request sent at `sent_at`; says when the run should stop because of it.
    pub fn hear(&mut self, policy: &Policy, verdict: &Verdict, sent_at: Duration, now: Duration) -> Option<StopReason> {
        // Several answers to requests that were sent before one pause are one message, not several.
        let news = sent_at >= self.last_pause_began;
        match verdict {
            Verdict::Stored { .. } => {
                self.recover();
                self.stored = true;
            }
            Verdict::Refused { status: status @ (403 | 404 | 405 | 407 | 415 | 501 | 505), errors } => {
                self.set_up_errors_in_a_row += 1;
                let hopeless = !self.proven || self.set_up_errors_in_a_row >= policy.set_up_errors_max;
                return hopeless.then(|| StopReason::SetUp {
                    status: *status,
                    message: errors.first().map(|error| error.message.clone()).unwrap_or_default(),
                });
            }
            Verdict::Refused { status, errors } => {
                let refused = self.refused_in_a_row + 1;
                self.recover();
                self.refused_in_a_row = refused;
                let hopeless = !self.stored && refused >= policy.refused_first_max;
                return hopeless.then(|| StopReason::SetUp {
                    status: *status,
                    message: errors.first().map(|error| error.message.clone()).unwrap_or_default(),
                });
            }
            Verdict::NotProcessed { status: None, reason, .. } => {
                self.unreachable_in_a_row += u32::from(news);
                let max = if self.proven { policy.unreachable_max } else { policy.unreachable_first_max };
                let hopeless = self.unreachable_in_a_row >= max;
                return hopeless.then(|| StopReason::Unreachable(reason.clone()));
            }
            Verdict::NotProcessed { status: Some(_), reason, .. } => {
                self.unreachable_in_a_row = 0;
                return if news { self.fail(policy, reason, sent_at, now) } else { None };
            }
            Verdict::Unknown { reason, .. } => {
                self.unreachable_in_a_row = 0;
                return self.fail(policy, reason, sent_at, now);
            }
            Verdict::Fatal { reason, .. } => return Some(StopReason::Fatal(reason.clone())),
        }
        None
    }

    /// Slows down to single tries at once.
    pub fn trip(&mut self, policy: &Policy, now: Duration) {
        self.open.get_or_insert(Open { since: now, next_probe: now + policy.probe_pause, probes: 0 });
    }

    fn recover(&mut self) {
        let Breaker { stored, last_pause_began, .. } = *self;
        *self = Breaker { proven: true, stored, last_pause_began, ..Breaker::default() };
    }

    fn fail(&mut self, policy: &Policy, reason: &str, sent_at: Duration, now: Duration) -> Option<StopReason> {
        self.failures_in_a_row += 1;
        if self.open.is_none() && self.failures_in_a_row >= policy.open_after {
            self.trip(policy, now);
            return None;
        }
        let open = self.open.as_mut().filter(|open| sent_at >= open.since)?;
        open.probes += 1;
        if open.probes >= policy.probes_max {
            return Some(StopReason::Failing { in_a_row: self.failures_in_a_row, reason: reason.to_owned() });
        }
        open.since = now;
        open.next_probe = now + (policy.probe_pause * (1 << open.probes.min(16))).min(policy.pause_max);
        None
    }

    /// How long all rows pause because a request sent at `sent_at` was not processed: as long as the server asked, or
    /// twice as long each time it did not say.
    pub fn pause(
        &mut self,
        policy: &Policy,
        jitter: &mut Jitter,
        asked: Option<Duration>,
        sent_at: Duration,
        now: Duration,
    ) -> Duration {
        if sent_at >= self.last_pause_began {
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

/// Whether a stop leaves open what became of the row that caused it: behind a web page anything may have happened.
pub fn leaves_open(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Unknown { .. }
        | Verdict::Fatal { reason: FatalReason::WebPage(_), .. }
        // "See other" is how some servers say that a POST was done (RFC 9110, 15.4.4).
        | Verdict::Fatal { status: Some(303), reason: FatalReason::Redirect(_) } => true,
        Verdict::Fatal {
            reason: FatalReason::Unauthorized(_) | FatalReason::Redirect(_) | FatalReason::Tls(_),
            ..
        }
        | Verdict::Stored { .. }
        | Verdict::Refused { .. }
        | Verdict::NotProcessed { .. } => false,
    }
}
