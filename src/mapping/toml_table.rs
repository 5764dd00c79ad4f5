//! TOML tables with their places in the file, and the collecting of everything that is wrong with them.
//!
//! Deserialising into structs would stop at the first mistake; people should see all of theirs at once.

use std::ops::Range;

use serde_spanned::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::diagnostic::{Diagnostic, all, either, nearest};
use super::keys::Key;
use super::shape;
use crate::model::excerpt;

/// How many characters of a key or a text a message shows.
pub(super) const SHOWN_CHARS: usize = 60;

/// A value and its place.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// A key with a text, and their places.
pub(super) struct TextByText<'v> {
    pub key: &'v str,
    pub key_at: Range<usize>,
    pub text: &'v str,
    pub text_at: Range<usize>,
}

/// The text of a mapping, and what has been found wrong with it so far.
pub(super) struct Findings<'t> {
    text: &'t str,
    pub diagnostics: Vec<Diagnostic>,
}

impl<'t> Findings<'t> {
    pub fn new(text: &'t str) -> Self {
        Findings { text, diagnostics: Vec::new() }
    }

    pub fn add(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The entries of a table in the order of the file; keys that are not among `known` are reported and left out.
    pub fn entries<'v, 'i>(
        &mut self,
        table: &'v DeTable<'i>,
        place: &str,
        known: &[Key],
    ) -> Vec<(&'v Spanned<DeString<'i>>, &'v Value<'i>)> {
        let mut entries = in_file_order(table);
        entries.retain(|(key, _)| {
            let name: &str = key.get_ref();
            if known.iter().any(|key| key.name == name) {
                return true;
            }
            let shown = excerpt(name, SHOWN_CHARS);
            let meant = meant(name).filter(|meant| known.iter().any(|key| key.name == *meant));
            let near = meant.map_or_else(|| nearest(name, known.iter().map(|key| key.name)), |meant| vec![meant]);
            let offers: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
            let help = if offers.is_empty() {
                let known: Vec<String> = known.iter().map(|key| format!("`{}`", key.name)).collect();
                format!("{place} knows {}", all(&known))
            } else {
                format!("did you mean {}?", either(&offers))
            };
            let label = "not part of a mapping of version 1";
            self.add(Diagnostic::at(key.span(), format!("{place} has no key `{shown}`"), label).with_help(help));
            false
        });
        entries
    }

    /// A value that must be a table.
    pub fn table<'v, 'i>(&mut self, value: &'v Value<'i>, key: &str) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_kind(value, key, "a table");
        }
        table
    }

    /// A value that must be text, not blank.
    pub fn text<'v>(&mut self, value: &'v Value<'_>, key: &str) -> Option<&'v str> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_kind(value, key, "text in quotation marks");
            return None;
        };
        if text.is_empty() {
            self.add(Diagnostic::at(value.span(), format!("`{key}` is empty"), "nothing between the quotation marks"));
            return None;
        }
        Some(text)
    }

    /// A value that must be text, blank or not.
    pub fn any_text<'v>(&mut self, value: &'v Value<'_>, key: &str) -> Option<&'v str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong_kind(value, key, "text in quotation marks");
        }
        text
    }

    /// A value that must be a list.
    pub fn list<'v, 'i>(&mut self, value: &'v Value<'i>, key: &str, wanted: &str) -> Option<&'v [Value<'i>]> {
        let list = value.get_ref().as_array();
        if list.is_none() {
            self.wrong_kind(value, key, wanted);
        }
        list.map(|list| &list[..])
    }

    /// A value that must be a list of texts, blank or not.
    pub fn texts<'v>(&mut self, value: &'v Value<'_>, key: &str) -> Option<Vec<&'v str>> {
        let list = self.list(value, key, "a list of texts")?;
        let texts: Vec<Option<&str>> = list.iter().map(|value| self.any_text(value, key)).collect();
        texts.into_iter().collect()
    }

    /// A table whose values must be texts, blank or not, in the order of the file, without those that are none.
    pub fn text_by_text<'v>(&mut self, value: &'v Value<'_>, key: &str) -> Vec<TextByText<'v>> {
        let Some(table) = self.table(value, key) else { return Vec::new() };
        let entries = in_file_order(table).into_iter().filter_map(|(old, new)| {
            let text = self.any_text(new, old.get_ref())?;
            Some(TextByText { key: old.get_ref(), key_at: old.span(), text, text_at: new.span() })
        });
        entries.collect()
    }

    /// A regular expression.
    pub fn pattern(&mut self, value: &Value<'_>, key: &str) -> Option<regex::Regex> {
        let text = self.text(value, key)?;
        match shape::pattern(text) {
            Ok(pattern) => Some(pattern),
            Err(why) => {
                let message = format!("`{key}` is not a regular expression: {why}");
                let help = "write \\\\ for a backslash, or put the expression into single quotation marks";
                let diagnostic = Diagnostic::at(value.span(), message, "here");
                self.add(if text.contains('\\') || why.contains("escape") {
                    diagnostic.with_help(help)
                } else {
                    diagnostic
                });
                None
            }
        }
    }

    /// A value that must be `true` or `false`.
    pub fn truth(&mut self, value: &Value<'_>, key: &str) -> Option<bool> {
        let truth = value.get_ref().as_bool();
        if truth.is_none() {
            self.wrong_kind(value, key, "true or false");
        }
        truth
    }

    /// A value that must be a whole number within bounds.
    pub fn number(&mut self, value: &Value<'_>, key: &str, bounds: Range<u64>) -> Option<u64> {
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_kind(value, key, "a whole number");
            return None;
        };
        let number =
            u64::from_str_radix(integer.as_str(), integer.radix()).ok().filter(|number| bounds.contains(number));
        if number.is_none() {
            let message = format!("`{key}` cannot be {integer}");
            let label = format!("{} to {} is possible", bounds.start, bounds.end - 1);
            self.add(Diagnostic::at(value.span(), message, label));
        }
        number
    }

    /// Reports a value of the wrong kind.
    pub fn wrong_kind(&mut self, value: &Value<'_>, key: &str, wanted: &str) {
        let key = excerpt(key, SHOWN_CHARS);
        let message = format!("`{key}` must be {wanted}, not {}", kind(value.get_ref()));
        self.add(Diagnostic::at(value.span(), message, format!("{wanted} belongs here")));
    }

    /// The place of a part of a string value. Where the string is written with escapes or over several lines, parts
    /// have no simple place, and the whole is meant.
    pub fn span_within(&self, value: &Value<'_>, part: Range<usize>) -> Range<usize> {
        let span = value.span();
        let written = self.text.get(span.clone()).and_then(|raw| raw.get(1..raw.len().saturating_sub(1)));
        if written.is_some() && written == value.get_ref().as_str() {
            return span.start + 1 + part.start..span.start + 1 + part.end;
        }
        span
    }
}

/// A table's entries as the author ordered them: the parser sorts by name, and custom fields are sent in file order.
pub(super) fn in_file_order<'v, 'i>(table: &'v DeTable<'i>) -> Vec<(&'v Spanned<DeString<'i>>, &'v Value<'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with decimals",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The key that people mean by a word of their own: the API calls phone numbers `voice`.
fn meant(word: &str) -> Option<&'static str> {
    let word: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    match word.as_str() {
        "phone" | "phones" | "phonenumber" | "mobile" | "mobil" | "telephone" | "telefon" | "tel" | "cell" => {
            Some("voice")
        }
        "mail" | "emails" | "epost" => Some("email"),
        "fullname" | "names" | "firstname" | "lastname" => Some("name"),
        "skip" | "exclude" => Some("skip_if"),
        "only" | "include" => Some("only_if"),
        _ => None,
    }
}
