//! A row's card while it is made.

use super::compile::code_bit;
use super::document::Target;
use super::email;
use super::fault::Fault;
use super::scraps::Scraps;
use crate::model::{Channel, ColumnIndex, ContactCard, Issue, Origin};

/// A card as it grows, and what is to be said of its row.
pub(super) struct Draft<'s> {
    pub scraps: &'s mut Scraps,
    pub card: ContactCard,
    pub issues: Findings,
    pub warnings: Findings,
    /// Required values that are not there; they count when the row has anything at all.
    pub missing: Findings,
    /// The source that is at work.
    pub origin: Origin,
    /// The codes that do not keep a row back, one bit each.
    pub warn: u64,
    /// Whether a mapped cell holds anything.
    pub has_content: bool,
    /// Whether a cell that is mapped to a channel does, valid or not, unless it is left out with a warning.
    pub has_contact: bool,
}

impl<'s> Draft<'s> {
    /// An empty card, in the memory of one that was given back.
    pub fn new(scraps: &'s mut Scraps, warn: u64) -> Draft<'s> {
        Draft {
            card: scraps.card(),
            scraps,
            issues: Findings::default(),
            warnings: Findings::default(),
            missing: Findings::default(),
            origin: Origin(0),
            warn,
            has_content: false,
            has_contact: false,
        }
    }

    /// Notes that a source had something for this target; `kept` unless it was left out with a warning.
    pub fn touch(&mut self, target: &Target, kept: bool) {
        self.has_content = true;
        self.has_contact |= kept && matches!(target, Target::Channel(_));
    }

    /// Adds a value as it stands, unless the card has it already.
    pub fn put(&mut self, target: &Target, label: Option<&str>, value: &str) {
        let write = |text: &mut String| {
            text.push_str(value);
            Ok::<(), std::convert::Infallible>(())
        };
        match self.write(target, label, write) {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }

    /// Adds a value that `write` appends to a text, unless that fails, or the card has it already. Without a `label`
    /// custom values have the target's.
    #[inline]
    pub fn write<E>(
        &mut self,
        target: &Target,
        label: Option<&str>,
        write: impl FnOnce(&mut String) -> Result<(), E>,
    ) -> Result<(), E> {
        let (member, label) = target.place(label);
        match target {
            Target::Channel(Channel::Email) => self.card.write(member, label, self.origin, write, email::same),
            // Phone numbers have one form by now, so that equal digits are equal texts.
            Target::Channel(Channel::Voice | Channel::Facebook | Channel::Vk | Channel::Line)
            | Target::Custom { .. }
            | Target::Name => self.card.write(member, label, self.origin, write, |known, new| known == new),
        }
    }

    /// Adds an issue, unless it is known: two sources may read one cell. Says whether it keeps the row back.
    pub fn blame(&mut self, fault: Fault, column: Option<ColumnIndex>) -> bool {
        let is_error = self.warn & code_bit(fault.code) == 0;
        let issues = if is_error { &mut self.issues } else { &mut self.warnings };
        issues.add(self.origin, fault.in_column(column));
        is_error
    }
}

/// What is to be said of a row, with the source that found it.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<(Origin, Issue)>);

impl Findings {
    /// Adds one, unless it is there.
    pub fn add(&mut self, origin: Origin, issue: Issue) {
        match self.0.iter().position(|(_, known)| *known == issue) {
            Some(at) if self.0[at].0 <= origin => {}
            at => {
                at.into_iter().for_each(|at| drop(self.0.remove(at)));
                self.0.push((origin, issue));
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order of the mapping.
    pub fn in_order(mut self) -> Vec<Issue> {
        self.0.sort_by_key(|(origin, _)| *origin);
        self.0.into_iter().map(|(_, issue)| issue).collect()
    }
}
