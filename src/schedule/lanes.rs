//! Who waits for whom: rows that share an identity go one after another, in input order.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use foldhash::fast::FixedState;

use crate::model::{IdentityKey, Ordinal};

/// One queue an identity; a row may go when it is first in all of its queues. Because rows enter in input order, the
/// queues agree on who is earlier, so no two rows can wait for each other.
#[derive(Debug, Default)]
pub struct Lanes {
    queues: HashMap<IdentityKey, Queue, FixedState>,
    members: HashMap<Ordinal, Member, FixedState>,
}

/// Nearly always of one, for which no memory is asked.
#[derive(Debug)]
struct Queue {
    first: Ordinal,
    others: VecDeque<Ordinal>,
}

#[derive(Debug)]
struct Member {
    identities: Vec<IdentityKey>,
    /// In how many of its queues it is not first.
    behind: usize,
}

impl Lanes {
    /// Takes a row in; says whether it may go at once.
    pub fn enter(&mut self, row: Ordinal, mut identities: Vec<IdentityKey>) -> bool {
        identities.sort_unstable();
        identities.dedup();
        let mut behind = 0;
        for &identity in &identities {
            match self.queues.entry(identity) {
                Entry::Vacant(place) => {
                    place.insert(Queue { first: row, others: VecDeque::new() });
                }
                Entry::Occupied(mut queue) => {
                    behind += 1;
                    queue.get_mut().others.push_back(row);
                }
            }
        }
        if !identities.is_empty() {
            self.members.insert(row, Member { identities, behind });
        }
        behind == 0
    }

    /// Lets a row out, wherever it stands; returns the rows that may go now because of it.
    pub fn leave(&mut self, row: Ordinal) -> Vec<Ordinal> {
        let Some(member) = self.members.remove(&row) else { return Vec::new() };
        let mut free = Vec::new();
        for identity in member.identities {
            let Some(queue) = self.queues.get_mut(&identity) else { continue };
            if queue.first != row {
                queue.others.retain(|&other| other != row);
                continue;
            }
            match queue.others.pop_front() {
                None => {
                    self.queues.remove(&identity);
                }
                Some(next) => {
                    queue.first = next;
                    let member = self.members.get_mut(&next).expect("who queues is a member");
                    member.behind -= 1;
                    if member.behind == 0 {
                        free.push(next);
                    }
                }
            }
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(of: &[u64]) -> Vec<IdentityKey> {
        of.iter().map(|&key| IdentityKey(key)).collect()
    }

    #[test]
    fn a_bridge_waits_for_both_sides() {
        let mut lanes = Lanes::default();
        assert!(lanes.enter(Ordinal(0), keys(&[1])));
        assert!(lanes.enter(Ordinal(1), keys(&[2, 2])));
        assert!(!lanes.enter(Ordinal(2), keys(&[1, 2])));
        assert!(lanes.enter(Ordinal(3), keys(&[])));
        assert!(!lanes.enter(Ordinal(4), keys(&[2])));
        assert_eq!(lanes.leave(Ordinal(1)), []);
        assert_eq!(lanes.leave(Ordinal(0)), [Ordinal(2)]);
        assert_eq!(lanes.leave(Ordinal(2)), [Ordinal(4)]);
        assert_eq!(lanes.leave(Ordinal(4)), []);
        assert!(lanes.queues.is_empty() && lanes.members.is_empty(), "nothing is remembered of rows that left");
    }

    #[test]
    fn a_row_may_leave_from_the_middle() {
        let mut lanes = Lanes::default();
        assert!(lanes.enter(Ordinal(0), keys(&[1])));
        assert!(!lanes.enter(Ordinal(1), keys(&[1])));
        assert!(!lanes.enter(Ordinal(2), keys(&[1])));
        assert_eq!(lanes.leave(Ordinal(1)), []);
        assert_eq!(lanes.leave(Ordinal(0)), [Ordinal(2)]);
    }
}
