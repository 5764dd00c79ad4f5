//! What came in, in which order, and what was in the server at the same time.

use std::collections::{BTreeSet, HashMap, VecDeque};

use serde::Serialize;

/// One request, as the server saw it. Times are microseconds since the sandbox was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Its number, counted from 1 in the order in which the heads came in.
    pub ordinal: u64,
    /// The connection it came on, counted from 1.
    pub connection: u64,
    /// When its head had come in.
    pub arrived_us: u64,
    /// When it left the server: just before the first byte of the answer, or when both the client had gone and nothing
    /// was left to be stored. `None` while it is there.
    pub left_us: Option<u64>,
    /// The method.
    pub method: String,
    /// The path, and the query if there was one.
    pub path: String,
    /// The media type it said it had.
    pub content_type: Option<String>,
    /// The media types it wanted.
    pub accept: Option<String>,
    /// Whether it carried an `Authorization`; never which.
    pub authorization: bool,
    /// How long its body was.
    pub body_bytes: u64,
    /// The body itself, where the settings say that bodies are kept. Never written down.
    #[serde(skip)]
    pub body: Vec<u8>,
    /// What it wanted to be recognised by, as `email:anna@example.com`; empty when the request was refused.
    pub identities: Vec<String>,
    /// The numbers of the requests that were in the server at the same time and share an identity with it.
    pub overlaps: BTreeSet<u64>,
    /// The faults that met it, as they were written.
    pub fault: Option<String>,
    /// The card that was made or appended to.
    pub card: Option<u64>,
    /// The status it was answered by; `None` when it never was.
    pub status: Option<u16>,
}

/// The record of requests. Not the keeper of time: it is told.
#[derive(Debug, Default)]
pub(super) struct Log {
    seen: VecDeque<Seen>,
    kept_max: usize,
    arrived: u64,
    present: HashMap<String, BTreeSet<u64>>,
    in_flight: usize,
    /// The most that were in the server at once.
    pub in_flight_max: usize,
    /// How many pairs were in the server at once though they share an identity.
    pub overlaps: u64,
}

impl Log {
    pub fn new(kept_max: usize) -> Log {
        Log { kept_max: kept_max.max(1), ..Log::default() }
    }

    /// A request has come in; returns its number.
    pub fn arrive(&mut self, seen: Seen) -> u64 {
        self.arrived += 1;
        self.in_flight += 1;
        self.in_flight_max = self.in_flight_max.max(self.in_flight);
        if self.seen.len() == self.kept_max {
            self.seen.pop_front();
        }
        self.seen.push_back(Seen { ordinal: self.arrived, ..seen });
        self.arrived
    }

    /// Its body has been read, and wants to be recognised by these.
    pub fn identify(&mut self, ordinal: u64, identities: &[String]) {
        let mut others = BTreeSet::new();
        for identity in identities {
            let present = self.present.entry(identity.clone()).or_default();
            others.extend(present.iter().copied().filter(|&other| other != ordinal));
            present.insert(ordinal);
        }
        self.overlaps += others.len() as u64;
        for &other in &others {
            self.note(other, |seen| seen.overlaps.extend([ordinal]));
        }
        self.note(ordinal, |seen| {
            seen.identities = identities.to_vec();
            seen.overlaps.extend(others);
        });
    }

    /// It has left the server.
    pub fn leave(&mut self, ordinal: u64, identities: &[String], now_us: u64) {
        self.in_flight = self.in_flight.saturating_sub(1);
        for identity in identities {
            if let Some(present) = self.present.get_mut(identity) {
                present.remove(&ordinal);
                if present.is_empty() {
                    self.present.remove(identity);
                }
            }
        }
        self.note(ordinal, |seen| seen.left_us = Some(now_us));
    }

    /// Writes something more about a request, as long as it is kept.
    pub fn note(&mut self, ordinal: u64, write: impl FnOnce(&mut Seen)) {
        let first = self.seen.front().map_or(0, |seen| seen.ordinal);
        let at = ordinal.checked_sub(first).and_then(|at| usize::try_from(at).ok());
        if let Some(seen) = at.and_then(|at| self.seen.get_mut(at)) {
            write(seen);
        }
    }

    /// The requests that are kept, in the order in which they came.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn requests_that_share_an_identity_overlap_only_while_both_are_there() {
        let mut log = Log::new(10);
        let [one, two, three, four] = [(); 4].map(|()| log.arrive(Seen::default()));
        log.identify(one, &ids("a b"));
        log.identify(two, &ids("c"));
        log.identify(three, &ids("b a"));
        assert_eq!(log.overlaps, 1);
        log.leave(one, &ids("a b"), 7);
        log.identify(four, &ids("b"));
        assert_eq!(log.overlaps, 2);
        let seen = log.seen();
        assert_eq!(seen[0].overlaps, BTreeSet::from([3]));
        assert_eq!(seen[1].overlaps, BTreeSet::new());
        assert_eq!(seen[2].overlaps, BTreeSet::from([1, 4]));
        assert_eq!((seen[0].left_us, seen[3].left_us), (Some(7), None));
        assert_eq!(log.in_flight_max, 4);
    }

    #[test]
    fn old_requests_are_forgotten_but_still_counted() {
        let mut log = Log::new(2);
        for _ in 0..3 {
            log.arrive(Seen::default());
        }
        log.note(1, |seen| seen.status = Some(201));
        log.note(2, |seen| seen.status = Some(202));
        let kept: Vec<_> = log.seen().iter().map(|seen| (seen.ordinal, seen.status)).collect();
        assert_eq!(kept, [(2, Some(202)), (3, None)]);
    }
}
