//! What the plan needs to know of a row: hashes, and nothing of the person.

use std::hash::BuildHasher;
use std::ops::Range;

use foldhash::quality::FixedState;

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
            name: card.name().map_or(0, name_digest),
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

/// Names up to so many bytes are short.
const SHORT_BYTES_MAX: usize = 64;

/// So many bytes of a name are looked at together.
const STEP_BYTES: usize = 16;

/// 32 bits over a name, never 0. Names that differ in case and white space only are the same.
fn name_digest(name: &str) -> u32 {
    let mut short = [0; SHORT_BYTES_MAX];
    let hash = match fold(name, &mut short) {
        Some(folded) => FixedState::default().hash_one(folded),
        None => {
            let words: Vec<String> =
                name.split_whitespace().map(|word| word.chars().flat_map(char::to_lowercase).collect()).collect();
            FixedState::default().hash_one(words.join(" ").as_bytes())
        }
    };
    ((hash ^ hash >> 32) as u32).max(1)
}

/// A short name of Western letters and single spaces in small letters; `None` for all others. Nearly every name is one.
fn fold<'a>(name: &str, short: &'a mut [u8; SHORT_BYTES_MAX]) -> Option<&'a [u8]> {
    // A space before, and letters behind, so that whole steps can be taken, each of which is a few instructions.
    let mut bytes = [b'a'; SHORT_BYTES_MAX + 1];
    bytes[0] = b' ';
    bytes.get_mut(1..=name.len())?.copy_from_slice(name.as_bytes());
    let mut plain = true;
    for from in (0..name.len()).step_by(STEP_BYTES) {
        let folded = &mut short[from..from + STEP_BYTES];
        let befores = &bytes[from..from + STEP_BYTES];
        for ((place, byte), before) in folded.iter_mut().zip(&bytes[from + 1..=from + STEP_BYTES]).zip(befores) {
            let (byte, before) = (*byte, *before);
            // À to Þ are C3 80 to C3 9E, and a multiplication sign is among them; small letters come 32 after.
            let behind_c3 = before == 0xC3;
            let is_capital = byte.is_ascii_uppercase() | (behind_c3 & (byte < 0x9F) & (byte != 0x97));
            *place = byte | u8::from(is_capital) << 5;
            plain &=
                (byte >= b' ') & ((byte < 0x80) | (byte == 0xC3) | behind_c3) & ((byte != b' ') | (before != b' '));
        }
    }
    (plain && bytes[name.len()] != b' ').then_some(&short[..name.len()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_short_way_to_fold_a_name_agrees_with_the_long_one(name in "[ aZÀÖ×Þßåö\u{a0}\t漢İ]{0,5}( [a-zÅÖ]{9,30})?") {
            if let Some(folded) = fold(&name, &mut [0; SHORT_BYTES_MAX]) {
                let long = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
                prop_assert_eq!(std::str::from_utf8(folded), Ok(&*long));
            }
        }
    }

    #[test]
    fn names_are_told_apart_by_their_letters() {
        assert_eq!(name_digest(" Åsa  BERG "), name_digest("åsa berg"));
        assert_ne!(name_digest("Åsa Berg"), name_digest("Åsaberg"));
        assert_ne!(name_digest("Asa Berg"), name_digest("Asa Bergh"));
    }
}
