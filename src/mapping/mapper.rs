//! A row into a card: the part that runs a million times. Allocates what ends on the card, and nothing else.

use super::cell::{self, Lines};
use super::document::Target;
use super::email;
use super::fault::Fault;
use super::phone::{self, Country};
use super::template::Template;
use crate::model::{Binding, Channel, Code, ColumnIndex, ContactCard, CustomField, Entry, Issue, Mapped, Origin, Row};

/// A mapping whose columns are places in a row. Pure, and may be shared between threads.
#[derive(Clone, Debug)]
pub struct Mapper {
    steps: Vec<Step>,
    /// For every column, whether a source reads it.
    used: Vec<bool>,
    /// What to say of a row without any contact entry; `None` when such rows may be sent.
    without_contact: Option<String>,
}

/// One source, ready to be read.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub target: Target,
    pub read: Read,
    pub split: Option<String>,
    pub country: Option<Country>,
    /// The columns it reads; none for constants.
    pub columns: Vec<ColumnIndex>,
}

#[derive(Clone, Debug)]
pub(super) enum Read {
    Column(ColumnIndex),
    Template(Template<ColumnIndex>),
    Constant(String),
}

/// A row's card as it grows.
#[derive(Default)]
struct Draft {
    card: ContactCard,
    issues: Vec<Issue>,
    /// Whether a mapped cell holds anything.
    has_content: bool,
    /// Whether a cell that is mapped to a channel does, valid or not.
    has_contact: bool,
}

impl Mapper {
    /// `without_contact`: what to say of a row without any contact entry, when those are refused.
    pub(super) fn new(steps: Vec<Step>, width: usize, without_contact: Option<String>) -> Self {
        let mut used = vec![false; width];
        for column in steps.iter().flat_map(|step| &step.columns) {
            used[column.index()] = true;
        }
        Mapper { steps, used, without_contact }
    }

    /// The columns that a value came from; empty for constants and for origins of another mapping.
    pub fn columns(&self, origin: Origin) -> &[ColumnIndex] {
        self.steps.get(usize::from(origin.0)).map_or(&[], |step| &step.columns)
    }

    /// What a row becomes. The row must come from the table that the mapping was compiled for; cells beyond its end
    /// count as blank.
    pub fn map(&self, row: &Row) -> Mapped {
        let mut draft = Draft::default();
        if !row.issues.is_empty() {
            draft.issues.extend(row.issues.iter().filter(|issue| self.counts(issue)).cloned());
            // A row that is broken as a whole may have its values in the wrong cells: nothing true can be said of them.
            if draft.issues.iter().any(|issue| issue.column.is_none()) {
                return Mapped::Rejected(draft.issues);
            }
        }
        for (step, at) in self.steps.iter().zip(0u16..) {
            step.run(row, Origin(at), &mut draft);
        }
        self.conclude(draft)
    }

    fn counts(&self, issue: &Issue) -> bool {
        match (issue.binding, issue.column) {
            (Binding::Always, _) | (Binding::WhenMapped, None) => true,
            (Binding::WhenMapped, Some(column)) => self.used.get(column.index()).copied().unwrap_or(false),
        }
    }

    fn conclude(&self, mut draft: Draft) -> Mapped {
        if let Some(message) = &self.without_contact
            && draft.has_content
            && !draft.has_contact
        {
            draft.issues.push(Issue::row(Code::ContactNone, message.as_str()));
        }
        if !draft.issues.is_empty() {
            Mapped::Rejected(draft.issues)
        } else if draft.has_content {
            Mapped::Card(draft.card)
        } else {
            Mapped::Skipped
        }
    }
}

impl Step {
    fn run(&self, row: &Row, origin: Origin, draft: &mut Draft) {
        let is_contact = matches!(self.target, Target::Channel(_));
        // A cell that could not be read has its issue already; what the mapping would find is its echo.
        let unreadable = |issue: &Issue| issue.column.is_some_and(|column| self.columns.contains(&column));
        if !row.issues.is_empty() && row.issues.iter().any(unreadable) {
            draft.has_content = true;
            draft.has_contact |= is_contact;
            return;
        }
        let filled;
        let (text, column) = match &self.read {
            Read::Constant(text) => {
                draft.put(&self.target, text.clone(), origin);
                return;
            }
            Read::Column(column) => (cell::trim(row.cell(*column)), Some(*column)),
            Read::Template(template) => {
                let first = self.columns.iter().copied().find(|column| !cell::trim(row.cell(*column)).is_empty());
                let Some(first) = first else { return };
                let mut sound = true;
                for column in template.columns() {
                    if let Err(fault) = cell::check(cell::trim(row.cell(*column)), Lines::Many) {
                        draft.blame(fault, Some(*column));
                        sound = false;
                    }
                }
                if !sound {
                    draft.has_content = true;
                    draft.has_contact |= is_contact;
                    return;
                }
                filled = template.fill(|column| row.cell(*column)).unwrap_or_default();
                (filled.as_str(), Some(first))
            }
        };
        let Some(split) = &self.split else {
            self.take(text, column, origin, draft);
            return;
        };
        for part in text.split(split.as_str()) {
            self.take(cell::trim(part), column, origin, draft);
        }
    }

    /// One trimmed value, which may be blank.
    fn take(&self, text: &str, column: Option<ColumnIndex>, origin: Origin, draft: &mut Draft) {
        if text.is_empty() {
            return;
        }
        draft.has_content = true;
        draft.has_contact |= matches!(self.target, Target::Channel(_));
        match self.value(text) {
            Ok(value) => draft.put(&self.target, value, origin),
            Err(fault) => draft.blame(fault, column),
        }
    }

    /// What is sent for a trimmed text.
    fn value(&self, text: &str) -> Result<String, Fault> {
        cell::check_length(text)?;
        match self.target {
            Target::Channel(Channel::Email) => {
                cell::check(text, Lines::Many)?;
                email::read(text).map(|address| address.into_owned())
            }
            Target::Channel(Channel::Voice) => {
                cell::check(text, Lines::Many)?;
                phone::read(text, self.country)
            }
            Target::Channel(Channel::Facebook | Channel::Vk | Channel::Line) => {
                cell::check(text, Lines::One).map(|()| text.to_owned())
            }
            Target::Name | Target::Custom { .. } => cell::check(text, Lines::Many).map(|()| text.to_owned()),
        }
    }
}

impl Draft {
    /// Adds a value, unless the card has it already.
    fn put(&mut self, target: &Target, value: String, origin: Origin) {
        match target {
            Target::Name => self.card.name = Some(Entry { value, origin }),
            Target::Channel(channel) => {
                let entries = self.card.channel_mut(*channel);
                // Phone numbers have one form by now, so that equal digits are equal texts.
                let same = |entry: &Entry| match channel {
                    Channel::Email => email::same(&entry.value, &value),
                    Channel::Voice | Channel::Facebook | Channel::Vk | Channel::Line => entry.value == value,
                };
                if !entries.iter().any(same) {
                    entries.push(Entry { value, origin });
                }
            }
            Target::Custom { label } => {
                let fields = &mut self.card.custom;
                if !fields.iter().any(|field| field.label == *label && field.value == value) {
                    fields.push(CustomField { label: label.clone(), value, origin });
                }
            }
        }
    }

    /// Adds an issue, unless it is known: two sources may read one cell.
    fn blame(&mut self, fault: Fault, column: Option<ColumnIndex>) {
        let issue = fault.in_column(column);
        if !self.issues.contains(&issue) {
            self.issues.push(issue);
        }
    }
}
