//! How far the run is, for anybody who wants to look: numbers only, no rows.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::model::{Status, Tally};

/// Written by the stages, read by the terminal. The counts may be a moment apart from each other.
#[derive(Debug, Default)]
pub struct Progress {
    size: AtomicU64,
    position: AtomicU64,
    look: AtomicU64,
    looked: AtomicU64,
    read: AtomicU64,
    requests: AtomicU64,
    in_flight: AtomicU64,
    pause_ms: AtomicU64,
    ended: [AtomicU64; Status::ALL.len()],
    trouble: AtomicBool,
    alarm: Notify,
}

/// Which look at the whole table, before anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Which contacts several rows have.
    First,
    /// What those rows say.
    Second,
}

/// How far the run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Snapshot {
    /// How much of the input has its results, from 0 to 1, where it can be told; of a look, how much was looked at.
    pub fraction: Option<f64>,
    /// Which look this is, and how many rows it has seen; `None` when the run itself goes on.
    pub look: Option<(Look, u64)>,
    /// Rows read so far.
    pub read: u64,
    /// Requests sent so far.
    pub requests: u64,
    /// Requests without an answer yet.
    pub in_flight: u64,
    /// How long all rows wait, because the server asked for it or cannot be reached.
    pub pause: Option<Duration>,
    /// Rows by how they ended.
    pub tally: Tally,
}

impl Progress {
    /// What to show now.
    pub fn snapshot(&self) -> Snapshot {
        let get = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (size, position) = (get(&self.size), get(&self.position));
        let mut tally = Tally::default();
        for status in Status::ALL {
            tally.add_many(status, get(&self.ended[status as usize]));
        }
        Snapshot {
            fraction: (size > 0).then(|| (position as f64 / size as f64).min(1.0)),
            look: match get(&self.look) {
                0 => None,
                1 => Some((Look::First, get(&self.looked))),
                _ => Some((Look::Second, get(&self.looked))),
            },
            read: get(&self.read),
            requests: get(&self.requests),
            in_flight: get(&self.in_flight),
            pause: Some(get(&self.pause_ms)).filter(|&ms| ms > 0).map(Duration::from_millis),
            tally,
        }
    }

    pub(super) fn expect(&self, size: Option<u64>) {
        self.size.store(size.unwrap_or(0), Ordering::Relaxed);
    }

    pub(super) fn look(&self, which: Option<Look>, rows: u64, position: u64) {
        let which = match which {
            None => 0,
            Some(Look::First) => 1,
            Some(Look::Second) => 2,
        };
        self.look.store(which, Ordering::Relaxed);
        self.looked.store(rows, Ordering::Relaxed);
        self.position.store(position, Ordering::Relaxed);
    }

    pub(super) fn read(&self, rows: u64) {
        self.read.fetch_add(rows, Ordering::Relaxed);
    }

    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn unsent(&self) {
        self.requests.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn wait(&self, in_flight: usize, pause: Option<Duration>) {
        self.in_flight.store(in_flight as u64, Ordering::Relaxed);
        let ms = pause.map_or(0, |pause| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX));
        self.pause_ms.store(ms, Ordering::Relaxed);
    }

    pub(super) fn settle(&self, status: Status, rows: u64, position: u64) {
        self.ended[status as usize].fetch_add(rows, Ordering::Relaxed);
        self.position.store(position, Ordering::Relaxed);
    }

    pub(super) fn raise_trouble(&self) {
        self.trouble.store(true, Ordering::Release);
        self.alarm.notify_one();
    }

    /// Returns once results can no longer be written.
    pub(super) async fn trouble(&self) {
        while !self.trouble.load(Ordering::Acquire) {
            self.alarm.notified().await;
        }
    }
}
