//! The memory of cards that nobody kept, for those that come next: a dry run maps a million rows and sends none.

use crate::model::ContactCard;

/// Texts longer than this are let go, so that one giant cell does not stay for the whole run.
const KEPT_BYTES_MAX: usize = 4096;

/// More texts than a card usually has are let go.
const KEPT_TEXTS_MAX: usize = 256;

/// Memory to be used again; empty at first. One for every thread that maps.
#[derive(Debug, Default)]
pub struct Scraps {
    /// Empty, but with room in its lists.
    card: ContactCard,
    /// Empty, but with room.
    texts: Vec<String>,
}

impl Scraps {
    /// Takes a card apart that is no longer needed.
    pub fn take_back(&mut self, mut card: ContactCard) {
        if let Some(name) = card.name.take() {
            self.put(name.value);
        }
        for entries in [&mut card.email, &mut card.facebook, &mut card.vk, &mut card.line, &mut card.voice] {
            entries.drain(..).for_each(|entry| self.put(entry.value));
        }
        card.custom.drain(..).for_each(|field| {
            self.put(field.label);
            self.put(field.value);
        });
        self.card = card;
    }

    /// An empty card.
    pub(super) fn card(&mut self) -> ContactCard {
        std::mem::take(&mut self.card)
    }

    /// A text of its own.
    pub(super) fn text(&mut self, text: &str) -> String {
        let mut own = self.texts.pop().unwrap_or_else(|| String::with_capacity(text.len()));
        own.push_str(text);
        own
    }

    /// Takes a text back.
    pub(super) fn put(&mut self, mut text: String) {
        if (1..=KEPT_BYTES_MAX).contains(&text.capacity()) && self.texts.len() < KEPT_TEXTS_MAX {
            text.clear();
            self.texts.push(text);
        }
    }
}
