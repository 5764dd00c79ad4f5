//! A row into a card: the part that runs a million times. What is written is what ends on the card, once, in its memory.

use super::cell;
use super::compile::code_bit;
use super::condition::Test;
use super::document::CountryRule;
use super::draft::Draft;
use super::scraps::Scraps;
use super::short::Short;
use super::step::Step;
use crate::model::{Binding, Code, ColumnIndex, Issue, Mapped, Origin, Row};

/// A mapping whose columns are places in a row. Pure, and may be shared between threads.
#[derive(Clone, Debug)]
pub struct Mapper {
    /// In the order of the mapping.
    steps: Vec<Step>,
    /// The same in the order of the document, in which a card is written soonest; with the short way, if there is one.
    order: Vec<(Origin, Option<Short>)>,
    /// For every column, whether a source or a condition reads it.
    used: Vec<bool>,
    /// What to say of a row without any contact entry; `None` when such rows may be sent.
    without_contact: Option<String>,
    gates: Vec<Gate>,
    /// The codes that do not keep a row back, one bit each.
    warn: u64,
}

/// A condition, ready to be asked.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub column: ColumnIndex,
    pub test: Test,
    /// Whether rows are left out when the test holds, or when it does not.
    pub skips_when: bool,
    /// What to say of a row that is left out.
    pub reason: String,
}

/// What to say of a row whose cells are not blank until the mapping's options have been at them.
const EMPTIED: &str = "nothing to send: the mapping's options leave nothing of what stands in its cells";

/// What to say of a row whose contact entries have all been left out.
const CONTACTS_LEFT_OUT: &str =
    "there is nothing to recognise this person by: what was there is left out; mend a contact";

/// A card's text is seldom longer; columns that no source reads may have any length.
const USUAL_TEXT_BYTES: usize = 512;

impl Mapper {
    /// `without_contact`: what to say of a row without any contact entry, when those are refused.
    pub(super) fn new(
        steps: Vec<Step>,
        width: usize,
        without_contact: Option<String>,
        gates: Vec<Gate>,
        warn: u64,
    ) -> Self {
        let mut used = vec![false; width];
        let read = steps.iter().flat_map(|step| {
            let country = match &step.country {
                Some(CountryRule::Column { column, .. }) => Some(column),
                Some(CountryRule::Always(_)) | None => None,
            };
            let label = step.extra.as_ref().and_then(|extra| extra.label.as_ref());
            step.columns.iter().chain(country).chain(label)
        });
        for column in read.chain(gates.iter().map(|gate| &gate.column)) {
            used[column.index()] = true;
        }
        let mut order: Vec<_> =
            steps.iter().zip(0..).map(|(step, at)| (Origin(at), Short::of(step, Origin(at)))).collect();
        order.sort_by_key(|(origin, _)| steps[usize::from(origin.0)].target.place(None).0.rank());
        Mapper { steps, order, used, without_contact, gates, warn }
    }

    /// The columns that a value came from; empty for constants and for origins of another mapping.
    pub fn columns(&self, origin: Origin) -> &[ColumnIndex] {
        self.steps.get(usize::from(origin.0)).map_or(&[], |step| &step.columns)
    }

    /// The columns of the table that no source and no condition reads, in order.
    pub fn unused(&self) -> impl Iterator<Item = ColumnIndex> + '_ {
        self.used.iter().zip(0u32..).filter(|(used, _)| !**used).map(|(_, at)| ColumnIndex(at))
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub(super) fn gates(&self) -> &[Gate] {
        &self.gates
    }

    /// What a row becomes. The row must come from the table that the mapping was compiled for; cells beyond its end
    /// count as blank.
    pub fn map(&self, row: &Row) -> Mapped {
        self.map_with(row, &mut Scraps::default())
    }

    /// The same, in the memory of cards that were given back to `scraps`.
    pub fn map_with(&self, row: &Row, scraps: &mut Scraps) -> Mapped {
        let issues: Vec<Issue> = row.issues.iter().filter(|issue| self.counts(issue)).cloned().collect();
        // A row that is broken as a whole may have its values in the wrong cells: nothing true can be said of them.
        if issues.iter().any(|issue| issue.column.is_none()) {
            return Mapped::Rejected(issues);
        }
        // What stands in a cell that could not be read nobody knows, so it decides nothing.
        let is_readable = |gate: &Gate| row.issues.iter().all(|issue| issue.column != Some(gate.column));
        let closed = |gate: &&Gate| gate.test.holds(row.cell(gate.column)) == gate.skips_when && is_readable(gate);
        if let Some(gate) = self.gates.iter().find(closed) {
            return Mapped::Excluded(gate.reason.clone());
        }
        let mut draft = Draft::new(scraps, self.warn);
        draft.card.reserve(self.steps.len(), row.text_len().min(USUAL_TEXT_BYTES));
        let asked = |issue: &Issue| self.gates.iter().any(|gate| issue.column == Some(gate.column));
        for issue in issues {
            let is_warning = self.warn & code_bit(issue.code) != 0 && !asked(&issue);
            let findings = if is_warning { &mut draft.warnings } else { &mut draft.issues };
            findings.add(Origin(0), issue);
        }
        let is_clean = row.clean && row.issues.is_empty();
        for (origin, short) in &self.order {
            if !short.as_ref().is_some_and(|short| is_clean && short.run(row, &mut draft)) {
                self.steps[usize::from(origin.0)].run(row, *origin, &mut draft);
            }
        }
        match self.conclude(draft) {
            Mapped::Skipped if self.is_emptied(row) => Mapped::Excluded(EMPTIED.to_owned()),
            mapped => mapped,
        }
    }

    /// Whether a cell holds anything, of a row that has nothing to send: options have taken it away.
    fn is_emptied(&self, row: &Row) -> bool {
        let mut columns = self.steps.iter().filter(|step| step.extra.is_some()).flat_map(|step| &step.columns);
        columns.any(|column| !cell::trim(row.cell(*column)).is_empty())
    }

    fn counts(&self, issue: &Issue) -> bool {
        match (issue.binding, issue.column) {
            (Binding::Always, _) | (Binding::WhenMapped, None) => true,
            (Binding::WhenMapped, Some(column)) => self.used.get(column.index()).copied().unwrap_or(false),
        }
    }

    fn conclude(&self, draft: Draft<'_>) -> Mapped {
        let Draft { scraps, card, issues, warnings, missing, has_content, has_contact, .. } = draft;
        // Nothing is to be said of nearly every row.
        let is_silent = issues.is_empty() && warnings.is_empty() && missing.is_empty();
        if is_silent && has_content && (has_contact || self.without_contact.is_none()) {
            return Mapped::Card { card, warnings: Vec::new() };
        }
        let (mut issues, mut warnings) = (issues.in_order(), warnings.in_order());
        if has_content {
            issues.append(&mut missing.in_order());
        }
        if let Some(message) = &self.without_contact
            && has_content
            && !has_contact
        {
            // What was left out has been there; the other findings of the row tell of it.
            let message = if warnings.is_empty() { message.as_str() } else { CONTACTS_LEFT_OUT };
            issues.push(Issue::row(Code::ContactNone, message));
        }
        let mapped = if !issues.is_empty() {
            // Why a contact is missing may be told by what was left out.
            issues.append(&mut warnings);
            Mapped::Rejected(issues)
        } else if card.is_empty() && !warnings.is_empty() {
            // All that the row has was left out: an empty card is never sent.
            Mapped::Rejected(warnings)
        } else if has_content {
            return Mapped::Card { card, warnings };
        } else {
            Mapped::Skipped
        };
        scraps.take_back(card);
        mapped
    }
}
