//! A contact card as it will be sent, every value with the place it came from.

use super::{Identity, Issue};

/// A kind of contact entry that the server may recognise a person by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// E-mail addresses.
    Email,
    /// Facebook accounts.
    Facebook,
    /// VKontakte accounts.
    Vk,
    /// LINE accounts.
    Line,
    /// Phone numbers, with plus sign.
    Voice,
}

impl Channel {
    /// All channels, in the order in which they stand in a document.
    pub const ALL: [Channel; 5] = [Channel::Email, Channel::Facebook, Channel::Vk, Channel::Line, Channel::Voice];

    /// The member's name in `data.attributes.contacts` and in a mapping (API page, "Data.attributes.contacts").
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Facebook => "facebook",
            Channel::Vk => "vk",
            Channel::Line => "line",
            Channel::Voice => "voice",
        }
    }
}

/// Which source of the mapping gave a value. The compiled mapping names its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin(pub u16);

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Trimmed, never empty.
    pub value: String,
    /// Its source.
    pub origin: Origin,
}

/// A labelled value outside the channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomField {
    /// As the mapping says it, or as the column that it names for labels.
    pub label: String,
    /// Never blank, and trimmed unless the mapping says otherwise.
    pub value: String,
    /// The value's source.
    pub origin: Origin,
}

/// What one row becomes. No empty values, no repeated ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactCard {
    /// The person's name.
    pub name: Option<Entry>,
    /// E-mail addresses.
    pub email: Vec<Entry>,
    /// Facebook accounts.
    pub facebook: Vec<Entry>,
    /// VKontakte accounts.
    pub vk: Vec<Entry>,
    /// LINE accounts.
    pub line: Vec<Entry>,
    /// Phone numbers, E.164 with plus sign.
    pub voice: Vec<Entry>,
    /// Labelled values, in the mapping's order.
    pub custom: Vec<CustomField>,
}

impl ContactCard {
    /// A channel's entries.
    pub fn channel(&self, channel: Channel) -> &[Entry] {
        match channel {
            Channel::Email => &self.email,
            Channel::Facebook => &self.facebook,
            Channel::Vk => &self.vk,
            Channel::Line => &self.line,
            Channel::Voice => &self.voice,
        }
    }

    /// A channel's entries, to be filled.
    pub fn channel_mut(&mut self, channel: Channel) -> &mut Vec<Entry> {
        match channel {
            Channel::Email => &mut self.email,
            Channel::Facebook => &mut self.facebook,
            Channel::Vk => &mut self.vk,
            Channel::Line => &mut self.line,
            Channel::Voice => &mut self.voice,
        }
    }

    /// What the server may recognise this person by. Two cards that share one must never be in flight together
    /// (API page, "Contact Cards": the server appends to a known contact).
    pub fn identities(&self) -> impl Iterator<Item = Identity<'_>> {
        Channel::ALL
            .into_iter()
            .flat_map(|channel| self.channel(channel).iter().map(move |entry| Identity::new(channel, &entry.value)))
    }

    /// Whether the server may recognise this person at all: if not, every request makes a card of its own.
    pub fn has_identity(&self) -> bool {
        Channel::ALL.into_iter().any(|channel| !self.channel(channel).is_empty())
    }

    /// Every value with its field, in the order of the document.
    pub fn values(&self) -> impl Iterator<Item = (Field, &str)> {
        let channels = Channel::ALL.into_iter().flat_map(|channel| {
            let entries = self.channel(channel).iter().enumerate();
            entries.map(move |(at, entry)| (Field::Channel(channel, at), entry.value.as_str()))
        });
        let custom = self.custom.iter().enumerate().map(|(at, field)| (Field::Custom(at), field.value.as_str()));
        channels.chain(custom).chain(self.name.iter().map(|name| (Field::Name, name.value.as_str())))
    }

    /// Where a field's value came from; `None` when the card has no such field.
    pub fn origin(&self, field: Field) -> Option<Origin> {
        match field {
            Field::Name => self.name.as_ref().map(|entry| entry.origin),
            Field::Channel(channel, at) => self.channel(channel).get(at).map(|entry| entry.origin),
            Field::Custom(at) => self.custom.get(at).map(|field| field.origin),
        }
    }
}

/// One value's place on a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The name.
    Name,
    /// The n-th entry of a channel, counted from zero.
    Channel(Channel, usize),
    /// The n-th custom field, counted from zero.
    Custom(usize),
}

/// What the mapping makes of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapped {
    /// A card to send.
    Card {
        /// The card.
        card: ContactCard,
        /// What was found and left out, because the mapping says that it does not keep the row back.
        warnings: Vec<Issue>,
    },
    /// Why it cannot be sent: every reason at once, at least one.
    Rejected(Vec<Issue>),
    /// Nothing to send: every mapped cell is blank.
    Skipped,
    /// The mapping leaves such rows out, or leaves nothing of them; why, as a sentence.
    Excluded(String),
}
