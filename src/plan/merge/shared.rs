//! Which identities several rows have: the first look of two, which needs hashes only.

use super::table::IdentityTable;
use crate::model::IdentityKey;

/// Identities and how many rows have each, at 17 B an identity. What two rows share is found by hashes of 64 bits, so that
/// it may be more than they share, and is never less.
#[derive(Debug, Default)]
pub struct SharedIdentities {
    table: IdentityTable,
    any: bool,
}

impl SharedIdentities {
    /// One more row, with all that its card may be recognised by.
    pub fn add(&mut self, identities: &[IdentityKey]) {
        for (nth, key) in identities.iter().enumerate() {
            if !identities[..nth].contains(key) {
                self.any |= self.table.add(key.0, 0) > 1;
            }
        }
    }

    /// Whether two rows share any.
    pub fn any(&self) -> bool {
        self.any
    }

    /// Whether several rows have this one.
    pub fn contains(&self, key: IdentityKey) -> bool {
        self.table.rows(key.0) > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_row_says_twice_is_not_shared() {
        let mut shared = SharedIdentities::default();
        shared.add(&[IdentityKey(1), IdentityKey(2), IdentityKey(1)]);
        shared.add(&[IdentityKey(3)]);
        assert!(!shared.any());
        shared.add(&[IdentityKey(2)]);
        let known = [1, 2, 3, 4].map(|key| shared.contains(IdentityKey(key)));
        assert_eq!((shared.any(), known), (true, [false, true, false, false]));
    }
}
