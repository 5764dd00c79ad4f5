//! One card for several rows: everything that they say, and who said it.

use std::collections::HashSet;

use super::{Channel, ContactCard, Entry, Field, Identity};

/// The union of several cards, of which every value knows the card that it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedCard {
    card: ContactCard,
    /// For every value of the card, in its order, which of the cards gave it.
    sources: Vec<u32>,
    /// Names that the card does not have, with the cards that gave them.
    pub other_names: Vec<(usize, Entry)>,
}

impl MergedCard {
    /// Entries and pairs in the order of the cards, each once: of entries that are the same contact the first spelling.
    /// The name is that of the first card that has one.
    pub fn of(cards: Vec<ContactCard>) -> MergedCard {
        let mut union = ContactCard::default();
        let (mut entries, mut custom) = (Channel::ALL.map(|_| Vec::new()), Vec::new());
        let (mut name, mut other_names) = (None, Vec::new());
        let (mut contacts, mut pairs) = (HashSet::new(), HashSet::new());
        for (mut card, source) in cards.into_iter().zip(0u32..) {
            for (channel, sources) in Channel::ALL.into_iter().zip(&mut entries) {
                for entry in std::mem::take(card.channel_mut(channel)) {
                    if contacts.insert((channel, Identity::new(channel, &entry.value).folded())) {
                        union.channel_mut(channel).push(entry);
                        sources.push(source);
                    }
                }
            }
            for field in card.custom {
                if pairs.insert((field.label.clone(), field.value.clone())) {
                    union.custom.push(field);
                    custom.push(source);
                }
            }
            match (&union.name, card.name) {
                (_, None) => {}
                (None, Some(own)) => {
                    union.name = Some(own);
                    name = Some(source);
                }
                (Some(sent), Some(own)) if same_name(&sent.value, &own.value) => {}
                (Some(_), Some(own)) => other_names.push((source as usize, own)),
            }
        }
        // In the order of `ContactCard::values`.
        let sources = entries.into_iter().flatten().chain(custom).chain(name).collect();
        MergedCard { card: union, sources, other_names }
    }

    /// The card.
    pub fn card(&self) -> &ContactCard {
        &self.card
    }

    /// Which of the cards gave this value, counted from zero; `None` when the card has no such field.
    pub fn source(&self, field: Field) -> Option<usize> {
        let at = self.card.values().position(|(known, _)| known == field)?;
        self.sources.get(at).map(|&source| source as usize)
    }
}

/// Names that differ in case and white space only are the same.
fn same_name(one: &str, other: &str) -> bool {
    let words = |name: &str| name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
    one == other || words(one) == words(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CustomField, Origin};

    /// A row for a story: `Åsa: a@x.se +4670 ID=1` has a name, entries and pairs.
    fn card(text: &str) -> ContactCard {
        let (name, rest) = text.split_once(':').unwrap_or(("", text));
        let entry = |value: &str| Entry { value: value.to_owned(), origin: Origin(0) };
        let mut card =
            ContactCard { name: Some(name).filter(|name| !name.is_empty()).map(entry), ..ContactCard::default() };
        for word in rest.split_whitespace() {
            match word.split_once('=') {
                Some((label, value)) => {
                    card.custom.push(CustomField { label: label.into(), value: value.into(), origin: Origin(1) });
                }
                None if word.starts_with('+') => card.voice.push(entry(word)),
                None => card.email.push(entry(word)),
            }
        }
        card
    }

    /// Every value with the row that it came from, as they stand on the card; and the names left out.
    fn told(rows: &[&str]) -> String {
        let merged = MergedCard::of(rows.iter().map(|row| card(row)).collect());
        let values = merged.card().values().map(|(field, value)| {
            let label = match field {
                Field::Custom(at) => format!("{}=", merged.card().custom[at].label),
                Field::Name | Field::Channel(..) => String::new(),
            };
            format!("{label}{value}/{}", merged.source(field).expect("every value has a source"))
        });
        let mut told = values.collect::<Vec<_>>().join(" ");
        for (source, name) in &merged.other_names {
            told.push_str(&format!(", not {}/{source}", name.value));
        }
        told
    }

    #[test]
    fn everything_that_the_rows_say_stands_on_the_card_once_and_in_their_order() {
        assert_eq!(
            told(&[":a@x.se +4670 ID=1 City=Lund", "Åsa:A@X.se b@x.se ID=2", "åsa:+46-70 +4671 ID=1 City=lund"]),
            "a@x.se/0 b@x.se/1 +4670/0 +4671/2 ID=1/0 City=Lund/0 ID=2/1 City=lund/2 Åsa/1"
        );
    }

    #[test]
    fn the_first_name_is_taken_and_others_are_not_lost() {
        assert_eq!(told(&[":a", "Åsa Berg:a", "ÅSA  BERG:a", "Bo:a", ":a"]), "a/0 Åsa Berg/1, not Bo/3");
    }

    #[test]
    fn a_field_that_is_not_there_has_no_source() {
        let merged = MergedCard::of(vec![card(":a"), card(":b")]);
        assert_eq!(merged.source(Field::Channel(Channel::Email, 1)), Some(1));
        assert_eq!(
            [Field::Channel(Channel::Email, 2), Field::Custom(0), Field::Name].map(|it| merged.source(it)),
            [None; 3]
        );
    }
}
