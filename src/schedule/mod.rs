//! Rows and verdicts in, decisions out: what to send now, what has ended, how long to wait.
//! Pure: no clock (it is told `now`, counted from the start of the run), no network, no async.

mod breaker;
mod guards;
mod jitter;
mod lanes;
mod limiter;
mod policy;
mod repeats;
mod retry;
mod stop_reason;
mod window;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::Duration;

use foldhash::fast::FixedState;

use crate::model::{CardDigest, IdentityKey, Ordinal, RowNumber, Status, Tally, Verdict};

use breaker::{Breaker, Gate, leaves_open};
pub use guards::{ErrorLimit, Guards};
use jitter::Jitter;
use lanes::Lanes;
pub use limiter::Departures;
use limiter::Limiter;
pub use policy::{OnUncertain, Policy};
use repeats::Repeats;
pub use repeats::Twin;
use retry::{Budget, Decision, decide};
pub use stop_reason::StopReason;
use window::Window;

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this row's card now.
    Send {
        /// The row.
        row: Ordinal,
    },
    /// This row has ended.
    Settle {
        /// The row.
        row: Ordinal,
        /// How.
        ending: Ending,
    },
    /// Nothing to do before `until`, unless a row or a reply comes in; `None` means only then.
    Wait {
        /// Counted from the start of the run.
        until: Option<Duration>,
    },
    /// Every row admitted has ended, and no more will come.
    Finished,
}

/// How a row ended, in the schedule's terms.
#[derive(Debug, PartialEq, Eq)]
pub struct Ending {
    /// One of stored, refused, uncertain, not sent.
    pub status: Status,
    /// How many times it was sent.
    pub attempts: u32,
    /// The verdict on its last attempt, if one came.
    pub last: Option<Verdict>,
    /// Whether an attempt before the last one may have been processed too.
    pub maybe_twice: bool,
    /// The earlier row with the very same card, because of which this one was not sent.
    pub twin: Option<Twin>,
}

/// A row that comes into the house.
#[derive(Clone, Debug)]
pub struct Admission {
    /// Its place in the run.
    pub row: Ordinal,
    /// What people call it.
    pub number: RowNumber,
    /// What the server may recognise its card by.
    pub identities: Vec<IdentityKey>,
    /// Whether the card may be sent again when nobody knows what became of the first attempt.
    pub resend: bool,
    /// What makes another card the same.
    pub digest: CardDigest,
    /// Whether an earlier session has sent it, and nobody knows what came of that.
    pub sent_before: bool,
}

/// How many requests an adaptive run begins with.
const AUTO_START: usize = 4;

/// Decides what is sent when. Holds only the rows that are in the house, never their contents.
#[derive(Debug)]
pub struct Schedule {
    policy: Policy,
    limiter: Limiter,
    lanes: Lanes,
    repeats: Repeats,
    breaker: Breaker,
    window: Window,
    budget: Budget,
    jitter: Jitter,
    tally: Tally,
    admitted: u64,
    rows: HashMap<Ordinal, RowState, FixedState>,
    ready: BinaryHeap<Reverse<Ordinal>>,
    backing_off: BinaryHeap<Reverse<(Duration, Ordinal)>>,
    /// Rows that ended uncertain, each with the moment at which those who share an identity may go.
    lingering: VecDeque<(Duration, Ordinal)>,
    endings: VecDeque<(Ordinal, Ending)>,
    in_flight: usize,
    paused_until: Duration,
    /// Whether somebody has to see to something first.
    held: bool,
    /// Until when the first row goes alone; `None` before it is sent.
    alone_until: Option<Duration>,
    input_open: bool,
    /// Whether rows were left out because the user allows only so many.
    rows_left_out: bool,
    stop: Option<StopReason>,
}

/// What is remembered of a row.
#[derive(Debug)]
struct RowState {
    number: RowNumber,
    digest: CardDigest,
    /// Whether it may be sent again after an unknown outcome.
    resend: bool,
    attempts: u32,
    /// Attempts that count against the row; pauses the server asked for do not.
    failures: u32,
    /// Whether an earlier attempt may have been processed.
    unknown_before: bool,
    in_flight: bool,
    first_sent_at: Duration,
    sent_at: Duration,
    last: Option<Verdict>,
    /// How often the server's last failure text came in a row.
    same_failure: u32,
}

impl Schedule {
    /// An empty schedule.
    pub fn new(policy: Policy) -> Schedule {
        Schedule {
            limiter: Limiter::new(policy.rate),
            jitter: Jitter::new(policy.seed),
            breaker: Breaker::default(),
            window: Window::new(policy.concurrency, policy.adaptive, AUTO_START),
            budget: Budget::new(policy.resends_spare),
            tally: Tally::default(),
            admitted: 0,
            lanes: Lanes::default(),
            repeats: Repeats::default(),
            rows: HashMap::default(),
            ready: BinaryHeap::new(),
            backing_off: BinaryHeap::new(),
            lingering: VecDeque::new(),
            endings: VecDeque::new(),
            in_flight: 0,
            paused_until: Duration::ZERO,
            held: false,
            alone_until: None,
            input_open: true,
            rows_left_out: false,
            stop: None,
            policy,
        }
    }

    /// Requests of an earlier session may still be on their way: nothing is sent before they have had the time that an
    /// unknown outcome is given.
    pub fn settle_first(&mut self) {
        self.paused_until = self.policy.uncertain_pause;
    }

    /// Takes note of a card that an earlier session has sent.
    pub fn know(&mut self, digest: CardDigest, twin: Twin) {
        match twin {
            Twin::Stored { row, id } => self.repeats.stored(digest, row, id.as_ref()),
            Twin::Doubtful { row } => self.repeats.doubtful(digest, row),
        }
    }

    /// Takes a row in. Rows must come in input order.
    ///
    /// # Panics
    /// When the row is in the house already.
    pub fn admit(&mut self, admission: Admission) {
        let Admission { row, number, mut identities, resend, digest, sent_before } = admission;
        if identities.is_empty() {
            // Nothing to be recognised by but being the same: the same cards still go one after another.
            identities.push(IdentityKey(u64::from(digest.0[0]) << 32 | u64::from(digest.0[1])));
        }
        let state = RowState {
            number,
            digest,
            resend,
            attempts: 0,
            failures: 0,
            unknown_before: sent_before,
            in_flight: false,
            first_sent_at: Duration::ZERO,
            sent_at: Duration::ZERO,
            last: None,
            same_failure: 0,
        };
        assert!(self.rows.insert(row, state).is_none(), "row {row:?} was admitted twice");
        let spent = self.policy.guards.rows_max.is_some_and(|max| self.admitted >= max);
        if self.stop.is_some() || spent {
            self.rows_left_out |= self.stop.is_none();
            self.settle_unsent(row);
            return;
        }
        self.admitted += 1;
        if self.lanes.enter(row, identities) {
            self.ready.push(Reverse(row));
        }
    }

    /// No more rows will come.
    pub fn close_input(&mut self) {
        self.input_open = false;
    }

    /// Sends nothing more. Rows that are not in flight end now; those in flight end with their replies.
    /// The first reason stays.
    pub fn stop(&mut self, reason: StopReason) {
        if self.stop.is_some() {
            return;
        }
        self.stop = Some(reason);
        self.ready.clear();
        self.backing_off.clear();
        let mut idle: Vec<Ordinal> =
            self.rows.iter().filter(|(_, state)| !state.in_flight).map(|(&row, _)| row).collect();
        idle.sort_unstable();
        for row in idle {
            self.settle_unsent(row);
        }
    }

    /// Gives up on the rows in flight: nobody will hear their answers.
    pub fn abandon(&mut self) {
        let mut flying: Vec<Ordinal> =
            self.rows.iter().filter(|(_, state)| state.in_flight).map(|(&row, _)| row).collect();
        flying.sort_unstable();
        for row in flying {
            self.in_flight -= 1;
            if let Some(state) = self.rows.get_mut(&row) {
                state.in_flight = false;
                state.last = None;
            }
            self.settle(row, Status::Uncertain);
        }
    }

    /// Why it stopped, if it did.
    pub fn stopped(&self) -> Option<StopReason> {
        let spent = self.policy.guards.rows_max.filter(|_| self.rows_left_out);
        self.stop.clone().or(spent.map(StopReason::RowsSpent))
    }

    /// The most requests it has allowed to be in flight at once.
    pub fn window_reached(&self) -> usize {
        self.window.reached()
    }

    /// Takes note of a row that ended without coming here.
    pub fn count(&mut self, status: Status) {
        self.tally.add(status);
        if let Some(reason) = self.policy.guards.errors(&self.tally) {
            self.stop(reason);
        }
    }

    /// Nobody sends before `now` plus `wait`: the server said so. A longer pause stays.
    pub fn pause(&mut self, wait: Duration, now: Duration) {
        let granted = self.policy.retry_after_max;
        self.paused_until = self.paused_until.max(now + wait.min(granted));
        if wait > granted {
            self.stop(StopReason::PauseTooLong { asked: wait, granted });
        }
    }

    /// Sends nothing until it is told otherwise; what is in flight stays there.
    pub fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// Whether nobody may set out: nothing is sent any more, or not yet.
    pub fn keeps_in(&self, now: Duration) -> bool {
        self.stop.is_some() || self.held || self.paused_until > now
    }

    /// A row that was to be sent has not left this machine: it waits for its turn once more, or ends unsent.
    pub fn take_back(&mut self, row: Ordinal) {
        let Some(state) = self.rows.get_mut(&row).filter(|state| state.in_flight) else { return };
        state.in_flight = false;
        state.attempts -= 1;
        self.in_flight -= 1;
        if self.stop.is_some() { self.settle_unsent(row) } else { self.ready.push(Reverse(row)) }
    }

    /// How many rows are in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// How many rows could go, if there were room.
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Until when everybody waits because the server asked for it, if that is after `now`.
    pub fn paused_until(&self, now: Duration) -> Option<Duration> {
        (self.paused_until > now && self.stop.is_none()).then_some(self.paused_until)
    }

    /// Takes the verdict on a row that is in flight. A row that is not is ignored: it was abandoned.
    pub fn reply(&mut self, row: Ordinal, verdict: Verdict, now: Duration) {
        let Some(state) = self.rows.get_mut(&row).filter(|state| state.in_flight) else { return };
        state.in_flight = false;
        self.in_flight -= 1;
        if verdict.never_left() {
            state.attempts -= 1;
        }
        // A gateway says the same of every row, as long as what is behind it is away.
        let of_the_row = matches!(verdict, Verdict::Unknown { status: Some(200..=299 | 500), .. });
        let repeated = of_the_row && state.last.as_ref() == Some(&verdict);
        state.same_failure = if repeated { state.same_failure + 1 } else { 1 };
        state.unknown_before |= leaves_open(&verdict);
        let sent_at = state.sent_at;

        let mut stop = self.breaker.hear(&self.policy, &verdict, sent_at, now);
        self.window.hear(&verdict, sent_at, now);
        let decision = match &stop {
            // The run was set up wrongly; the row itself was not judged.
            Some(StopReason::SetUp { .. }) => Decision::Again { after: Duration::ZERO },
            _ => decide(&self.policy, &mut self.jitter, state, &verdict, now),
        };
        let pause = match &verdict {
            Verdict::NotProcessed { retry_after, .. } => {
                Some(self.breaker.pause(&self.policy, &mut self.jitter, *retry_after, sent_at, now))
            }
            Verdict::Unknown { reason, .. } if self.policy.on_uncertain == OnUncertain::Stop => {
                stop.get_or_insert(StopReason::Uncertain(reason.clone()));
                None
            }
            Verdict::Stored { .. } => {
                self.budget.earn();
                None
            }
            Verdict::Unknown { .. } | Verdict::Refused { .. } | Verdict::Fatal { .. } => None,
        };
        state.last = Some(verdict);
        match decision {
            // Its lost attempt may still be under way, and would race with the next row that shares an identity.
            Decision::End(Status::Uncertain) => {
                self.end(row, Status::Uncertain, None);
                self.lingering.push_back((now + self.policy.uncertain_pause, row));
            }
            Decision::End(status) => self.settle(row, status),
            Decision::Again { .. } if self.stop.is_some() => self.settle_unsent(row),
            Decision::Again { after } if after.is_zero() => self.ready.push(Reverse(row)),
            Decision::Again { after } => {
                if !self.budget.spend() {
                    self.breaker.trip(&self.policy, now);
                }
                self.backing_off.push(Reverse((now + after, row)));
            }
        }
        if let Some(wait) = pause {
            self.pause(wait, now);
        }
        if let Some(reason) = stop {
            self.stop(reason);
        }
    }

    /// What to do at `now`. Call it again after every answer but `Wait` and `Finished`.
    pub fn step(&mut self, now: Duration) -> Step {
        if let Some(limit) = self.policy.guards.duration_max.filter(|&limit| now >= limit && !self.rows.is_empty()) {
            self.stop(StopReason::TimeUp(limit));
        }
        if let Some((row, ending)) = self.endings.pop_front() {
            return Step::Settle { row, ending };
        }
        while let Some(&Reverse((due, row))) = self.backing_off.peek() {
            if due > now {
                break;
            }
            self.backing_off.pop();
            self.ready.push(Reverse(row));
        }
        while let Some(&(due, row)) = self.lingering.front() {
            if due > now {
                break;
            }
            self.lingering.pop_front();
            self.leave_lanes(row);
        }
        self.settle_repeats();
        if let Some((row, ending)) = self.endings.pop_front() {
            return Step::Settle { row, ending };
        }
        if self.ready.is_empty() {
            if !self.input_open && self.rows.is_empty() {
                return Step::Finished;
            }
            return self.wait(None);
        }
        if self.held {
            return self.wait(None);
        }
        let gate = self.breaker.gate(now, self.in_flight);
        if let Gate::Wait(until) = gate {
            return self.wait(until);
        }
        if self.in_flight >= self.window.limit() {
            return self.wait(None);
        }
        // Until one answer shows that address, token and form are right, one row goes alone: a set-up error must cost
        // one request, not as many as there are slots. A server that takes its time is not waited for.
        if let (false, Some(alone_until)) = (self.breaker.proven(), self.alone_until)
            && self.in_flight > 0
            && now < alone_until
        {
            return self.wait(Some(alone_until));
        }
        if self.paused_until > now {
            return self.wait(Some(self.paused_until));
        }
        if let Err(wait) = self.limiter.take(now) {
            return self.wait(Some(now + wait));
        }
        let row = self.next_row(gate);
        let state = self.rows.get_mut(&row).expect("a ready row is in the house");
        if state.attempts == 0 {
            state.first_sent_at = now;
        }
        state.attempts += 1;
        state.in_flight = true;
        state.sent_at = now;
        self.in_flight += 1;
        self.alone_until.get_or_insert(now + self.policy.first_alone);
        Step::Send { row }
    }

    /// Ends the rows at the head of the queue whose very card is known already.
    fn settle_repeats(&mut self) {
        while let Some(&Reverse(row)) = self.ready.peek() {
            let fresh = self.rows.get(&row).filter(|state| state.attempts == 0);
            let Some(twin) = fresh.and_then(|state| self.repeats.find(state.digest)) else { return };
            let status = match (&twin, fresh.is_some_and(|state| state.resend)) {
                (Twin::Stored { .. }, _) => Status::Unchanged,
                (Twin::Doubtful { .. }, false) => Status::Uncertain,
                (Twin::Doubtful { .. }, true) => return,
            };
            self.ready.pop();
            self.end(row, status, Some(twin));
            self.leave_lanes(row);
        }
    }

    /// The earliest row that is ready; for a probe, one that may be sent again if nobody hears of it.
    fn next_row(&mut self, gate: Gate) -> Ordinal {
        let may_resend = |row: &Ordinal| self.rows.get(row).is_some_and(|state| state.resend);
        let probe = match gate {
            Gate::Probe => self.ready.iter().map(|&Reverse(row)| row).filter(may_resend).min(),
            Gate::Go | Gate::Wait(_) => None,
        };
        match probe {
            Some(row) => {
                self.ready.retain(|&Reverse(other)| other != row);
                row
            }
            None => self.ready.pop().map(|Reverse(row)| row).expect("somebody is ready"),
        }
    }

    /// Waits until then, or until a row in back-off is due, or a lane opens, or until time is up.
    fn wait(&self, until: Option<Duration>) -> Step {
        let due = self.backing_off.peek().map(|&Reverse((due, _))| due);
        let opens = self.lingering.front().map(|&(due, _)| due);
        let time_up = self.policy.guards.duration_max.filter(|_| self.stop.is_none());
        Step::Wait { until: [until, due, opens, time_up].into_iter().flatten().min() }
    }

    /// Ends a row that the run leaves behind: honest about an earlier attempt that may have been processed.
    fn settle_unsent(&mut self, row: Ordinal) {
        let unknown = self.rows.get(&row).is_some_and(|state| state.unknown_before);
        self.settle(row, if unknown { Status::Uncertain } else { Status::NotSent });
    }

    fn settle(&mut self, row: Ordinal, status: Status) {
        self.end(row, status, None);
        self.leave_lanes(row);
    }

    /// Ends a row that stays in its lanes.
    fn end(&mut self, row: Ordinal, status: Status, twin: Option<Twin>) {
        let state = self.rows.remove(&row).expect("a row settles once");
        match (status, &state.last) {
            (Status::Stored, Some(Verdict::Stored { id, .. })) => {
                self.repeats.stored(state.digest, state.number, id.as_ref());
            }
            (Status::Uncertain, _) if !state.resend && twin.is_none() => {
                self.repeats.doubtful(state.digest, state.number);
            }
            _ => {}
        }
        let maybe_twice = status == Status::Stored && state.unknown_before;
        self.tally.add(status);
        self.endings.push_back((row, Ending { status, attempts: state.attempts, last: state.last, maybe_twice, twin }));
        if let (None, Some(reason)) = (&self.stop, self.policy.guards.errors(&self.tally)) {
            self.stop(reason);
        }
    }

    fn leave_lanes(&mut self, row: Ordinal) {
        for next in self.lanes.leave(row) {
            if self.stop.is_none() {
                self.ready.push(Reverse(next));
            }
        }
    }
}

#[cfg(test)]
mod tests;
