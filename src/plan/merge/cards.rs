//! The cards that rows make, and which of them are one person's: a union-find with what is known of each.

use std::collections::HashMap;

/// Cards are kept in blocks of so many, so that no more is taken than is used, and nothing moves when there are more.
const BLOCK: usize = 4096;

/// Stands for a distance that is too far, or backwards: the row is beside.
const FAR: u8 = 255;

/// Rows of a card: none says that it was joined to another; the first bit, that names differ; all others, "many, see
/// beside".
const CONFLICT: u8 = 0x80;
const ROWS: u8 = 0x7f;

/// Cards by number, in the order in which they were made: ten bytes each.
#[derive(Debug, Default)]
pub struct Cards {
    blocks: Vec<Block>,
    last_row: u64,
    /// First rows that are [`FAR`] from the one before; in order.
    far: Vec<(u32, u64)>,
    /// Rows of cards that more than 126 rows land on.
    many: HashMap<u32, u64>,
}

#[derive(Debug)]
struct Block {
    /// The first row of its first card.
    row: u64,
    /// The name on a card, as a digest, 0 for none; of a card that was joined to another, that card.
    names: Vec<u32>,
    /// What the first row's card said, as a digest.
    digests: Vec<u32>,
    rows: Vec<u8>,
    /// How far a card's first row is from that of the card before.
    distances: Vec<u8>,
}

/// A person: all cards that rows have joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// The first of the cards.
    pub card: u32,
    /// Rows that land on any of them.
    pub rows: u64,
    /// Whether the rows give different names.
    pub names_differ: bool,
}

impl Cards {
    /// How many there are.
    pub fn len(&self) -> u64 {
        self.blocks.last().map_or(0, |last| ((self.blocks.len() - 1) * BLOCK + last.rows.len()) as u64)
    }

    /// A new card, made by this row; `None` when there are four thousand million already.
    pub fn make(&mut self, row: u64, name: u32, digest: u32) -> Option<u32> {
        let card = u32::try_from(self.len()).ok().filter(|card| *card < u32::MAX)?;
        let distance = row.checked_sub(self.last_row).and_then(|rows| u8::try_from(rows).ok()).unwrap_or(FAR);
        self.last_row = row;
        let block = match self.blocks.last_mut().filter(|block| block.rows.len() < BLOCK) {
            Some(block) => block,
            None => {
                self.blocks.push(Block {
                    row,
                    names: Vec::with_capacity(BLOCK),
                    digests: Vec::with_capacity(BLOCK),
                    rows: Vec::with_capacity(BLOCK),
                    distances: Vec::with_capacity(BLOCK),
                });
                self.blocks.last_mut().expect("one was pushed just now")
            }
        };
        if distance == FAR {
            self.far.push((card, row));
        }
        block.names.push(name);
        block.digests.push(digest);
        block.rows.push(1);
        block.distances.push(distance);
        Some(card)
    }

    /// The row that made it.
    pub fn first_row(&self, card: u32) -> u64 {
        let (block, at) = place(card);
        let begin = card - at as u32;
        let distances = &self.blocks[block].distances;
        (1..=at).fold(self.blocks[block].row, |row, at| match distances[at] {
            FAR => {
                let far = self.far.binary_search_by_key(&(begin + at as u32), |(card, _)| *card);
                self.far[far.expect("a far row stands beside")].1
            }
            distance => row + u64::from(distance),
        })
    }

    /// What the first row's card said.
    pub fn digest(&self, card: u32) -> u32 {
        let (block, at) = place(card);
        self.blocks[block].digests[at]
    }

    /// The first card of the person whose card it is.
    pub fn person(&mut self, mut card: u32) -> u32 {
        while let Some(parent) = self.joined_to(card) {
            // Shortens the way for the next one who asks.
            if let Some(grandparent) = self.joined_to(parent) {
                let (block, at) = place(card);
                self.blocks[block].names[at] = grandparent;
            }
            card = parent;
        }
        card
    }

    /// One more row lands on a person's card.
    pub fn land(&mut self, person: u32, name: u32) {
        self.add_rows(person, 1);
        self.add_name(person, name);
    }

    /// Two persons are one; returns the card that comes first.
    pub fn join(&mut self, one: u32, other: u32) -> u32 {
        let (first, second) = (one.min(other), one.max(other));
        if first == second {
            return first;
        }
        let rows = self.rows(second);
        let (block, at) = place(second);
        let block = &mut self.blocks[block];
        let name = std::mem::replace(&mut block.names[at], first);
        let differ = block.rows[at] & CONFLICT;
        block.rows[at] = 0;
        self.many.remove(&second);
        self.add_rows(first, rows);
        self.add_name(first, name);
        *self.rows_mut(first) |= differ;
        first
    }

    /// Everybody, in order of their first cards.
    pub fn persons(&self) -> impl Iterator<Item = Person> + '_ {
        let cards = self.blocks.iter().flat_map(|block| block.rows.iter()).zip(0u32..);
        cards.filter(|(rows, _)| **rows != 0).map(|(rows, card)| Person {
            card,
            rows: self.rows(card),
            names_differ: rows & CONFLICT != 0,
        })
    }

    fn joined_to(&self, card: u32) -> Option<u32> {
        let (block, at) = place(card);
        let block = &self.blocks[block];
        (block.rows[at] == 0).then(|| block.names[at])
    }

    fn rows(&self, card: u32) -> u64 {
        let (block, at) = place(card);
        match self.blocks[block].rows[at] & ROWS {
            ROWS => self.many.get(&card).copied().unwrap_or(u64::from(ROWS)),
            rows => u64::from(rows),
        }
    }

    fn rows_mut(&mut self, card: u32) -> &mut u8 {
        let (block, at) = place(card);
        &mut self.blocks[block].rows[at]
    }

    fn add_rows(&mut self, card: u32, more: u64) {
        let rows = self.rows(card) + more;
        let small = u8::try_from(rows).ok().filter(|rows| *rows < ROWS).unwrap_or(ROWS);
        if small == ROWS {
            self.many.insert(card, rows);
        }
        let byte = self.rows_mut(card);
        *byte = *byte & CONFLICT | small;
    }

    fn add_name(&mut self, card: u32, name: u32) {
        let (block, at) = place(card);
        let block = &mut self.blocks[block];
        match block.names[at] {
            _ if name == 0 => {}
            0 => block.names[at] = name,
            known if known == name => {}
            _ => block.rows[at] |= CONFLICT,
        }
    }
}

fn place(card: u32) -> (usize, usize) {
    (card as usize / BLOCK, card as usize % BLOCK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_knows_its_first_row_however_far_it_is() {
        let mut cards = Cards::default();
        let rows: Vec<u64> =
            (0..10_000u64).map(|n| n * n / 50 + if n % 1_000 == 999 { 70_000_000_000 } else { 2 }).collect();
        for &row in &rows {
            cards.make(row, 0, 0);
        }
        for (card, row) in (0..).zip(rows) {
            assert_eq!(cards.first_row(card), row);
        }
    }

    #[test]
    fn joined_cards_are_one_person_with_all_their_rows() {
        let mut cards = Cards::default();
        let made: Vec<u32> = (0..300).map(|n| cards.make(n, (n as u32) % 2, 0).expect("there is room")).collect();
        for _ in 0..200 {
            cards.land(made[299], 0);
        }
        for pair in made.windows(2).rev() {
            let (one, other) = (cards.person(pair[0]), cards.person(pair[1]));
            cards.join(one, other);
        }
        assert!(made.iter().all(|&card| cards.person(card) == 0));
        assert_eq!(cards.persons().collect::<Vec<_>>(), [Person { card: 0, rows: 500, names_differ: false }]);
        cards.land(0, 5);
        assert_eq!(cards.persons().collect::<Vec<_>>(), [Person { card: 0, rows: 501, names_differ: true }]);
    }
}
