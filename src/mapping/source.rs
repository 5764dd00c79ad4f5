//! Sources as written: a text, a table with options, or a list of these.

use toml::de::{DeTable, DeValue};

use super::diagnostic::Diagnostic;
use super::document::{ColumnName, Content, Source, Target};
use super::keys;
use super::options::{Options, column_name, fixed_text};
use super::template::{Template, TemplateFaultKind};
use super::toml_table::{Findings, SHOWN_CHARS, Value};
use crate::model::excerpt;

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
    let plain = |content| source(target, content, Options::default(), value);
    match value.get_ref() {
        DeValue::String(text) if text.contains(['{', '}']) => template(findings, value, key).map(plain),
        DeValue::String(_) => column_name(findings, value, key).map(Content::Column).map(plain),
        DeValue::Table(table) => with_options(findings, table, value, key, target),
        _ => {
            findings.wrong_kind(value, key, "a column's name, a template or a table such as { column = \"…\" }");
            None
        }
    }
}

fn source(target: &Target, content: Content, options: Options, value: &Value<'_>) -> Source {
    let Options { split, country, shape, join, label, optional, keys: _ } = options;
    let (target, span) = (target.clone(), value.span());
    Source { target, content, split, country, shape, join, label, optional, span }
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
    let mut options = Options::default();
    for (key, value) in findings.entries(table, &place, keys::SOURCE) {
        match &**key.get_ref() {
            "column" => contents.push((key, column_name(findings, value, "column").map(Content::Column))),
            "template" => contents.push((key, template(findings, value, "template"))),
            "value" => contents.push((key, constant(findings, value, target))),
            name => options.take(findings, name, key.span(), value, target),
        }
    }
    options.settle();
    if let Some((second, _)) = contents.get(1) {
        let message = format!("{place} says twice where its value comes from");
        let help = "keep one of `column`, `template` and `value`; several sources stand in a list: [{ … }, { … }]";
        findings.add(Diagnostic::at(second.span(), message, "the second one").with_help(help));
        return None;
    }
    let Some((content_key, content)) = contents.pop() else {
        // A misspelt key has had its own message; a second one would say the same.
        if table.keys().all(|key| keys::SOURCE.iter().any(|known| known.name == &**key.get_ref())) {
            let message = format!("{place} does not say where its value comes from");
            let help = "add `column`, `template` or `value`";
            findings.add(Diagnostic::at(value.span(), message, "no column, template or value").with_help(help));
        }
        return None;
    };
    let content = content?;
    check_sense(findings, &options, &content, &content_key.span());
    Some(source(target, content, options, value))
}

/// Options that each mean something, but not together.
fn check_sense(findings: &mut Findings<'_>, options: &Options, content: &Content, at: &std::ops::Range<usize>) {
    if let (Content::Constant(_), Some((name, option))) = (content, options.keys.first()) {
        let message = format!("`{name}` has no effect on a `value`");
        // The one that has been told of since the beginning points at the value.
        let at = if *name == "split" { at.clone() } else { option.clone() };
        findings.add(Diagnostic::at(at, message, "this is the same for every row"));
    }
    if let (Some(_), Some(at)) = (&options.shape.default, options.at("required").filter(|_| options.shape.required)) {
        let message = "`required` has no effect beside a `default`";
        findings.add(Diagnostic::at(at, message, "never missing").with_help("keep one of the two"));
    }
    if let (Content::Template(_), Some(at)) = (content, options.at("label")) {
        let message = "`label` has no meaning for a `template`";
        findings.add(Diagnostic::at(at, message, "not a column").with_help("it belongs to a `column`"));
    }
    if let (Some(_), Some(at)) = (&options.join, options.at("label")) {
        let message = "`label` has no meaning beside `join`";
        findings.add(Diagnostic::at(at, message, "several labels for one value").with_help("keep one of the two"));
    }
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
    findings.text(value, "value")?;
    if let Target::Channel(channel) = target {
        // The server appends to the card that has one of the contacts already (API page, "Contact Cards").
        let message = format!("`{}` cannot be the same `value` for everybody", channel.as_str());
        let help = "the server would put all people on one card; name a column, or move this to [card.custom]";
        findings
            .add(Diagnostic::at(value.span(), message, "a contact entry that all people would share").with_help(help));
        return None;
    }
    fixed_text(findings, value, "value").map(Content::Constant)
}
