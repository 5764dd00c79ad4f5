//! The middle stage: asks the schedule what to do, does it, and tells the schedule what came of it. Cards leave by the
//! [`door`], answers are weighed in [`hearing`], and whoever comes behind is told by the [`news`].

mod door;
mod hearing;
mod news;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use foldhash::fast::FixedState;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};
use tokio::time::Instant;

use super::carriers::{Carriers, Load};
use super::companions::Companions;
use super::echo::{CardCounts, ReadBack};
use super::feed::{Batch, Fate, Fed, FedRow, FeedError, Parcel};
use super::outcome::CardEnding;
use super::progress::Progress;
use super::record::Arrival;
use super::remember::may_resend;
use super::renewal::Renewal;
use super::scribe::{Ended, Opening, Outlet};
use super::seats::Seats;
use super::signals::Signals;
use super::together::Member;
use super::{BATCH_ROWS, Delivery, Ending, RecordError};
use crate::mapping::Mapper;
use crate::model::{ContactCard, IdentityKey, Ordinal, ServerRules, Status, Verdict};
use crate::plug::{self, Moment};
use crate::results::Timeline;
use crate::schedule::{self, Admission, OnUncertain, Policy, Schedule, Step, StopReason};
use crate::source::ReadEnd;
use crate::upload::Connection;
use door::{Door, Leaving};
use news::News;

/// How long a stopped run waits for its reader to say what it had read. Enough for any file; a reader stuck in a
/// pipe is left alone.
const READER_LINGERS: Duration = Duration::from_millis(500);

/// How long a run that has nothing left to send waits for a reader that is silent.
const READER_SILENT: Duration = Duration::from_secs(3);

/// Up to so many requests a second, every card waits until the journal has it on disk that it is about to be sent, so that
/// whatever is sent again after a killed run says so. A commit takes some milliseconds, and four cards in flight leave
/// two hundred of them for each. At a faster pace only cards that the server could not recognise wait: of the others,
/// those of the last [`TOLD_WITHIN`](news::TOLD_WITHIN) and the commit that follows are sent again without a word.
const PATIENT_RATE_MAX: f64 = 20.0;

/// Signals within this time are one wish.
const ONE_BREATH: Duration = Duration::from_millis(500);

/// The middle stage.
#[derive(Debug)]
pub struct Deliverer {
    schedule: Schedule,
    delivery: Delivery,
    mapper: Arc<Mapper>,
    seats: Arc<Seats>,
    outlet: Outlet,
    /// Rows that the journal has written down, and that may go now.
    cleared: UnboundedReceiver<Vec<Ordinal>>,
    progress: Arc<Progress>,
    grace: Duration,
    began: Instant,
    parcels: HashMap<Ordinal, Box<Parcel>, FixedState>,
    companions: Companions,
    carriers: Carriers,
    read_back: ReadBack,
    news: News,
    door: Door,
    /// Whether a card was given to a carrier who has not set out yet.
    posted: bool,
    /// Rows that are yet to be seen to.
    ended: Vec<(Ordinal, schedule::Ending)>,
    /// Whether every card waits for the journal.
    patient: bool,
    on_uncertain: OnUncertain,
    requests: u64,
    timeline: Timeline,
    renewal: Renewal,
    /// Since when every document has a connection of its own, because answers were about other cards.
    apart_since: Option<Duration>,
    read: Option<Result<ReadEnd, FeedError>>,
    /// When it was told to stop, by whomever.
    stopping: Option<Instant>,
    interrupted: Option<Instant>,
    /// Since when nothing is left to be sent, and the reader has given no sign of life.
    silent_since: Option<Instant>,
    reader_died: bool,
    /// Whether results or the journal cannot be written any more.
    troubled: bool,
}

/// What the stage knows in the end.
#[derive(Debug)]
pub struct Delivered {
    pub ending: Ending,
    pub requests: u64,
    pub timeline: Timeline,
    pub window_reached: usize,
    pub cards: CardCounts,
    pub read: Option<ReadEnd>,
}

/// What to do when the schedule has nothing more to say.
enum Next {
    Wait(Option<Instant>),
    Finished,
}

impl Deliverer {
    #[expect(clippy::too_many_arguments, reason = "called once, where the corridor is built")]
    pub fn new(
        policy: Policy,
        rules: ServerRules,
        mut delivery: Delivery,
        mapper: Arc<Mapper>,
        seats: Arc<Seats>,
        outlet: Outlet,
        cleared: UnboundedReceiver<Vec<Ordinal>>,
        home: Sender<Vec<ContactCard>>,
        progress: Arc<Progress>,
        grace: Duration,
    ) -> Deliverer {
        let renewal = Renewal::new(match &mut delivery {
            Delivery::Live { renew, .. } => renew.take(),
            Delivery::Dry => None,
        });
        Deliverer {
            patient: policy.rate.is_some_and(|rate| rate <= PATIENT_RATE_MAX),
            on_uncertain: policy.on_uncertain,
            door: Door::new(policy.rate),
            schedule: Schedule::new(policy),
            delivery,
            mapper,
            seats,
            outlet,
            cleared,
            progress,
            grace,
            began: Instant::now(),
            parcels: HashMap::default(),
            companions: Companions::default(),
            carriers: Carriers::default(),
            read_back: ReadBack::new(rules),
            news: News::new(home),
            posted: false,
            ended: Vec::new(),
            requests: 0,
            timeline: Timeline::default(),
            renewal,
            apart_since: None,
            read: None,
            stopping: None,
            interrupted: None,
            silent_since: None,
            reader_died: false,
            troubled: false,
        }
    }

    /// Gives requests of an earlier session, which may still be on their way, the time that an unknown outcome is given.
    pub fn settle_first(&mut self) {
        self.schedule.settle_first();
    }

    /// Works until every row has ended.
    pub async fn run(mut self, mut intake: Receiver<Fed>, mut signals: Signals) -> Delivered {
        let progress = Arc::clone(&self.progress);
        // One timer for all that may come due, since most of it hardly ever changes.
        let mut alarm = std::pin::pin!(tokio::time::sleep_until(self.began));
        loop {
            let next = self.act();
            if std::mem::take(&mut self.posted) {
                tokio::task::yield_now().await;
            }
            let mut ended = std::mem::take(&mut self.ended);
            ended.drain(..).for_each(|(row, ending)| self.settle(row, ending));
            self.ended = ended;
            self.news.tell(&self.outlet, self.schedule.in_flight() == 0);
            if self.leave_token() {
                continue;
            }
            let Next::Wait(until) = next else { break };
            let grace_ends = self.stopping.map(|at| at + self.grace).filter(|_| self.schedule.in_flight() > 0);
            let reader_given_up = self.reader_given_up();
            let wake = [until, grace_ends, reader_given_up, self.news.due()].into_iter().flatten().min();
            if let Some(wake) = wake
                && wake != alarm.deadline()
            {
                alarm.as_mut().reset(wake);
            }
            tokio::select! {
                biased;
                () = signals.next() => self.interrupt(),
                () = progress.trouble(), if !self.troubled => self.give_up(),
                token = self.renewal.fetched() => self.renewed(token),
                rows = self.cleared.recv(), if self.outlet.remembers() => {
                    // Rows would wait for a scribe that died until the end of days.
                    rows.expect("it writes until we are gone").into_iter().for_each(|row| self.go(row));
                }
                answer = self.carriers.answer() => {
                    let now = self.began.elapsed();
                    self.hear(answer, now);
                    while let Some(answer) = self.carriers.another() {
                        self.hear(answer, now);
                    }
                }
                // Who could not go yet waits outside: what is in here stays small, and near at hand.
                fed = intake.recv(), if self.read.is_none() && self.schedule.ready() < BATCH_ROWS => match fed {
                    Some(Fed::Rows(batch)) => {
                        self.silent_since = None;
                        self.admit(batch);
                    }
                    Some(Fed::Rehearsed(rows)) => {
                        self.silent_since = None;
                        self.outlet.rehearsed(rows);
                    }
                    Some(Fed::End(end)) => self.close(end),
                    None => {
                        self.reader_died = true;
                        self.close(Ok(ReadEnd { stopped: true, ..ReadEnd::default() }));
                    }
                },
                () = alarm.as_mut(), if wake.is_some() => {
                    let now = Instant::now();
                    if grace_ends.is_some_and(|at| at <= now) {
                        self.abandon();
                    }
                    if reader_given_up.is_some_and(|at| at <= now) {
                        self.close(Ok(ReadEnd { stopped: true, ..ReadEnd::default() }));
                    }
                }
            }
        }
        let (read, failure) = match self.read {
            Some(Ok(end)) => ((!end.stopped).then_some(end), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        let ending = match (self.schedule.stopped(), failure) {
            (Some(reason), _) if reason != StopReason::Told => Ending::Server(reason),
            _ if self.interrupted.is_some() => Ending::Interrupted,
            _ if self.reader_died => Ending::ReaderDied,
            (_, Some(FeedError::Source(error))) => Ending::Input(error),
            (_, Some(FeedError::Merge(error))) => Ending::Merge(error),
            (_, Some(FeedError::Journal(error))) => Ending::Machine(RecordError::journal(&error)),
            (_, None) => Ending::Finished,
        };
        Delivered {
            ending,
            requests: self.requests,
            timeline: self.timeline,
            window_reached: self.schedule.window_reached(),
            cards: self.read_back.counts(),
            read,
        }
    }

    /// Does what the schedule says until it has nothing more to say.
    fn act(&mut self) -> Next {
        let now = self.began.elapsed();
        loop {
            match self.schedule.step(now) {
                Step::Send { row } => self.send(row),
                // Rows that went along count too, and may be too many; the others can wait until more cards are on
                // their way.
                Step::Settle { row, ending } => match self.parcels.get(&row) {
                    Some(parcel) if parcel.group.is_some() => self.settle(row, ending),
                    Some(_) | None => self.ended.push((row, ending)),
                },
                Step::Wait { .. } if self.stay(now) => {}
                Step::Wait { until } => {
                    let until = [until, self.depart(now)].into_iter().flatten().min();
                    let pause = self.schedule.paused_until(now).map(|until| until - now);
                    self.progress.wait(self.schedule.in_flight(), pause);
                    return Next::Wait(until.map(|until| self.began + until));
                }
                Step::Finished => return Next::Finished,
            }
        }
    }

    /// Sees to a row that has ended.
    fn settle(&mut self, row: Ordinal, ending: schedule::Ending) {
        let mut parcel = self.parcels.remove(&row).expect("a row keeps its card until it has ended");
        let stopped = self.schedule.stopped();
        let untried = ending.attempts == 0 && ending.twin.is_none();
        let ending = CardEnding::new(ending, &parcel, &self.mapper, stopped.as_ref());
        // It would have been sent again, had the run gone on or its turn come.
        let goes_on = ending.status() == Status::Uncertain
            && (stopped.is_some() || untried)
            && may_resend(&parcel.card, self.on_uncertain);
        match parcel.group.clone() {
            None => {
                let warnings = std::mem::take(&mut parcel.warnings);
                let (subject, outcome) = (parcel.subject(), ending.alone(warnings));
                self.news.outcomes.push(Ended { row, subject, outcome, goes_on, here: true });
            }
            Some(group) => {
                let status = ending.status();
                let ended = self.companions.end(group, ending, goes_on);
                // The schedule has counted the row that carried the card.
                let others = ended.iter().skip(1).filter(|ended| ended.here).count();
                (0..others).for_each(|_| self.schedule.count(status));
                self.news.outcomes.extend(ended);
            }
        }
        self.news.spent.push(parcel.card);
    }

    /// Lets a card go: at once, or when the journal has it, if nobody could tell afterwards whether it came twice, or
    /// there is time.
    fn send(&mut self, row: Ordinal) {
        plug::at(Moment::IntentUnwritten);
        let parcel = self.parcels.get(&row).expect("a row keeps its card until it has ended");
        let waits = self.outlet.remembers() && (self.patient || !parcel.card.has_identity());
        match &parcel.group {
            None => self.news.openings.push(Opening { row, subject: parcel.subject(), waits }),
            // Each may be gone or changed when the run goes on, so each is noted.
            Some(group) => self.news.openings.extend(group.members.iter().map(|member| {
                let Member { ordinal, subject, .. } = *member;
                Opening { row: ordinal, subject, waits: waits && ordinal == row }
            })),
        }
        if waits {
            self.door.hold(row);
        } else {
            self.door.line_up(row);
        }
    }

    /// The journal has it: now it may go, unless it was given up meanwhile.
    fn go(&mut self, row: Ordinal) {
        if self.door.let_go(row) {
            plug::at(Moment::IntentWritten);
        }
    }

    /// Nobody sets out after the run was stopped, or into a silence that the server has asked for meanwhile. Says whether
    /// somebody stays because of that.
    fn stay(&mut self, now: Duration) -> bool {
        if !self.door.is_busy() || !self.schedule.keeps_in(now) {
            return false;
        }
        // The journal must have heard that they go before it hears that they do not.
        self.news.tell_openings(&self.outlet);
        for row in self.door.turn_back() {
            self.never_left(row);
            self.schedule.take_back(row);
        }
        true
    }

    /// Sends who is leaving. Says when the next one may.
    fn depart(&mut self, now: Duration) -> Option<Duration> {
        loop {
            match self.door.next(now) {
                Leaving::Gone(row) => self.post(row, now),
                Leaving::Until(at) => return Some(at),
                Leaving::Nobody => return None,
            }
        }
    }

    fn post(&mut self, row: Ordinal, now: Duration) {
        let Delivery::Live { client, .. } = &self.delivery else { unreachable!("a dry run admits no row") };
        let parcel = self.parcels.get(&row).expect("a row keeps its card until it has ended");
        let connection = if parcel.card.has_identity() { Connection::Any } else { Connection::Fresh };
        let (client, document) = (client.clone(), parcel.document.clone());
        self.requests += 1;
        self.posted = true;
        self.progress.request();
        self.carriers.send(Load { row, token: self.renewal.token(), sent_at: now, client, document, connection });
    }

    fn admit(&mut self, Batch { rows, sightings }: Batch) {
        let mut news = Vec::with_capacity(rows.len());
        for FedRow { ordinal, row, fate, weight } in rows {
            let ended = match fate {
                Fate::Ended(outcome) => {
                    self.schedule.count(outcome.status);
                    self.read_back.recall(outcome.id.as_ref());
                    Some(outcome)
                }
                Fate::Along(place) => {
                    let ended = self.companions.join(place);
                    ended.iter().for_each(|outcome| self.schedule.count(outcome.status));
                    ended
                }
                Fate::Card(mut parcel) => {
                    if let Some(twin) = parcel.twin.take() {
                        self.schedule.know(parcel.digest, twin);
                    }
                    self.schedule.admit(Admission {
                        row: ordinal,
                        number: row.number,
                        identities: lanes(&parcel),
                        resend: parcel.card.has_identity(),
                        digest: parcel.digest,
                        sent_before: parcel.sent_before,
                    });
                    self.parcels.insert(ordinal, parcel);
                    None
                }
            };
            news.push(Arrival { ordinal, row, weight, ended });
        }
        self.outlet.rows(news, sightings);
    }

    fn close(&mut self, end: Result<ReadEnd, FeedError>) {
        self.read = Some(end);
        self.schedule.close_input();
    }

    fn interrupt(&mut self) {
        match self.interrupted {
            None => {
                self.interrupted = Some(Instant::now());
                match self.schedule.in_flight() {
                    // As in every dry run.
                    0 => tracing::warn!("asked to stop: nothing is in flight"),
                    _ => tracing::warn!("asked to stop: waiting for requests in flight; ask again to leave at once"),
                }
                self.stop();
            }
            // Terminals and service managers often say it twice in one breath.
            Some(at) if at.elapsed() < ONE_BREATH => {}
            Some(_) => self.abandon(),
        }
    }

    /// When the reader is no longer waited for: soon after we told it to stop; and when nothing is sent any more, once it
    /// has been silent for a while.
    fn reader_given_up(&mut self) -> Option<Instant> {
        if self.read.is_some() {
            return None;
        }
        // While a row is here, the reader may be waiting for its seat.
        let only_reads = self.schedule.stopped().is_some() && self.parcels.is_empty();
        self.silent_since = only_reads.then(|| self.silent_since.unwrap_or_else(Instant::now));
        let silent = self.silent_since.map(|at| at + READER_SILENT);
        self.stopping.map(|at| at + READER_LINGERS).or(silent)
    }

    /// Nothing can be written down any more: nothing more is sent.
    fn give_up(&mut self) {
        self.troubled = true;
        if self.stopping.is_none() {
            self.stop();
        }
        self.release();
    }

    /// Waits no longer for answers.
    fn abandon(&mut self) {
        self.release();
        self.schedule.abandon();
    }

    /// Rows that wait for the journal have not left this machine, and will not.
    fn release(&mut self) {
        let now = self.began.elapsed();
        for row in self.door.shut() {
            let reason = "it could not be written down first".to_owned();
            self.never_left(row);
            self.schedule.reply(row, Verdict::NotProcessed { status: None, retry_after: None, reason }, now);
        }
    }

    /// The journal was told that this card goes, and it stays. What became of an earlier attempt nobody knows all the
    /// same.
    fn never_left(&mut self, row: Ordinal) {
        if self.parcels.get(&row).is_some_and(|parcel| parcel.lost == 0 && !parcel.sent_before) {
            self.outlet.back(self.rows_of(row));
        }
    }

    /// All rows whose card this row carries.
    fn rows_of(&self, row: Ordinal) -> Vec<Ordinal> {
        match self.parcels.get(&row).and_then(|parcel| parcel.group.as_ref()) {
            Some(group) => group.members.iter().map(|member| member.ordinal).collect(),
            None => vec![row],
        }
    }

    fn stop(&mut self) {
        self.stopping = Some(Instant::now());
        self.schedule.stop(StopReason::Told);
        self.seats.close();
    }
}

/// What a card must not be in flight with: all that the server may recognise it by; or, without any of that, the very
/// same card, so that the second is known to be a repetition when its turn comes.
fn lanes(parcel: &Parcel) -> Vec<IdentityKey> {
    match &*parcel.identities {
        [] => vec![IdentityKey::of_card(parcel.digest)],
        identities => identities.to_vec(),
    }
}
