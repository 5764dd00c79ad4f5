//! What the server may recognise a person by, brought into one form.

use std::hash::BuildHasher;

use foldhash::quality::FixedState;

use super::{CardDigest, Channel, any_byte, trim};

/// One contact entry as a key: two entries that the server might take for the same contact have equal keys.
///
/// Phone numbers are compared by their digits, everything else trimmed and without regard to case. How the server
/// compares is documented nowhere, and it costs less that two rows wait for each other than that they race.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity<'a> {
    channel: Channel,
    value: &'a str,
}

/// A 64-bit digest of an [`Identity`]. Two different identities that collide only wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityKey(pub u64);

impl IdentityKey {
    /// The digest of a label/value pair, for servers that recognise people by those too.
    pub fn of_custom(label: &str, value: &str) -> IdentityKey {
        IdentityKey(FixedState::default().hash_one((label.trim(), value.trim())))
    }

    /// The key of a card that has nothing to be recognised by: the very same card again waits for the first.
    pub fn of_card(digest: CardDigest) -> IdentityKey {
        let CardDigest([high, middle, _]) = digest;
        IdentityKey(u64::from(high) << 32 | u64::from(middle))
    }
}

impl<'a> Identity<'a> {
    /// The identity of a channel's entry.
    pub fn new(channel: Channel, value: &'a str) -> Self {
        Identity { channel, value: trim(value) }
    }

    /// The value, trimmed.
    pub fn value(&self) -> &'a str {
        self.value
    }

    /// The form in which two that are equal are the same contact; [`Identity::key`] is its digest.
    pub fn folded(&self) -> String {
        match self.channel {
            Channel::Email | Channel::Facebook | Channel::Vk | Channel::Line => {
                self.value.chars().flat_map(char::to_lowercase).collect()
            }
            Channel::Voice => self.value.chars().filter(char::is_ascii_digit).collect(),
        }
    }

    /// The digest by which the schedule knows it. The same within one build of the program, not on disk.
    pub fn key(&self) -> IdentityKey {
        let hash = |bytes: &[u8]| IdentityKey(FixedState::with_seed(self.channel as u64).hash_one(bytes));
        // Nearly every value is in its folded form already.
        match (self.channel, self.value.as_bytes()) {
            (Channel::Voice, [b'+', digits @ ..]) if digits.iter().all(u8::is_ascii_digit) => hash(digits),
            (Channel::Voice, _) => hash(self.folded().as_bytes()),
            (_, value) if !any_byte(value, |byte| !byte.is_ascii() | byte.is_ascii_uppercase()) => hash(value),
            (_, value) => match self.value.is_ascii() {
                true => hash(&value.to_ascii_lowercase()),
                false => hash(self.folded().as_bytes()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(channel: Channel, a: &str, b: &str) -> bool {
        Identity::new(channel, a).key() == Identity::new(channel, b).key()
    }

    #[test]
    fn phones_are_digits_and_case_is_folded() {
        assert!(same(Channel::Email, "Åsa@Example.SE", " åsa@example.se "));
        assert!(same(Channel::Voice, "+46 70-123", "4670123"));
        assert!(same(Channel::Line, " x ", "x"));
        assert!(same(Channel::Facebook, "John.Doe@facebook.com", "john.doe@facebook.com"));
        assert!(!same(Channel::Email, "a@b.se", "aa@b.se"));
    }

    #[test]
    fn who_has_one_folded_form_has_one_digest() {
        let values = ["Åsa@Example.SE", " åsa@example.se ", "+46 70-123", "4670123", "46701234", "x", "X ", ""];
        for channel in Channel::ALL {
            for (one, other) in values.iter().flat_map(|one| values.iter().map(move |other| (one, other))) {
                let [one, other] = [one, other].map(|value| Identity::new(channel, value));
                assert_eq!(one.folded() == other.folded(), one.key() == other.key(), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn the_same_text_in_two_channels_is_two_identities() {
        assert_ne!(Identity::new(Channel::Vk, "x").key(), Identity::new(Channel::Line, "x").key());
    }
}
