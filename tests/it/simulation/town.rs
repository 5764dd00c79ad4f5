//! Who is sent.

use c3import::model::{Channel, ContactCard, Entry, Member, Origin};

use crate::support::Chance;

/// A person of a small town: few mailboxes and phones, so that many rows share one.
pub fn person(chance: &mut Chance, row: u64, town: u64) -> ContactCard {
    let mut card = ContactCard::default();
    let mut add = |member, label, value: &str| card.add(Entry { member, label, value, origin: Origin(0) });
    add(Member::Name, "", &format!("P{}", chance.below(1 + row)));
    if !chance.one_in(6) {
        let (mut mailboxes, mut phones) = (Vec::new(), Vec::new());
        for _ in 0..chance.below(3) {
            let at = chance.of(&["@example.com", "@Example.COM"]);
            mailboxes.push(format!("p{}{at}", chance.below(town)));
        }
        for _ in 0..chance.below(3) {
            let n = chance.below(town);
            phones.push(chance.of(&[10, 1_000]).to_string() + &format!("{n:03}"));
        }
        for (channel, values) in [(Channel::Email, &mut mailboxes), (Channel::Voice, &mut phones)] {
            values.sort_unstable();
            values.dedup();
            values.iter().for_each(|value| add(Member::Channel(channel), "", value));
        }
        if chance.one_in(3) {
            add(Member::Channel(Channel::Line), "", &format!("centionline-{}", chance.below(town)));
        }
    }
    if chance.one_in(3) {
        add(Member::Custom, "Group", &chance.below(3).to_string());
    }
    card
}
