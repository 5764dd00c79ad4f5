//! The card as the server sent it back.

use std::ops::Range;

use super::Channel;

/// What an answer says the card holds now. There is one for every answer, so its texts share one piece of memory.
#[derive(Clone, Debug, Default)]
pub struct Echo {
    texts: String,
    name: Option<Range<usize>>,
    /// By channel, in the order of [`Channel::ALL`].
    entries: Vec<(Channel, Range<usize>)>,
    custom: Vec<[Range<usize>; 2]>,
}

impl Echo {
    /// An empty one, with room for so many bytes of text.
    pub fn with_room(bytes: usize) -> Echo {
        Echo { texts: String::with_capacity(bytes), ..Echo::default() }
    }

    /// Says what name it holds, wherever it stood.
    pub fn set_name(&mut self, name: &str) {
        self.name = Some(self.keep(name));
    }

    /// Adds a contact entry behind those of its channel.
    pub fn add_entry(&mut self, channel: Channel, value: &str) {
        let value = self.keep(value);
        let at = self.entries.partition_point(|(earlier, _)| *earlier <= channel);
        self.entries.insert(at, (channel, value));
    }

    /// Adds a label/value pair.
    pub fn add_custom(&mut self, label: &str, value: &str) {
        let pair = [label, value].map(|text| self.keep(text));
        self.custom.push(pair);
    }

    /// The name, wherever it stood.
    pub fn name(&self) -> Option<&str> {
        self.name.clone().map(|name| &self.texts[name])
    }

    /// Contact entries, in the order of [`Channel::ALL`].
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (Channel, &str)> {
        self.entries.iter().map(|(channel, value)| (*channel, &self.texts[value.clone()]))
    }

    /// Label/value pairs.
    pub fn custom(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.custom.iter().map(|[label, value]| (&self.texts[label.clone()], &self.texts[value.clone()]))
    }

    fn keep(&mut self, text: &str) -> Range<usize> {
        let from = self.texts.len();
        self.texts.push_str(text);
        from..self.texts.len()
    }
}

/// By what they say, not by how it lies in memory.
impl PartialEq for Echo {
    fn eq(&self, other: &Echo) -> bool {
        self.name() == other.name() && self.entries().eq(other.entries()) && self.custom().eq(other.custom())
    }
}

impl Eq for Echo {}
