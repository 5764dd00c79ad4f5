//! Which card an identity stands on, for millions of identities: a sorted list with gaps.

use std::collections::HashMap;
use std::hint::black_box;

/// The list is cut in so many pieces, by the first eight bits of a hash, which then need not be written down.
const PIECES: usize = 256;

/// Homes that a piece begins with, and the room behind them for what does not find its home free: 700 KiB in all.
const FIRST_HOMES: usize = 100;
const FIRST_ROOM: usize = 128;

/// The list grows by an eleventh when eleven twelfths of a piece are taken. So it is 85 to 92 % full, and an identity
/// takes some 13.6 B. Finding one looks at some six slots, one behind the other. It grows in one block of memory and in
/// place: many small blocks that grow leave holes between them that are as large as themselves.
const GROWTH: usize = 12;

/// What one identity takes: 32 bits of its hash; 24 more, and how many rows have it (8 bits, and 255 stands for "more
/// than that, see beside"); its card. The eight bits that are missing are the number of the piece. A slot that no row
/// has is a gap.
type Slot = [u32; 3];

/// Slots that begin in one line of the cache. Behind its homes a piece has more room than two lines.
const LINE_SLOTS: usize = 5;

const GAP: Slot = [0; 3];
const ROWS_MANY: u32 = 255;

/// Identities by their 64-bit hashes: the card each stands on, and how many rows have it.
#[derive(Debug)]
pub struct IdentityTable {
    /// All pieces, one behind the other. Each is sorted, gaps aside; every identity stands at its home or behind it, with
    /// no gap in between.
    slots: Vec<Slot>,
    /// Of each piece. A hash's home is as far into these as the hash is into all hashes of its piece.
    homes: usize,
    /// Slots of each piece behind its homes.
    room: usize,
    /// How many each piece holds.
    lens: Vec<usize>,
    len: u64,
    /// Rows of those identities that more than 254 rows have.
    many: HashMap<u64, u64>,
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
        IdentityTable {
            slots: vec![GAP; PIECES * (FIRST_HOMES + FIRST_ROOM)],
            homes: FIRST_HOMES,
            room: FIRST_ROOM,
            lens: vec![0; PIECES],
            len: 0,
            many: HashMap::new(),
        }
    }
}

impl IdentityTable {
    /// How many there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Looks at the places of all of these at once, so that the processor fetches them side by side, and what comes
    /// next finds them near. Memory answers one look in some 100 ns, but a dozen at the same time. Few enough should be
    /// asked for that all stay near until they are needed.
    pub fn approach(&self, keys: &[u64]) {
        let glance = |&key: &u64| {
            let home = self.home(piece_of(key), words(key)[0]);
            // What is put in moves some 400 bytes; the lines behind these come along by themselves.
            self.slots[home][1] ^ self.slots[home + LINE_SLOTS][1] ^ self.slots[home + 2 * LINE_SLOTS][1]
        };
        black_box(keys.iter().map(glance).fold(0, |all, word| all ^ word));
    }

    /// The card on which an identity stands.
    pub fn card(&self, key: u64) -> Option<u32> {
        self.seek(key).ok().map(|at| self.slots[at][2])
    }

    /// How many rows have an identity.
    pub fn rows(&self, key: u64) -> u64 {
        match self.seek(key).map(|at| self.slots[at][1] & 0xff) {
            Err(_) => 0,
            Ok(ROWS_MANY) => self.many.get(&key).copied().unwrap_or(u64::from(ROWS_MANY)),
            Ok(rows) => u64::from(rows),
        }
    }

    /// One more row has this identity; should it be new, it stands on that card from now on. Returns how many rows have
    /// it now.
    pub fn add(&mut self, key: u64, card: u32) -> u64 {
        match self.seek(key) {
            Ok(at) => {
                let word = &mut self.slots[at][1];
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
                self.insert(at, key, card);
                self.len += 1;
                1
            }
        }
    }

    /// All of them, in the order of their hashes.
    pub fn iter(&self) -> impl Iterator<Item = Known> + '_ {
        self.slots.chunks(self.stride()).zip(0u64..).flat_map(move |(piece, at)| {
            piece.iter().filter(|slot| **slot != GAP).map(move |&[high, low, card]| {
                let key = at << 56 | u64::from(high) << 24 | u64::from(low >> 8);
                let rows = match low & 0xff {
                    ROWS_MANY => self.many.get(&key).copied().unwrap_or(u64::from(ROWS_MANY)),
                    rows => u64::from(rows),
                };
                Known { key, card, rows }
            })
        })
    }

    fn stride(&self) -> usize {
        self.homes + self.room
    }

    fn home(&self, piece: usize, high: u32) -> usize {
        piece * self.stride() + home(self.homes, high)
    }

    /// Where it stands, or where it would have to be put in; perhaps just behind its piece.
    fn seek(&self, key: u64) -> Result<usize, usize> {
        let (piece, [high, low]) = (piece_of(key), words(key));
        let wanted = u64::from(high) << 32 | u64::from(low);
        let begin = self.home(piece, high);
        for (slot, at) in self.slots[begin..(piece + 1) * self.stride()].iter().zip(begin..) {
            let [slot_high, slot_low, _] = *slot;
            let found = u64::from(slot_high) << 32 | u64::from(slot_low & !0xff);
            if slot_low == 0 || found > wanted {
                return Err(at);
            }
            if found == wanted {
                return Ok(at);
            }
        }
        Err((piece + 1) * self.stride())
    }

    fn insert(&mut self, mut at: usize, key: u64, card: u32) {
        let (piece, [high, low]) = (piece_of(key), words(key));
        if (self.lens[piece] + 1) * GROWTH > self.homes * (GROWTH - 1) {
            self.grow(self.homes + self.homes / (GROWTH - 1), self.room);
            at = self.seek(key).unwrap_or_else(|at| at);
        }
        loop {
            // Everything up to the next gap moves on by one: some 400 bytes.
            let end = (piece + 1) * self.stride();
            if let Some(gap) = self.slots[at..end].iter().position(|slot| slot[1] == 0) {
                self.slots.copy_within(at..at + gap, at + 1);
                self.slots[at] = [high, low | 1, card];
                self.lens[piece] += 1;
                return;
            }
            self.grow(self.homes, 2 * self.room);
            at = self.seek(key).unwrap_or_else(|at| at);
        }
    }

    /// Gives every piece so many homes, and so much room behind them; neither less than it has. What found a place before
    /// finds one then: with more homes there are no fewer of them behind any hash.
    fn grow(&mut self, homes: usize, room: usize) {
        let (old, new) = (self.stride(), homes + room);
        self.slots.reserve_exact(PIECES * new - self.slots.len());
        self.slots.resize(PIECES * new, GAP);
        let mut taken = vec![GAP; old];
        for piece in (0..PIECES).rev() {
            // A gap that is taken out is overwritten by the next slot.
            let mut len = 0;
            for slot in &self.slots[piece * old..(piece + 1) * old] {
                taken[len] = *slot;
                len += usize::from(slot[1] != 0);
            }
            // The new place of a piece is further to the right than all that was not moved yet.
            let slots = &mut self.slots[piece * new..(piece + 1) * new];
            slots.fill(GAP);
            let mut next = 0;
            for slot in &taken[..len] {
                let at = next.max(home(homes, slot[0]));
                slots[at] = *slot;
                next = at + 1;
            }
        }
        (self.homes, self.room) = (homes, room);
    }
}

fn home(homes: usize, high: u32) -> usize {
    ((u64::from(high) * homes as u64) >> 32) as usize
}

fn piece_of(key: u64) -> usize {
    (key >> 56) as usize
}

/// The two words of a slot that say whose it is, the second without its rows.
fn words(key: u64) -> [u32; 2] {
    [(key >> 24) as u32, (key as u32) << 8]
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
                prop_assert_eq!(table.rows(key(seed)), map.get(&key(seed)).map_or(0, |known| known.1));
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
                let slots = table.slots.capacity() - PIECES * table.room;
                let each = (slots * size_of::<Slot>()) as f64 / table.len() as f64;
                assert!(each < 14.9, "{each} bytes at {n}");
            }
        }
    }
}
