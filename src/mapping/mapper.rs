//! A row into a card: the part that runs a million times. Allocates what ends on the card, and nothing else.

use super::cell::{self, EXCERPT_CHARS, Lines};
use super::compile::code_bit;
use super::condition::Test;
use super::document::{CountryRule, Target};
use super::email;
use super::fault::Fault;
use super::phone::{self, Country};
use super::scraps::Scraps;
use super::shape::{self, Shape, parts};
use super::template::Template;
use crate::model::{
    Binding, Channel, Code, ColumnIndex, ContactCard, CustomField, Entry, Issue, Mapped, Origin, Row, excerpt,
};

/// A mapping whose columns are places in a row. Pure, and may be shared between threads.
#[derive(Clone, Debug)]
pub struct Mapper {
    steps: Vec<Step>,
    /// For every column, whether a source or a condition reads it.
    used: Vec<bool>,
    /// What to say of a row without any contact entry; `None` when such rows may be sent.
    without_contact: Option<String>,
    gates: Vec<Gate>,
    /// The codes that do not keep a row back, one bit each.
    warn: u64,
}

/// One source, ready to be read.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub target: Target,
    pub read: Read,
    pub split: Vec<String>,
    pub country: Option<CountryRule<ColumnIndex>>,
    /// The columns its values come from; none for constants.
    pub columns: Vec<ColumnIndex>,
    /// What plain sources do without.
    pub extra: Option<Box<Extra>>,
}

/// What happens to values on their way.
#[derive(Clone, Debug)]
pub(super) struct Extra {
    pub shape: Shape,
    pub join: Option<String>,
    /// The column that holds the custom label.
    pub label: Option<ColumnIndex>,
}

#[derive(Clone, Debug)]
pub(super) enum Read {
    Column(ColumnIndex),
    /// Several, to be joined.
    Columns(Vec<ColumnIndex>),
    Template(Template<ColumnIndex>),
    Constant(String),
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

/// A row's card as it grows.
struct Draft<'s> {
    scraps: &'s mut Scraps,
    card: ContactCard,
    issues: Vec<Issue>,
    warnings: Vec<Issue>,
    /// Required values that are not there; they count when the row has anything at all.
    missing: Vec<Issue>,
    warn: u64,
    /// Whether a mapped cell holds anything.
    has_content: bool,
    /// Whether a cell that is mapped to a channel does, valid or not, unless it is left out with a warning.
    has_contact: bool,
}

/// What to say of a row whose cells are not blank until the mapping's options have been at them.
const EMPTIED: &str = "nothing to send: the mapping's options leave nothing of what stands in its cells";

/// What to say of a row whose contact entries have all been left out.
const CONTACTS_LEFT_OUT: &str =
    "there is nothing to recognise this person by: what was there is left out; mend a contact";

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
        Mapper { steps, used, without_contact, gates, warn }
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
        let card = scraps.card();
        let mut draft = Draft {
            scraps,
            card,
            issues: Vec::new(),
            warnings: Vec::new(),
            missing: Vec::new(),
            warn: self.warn,
            has_content: false,
            has_contact: false,
        };
        if !row.issues.is_empty() {
            draft.issues.extend(row.issues.iter().filter(|issue| self.counts(issue)).cloned());
            // A row that is broken as a whole may have its values in the wrong cells: nothing true can be said of them.
            if draft.issues.iter().any(|issue| issue.column.is_none()) {
                return Mapped::Rejected(draft.issues);
            }
        }
        // What stands in a cell that could not be read nobody knows, so it decides nothing.
        let is_readable = |gate: &Gate| row.issues.iter().all(|issue| issue.column != Some(gate.column));
        let closed = |gate: &&Gate| gate.test.holds(row.cell(gate.column)) == gate.skips_when && is_readable(gate);
        if let Some(gate) = self.gates.iter().find(closed) {
            return Mapped::Excluded(gate.reason.clone());
        }
        if self.warn != 0 {
            let asked = |issue: &Issue| self.gates.iter().any(|gate| issue.column == Some(gate.column));
            let is_warning = |issue: &Issue| self.warn & code_bit(issue.code) != 0 && !asked(issue);
            (draft.warnings, draft.issues) = draft.issues.into_iter().partition(is_warning);
        }
        for (step, at) in self.steps.iter().zip(0u16..) {
            step.run(row, Origin(at), &mut draft);
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

    fn conclude(&self, mut draft: Draft<'_>) -> Mapped {
        if draft.has_content {
            draft.issues.append(&mut draft.missing);
        }
        if let Some(message) = &self.without_contact
            && draft.has_content
            && !draft.has_contact
        {
            // What was left out has been there; the other findings of the row tell of it.
            let message = if draft.warnings.is_empty() { message.as_str() } else { CONTACTS_LEFT_OUT };
            draft.issues.push(Issue::row(Code::ContactNone, message));
        }
        if !draft.issues.is_empty() {
            // Why a contact is missing may be told by what was left out.
            draft.issues.append(&mut draft.warnings);
            Mapped::Rejected(draft.issues)
        } else if draft.card.values().next().is_none() && !draft.warnings.is_empty() {
            // All that the row has was left out: an empty card is never sent.
            Mapped::Rejected(draft.warnings)
        } else if draft.has_content {
            Mapped::Card { card: draft.card, warnings: draft.warnings }
        } else {
            Mapped::Skipped
        }
    }
}

impl Step {
    fn run(&self, row: &Row, origin: Origin, draft: &mut Draft<'_>) {
        // A cell that could not be read has its issue already; what the mapping would find is its echo.
        if !row.issues.is_empty() {
            let mine = |issue: &&Issue| issue.column.is_some_and(|column| self.columns.contains(&column));
            let mut unreadable = row.issues.iter().filter(mine).peekable();
            if unreadable.peek().is_some() {
                let kept = unreadable.any(|issue| draft.warn & code_bit(issue.code) == 0);
                draft.touch(&self.target, kept);
                return;
            }
        }
        let mut filled = String::new();
        let (text, column) = match &self.read {
            Read::Constant(text) => {
                let text = draft.scraps.text(text);
                draft.put(&self.target, text, origin);
                return;
            }
            Read::Column(column) => (row.cell(*column), Some(*column)),
            Read::Columns(columns) => {
                if let Some(extra) = &self.extra {
                    let texts = columns.iter().map(|column| (row.cell(*column), Some(*column)));
                    self.shaped(extra, texts, row, origin, draft);
                }
                return;
            }
            Read::Template(template) => {
                let first = self.columns.iter().copied().find(|column| !cell::trim(row.cell(*column)).is_empty());
                match first {
                    Some(first) => {
                        let mut sound = true;
                        for column in template.columns() {
                            let part = cell::trim(row.cell(*column));
                            if let Err(fault) = check(part, row.clean).and_then(|()| cell::check_sum(part)) {
                                let kept = draft.blame(fault, Some(*column));
                                draft.touch(&self.target, kept);
                                sound = false;
                            }
                        }
                        if !sound {
                            return;
                        }
                        filled = draft.scraps.text("");
                        template.fill(|column| row.cell(*column), &mut filled);
                        (filled.as_str(), Some(first))
                    }
                    None => ("", self.columns.first().copied()),
                }
            }
        };
        if let Some(extra) = &self.extra {
            self.shaped(extra, std::iter::once((text, column)), row, origin, draft);
            return;
        }
        let text = cell::trim(text);
        let vouched = row.clean && matches!(self.read, Read::Column(_));
        let mut take = |text| self.take(text, None, vouched, column, row, origin, draft);
        match &self.split[..] {
            [] => take(text),
            [only] => text.split(only.as_str()).for_each(|part| take(cell::trim(part))),
            several => parts(text, several).for_each(|part| take(cell::trim(part))),
        }
        draft.scraps.put(filled);
    }

    /// The way of values that have options.
    fn shaped<'a>(
        &self,
        extra: &Extra,
        texts: impl Iterator<Item = (&'a str, Option<ColumnIndex>)>,
        row: &Row,
        origin: Origin,
        draft: &mut Draft<'_>,
    ) {
        let label = match extra.label.map(|column| (column, cell::trim(row.cell(column)))) {
            None | Some((_, "")) => None,
            Some((column, label)) => match cell::check(label, Lines::One) {
                Ok(()) => Some(label),
                Err(fault) => {
                    let kept = draft.blame(fault, Some(column));
                    draft.touch(&self.target, kept);
                    return;
                }
            },
        };
        let mut found = false;
        let mut joined: Option<(String, Option<ColumnIndex>)> = None;
        let mut first = None;
        for (text, column) in texts {
            first = first.or(column);
            for part in parts(text, &self.split) {
                let value = match extra.shape.apply(part) {
                    Ok(value) => value,
                    Err(fault) => {
                        let kept = draft.blame(fault, column);
                        draft.touch(&self.target, kept);
                        found = true;
                        continue;
                    }
                };
                if value.is_empty() {
                    continue;
                }
                found = true;
                match (&extra.join, &mut joined) {
                    (None, _) => self.take(&value, label, false, column, row, origin, draft),
                    (Some(_), None) => joined = Some((value.into_owned(), column)),
                    (Some(join), Some((text, _))) => {
                        text.push_str(join);
                        text.push_str(&value);
                    }
                }
            }
        }
        if let Some((text, column)) = joined {
            match extra.shape.length_max.map_or(Ok(()), |max| shape::check_length(&text, max)) {
                Ok(()) => self.take(&text, label, false, column, row, origin, draft),
                Err(fault) => {
                    let kept = draft.blame(fault, column);
                    draft.touch(&self.target, kept);
                }
            }
        }
        if found {
            return;
        }
        if let Some(default) = &extra.shape.default {
            let default = draft.scraps.text(default);
            draft.put_labelled(&self.target, label, default, origin);
        } else if extra.shape.required {
            let message =
                format!("`{}` is required, and there is no value for it", excerpt(self.target.key(), EXCERPT_CHARS));
            draft.missing.push(Issue { column: first, ..Issue::row(Code::ValueMissing, message) });
        }
    }

    /// One trimmed value, which may be blank. `vouched` says that it stands like this in a clean row.
    #[expect(clippy::too_many_arguments, reason = "a value, and all that is known of where it stands")]
    fn take(
        &self,
        text: &str,
        label: Option<&str>,
        vouched: bool,
        column: Option<ColumnIndex>,
        row: &Row,
        origin: Origin,
        draft: &mut Draft<'_>,
    ) {
        if text.is_empty() {
            return;
        }
        let mut value = draft.scraps.text("");
        match self.value(text, vouched, row, &mut value) {
            Ok(()) => {
                draft.touch(&self.target, true);
                draft.put_labelled(&self.target, label, value, origin);
            }
            Err(fault) => {
                let kept = draft.blame(fault, column);
                draft.touch(&self.target, kept);
            }
        }
    }

    /// Writes what is sent for a trimmed text. `vouched` says that it stands like this in a clean row.
    pub(super) fn value(&self, text: &str, vouched: bool, row: &Row, out: &mut String) -> Result<(), Fault> {
        cell::check_length(text)?;
        match self.target {
            Target::Channel(Channel::Facebook | Channel::Vk | Channel::Line) => cell::check(text, Lines::One)?,
            Target::Channel(Channel::Email | Channel::Voice) | Target::Name | Target::Custom { .. } => {
                check(text, vouched)?;
            }
        }
        match self.target {
            Target::Channel(Channel::Email) => out.push_str(&email::read(text)?),
            Target::Channel(Channel::Voice) => self.phone(text, row, out)?,
            Target::Channel(Channel::Facebook | Channel::Vk | Channel::Line) | Target::Name | Target::Custom { .. } => {
                cell::check_sum(text)?;
                out.push_str(text);
            }
        }
        Ok(())
    }

    fn phone(&self, text: &str, row: &Row, out: &mut String) -> Result<(), Fault> {
        let (column, values, default) = match &self.country {
            None => return phone::write(text, None, out),
            Some(CountryRule::Always(country)) => return phone::write(text, Some(*country), out),
            Some(CountryRule::Column { column, values, default }) => (*column, values, *default),
        };
        let written = cell::trim(row.cell(column));
        let known = |text: &str| values.iter().find(|(value, _)| value == text).map(|(_, country)| *country);
        let country = match written {
            "" => default,
            text => known(text).or_else(|| Country::from_code(text)),
        };
        phone::write(text, country, out).map_err(|fault| match (fault.code, country) {
            (Code::PhoneCountry, None) if !written.is_empty() => Fault {
                message: format!(
                    "\"{}\" has no country: \"{}\" is none that is known; write its two letters, or say what it means \
                     in the mapping: country = {{ column = \"…\", values = {{ … }} }}",
                    excerpt(text, EXCERPT_CHARS),
                    excerpt(written, EXCERPT_CHARS)
                ),
                ..fault
            },
            _ => fault,
        })
    }
}

/// Refuses damage; in a clean row only a spreadsheet's errors are left to be found.
fn check(text: &str, vouched: bool) -> Result<(), Fault> {
    if vouched { cell::check_error_value(text) } else { cell::check(text, Lines::Many) }
}

impl Draft<'_> {
    /// Notes that a source had something for this target; `kept` unless it was left out with a warning.
    fn touch(&mut self, target: &Target, kept: bool) {
        self.has_content = true;
        self.has_contact |= kept && matches!(target, Target::Channel(_));
    }

    fn put(&mut self, target: &Target, value: String, origin: Origin) {
        self.put_labelled(target, None, value, origin);
    }

    /// Adds a value, unless the card has it already.
    fn put_labelled(&mut self, target: &Target, label: Option<&str>, value: String, origin: Origin) {
        match target {
            Target::Name => self.card.name = Some(Entry { value, origin }),
            Target::Channel(channel) => {
                let entries = self.card.channel_mut(*channel);
                // Phone numbers have one form by now, so that equal digits are equal texts.
                let same = |entry: &Entry| match channel {
                    Channel::Email => email::same(&entry.value, &value),
                    Channel::Voice | Channel::Facebook | Channel::Vk | Channel::Line => entry.value == value,
                };
                match entries.iter().any(same) {
                    true => self.scraps.put(value),
                    false => entries.push(Entry { value, origin }),
                }
            }
            Target::Custom { label: usual } => {
                let label = label.unwrap_or(usual);
                let fields = &mut self.card.custom;
                match fields.iter().any(|field| field.label == label && field.value == value) {
                    true => self.scraps.put(value),
                    false => fields.push(CustomField { label: self.scraps.text(label), value, origin }),
                }
            }
        }
    }

    /// Adds an issue, unless it is known: two sources may read one cell. Says whether it keeps the row back.
    fn blame(&mut self, fault: Fault, column: Option<ColumnIndex>) -> bool {
        let is_error = self.warn & code_bit(fault.code) == 0;
        let issues = if is_error { &mut self.issues } else { &mut self.warnings };
        let issue = fault.in_column(column);
        if !issues.contains(&issue) {
            issues.push(issue);
        }
        is_error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Mapping;
    use crate::model::{Header, RowNumber};
    use proptest::prelude::*;

    const PEOPLE: &str = r#"
        version = 1
        [card]
        name = "{First} {Last}"
        email = ["E-mail", { column = "Others", split = ";" }]
        voice = { column = "Mobile", country = "SE" }
        vk = "VK"
        [card.custom]
        "Number" = "No"
        "Address" = "{Street}, {City}"
        "About" = ["Note", "No"]
        "Batch" = { value = "2026" }
        "Tags" = { column = "Tags", split = "|" }
    "#;

    const COLUMNS: [&str; 12] =
        ["First", "Last", "E-mail", "Others", "Mobile", "VK", "No", "Street", "City", "Note", "Tags", "Unused"];

    fn mapper(mapping: &str) -> Mapper {
        let header = Header { row: RowNumber(1), names: COLUMNS.map(str::to_owned).to_vec() };
        Mapping::parse(mapping).expect("a mapping").compile(&header).expect("it fits")
    }

    fn row(cells: &[(&str, &str)]) -> Row {
        let mut row = Row::new(RowNumber(2));
        for name in COLUMNS {
            row.push(cells.iter().find(|(column, _)| *column == name).map_or("", |(_, cell)| cell));
        }
        row
    }

    fn column(name: &str) -> ColumnIndex {
        ColumnIndex(COLUMNS.iter().position(|column| *column == name).expect("a column") as u32)
    }

    /// What becomes of a row, as text, one value a word.
    fn mapped(mapper: &Mapper, row: &Row) -> String {
        match mapper.map(row) {
            Mapped::Skipped => "skipped".to_owned(),
            Mapped::Excluded(reason) => reason,
            Mapped::Rejected(issues) => {
                let name = |column: Option<ColumnIndex>| column.map_or("the row", |column| COLUMNS[column.index()]);
                let said: Vec<_> =
                    issues.iter().map(|issue| format!("{} in {}", issue.code, name(issue.column))).collect();
                said.join(", ")
            }
            Mapped::Card { card, warnings } => {
                let mut said: Vec<String> = card.name.iter().map(|entry| format!("name={}", entry.value)).collect();
                for channel in Channel::ALL {
                    said.extend(
                        card.channel(channel).iter().map(|entry| format!("{}={}", channel.as_str(), entry.value)),
                    );
                }
                said.extend(card.custom.iter().map(|field| format!("{}:{}", field.label, field.value)));
                said.extend(warnings.iter().map(|issue| format!("({})", issue.code)));
                said.join(" / ")
            }
        }
    }

    fn people(cells: &[(&str, &str)]) -> String {
        mapped(&mapper(PEOPLE), &row(cells))
    }

    #[test]
    fn a_full_row_becomes_a_card_in_the_mappings_order() {
        let cells = [
            ("First", " Åsa "),
            ("Last", "Öberg"),
            ("E-mail", "asa@Example.se"),
            ("Others", "Åsa <asa@work.se>; ;b@c.se"),
            ("Mobile", "070-123 45 67"),
            ("VK", "id1"),
            ("No", "17"),
            ("Street", "Storgatan 1"),
            ("City", "Umeå"),
            ("Note", "likes\nlines"),
            ("Tags", "a | b||a"),
            ("Unused", "\u{0}"),
        ];
        assert_eq!(
            people(&cells),
            "name=Åsa Öberg / email=asa@example.se / email=asa@work.se / email=b@c.se / vk=id1 / voice=+46701234567 / \
             Number:17 / Address:Storgatan 1, Umeå / About:likes\nlines / About:17 / Batch:2026 / Tags:a / Tags:b"
        );
    }

    #[test]
    fn values_know_their_columns() {
        let mapper = mapper(PEOPLE);
        let cells = [("First", "Åsa"), ("Others", "a@b.se"), ("No", "1"), ("City", "Umeå")];
        let Mapped::Card { card, .. } = mapper.map(&row(&cells)) else { panic!("a card") };
        let columns = |origin: Origin| mapper.columns(origin).to_vec();
        assert_eq!(columns(card.name.expect("a name").origin), [column("First"), column("Last")]);
        assert_eq!(columns(card.email[0].origin), [column("Others")]);
        let custom = |at: usize| (card.custom[at].label.as_str(), columns(card.custom[at].origin));
        assert_eq!(custom(0), ("Number", vec![column("No")]));
        assert_eq!(custom(1), ("Address", vec![column("Street"), column("City")]));
        assert_eq!(custom(3), ("Batch", vec![]));
        assert_eq!(columns(Origin(999)), []);
    }

    #[test]
    fn repeated_values_are_sent_once_in_the_order_of_the_first() {
        assert_eq!(
            people(&[("E-mail", "A@b.se"), ("Others", "c@d.se;a@B.se;C@d.se"), ("No", "1"), ("Note", "1")]),
            "email=A@b.se / email=c@d.se / Number:1 / About:1 / Batch:2026"
        );
    }

    #[test]
    fn a_row_of_constants_alone_is_skipped() {
        assert_eq!(people(&[]), "skipped");
        assert_eq!(people(&[("First", "\u{a0}"), ("Others", " ; ;"), ("Unused", "x")]), "skipped");
    }

    #[test]
    fn a_row_without_a_contact_is_refused_unless_allowed() {
        let cells = [("First", "Åsa"), ("No", "1")];
        assert_eq!(people(&cells), "contact.none in the row");
        let Mapped::Rejected(issues) = mapper(PEOPLE).map(&row(&cells)) else { panic!("rejected") };
        assert_eq!(
            issues[0].message,
            "there is nothing to recognise this person by: \"E-mail\", \"Others\", \"Mobile\" and \"VK\" are blank; \
             fill in a contact"
        );
        let free = PEOPLE.replace("[card]\n", "rows.require_identity = false\n[card]\n");
        assert!(mapped(&mapper(&free), &row(&cells)).starts_with("name=Åsa / Number:1"));
    }

    #[test]
    fn every_reason_is_told_at_once_each_once() {
        let cells = [
            ("First", "\u{fffd}sa"),
            ("E-mail", "asa"),
            ("Others", "a@b.se;b@;c@"),
            ("Mobile", "070"),
            ("VK", "a\nb"),
            ("No", "1\u{0}"),
        ];
        assert_eq!(
            people(&cells),
            "cell.replacement in First, email.syntax in E-mail, email.syntax in Others, email.syntax in Others, \
             phone.length in Mobile, cell.control in VK, cell.control in No"
        );
        assert_eq!(people(&[("First", "\u{fffd}")]), "cell.replacement in First, contact.none in the row");
        assert_eq!(people(&[("Mobile", "x")]), "phone.syntax in Mobile", "a wrong contact is not a missing one");
        let long = "x".repeat(cell::VALUE_CHARS_MAX + 1);
        assert_eq!(people(&[("VK", "id1"), ("Note", &long)]), "value.too_long in Note");
    }

    #[test]
    fn what_the_reader_found_counts_where_it_matters() {
        let good = [("E-mail", "a@b.se"), ("No", "17")];
        let with = |issue: Issue| {
            let mut row = row(&good);
            row.issues.push(issue);
            mapped(&mapper(PEOPLE), &row)
        };
        let error = |name| Issue::cell(Code::CellError, column(name), "#N/A");
        assert_eq!(with(error("Unused").when_mapped()), "email=a@b.se / Number:17 / About:17 / Batch:2026");
        assert_eq!(with(error("No").when_mapped()), "cell.error in No");
        assert_eq!(with(error("Unused")), "cell.error in Unused");
        assert_eq!(with(error("E-mail").when_mapped()), "cell.error in E-mail", "not also without contact");
        assert_eq!(with(Issue::row(Code::RowRagged, "3 cells")), "row.ragged in the row");
    }

    #[test]
    fn a_broken_row_says_nothing_of_its_shifted_cells() {
        let mut row = row(&[("E-mail", "Storgatan 1")]);
        row.issues.push(Issue::row(Code::RowRagged, "13 cells where the header has 12"));
        assert_eq!(mapped(&mapper(PEOPLE), &row), "row.ragged in the row");
    }

    #[test]
    fn a_short_row_is_blank_at_its_end() {
        let mut row = Row::new(RowNumber(2));
        row.push("Åsa");
        assert_eq!(mapped(&mapper(PEOPLE), &row), "contact.none in the row");
    }

    #[test]
    fn mappers_are_shared_between_threads() {
        fn is_shared<T: Send + Sync>() {}
        is_shared::<Mapper>();
        is_shared::<Mapping>();
    }

    proptest! {
        #[test]
        fn what_is_sent_is_trimmed_filled_and_never_repeated(
            cells in proptest::collection::vec("[ a\u{a0}|;@b.seAB+0-7]{0,12}|a@b\\.se(;A@b\\.se)?|070-?12345[67]{2}", COLUMNS.len())
        ) {
            let mut row = Row::new(RowNumber(2));
            cells.iter().for_each(|cell| row.push(cell));
            if let Mapped::Card { card, .. } = mapper(PEOPLE).map(&row) {
                let mut keys: Vec<_> = card.identities().map(|identity| identity.key()).collect();
                let count = keys.len();
                keys.sort_unstable();
                keys.dedup();
                prop_assert!(count > 0);
                prop_assert_eq!(keys.len(), count, "{:?}", card);
                let mut values: Vec<_> = card.custom.iter().map(|field| (&field.label, &field.value)).collect();
                let count = values.len();
                values.sort_unstable();
                values.dedup();
                prop_assert_eq!(values.len(), count);
                let all = Channel::ALL.iter().flat_map(|channel| card.channel(*channel)).map(|entry| &entry.value);
                for value in all.chain(card.custom.iter().map(|field| &field.value)) {
                    prop_assert!(!value.is_empty() && cell::trim(value) == value);
                }
            }
        }
    }
}
