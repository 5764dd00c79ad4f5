//! What the table of identities is made of: slots, laid out so that a look reads as few lines of the cache as can be.

/// What one identity takes: a tag with [`TAKEN`] set, and two words more.
pub type Slot = [u32; 3];

/// Set in every tag, so that none is like that of an empty slot.
pub const TAKEN: u32 = 1 << 31;

/// Slots of a bucket: their tags, and four bytes beside, fill a line of the cache.
pub const SLOTS: usize = 15;

/// Buckets of a page, 6 KiB: small enough for a piece to grow by a few, and so large that where all pages are stays near.
/// All are alike, so that what one piece leaves another can take; pieces of memory that grow leave holes between them.
pub const PAGE_BUCKETS: usize = 32;

/// Buckets side by side, which never move.
pub type Page = Box<[Bucket; PAGE_BUCKETS]>;

/// Up to fifteen slots, taken from the first on. One look compares all tags at once, and reads nothing else when it finds
/// nothing.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct Bucket {
    tags: [u32; SLOTS],
    len: u8,
    touched: u8,
    /// Marks of those that would be here, had there been room.
    pub passed: u16,
    /// The second and the third word of each.
    pub others: [[u32; 2]; SLOTS],
}

impl Bucket {
    /// Brings its tags near, by writing what nobody reads: a write does not keep the processor waiting as a read does.
    pub fn touch(&mut self) {
        self.touched = 1;
    }

    /// Slots with this tag.
    #[inline]
    pub fn with_tag(&self, tag: u32) -> impl Iterator<Item = usize> + use<> {
        let any = self.tags.iter().fold(false, |any, known| any | (*known == tag));
        let all = |alike, (known, slot): (&u32, u32)| alike | u32::from(*known == tag) << slot;
        let mut alike = if any { self.tags.iter().zip(0..).fold(0, all) } else { 0 };
        std::iter::from_fn(move || {
            let slot = (alike != 0).then_some(alike.trailing_zeros() as usize)?;
            alike &= alike - 1;
            Some(slot)
        })
    }

    /// Takes the next slot; `false` when there is none.
    #[inline]
    pub fn push(&mut self, [tag, low, card]: Slot) -> bool {
        let slot = usize::from(self.len);
        if slot >= SLOTS {
            return false;
        }
        (self.tags[slot], self.others[slot]) = (tag, [low, card]);
        self.len += 1;
        true
    }

    /// All slots that are taken.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.tags.iter().zip(&self.others).take(self.len.into()).map(|(tag, [low, card])| [*tag, *low, *card])
    }

    /// Leaves all slots empty.
    pub fn clear(&mut self) {
        (self.tags, self.len, self.passed) = ([0; SLOTS], 0, 0);
    }
}
