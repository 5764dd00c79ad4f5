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

/// Where a text stands.
#[derive(Clone, Copy)]
struct Spot<'r> {
    row: &'r Row,
    /// The cell to be blamed; of a template that is found out when there is something to blame it for.
    column: Option<ColumnIndex>,
    /// The custom label, where a column holds it.
    label: Option<&'r str>,
}

impl Step {
    /// Puts on the card what the row has for this source, or says why not.
    pub fn run(&self, row: &Row, origin: Origin, draft: &mut Draft<'_>) {
        draft.origin = origin;
        // A cell that could not be read has its issue already; what the mapping would find is its echo.
        if !row.issues.is_empty()
            && let Some(kept) = self.unreadable(row, draft)
        {
            return self.require(kept, draft);
        }
        let spot = |column| Spot { row, column, label: None };
        match (&self.read, &self.extra) {
            (Read::Constant(text), _) => draft.put(&self.target, None, text),
            (Read::Column(column), None) => self.split(row.cell(*column), spot(Some(*column)), draft),
            (Read::Column(column), Some(extra)) => {
                self.shaped(extra, std::iter::once((row.cell(*column), Some(*column))), spot(None), draft);
            }
            (Read::Columns(columns), Some(extra)) => {
                let texts = columns.iter().map(|column| (row.cell(*column), Some(*column)));
                self.shaped(extra, texts, spot(None), draft);
            }
            // Several columns are there to be joined, which is an option.
            (Read::Columns(_), None) => {}
            (Read::Template(template), extra) => {
                if let Err(kept) = self.check_parts(template, row, draft) {
                    return self.require(kept, draft);
                }
                let mut filled = draft.scraps.text();
                template.fill(|column| row.cell(*column), &mut filled);
                match extra {
                    None => self.split(&filled, spot(None), draft),
                    Some(extra) => {
                        let texts = std::iter::once((&*filled, self.first_filled(row)));
                        self.shaped(extra, texts, spot(None), draft);
                    }
                }
                draft.scraps.put(filled);
            }
        }
    }

    /// The column that is blamed for what a template makes.
    fn first_filled(&self, row: &Row) -> Option<ColumnIndex> {
        let filled = self.columns.iter().find(|column| !cell::trim(row.cell(**column)).is_empty());
        filled.or(self.columns.first()).copied()
    }

    /// Whether a cell could not be read that this source reads, and if so whether that keeps the row back.
    fn unreadable(&self, row: &Row, draft: &mut Draft<'_>) -> Option<bool> {
        let mine = |issue: &&Issue| issue.column.is_some_and(|column| self.columns.contains(&column));
        let mut unreadable = row.issues.iter().filter(mine).peekable();
        unreadable.peek()?;
        let kept = unreadable.any(|issue| draft.warn & code_bit(issue.code) == 0);
        draft.touch(&self.target, kept);
        Some(kept)
    }

    /// Says that a value must be there and is not, unless one `came`, or what came keeps the row back.
    fn require(&self, came: bool, draft: &mut Draft<'_>) {
        if came || !self.extra.as_ref().is_some_and(|extra| extra.shape.required) {
            return;
        }
        let message =
            format!("`{}` is required, and there is no value for it", excerpt(self.target.key(), EXCERPT_CHARS));
        let column = self.columns.first().copied();
        draft.missing.add(draft.origin, Issue { column, ..Issue::row(Code::ValueMissing, message) });
    }

    /// Whether a template can be filled in; says what is wrong with each of its columns, and fails with whether that keeps
    /// the row back.
    fn check_parts(&self, template: &Template<ColumnIndex>, row: &Row, draft: &mut Draft<'_>) -> Result<(), bool> {
        let mut unsound = None;
        for column in template.columns() {
            let part = cell::trim(row.cell(*column));
            if let Err(fault) = cell::check(part, Lines::Many).and_then(|()| cell::check_sum(part)) {
                let kept = draft.blame(fault, Some(*column));
                draft.touch(&self.target, kept);
                unsound = Some(kept || unsound == Some(true));
            }
        }
        unsound.map_or(Ok(()), Err)
    }

    /// The way of values without options.
    fn split(&self, text: &str, spot: Spot<'_>, draft: &mut Draft<'_>) {
        let mut take = |part: &str| {
            self.take(cell::trim(part), spot, draft);
        };
        match &self.split[..] {
            [] => take(text),
            [only] => text.split(only.as_str()).for_each(take),
            several => parts(text, several).for_each(take),
        }
    }

    /// The way of values that have options.
    fn shaped<'a>(
        &self,
        extra: &Extra,
        texts: impl Iterator<Item = (&'a str, Option<ColumnIndex>)>,
        spot: Spot<'_>,
        draft: &mut Draft<'_>,
    ) {
        let row = spot.row;
        let label = match extra.label {
            None => None,
            Some(column) => {
                let label = cell::trim(row.cell(column));
                let known = row.issues.iter().find(|issue| issue.column == Some(column));
                let kept = match (known, cell::check(label, Lines::One)) {
                    // It is told already.
                    (Some(issue), _) => Some(draft.warn & code_bit(issue.code) == 0),
                    (None, Err(fault)) => Some(draft.blame(fault, Some(column))),
                    (None, Ok(())) => None,
                };
                if let Some(kept) = kept {
                    draft.touch(&self.target, kept);
                    return self.require(kept, draft);
                }
                Some(label).filter(|label| !label.is_empty())
            }
        };
        let spot = Spot { label, ..spot };
        // Whether there was anything, and whether that came to a value, or keeps the row back.
        let (mut found, mut came) = (false, false);
        let mut joined: Option<(String, Option<ColumnIndex>)> = None;
        for (text, column) in texts {
            for part in parts(text, &self.split) {
                let value = match extra.shape.apply(part) {
                    Ok(value) => value,
                    Err(fault) => {
                        let kept = draft.blame(fault, column);
                        draft.touch(&self.target, kept);
                        (found, came) = (true, came | kept);
                        continue;
                    }
                };
                if value.is_empty() {
                    continue;
                }
                found = true;
                match (&extra.join, &mut joined) {
                    (None, _) => came |= self.take(&value, Spot { column, ..spot }, draft),
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
                Ok(()) => came |= self.take(&text, Spot { column, ..spot }, draft),
                Err(fault) => {
                    let kept = draft.blame(fault, column);
                    draft.touch(&self.target, kept);
                    came |= kept;
                }
            }
        }
        match &extra.shape.default {
            Some(default) if !found => draft.put(&self.target, label, default),
            _ => self.require(came, draft),
        }
    }

    /// One trimmed value, which may be blank; whether it stands on the card, or keeps the row back.
    fn take(&self, text: &str, spot: Spot<'_>, draft: &mut Draft<'_>) -> bool {
        if text.is_empty() {
            return false;
        }
        let write = |out: &mut String| self.value(text, spot.row, out);
        let came = match draft.write(&self.target, spot.label, write) {
            Ok(()) => true,
            Err(fault) => draft.blame(fault, spot.column.or_else(|| self.first_filled(spot.row))),
        };
        draft.touch(&self.target, came);
        came
    }

    /// Appends what is sent for a trimmed text.
    pub fn value(&self, text: &str, row: &Row, out: &mut String) -> Result<(), Fault> {
        match self.target {
            Target::Channel(Channel::Email) => {
                cell::check_length(text)?;
                cell::check(text, Lines::Many)?;
                out.push_str(&email::read(text)?);
                Ok(())
            }
            Target::Channel(Channel::Voice) => self.phone(text, row, out),
            Target::Channel(Channel::Facebook | Channel::Vk | Channel::Line) => {
                cell::check_length(text)?;
                cell::check(text, Lines::One)?;
                cell::check_sum(text)?;
                out.push_str(text);
                Ok(())
            }
            Target::Name | Target::Custom { .. } => {
                cell::check_length(text)?;
                cell::check(text, Lines::Many)?;
                cell::check_sum(text)?;
                out.push_str(text);
                Ok(())
            }
        }
    }

    fn phone(&self, text: &str, row: &Row, out: &mut String) -> Result<(), Fault> {
        let (country, written) = match &self.country {
            None => (None, ""),
            Some(CountryRule::Always(country)) => (Some(*country), ""),
            Some(CountryRule::Column { column, values, default }) => {
                let known = |text: &str| values.iter().find(|(value, _)| value == text).map(|(_, country)| *country);
                match cell::trim(row.cell(*column)) {
                    // What stands in a cell that could not be read nobody knows.
                    _ if row.issues.iter().any(|issue| issue.column == Some(*column)) => (None, ""),
                    "" => (*default, ""),
                    text => (known(text).or_else(|| Country::from_code(&text.to_ascii_uppercase())), text),
                }
            }
        };
        cell::check_length(text)?;
        cell::check(text, Lines::Many)?;
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
