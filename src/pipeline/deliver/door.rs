//! The door of the house: cards that the schedule let go wait here until the journal has them on disk, and then leave
//! one by one, at the rate. What stands here has not left this machine.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use crate::model::Ordinal;
use crate::schedule::Departures;

/// Who waits to go.
#[derive(Debug)]
pub struct Door {
    /// Rows that wait for the journal.
    held: HashSet<Ordinal>,
    /// Rows that nothing holds up any more, in their order.
    leaving: VecDeque<Ordinal>,
    departures: Departures,
}

/// What the door has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// This row has left just now.
    Gone(Ordinal),
    /// The next one may go at this time; none before.
    Until(Duration),
    /// Nobody is about to leave.
    Nobody,
}

impl Door {
    /// For so many requests a second; without a bound for `None`.
    pub fn new(rate: Option<f64>) -> Door {
        Door { held: HashSet::new(), leaving: VecDeque::new(), departures: Departures::new(rate) }
    }

    /// A row waits for the journal.
    pub fn hold(&mut self, row: Ordinal) {
        self.held.insert(row);
    }

    /// A row may go.
    pub fn line_up(&mut self, row: Ordinal) {
        self.leaving.push_back(row);
    }

    /// The journal has a row that waited for it; `false` when it was given up meanwhile.
    pub fn let_go(&mut self, row: Ordinal) -> bool {
        let waited = self.held.remove(&row);
        if waited {
            self.leaving.push_back(row);
        }
        waited
    }

    /// Whether anybody is about to leave.
    pub fn is_busy(&self) -> bool {
        !self.leaving.is_empty()
    }

    /// Lets the next row out, if it is time: the journal lets several go at once, and they are paced again.
    pub fn next(&mut self, now: Duration) -> Leaving {
        let Some(&row) = self.leaving.front() else { return Leaving::Nobody };
        let at = self.departures.next();
        if at > now {
            return Leaving::Until(at);
        }
        self.leaving.pop_front();
        self.departures.leave(now);
        Leaving::Gone(row)
    }

    /// Everybody who was about to leave; they do not.
    pub fn turn_back(&mut self) -> VecDeque<Ordinal> {
        std::mem::take(&mut self.leaving)
    }

    /// The same, and those who wait for the journal before them.
    pub fn shut(&mut self) -> impl Iterator<Item = Ordinal> + use<> {
        std::mem::take(&mut self.held).into_iter().chain(self.turn_back())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_leave_at_the_rate_and_only_when_the_journal_has_them() {
        let mut door = Door::new(Some(10.0));
        let second = Duration::from_secs(1);
        (1..=2).for_each(|row| door.hold(Ordinal(row)));
        assert_eq!(door.next(second), Leaving::Nobody);
        assert!((1..=2).all(|row| door.let_go(Ordinal(row))));
        assert!(!door.let_go(Ordinal(1)), "it went already");
        assert_eq!(door.next(second), Leaving::Gone(Ordinal(1)));
        let Leaving::Until(at) = door.next(second) else { panic!("two at once") };
        assert!(at > second);
        assert_eq!(door.next(at), Leaving::Gone(Ordinal(2)));
        door.hold(Ordinal(3));
        door.line_up(Ordinal(4));
        assert_eq!(door.shut().collect::<Vec<_>>(), [Ordinal(3), Ordinal(4)]);
        assert!(!door.let_go(Ordinal(3)) && !door.is_busy(), "they were given up");
    }
}
