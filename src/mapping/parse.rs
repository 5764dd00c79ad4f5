//! A mapping's text into a [`Document`], or everything that is wrong with it.

use std::ops::Range;

use toml::de::DeTable;

use super::cell;
use super::diagnostic::{Diagnostic, nearest};
use super::document::{Content, Document, Source, Target};
use super::keys;
use super::settings;
use super::source;
use super::toml_table::{Findings, Value, in_file_order};
use crate::model::{Channel, excerpt};

/// The version of the language that this program speaks.
const VERSION: u64 = 1;

/// More sources than a table has columns to feed them; keeps origins small.
const SOURCES_MAX: usize = 10_000;

/// Reads a mapping.
pub(super) fn parse(text: &str) -> Result<Document, Vec<Diagnostic>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut findings = Findings::new(text);
    let document = document(&mut findings, root.get_ref());
    let mut diagnostics = findings.diagnostics;
    if !errors.is_empty() {
        // What is missing may only be unreadable; what stands on a broken line, or below a broken heading, says nothing.
        let broken: Vec<Range<usize>> =
            errors.iter().map(|error| lines_of(text, error.span().unwrap_or(0..text.len()))).collect();
        diagnostics.retain(|diagnostic| match &diagnostic.span {
            None => false,
            Some(span) => !broken.iter().any(|lines| {
                let is_heading = text[lines.clone()].trim_start().starts_with('[');
                span.start >= lines.start && (is_heading || span.start < lines.end)
            }),
        });
        diagnostics.extend(errors.iter().map(|error| syntax(text, error)));
    }
    if diagnostics.is_empty() {
        return Ok(document);
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.as_ref().map_or(0, |span| span.start));
    Err(diagnostics)
}

/// The lines that a range lies on, wholly.
fn lines_of(text: &str, span: Range<usize>) -> Range<usize> {
    // A line end is one byte and no part of another character, so whatever is cut here is cut at a character's edge.
    let bytes = text.as_bytes();
    let (start, end) = (span.start.min(bytes.len()), span.end.min(bytes.len()));
    let start = bytes[..start].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end = bytes[end..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| end + at);
    start..end.max(start)
}

fn syntax(text: &str, error: &toml::de::Error) -> Diagnostic {
    let message = error.message().lines().collect::<Vec<_>>().join(": ");
    let span = error.span().unwrap_or(text.len()..text.len());
    let message = format!("this is not TOML: {}", excerpt(&message, 200));
    let diagnostic = Diagnostic::at(span.clone(), message, "here");
    let line = &text[lines_of(text, span)];
    if error.message().contains("duplicate key") {
        return diagnostic
            .with_help("each key may stand once in a table; several sources stand in a list: [\"A\", \"B\"]");
    }
    if line.contains(['“', '”', '„', '‘', '’', '«', '»']) {
        return diagnostic.with_help("quotation marks are straight here: name = \"Full name\"");
    }
    match line.split_once('=') {
        Some((_, value)) if !value.trim_start().starts_with(['"', '\'', '[', '{']) => {
            diagnostic.with_help("text and column names stand in quotation marks: name = \"Full name\"")
        }
        Some((key, _)) if key.trim().contains(char::is_whitespace) && !key.contains(['"', '\'']) => {
            diagnostic.with_help("a label with spaces stands in quotation marks: \"Customer number\" = \"No\"")
        }
        _ => diagnostic,
    }
}

fn document(findings: &mut Findings<'_>, root: &DeTable<'_>) -> Document {
    let mut document = Document::default();
    let mut version = false;
    let mut card_at = None;
    for (key, value) in findings.entries(root, "a mapping", keys::ROOT) {
        match &**key.get_ref() {
            "version" => {
                version = true;
                check_version(findings, value);
            }
            "source" => (document.source, document.expected) = settings::source(findings, value),
            "rows" => document.rows = settings::rows(findings, value),
            "card" => {
                card_at = Some(key.span());
                card(findings, value, &mut document.sources);
            }
            _ => {}
        }
    }
    if !version {
        let diagnostic = Diagnostic::of_file("the mapping does not say its version");
        findings.add(diagnostic.with_help("begin the file with: version = 1"));
    }
    match card_at {
        // A misspelt [card] has been told of already.
        None if root.keys().any(|key| nearest(key.get_ref(), ["card"]).len() == 1) => {}
        None => findings.add(
            Diagnostic::of_file("the mapping has no [card], so there is nothing to send")
                .with_help("add [card], and below it which column is what: email = \"E-mail\""),
        ),
        Some(span) if findings.diagnostics.is_empty() => check_card(findings, span, &document),
        Some(_) => {}
    }
    document
}

fn check_version(findings: &mut Findings<'_>, value: &Value<'_>) {
    let Some(version) = findings.number(value, "version", 0..u64::MAX) else { return };
    if version != VERSION {
        let message = format!("this mapping is of version {version}, and this program reads version {VERSION}");
        let help =
            if version > VERSION { "a newer c3import may read it" } else { "the first version is 1: version = 1" };
        findings.add(Diagnostic::at(value.span(), message, "another version").with_help(help));
    }
}

fn card(findings: &mut Findings<'_>, value: &Value<'_>, sources: &mut Vec<Source>) {
    let Some(table) = findings.table(value, "card") else { return };
    for (key, value) in findings.entries(table, "[card]", keys::CARD) {
        let name: &str = key.get_ref();
        match name {
            "name" => source::read(findings, value, name, &Target::Name, sources),
            "custom" => custom(findings, value, sources),
            _ => {
                if let Some(channel) = Channel::ALL.into_iter().find(|channel| channel.as_str() == name) {
                    source::read(findings, value, name, &Target::Channel(channel), sources);
                }
            }
        }
    }
}

fn custom(findings: &mut Findings<'_>, value: &Value<'_>, sources: &mut Vec<Source>) {
    let Some(table) = findings.table(value, "custom") else { return };
    for (key, value) in in_file_order(table) {
        let label = cell::trim(key.get_ref());
        if label.is_empty() {
            findings.add(Diagnostic::at(key.span(), "a custom label is blank", "a label belongs here"));
        } else if let Err(fault) = cell::check(label, cell::Lines::One) {
            findings.add(Diagnostic::at(
                key.span(),
                format!("a custom label cannot be sent: {}", fault.message),
                "here",
            ));
        }
        source::read(findings, value, label, &Target::Custom { label: label.to_owned() }, sources);
    }
}

/// What is well-formed and still cannot send anybody.
fn check_card(findings: &mut Findings<'_>, span: Range<usize>, document: &Document) {
    let sources = &document.sources;
    let constant = |source: &Source| matches!(source.content, Content::Constant(_));
    if sources.iter().all(constant) {
        let message = "[card] names no column, so there is nothing to send";
        let help = "say which column is what: email = \"E-mail\"";
        findings.add(Diagnostic::at(span, message, "no source with a column").with_help(help));
    } else if sources.len() > SOURCES_MAX {
        let message = format!("[card] has {} sources, where {SOURCES_MAX} are the most", sources.len());
        findings.add(Diagnostic::at(span, message, "too many"));
    } else if document.rows.require_identity
        && !sources.iter().any(|source| matches!(source.target, Target::Channel(_)))
    {
        let message = "[card] has nothing to recognise people by, so every row would be refused";
        let help = "map one of email, voice, facebook, vk and line, or say require_identity = false in [rows]";
        findings.add(Diagnostic::at(span, message, "no contact entry").with_help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DelimiterChoice, EncodingChoice, SheetChoice};
    use proptest::prelude::*;

    #[test]
    fn settings_say_how_to_read_the_table() {
        let text = "version = 1\n[source]\nsheet = \"2\"\nheader_row = 3\ndelimiter = \"tab\"\nencoding = \"windows-1252\"\n\
                    [rows]\nrequire_identity = false\n[card]\nname = \"N\"\n";
        let document = parse(text).expect("a mapping");
        assert_eq!(document.source.sheet, Some(SheetChoice::Name("2".to_owned())));
        assert_eq!(document.source.header_row, Some(3));
        assert_eq!(document.source.delimiter, Some(DelimiterChoice::Byte(b'\t')));
        assert!(
            matches!(document.source.encoding, Some(EncodingChoice::Named(encoding)) if encoding.name() == "windows-1252")
        );
        assert!(!document.rows.require_identity);
        let sheet = |number| {
            parse(&format!("version = 1\nsource.sheet = {number}\ncard.email = \"E\"")).map(|d| d.source.sheet)
        };
        assert_eq!(sheet("2"), Ok(Some(SheetChoice::Number(2))));
        assert_eq!(sheet("0x10"), Ok(Some(SheetChoice::Number(16))));
        assert!(sheet("-1").is_err());
    }

    #[test]
    fn custom_fields_keep_the_order_of_the_file() {
        let text = "version = 1\n[card]\nemail = \"E\"\n[card.custom]\nZ = \"1\"\nA = \"2\"\n\"M m \" = \"3\"\n";
        let document = parse(text).expect("a mapping");
        let labels: Vec<_> = document.sources[1..].iter().map(|source| source.target.clone()).collect();
        assert_eq!(labels, ["Z", "A", "M m"].map(|label| Target::Custom { label: label.to_owned() }));
    }

    #[test]
    fn brackets_nested_without_end_are_an_error_not_a_crash() {
        for open in ["[", "{a=", "{a=["] {
            assert!(parse(&format!("version = 1\ncard.email = {}", open.repeat(100_000))).is_err());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_mapping_or_told_why(
            lines in proptest::collection::vec(
                "version = 1|\\[card\\]|\\[card.custom\\]|email = \"[a{}]{0,5}\"|voice = \\{ ?(column|value) = \"a\" ?\\}?|\\PC{0,12}|[\\[\\]{}\"'=a.\n]{0,9}",
                0..8,
            )
        ) {
            let text = lines.join("\n");
            if let Err(diagnostics) = parse(&text) {
                prop_assert!(!diagnostics.is_empty());
                for diagnostic in diagnostics {
                    prop_assert!(!diagnostic.message.is_empty() && !diagnostic.message.ends_with('.'));
                    if let Some(span) = diagnostic.span {
                        prop_assert!(text.get(span.clone()).is_some(), "{:?} of {:?}", span, text);
                    }
                }
            }
        }
    }
}
