//! A seat for every row in the house.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Counts free seats; the feed waits for them, the recorder gives them back.
#[derive(Debug)]
pub struct Seats {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    free: usize,
    /// The fewest seats that anybody waits for.
    wanted: usize,
    closed: bool,
}

impl Seats {
    /// A house with this many seats.
    pub fn new(free: usize) -> Seats {
        Seats { state: Mutex::new(State { free, wanted: usize::MAX, closed: false }), changed: Condvar::new() }
    }

    /// Takes `count` seats if they are free right now.
    pub fn try_take(&self, count: usize) -> bool {
        let mut state = self.lock();
        let there = state.free >= count && !state.closed;
        if there {
            state.free -= count;
        }
        there
    }

    /// Waits until `count` seats are free and takes them; `false` when the house has closed.
    pub fn take(&self, count: usize) -> bool {
        let waiting = self.changed.wait_while(self.lock(), |state| {
            let waits = state.free < count && !state.closed;
            if waits {
                state.wanted = state.wanted.min(count);
            }
            waits
        });
        let mut state = waiting.unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return false;
        }
        state.free -= count;
        true
    }

    /// Gives seats back. Wakes those who wait only when one of them can sit down: seats come back one by one, and are
    /// wanted by the hundred.
    pub fn give_back(&self, count: usize) {
        let mut state = self.lock();
        state.free += count;
        if state.free >= state.wanted {
            // Who still has to wait says so again.
            state.wanted = usize::MAX;
            self.changed.notify_all();
        }
    }

    /// Lets nobody in any more.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Whether nobody is let in any more.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing inside can panic, so a poisoned lock still guards two sound numbers.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
