//! What the plan needs to know of a row: hashes, and nothing of the person.

use std::ops::Range;

use crate::model::{CardDigest, ContactCard, IdentityKey, RowNumber};

/// Rows with the hashes of their cards, gathered by whoever maps them, in input order.
#[derive(Clone, Debug, Default)]
pub struct Sightings {
    rows: Vec<Sighting>,
    keys: Vec<u64>,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sighting {
    pub number: u64,
    /// Where its identities end in the list of all.
    keys_end: usize,
    /// 64 bits over its card.
    pub digest: u64,
    /// 32 bits over the name; 0 for none.
    pub name: u32,
    /// How long its document is; no document is longer than 4 GiB.
    pub bytes: u32,
    /// Whether what it says goes with the card of an earlier row.
    pub along: bool,
}

impl Sightings {
    /// None yet, with room for so many rows and their identities.
    pub fn with_room(rows: usize, identities: usize) -> Sightings {
        Sightings { rows: Vec::with_capacity(rows), keys: Vec::with_capacity(identities) }
    }

    /// How many identities they have.
    pub fn identities(&self) -> usize {
        self.keys.len()
    }

    /// Adds a row that is ready to be sent, with the length of the document that is sent for it in bytes; `None` when what
    /// it says goes with the card of an earlier row. `identities` are all that the server may recognise its card by.
    pub fn add(
        &mut self,
        number: RowNumber,
        card: &ContactCard,
        identities: impl IntoIterator<Item = IdentityKey>,
        digest: CardDigest,
        bytes: Option<usize>,
    ) {
        self.keys.extend(identities.into_iter().map(|key| key.0));
        let CardDigest([high, middle, _]) = digest;
        self.rows.push(Sighting {
            number: number.0,
            keys_end: self.keys.len(),
            digest: u64::from(high) << 32 | u64::from(middle),
            name: card.name.as_ref().map_or(0, |name| name_digest(&name.value)),
            bytes: u32::try_from(bytes.unwrap_or_default()).unwrap_or(u32::MAX),
            along: bytes.is_none(),
        });
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn keys(&self) -> &[u64] {
        &self.keys
    }

    /// Every row with where its identities stand.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Sighting, Range<usize>)> + '_ {
        let mut begin = 0;
        self.rows.iter().map(move |row| (*row, std::mem::replace(&mut begin, row.keys_end)..row.keys_end))
    }
}

/// 32 bits over a name, never 0. Names that differ in case and white space only are the same.
fn name_digest(name: &str) -> u32 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut take = |word: u32| hash = (hash ^ u64::from(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    for (at, word) in name.split_whitespace().enumerate() {
        if at > 0 {
            take(u32::from(b' '));
        }
        if word.is_ascii() {
            word.bytes().for_each(|byte| take(u32::from(byte.to_ascii_lowercase())));
        } else {
            word.chars().flat_map(char::to_lowercase).for_each(|c| take(u32::from(c)));
        }
    }
    ((hash ^ hash >> 32) as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_by_their_letters() {
        assert_eq!(name_digest(" Åsa  BERG "), name_digest("åsa berg"));
        assert_ne!(name_digest("Åsa Berg"), name_digest("Åsaberg"));
        assert_ne!(name_digest("Asa Berg"), name_digest("Asa Bergh"));
    }
}
