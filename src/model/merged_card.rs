//! One card for several rows: everything that they say, and who said it.

use std::collections::HashSet;

use super::{ContactCard, Entry, Field, Identity, Member, Origin};

/// The union of several cards, of which every value knows the card that it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedCard {
    card: ContactCard,
    /// For every value of the card, in its order, which of the cards gave it.
    sources: Vec<u32>,
    /// Names that the card does not have.
    pub other_names: Vec<OtherName>,
}

/// A name that one of several cards has, and their union has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherName {
    /// Which of the cards gave it, counted from zero.
    pub source: usize,
    /// The name.
    pub name: String,
    /// Where it came from.
    pub origin: Origin,
}

impl MergedCard {
    /// Entries and pairs in the order of the cards, each once: of entries that are the same contact the first spelling.
    /// The name is that of the first card that has one.
    pub fn of(cards: &[ContactCard]) -> MergedCard {
        let mut name: Option<&str> = None;
        let mut other_names = Vec::new();
        let (mut contacts, mut pairs) = (HashSet::new(), HashSet::new());
        let mut kept: Vec<(Entry<'_>, u32)> = Vec::new();
        for (card, source) in cards.iter().zip(0u32..) {
            kept.extend(card.entries().map(|entry| (entry, source)).filter(|(entry, _)| match (entry.member, name) {
                (Member::Channel(channel), _) => {
                    contacts.insert((channel, Identity::new(channel, entry.value).folded()))
                }
                (Member::Custom, _) => pairs.insert((entry.label, entry.value)),
                (Member::Name, None) => {
                    name = Some(entry.value);
                    true
                }
                (Member::Name, Some(sent)) => {
                    if !same_name(sent, entry.value) {
                        let (source, name) = (source as usize, entry.value.to_owned());
                        other_names.push(OtherName { source, name, origin: entry.origin });
                    }
                    false
                }
            }));
        }
        // In the order of a card's values; of one member in the order of the cards.
        kept.sort_by_key(|(entry, _)| entry.member);
        let mut union = ContactCard::default();
        kept.iter().for_each(|(entry, _)| union.add(*entry));
        MergedCard { card: union, sources: kept.into_iter().map(|(_, source)| source).collect(), other_names }
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
    use crate::model::Channel;

    /// A row for a story: `Åsa: a@x.se +4670 ID=1` has a name, entries and pairs.
    fn card(text: &str) -> ContactCard {
        let (name, rest) = text.split_once(':').unwrap_or(("", text));
        let mut card = ContactCard::default();
        let mut add = |member, label, value| card.add(Entry { member, label, value, origin: Origin(0) });
        if !name.is_empty() {
            add(Member::Name, "", name);
        }
        for word in rest.split_whitespace() {
            match word.split_once('=') {
                Some((label, value)) => add(Member::Custom, label, value),
                None if word.starts_with('+') => add(Member::Channel(Channel::Voice), "", word),
                None => add(Member::Channel(Channel::Email), "", word),
            }
        }
        card
    }

    /// Every value with the row that it came from, as they stand on the card; and the names left out.
    fn told(rows: &[&str]) -> String {
        let merged = MergedCard::of(&rows.iter().map(|row| card(row)).collect::<Vec<_>>());
        let values = merged.card().values().map(|(field, value)| {
            let label = match field {
                Field::Custom(at) => format!("{}=", merged.card().custom().nth(at).expect("it is there").label),
                Field::Name | Field::Channel(..) => String::new(),
            };
            format!("{label}{value}/{}", merged.source(field).expect("every value has a source"))
        });
        let mut told = values.collect::<Vec<_>>().join(" ");
        for OtherName { source, name, .. } in &merged.other_names {
            told.push_str(&format!(", not {name}/{source}"));
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
        let merged = MergedCard::of(&[card(":a"), card(":b")]);
        assert_eq!(merged.source(Field::Channel(Channel::Email, 1)), Some(1));
        assert_eq!(
            [Field::Channel(Channel::Email, 2), Field::Custom(0), Field::Name].map(|it| merged.source(it)),
            [None; 3]
        );
    }
}
