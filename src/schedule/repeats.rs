//! Which cards are known already: the very same card is posted once.

use std::collections::HashMap;

use crate::model::{C3Id, CardDigest, CompactEntry, CompactMap, RowNumber};

/// Stands for an id that is not a plain number of 32 bits; the id itself is beside.
const ODD_ID: u32 = u32::MAX;

/// Stands for an id that the server did not tell.
const NO_ID: u32 = 0;

/// An earlier row with the very same card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Twin {
    /// It is stored.
    Stored {
        /// The row.
        row: RowNumber,
        /// Its id, where it is known.
        id: Option<C3Id>,
    },
    /// Nobody knows whether it is stored, and it has nothing to be recognised by: sending it again might double it.
    Doubtful {
        /// The row.
        row: RowNumber,
    },
}

/// A card that is stored.
#[derive(Clone, Copy, Debug)]
struct Stored {
    /// Its digest, but for its shard.
    digest: [u32; 2],
    row: u32,
    id: u32,
}

impl CompactEntry for Stored {
    type Key = [u32; 2];

    fn key(&self) -> [u32; 2] {
        self.digest
    }
}

/// Remembers cards by their digests, at 16 bytes a stored card.
#[derive(Debug, Default)]
pub struct Repeats {
    stored: CompactMap<Stored>,
    odd_ids: HashMap<CardDigest, C3Id>,
    doubtful: HashMap<CardDigest, RowNumber>,
}

impl Repeats {
    /// The earlier row with this card.
    pub fn find(&self, digest: CardDigest) -> Option<Twin> {
        let (shard, rest) = digest.short();
        if let Some(Stored { row, id, .. }) = self.stored.get(shard, &rest) {
            let id = match id {
                NO_ID => None,
                ODD_ID => self.odd_ids.get(&digest).cloned(),
                number => C3Id::new(&number.to_string()),
            };
            return Some(Twin::Stored { row: RowNumber(u64::from(row)), id });
        }
        self.doubtful.get(&digest).map(|&row| Twin::Doubtful { row })
    }

    /// A row was stored.
    pub fn stored(&mut self, digest: CardDigest, row: RowNumber, id: Option<&C3Id>) {
        // No spreadsheet has that many rows; a text table might, and its repeats beyond are simply sent.
        let Ok(row) = u32::try_from(row.0) else { return };
        let number = match id {
            None => NO_ID,
            Some(id) => match id.as_str().parse::<u32>() {
                Ok(number) if number != NO_ID && number != ODD_ID && number.to_string() == id.as_str() => number,
                _ => {
                    self.odd_ids.insert(digest, id.clone());
                    ODD_ID
                }
            },
        };
        let (shard, digest) = digest.short();
        self.stored.insert(shard, Stored { digest, row, id: number });
    }

    /// Nobody knows whether a row without identity was stored.
    pub fn doubtful(&mut self, digest: CardDigest, row: RowNumber) {
        self.doubtful.entry(digest).or_insert(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_every_form_come_back() {
        let mut repeats = Repeats::default();
        let ids = [Some("13"), Some("0013"), Some("card-7"), Some("99999999999"), None];
        for (at, id) in (1..).zip(ids) {
            repeats.stored(CardDigest([at, 0, 0]), RowNumber(u64::from(at)), id.and_then(C3Id::new).as_ref());
        }
        for (at, id) in (1..).zip(ids) {
            let expected = Twin::Stored { row: RowNumber(u64::from(at)), id: id.and_then(C3Id::new) };
            assert_eq!(repeats.find(CardDigest([at, 0, 0])), Some(expected));
        }
        assert_eq!(repeats.find(CardDigest([1, 1, 0])), None);
    }
}
