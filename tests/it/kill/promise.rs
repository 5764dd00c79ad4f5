//! What must be true in the end, whatever happened on the way.

use std::collections::{BTreeMap, BTreeSet};

use super::table::Table;
use crate::support::{Results, Server};

/// What is said of a card that may have been sent twice.
const DISTURBED: [&str; 2] = ["delivery.resent", "echo.custom_doubled"];

/// Every row stands in the results once, in order, with its own cells; no card is doubled, and no id is another row's.
pub fn holds(table: &Table, results: &Results, server: &Server) {
    let rows = &table.rows;
    let numbers: Vec<String> = (2..2 + rows.len()).map(|number| number.to_string()).collect();
    assert_eq!(results.column("c3_row"), numbers, "every row once, in order");
    let cards = server.cards();
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    let mut by_email: BTreeMap<&str, usize> = BTreeMap::new();
    for card in &cards {
        *by_name.entry(card.contacts.name.as_deref().unwrap_or_default()).or_default() += 1;
        card.contacts.email.iter().for_each(|email| *by_email.entry(email).or_default() += 1);
    }
    for (at, [name, email, note]) in rows.iter().enumerate() {
        let row = results.row(at as u64 + 2);
        assert_eq!([row["Name"], row["E-mail"], row["Note"]], [name, email, note], "its own cells");
        let cards_of = |map: &BTreeMap<&str, usize>, key: &str| map.get(key).copied().unwrap_or(0);
        let card = cards.iter().find(|card| row["c3_id"] == card.id.to_string());
        match (row["c3_status"], email.as_str()) {
            ("skipped", "") if name.is_empty() => {}
            ("invalid", "no.address") => assert_eq!(cards_of(&by_name, name), 0, "{row:?}"),
            // After an attempt that nobody heard of, a refusal does not tell whether that one was stored.
            ("refused" | "uncertain", "refused@example.com") => assert_eq!(cards_of(&by_name, name), 0, "{row:?}"),
            ("stored" | "unchanged", "") => {
                assert_eq!(card.and_then(|card| card.contacts.name.as_deref()), Some(name.as_str()), "{row:?}");
                assert_eq!(cards_of(&by_name, name), 1, "{row:?}");
            }
            ("uncertain", "") => assert!(cards_of(&by_name, name) <= 1, "{row:?}"),
            ("stored" | "unchanged", _) => {
                let emails = card.map(|card| card.contacts.email.as_slice()).unwrap_or_default();
                assert!(emails.contains(email), "{row:?} is on {card:?}");
                assert_eq!(cards_of(&by_email, email), 1, "{row:?}");
            }
            _ => panic!("a row ended as it must not: {row:?}"),
        }
    }
}

/// The results are those of a run that nothing has disturbed, and so are the server's cards; but for rows of which
/// nobody can know, and these may only be `doubtful` ones.
pub fn is_as_undisturbed(
    table: &Table,
    (results, server): (&Results, &Server),
    (calm, calm_server): (&Results, &Server),
    doubtful: impl Fn(u64) -> bool,
) {
    // Of rows that say the very same one is stored, and the others repeat it.
    let told = |row: &BTreeMap<&str, &str>| {
        let repeats = row["c3_code"] == "row.repeats";
        let status =
            if repeats { row["c3_status"].replace("unchanged", "stored") } else { row["c3_status"].to_owned() };
        let codes = row["c3_code"].split("; ").filter(|code| !code.is_empty() && !DISTURBED.contains(code) && !repeats);
        (status, codes.map(str::to_owned).collect::<Vec<_>>())
    };
    let unknown = mates(results, "c3_status", "uncertain");
    for number in (2..).take(table.rows.len()) {
        let (is, was) = (results.row(number), calm.row(number));
        if is["c3_status"] == "uncertain" {
            assert!(doubtful(number), "there is no doubt about it: {is:?}\n{was:?}");
            continue;
        }
        assert_eq!(told(&is), told(&was), "{is:?}\n{was:?}");
        let was_with: BTreeSet<_> = mates(calm, "c3_id", was["c3_id"]).difference(&unknown).cloned().collect();
        let is_with: BTreeSet<_> = mates(results, "c3_id", is["c3_id"]).difference(&unknown).cloned().collect();
        assert_eq!(is_with, was_with, "on one card: {is:?}\n{was:?}");
    }
    assert_eq!(faces(server), faces(calm_server));
}

/// The rows of which this is told.
fn mates(results: &Results, column: &str, told: &str) -> BTreeSet<String> {
    let pairs = results.column(column).into_iter().zip(results.column("c3_row"));
    pairs.filter(|(own, _)| *own == told).map(|(_, row)| row.to_owned()).collect()
}

/// All cards by which the server can be asked: address, name, and what else is on them, once.
fn faces(server: &Server) -> BTreeMap<String, (Option<String>, BTreeSet<String>)> {
    let known = server.cards().into_iter().filter(|card| !card.contacts.email.is_empty());
    let face = |card: c3import::sandbox::Card| {
        let notes = card.contacts.custom.iter().map(|pair| format!("{}: {}", pair.label, pair.value)).collect();
        (card.contacts.email.join(" "), (card.contacts.name, notes))
    };
    known.map(face).collect()
}
