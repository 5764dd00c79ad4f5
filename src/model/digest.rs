//! What makes two cards the same card.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use siphasher::sip128::SipHasher13;

/// 96 bits over a card's document. With a million cards the odds that any two different ones agree are 1 in 10^17, and
/// 1 in 10^11 by the 76 bits of [`CardDigest::short`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardDigest(pub [u32; 3]);

impl CardDigest {
    /// As a journal keeps it; the same on every machine.
    pub fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        for (place, word) in bytes.chunks_exact_mut(4).zip(self.0) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        bytes
    }

    /// 12 bits and 64 more, for those who remember every card of a run.
    pub fn short(self) -> (u32, [u32; 2]) {
        let [first, second, third] = self.0;
        (first >> 20, [first << 12 | second >> 20, second << 12 | third >> 20])
    }

    /// Back from [`CardDigest::to_bytes`]; `None` when these are not twelve bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<CardDigest> {
        let bytes: &[u8; 12] = bytes.try_into().ok()?;
        let word = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Some(CardDigest([word(0), word(4), word(8)]))
    }
}

/// Without it nobody can tell from a digest whether it is that of a certain person's card.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DigestKey(pub [u8; 16]);

impl fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestKey")
    }
}

/// Makes digests: keyed SipHash-1-3 of 128 bits, cut to 96. The same key makes the same digests in every version of this
/// program, so that a journal can keep them.
#[derive(Clone, Debug)]
pub struct Digester {
    hasher: SipHasher13,
}

impl Digester {
    /// Makes digests that mean something wherever the key is known.
    pub fn new(key: DigestKey) -> Digester {
        Digester { hasher: SipHasher13::new_with_key(&key.0) }
    }

    /// The digest of a document.
    pub fn digest(&self, document: &[u8]) -> CardDigest {
        let hash = self.hasher.hash(document).as_u128();
        CardDigest([(hash >> 96) as u32, (hash >> 64) as u32, (hash >> 32) as u32])
    }
}

/// Makes digests that mean something within one run only.
impl Default for Digester {
    fn default() -> Digester {
        let random = RandomState::new();
        let mut key = [0; 16];
        key[..8].copy_from_slice(&random.hash_one(0).to_le_bytes());
        key[8..].copy_from_slice(&random.hash_one(1).to_le_bytes());
        Digester::new(DigestKey(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_same_tomorrow_and_in_the_next_version() {
        let digest = Digester::new(DigestKey(*b"0123456789abcdef")).digest(b"a card");
        assert_eq!(digest, CardDigest([1_016_204_017, 3_309_246_842, 707_905_358]));
        assert_eq!(CardDigest::from_bytes(&digest.to_bytes()), Some(digest));
        assert_eq!(CardDigest::from_bytes(b"short"), None);
        let short = CardDigest([0x1112_2222, 0x2223_3333, 0x333f_ffff]).short();
        assert_eq!(short, (0x111, [0x2222_2222, 0x3333_3333]));
    }

    #[test]
    fn another_key_or_another_card_is_another_digest() {
        let one = Digester::new(DigestKey([1; 16]));
        assert_ne!(one.digest(b"a"), one.digest(b"b"));
        assert_ne!(one.digest(b"a"), Digester::new(DigestKey([2; 16])).digest(b"a"));
        assert_ne!(Digester::default().digest(b"a"), Digester::default().digest(b"a"));
    }
}
