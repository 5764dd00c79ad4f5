//! A map for a value a card over a whole run: small before fast.

/// How many shards: with a million entries each holds some 250.
const SHARDS: usize = 4096;

/// A map from `K` to `V` 32-bit words that takes 4 × (K + V) bytes an entry and at most a sixteenth more. Inserting
/// moves what is behind the entry in its shard: some hundred nanoseconds at a million entries.
#[derive(Debug)]
pub struct CompactMap<const K: usize, const V: usize> {
    shards: Vec<Shard<K, V>>,
}

#[derive(Clone, Debug, Default)]
struct Shard<const K: usize, const V: usize> {
    /// Sorted.
    keys: Vec<[u32; K]>,
    values: Vec<[u32; V]>,
}

impl<const K: usize, const V: usize> Default for CompactMap<K, V> {
    fn default() -> Self {
        CompactMap { shards: vec![Shard { keys: Vec::new(), values: Vec::new() }; SHARDS] }
    }
}

impl<const K: usize, const V: usize> CompactMap<K, V> {
    /// What stands there.
    pub fn get(&self, key: &[u32; K]) -> Option<[u32; V]> {
        let shard = &self.shards[Self::shard(key)];
        shard.keys.binary_search(key).ok().map(|at| shard.values[at])
    }

    /// Puts a value there, in place of an earlier one.
    pub fn insert(&mut self, key: [u32; K], value: [u32; V]) {
        let shard = &mut self.shards[Self::shard(&key)];
        match shard.keys.binary_search(&key) {
            Ok(at) => shard.values[at] = value,
            Err(at) => {
                if shard.keys.len() == shard.keys.capacity() {
                    let more = (shard.keys.len() / 16).max(8);
                    shard.keys.reserve_exact(more);
                    shard.values.reserve_exact(more);
                }
                shard.keys.insert(at, key);
                shard.values.insert(at, value);
            }
        }
    }

    fn shard(key: &[u32; K]) -> usize {
        // Fibonacci hashing: spreads keys that count up as well as digests.
        let first = key.first().copied().unwrap_or_default();
        (first.wrapping_mul(0x9e37_79b1) >> 20) as usize % SHARDS
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_map(entries in proptest::collection::vec(([0u32..50, 0u32..3], [any::<u32>()]), 0..400)) {
            let mut compact = CompactMap::<2, 1>::default();
            let mut plain = HashMap::new();
            for (key, value) in entries {
                compact.insert(key, value);
                plain.insert(key, value);
            }
            for key in (0..50).flat_map(|a| (0..3).map(move |b| [a, b])) {
                prop_assert_eq!(compact.get(&key), plain.get(&key).copied());
            }
        }
    }

    #[test]
    fn it_wastes_little() {
        let mut map = CompactMap::<3, 2>::default();
        let count = 300_000u32;
        for n in 0..count {
            map.insert([n.wrapping_mul(0x9e37_79b9), n, n], [n, n]);
        }
        let bytes: usize = map.shards.iter().map(|s| s.keys.capacity() * 12 + s.values.capacity() * 8).sum();
        assert!(bytes <= 24 * count as usize, "{} bytes an entry", bytes as f64 / f64::from(count));
    }
}
