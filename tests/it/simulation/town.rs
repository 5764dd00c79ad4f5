//! Who is sent.

use c3import::model::{Channel, ContactCard, CustomField, Entry, Origin};

use super::chance::Chance;

/// A person of a small town: few mailboxes and phones, so that many rows share one.
pub fn person(chance: &mut Chance, row: u64, town: u64) -> ContactCard {
    let entry = |value: String| Entry { value, origin: Origin(0) };
    let mut card = ContactCard { name: Some(entry(format!("P{}", chance.below(1 + row)))), ..ContactCard::default() };
    if !chance.one_in(6) {
        for _ in 0..chance.below(3) {
            let at = chance.of(&["@example.com", "@Example.COM"]);
            card.email.push(entry(format!("p{}{at}", chance.below(town))));
        }
        for _ in 0..chance.below(3) {
            let n = chance.below(town);
            card.voice.push(entry(chance.of(&[10, 1_000]).to_string() + &format!("{n:03}")));
        }
        if chance.one_in(3) {
            card.line.push(entry(format!("centionline-{}", chance.below(town))));
        }
    }
    if chance.one_in(3) {
        let value = chance.below(3).to_string();
        card.custom.push(CustomField { label: "Group".into(), value, origin: Origin(0) });
    }
    for channel in Channel::ALL {
        let values = card.channel_mut(channel);
        values.sort_by(|a, b| a.value.cmp(&b.value));
        values.dedup_by(|a, b| a.value == b.value);
    }
    card
}
