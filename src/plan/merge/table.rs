//! Which card an identity stands on, for millions of identities: a hash table of many pieces that grow one by one.

use std::collections::HashMap;

use super::bucket::{Bucket, PAGE_BUCKETS, Page, SLOTS, Slot, TAKEN};

/// The table is cut in so many pieces, by the first six bits of a hash, which then need not be written down.
const PIECES: usize = 64;

/// Of 64 slots so many are taken when a piece grows.
const TAKEN_MAX: usize = 56;

/// How many rows have an identity, in the second word of a slot. All bits set stand for "this many or more, see beside".
const ROWS_MANY: u32 = (1 << ROWS_BITS) - 1;
const ROWS_BITS: u32 = 5;

/// Identities by their 64-bit hashes: the card each stands on, and how many rows have it. One takes some 17 B.
#[derive(Debug)]
pub struct IdentityTable {
    pieces: Box<[Piece; PIECES]>,
    /// Pages that a piece has left when it grew, for the next ones that grow.
    spare: Vec<Page>,
    len: u64,
    /// Rows of those identities that more than 30 rows have.
    many: HashMap<u64, u64>,
}

/// Identities whose hashes begin alike. A hash's home is as far into the buckets as the hash is into all hashes of its
/// piece; what finds its home full stands in the next bucket that is not, and behind the last one comes the first.
#[derive(Debug)]
struct Piece {
    pages: Vec<Page>,
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
        let piece = |_| Piece { pages: vec![Page::default()], len: 0 };
        let pieces = Box::new(std::array::from_fn(piece));
        IdentityTable { pieces, spare: Vec::new(), len: 0, many: HashMap::new() }
    }
}

impl IdentityTable {
    /// How many there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Sends for the places of all of these, so that what comes next finds them near. Memory answers one look in some
    /// 100 ns, but a dozen at the same time. Few enough should be asked for that all stay near until they are needed.
    pub fn approach(&mut self, keys: &[u64]) {
        for &key in keys {
            let piece = &mut self.pieces[piece_of(key)];
            let home = piece.home(words(key)[0]);
            piece.bucket_mut(home).touch();
            // In case there is no room at home, as in every fifth bucket.
            let behind = piece.behind(home);
            piece.bucket_mut(behind).touch();
        }
    }

    /// The card on which an identity stands.
    pub fn card(&self, key: u64) -> Option<u32> {
        let piece = &self.pieces[piece_of(key)];
        piece.seek(words(key)).map(|(at, slot)| piece.bucket(at).others[slot][1])
    }

    /// How many rows have an identity.
    pub fn rows(&self, key: u64) -> u64 {
        let piece = &self.pieces[piece_of(key)];
        piece.seek(words(key)).map_or(0, |(at, slot)| self.rows_of(key, piece.bucket(at).others[slot][0]))
    }

    /// One more row has this identity; should it be new, it stands on that card from now on. Returns how many rows have
    /// it now.
    pub fn add(&mut self, key: u64, card: u32) -> u64 {
        let piece = &mut self.pieces[piece_of(key)];
        let Some((at, slot)) = piece.seek(words(key)) else {
            self.put(key, card);
            return 1;
        };
        let [low, _] = &mut piece.bucket_mut(at).others[slot];
        if *low & ROWS_MANY < ROWS_MANY {
            *low += 1;
        }
        match *low & ROWS_MANY {
            ROWS_MANY => {
                let rows = self.many.entry(key).or_insert(u64::from(ROWS_MANY) - 1);
                *rows += 1;
                *rows
            }
            rows => u64::from(rows),
        }
    }

    /// One row has this identity, which no row had before; it stands on that card.
    pub fn put(&mut self, key: u64, card: u32) {
        let nth = piece_of(key);
        let piece = &mut self.pieces[nth];
        if (piece.len + 1) * 64 > piece.buckets() * SLOTS * TAKEN_MAX {
            // Each by its own share, from an eighth to a third, so that they grow at different times and the table as a
            // whole is always about as full.
            piece.grow(1 + piece.pages.len() * (4 + nth % 8) / 32, &mut self.spare);
        }
        let [tag, low] = words(key);
        piece.settle([tag, low | 1, card]);
        piece.len += 1;
        self.len += 1;
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = Known> + '_ {
        self.pieces.iter().zip(0u64..).flat_map(move |(piece, at)| {
            let buckets = piece.pages.iter().flat_map(|page| page.iter());
            buckets.flat_map(Bucket::slots).map(move |[tag, low, card]| {
                let key = at << 58 | u64::from(tag & !TAKEN) << 27 | u64::from(low >> ROWS_BITS);
                Known { key, card, rows: self.rows_of(key, low) }
            })
        })
    }

    #[inline]
    fn rows_of(&self, key: u64, low: u32) -> u64 {
        match low & ROWS_MANY {
            ROWS_MANY => self.many.get(&key).copied().unwrap_or(u64::from(ROWS_MANY)),
            rows => u64::from(rows),
        }
    }
}

impl Piece {
    /// The bucket and the slot where it stands.
    #[inline]
    fn seek(&self, [tag, low]: [u32; 2]) -> Option<(usize, usize)> {
        let mut at = self.home(tag);
        loop {
            let bucket = self.bucket(at);
            let slot = bucket.with_tag(tag).find(|&slot| bucket.others[slot][0] & !ROWS_MANY == low);
            if let Some(slot) = slot {
                return Some((at, slot));
            }
            if bucket.passed & mark(low) == 0 {
                return None;
            }
            at = self.behind(at);
        }
    }

    /// Puts in what is not there, where there is room for it.
    #[inline]
    fn settle(&mut self, slot: Slot) {
        let [tag, low, _] = slot;
        let mut at = self.home(tag);
        loop {
            let bucket = self.bucket_mut(at);
            if bucket.push(slot) {
                return;
            }
            bucket.passed |= mark(low);
            at = self.behind(at);
        }
    }

    /// What is in a piece moves some four times while it grows.
    fn grow(&mut self, more: usize, spare: &mut Vec<Page>) {
        let new = self.pages.len() + more;
        let new = (0..new).map(|_| spare.pop().unwrap_or_default()).collect();
        for mut page in std::mem::replace(&mut self.pages, new) {
            for bucket in page.iter_mut() {
                bucket.slots().for_each(|slot| self.settle(slot));
                bucket.clear();
            }
            spare.push(page);
        }
    }

    fn buckets(&self) -> usize {
        self.pages.len() * PAGE_BUCKETS
    }

    fn home(&self, tag: u32) -> usize {
        ((u64::from(tag & !TAKEN) * self.buckets() as u64) >> 31) as usize
    }

    fn behind(&self, at: usize) -> usize {
        if at + 1 < self.buckets() { at + 1 } else { 0 }
    }

    fn bucket(&self, at: usize) -> &Bucket {
        &self.pages[at / PAGE_BUCKETS][at % PAGE_BUCKETS]
    }

    fn bucket_mut(&mut self, at: usize) -> &mut Bucket {
        &mut self.pages[at / PAGE_BUCKETS][at % PAGE_BUCKETS]
    }
}

fn piece_of(key: u64) -> usize {
    (key >> 58) as usize
}

/// The two words of a slot that say whose it is: 31 bits of the hash as a tag; and 27 bits above the count of rows.
fn words(key: u64) -> [u32; 2] {
    [(key >> 27) as u32 | TAKEN, (key as u32) << ROWS_BITS]
}

/// What a bucket remembers of one that went on because there was no room: one of sixteen bits.
fn mark(low: u32) -> u16 {
    1 << ((low >> ROWS_BITS) % 16)
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
            let listed: BTreeMap<_, _> = table.iter().map(|known| (known.key, (known.card, known.rows))).collect();
            prop_assert_eq!(table.iter().count(), map.len());
            prop_assert_eq!(&listed, &map);
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
    fn an_identity_takes_seventeen_bytes() {
        let mut table = IdentityTable::default();
        let mut all = Vec::new();
        for n in 0..400_000 {
            table.add(key(4 * n), n as u32);
            if n >= 100_000 && n % 10_000 == 0 {
                let pages: usize = table.pieces.iter().map(|piece| piece.pages.len()).sum();
                all.push(
                    ((pages + table.spare.len()) * PAGE_BUCKETS * size_of::<Bucket>()) as f64 / table.len() as f64,
                );
            }
        }
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        assert!((16.5..17.0).contains(&mean) && all.iter().all(|each| *each < 19.5), "{mean} of {all:?}");
    }

    #[test]
    fn what_found_no_room_at_home_is_found_behind_it() {
        // All of one home, the last of a piece, so that they go on at its beginning.
        let (mut table, last) = (IdentityTable::default(), 0x17ff_ffff_ffff_ffff_u64);
        for n in 0..100 {
            table.put(last - n, n as u32);
        }
        table.approach(&[last]);
        for n in 0..100 {
            assert_eq!((table.card(last - n), table.rows(last - n)), (Some(n as u32), 1));
        }
        assert_eq!(table.card(last - 100), None);
        assert_eq!(table.iter().count(), 100);
    }
}
