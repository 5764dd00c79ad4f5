//! Which rows will end on one card: union-find over identities, one row after another.
//!
//! What the server does (API page, "Contact Cards"): a card that shares a contact with a known one is appended to it.
//! So the first row with some identities makes a card, and later rows that share one of them land on it, with what
//! they bring along. A row whose identities stand on several cards is a bridge: the server adds it to one of them, and
//! the others stay apart for ever, since cards cannot be merged or deleted.
//!
//! Exact, but for hashes: identities are compared by 64 bits (with a million of them the odds that any two are taken for
//! one are 1 in 37 million, with ten millions 1 in 370,000), and so are whole cards within a group, but for the first.
//! That one is compared by 32, like names: of a hundred thousand rows on one card, one is taken for it once in 43,000
//! runs. The memory is 17 B an identity and 10 B a card, of which there are never more than identities; and some 5 MiB
//! for examples.

mod bucket;
mod cards;
mod gathering;
mod shared;
mod sighting;
mod table;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use crate::model::{Bridge, Group, Hub, IdentityKey, MergeOutlook, RowNumber};
use cards::Cards;
pub use gathering::{Gathering, RowGroup};
pub use shared::SharedIdentities;
use sighting::Sighting;
pub use sighting::Sightings;
use table::IdentityTable;

/// A family shares a phone, and a small shop a mailbox. Ten rows are no family.
const HUB_ROWS_MIN: u64 = 10;

/// Different cards of one group are told apart up to so many in all; 20 B each. Beyond, identical rows are counted as
/// "at least".
const FURTHER_CARDS_MAX: usize = 100_000;

/// How many groups, hubs and bridges are remembered with values, and how much of each.
const NOTES_MAX: usize = 500;
const ROWS_NOTED_MAX: usize = 10;
const VALUES_NOTED_MAX: usize = 3;

/// How many identities are looked for at once: with three lines of the cache each they take a third of the nearest.
const APPROACHED: usize = 64;

/// How many of the largest groups and hubs are told.
const TOLD_MAX: usize = 100;

/// What a row says, for those that are told of by example.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The value of the identity that was asked for.
    pub value: String,
    /// The name; empty when there is none.
    pub name: String,
}

/// The plan as it grows.
#[derive(Debug, Default)]
pub struct MergePlan {
    table: IdentityTable,
    cards: Cards,
    /// Rows without identity, by their digests.
    lonely: IdentityTable,
    lonely_rows: u64,
    rows: u64,
    document_bytes: u64,
    identical: u64,
    /// Rows that go with the card of another, and cards that are none because of them.
    along: u64,
    joined: u64,
    /// Digests of cards of groups, other than those of their first rows.
    further: HashSet<u64>,
    further_full: bool,
    bridges: u64,
    first_bridges: Vec<Bridge>,
    /// By the person's first card.
    groups: HashMap<u32, GroupNote>,
    hubs: HashMap<u64, String>,
}

#[derive(Debug, Default)]
struct GroupNote {
    rows: Vec<u64>,
    shared: Vec<String>,
    names: Vec<String>,
}

/// What is asked of a row when it becomes an example: its number, and which of its identities.
type Ask<'a> = &'a mut dyn FnMut(RowNumber, IdentityKey) -> Said;

impl MergePlan {
    /// Takes the next rows, in input order. `ask` is for examples, of which there are some thousands at most: what one of
    /// these rows says, and the value of one of its identities. Returns those of the rows, in order, that say the very
    /// same as an earlier one, and are not sent again.
    pub fn add(&mut self, sightings: &Sightings, ask: Ask<'_>) -> Vec<RowNumber> {
        let mut repeats = Vec::new();
        let all = sightings.keys();
        let mut near = 0;
        for (row, keys) in sightings.iter() {
            self.rows += 1;
            self.along += u64::from(row.along);
            if keys.end > near {
                let ahead = (near + APPROACHED).max(keys.end).min(all.len());
                self.table.approach(&all[near..ahead]);
                near = ahead;
            }
            let identities = &all[keys];
            let repeats_another = if identities.is_empty() {
                self.lonely_rows += 1;
                self.lonely.add(row.digest, 0) > 1
            } else {
                self.add_row(row, identities, ask)
            };
            if repeats_another {
                self.identical += 1;
                repeats.push(RowNumber(row.number));
            } else {
                self.document_bytes += u64::from(row.bytes);
            }
        }
        repeats
    }

    /// Whether the row says the very same as an earlier one.
    fn add_row(&mut self, row: Sighting, keys: &[u64], ask: Ask<'_>) -> bool {
        // The cards that the row belongs to, and by which of its identities.
        let mut met: Vec<(u32, IdentityKey)> = Vec::new();
        for &key in keys {
            if let Some(card) = self.table.card(key)
                && !met.iter().any(|(known, _)| *known == card)
            {
                met.push((card, IdentityKey(key)));
            }
        }
        let Some(&(card, by)) = met.first() else {
            if let Some(card) = self.cards.make(row.number, row.name, (row.digest >> 32) as u32) {
                distinct(keys).for_each(|key| self.table.put(key, card));
            }
            return false;
        };
        let number = RowNumber(row.number);
        let mut person = self.cards.person(card);
        if !row.along && self.repeats(card, row.digest) {
            self.cards.land(person, 0);
            if self.wants_note(person) {
                let value = ask(number, by).value;
                self.note(person, row.number, &value, "");
            }
            return true;
        }
        if met.len() > 1 {
            self.bridges += u64::from(!row.along);
            if !row.along && self.first_bridges.len() < NOTES_MAX {
                let told = met.iter().map(|&(card, by)| (ask(number, by).value, self.cards.first_row(card)));
                let cards = told.collect();
                self.first_bridges.push(Bridge { row: row.number, name: ask(number, by).name, cards });
            }
            for &(other, _) in &met[1..] {
                self.joined += u64::from(row.along && self.cards.person(other) != person);
                person = self.join(person, other);
            }
        }
        self.put(row, keys, card, ask);
        self.cards.land(person, row.name);
        if self.wants_note(person) {
            let Said { value, name } = ask(number, by);
            self.note(person, row.number, &value, &name);
        }
        false
    }

    /// The row's identities stand on this card, where they do not on another already.
    fn put(&mut self, row: Sighting, keys: &[u64], card: u32, ask: Ask<'_>) {
        for key in distinct(keys) {
            if self.table.add(key, card) == HUB_ROWS_MIN && self.hubs.len() < NOTES_MAX {
                self.hubs.insert(key, ask(RowNumber(row.number), IdentityKey(key)).value);
            }
        }
    }

    /// Whether an earlier row of the card said the very same.
    fn repeats(&mut self, card: u32, digest: u64) -> bool {
        if self.cards.digest(card) == (digest >> 32) as u32 || self.further.contains(&digest) {
            return true;
        }
        if self.further.len() < FURTHER_CARDS_MAX {
            self.further.insert(digest);
        } else {
            self.further_full = true;
        }
        false
    }

    fn join(&mut self, person: u32, other: u32) -> u32 {
        let other = self.cards.person(other);
        let joined = self.cards.join(person, other);
        let absorbed = if joined == person { other } else { person };
        let first_row = self.cards.first_row(absorbed);
        if absorbed != joined && (self.groups.contains_key(&joined) || self.groups.len() < NOTES_MAX) {
            let behind =
                self.groups.remove(&absorbed).unwrap_or(GroupNote { rows: vec![first_row], ..GroupNote::default() });
            let first_row = self.cards.first_row(joined);
            let note = self.groups.entry(joined);
            let note = note.or_insert_with(|| GroupNote { rows: vec![first_row], ..GroupNote::default() });
            note.rows.extend(behind.rows);
            note.rows.sort_unstable();
            note.rows.truncate(ROWS_NOTED_MAX);
            merge(&mut note.shared, behind.shared);
            merge(&mut note.names, behind.names);
        }
        joined
    }

    /// Whether a row of this group is still told by example.
    fn wants_note(&self, person: u32) -> bool {
        match self.groups.get(&person) {
            Some(note) => note.rows.len() < ROWS_NOTED_MAX,
            None => self.groups.len() < NOTES_MAX,
        }
    }

    fn note(&mut self, person: u32, row: u64, value: &str, name: &str) {
        if !self.wants_note(person) {
            return;
        }
        let first_row = self.cards.first_row(person);
        let note = self.groups.entry(person);
        let note = note.or_insert_with(|| GroupNote { rows: vec![first_row], ..GroupNote::default() });
        note.rows.push(row);
        for (list, text) in [(&mut note.shared, value), (&mut note.names, name)] {
            if !text.is_empty() {
                merge(list, vec![text.to_owned()]);
            }
        }
    }

    /// What it came to.
    pub fn finish(mut self) -> MergeOutlook {
        let lonely_persons = self.lonely.len();
        let mut outlook = MergeOutlook {
            rows: self.rows,
            document_bytes: self.document_bytes,
            rows_without_identity: self.lonely_rows,
            identities: self.table.len(),
            cards: self.cards.len() - self.joined + lonely_persons,
            persons: lonely_persons,
            identical_rows: self.identical,
            merged_rows: self.along,
            identical_is_least: self.further_full,
            bridges: self.bridges,
            first_bridges: std::mem::take(&mut self.first_bridges),
            hub_rows_min: HUB_ROWS_MIN,
            ..MergeOutlook::default()
        };
        let mut largest = Largest::default();
        for person in self.cards.persons() {
            outlook.persons += 1;
            if person.rows > 1 {
                outlook.groups += 1;
                outlook.rows_in_groups += person.rows;
                outlook.groups_with_names += u64::from(person.names_differ);
                largest.offer(person.rows, (person.card, person.names_differ));
            }
        }
        for (rows, (card, names_differ)) in largest.list() {
            let GroupNote { rows: first_rows, shared, names } = self
                .groups
                .remove(&card)
                .unwrap_or_else(|| GroupNote { rows: vec![self.cards.first_row(card)], ..GroupNote::default() });
            outlook.largest.push(Group { rows, first_rows, names_differ, shared, names });
        }
        let mut hubs = Largest::default();
        for known in self.table.iter().filter(|known| known.rows >= HUB_ROWS_MIN) {
            outlook.hub_count += 1;
            hubs.offer(known.rows, (known.card, known.key));
        }
        for (rows, (card, key)) in hubs.list() {
            let value = self.hubs.remove(&key).unwrap_or_default();
            outlook.hubs.push(Hub { value, rows, card_row: self.cards.first_row(card) });
        }
        outlook
    }
}

/// A row that lists a contact twice has it once.
fn distinct(keys: &[u64]) -> impl Iterator<Item = u64> + '_ {
    keys.iter().enumerate().filter(|(nth, key)| !keys[..*nth].contains(key)).map(|(_, key)| *key)
}

/// Adds what is not there yet, as far as there is room.
fn merge(into: &mut Vec<String>, from: Vec<String>) {
    for text in from {
        if into.len() < VALUES_NOTED_MAX && !into.contains(&text) {
            into.push(text);
        }
    }
}

/// The largest few of many; of equal ones those that come first in the file.
#[derive(Debug)]
struct Largest<T> {
    kept: Vec<(u64, T)>,
}

impl<T> Default for Largest<T> {
    fn default() -> Largest<T> {
        Largest { kept: Vec::new() }
    }
}

impl<T: Ord + Copy> Largest<T> {
    fn offer(&mut self, rows: u64, what: T) {
        self.kept.push((rows, what));
        if self.kept.len() >= 2 * TOLD_MAX {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.kept.sort_by_key(|&(rows, what)| (std::cmp::Reverse(rows), what));
        self.kept.truncate(TOLD_MAX);
    }

    fn list(mut self) -> Vec<(u64, T)> {
        self.cut();
        self.kept
    }
}
