//! A document held against a header: every name becomes a place in a row, once, so that mapping a row looks nothing up.

use super::columns::Columns;
use super::condition::Condition;
use super::diagnostic::{Diagnostic, all};
use super::document::{ColumnName, Content, CountryRule, Document, Expected, Source, Target};
use super::mapper::{Gate, Mapper};
use super::step::{Extra, Read, Step};
use super::template::Template;
use crate::model::{Code, ColumnIndex, Header, OWN_COLUMNS, excerpt};

/// How many columns a message about a row without contacts names.
const NAMED_MAX: usize = 4;

/// How many characters of a header a message shows.
const HEADER_CHARS: usize = 40;

/// More steps than any table can feed; origins are of 16 bits.
const STEPS_MAX: usize = 60_000;

/// A column that an optional template names and the table lacks. A row's cells beyond its end are blank.
const ABSENT: ColumnIndex = ColumnIndex(u32::MAX);

/// Finds all columns, or tells all that are not found.
pub(super) fn compile(document: &Document, header: &Header) -> Result<Mapper, Vec<Diagnostic>> {
    if let Some(drifted) = document.expected.as_ref().and_then(|expected| drift(expected, header)) {
        return Err(vec![drifted]);
    }
    let mut finder = Finder { columns: Columns::new(header), diagnostics: Vec::new() };
    let mut steps = Vec::new();
    for source in &document.sources {
        finder.steps(source, &mut steps);
        if steps.len() > STEPS_MAX {
            let message = format!("the mapping has more than {STEPS_MAX} sources in this table");
            finder.diagnostics.push(Diagnostic::at(source.span.clone(), message, "too many"));
            break;
        }
    }
    let skip_if = finder.gates(&document.rows.skip_if, "skip_if", true, header);
    let only_if = finder.gates(&document.rows.only_if, "only_if", false, header);
    let mut diagnostics = finder.diagnostics;
    let is_contact = |step: &Step| matches!(step.target, Target::Channel(_));
    if diagnostics.is_empty() && document.rows.require_identity && !steps.iter().any(is_contact) {
        let message =
            "the table has none of the columns that people could be recognised by, so every row would be refused";
        let help = "is it the table that the mapping was made for?";
        diagnostics.push(Diagnostic::of_file(message).with_help(help));
    }
    if !diagnostics.is_empty() {
        diagnostics.sort_by_key(|diagnostic| diagnostic.span.as_ref().map_or(0, |span| span.start));
        diagnostics.dedup();
        return Err(diagnostics);
    }
    let without_contact = document.rows.require_identity.then(|| without_contact(&steps, header));
    let warn = document.rows.warn.iter().map(|(code, _)| code_bit(*code)).fold(0, std::ops::BitOr::bitor);
    Ok(Mapper::new(steps, header.names.len(), without_contact, [skip_if, only_if].concat(), warn))
}

/// A code as one bit of a mask.
pub(super) fn code_bit(code: Code) -> u64 {
    // There are fewer codes than bits, which a test holds true.
    1 << (code as u32 % u64::BITS)
}

struct Finder<'h> {
    columns: Columns<'h>,
    diagnostics: Vec<Diagnostic>,
}

impl Finder<'_> {
    /// What a source becomes: one step, or one for every member of its family; none when it may be missing and is.
    fn steps(&mut self, source: &Source, steps: &mut Vec<Step>) {
        let named = source.content.columns();
        let mut families = Vec::new();
        for name in &named {
            if let Some(numbers) = self.columns.numbers(name) {
                families.push((*name, numbers.into_iter().map(str::to_owned).collect::<Vec<_>>()));
            }
        }
        let mut numbers: Vec<&String> = families.iter().flat_map(|(_, numbers)| numbers).collect();
        numbers.sort_by_key(|number| (number.trim_start_matches('0').len(), (*number).clone()));
        numbers.dedup();
        if families.is_empty() {
            steps.extend(self.step(source, None));
        } else if numbers.is_empty() {
            if !source.optional {
                let missing = families.iter().map(|(name, _)| self.columns.missing(name)).collect::<Vec<_>>();
                self.diagnostics.extend(missing);
            }
        } else if let (Some(_), Content::Column(name)) = (&source.join, &source.content) {
            let columns = numbers.iter().filter_map(|number| self.find(&name.numbered(number))).collect();
            steps.extend(self.finish(source, Read::Columns(columns), None));
        } else {
            for number in numbers {
                steps.extend(self.step(source, Some(number)));
            }
        }
    }

    /// One step; of a family, the member with this number.
    fn step(&mut self, source: &Source, number: Option<&str>) -> Option<Step> {
        let read = match &source.content {
            Content::Constant(text) => Read::Constant(text.clone()),
            Content::Column(name) => {
                let name = match number {
                    Some(number) => &name.numbered(number),
                    None => name,
                };
                Read::Column(match source.optional {
                    true => self.look(name)?,
                    false => self.find(name)?,
                })
            }
            Content::Template(template) => Read::Template(self.template(template, source.optional, number)?),
        };
        self.finish(source, read, number)
    }

    fn template(
        &mut self,
        template: &Template<ColumnName>,
        optional: bool,
        number: Option<&str>,
    ) -> Option<Template<ColumnIndex>> {
        let resolved = template.resolve(|name| match (number, name.pattern()) {
            // Of a family, single members may be missing.
            (Some(number), Some(_)) if !matches!(self.columns.look(name), Ok(Some(_))) => {
                Some(self.look(&name.numbered(number)).unwrap_or(ABSENT))
            }
            _ if optional => Some(self.look(name).unwrap_or(ABSENT)),
            _ => self.find(name),
        })?;
        let is_there = resolved.columns().any(|column| *column != ABSENT);
        is_there.then_some(resolved)
    }

    fn finish(&mut self, source: &Source, read: Read, number: Option<&str>) -> Option<Step> {
        let mut columns: Vec<ColumnIndex> = match &read {
            Read::Column(column) => vec![*column],
            Read::Columns(columns) => columns.clone(),
            Read::Template(template) => template.columns().copied().filter(|column| *column != ABSENT).collect(),
            Read::Constant(_) => Vec::new(),
        };
        columns.dedup();
        let country = match &source.country {
            None => None,
            Some(CountryRule::Always(country)) => Some(CountryRule::Always(*country)),
            Some(CountryRule::Column { column, values, default }) => {
                let column = if source.optional { self.look(column) } else { Some(self.find(column)?) };
                match column {
                    Some(column) => Some(CountryRule::Column { column, values: values.clone(), default: *default }),
                    None => default.map(CountryRule::Always),
                }
            }
        };
        let label = match &source.label {
            None => None,
            Some(label) => match (number, label.pattern()) {
                (Some(number), Some(_)) => self.look(&label.numbered(number)),
                _ => Some(self.find(label)?),
            },
        };
        let plain = source.shape.is_plain() && source.join.is_none() && label.is_none();
        let extra = (!plain).then(|| Box::new(Extra { shape: source.shape.clone(), join: source.join.clone(), label }));
        let (target, split) = (source.target.clone(), source.split.clone());
        Some(Step { target, read, split, country, columns, extra })
    }

    fn gates(
        &mut self,
        conditions: &[Condition<ColumnName>],
        key: &str,
        skips_when: bool,
        header: &Header,
    ) -> Vec<Gate> {
        let gates = conditions.iter().filter_map(|condition| {
            let column = self.find(&condition.column)?;
            let name = excerpt(&header.label(column), HEADER_CHARS);
            let reason = format!("left out by {key}: \"{name}\" {}", condition.test.in_words(skips_when));
            Some(Gate { column, test: condition.test.clone(), skips_when, reason })
        });
        gates.collect()
    }

    /// A column that must be there.
    fn find(&mut self, wanted: &ColumnName) -> Option<ColumnIndex> {
        match self.columns.find(wanted) {
            Ok(column) => Some(column),
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    /// A column that may be missing, but not there twice.
    fn look(&mut self, wanted: &ColumnName) -> Option<ColumnIndex> {
        match self.columns.look(wanted) {
            Ok(column) => column,
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }
}

/// How the table's columns differ from those that are expected, if they do.
fn drift(expected: &Expected, header: &Header) -> Option<Diagnostic> {
    let found: Vec<&str> = header.names.iter().map(|name| super::cell::trim(name)).collect();
    // The results of an earlier run are the same table.
    let found = found.strip_suffix(&OWN_COLUMNS[..]).unwrap_or(&found);
    if found.iter().eq(&expected.names) {
        return None;
    }
    let quoted = |names: Vec<&str>| {
        let mut said: Vec<String> =
            names.iter().take(NAMED_MAX).map(|name| format!("\"{}\"", excerpt(name, HEADER_CHARS))).collect();
        if names.len() > NAMED_MAX {
            said.push(format!("{} more", names.len() - NAMED_MAX));
        }
        all(&said)
    };
    let count = |names: &[&str], name: &str| names.iter().filter(|other| **other == name).count();
    let wanted: Vec<&str> = expected.names.iter().map(String::as_str).collect();
    let lacking = |from: &[&str], names: &[&str]| -> String {
        let mut lacking: Vec<&str> = Vec::new();
        for name in from {
            if count(from, name) > count(names, name) && !lacking.contains(name) {
                lacking.push(name);
            }
        }
        quoted(lacking)
    };
    let (missing, new) = (lacking(&wanted, found), lacking(found, &wanted));
    let how = match (missing.is_empty(), new.is_empty()) {
        (false, false) => format!("{missing} missing, {new} new"),
        (false, true) => format!("{missing} missing"),
        (true, false) => format!("{new} new"),
        (true, true) => {
            let at = found.iter().zip(&wanted).position(|(found, wanted)| found != wanted).unwrap_or(0);
            let column = ColumnIndex(u32::try_from(at).unwrap_or(u32::MAX));
            format!("the order differs from column {} on", column.letters())
        }
    };
    let message = format!("the table's columns are not the expected ones: {how}");
    let help = "ask whoever makes the table what has changed; then change the mapping, expect_columns with it";
    Some(Diagnostic::at(expected.span.clone(), message, "these are expected").with_help(help))
}

/// What to say of a row that has no contact entry.
fn without_contact(steps: &[Step], header: &Header) -> String {
    let mut columns: Vec<ColumnIndex> = Vec::new();
    for step in steps.iter().filter(|step| matches!(step.target, Target::Channel(_))) {
        columns.extend(&step.columns);
    }
    columns.sort_unstable();
    columns.dedup();
    let named = |column: &ColumnIndex| format!("\"{}\"", excerpt(&header.label(*column), HEADER_CHARS));
    let mut names: Vec<String> = columns.iter().take(NAMED_MAX).map(named).collect();
    if columns.len() > NAMED_MAX {
        names.push(format!("{} more", columns.len() - NAMED_MAX));
    }
    let names = all(&names);
    let verb = if columns.len() == 1 { "is" } else { "are" };
    format!("there is nothing to recognise this person by: {names} {verb} blank; fill in a contact")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_bit_of_its_own() {
        let mask = Code::ALL.iter().map(|code| code_bit(*code)).fold(0, std::ops::BitOr::bitor);
        assert_eq!(mask.count_ones() as usize, Code::ALL.len());
    }
}
