//! A map for something about every card of a run: small before fast.

/// How many shards: with a million entries each holds some 250.
const SHARDS: usize = 4096;

/// A key and its value, packed.
pub trait Entry: Copy {
    /// By what it is found within its shard.
    type Key: Ord;

    /// Its key.
    fn key(&self) -> Self::Key;
}

/// A map that takes the size of an entry and hardly anything more: a fiftieth at a million. The shard, a number of 12
/// bits, is a part of the key that nobody has to store. Inserting moves what is behind the entry in its shard: some
/// hundred nanoseconds at a million entries.
#[derive(Debug)]
pub struct CompactMap<E> {
    /// Each sorted by its keys.
    shards: Vec<Vec<E>>,
}

impl<E> Default for CompactMap<E> {
    fn default() -> Self {
        CompactMap { shards: std::iter::repeat_with(Vec::new).take(SHARDS).collect() }
    }
}

impl<E: Entry> CompactMap<E> {
    /// What stands there.
    pub fn get(&self, shard: u32, key: &E::Key) -> Option<E> {
        let shard = &self.shards[shard as usize % SHARDS];
        Self::find(shard, key).ok().map(|at| shard[at])
    }

    /// Puts an entry there, in place of an earlier one with its key.
    pub fn insert(&mut self, shard: u32, entry: E) {
        let shard = &mut self.shards[shard as usize % SHARDS];
        match Self::find(shard, &entry.key()) {
            Ok(at) => shard[at] = entry,
            Err(at) => {
                if shard.len() == shard.capacity() {
                    shard.reserve_exact((shard.len() / 32).max(4));
                }
                shard.insert(at, entry);
            }
        }
    }

    fn find(shard: &[E], key: &E::Key) -> Result<usize, usize> {
        shard.binary_search_by(|entry| entry.key().cmp(key))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, Debug)]
    struct Pair(u16, u32);

    impl Entry for Pair {
        type Key = u16;

        fn key(&self) -> u16 {
            self.0
        }
    }

    proptest! {
        #[test]
        fn it_is_a_map(entries in proptest::collection::vec((0u32..3, 0u16..50, any::<u32>()), 0..400)) {
            let mut compact = CompactMap::default();
            let mut plain = HashMap::new();
            for (shard, key, value) in entries {
                compact.insert(shard, Pair(key, value));
                plain.insert((shard, key), value);
            }
            for (shard, key) in (0..3).flat_map(|shard| (0..50).map(move |key| (shard, key))) {
                prop_assert_eq!(compact.get(shard, &key).map(|pair| pair.1), plain.get(&(shard, key)).copied());
            }
        }
    }

    #[test]
    fn it_wastes_little() {
        let mut map = CompactMap::default();
        let count = 1_000_000u32;
        for n in 0..count {
            let spread = n.wrapping_mul(0x9e37_79b1);
            map.insert(spread >> 20, Pair(spread as u16, n));
        }
        let (places, taken) = map.shards.iter().fold((0, 0), |(p, t), s| (p + s.capacity(), t + s.len()));
        let own = std::mem::size_of_val(&map.shards[0]) * SHARDS / size_of::<Pair>();
        assert!((places + own) as f64 <= taken as f64 * 1.04, "{places} and {own} places for {taken} entries");
    }
}
