//! The rules of the server that nobody has documented, each as one setting. The sandbox has a switch for each.

use super::{Channel, ContactCard, Identity, IdentityKey};

/// Where the person's name stands in the document: the API page's field table and its samples disagree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameAt {
    /// `data.attributes.contacts.name`, as in both samples.
    #[default]
    Contacts,
    /// `data.attributes.name`, as in the field table.
    Attributes,
    /// In both places.
    Both,
}

/// What we assume of the server where its page is silent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerRules {
    /// Where the name goes.
    pub name_at: NameAt,
    /// Whether the server may recognise a card by a label/value pair of `custom` too. Then rows that share one wait for each other.
    pub matches_custom: bool,
}

impl ServerRules {
    /// What the server may recognise a card by, as far as we know, with its values.
    pub fn recognised_by(self, card: &ContactCard) -> impl Iterator<Item = (IdentityKey, &str)> {
        let custom = if self.matches_custom { card.custom.as_slice() } else { &[] };
        let custom = custom.iter().map(|field| (IdentityKey::of_custom(&field.label, &field.value), &*field.value));
        card.identities().map(|identity| (identity.key(), identity.value())).chain(custom)
    }

    /// The same as texts: two that are equal are the same contact, without a doubt that digests leave.
    pub fn contacts(self, card: &ContactCard) -> impl Iterator<Item = String> {
        let custom = if self.matches_custom { card.custom.as_slice() } else { &[] };
        // No value holds a NUL.
        let custom = custom.iter().map(|field| format!("custom:{}\0{}", field.label.trim(), field.value.trim()));
        let entries = Channel::ALL.into_iter().flat_map(|channel| {
            let entries = card.channel(channel).iter();
            entries.map(move |entry| format!("{}:{}", channel.as_str(), Identity::new(channel, &entry.value).folded()))
        });
        entries.chain(custom)
    }
}

impl NameAt {
    /// As it is typed.
    pub fn as_str(self) -> &'static str {
        match self {
            NameAt::Contacts => "contacts",
            NameAt::Attributes => "attributes",
            NameAt::Both => "both",
        }
    }
}

impl std::str::FromStr for NameAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "contacts" => Ok(NameAt::Contacts),
            "attributes" => Ok(NameAt::Attributes),
            "both" => Ok(NameAt::Both),
            _ => Err("say contacts, attributes or both".to_owned()),
        }
    }
}
