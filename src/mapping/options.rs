//! The options of a source: what they may be, and where they mean something.

use std::collections::HashMap;
use std::ops::Range;

use toml::de::DeValue;

use super::cell;
use super::date_format::DateFormat;
use super::diagnostic::{Diagnostic, either};
use super::document::{ColumnName, CountryRule, Target};
use super::keys;
use super::phone::Country;
use super::shape::{Case, Shape, Transform};
use super::toml_table::{Findings, SHOWN_CHARS, TextByText, Value};
use crate::model::{Channel, excerpt};

/// Slips for which the alphabet alone gives no good advice.
const COUNTRY_SLIPS: [(&str, &str); 4] = [("UK", "GB"), ("EN", "GB"), ("SV", "SE"), ("EL", "GR")];

/// Everything beside `column`, `template` and `value`.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub split: Vec<String>,
    pub country: Option<CountryRule<ColumnName>>,
    pub shape: Shape,
    pub join: Option<String>,
    pub label: Option<ColumnName>,
    pub optional: bool,
    /// The keys that were there, with their places.
    pub keys: Vec<(&'static str, Range<usize>)>,
}

impl Options {
    /// Reads one option; `key` is its name.
    pub fn take(
        &mut self,
        findings: &mut Findings<'_>,
        name: &str,
        at: Range<usize>,
        value: &Value<'_>,
        target: &Target,
    ) {
        let Some(known) = keys::SOURCE.iter().find(|key| key.name == name) else { return };
        self.keys.push((known.name, at.clone()));
        let custom = matches!(target, Target::Custom { .. });
        let (place, help) = match (name, target) {
            ("split", Target::Name) => {
                ("`name` cannot be split", "leave `split` out; a template puts columns together")
            }
            ("label", _) if !custom => ("`label` has no meaning here", "only custom values have labels"),
            ("trim", _) if !custom => ("`trim` has no meaning here", "only custom values may keep their white space"),
            ("date_format", _) if !custom => ("`date_format` has no meaning here", "only custom values may be dates"),
            ("default", Target::Channel(_)) => (
                "a contact entry cannot have a `default`",
                "the server would put all people without one on one card; name a column, or use [card.custom]",
            ),
            ("country", Target::Name | Target::Custom { .. })
            | ("country", Target::Channel(Channel::Email | Channel::Facebook | Channel::Vk | Channel::Line)) => (
                "`country` has no meaning here",
                "`country` says how national phone numbers are read, and belongs to sources of `voice`",
            ),
            ("join", Target::Channel(_)) => {
                ("contact entries cannot be joined", "each is sent on its own; leave `join` out")
            }
            _ => ("", ""),
        };
        if !place.is_empty() {
            let label = match (name, target) {
                ("split", _) => "a person has one name here",
                ("country", _) => "not a phone number",
                ("default", _) => "a contact entry that people would share",
                (_, Target::Name) => "a name",
                (_, Target::Channel(_)) => "a contact entry",
                (_, Target::Custom { .. }) => "a custom value",
            };
            findings.add(Diagnostic::at(at, place, label).with_help(help));
            return;
        }
        match name {
            "optional" => self.optional = findings.truth(value, name).unwrap_or_default(),
            "label" => self.label = column_name(findings, value, name),
            "country" => self.country = country_rule(findings, value),
            "split" => self.split = separators(findings, value),
            "join" => self.join = findings.any_text(value, name).map(str::to_owned),
            "trim" => self.shape.keeps_space = findings.truth(value, name) == Some(false),
            "required" => self.shape.required = findings.truth(value, name).unwrap_or_default(),
            "default" => self.shape.default = fixed_text(findings, value, name),
            "max_length" => {
                let max = findings.number(value, name, 1..cell::VALUE_CHARS_MAX as u64 + 1);
                self.shape.length_max = max.and_then(|max| usize::try_from(max).ok());
            }
            _ => self.shape.transforms.extend(transform(findings, name, value)),
        }
    }

    /// Brings the transforms into the order in which they run.
    pub fn settle(&mut self) {
        let place = |transform: &Transform| match transform {
            Transform::Strip(_) => 0,
            Transform::Replace(_) => 1,
            Transform::Match(_) => 2,
            Transform::Extract(_) => 3,
            Transform::Case(_) => 4,
            Transform::Values(_) => 5,
            Transform::Date(_) => 6,
        };
        self.shape.transforms.sort_by_key(place);
    }

    /// Where an option stands, if it was given.
    pub fn at(&self, name: &str) -> Option<Range<usize>> {
        self.keys.iter().find(|(key, _)| *key == name).map(|(_, at)| at.clone())
    }
}

fn transform(findings: &mut Findings<'_>, name: &str, value: &Value<'_>) -> Option<Transform> {
    match name {
        "strip" => findings.text(value, name).map(|set| Transform::Strip(set.to_owned())),
        "replace" => pairs(findings, value).map(Transform::Replace),
        "match" => findings.pattern(value, name).map(Transform::Match),
        "extract" => findings.pattern(value, name).map(Transform::Extract),
        "case" => case(findings, value).map(Transform::Case),
        "values" => {
            let known = findings.diagnostics.len();
            let values = findings.text_by_text(value, name);
            for TextByText { key: old, key_at: at, .. } in &values {
                if cell::trim(old).len() != old.len() || old.is_empty() {
                    let message = format!("no value is ever \"{}\"", excerpt(old, SHOWN_CHARS));
                    let help =
                        "cells are trimmed, and blank ones are not looked at; write the text without outer white space";
                    findings.add(Diagnostic::at(at.clone(), message, "never found").with_help(help));
                }
            }
            let sound = findings.diagnostics.len() == known;
            let values = values.into_iter().map(|pair| (pair.key.to_owned(), cell::trim(pair.text).to_owned()));
            sound.then(|| Transform::Values(values.collect::<HashMap<_, _>>()))
        }
        "date_format" => {
            let text = findings.text(value, name)?;
            match DateFormat::new(text) {
                Ok(format) => Some(Transform::Date(format)),
                Err(why) => {
                    let message = format!("`date_format` cannot be \"{}\"", excerpt(text, SHOWN_CHARS));
                    findings.add(Diagnostic::at(value.span(), message, "not a date").with_help(why));
                    None
                }
            }
        }
        _ => None,
    }
}

fn pairs(findings: &mut Findings<'_>, value: &Value<'_>) -> Option<Vec<(String, String)>> {
    const WANTED: &str = "a list of pairs such as [[\"old\", \"new\"]]";
    let list = findings.list(value, "replace", WANTED)?;
    let mut pairs = Vec::with_capacity(list.len());
    for value in list {
        let pair = value.get_ref().as_array().map(|pair| {
            let texts: Vec<Option<&str>> = pair.iter().map(|text| text.get_ref().as_str()).collect();
            texts
        });
        match pair.as_deref() {
            Some([Some(""), Some(_)]) => {
                findings.add(Diagnostic::at(value.span(), "`replace` looks for an empty text", "nothing to find"));
            }
            Some([Some(old), Some(new)]) => pairs.push(((*old).to_owned(), (*new).to_owned())),
            _ => {
                findings.add(
                    Diagnostic::at(value.span(), "`replace` takes pairs of texts", "not a pair")
                        .with_help("write [[\"old\", \"new\"], [\"older\", \"newer\"]]"),
                );
            }
        }
    }
    (pairs.len() == list.len()).then_some(pairs)
}

fn case(findings: &mut Findings<'_>, value: &Value<'_>) -> Option<Case> {
    let text = findings.text(value, "case")?;
    let found = Case::ALL.iter().find(|(name, _)| *name == text).map(|(_, case)| *case);
    if found.is_none() {
        let names: Vec<String> = Case::ALL.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let message = format!("`case` cannot be \"{}\"", excerpt(text, SHOWN_CHARS));
        findings.add(Diagnostic::at(value.span(), message, "not known").with_help(format!("say {}", either(&names))));
    }
    found
}

/// One text or a list of them.
fn separators(findings: &mut Findings<'_>, value: &Value<'_>) -> Vec<String> {
    let DeValue::Array(list) = value.get_ref() else {
        return findings.text(value, "split").map(str::to_owned).into_iter().collect();
    };
    if list.is_empty() {
        findings.add(Diagnostic::at(value.span(), "`split` is an empty list", "no separator"));
    }
    list.iter().filter_map(|value| findings.text(value, "split").map(str::to_owned)).collect()
}

/// A column's name.
pub(super) fn column_name(findings: &mut Findings<'_>, value: &Value<'_>, key: &str) -> Option<ColumnName> {
    let text = findings.text(value, key)?;
    let name = cell::trim(text);
    if name.is_empty() {
        let message = format!("`{}` names a column by white space", excerpt(key, SHOWN_CHARS));
        findings.add(Diagnostic::at(value.span(), message, "a column's header belongs here"));
        return None;
    }
    Some(ColumnName { name: name.to_owned(), span: value.span() })
}

/// A text that is sent as it stands.
pub(super) fn fixed_text(findings: &mut Findings<'_>, value: &Value<'_>, key: &str) -> Option<String> {
    let text = findings.text(value, key)?;
    let trimmed = cell::trim(text);
    if trimmed.is_empty() {
        findings.add(Diagnostic::at(value.span(), format!("`{key}` is only white space"), "text belongs here"));
        return None;
    }
    let fault = cell::check(trimmed, cell::Lines::Many).and_then(|()| cell::check_length(trimmed));
    if let Err(fault) = fault {
        findings.add(Diagnostic::at(value.span(), format!("`{key}` cannot be sent: {}", fault.message), "here"));
        return None;
    }
    Some(trimmed.to_owned())
}

/// Two letters, or `{ column = "…", values = { … }, default = "…" }`.
fn country_rule(findings: &mut Findings<'_>, value: &Value<'_>) -> Option<CountryRule<ColumnName>> {
    let DeValue::Table(table) = value.get_ref() else {
        let Some(code) = value.get_ref().as_str() else {
            findings.wrong_kind(value, "country", "two letters in quotation marks, or { column = \"…\" }");
            return None;
        };
        return known_country(findings, code, value.span()).map(CountryRule::Always);
    };
    let (mut column, mut values, mut default) = (None, Vec::new(), None);
    for (key, value) in findings.entries(table, "`country`", keys::COUNTRY) {
        match &**key.get_ref() {
            "column" => column = column_name(findings, value, "column"),
            "values" => {
                for pair in findings.text_by_text(value, "values") {
                    if let Some(country) = known_country(findings, pair.text, pair.text_at) {
                        values.push((cell::trim(pair.key).to_owned(), country));
                    }
                }
            }
            "default" => {
                default = findings.text(value, "default").and_then(|code| known_country(findings, code, value.span()));
            }
            _ => {}
        }
    }
    // A misspelt key has had its own message; a second one would say the same.
    let mut names = table.keys().map(|key| &**key.get_ref());
    if names.all(|name| name != "column" && keys::COUNTRY.iter().any(|known| known.name == name)) {
        let help = "add `column`; a country that is always the same is written country = \"SE\"";
        findings.add(Diagnostic::at(value.span(), "`country` names no column", "incomplete").with_help(help));
    }
    Some(CountryRule::Column { column: column?, values, default })
}

fn known_country(findings: &mut Findings<'_>, code: &str, at: Range<usize>) -> Option<Country> {
    let country = Country::from_code(code);
    if country.is_none() {
        let upper = code.to_uppercase();
        let slip = COUNTRY_SLIPS.iter().find(|(wrong, _)| *wrong == upper).map(|(_, right)| *right);
        let help = match slip.or_else(|| Country::from_code(&upper).map(|_| &*upper)) {
            Some(right) => format!("did you mean \"{right}\"?"),
            None => "two capital letters of ISO 3166, such as \"SE\" for Sweden or \"GB\" for Great Britain".to_owned(),
        };
        let message = format!("\"{}\" is not a country whose phone numbers are known", excerpt(code, SHOWN_CHARS));
        findings.add(Diagnostic::at(at, message, "no such country").with_help(help));
    }
    country
}
