//! The memory of cards that nobody kept, for those that come next: a dry run maps a million rows and sends none.

use crate::model::ContactCard;

/// What takes more is let go, so that one giant cell does not stay for the whole run.
const KEPT_BYTES_MAX: usize = 4096;

/// No more cards than this are kept: 4 MiB with their usual length, and 16 at most. A dry run needs one, and an import
/// those that come home at once.
const KEPT_CARDS_MAX: usize = 4096;

/// Memory to be used again; empty at first. One for every thread that maps.
#[derive(Debug, Default)]
pub struct Scraps {
    /// Empty ones, but with room.
    cards: Vec<ContactCard>,
    /// The same, for a template that is filled in.
    filled: String,
}

impl Scraps {
    /// Takes back a card that is no longer needed.
    pub fn take_back(&mut self, mut card: ContactCard) {
        if card.memory() <= KEPT_BYTES_MAX && self.cards.len() < KEPT_CARDS_MAX {
            card.clear();
            self.cards.push(card);
        }
    }

    /// An empty card.
    pub(super) fn card(&mut self) -> ContactCard {
        self.cards.pop().unwrap_or_default()
    }

    /// An empty text.
    pub(super) fn text(&mut self) -> String {
        std::mem::take(&mut self.filled)
    }

    /// Takes it back.
    pub(super) fn put(&mut self, mut text: String) {
        if text.capacity() <= KEPT_BYTES_MAX {
            text.clear();
            self.filled = text;
        }
    }
}
