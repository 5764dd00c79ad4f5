//! What makes two cards the same card.

use std::hash::{BuildHasher, RandomState};

/// 96 bits over a card's document. With a million cards the odds that any two different ones agree are 1 in 10^17.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardDigest(pub [u32; 3]);

/// Makes digests that mean something within one run only.
#[derive(Clone, Debug, Default)]
pub struct Digester {
    keys: [RandomState; 2],
}

impl Digester {
    /// The digest of a document.
    pub fn digest(&self, document: &[u8]) -> CardDigest {
        let [high, low] = [self.keys[0].hash_one(document), self.keys[1].hash_one(document)];
        CardDigest([(high >> 32) as u32, high as u32, low as u32])
    }
}
