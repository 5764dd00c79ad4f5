//! A contact card as it will be sent, every value with the place it came from.

use std::fmt;
use std::hash::{Hash, Hasher};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(pub u16);

/// A member of the document that holds a card's values. In the order of the document.
#[derive(Clone, Copy, Debug, Eq, PartialOrd, Ord)]
pub enum Member {
    /// What the server may recognise a person by.
    Channel(Channel),
    /// Labelled values outside the channels.
    Custom,
    /// The person's name.
    Name,
}

/// A value as it stands on a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Where in the document.
    pub member: Member,
    /// Of custom values: as the mapping says it, or as the column that it names for labels. Empty for all others.
    pub label: &'a str,
    /// Never blank, and trimmed unless the mapping says otherwise.
    pub value: &'a str,
    /// Its source.
    pub origin: Origin,
}

/// What one row becomes. No empty values, no repeated ones.
///
/// All text lives in one buffer, so a card costs two allocations however much stands on it, and none in the memory of
/// another.
#[derive(Clone, Default)]
pub struct ContactCard {
    /// Every value behind its label.
    text: String,
    /// In the order of the document, and of one member in the order of the mapping.
    entries: Vec<Place>,
}

/// Where in a card's text an entry stands.
#[derive(Clone, Copy)]
struct Place {
    /// Its member's place in the document: one byte to be compared, for a million rows.
    rank: u8,
    origin: Origin,
    label: u32,
    value: u32,
    end: u32,
}

impl Member {
    /// All members, in the order of the document.
    pub const ALL: [Member; 7] = [
        Member::Channel(Channel::Email),
        Member::Channel(Channel::Facebook),
        Member::Channel(Channel::Vk),
        Member::Channel(Channel::Line),
        Member::Channel(Channel::Voice),
        Member::Custom,
        Member::Name,
    ];

    /// Its place among [all](Member::ALL).
    pub const fn rank(self) -> u8 {
        match self {
            Member::Channel(channel) => channel as u8,
            Member::Custom => Channel::ALL.len() as u8,
            Member::Name => Channel::ALL.len() as u8 + 1,
        }
    }
}

/// By one byte; what is derived looks at two.
impl PartialEq for Member {
    #[inline]
    fn eq(&self, other: &Member) -> bool {
        self.rank() == other.rank()
    }
}

impl ContactCard {
    /// Takes everything off it; the memory stays.
    pub fn clear(&mut self) {
        self.text.clear();
        self.entries.clear();
    }

    /// Makes room for so many entries and bytes of text.
    pub fn reserve(&mut self, entries: usize, bytes: usize) {
        self.entries.reserve(entries);
        self.text.reserve(bytes);
    }

    /// How many bytes of memory it takes behind itself, used or not.
    pub fn memory(&self) -> usize {
        self.text.capacity() + self.entries.capacity() * size_of::<Place>()
    }

    /// Adds a value. A card has one name: another takes its place.
    ///
    /// # Panics
    /// When the card's text would reach 4 GiB.
    pub fn add(&mut self, entry: Entry<'_>) {
        let Entry { member, label, value, origin } = entry;
        let write = |text: &mut String| {
            text.push_str(value);
            Ok::<(), std::convert::Infallible>(())
        };
        match self.write(member, label, origin, write, |_, _| false) {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }

    /// The same with a value that `write` appends to a text. Nothing is added when that fails, or when the card has an
    /// entry of this member and label whose value `same` finds to be the same.
    ///
    /// # Errors
    /// Those of `write`.
    ///
    /// # Panics
    /// When the card's text would reach 4 GiB.
    #[inline]
    pub fn write<E>(
        &mut self,
        member: Member,
        label: &str,
        origin: Origin,
        write: impl FnOnce(&mut String) -> Result<(), E>,
        same: impl Fn(&str, &str) -> bool,
    ) -> Result<(), E> {
        let place = |len: usize| u32::try_from(len).expect("a row has far less than 4 GiB");
        let before = self.text.len();
        self.text.push_str(label);
        let value = self.text.len();
        if let Err(why) = write(&mut self.text) {
            self.text.truncate(before);
            return Err(why);
        }
        let rank = member.rank();
        let new = Place { rank, origin, label: place(before), value: place(value), end: place(self.text.len()) };
        match self.entries.last() {
            Some(last) if last.rank >= rank => self.insert(new, same),
            _ => self.entries.push(new),
        }
        Ok(())
    }

    /// Puts an entry whose text was written last behind those of its member, unless one of them is the same.
    #[inline]
    fn insert(&mut self, new: Place, same: impl Fn(&str, &str) -> bool) {
        let mut at = self.entries.len();
        while at > 0 && self.entries[at - 1].rank > new.rank {
            at -= 1;
        }
        let bytes = |from: u32, to: u32| &self.text.as_bytes()[from as usize..to as usize];
        for known in self.entries[..at].iter().rev() {
            if known.rank != new.rank {
                break;
            }
            if new.rank == Member::Name.rank() {
                self.entries[at - 1] = new;
                return;
            }
            if known.value - known.label == new.value - new.label
                && bytes(known.label, known.value) == bytes(new.label, new.value)
                && same(self.entry(*known).value, self.entry(new).value)
            {
                self.text.truncate(new.label as usize);
                return;
            }
        }
        self.entries.insert(at, new);
    }

    #[inline]
    fn entry(&self, place: Place) -> Entry<'_> {
        let Place { rank, origin, label, value, end } = place;
        let text = |from: u32, to: u32| &self.text[from as usize..to as usize];
        let member = Member::ALL[usize::from(rank)];
        Entry { member, label: text(label, value), value: text(value, end), origin }
    }

    /// The bytes of every label and value, each behind its member's [rank](Member::rank); in the order of the document.
    pub fn bytes(&self) -> impl Iterator<Item = (u8, &[u8], &[u8])> {
        let text = |from: u32, to: u32| &self.text.as_bytes()[from as usize..to as usize];
        let entry = move |place: &Place| (place.rank, text(place.label, place.value), text(place.value, place.end));
        self.entries.iter().map(entry)
    }

    /// Everything on it, in the order of the document.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = Entry<'_>> {
        self.entries.iter().map(|place| self.entry(*place))
    }

    /// The entries of one member.
    pub fn of(&self, member: Member) -> impl Iterator<Item = Entry<'_>> {
        self.entries.iter().filter(move |place| place.rank == member.rank()).map(|place| self.entry(*place))
    }

    /// A channel's entries.
    pub fn channel(&self, channel: Channel) -> impl Iterator<Item = Entry<'_>> {
        self.of(Member::Channel(channel))
    }

    /// Labelled values, in the mapping's order.
    pub fn custom(&self) -> impl Iterator<Item = Entry<'_>> {
        self.of(Member::Custom)
    }

    /// The person's name.
    pub fn name(&self) -> Option<&str> {
        self.entries.last().filter(|place| place.rank == Member::Name.rank()).map(|place| self.entry(*place).value)
    }

    /// Whether nothing stands on it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All its text, in no order; perhaps more than its labels and values.
    pub fn text(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// What the server may recognise this person by. Two cards that share one must never be in flight together
    /// (API page, "Contact Cards": the server appends to a known contact).
    pub fn identities(&self) -> impl Iterator<Item = Identity<'_>> {
        // Channels come first.
        self.entries.iter().map_while(|place| {
            let channel = *Channel::ALL.get(usize::from(place.rank))?;
            Some(Identity::new(channel, &self.text[place.value as usize..place.end as usize]))
        })
    }

    /// Whether the server may recognise this person at all: if not, every request makes a card of its own.
    pub fn has_identity(&self) -> bool {
        self.identities().next().is_some()
    }

    /// Every value with its field, in the order of the document.
    pub fn values(&self) -> impl Iterator<Item = (Field, &str)> {
        let mut last = None;
        let mut nth = 0;
        self.entries().map(move |entry| {
            nth = if last == Some(entry.member) { nth + 1 } else { 0 };
            last = Some(entry.member);
            let field = match entry.member {
                Member::Channel(channel) => Field::Channel(channel, nth),
                Member::Custom => Field::Custom(nth),
                Member::Name => Field::Name,
            };
            (field, entry.value)
        })
    }

    /// Where a field's value came from; `None` when the card has no such field.
    pub fn origin(&self, field: Field) -> Option<Origin> {
        let (member, at) = match field {
            Field::Name => (Member::Name, 0),
            Field::Channel(channel, at) => (Member::Channel(channel), at),
            Field::Custom(at) => (Member::Custom, at),
        };
        self.of(member).nth(at).map(|entry| entry.origin)
    }
}

impl fmt::Debug for ContactCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries()).finish()
    }
}

impl PartialEq for ContactCard {
    fn eq(&self, other: &ContactCard) -> bool {
        self.entries().eq(other.entries())
    }
}

impl Eq for ContactCard {}

/// What is sent: cards with the same document have the same hash, wherever their values came from.
impl Hash for ContactCard {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (mut end, mut in_order) = (0, true);
        for place in &self.entries {
            in_order &= place.label == end;
            end = place.end;
            let (label, value) = (place.value - place.label, place.end - place.value);
            state.write_u64(u64::from(value) << 32 | u64::from(label) << 3 | u64::from(place.rank));
        }
        // Nearly every card is written in the order of its document, and its text is hashed in one piece.
        if in_order && end as usize == self.text.len() {
            return state.write(self.text.as_bytes());
        }
        let text: Vec<u8> = self.bytes().flat_map(|(_, label, value)| [label, value]).flatten().copied().collect();
        state.write(&text);
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

#[cfg(test)]
mod tests {
    use super::*;

    const EMAIL: Member = Member::Channel(Channel::Email);
    const VOICE: Member = Member::Channel(Channel::Voice);

    fn entry(member: Member, label: &'static str, value: &'static str) -> Entry<'static> {
        Entry { member, label, value, origin: Origin(value.len() as u16) }
    }

    #[test]
    fn values_stand_in_the_order_of_the_document_however_they_come() {
        let in_order = [
            entry(EMAIL, "", "a@b.se"),
            entry(EMAIL, "", "c@d.se"),
            entry(VOICE, "", "+46"),
            entry(Member::Custom, "ID", "1"),
            entry(Member::Custom, "", "2"),
            entry(Member::Name, "", "Åsa"),
        ];
        let mut card = ContactCard::default();
        for at in [5, 2, 3, 0, 4, 1] {
            card.add(in_order[at]);
        }
        assert_eq!(card.entries().collect::<Vec<_>>(), in_order);
        assert_eq!(card.name(), Some("Åsa"));
        let values: Vec<_> = card.values().collect();
        assert_eq!(values[1], (Field::Channel(Channel::Email, 1), "c@d.se"));
        assert_eq!(values[4], (Field::Custom(1), "2"));
        assert_eq!(card.origin(Field::Custom(1)), Some(Origin(1)));
        assert_eq!(card.origin(Field::Custom(2)), None);
        let mut again = card.clone();
        again.add(entry(Member::Name, "", "Bo"));
        assert_eq!((again.name(), again.entries().len()), (Some("Bo"), 6));
        assert_ne!(again, card);
    }

    #[test]
    fn what_fails_or_is_known_leaves_no_trace() {
        let mut card = ContactCard::default();
        let mut write = |value: &str, sound: Result<(), u8>| {
            let write = |text: &mut String| {
                text.push_str(value);
                sound
            };
            let written = card.write(EMAIL, "", Origin(0), write, |known, new| known == new);
            (written, card.values().map(|(_, value)| value.to_owned()).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(write("a", Ok(())), (Ok(()), "a".to_owned()));
        assert_eq!(write("b", Err(7)), (Err(7), "a".to_owned()));
        assert_eq!(write("a", Ok(())), (Ok(()), "a".to_owned()));
        assert_eq!(write("c", Ok(())), (Ok(()), "a c".to_owned()));
    }
}
