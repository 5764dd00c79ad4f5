//! Completion order in, input order out.

use std::collections::VecDeque;

use crate::model::Ordinal;

/// Holds what came early until its turn. Bounded by whoever bounds the rows in the house.
#[derive(Debug)]
pub struct Sequence<T> {
    next: u64,
    waiting: VecDeque<Option<T>>,
}

impl<T> Default for Sequence<T> {
    fn default() -> Self {
        Sequence { next: 0, waiting: VecDeque::new() }
    }
}

impl<T> Sequence<T> {
    /// The place of a row, for its owner to fill or change; `None` when its turn has passed.
    pub fn place(&mut self, ordinal: Ordinal) -> Option<&mut Option<T>> {
        let at = usize::try_from(ordinal.0.checked_sub(self.next)?).ok()?;
        if self.waiting.len() <= at {
            self.waiting.resize_with(at + 1, || None);
        }
        self.waiting.get_mut(at)
    }

    /// The next one in order, if it is there and `ready` says it may go.
    pub fn pop_if(&mut self, ready: impl FnOnce(&T) -> bool) -> Option<T> {
        if !self.waiting.front()?.as_ref().is_some_and(ready) {
            return None;
        }
        self.next += 1;
        self.waiting.pop_front().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_passes_before_its_turn() {
        let mut sequence = Sequence::default();
        *sequence.place(Ordinal(1)).expect("to come") = Some("b");
        assert_eq!(sequence.pop_if(|_| true), None);
        *sequence.place(Ordinal(0)).expect("to come") = Some("a");
        assert_eq!(sequence.pop_if(|_| false), None);
        assert_eq!(sequence.pop_if(|_| true), Some("a"));
        assert_eq!(sequence.pop_if(|_| true), Some("b"));
        assert_eq!(sequence.pop_if(|_| true), None);
        assert!(sequence.place(Ordinal(1)).is_none(), "its turn has passed");
    }
}
