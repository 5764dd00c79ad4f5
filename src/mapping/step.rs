//! One source of a mapping at work: from cells to values on the card.

use super::cell::{self, EXCERPT_CHARS, Lines};
use super::compile::code_bit;
use super::document::{CountryRule, Target};
use super::draft::Draft;
use super::email;
use super::fault::Fault;
use super::phone::{self, Country};
use super::shape::{self, Shape, parts};
use super::template::Template;
use crate::model::{Channel, Code, ColumnIndex, Issue, Origin, Row, excerpt};

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

impl Step {
    /// Puts on the card what the row has for this source, or says why not.
    pub fn run(&self, row: &Row, origin: Origin, draft: &mut Draft<'_>) {
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
        let mut vouched = row.clean;
        let (text, column) = match &self.read {
            Read::Constant(text) => {
                draft.put(&self.target, None, text, origin);
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
                        filled = draft.scraps.text();
                        template.fill(|column| row.cell(*column), &mut filled);
                        vouched &= template.keeps_clean();
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
        let mut take = |text| self.take(text, None, vouched, column, row, origin, draft);
        match &self.split[..] {
            [] => take(text),
            [only] => text.split(only.as_str()).for_each(|part| take(cell::trim(part))),
            several => parts(text, several).for_each(|part| take(cell::trim(part))),
        }
        if matches!(self.read, Read::Template(_)) {
            draft.scraps.put(filled);
        }
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
            draft.put(&self.target, label, default, origin);
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
        match draft.write(&self.target, label, origin, |out| self.value(text, vouched, row, out)) {
            Ok(()) => draft.touch(&self.target, true),
            Err(fault) => {
                let kept = draft.blame(fault, column);
                draft.touch(&self.target, kept);
            }
        }
    }

    /// Appends what is sent for a trimmed text. `vouched` says that it stands like this in a clean row.
    pub fn value(&self, text: &str, vouched: bool, row: &Row, out: &mut String) -> Result<(), Fault> {
        match self.target {
            Target::Channel(Channel::Email) if email::is_plain(text) => {
                out.push_str(text);
                Ok(())
            }
            Target::Channel(Channel::Email) => {
                cell::check_length(text)?;
                check(text, vouched)?;
                out.push_str(&email::read(text)?);
                Ok(())
            }
            Target::Channel(Channel::Voice) => self.phone(text, vouched, row, out),
            Target::Channel(Channel::Facebook | Channel::Vk | Channel::Line) => {
                cell::check_length(text)?;
                cell::check(text, Lines::One)?;
                cell::check_sum(text)?;
                out.push_str(text);
                Ok(())
            }
            Target::Name | Target::Custom { .. } => {
                cell::check_length(text)?;
                check(text, vouched)?;
                cell::check_sum(text)?;
                out.push_str(text);
                Ok(())
            }
        }
    }

    fn phone(&self, text: &str, vouched: bool, row: &Row, out: &mut String) -> Result<(), Fault> {
        let (country, written) = match &self.country {
            None => (None, ""),
            Some(CountryRule::Always(country)) => (Some(*country), ""),
            Some(CountryRule::Column { column, values, default }) => {
                let known = |text: &str| values.iter().find(|(value, _)| value == text).map(|(_, country)| *country);
                match cell::trim(row.cell(*column)) {
                    "" => (*default, ""),
                    text => (known(text).or_else(|| Country::from_code(text)), text),
                }
            }
        };
        // What the short way takes has nothing in it that is checked.
        if phone::write_plain(text, country, out) {
            return Ok(());
        }
        cell::check_length(text)?;
        check(text, vouched)?;
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
