//! The first stage of a dry run. Rows are judged as in an import and end at once, on the thread that read them: nothing
//! of a row that is fit goes on but its hashes, and a copy for those who tell of examples. Text files are read by
//! several threads, and what they made of it is put back in order.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::thread;

use tokio::sync::mpsc::Sender;

use super::feed::{Desk, EarlierResults, Fed, FeedError, Judged};
use super::outcome::dry;
use super::seats::Seats;
use super::together::{Found, MergeError, Together};
use super::{BATCH_ROWS, SEATS};
use crate::jsonapi;
use crate::mapping::Scraps;
use crate::model::{CardDigest, ContactCard, Digester, Outcome, Row, RowNumber, RowShelf, Status};
use crate::plan::{Sightings, Watch};
use crate::source::{ReadEnd, Shareable, Shared, SourceError, Table};

/// What a batch takes, however many rows are in it: a part of a text file has some 256 KiB, so that no more than 2 MiB of
/// text are in the house.
const SEATS_A_BATCH: usize = SEATS / 8;

/// So much text makes a batch full.
const BATCH_BYTES: usize = 256 * 1024;

/// More threads than this would wait for each other's parts to be cut.
const THREADS_MAX: usize = 8;

/// Rows that have ended, in input order.
#[derive(Debug, Default)]
pub struct Rehearsed {
    /// Those that have something to be told, with their endings; all, when results are written.
    pub rows: Vec<(Row, Outcome)>,
    /// How many more are fit to be sent, and nothing else is to be said of them.
    pub ready: u64,
    /// How far into the source they go, for progress.
    pub position: u64,
    /// All that are fit to be sent, as the merge plan sees them.
    pub sightings: Sightings,
    /// The same, to be seen again.
    pub shelf: RowShelf,
    /// Their documents, if they are wanted.
    pub documents: Vec<(CardDigest, Box<[u8]>)>,
    /// How many seats they take.
    pub seats: usize,
}

/// What is wanted of rows that are fit, besides their hashes.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Every row is written down.
    pub rows: bool,
    /// So is what would be posted.
    pub documents: bool,
}

/// The first stage of a dry run.
#[derive(Debug)]
pub struct Rehearsal {
    desk: Desk,
    wanted: Wanted,
    /// Rows that go with others, once they are found.
    together: Together,
    /// Hears at the end what was seen of columns.
    watched: std::sync::mpsc::Sender<Watch>,
    /// For cards; random, so that nobody can make two look alike.
    hasher: foldhash::quality::RandomState,
    /// For rows that go with others: they are held against what they said at the look.
    digester: Digester,
}

impl Rehearsal {
    /// For those who want this of each row.
    pub fn new(desk: Desk, wanted: Wanted, watched: std::sync::mpsc::Sender<Watch>) -> Rehearsal {
        let hasher = foldhash::quality::RandomState::default();
        Rehearsal { desk, wanted, together: Together::default(), watched, hasher, digester: Digester::default() }
    }

    /// Reads until the end, or until nobody listens any more.
    pub fn run(mut self, table: Table, out: &Sender<Fed>) {
        let found = match self.desk.merge.take() {
            None => Ok(Found::Rows(table, Together::default())),
            Some(reopen) => Together::find(&self.desk, table, &reopen, &self.digester, None),
        };
        let end = match found {
            Ok(Found::Rows(table, together)) => {
                self.together = together;
                self.read(table, out)
            }
            Ok(Found::Stopped) => Ok(ReadEnd { stopped: true, ..ReadEnd::default() }),
            Err(error) => Err(error),
        };
        if out.blocking_send(Fed::End(end)).is_err() {
            tracing::debug!("the run ended before the reading did");
        }
    }

    fn read(&self, table: Table, out: &Sender<Fed>) -> Result<ReadEnd, FeedError> {
        let earlier = EarlierResults::find(table.header());
        // The first rows are had soonest from one reader.
        let shareable = match self.desk.rows_max {
            u64::MAX => table.share().map_err(FeedError::Source)?,
            _ => Shareable::Alone(table),
        };
        let Done { end, watch, along, changed } = match shareable {
            Shareable::Shared(shared) => self.together(earlier.as_ref(), &shared, out),
            Shareable::Alone(table) => self.alone(earlier.as_ref(), table, out),
        };
        if self.watched.send(watch).is_err() {
            tracing::debug!("nobody asks what was seen of columns");
        }
        match changed {
            Some(row) => Err(FeedError::Merge(MergeError::Changed { row: Some(row) })),
            None => self.together.all_came(along, end.map_err(FeedError::Source)?),
        }
    }

    /// One thread reads everything.
    fn alone(&self, earlier: Option<&EarlierResults>, table: Table, out: &Sender<Fed>) -> Done {
        let mut hand = Hand::new(self, earlier);
        let mut left = self.desk.rows_max;
        let end = table.read(&mut |row| {
            // This is one more, so that there is a rest.
            if left == 0 {
                return ControlFlow::Break(());
            }
            if hand.is_empty() && !hand.sit_down() {
                return ControlFlow::Break(());
            }
            if hand.judge(row).is_break() {
                return ControlFlow::Break(());
            }
            left -= 1;
            if hand.is_full() && out.blocking_send(Fed::Rehearsed(hand.give())).is_err() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        if !hand.is_empty() && out.blocking_send(Fed::Rehearsed(hand.give())).is_err() {
            tracing::debug!("the run ended before the reading did");
        }
        // All that was asked for came; what is wrong with the rest is not asked.
        let end = end.or_else(|error| match left {
            0 => Ok(ReadEnd { stopped: true, ..ReadEnd::default() }),
            _ => Err(error),
        });
        hand.done(end)
    }

    /// Several threads read parts.
    fn together(&self, earlier: Option<&EarlierResults>, shared: &Shared, out: &Sender<Fed>) -> Done {
        let order = Order { out, state: Mutex::new(OrderState { next: 0, early: BTreeMap::new() }) };
        let work = || {
            let _closes = ClosesOnPanic(&self.desk.seats);
            self.work(earlier, shared, &order)
        };
        let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
        let all: Vec<_> = thread::scope(|scope| {
            // Where the system gives fewer threads, the others do their work.
            let spawn = |_| thread::Builder::new().name("feed".to_owned()).spawn_scoped(scope, work).ok();
            let others: Vec<_> = (1..threads).filter_map(spawn).collect();
            let own = work();
            let joined = others.into_iter().map(|other| match other.join() {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.chain([own]).collect()
        });
        let none = ReadEnd { blank_lines: shared.blank_lines(), ..ReadEnd::default() };
        let none = Done { end: Ok(none), watch: self.desk.watch(), along: 0, changed: None };
        all.into_iter().fold(none, Done::and)
    }

    /// Takes parts until there are none.
    fn work(&self, earlier: Option<&EarlierResults>, shared: &Shared, order: &Order<'_>) -> Done {
        let mut hand = Hand::new(self, earlier);
        let end = hand.work(shared, order);
        hand.done(end)
    }
}

/// What one thread, or all of them, came to.
struct Done {
    end: Result<ReadEnd, SourceError>,
    watch: Watch,
    /// How many rows came that go with others.
    along: usize,
    /// The first of them that is not what it was at the look.
    changed: Option<RowNumber>,
}

impl Done {
    fn and(mut self, other: Done) -> Done {
        self.watch.take_in(&other.watch);
        let end = self.end.and_then(|all| {
            let end = other.end?;
            Ok(ReadEnd {
                rows: all.rows + end.rows,
                blank_lines: all.blank_lines + end.blank_lines,
                stopped: all.stopped || end.stopped,
            })
        });
        let changed = self.changed.into_iter().chain(other.changed).min();
        Done { end, watch: self.watch, along: self.along + other.along, changed }
    }
}

/// One thread's rows, until they are handed over.
struct Hand<'r> {
    rehearsal: &'r Rehearsal,
    earlier: Option<&'r EarlierResults>,
    scraps: Scraps,
    watch: Watch,
    batch: Rehearsed,
    count: u64,
    along: usize,
    changed: Option<RowNumber>,
}

impl<'r> Hand<'r> {
    fn new(rehearsal: &'r Rehearsal, earlier: Option<&'r EarlierResults>) -> Hand<'r> {
        Hand {
            rehearsal,
            earlier,
            scraps: Scraps::default(),
            watch: rehearsal.desk.watch(),
            batch: Rehearsed::default(),
            count: 0,
            along: 0,
            changed: None,
        }
    }

    fn done(self, end: Result<ReadEnd, SourceError>) -> Done {
        Done { end, watch: self.watch, along: self.along, changed: self.changed }
    }

    /// Takes parts until there are none.
    fn work(&mut self, shared: &Shared, order: &Order<'_>) -> Result<ReadEnd, SourceError> {
        let mut reader = shared.reader();
        let mut row = Row::new(RowNumber(0));
        let mut rows = 0;
        let mut stopped = false;
        // Who takes a part has its seats already, so that the first of all parts never waits for them.
        while !stopped && self.sit_down() {
            let part = match reader.take() {
                Ok(Some(part)) => part,
                end => {
                    self.rehearsal.desk.seats.give_back(self.give().seats);
                    return end.map(|_| ReadEnd { rows, blank_lines: reader.blank_lines(), stopped: false });
                }
            };
            let end = loop {
                match reader.next(&mut row) {
                    Ok(true) => {}
                    Ok(false) => break Ok(()),
                    Err(error) => break Err(error),
                }
                rows += 1;
                if self.judge(&mut row).is_break() {
                    // What is behind it is not told, and the others stop.
                    stopped = true;
                    self.rehearsal.desk.seats.close();
                    break Ok(());
                }
                // Nobody waits behind the rest, so that it may wait for more seats.
                if reader.is_rest() && self.is_full() && !(order.put(part, self.give(), false) && self.sit_down()) {
                    stopped = true;
                    break Ok(());
                }
            };
            stopped |= !order.put(part, self.give(), self.changed.is_none());
            end?;
        }
        Ok(ReadEnd { rows, blank_lines: reader.blank_lines(), stopped: true })
    }

    /// Waits for the seats of a batch; `false` when the house has closed.
    fn sit_down(&mut self) -> bool {
        let taken = self.rehearsal.desk.seats.take(SEATS_A_BATCH);
        self.batch.seats += if taken { SEATS_A_BATCH } else { 0 };
        taken
    }

    fn is_empty(&self) -> bool {
        self.batch.seats == 0
    }

    fn is_full(&self) -> bool {
        self.count >= BATCH_ROWS as u64 || self.batch.shelf.text_len() >= BATCH_BYTES
    }

    /// Judges a row, and keeps of it what is needed; may take what is in it. Breaks off at one that goes with others, and
    /// is not what it was at the look.
    fn judge(&mut self, row: &mut Row) -> ControlFlow<()> {
        let Rehearsal { desk, wanted, together, hasher, digester, watched: _ } = self.rehearsal;
        let batch = &mut self.batch;
        let place = together.place(row.number);
        let (card, outcome) = match desk.judge(self.earlier, row, &mut self.scraps, &mut self.watch) {
            Judged::Ended(_) | Judged::Lost { .. } if place.is_some() => return self.has_changed(row.number),
            Judged::Ended(outcome) => (None, Some(outcome)),
            Judged::Lost { card, outcome } => (Some(card), Some(outcome)),
            Judged::Fit { card, warnings, .. } => {
                let said = match &place {
                    Some(place) => place.merged().into_iter().chain(place.member().warnings.iter().cloned()).collect(),
                    None => warnings,
                };
                let tells = !said.is_empty() || wanted.rows;
                (Some(card), tells.then(|| dry(said)))
            }
        };
        if let Some(card) = card {
            if let Some(place) = &place {
                if !place.says_still(digester.digest(&jsonapi::encode(&card, desk.rules.name_at))) {
                    return self.has_changed(row.number);
                }
                self.along += 1;
            }
            let digest = quick_digest(hasher, &card);
            if desk.plans_merges {
                let bytes = jsonapi::document_len(&card, desk.rules.name_at);
                desk.sight(&card, digest, bytes, row.number, place.as_ref(), &mut batch.sightings);
            }
            // An earlier run has sent what is lost.
            if wanted.documents && outcome.as_ref().is_none_or(|outcome| outcome.status == Status::NotSent) {
                let sent = match &place {
                    None => Some(&card),
                    Some(place) => place.is_first().then(|| place.group.card()),
                };
                let document = |card| (quick_digest(hasher, card), jsonapi::encode(card, desk.rules.name_at).into());
                batch.documents.extend(sent.map(document));
            }
            batch.shelf.put(row);
            self.scraps.take_back(card);
        }
        self.count += 1;
        batch.position = row.position;
        match outcome {
            None => batch.ready += 1,
            Some(outcome) => {
                let empty = Row::new(row.number);
                batch.rows.push((std::mem::replace(row, empty), outcome));
            }
        }
        ControlFlow::Continue(())
    }

    fn has_changed(&mut self, row: RowNumber) -> ControlFlow<()> {
        self.changed = Some(row);
        ControlFlow::Break(())
    }

    /// What there is, to be handed over.
    fn give(&mut self) -> Rehearsed {
        self.rehearsal.desk.progress.read(std::mem::take(&mut self.count));
        // The next one will be as large, more or less: to grow its lists step by step would copy them several times.
        let (rows, identities) = (self.batch.sightings.len(), self.batch.sightings.identities());
        let next = Rehearsed {
            sightings: Sightings::with_room(rows + rows / 8, identities + identities / 8),
            shelf: RowShelf::with_room_of(&self.batch.shelf),
            ..Rehearsed::default()
        };
        std::mem::replace(&mut self.batch, next)
    }
}

/// Tells cards apart where none is sent: 64 bits, of which a million cards make two alike once in 37 million runs.
fn quick_digest(hasher: &foldhash::quality::RandomState, card: &ContactCard) -> CardDigest {
    let hash = hasher.hash_one(card);
    CardDigest([(hash >> 32) as u32, hash as u32, 0])
}

/// Puts parts back in order.
struct Order<'o> {
    out: &'o Sender<Fed>,
    state: Mutex<OrderState>,
}

struct OrderState {
    next: u64,
    /// What came before its turn, and whether all of the part is there.
    early: BTreeMap<u64, (Vec<Rehearsed>, bool)>,
}

impl Order<'_> {
    /// Hands over a batch when it is its part's turn. `false` when nobody takes it any more.
    fn put(&self, part: u64, batch: Rehearsed, is_last: bool) -> bool {
        // Nothing inside leaves it half done but a panic of the allocator.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (batches, is_whole) = state.early.entry(part).or_default();
        batches.push(batch);
        *is_whole |= is_last;
        loop {
            let next = state.next;
            let Some((batches, is_whole)) = state.early.get_mut(&next) else { return true };
            let (batches, is_whole) = (std::mem::take(batches), *is_whole);
            for batch in batches {
                if self.out.blocking_send(Fed::Rehearsed(batch)).is_err() {
                    return false;
                }
            }
            if !is_whole {
                return true;
            }
            state.early.remove(&next);
            state.next += 1;
        }
    }
}

/// A thread that dies takes its part along; the others must not wait for it.
struct ClosesOnPanic<'s>(&'s Seats);

impl Drop for ClosesOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.close();
        }
    }
}
