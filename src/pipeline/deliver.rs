//! The middle stage: asks the schedule what to do, does it, and tells the schedule what came of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use super::feed::{Fate, Fed, FedRow, Parcel};
use super::outcome::{dry, outcome};
use super::progress::Progress;
use super::record::News;
use super::seats::Seats;
use super::signals::Signals;
use super::{Delivery, Ending};
use crate::mapping::Mapper;
use crate::model::{ContactCard, IdentityKey, Ordinal, Outcome, ServerRules, Verdict};
use crate::schedule::{Policy, Schedule, Step, StopReason};
use crate::source::{ReadEnd, SourceError};

/// How long a stopped run waits for its reader to say what it had read. Enough for any file; a reader stuck in a
/// pipe is left alone.
const READER_LINGERS: Duration = Duration::from_millis(500);

/// The middle stage.
#[derive(Debug)]
pub struct Deliverer {
    schedule: Schedule,
    rules: ServerRules,
    delivery: Delivery,
    mapper: Arc<Mapper>,
    seats: Arc<Seats>,
    to_record: Sender<News>,
    progress: Arc<Progress>,
    grace: Duration,
    began: Instant,
    parcels: HashMap<Ordinal, Box<Parcel>>,
    attempts: JoinSet<(Ordinal, Verdict)>,
    outcomes: Vec<(Ordinal, Outcome)>,
    requests: u64,
    read: Option<Result<ReadEnd, SourceError>>,
    /// When it was told to stop, by whomever.
    stopping: Option<Instant>,
    interrupted: bool,
    reader_died: bool,
}

/// What the stage knows in the end.
#[derive(Debug)]
pub struct Delivered {
    pub ending: Ending,
    pub requests: u64,
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
        delivery: Delivery,
        mapper: Arc<Mapper>,
        seats: Arc<Seats>,
        to_record: Sender<News>,
        progress: Arc<Progress>,
        grace: Duration,
    ) -> Deliverer {
        Deliverer {
            schedule: Schedule::new(policy),
            rules,
            delivery,
            mapper,
            seats,
            to_record,
            progress,
            grace,
            began: Instant::now(),
            parcels: HashMap::new(),
            attempts: JoinSet::new(),
            outcomes: Vec::new(),
            requests: 0,
            read: None,
            stopping: None,
            interrupted: false,
            reader_died: false,
        }
    }

    /// Works until every row has ended.
    pub async fn run(mut self, mut intake: Receiver<Fed>, mut signals: Signals) -> Delivered {
        let progress = Arc::clone(&self.progress);
        loop {
            let next = self.act();
            self.tell();
            let Next::Wait(until) = next else { break };
            let grace_ends = self.stopping.map(|at| at + self.grace).filter(|_| self.schedule.in_flight() > 0);
            let reader_given_up = self.stopping.map(|at| at + READER_LINGERS).filter(|_| self.read.is_none());
            tokio::select! {
                biased;
                () = signals.next() => self.interrupt(),
                () = progress.trouble(), if self.stopping.is_none() => self.stop(),
                Some(reply) = self.attempts.join_next() => {
                    self.hear(reply);
                    while let Some(reply) = self.attempts.try_join_next() {
                        self.hear(reply);
                    }
                }
                fed = intake.recv(), if self.read.is_none() => match fed {
                    Some(Fed::Rows(rows)) => self.admit(rows),
                    Some(Fed::End(end)) => self.close(end),
                    None => {
                        self.reader_died = true;
                        self.close(Ok(ReadEnd { stopped: true, ..ReadEnd::default() }));
                    }
                },
                () = at(until) => {}
                () = at(grace_ends) => self.schedule.abandon(),
                () = at(reader_given_up) => self.close(Ok(ReadEnd { stopped: true, ..ReadEnd::default() })),
            }
        }
        let (read, failure) = match self.read {
            Some(Ok(end)) => ((!end.stopped).then_some(end), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        let ending = match (self.schedule.stopped(), failure) {
            _ if self.interrupted => Ending::Interrupted,
            _ if self.reader_died => Ending::ReaderDied,
            (Some(reason), _) if *reason != StopReason::Told => Ending::Server(reason.clone()),
            (_, Some(error)) => Ending::Input(error),
            (_, None) => Ending::Finished,
        };
        Delivered { ending, requests: self.requests, read }
    }

    /// Does what the schedule says until it has nothing more to say.
    fn act(&mut self) -> Next {
        loop {
            let now = self.began.elapsed();
            match self.schedule.step(now) {
                Step::Send { row } => self.send(row),
                Step::Settle { row, ending } => {
                    let parcel = self.parcels.remove(&row).expect("a row keeps its card until it has ended");
                    let mut outcome = outcome(ending, &parcel.card, &self.mapper, self.schedule.stopped());
                    outcome.reasons.extend(parcel.warnings);
                    self.outcomes.push((row, outcome));
                }
                Step::Wait { until } => {
                    let pause = self.schedule.paused_until(now).map(|until| until - now);
                    self.progress.wait(self.schedule.in_flight(), pause);
                    return Next::Wait(until.map(|until| self.began + until));
                }
                Step::Finished => return Next::Finished,
            }
        }
    }

    fn send(&mut self, row: Ordinal) {
        let Delivery::Live(client) = &self.delivery else { unreachable!("a dry run admits no row") };
        let document = self.parcels.get(&row).expect("a row keeps its card until it has ended").document.clone();
        let client = client.clone();
        self.requests += 1;
        self.progress.request();
        self.attempts.spawn(async move { (row, client.post(document).await) });
    }

    fn hear(&mut self, reply: Result<(Ordinal, Verdict), JoinError>) {
        match reply {
            Ok((row, verdict)) => {
                let now = self.began.elapsed();
                log(row, &verdict);
                self.schedule.reply(row, verdict, now);
            }
            // Attempts are never cancelled, so this is a panic, and it is ours.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn admit(&mut self, rows: Vec<FedRow>) {
        let mut news = Vec::with_capacity(rows.len());
        for FedRow { ordinal, row, fate } in rows {
            let ended = match (fate, &self.delivery) {
                (Fate::Ended(outcome), _) => Some(outcome),
                (Fate::Card(parcel), Delivery::Dry) => Some(dry(parcel.warnings)),
                (Fate::Card(parcel), Delivery::Live(_)) => {
                    let resend = parcel.card.identities().next().is_some();
                    self.schedule.admit(ordinal, identity_keys(&parcel.card, self.rules), resend);
                    self.parcels.insert(ordinal, parcel);
                    None
                }
            };
            news.push((ordinal, row, ended));
        }
        self.send_news(News::Rows(news));
    }

    fn close(&mut self, end: Result<ReadEnd, SourceError>) {
        self.read = Some(end);
        self.schedule.close_input();
    }

    fn interrupt(&mut self) {
        if self.interrupted {
            self.schedule.abandon();
            return;
        }
        self.interrupted = true;
        tracing::warn!("asked to stop: waiting for requests in flight; ask again to leave at once");
        self.stop();
    }

    fn stop(&mut self) {
        self.stopping = Some(Instant::now());
        self.schedule.stop(StopReason::Told);
        self.seats.close();
    }

    /// Passes on what has ended.
    fn tell(&mut self) {
        if !self.outcomes.is_empty() {
            let outcomes = std::mem::take(&mut self.outcomes);
            self.send_news(News::Outcomes(outcomes));
        }
    }

    fn send_news(&self, news: News) {
        self.to_record.send(news).expect("the recorder listens until we are gone");
    }
}

/// What the server may recognise a card by, as far as we know.
fn identity_keys(card: &ContactCard, rules: ServerRules) -> Vec<IdentityKey> {
    let mut keys: Vec<IdentityKey> = card.identities().map(|identity| identity.key()).collect();
    if rules.matches_custom {
        keys.extend(card.custom.iter().map(|field| IdentityKey::of_custom(&field.label, &field.value)));
    }
    keys
}

/// Sleeps until then; for ever when there is no then.
async fn at(when: Option<Instant>) {
    match when {
        Some(when) => tokio::time::sleep_until(when).await,
        None => std::future::pending().await,
    }
}

/// One line an attempt, naming the row by its place: contact data stays out of logs.
fn log(row: Ordinal, verdict: &Verdict) {
    match verdict {
        Verdict::Stored { status, .. } => tracing::debug!(row = row.0, status, "stored"),
        Verdict::Refused { status, .. } => tracing::debug!(row = row.0, status, "refused"),
        Verdict::NotProcessed { status, .. } => tracing::debug!(row = row.0, status, "not processed"),
        Verdict::Unknown { status, .. } => tracing::debug!(row = row.0, status, "outcome unknown"),
        Verdict::Fatal { status, .. } => tracing::debug!(row = row.0, status, "fatal"),
    }
}
