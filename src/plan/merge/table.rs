//! Which card an identity stands on, for millions of identities: a sorted list with gaps.

use std::collections::HashMap;
use std::hint::black_box;

/// The list is cut in so many pieces, by the first eight bits of a hash. Each grows for itself, and they begin at
/// different sizes so that they do not grow at the same time: the whole is never more than 1/256 larger than it need be.
const PIECES: usize = 256;

/// Gaps that a piece begins with: 375 KiB in all.
const FIRST_HOMES: usize = 120;

/// A piece grows by a twelfth when eleven twelfths of it are taken. So it is 85 to 92 % full, 88 % on average, and an
/// identity takes 12 B / 0.88 = 13.6 B. Finding one looks at some six slots, one behind the other.
const GROWTH: usize = 12;

/// What one identity takes: 32 bits of its hash; 24 more, and how many rows have it (8 bits, and 255 stands for "more
/// than that, see beside"); its card. The eight bits that are missing are the number of the piece. A slot that no row
/// has is a gap.
type Slot = [u32; 3];

const GAP: Slot = [0; 3];
const ROWS_MANY: u32 = 255;

/// Identities by their 64-bit hashes: the card each stands on, and how many rows have it.
#[derive(Debug)]
pub struct IdentityTable {
    pieces: Vec<Piece>,
    len: u64,
    /// Rows of those identities that more than 254 rows have.
    many: HashMap<u64, u64>,
}

#[derive(Debug)]
struct Piece {
    /// Sorted, gaps aside. Every identity stands at its home or behind it, with no gap in between.
    slots: Vec<Slot>,
    /// A hash's home is as far into these as the hash is into all hashes; what stands behind is overflow.
    homes: usize,
    len: usize,
}

/// An identity as it stands in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its hash.
    pub key: u64,
    /// Its card.
    pub card: u32,
    /// How many rows have it.
    pub rows: u64,
}

impl Default for IdentityTable {
    fn default() -> IdentityTable {
        let piece = |at| {
            let homes = FIRST_HOMES + at * FIRST_HOMES / GROWTH / PIECES;
            Piece { slots: vec![GAP; homes], homes, len: 0 }
        };
        IdentityTable { pieces: (0..PIECES).map(piece).collect(), len: 0, many: HashMap::new() }
    }
}

impl IdentityTable {
    /// How many there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Looks at the places of all of these at once, so that the processor fetches them side by side, and what comes
    /// next finds them near. Memory answers one look in some 100 ns, but a dozen at the same time.
    pub fn approach(&self, keys: &[u64]) {
        let glance = |&key: &u64| {
            let piece = &self.pieces[piece_of(key)];
            piece.slots.get(piece.home(words(key)[0])).map_or(0, |slot| slot[0])
        };
        black_box(keys.iter().map(glance).fold(0, |all, word| all ^ word));
    }

    /// The card on which an identity stands.
    pub fn card(&self, key: u64) -> Option<u32> {
        let piece = &self.pieces[piece_of(key)];
        piece.seek(words(key)).ok().map(|at| piece.slots[at][2])
    }

    /// One more row has this identity; should it be new, it stands on that card from now on. Returns how many rows have
    /// it now.
    pub fn add(&mut self, key: u64, card: u32) -> u64 {
        let piece = &mut self.pieces[piece_of(key)];
        match piece.seek(words(key)) {
            Ok(at) => {
                let word = &mut piece.slots[at][1];
                match *word & 0xff {
                    ROWS_MANY => {
                        let rows = self.many.entry(key).or_insert(u64::from(ROWS_MANY));
                        *rows += 1;
                        *rows
                    }
                    rows => {
                        *word += 1;
                        u64::from(rows + 1)
                    }
                }
            }
            Err(at) => {
                piece.insert(at, words(key), card);
                self.len += 1;
                1
            }
        }
    }

    /// All of them, in the order of their hashes.
    pub fn iter(&self) -> impl Iterator<Item = Known> + '_ {
        self.pieces.iter().zip(0u64..).flat_map(move |(piece, at)| {
            piece.slots.iter().filter(|slot| **slot != GAP).map(move |&[high, low, card]| {
                let key = at << 56 | u64::from(high) << 24 | u64::from(low >> 8);
                let rows = match low & 0xff {
                    ROWS_MANY => self.many.get(&key).copied().unwrap_or(u64::from(ROWS_MANY)),
                    rows => u64::from(rows),
                };
                Known { key, card, rows }
            })
        })
    }

    /// Bytes taken.
    #[cfg(test)]
    fn bytes(&self) -> usize {
        self.pieces.iter().map(|piece| piece.slots.capacity() * size_of::<Slot>()).sum()
    }
}

fn piece_of(key: u64) -> usize {
    (key >> 56) as usize
}

/// The two words of a slot that say whose it is, the second without its rows.
fn words(key: u64) -> [u32; 2] {
    [(key >> 24) as u32, (key as u32) << 8]
}

impl Piece {
    fn home(&self, high: u32) -> usize {
        ((u64::from(high) * self.homes as u64) >> 32) as usize
    }

    /// Where it stands, or where it would have to be put in.
    fn seek(&self, [high, low]: [u32; 2]) -> Result<usize, usize> {
        let mut at = self.home(high);
        while let Some(&[slot_high, slot_low, _]) = self.slots.get(at) {
            if slot_low & 0xff == 0 {
                return Err(at);
            }
            match (slot_high, slot_low & !0xff).cmp(&(high, low)) {
                std::cmp::Ordering::Less => at += 1,
                std::cmp::Ordering::Equal => return Ok(at),
                std::cmp::Ordering::Greater => return Err(at),
            }
        }
        Err(at)
    }

    fn insert(&mut self, mut at: usize, [high, low]: [u32; 2], card: u32) {
        if (self.len + 1) * GROWTH > self.homes * (GROWTH - 1) {
            self.grow();
            at = self.seek([high, low]).unwrap_or_else(|at| at);
        }
        // Everything up to the next gap moves on by one: some 400 bytes.
        let gap = self.slots[at..].iter().position(|slot| *slot == GAP).map(|gap| at + gap);
        let gap = gap.unwrap_or_else(|| {
            self.slots.reserve_exact(1 + self.slots.len() / 256);
            self.slots.push(GAP);
            self.slots.len() - 1
        });
        self.slots.copy_within(at..gap, at + 1);
        self.slots[at] = [high, low | 1, card];
        self.len += 1;
    }

    fn grow(&mut self) {
        self.homes += self.homes / (GROWTH - 1);
        let old = std::mem::take(&mut self.slots);
        let mut slots = Vec::with_capacity(self.homes + 8);
        for slot in old.into_iter().filter(|slot| *slot != GAP) {
            if let Some(gaps) = self.home(slot[0]).checked_sub(slots.len()) {
                slots.resize(slots.len() + gaps, GAP);
            }
            slots.push(slot);
        }
        if slots.len() < self.homes {
            slots.resize(self.homes, GAP);
        }
        self.slots = slots;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Spreads small numbers, and keeps some of them side by side.
    fn key(seed: u64) -> u64 {
        (seed / 4).wrapping_mul(0x9e37_79b9_7f4a_7c15) + seed % 4
    }

    proptest! {
        #[test]
        fn it_counts_as_a_map_does(seeds in proptest::collection::vec(0u64..3_000, 0..6_000)) {
            let (mut table, mut map) = (IdentityTable::default(), BTreeMap::<u64, (u32, u64)>::new());
            for (seed, card) in seeds.iter().zip(0u32..) {
                let key = key(*seed);
                let known = map.entry(key).or_insert((card, 0));
                known.1 += 1;
                prop_assert_eq!(table.add(key, card), known.1);
            }
            prop_assert_eq!(table.len(), map.len() as u64);
            let listed: Vec<_> = table.iter().map(|known| (known.key, (known.card, known.rows))).collect();
            prop_assert_eq!(listed, map.iter().map(|(key, known)| (*key, *known)).collect::<Vec<_>>());
            for seed in 0..3_200 {
                prop_assert_eq!(table.card(key(seed)), map.get(&key(seed)).map(|known| known.0));
            }
        }
    }

    #[test]
    fn hashes_that_are_all_alike_only_make_it_slow() {
        let mut table = IdentityTable::default();
        for n in 0..2_000 {
            assert_eq!(table.add(u64::MAX - n % 1_000, 7), 1 + n / 1_000);
        }
        table.approach(&[0, u64::MAX, u64::MAX - 5_000]);
        assert_eq!((table.len(), table.iter().count()), (1_000, 1_000));
    }

    #[test]
    fn rows_are_counted_beyond_a_byte() {
        let mut table = IdentityTable::default();
        for rows in 1..=1_000 {
            assert_eq!(table.add(17, 3), rows);
        }
        assert_eq!(table.iter().collect::<Vec<_>>(), [Known { key: 17, card: 3, rows: 1_000 }]);
    }

    #[test]
    fn an_identity_takes_fourteen_bytes() {
        let mut table = IdentityTable::default();
        for n in 0..400_000 {
            table.add(key(4 * n), n as u32);
            if n > 100_000 && n % 10_000 == 0 {
                let each = table.bytes() as f64 / table.len() as f64;
                assert!(each < 14.2, "{each} bytes at {n}");
            }
        }
    }
}
