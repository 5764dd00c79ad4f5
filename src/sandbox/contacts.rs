//! What a card holds, on this end of the wire.

use serde::Serialize;

use crate::model::{Channel, ContactCard, Entry, Member};

/// A labelled value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Custom {
    /// The label.
    pub label: String,
    /// The value.
    pub value: String,
}

/// The contents of a card, or of a request for one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Contacts {
    /// The person's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub email: Vec<String>,
    /// Facebook accounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facebook: Vec<String>,
    /// VKontakte accounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vk: Vec<String>,
    /// LINE accounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub line: Vec<String>,
    /// Phone numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub voice: Vec<String>,
    /// Labelled values, in the order in which they came.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom: Vec<Custom>,
}

/// One card in the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Its `c3_id`.
    pub id: u64,
    /// What it holds.
    pub contacts: Contacts,
}

impl Contacts {
    /// A channel's entries.
    pub fn channel(&self, channel: Channel) -> &[String] {
        match channel {
            Channel::Email => &self.email,
            Channel::Facebook => &self.facebook,
            Channel::Vk => &self.vk,
            Channel::Line => &self.line,
            Channel::Voice => &self.voice,
        }
    }

    /// A channel's entries, to be filled.
    pub fn channel_mut(&mut self, channel: Channel) -> &mut Vec<String> {
        match channel {
            Channel::Email => &mut self.email,
            Channel::Facebook => &mut self.facebook,
            Channel::Vk => &mut self.vk,
            Channel::Line => &mut self.line,
            Channel::Voice => &mut self.voice,
        }
    }

    /// What a server might recognise this person by, in the widest reading: e-mail addresses in lower case, phone
    /// numbers by their digits, the others trimmed. Each as `email:anna@example.com`, in the document's order.
    pub fn identities(&self) -> Vec<String> {
        let each = |channel: Channel| {
            self.channel(channel).iter().map(move |value| match channel {
                Channel::Email => identity(channel, &value.trim().to_lowercase()),
                Channel::Voice => identity(channel, &digits(value)),
                Channel::Facebook | Channel::Vk | Channel::Line => identity(channel, value.trim()),
            })
        };
        Channel::ALL.into_iter().flat_map(each).collect()
    }
}

impl From<&ContactCard> for Contacts {
    fn from(card: &ContactCard) -> Contacts {
        let mut contacts = Contacts { name: card.name().map(str::to_owned), ..Contacts::default() };
        for Entry { member, label, value, .. } in card.entries() {
            let value = value.to_owned();
            match member {
                Member::Channel(channel) => contacts.channel_mut(channel).push(value),
                Member::Custom => contacts.custom.push(Custom { label: label.to_owned(), value }),
                Member::Name => {}
            }
        }
        contacts
    }
}

/// An entry as a key.
pub(super) fn identity(channel: Channel, value: &str) -> String {
    format!("{}:{value}", channel.as_str())
}

/// The ASCII digits of a phone number.
pub(super) fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
