use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::model::{CardDigest, Channel, ContactCard, Digester, Entry, Identity, Member, Origin, RowNumber};

/// A row for a story: `Åsa: a b` is named Åsa, with the mailboxes a and b.
fn card(text: &str) -> ContactCard {
    let (name, mailboxes) = text.split_once(':').unwrap_or(("", text));
    let mut card = ContactCard::default();
    let mut add = |member, value| card.add(Entry { member, label: "", value, origin: Origin(0) });
    mailboxes.split_whitespace().for_each(|mailbox| add(Member::Channel(Channel::Email), mailbox));
    Some(name.trim()).filter(|name| !name.is_empty()).into_iter().for_each(|name| add(Member::Name, name));
    card
}

fn plan_of(rows: &[&str], batch: usize) -> MergeOutlook {
    let digester = Digester::default();
    let mut plan = MergePlan::default();
    let cards: Vec<ContactCard> = rows.iter().map(|row| card(row)).collect();
    for (batch, first) in cards.chunks(batch).zip((2u64..).step_by(batch)) {
        let mut sightings = Sightings::default();
        for (card, number) in batch.iter().zip(first..) {
            let digest = digester.digest(format!("{card:?}").as_bytes());
            sightings.add(RowNumber(number), card, card.identities().map(|identity| identity.key()), digest, Some(10));
        }
        plan.add(&sightings, &mut |row, key| {
            let card = &batch[(row.0 - first) as usize];
            let mut values = card.channel(Channel::Email).map(|entry| entry.value);
            let value = values.find(|value| Identity::new(Channel::Email, value).key() == key);
            Said {
                value: value.expect("only what the row has is asked for").to_owned(),
                name: card.name().unwrap_or_default().to_owned(),
            }
        });
    }
    plan.finish()
}

#[test]
fn rows_of_one_card_are_told_apart_by_all_of_their_digests() {
    let (mut plan, mut sightings) = (MergePlan::default(), Sightings::default());
    let card = card("a");
    let digests = [[1, 1, 0], [7, 1, 0], [7, 2, 0], [7, 1, 0]].map(CardDigest);
    for (digest, number) in digests.into_iter().zip(2..) {
        let keys = card.identities().map(|identity| identity.key());
        sightings.add(RowNumber(number), &card, keys, digest, Some(10));
    }
    let repeats = plan.add(&sightings, &mut |_, _| Said::default());
    assert_eq!((repeats, plan.finish().identical_rows), (vec![RowNumber(5)], 1));
}

fn told(rows: &[&str]) -> String {
    let outlook = plan_of(rows, 256);
    let mut text = format!(
        "{} rows, {} cards, {} persons, {} identical\n",
        outlook.rows, outlook.cards, outlook.persons, outlook.identical_rows
    );
    for group in &outlook.largest {
        let differ = if group.names_differ { " but names differ" } else { "" };
        let Group { rows, first_rows, shared, names, .. } = group;
        text.push_str(&format!("group of {rows}: {first_rows:?} by {shared:?} {names:?}{differ}\n"));
    }
    for bridge in &outlook.first_bridges {
        text.push_str(&format!("bridge: {} {:?} {:?}\n", bridge.row, bridge.name, bridge.cards));
    }
    for hub in &outlook.hubs {
        text.push_str(&format!("hub: {} on {} rows, card of {}\n", hub.value, hub.rows, hub.card_row));
    }
    text
}

#[test]
fn rows_that_share_a_mailbox_land_on_one_card() {
    assert_eq!(
        told(&["Åsa: a@x.se", "Bo: b@x.se", "ÅSA: A@x.se a2@x.se", "Åsa: a2@x.se a3@x.se", ": c@x.se"]),
        "5 rows, 3 cards, 3 persons, 0 identical\n\
         group of 3: [2, 4, 5] by [\"A@x.se\", \"a2@x.se\"] [\"ÅSA\", \"Åsa\"]\n"
    );
}

#[test]
fn a_bridge_names_the_cards_that_stay_apart() {
    assert_eq!(
        told(&["Åsa: a", "Bo: b", "Åsa B: a b", "Cy: b c"]),
        "4 rows, 2 cards, 1 persons, 0 identical\n\
         group of 4: [2, 3, 4, 5] by [\"a\", \"b\"] [\"Åsa B\", \"Cy\"] but names differ\n\
         bridge: 4 \"Åsa B\" [(\"a\", 2), (\"b\", 3)]\n"
    );
}

#[test]
fn rows_that_say_the_same_are_identical_also_without_identity() {
    assert_eq!(
        told(&["Åsa: a", "Åsa: a", "Åsa: a b", "Åsa: a b", "Åsa: a", "Bo:", "Bo:", "Cy:"]),
        "8 rows, 3 cards, 3 persons, 4 identical\n\
         group of 5: [2, 3, 4, 5, 6] by [\"a\"] [\"Åsa\"]\n"
    );
}

#[test]
fn a_switchboard_is_a_hub() {
    let rows: Vec<String> = (0..300).map(|n| format!("P{n}: info@x.se p{n}")).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let told = told(&rows);
    assert!(told.starts_with("300 rows, 1 cards, 1 persons, 0 identical\ngroup of 300: [2, 3, 4,"), "{told}");
    assert!(told.ends_with("names differ\nhub: info@x.se on 300 rows, card of 2\n"), "{told}");
}

/// The same by brute force: every card a set of texts, searched one after another.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    cards: u64,
    persons: u64,
    groups: BTreeSet<(u64, u64, bool)>,
    identical: u64,
    bridges: Vec<(u64, Vec<u64>)>,
    hubs: BTreeMap<String, u64>,
}

fn by_brute_force(rows: &[ContactCard]) -> Counted {
    let mut counted = Counted::default();
    let mut cards: Vec<(u64, BTreeSet<&str>, Vec<&ContactCard>)> = Vec::new();
    let mut lonely: Vec<&ContactCard> = Vec::new();
    let mut links: Vec<(usize, usize)> = Vec::new();
    let mut hubs: BTreeMap<&str, u64> = BTreeMap::new();
    for (row, number) in rows.iter().zip(2u64..) {
        let mailboxes: Vec<&str> = row.channel(Channel::Email).map(|entry| entry.value).collect();
        if mailboxes.is_empty() {
            counted.identical += u64::from(lonely.contains(&row));
            if !lonely.contains(&row) {
                lonely.push(row);
            }
            continue;
        }
        let mut met: Vec<usize> = Vec::new();
        for mailbox in &mailboxes {
            met.extend(cards.iter().position(|(_, on, _)| on.contains(mailbox)).filter(|at| !met.contains(at)));
        }
        let Some(&card) = met.first() else {
            cards.push((number, mailboxes.iter().copied().collect(), vec![row]));
            mailboxes.iter().for_each(|mailbox| *hubs.entry(mailbox).or_default() += 1);
            continue;
        };
        let identical = cards[card].2.contains(&row);
        cards[card].2.push(row);
        if identical {
            counted.identical += 1;
            continue;
        }
        mailboxes.iter().for_each(|mailbox| *hubs.entry(mailbox).or_default() += 1);
        if met.len() > 1 {
            counted.bridges.push((number, met.iter().map(|&at| cards[at].0).collect()));
            links.extend(met[1..].iter().map(|&other| (card, other)));
        }
        for mailbox in mailboxes {
            if !cards.iter().any(|(_, on, _)| on.contains(mailbox)) {
                cards[card].1.insert(mailbox);
            }
        }
    }
    // Persons: cards that are linked, also by way of others.
    let mut person: Vec<usize> = (0..cards.len()).collect();
    while let Some(&(one, other)) = links.iter().find(|&&(one, other)| person[one] != person[other]) {
        let (keep, lose) = (person[one].min(person[other]), person[one].max(person[other]));
        person.iter_mut().filter(|it| **it == lose).for_each(|it| *it = keep);
    }
    for first in 0..cards.len() {
        let theirs: Vec<_> = cards.iter().zip(&person).filter(|(_, it)| **it == first).map(|(card, _)| card).collect();
        let Some((row, ..)) = theirs.first() else { continue };
        counted.persons += 1;
        let rows: Vec<&&ContactCard> = theirs.iter().flat_map(|card| &card.2).collect();
        let names: BTreeSet<&str> = rows.iter().filter_map(|row| row.name()).collect();
        if rows.len() > 1 {
            counted.groups.insert((rows.len() as u64, *row, names.len() > 1));
        }
    }
    counted.persons += lonely.len() as u64;
    counted.cards = (cards.len() + lonely.len()) as u64;
    counted.hubs =
        hubs.into_iter().filter(|(_, rows)| *rows >= HUB_ROWS_MIN).map(|(at, rows)| (at.to_owned(), rows)).collect();
    counted
}

proptest! {
    #[test]
    fn the_plan_counts_as_brute_force_does(
        people in proptest::collection::vec((0usize..4, proptest::collection::vec(0usize..40, 0..4)), 0..120),
        batch in 1usize..9,
    ) {
        let rows: Vec<String> = people
            .iter()
            .map(|(name, mailboxes)| {
                let mailboxes: BTreeSet<String> = mailboxes.iter().map(|at| format!("m{}", at * at / 20)).collect();
                let name = ["", "Åsa", "Bo", "Cy"][*name];
                format!("{name}: {}", mailboxes.into_iter().collect::<Vec<_>>().join(" "))
            })
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let outlook = plan_of(&rows, batch);
        let counted = by_brute_force(&rows.iter().map(|row| card(row)).collect::<Vec<_>>());
        prop_assert_eq!(outlook.rows, rows.len() as u64);
        prop_assert_eq!(outlook.document_bytes, 10 * outlook.rows_to_send());
        let lone = rows.iter().filter(|row| row.ends_with(": ")).count();
        prop_assert_eq!(outlook.rows_without_identity, lone as u64);
        let seen = Counted {
            cards: outlook.cards,
            persons: outlook.persons,
            groups: outlook.largest.iter().map(|group| (group.rows, group.first_rows[0], group.names_differ)).collect(),
            identical: outlook.identical_rows,
            bridges: outlook
                .first_bridges
                .iter()
                .map(|bridge| (bridge.row, bridge.cards.iter().map(|(_, row)| *row).collect()))
                .collect(),
            hubs: outlook.hubs.iter().map(|hub| (hub.value.clone(), hub.rows)).collect(),
        };
        prop_assert_eq!(seen, counted);
        prop_assert_eq!(outlook.groups, outlook.largest.len() as u64);
        prop_assert_eq!(outlook.rows_in_groups, outlook.largest.iter().map(|group| group.rows).sum::<u64>());
        prop_assert_eq!(outlook.bridges, outlook.first_bridges.len() as u64);
    }
}

#[test]
fn a_row_that_lists_a_mailbox_twice_has_it_once() {
    let mut plan = MergePlan::default();
    let key = Identity::new(Channel::Email, "a@x.se").key();
    for number in 2..12 {
        let mut sightings = Sightings::default();
        sightings.add(RowNumber(number), &card("a@x.se"), [key, key], CardDigest([number as u32, 0, 0]), Some(10));
        plan.add(&sightings, &mut |_, _| Said::default());
    }
    let outlook = plan.finish();
    assert_eq!((outlook.identities, outlook.hubs[0].rows, outlook.largest[0].rows), (1, 10, 10));
}
