//! The merge rules alone: contacts in, cards out. Pure and synchronous, so that a simulation can drive it as well.

use std::collections::{BTreeMap, HashMap};

use super::contacts::{digits, identity};
use super::{Card, Contacts, CustomAppend, Echo, MatchOn, NameAppend, Rules};
use crate::model::Channel;

/// The server's cards.
#[derive(Clone, Debug)]
pub struct Store {
    rules: Rules,
    cards: BTreeMap<u64, Contacts>,
    /// Every key a card can be found by, with the lowest id that has it.
    index: HashMap<String, u64>,
    next_id: u64,
}

/// What became of contacts that were brought in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upserted {
    /// The card, whole.
    pub card: Card,
    /// Whether it is a new one.
    pub created: bool,
}

impl Store {
    /// An empty store.
    pub fn new(rules: Rules) -> Store {
        Store { next_id: rules.first_id, rules, cards: BTreeMap::new(), index: HashMap::new() }
    }

    /// Appends to the card that has any of these contacts, or makes a new one (API page, "Contact Cards").
    /// When several cards have some of them, the lowest id is taken.
    pub fn upsert(&mut self, contacts: &Contacts) -> Upserted {
        self.store(self.find(contacts), contacts)
    }

    /// The card that has any of these contacts; of several the lowest.
    pub fn find(&self, contacts: &Contacts) -> Option<u64> {
        self.keys(contacts).iter().filter_map(|key| self.index.get(key)).min().copied()
    }

    /// The second half of [`Store::upsert`]: stores by what an earlier [`Store::find`] said, even if it is no longer so.
    pub fn store(&mut self, found: Option<u64>, contacts: &Contacts) -> Upserted {
        let upserted = self.merged(found, contacts);
        let id = upserted.card.id;
        if upserted.created {
            self.next_id = id.saturating_add(1);
        }
        for key in self.keys(&upserted.card.contacts) {
            self.index.entry(key).and_modify(|known| *known = id.min(*known)).or_insert(id);
        }
        self.cards.insert(id, upserted.card.contacts.clone());
        upserted
    }

    /// What storing would make, without storing.
    pub fn merged(&self, found: Option<u64>, contacts: &Contacts) -> Upserted {
        let known = found.and_then(|id| self.cards.get(&id).map(|card| (id, card.clone())));
        let created = known.is_none();
        let (id, mut card) = known.unwrap_or((self.next_id, Contacts::default()));
        for channel in Channel::ALL {
            for value in contacts.channel(channel) {
                let key = self.key(channel, value);
                if !card.channel(channel).iter().any(|have| self.key(channel, have) == key) {
                    card.channel_mut(channel).push(value.clone());
                }
            }
        }
        for field in &contacts.custom {
            if self.rules.custom_append == CustomAppend::Again || !card.custom.contains(field) {
                card.custom.push(field.clone());
            }
        }
        match self.rules.name_append {
            NameAppend::Keep if card.name.is_some() => {}
            NameAppend::Keep | NameAppend::Replace => card.name = contacts.name.clone().or(card.name),
        }
        Upserted { card: Card { id, contacts: card }, created }
    }

    /// All cards, lowest id first.
    pub fn cards(&self) -> impl ExactSizeIterator<Item = Card> + '_ {
        self.cards.iter().map(|(&id, contacts)| Card { id, contacts: contacts.clone() })
    }

    /// How many cards there are.
    pub fn len(&self) -> usize {
        self.cards.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// A card as an answer shows it.
    pub(super) fn echoed(&self, card: &Card) -> Contacts {
        let mut contacts = card.contacts.clone();
        if self.rules.echo == Echo::Normalised {
            contacts.email.iter_mut().for_each(|value| *value = value.to_lowercase());
            contacts.voice.iter_mut().for_each(|value| *value = format!("+{}", digits(value)));
        }
        contacts
    }

    fn keys(&self, contacts: &Contacts) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        for channel in Channel::ALL {
            keys.extend(contacts.channel(channel).iter().map(|value| self.key(channel, value)));
        }
        if self.rules.match_on == MatchOn::IdentitiesAndCustom {
            keys.extend(contacts.custom.iter().map(|field| format!("custom:{:?}={:?}", field.label, field.value)));
        }
        keys
    }

    fn key(&self, channel: Channel, value: &str) -> String {
        match channel {
            Channel::Email if self.rules.fold_email_case => identity(channel, &value.to_lowercase()),
            Channel::Voice if self.rules.voice_by_digits => identity(channel, &digits(value)),
            Channel::Email | Channel::Voice | Channel::Facebook | Channel::Vk | Channel::Line => {
                identity(channel, value)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Custom;
    use super::*;

    /// `"name=Anna email=a@x.se,b@x.se voice=+4670 custom=ID:1"` as contacts.
    fn contacts(text: &str) -> Contacts {
        let mut contacts = Contacts::default();
        for (key, values) in text.split(' ').filter_map(|part| part.split_once('=')) {
            let list = || values.split(',').map(str::to_owned);
            match key {
                "name" => contacts.name = Some(values.to_owned()),
                "custom" => contacts.custom.extend(values.split(',').filter_map(|pair| {
                    let (label, value) = pair.split_once(':')?;
                    Some(Custom { label: label.into(), value: value.into() })
                })),
                _ => match Channel::ALL.into_iter().find(|channel| channel.as_str() == key) {
                    Some(channel) => contacts.channel_mut(channel).extend(list()),
                    None => panic!("no such channel: {key}"),
                },
            }
        }
        contacts
    }

    /// Brings the texts in one after another and returns the ids they went to.
    fn ids(rules: Rules, texts: &[&str]) -> (Vec<u64>, Store) {
        let mut store = Store::new(rules);
        let ids = texts.iter().map(|text| store.upsert(&contacts(text)).card.id).collect();
        (ids, store)
    }

    fn card(store: &Store, id: u64) -> Contacts {
        store.cards().find(|card| card.id == id).unwrap().contacts
    }

    #[test]
    fn any_known_contact_leads_to_its_card_and_is_appended_to() {
        let (ids, store) = ids(
            Rules::default(),
            &["name=Anna email=a@x.se", "email=A@X.se voice=+46-70", "voice=+4670 facebook=f", "email=other@x.se"],
        );
        assert_eq!(ids, [13, 13, 13, 14]);
        assert_eq!(card(&store, 13), contacts("name=Anna email=a@x.se facebook=f voice=+46-70"));
    }

    #[test]
    fn a_bridge_ends_on_the_lowest_card_and_stays_there() {
        let (ids, store) = ids(Rules::default(), &["email=a", "email=b", "email=b,a", "email=b"]);
        assert_eq!(ids, [13, 14, 13, 13]);
        assert_eq!(store.len(), 2);
    }

    #[test]
    fn without_an_identity_every_request_makes_a_card() {
        let (ids, _) = ids(Rules::default(), &["name=Anna custom=ID:1", "name=Anna custom=ID:1"]);
        assert_eq!(ids, [13, 14]);
    }

    #[test]
    fn the_undocumented_rules_are_switches() {
        let twice = ["name=A email=a custom=ID:1,T:2", "name=B email=a custom=ID:1,T:2"];
        let (_, again) = ids(Rules::default(), &twice);
        assert_eq!(card(&again, 13), contacts("name=A email=a custom=ID:1,T:2,ID:1,T:2"));

        let other = Rules { custom_append: CustomAppend::Set, name_append: NameAppend::Replace, ..Rules::default() };
        assert_eq!(card(&ids(other, &twice).1, 13), contacts("name=B email=a custom=ID:1,T:2"));

        let cased = Rules { fold_email_case: false, voice_by_digits: false, first_id: 1, ..Rules::default() };
        assert_eq!(ids(cased, &["email=a", "email=A", "voice=+1-2", "voice=+12"]).0, [1, 2, 3, 4]);

        let custom = Rules { match_on: MatchOn::IdentitiesAndCustom, ..Rules::default() };
        assert_eq!(ids(custom, &["custom=ID:1", "custom=ID:1", "custom=ID:2"]).0, [13, 13, 14]);
    }

    #[test]
    fn the_same_text_in_two_channels_is_two_contacts() {
        assert_eq!(ids(Rules::default(), &["vk=x", "line=x"]).0, [13, 14]);
    }

    #[test]
    fn two_that_looked_before_either_stored_make_two_cards() {
        let mut store = Store::new(Rules::default());
        let anna = contacts("email=a");
        let (first, second) = (store.find(&anna), store.find(&anna));
        assert!(store.store(first, &anna).created);
        assert!(store.store(second, &anna).created);
        assert_eq!(store.upsert(&anna).card.id, 13);
    }

    #[test]
    fn looking_at_what_would_be_stored_stores_nothing() {
        let store = Store::new(Rules::default());
        assert_eq!(store.merged(None, &contacts("email=a")).card.id, 13);
        assert!(store.is_empty());
    }
}
