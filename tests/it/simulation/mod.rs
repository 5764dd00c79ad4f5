//! Whole runs of the schedule against the sandbox's store, on told time, with every kind of fault: thousands of them,
//! each from a seed. `C3IMPORT_SEED=7` plays one run alone, `C3IMPORT_RUNS=100000` more than usual.

mod fate;
mod town;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use c3import::jsonapi;
use c3import::model::{
    C3Id, CardDigest, ContactCard, Digester, FatalReason, IdentityKey, NameAt, Ordinal, RowNumber, ServerError, Status,
    Verdict,
};
use c3import::sandbox::{Contacts, Rules, Store};
use c3import::schedule::{
    Admission, Ending, ErrorLimit, Guards, OnUncertain, Policy, Schedule, Step, StopReason, Twin,
};

use crate::support::Chance;
use fate::{Fate, fate};
use town::person;

/// How many runs, unless the environment asks for more.
const RUNS: u64 = 3_000;

/// What the limiter may be ahead by (see `schedule::limiter`).
const BURST: Duration = Duration::from_millis(12);

/// Longer than any run of so few rows may take, whatever the server does.
const ENDS_WITHIN: Duration = Duration::from_secs(24 * 3600);

#[test]
fn thousands_of_seeded_runs_keep_every_promise() {
    let asked = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a whole number"));
    match asked("C3IMPORT_SEED") {
        Some(seed) => Run::new(seed).play(),
        None => (0..asked("C3IMPORT_RUNS").unwrap_or(RUNS)).for_each(|seed| Run::new(seed).play()),
    }
}

#[derive(Debug)]
enum Event {
    /// It is in the server, which looks it up.
    Arrives(usize),
    /// The server stores it, by what it found when it looked.
    Stores(usize, Option<u64>),
    /// The client hears of it.
    Heard(usize, Verdict, Option<Duration>),
    /// The user wants it to end.
    Stop,
    /// At once.
    Abandon,
}

/// What is known of a row.
struct Known {
    card: ContactCard,
    keys: Vec<IdentityKey>,
    digest: CardDigest,
    attempts: u32,
    in_flight: bool,
    /// Attempts that the server will still store.
    on_the_way: u32,
    stored: u32,
    /// When it last became unknown whether it was stored.
    lost_at: Option<Duration>,
    verdict: Option<Verdict>,
    /// What the server gave it.
    id: Option<u64>,
    ended: Option<Status>,
}

struct Run {
    seed: u64,
    chance: Chance,
    policy: Policy,
    schedule: Schedule,
    store: Store,
    rows: Vec<Known>,
    events: BinaryHeap<Reverse<(Duration, u64, usize)>>,
    told: Vec<Option<Event>>,
    weather: Vec<u64>,
    now: Duration,
    quiet_until: Duration,
    sent: Vec<Duration>,
    stopping: bool,
}

impl Run {
    fn new(seed: u64) -> Run {
        let mut chance = Chance(seed);
        let count = 1 + chance.below(80);
        let town = 1 + chance.below(count);
        let limited = |chance: &mut Chance, max: u64| chance.one_in(12).then(|| chance.below(max));
        let policy = Policy {
            rate: chance.of(&[None, None, Some(0.5), Some(10.0), Some(40.0), Some(900.0)]),
            concurrency: 1 + chance.below(12) as usize,
            adaptive: chance.one_in(3),
            on_uncertain: chance.of(&[OnUncertain::Retry, OnUncertain::Retry, OnUncertain::Retry, OnUncertain::Report]),
            guards: Guards {
                rows_max: limited(&mut chance, 80),
                errors_max: limited(&mut chance, 20).map(ErrorLimit::Rows),
                duration_max: limited(&mut chance, 60_000).map(Duration::from_millis),
            },
            seed,
            ..Policy::default()
        };
        let digester = Digester::default();
        let rows = (0..count).map(|row| {
            let card = person(&mut chance, row, town);
            let keys = card.identities().map(|identity| identity.key()).collect();
            let digest = digester.digest(&jsonapi::encode(&card, NameAt::Contacts));
            Known {
                card,
                keys,
                digest,
                attempts: 0,
                in_flight: false,
                on_the_way: 0,
                stored: 0,
                lost_at: None,
                verdict: None,
                id: None,
                ended: None,
            }
        });
        let rows: Vec<Known> = rows.collect();
        let weather = (0..32).map(|_| chance.below(60)).collect();
        Run {
            seed,
            schedule: Schedule::new(policy.clone()),
            policy,
            store: Store::new(Rules::default()),
            rows,
            events: BinaryHeap::new(),
            told: Vec::new(),
            weather,
            now: Duration::ZERO,
            quiet_until: Duration::ZERO,
            sent: Vec::new(),
            stopping: false,
            chance,
        }
    }

    #[track_caller]
    fn must(&self, holds: bool, what: impl FnOnce() -> String) {
        assert!(holds, "seed {} at {:?}: {}; C3IMPORT_SEED plays it alone", self.seed, self.now, what());
    }

    fn later(&mut self, after: Duration, event: Event) {
        self.events.push(Reverse((self.now + after, self.told.len() as u64, self.told.len())));
        self.told.push(Some(event));
    }

    fn play(mut self) {
        if self.chance.one_in(8) {
            let at = self.chance.ms(30_000);
            let grace = self.chance.ms(5_000);
            self.later(at, Event::Stop);
            self.later(at + grace, Event::Abandon);
        }
        let mut admitted = 0;
        loop {
            while admitted < self.rows.len() && !self.chance.one_in(4) {
                self.admit(admitted);
                admitted += 1;
                if admitted == self.rows.len() {
                    self.schedule.close_input();
                }
            }
            match self.schedule.step(self.now) {
                Step::Send { row } => self.send(row.0 as usize),
                Step::Settle { row, ending } => self.settle(row.0 as usize, ending),
                Step::Wait { until } => {
                    let next = self.events.peek().map(|Reverse((at, ..))| *at).into_iter().chain(until).min();
                    match next {
                        Some(next) => self.now = self.now.max(next),
                        None => self.must(admitted < self.rows.len(), || "it waits for nothing".into()),
                    }
                    self.must(self.now < ENDS_WITHIN, || "it does not end".into());
                    self.pass(self.now);
                }
                Step::Finished => break,
            }
        }
        self.must(self.schedule.in_flight() == 0, || "something is still in flight".into());
        // What was lost on the way is stored all the same.
        self.pass(ENDS_WITHIN);
        self.audit();
    }

    fn admit(&mut self, at: usize) {
        if self.chance.one_in(30) {
            self.rows[at].ended = Some(Status::Invalid);
            self.schedule.count(Status::Invalid);
            return;
        }
        let Known { keys, digest, .. } = &self.rows[at];
        self.schedule.admit(Admission {
            row: Ordinal(at as u64),
            number: RowNumber(at as u64 + 2),
            identities: keys.clone(),
            resend: !keys.is_empty(),
            digest: *digest,
            sent_before: false,
        });
    }

    /// Whether two rows could be taken for one person.
    fn alike(&self, a: usize, b: usize) -> bool {
        self.rows[a].keys.iter().any(|key| self.rows[b].keys.contains(key))
    }

    fn send(&mut self, at: usize) {
        let row = &self.rows[at];
        self.must(!self.stopping, || format!("row {at} is sent after the stop"));
        self.must(self.now >= self.quiet_until, || format!("row {at} is sent though all should be quiet"));
        self.must(row.ended.is_none() && !row.in_flight, || format!("row {at} is not there to be sent"));
        let done = matches!(row.verdict, Some(Verdict::Stored { .. } | Verdict::Refused { .. }));
        self.must(!done || row.lost_at.is_some(), || format!("row {at} was answered for good"));
        if let Some(lost_at) = row.lost_at {
            self.must(!row.keys.is_empty(), || format!("row {at} is sent twice on a guess"));
            let calm = lost_at + self.policy.uncertain_pause;
            self.must(self.now >= calm, || format!("row {at} races with its own lost attempt"));
        }
        for other in (0..self.rows.len()).filter(|&other| other == at || self.alike(at, other)) {
            let alike = &self.rows[other];
            let busy = alike.in_flight || alike.on_the_way > 0;
            self.must(!busy, || format!("row {at} races with row {other}"));
            self.must(other >= at || alike.ended.is_some(), || format!("row {at} overtakes row {other}"));
        }
        self.sent.push(self.now);
        let row = &mut self.rows[at];
        row.attempts += 1;
        row.in_flight = true;
        let in_flight = self.rows.iter().filter(|row| row.in_flight).count();
        self.must(in_flight <= self.policy.concurrency, || format!("{in_flight} are in flight"));
        let weather = self.weather[(self.now.as_secs() / 7) as usize % self.weather.len()];
        let fate = fate(&mut self.chance, weather);
        self.meet(at, fate);
    }

    fn meet(&mut self, at: usize, fate: Fate) {
        let takes = self.chance.ms(400);
        let unknown = |status: Option<u16>, reason: &str| Verdict::Unknown { status, reason: reason.into() };
        let waiting = |ms: Option<u64>| Verdict::NotProcessed {
            status: Some(429),
            retry_after: ms.map(Duration::from_millis),
            reason: "asked to wait".into(),
        };
        let lost = |ms: u64| Duration::from_millis(ms);
        let (stored_after, verdict, heard_after) = match fate {
            // What the server answers to these is known when it stores them.
            Fate::Stored | Fate::StoredQuiet => {
                let quiet = matches!(fate, Fate::StoredQuiet).then(|| self.chance.ms(9_000));
                self.arrive(at, takes);
                let placeholder = Verdict::Stored { status: 201, id: None, oddity: None, echo: None };
                let back = self.chance.ms(50);
                return self.later(takes + back, Event::Heard(at, placeholder, quiet));
            }
            Fate::Refused(status) => (None, Verdict::Refused { status, errors: vec![ServerError::default()] }, takes),
            Fate::Throttled(wait) => (None, waiting(wait), takes),
            Fate::Lost(stored) => (stored.map(lost), unknown(None, "reset"), Duration::ZERO),
            Fate::Failed(status, true) => (Some(takes / 2), unknown(Some(status), "boom"), takes),
            Fate::Failed(status, false) => (None, unknown(Some(status), "boom"), takes),
            Fate::Hangs(stored) => (stored.map(lost), unknown(None, "no answer in time"), lost(60_000)),
            Fate::Unreachable => {
                let reason = "refused".into();
                (None, Verdict::NotProcessed { status: None, retry_after: None, reason }, takes)
            }
            Fate::Unauthorized => {
                let reason = FatalReason::Unauthorized(String::new());
                (None, Verdict::Fatal { status: Some(401), reason }, takes)
            }
            Fate::WebPage(stored) => {
                let reason = FatalReason::WebPage("a web page".into());
                (stored.then_some(takes / 2), Verdict::Fatal { status: Some(200), reason }, takes)
            }
        };
        if let Some(after) = stored_after {
            self.arrive(at, after);
        }
        self.later(heard_after, Event::Heard(at, verdict, None));
    }

    /// The request comes in after half of the time that it takes to be stored.
    fn arrive(&mut self, at: usize, takes: Duration) {
        self.rows[at].on_the_way += 1;
        let found = takes / 2;
        self.later(found, Event::Arrives(at));
        self.later(takes, Event::Stores(at, None));
    }

    /// Lets everything happen that is due.
    fn pass(&mut self, until: Duration) {
        while let Some(Reverse((at, _, index))) = self.events.peek().copied()
            && at <= until
        {
            self.events.pop();
            match self.told[index].take().expect("every event happens once") {
                Event::Arrives(row) => {
                    let found = self.store.find(&Contacts::from(&self.rows[row].card));
                    // The next event of this row is the one that stores it.
                    if let Some(Some(Event::Stores(stores, by))) = self.told.get_mut(index + 1)
                        && *stores == row
                    {
                        *by = found;
                    }
                }
                Event::Stores(row, found) => {
                    let id = self.store.store(found, &Contacts::from(&self.rows[row].card)).card.id;
                    let known = &mut self.rows[row];
                    (known.on_the_way, known.stored, known.id) = (known.on_the_way - 1, known.stored + 1, Some(id));
                }
                Event::Heard(row, verdict, quiet) => self.hear(row, verdict, quiet, at),
                Event::Stop => {
                    self.stopping = true;
                    self.schedule.stop(StopReason::Told);
                }
                Event::Abandon => {
                    self.schedule.abandon();
                    self.rows.iter_mut().for_each(|row| row.in_flight = false);
                }
            }
        }
    }

    fn hear(&mut self, row: usize, mut verdict: Verdict, quiet: Option<Duration>, now: Duration) {
        if let Verdict::Stored { id, .. } = &mut verdict {
            *id = self.rows[row].id.and_then(|id| C3Id::new(&id.to_string()));
        }
        let asked = match &verdict {
            Verdict::NotProcessed { retry_after, .. } => *retry_after,
            _ => quiet,
        };
        if self.rows[row].in_flight
            && let Some(wait) = asked
        {
            self.quiet_until = self.quiet_until.max(now + wait.min(self.policy.retry_after_max));
        }
        if let Some(wait) = quiet {
            self.schedule.pause(wait, now);
        }
        let known = &mut self.rows[row];
        let web_page = matches!(&verdict, Verdict::Fatal { reason: FatalReason::WebPage(_), .. });
        if known.in_flight && (web_page || matches!(verdict, Verdict::Unknown { .. })) {
            known.lost_at = Some(now);
        }
        self.stopping |= web_page || matches!(verdict, Verdict::Fatal { .. });
        if std::mem::take(&mut known.in_flight) {
            // Nothing left this machine.
            known.attempts -= u32::from(matches!(verdict, Verdict::NotProcessed { status: None, .. }));
            known.verdict = Some(verdict.clone());
        }
        self.schedule.reply(Ordinal(row as u64), verdict, now);
    }

    fn settle(&mut self, at: usize, ending: Ending) {
        let Ending { status, attempts, last, maybe_twice, twin } = ending;
        let row = &self.rows[at];
        self.must(row.ended.is_none(), || format!("row {at} ends twice"));
        self.must(attempts == row.attempts, || format!("row {at}: {attempts} attempts are told, not {}", row.attempts));
        let open = row.lost_at.is_some();
        match status {
            Status::Stored => {
                let Some(Verdict::Stored { id, .. }) = &last else { panic!("seed {}: row {at}: {last:?}", self.seed) };
                let given = row.id.and_then(|id| C3Id::new(&id.to_string()));
                self.must(*id == given && maybe_twice == open, || format!("row {at}: {id:?}, {maybe_twice}"));
            }
            Status::Unchanged => {
                let Some(Twin::Stored { row: number, id }) = &twin else { panic!("seed {}: {twin:?}", self.seed) };
                let twin = &self.rows[number.0 as usize - 2];
                let given = twin.id.and_then(|id| C3Id::new(&id.to_string()));
                let same = twin.card == row.card && twin.ended == Some(Status::Stored) && *id == given;
                self.must(same && row.stored == 0, || format!("row {at} is not what row {number} is"));
            }
            Status::Uncertain => {
                let abandoned = row.attempts > 0 && last.is_none();
                let doubtful = matches!(twin, Some(Twin::Doubtful { .. })) && row.keys.is_empty() && row.attempts == 0;
                self.must(open || abandoned || doubtful, || format!("row {at} has nothing uncertain about it"));
            }
            Status::Refused | Status::NotSent => {
                let clean = row.stored + row.on_the_way == 0 && !open;
                self.must(clean, || format!("row {at} is called {status:?}, and may be in the server"));
            }
            Status::Invalid | Status::Skipped => panic!("seed {}: row {at} was not sent by mistake", self.seed),
        }
        self.rows[at].ended = Some(status);
    }

    /// What must be true when all is over.
    fn audit(&self) {
        for (at, row) in self.rows.iter().enumerate() {
            self.must(row.ended.is_some(), || format!("row {at} has no ending"));
            let once = row.stored <= 1 || !row.keys.is_empty();
            self.must(once, || format!("row {at} without identity was stored {} times", row.stored));
        }
        // The same rows, one after another: with so many cards even a patient person would end.
        let mut patient = Store::new(Rules::default());
        for row in self.rows.iter().filter(|row| row.stored > 0) {
            patient.upsert(&Contacts::from(&row.card));
        }
        let (cards, fewest) = (self.store.len(), patient.len());
        self.must(cards == fewest, || format!("there are {cards} cards, and {fewest} would do"));
        let cards: BTreeMap<u64, Contacts> = self.store.cards().map(|card| (card.id, card.contacts)).collect();
        for (at, row) in self.rows.iter().enumerate().filter(|(_, row)| row.ended == Some(Status::Stored)) {
            let card = row.id.and_then(|id| cards.get(&id)).map(Contacts::identities).unwrap_or_default();
            let sent = Contacts::from(&row.card).identities();
            self.must(sent.iter().all(|identity| card.contains(identity)), || format!("row {at} is not on its card"));
        }
        if let Some(rate) = self.policy.rate {
            for window in [Duration::from_millis(50), Duration::from_secs(1), Duration::from_secs(20)] {
                let most = (rate * (window + BURST).as_secs_f64() + 1.0 + 1e-6).floor() as usize;
                let within = |from: usize| self.sent.partition_point(|&at| at <= self.sent[from] + window) - from;
                let worst = (0..self.sent.len()).map(within).max().unwrap_or_default();
                self.must(worst <= most, || format!("{worst} requests within {window:?} at {rate}/s"));
            }
        }
    }
}
