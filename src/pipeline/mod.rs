//! The corridor: rows in at one end, results out at the other, through every room in between. The only place that
//! knows all rooms, and the only one that reads the clock.
//!
//! ```text
//! feed thread ── batches of rows ──▶ deliver (this thread, async) ── rows, outcomes ──▶ scribe ──▶ record thread
//!   source, mapping, jsonapi           schedule decides, upload does                   journal     results
//!        ▲                                                                                            │
//!        └──────────────────────────── seats: one a row in the house ◀────────────────────────────────┘
//! ```
//! In a dry run, rows end in the feed, which then has several threads for a text file; deliver only passes on what they
//! bring, and listens for the wish to stop.
//!
//! A seat is taken before a row is read and given back when its result is written, so that one number bounds the
//! memory of everything in between.

mod carriers;
mod companions;
mod deliver;
mod echo;
mod feed;
mod lookout;
mod mistaken;
mod outcome;
mod progress;
mod record;
mod rehearsal;
mod remember;
mod renewal;
mod scribe;
mod seats;
mod signals;
mod together;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use secrecy::SecretString;

use crate::journal::{Journal, JournalError, Recall};
use crate::mapping::Mapper;
use crate::model::{CardDigest, Digester, MergeOutlook, Outcome, Row, RowNumber, ServerRules, Tally};
use crate::plug;
use crate::results::{Documents, Findings, Gathered, Records, ResultsXlsx, Timeline};
use crate::schedule::{Policy, StopReason};
use crate::source::{ReadEnd, SourceError, Table};
use crate::upload::Client;

use deliver::Deliverer;
pub use echo::CardCounts;
use feed::{Desk, Feed};
use lookout::Lookout;
pub use progress::{Look, Progress, Snapshot};
use record::Recorder;
use rehearsal::{Rehearsal, Wanted};
use remember::Memory;
pub use remember::{Changes, Errand};
use scribe::{Outlet, Scribe};
use seats::Seats;
use signals::Signals;
pub use together::{MergeError, Reopen};

/// How many rows may be in the house at once: 50 requests a second × 60 s of back-off, rounded up. A heavy row takes
/// several seats, one for every [`SEAT_BYTES`] it begins, so that seats bound bytes as well: 16 MiB and what holds them.
const SEATS: usize = 4096;

/// How much text of row and document one seat holds.
const SEAT_BYTES: usize = 4096;

/// How many rows travel together.
const BATCH_ROWS: usize = 256;

/// Everything that makes up a run.
pub struct Plan {
    /// The rows.
    pub table: Table,
    /// What they mean.
    pub mapper: Mapper,
    /// What is assumed of the server.
    pub rules: ServerRules,
    /// How fast, how often, how long.
    pub policy: Policy,
    /// Whether cards leave the machine.
    pub delivery: Delivery,
    /// What the run remembers; nothing, in dry runs.
    pub memoir: Option<Memoir>,
    /// Where results go; nowhere, in most dry runs.
    pub results: Option<Records>,
    /// What else is written row by row.
    pub side: SideFiles,
    /// How long requests in flight may take to finish after an interrupt.
    pub grace: Duration,
    /// How to open the table once more, where rows that share a contact are to go as one card; it is read twice before
    /// anything is sent.
    pub merge: Option<Reopen>,
    /// Read no more than so many rows: the report says that it was a sample.
    pub sample: Option<u64>,
    /// How many rows with an error or a warning are kept whole for the report.
    pub bad_rows_kept: usize,
    /// Whether to find out which rows land on one card, from this file alone: up to 24 B an identity, and a fair share
    /// of the time where no network is in between.
    pub plans_merges: bool,
    /// Where the run tells how far it is.
    pub progress: Arc<Progress>,
}

/// Files beside the results that are written row by row. They are no reason to stop a run: what fails is told when they
/// are finished.
#[derive(Debug, Default)]
pub struct SideFiles {
    /// The documents of a dry run.
    pub documents: Option<Documents>,
    /// The sheet as it was, with what became of each row.
    pub sheet: Option<Box<ResultsXlsx>>,
}

impl SideFiles {
    /// Which rows of a dry run must come along for them.
    fn wanted(&self, results: bool) -> Wanted {
        Wanted { rows: results || self.sheet.is_some(), documents: self.documents.is_some() }
    }

    fn add(&mut self, row: &Row, outcome: &Outcome) {
        if let Some(sheet) = &mut self.sheet {
            sheet.add(row, outcome);
        }
    }

    fn add_documents(&mut self, list: &[(CardDigest, Box<[u8]>)]) {
        if let Some(documents) = &mut self.documents {
            list.iter().for_each(|(digest, document)| documents.add(document, *digest));
        }
    }
}

/// What a run remembers, over all its sessions.
#[derive(Debug)]
pub struct Memoir {
    /// What it writes down.
    pub journal: Journal,
    /// What earlier sessions knew.
    pub recall: Recall,
    /// What this session is for.
    pub errand: Errand,
    /// Whether requests of an earlier session may still be on their way.
    pub unsettled: bool,
}

impl Plan {
    /// A look at a whole table: nothing is sent, written or remembered, and the merge plan is made.
    pub fn look(table: Table, mapper: Mapper, rules: ServerRules, policy: Policy) -> Plan {
        Plan {
            table,
            mapper,
            rules,
            policy,
            delivery: Delivery::Dry,
            results: None,
            memoir: None,
            grace: Duration::ZERO,
            side: SideFiles::default(),
            bad_rows_kept: 0,
            plans_merges: true,
            merge: None,
            sample: None,
            progress: Arc::default(),
        }
    }
}

/// What becomes of a card that is ready to be sent.
#[derive(Debug)]
pub enum Delivery {
    /// Nothing: the dry run is the run, minus the network.
    Dry,
    /// It is posted.
    Live {
        /// By whom.
        client: Client,
        /// Fetches the token once more, for the first 401 to one that was good: nightly rotations change it under our
        /// feet. It may take its time.
        renew: Option<Renew>,
    },
}

/// Fetches a token, or knows none.
pub struct Renew(pub Box<dyn FnMut() -> Option<SecretString> + Send>);

impl fmt::Debug for Renew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renew")
    }
}

/// What is known when the run is over.
#[derive(Debug)]
pub struct Report {
    /// Rows by how they ended.
    pub tally: Tally,
    /// What was wrong, the worst first.
    pub findings: Gathered,
    /// Which rows land on one card, from this file alone, at least; when that was asked for.
    pub merges: Option<MergeOutlook>,
    /// What else was written row by row, yet to be finished.
    pub side: SideFiles,
    /// How requests went over time.
    pub timeline: Timeline,
    /// How many requests were sent.
    pub requests: u64,
    /// The most requests that were allowed to be in flight at once.
    pub window_reached: usize,
    /// Cards by what the answers prove.
    pub cards: CardCounts,
    /// How the reading went; `None` when it was cut short.
    pub read: Option<ReadEnd>,
    /// How it ended.
    pub ending: Ending,
    /// How long it took.
    pub elapsed: Duration,
    /// The journal, for the last word.
    pub journal: Option<Journal>,
    /// How the input differs from what earlier sessions read; `None` when there was none, or it was not read to its end.
    pub changes: Option<Changes>,
    /// Whether a card that may be on its way was left alone, because the session was for others.
    pub left_open: bool,
}

/// How a run ended.
#[derive(Debug)]
pub enum Ending {
    /// Every row was read and has its result.
    Finished,
    /// The server's state, or a guard, stopped it.
    Server(StopReason),
    /// The person or the system asked to stop.
    Interrupted,
    /// Results or the journal could not be written any more.
    Machine(RecordError),
    /// The input could not be read to its end.
    Input(SourceError),
    /// Rows that share a contact could not go together.
    Merge(MergeError),
    /// The reader ended without a word: a fault of this program.
    ReaderDied,
}

/// Results or the journal could not be written any more.
#[derive(Debug)]
pub struct RecordError {
    /// What: `the results` or `the journal`.
    pub what: &'static str,
    /// Why.
    pub error: String,
    /// Rows that are stored in the server and not in the results.
    pub unwritten_stored: Vec<RowNumber>,
}

/// The time of day, for rooms that are told it.
pub fn time_of_day() -> SystemTime {
    SystemTime::now()
}

impl RecordError {
    fn journal(error: &JournalError) -> RecordError {
        RecordError { what: "the journal", error: error.to_string(), unwritten_stored: Vec::new() }
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)?;
        match self.unwritten_stored.as_slice() {
            [] => Ok(()),
            rows => {
                let numbers: Vec<String> = rows.iter().map(ToString::to_string).collect();
                write!(f, "; stored in the server, but not in {}: row {}", self.what, numbers.join(", "))
            }
        }
    }
}

/// Runs it. Returns when every row read has its result, or nothing more can be done.
///
/// # Errors
/// When this machine gives no thread, no timer or no signal handler; then nothing was sent.
pub fn run(plan: Plan) -> io::Result<Report> {
    let began = Instant::now();
    let header = plan.table.header().clone();
    let shape = plan.table.shape().clone();
    plan.progress.expect(plan.table.shape().size_hint);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let signals = {
        let _inside = runtime.enter();
        Signals::listen()?
    };
    let seats = Arc::new(Seats::new(SEATS));
    let mapper = Arc::new(plan.mapper);
    let (to_deliver, intake) = tokio::sync::mpsc::channel(SEATS / BATCH_ROWS);
    // Bounded by the seats, so that sending never waits.
    let (to_record, inbox) = std::sync::mpsc::channel();

    let wanted = plan.side.wanted(plan.results.is_some());
    let recorder = Recorder {
        header: header.clone(),
        results: plan.results,
        side: plan.side,
        findings: Findings::new(header.clone(), &shape, plan.bad_rows_kept),
        lookout: plan.plans_merges.then(|| Lookout::new(Arc::clone(&mapper), plan.rules)),
        seats: Arc::clone(&seats),
        progress: Arc::clone(&plan.progress),
    };
    let record = start("record", move || recorder.run(&inbox))?;
    let mut unsettled = false;
    let (journal, memory, digester) = match plan.memoir {
        Some(Memoir { journal, recall, errand, unsettled: late }) => {
            unsettled = late;
            let digester = Digester::new(journal.key());
            let memory = Memory::new(recall, errand, plan.policy.on_uncertain);
            (Some(journal), Some(memory), digester)
        }
        None => (None, None, Digester::default()),
    };
    let desk = Desk {
        mapper: Arc::clone(&mapper),
        rules: plan.rules,
        on_uncertain: plan.policy.on_uncertain,
        merge: plan.merge,
        plans_merges: plan.plans_merges,
        rows_max: plan.sample.unwrap_or(u64::MAX),
        seats: Arc::clone(&seats),
        progress: Arc::clone(&plan.progress),
    };
    let (clear, cleared) = tokio::sync::mpsc::unbounded_channel();
    let (outlet, scribe) = match journal {
        Some(journal) => {
            let (to_scribe, notes) = std::sync::mpsc::channel();
            let progress = Arc::clone(&plan.progress);
            let scribe = Scribe { journal, header: header.clone(), to_record, cleared: clear, progress };
            let scribe = start("scribe", move || scribe.run(&notes))?;
            (Outlet::Scribe(to_scribe), Some(scribe))
        }
        None => (Outlet::Record(to_record), None),
    };
    let table = plan.table;
    // Without a network and with a journal it tells what the journal knows.
    let rehearses = matches!(plan.delivery, Delivery::Dry) && memory.is_none();
    let (tell_hindsight, hindsight) = std::sync::mpsc::channel();
    let (tell_watched, watched) = std::sync::mpsc::channel();
    let (home, spent) = std::sync::mpsc::channel();
    let work = move || match rehearses {
        true => Rehearsal::new(desk, wanted, tell_watched).run(table, &to_deliver),
        false => Feed { desk, digester, memory, hindsight: tell_hindsight, watched: tell_watched, spent }
            .run(table, &to_deliver),
    };
    // Never joined: a reader stuck in a pipe must not keep an interrupted run from ending.
    start("feed", work)?;

    let mut deliverer = Deliverer::new(
        plan.policy,
        plan.rules,
        plan.delivery,
        mapper,
        Arc::clone(&seats),
        outlet,
        cleared,
        home,
        Arc::clone(&plan.progress),
        plan.grace,
    );
    if unsettled {
        deliverer.settle_first();
    }
    let delivered = runtime.block_on(deliverer.run(intake, signals));
    // A look-up of a name that nobody answers must not keep us.
    runtime.shutdown_background();
    // The feed, should it still wait, finds the house closed.
    seats.close();
    let (journal, forgot) = match scribe.map(joined) {
        Some((journal, forgot)) => (Some(journal), forgot),
        None => (None, None),
    };
    let mut recorded = joined(record);
    // A feed that was not waited for has nothing to say of columns it has not seen to their end.
    if let Ok(watch) = watched.try_recv() {
        recorded.findings.add(watch.finish(&header), &header, &shape);
    }
    let hindsight = hindsight.try_recv().ok();
    let ending = match (recorded.error.or(forgot.as_ref().map(RecordError::journal)), delivered.ending) {
        (Some(error), _) => Ending::Machine(error),
        (None, ending) => ending,
    };
    Ok(Report {
        tally: recorded.tally,
        findings: recorded.findings,
        merges: recorded.merges,
        side: recorded.side,
        timeline: delivered.timeline,
        requests: delivered.requests,
        window_reached: delivered.window_reached,
        cards: delivered.cards,
        read: delivered.read,
        ending,
        elapsed: began.elapsed(),
        journal,
        changes: hindsight.as_ref().and_then(|hindsight| hindsight.changes.clone()),
        left_open: hindsight.is_some_and(|hindsight| hindsight.left_open),
    })
}

/// Starts a thread, which hangs on the same plug as this one.
fn start<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<thread::JoinHandle<T>> {
    let cord = plug::cord();
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        cord.hang_on();
        work()
    })
}

/// What a thread came to. Its panic is ours.
fn joined<T>(thread: thread::JoinHandle<T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
