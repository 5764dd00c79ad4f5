//! The rules of the server that nobody has documented, each as one setting. The sandbox has a switch for each.

use super::{ContactCard, Entry, Identity, IdentityKey, Member};

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
        // Channels come first on a card, and then custom values.
        card.entries().map_while(move |Entry { member, label, value, .. }| match member {
            Member::Channel(channel) => {
                let identity = Identity::new(channel, value);
                Some((identity.key(), identity.value()))
            }
            Member::Custom if self.matches_custom => Some((IdentityKey::of_custom(label, value), value)),
            Member::Custom | Member::Name => None,
        })
    }

    /// The same as texts: two that are equal are the same contact, without a doubt that digests leave.
    pub fn contacts(self, card: &ContactCard) -> impl Iterator<Item = String> {
        card.entries().filter_map(move |Entry { member, label, value, .. }| match member {
            Member::Channel(channel) => {
                Some(format!("{}:{}", channel.as_str(), Identity::new(channel, value).folded()))
            }
            // No value holds a NUL.
            Member::Custom if self.matches_custom => Some(format!("custom:{}\0{}", label.trim(), value.trim())),
            Member::Custom | Member::Name => None,
        })
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
