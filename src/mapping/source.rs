//! Sources as written: a text, a table with options, or a list of these.

use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::cell;
use super::diagnostic::Diagnostic;
use super::document::{ColumnName, Content, Source, Target};
use super::phone::Country;
use super::template::{Template, TemplateFaultKind};
use super::toml_table::{Findings, SHOWN_CHARS, Value};
use crate::model::{Channel, excerpt};

/// Everything a source table may hold.
const KEYS: [&str; 5] = ["column", "template", "value", "split", "country"];

/// Slips for which the alphabet alone gives no good advice.
const COUNTRY_SLIPS: [(&str, &str); 4] = [("UK", "GB"), ("EN", "GB"), ("SV", "SE"), ("EL", "GR")];

/// One source or a list of sources, all for one target.
pub(super) fn read(findings: &mut Findings<'_>, value: &Value<'_>, key: &str, target: &Target, out: &mut Vec<Source>) {
    let DeValue::Array(list) = value.get_ref() else {
        out.extend(one(findings, value, key, target));
        return;
    };
    if *target == Target::Name {
        let message = "`name` takes one source, not a list";
        let help = "put the columns together in a template, such as \"{First Name} {Last Name}\"";
        findings.add(Diagnostic::at(value.span(), message, "a person has one name here").with_help(help));
        return;
    }
    if list.is_empty() {
        let message = format!("`{}` is an empty list", excerpt(key, SHOWN_CHARS));
        findings.add(
            Diagnostic::at(value.span(), message, "nothing to send").with_help("name a column, or leave the key out"),
        );
    }
    for value in list.iter() {
        out.extend(one(findings, value, key, target));
    }
}

fn one(findings: &mut Findings<'_>, value: &Value<'_>, key: &str, target: &Target) -> Option<Source> {
    let plain = |content| Source { target: target.clone(), content, split: None, country: None };
    match value.get_ref() {
        DeValue::String(text) if text.contains(['{', '}']) => template(findings, value, key).map(plain),
        DeValue::String(_) => column(findings, value, key).map(plain),
        DeValue::Table(table) => with_options(findings, table, value, key, target),
        _ => {
            findings.wrong_kind(value, key, "a column's name, a template or a table such as { column = \"…\" }");
            None
        }
    }
}

/// `{ column = "…", split = "…", country = "…" }` and its kin.
fn with_options(
    findings: &mut Findings<'_>,
    table: &DeTable<'_>,
    value: &Value<'_>,
    key: &str,
    target: &Target,
) -> Option<Source> {
    let place = format!("a source of `{}`", excerpt(key, SHOWN_CHARS));
    let mut contents = Vec::new();
    let (mut split, mut country) = (None, None);
    for (key, value) in findings.entries(table, &place, &KEYS) {
        match &**key.get_ref() {
            "column" => contents.push((key, column(findings, value, "column"))),
            "template" => contents.push((key, template(findings, value, "template"))),
            "value" => contents.push((key, constant(findings, value, target))),
            "split" => split = separator(findings, key.span(), value, target),
            "country" => country = known_country(findings, key.span(), value, target),
            _ => {}
        }
    }
    if let Some((second, _)) = contents.get(1) {
        let message = format!("{place} says twice where its value comes from");
        let help = "keep one of `column`, `template` and `value`; several sources stand in a list: [{ … }, { … }]";
        findings.add(Diagnostic::at(second.span(), message, "the second one").with_help(help));
        return None;
    }
    let Some((content_key, content)) = contents.pop() else {
        // A misspelt key has had its own message; a second one would say the same.
        if table.keys().all(|key| KEYS.contains(&&**key.get_ref())) {
            let message = format!("{place} does not say where its value comes from");
            let help = "add `column`, `template` or `value`";
            findings.add(Diagnostic::at(value.span(), message, "no column, template or value").with_help(help));
        }
        return None;
    };
    if let (Some(_), Some(Content::Constant(_))) = (&split, &content) {
        let message = "`split` has no effect on a `value`";
        findings.add(Diagnostic::at(content_key.span(), message, "this is the same for every row"));
    }
    Some(Source { target: target.clone(), content: content?, split, country })
}

fn column(findings: &mut Findings<'_>, value: &Value<'_>, key: &str) -> Option<Content> {
    let text = findings.text(value, key)?;
    let name = cell::trim(text);
    if name.is_empty() {
        let message = format!("`{}` names a column by white space", excerpt(key, SHOWN_CHARS));
        findings.add(Diagnostic::at(value.span(), message, "a column's header belongs here"));
        return None;
    }
    Some(Content::Column(ColumnName { name: name.to_owned(), span: value.span() }))
}

fn template(findings: &mut Findings<'_>, value: &Value<'_>, key: &str) -> Option<Content> {
    let text = findings.text(value, key)?;
    let parsed =
        Template::parse(text, |name, at| ColumnName { name: name.to_owned(), span: findings.span_within(value, at) });
    match parsed {
        Ok(template) => Some(Content::Template(template)),
        Err(faults) => {
            for fault in faults {
                let span = findings.span_within(value, fault.at);
                let (message, label, help) = match fault.kind {
                    TemplateFaultKind::Unclosed => {
                        ("a brace is opened and not closed", "opened here", "write `{{` for a brace that is text")
                    }
                    TemplateFaultKind::Unopened => {
                        ("a brace is closed that was not opened", "closed here", "write `}}` for a brace that is text")
                    }
                    TemplateFaultKind::Nested => (
                        "a brace is opened within braces",
                        "the one before is still open",
                        "a header that holds braces can be named only as { column = \"…\" }",
                    ),
                    TemplateFaultKind::Nameless => {
                        ("the braces name no column", "empty", "put a column's header between the braces")
                    }
                    TemplateFaultKind::NoColumn => (
                        "the template names no column",
                        "no {column} in it",
                        "for a column write { column = \"…\" }, for fixed text { value = \"…\" }",
                    ),
                };
                findings.add(Diagnostic::at(span, message, label).with_help(help));
            }
            None
        }
    }
}

fn constant(findings: &mut Findings<'_>, value: &Value<'_>, target: &Target) -> Option<Content> {
    let text = findings.text(value, "value")?;
    if let Target::Channel(channel) = target {
        // The server appends to the card that has one of the contacts already (API page, "Contact Cards").
        let message = format!("`{}` cannot be the same `value` for everybody", channel.as_str());
        let help = "the server would put all people on one card; name a column, or move this to [card.custom]";
        findings
            .add(Diagnostic::at(value.span(), message, "a contact entry that all people would share").with_help(help));
        return None;
    }
    let trimmed = cell::trim(text);
    if trimmed.is_empty() {
        findings.add(Diagnostic::at(value.span(), "`value` is only white space", "text belongs here"));
        return None;
    }
    let fault = cell::check(trimmed, cell::Lines::Many).and_then(|()| cell::check_length(trimmed));
    if let Err(fault) = fault {
        findings.add(Diagnostic::at(value.span(), format!("`value` cannot be sent: {}", fault.message), "here"));
        return None;
    }
    Some(Content::Constant(trimmed.to_owned()))
}

fn separator(
    findings: &mut Findings<'_>,
    key: std::ops::Range<usize>,
    value: &Value<'_>,
    target: &Target,
) -> Option<String> {
    if *target == Target::Name {
        let message = "`name` cannot be split";
        let help = "leave `split` out; a template puts columns together";
        findings.add(Diagnostic::at(key, message, "a person has one name here").with_help(help));
        return None;
    }
    findings.text(value, "split").map(str::to_owned)
}

fn known_country(
    findings: &mut Findings<'_>,
    key: std::ops::Range<usize>,
    value: &Spanned<DeValue<'_>>,
    target: &Target,
) -> Option<Country> {
    if *target != Target::Channel(Channel::Voice) {
        let help = "`country` says how national phone numbers are read, and belongs to sources of `voice`";
        findings.add(Diagnostic::at(key, "`country` has no meaning here", "not a phone number").with_help(help));
        return None;
    }
    let code = findings.text(value, "country")?;
    let country = Country::from_code(code);
    if country.is_none() {
        let upper = code.to_uppercase();
        let slip = COUNTRY_SLIPS.iter().find(|(wrong, _)| *wrong == upper).map(|(_, right)| *right);
        let help = match slip.or_else(|| Country::from_code(&upper).map(|_| &*upper)) {
            Some(right) => format!("did you mean \"{right}\"?"),
            None => "two capital letters of ISO 3166, such as \"SE\" for Sweden or \"GB\" for Great Britain".to_owned(),
        };
        let message = format!("\"{}\" is not a country whose phone numbers are known", excerpt(code, SHOWN_CHARS));
        findings.add(Diagnostic::at(value.span(), message, "no such country").with_help(help));
    }
    country
}
