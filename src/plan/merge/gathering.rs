//! Rows that share a contact, also by way of others, with all that they say: the second look of two. Exact: contacts are
//! compared as texts, because cards that were merged cannot be taken apart.

use std::collections::HashMap;

use crate::model::{ContactCard, MergedCard, RowNumber};

/// What a row takes beside its texts: its place, its card's lists, and what is known of it.
const ROW_BYTES: usize = 512;

/// What a value takes beside its text: its place on the card, and where it is found again.
const VALUE_BYTES: usize = 128;

/// Rows that go to the server as one card.
#[derive(Debug)]
pub struct RowGroup<T> {
    /// At least two, in input order, with what was said of each. The first carries the card.
    pub rows: Vec<(RowNumber, T)>,
    /// What they say.
    pub merged: MergedCard,
}

/// Rows as they are gathered, each with its card and something that is known of it.
#[derive(Debug)]
pub struct Gathering<T> {
    rows: Vec<(RowNumber, ContactCard, T)>,
    /// Of every row, an earlier one that it belongs to, or itself.
    parents: Vec<u32>,
    /// The first row of each contact.
    contacts: HashMap<String, u32>,
    /// How many bytes are left.
    room: usize,
}

impl<T> Gathering<T> {
    /// None yet, and room for so many bytes of them.
    pub fn with_room(room: usize) -> Gathering<T> {
        Gathering { rows: Vec::new(), parents: Vec::new(), contacts: HashMap::new(), room }
    }

    /// Adds the next row; rows that have a contact in common belong together. `false` when there is no room for it.
    pub fn add(
        &mut self,
        number: RowNumber,
        card: ContactCard,
        contacts: impl Iterator<Item = String>,
        known: T,
    ) -> bool {
        let texts = card.values().map(|(_, value)| 2 * value.len() + VALUE_BYTES).sum::<usize>();
        let labels = card.custom().map(|field| field.label.len()).sum::<usize>();
        let Some(room) = self.room.checked_sub(texts + labels + ROW_BYTES) else { return false };
        let Ok(row) = u32::try_from(self.rows.len()) else { return false };
        self.room = room;
        self.rows.push((number, card, known));
        self.parents.push(row);
        for contact in contacts {
            let first = *self.contacts.entry(contact).or_insert(row);
            let (one, other) = (root(&mut self.parents, first), root(&mut self.parents, row));
            self.parents[one.max(other) as usize] = one.min(other);
        }
        true
    }

    /// Those that belong together, in the order of their first rows; who is alone after all is left out.
    pub fn finish(self) -> Vec<RowGroup<T>> {
        let Gathering { rows, mut parents, contacts, .. } = self;
        drop(contacts);
        // A root is the first of its rows, so that it comes before them.
        let mut groups: Vec<Vec<(RowNumber, ContactCard, T)>> = Vec::new();
        let mut places: HashMap<u32, usize> = HashMap::new();
        for (row, at) in rows.into_iter().zip(0u32..) {
            let place = *places.entry(root(&mut parents, at)).or_insert(groups.len());
            if place == groups.len() {
                groups.push(Vec::with_capacity(1));
            }
            groups[place].push(row);
        }
        let groups = groups.into_iter().filter(|rows| rows.len() > 1);
        groups
            .map(|group| {
                let (mut rows, mut cards) = (Vec::with_capacity(group.len()), Vec::with_capacity(group.len()));
                for (number, card, known) in group {
                    rows.push((number, known));
                    cards.push(card);
                }
                RowGroup { rows, merged: MergedCard::of(&cards) }
            })
            .collect()
    }
}

/// The first row of those that this one belongs to. Shortens the way for the next one who asks.
fn root(parents: &mut [u32], mut row: u32) -> u32 {
    while parents[row as usize] != row {
        let grandparent = parents[parents[row as usize] as usize];
        parents[row as usize] = grandparent;
        row = grandparent;
    }
    row
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{Channel, Entry, Member, Origin, ServerRules};

    fn card(mailboxes: &[String]) -> ContactCard {
        let mut card = ContactCard::default();
        for value in mailboxes {
            card.add(Entry { member: Member::Channel(Channel::Email), label: "", value, origin: Origin(0) });
        }
        card
    }

    fn gathered(rows: &[Vec<String>]) -> Vec<RowGroup<usize>> {
        let mut gathering = Gathering::with_room(usize::MAX);
        for (at, mailboxes) in rows.iter().enumerate() {
            let card = card(mailboxes);
            let contacts: Vec<String> = ServerRules::default().contacts(&card).collect();
            assert!(gathering.add(RowNumber(at as u64 + 2), card, contacts.into_iter(), at));
        }
        gathering.finish()
    }

    fn rows(texts: &[&str]) -> Vec<Vec<String>> {
        texts.iter().map(|text| text.split_whitespace().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_bridge_brings_both_sides_together_however_late_it_comes() {
        let groups = gathered(&rows(&["a", "b", "c d", "x", "B c", "e", "A d"]));
        let told: Vec<Vec<u64>> =
            groups.iter().map(|group| group.rows.iter().map(|(row, _)| row.0).collect()).collect();
        assert_eq!(told, [[2, 3, 4, 6, 8]]);
        let mailboxes: Vec<&str> = groups[0].merged.card().values().map(|(_, value)| value).collect();
        assert_eq!(mailboxes, ["a", "b", "c", "d"]);
    }

    #[test]
    fn there_is_no_more_than_there_is_room_for() {
        let mut gathering = Gathering::with_room(ROW_BYTES + VALUE_BYTES + 200);
        assert!(!gathering.add(RowNumber(2), card(&["a".repeat(101)]), std::iter::empty(), ()));
        assert!(gathering.add(RowNumber(2), card(&["a".repeat(100)]), std::iter::empty(), ()));
        assert!(!gathering.add(RowNumber(3), card(&[]), std::iter::empty(), ()));
    }

    proptest! {
        #[test]
        fn groups_are_the_connected_parts(table in proptest::collection::vec(proptest::collection::vec(0u8..12, 0..3), 0..14)) {
            let table: Vec<Vec<String>> =
                table.iter().map(|row| row.iter().map(|mailbox| format!("m{mailbox}")).collect()).collect();
            let groups = gathered(&table);
            // By walking from row to row.
            let mut parts: BTreeSet<Vec<usize>> = BTreeSet::new();
            for start in 0..table.len() {
                let mut part = BTreeSet::from([start]);
                let mut todo = vec![start];
                while let Some(at) = todo.pop() {
                    for (other, row) in table.iter().enumerate() {
                        if row.iter().any(|mailbox| table[at].contains(mailbox)) && part.insert(other) {
                            todo.push(other);
                        }
                    }
                }
                if part.len() > 1 {
                    parts.insert(part.into_iter().collect());
                }
            }
            let found: Vec<Vec<usize>> =
                groups.iter().map(|group| group.rows.iter().map(|(_, at)| *at).collect()).collect();
            prop_assert_eq!(&found, &parts.into_iter().collect::<Vec<_>>());
            for group in groups {
                let all: BTreeSet<&str> =
                    group.rows.iter().flat_map(|(_, at)| table[*at].iter().map(String::as_str)).collect();
                let merged: Vec<&str> = group.merged.card().values().map(|(_, value)| value).collect();
                prop_assert_eq!(merged.len(), all.len());
                prop_assert_eq!(merged.into_iter().collect::<BTreeSet<_>>(), all);
            }
        }
    }
}
