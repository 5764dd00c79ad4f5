//! What a mapping says that it probably does not mean. Nothing here keeps it from being used.

use super::condition::{Condition, Test};
use super::diagnostic::{Diagnostic, Level, all};
use super::document::{ColumnName, Content, Document, Source, Target};
use super::mapper::Mapper;
use super::shape::Transform;
use super::toml_table::SHOWN_CHARS;
use crate::model::{Channel, Code, Header, excerpt};

/// How many columns a note lists.
const LISTED_MAX: usize = 20;

/// What can be seen without a table, in the order of the file.
pub(super) fn alone(document: &Document) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (at, source) in document.sources.iter().enumerate() {
        let before = &document.sources[..at];
        twice(source, before, &mut found);
        patterns(source, &mut found);
    }
    conditions(document, &mut found);
    useless_warnings(document, &mut found);
    found.sort_by_key(|diagnostic| diagnostic.span.as_ref().map_or(0, |span| span.start));
    found.dedup();
    found
}

/// What can be seen with the table's header.
pub(super) fn against(document: &Document, header: &Header, mapper: &Mapper) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for source in document.sources.iter().filter(|source| source.optional) {
        let columns = super::columns::Columns::new(header);
        let is_there = |name: &&ColumnName| {
            matches!(columns.look(name), Ok(Some(_))) || columns.numbers(name).is_some_and(|found| !found.is_empty())
        };
        let named = source.content.columns();
        if named.is_empty() || named.iter().any(is_there) {
            continue;
        }
        let names: Vec<String> = named.iter().map(|name| format!("\"{}\"", excerpt(&name.name, SHOWN_CHARS))).collect();
        let (message, label) = match source.content {
            Content::Template(_) => (
                format!("this template can never be filled: the table has none of {}", all(&names)),
                "optional, and not there",
            ),
            Content::Column(_) | Content::Constant(_) => {
                (format!("the table has no {}, which is optional", all(&names)), "left out")
            }
        };
        let level = if matches!(source.content, Content::Template(_)) { Level::Warning } else { Level::Note };
        found.push(Diagnostic::at(source.span.clone(), message, label).weighing(level));
    }
    let unused: Vec<_> = mapper.unused().collect();
    if !unused.is_empty() {
        let mut names: Vec<String> = unused
            .iter()
            .take(LISTED_MAX)
            .map(|column| format!("\"{}\"", excerpt(&header.label(*column), SHOWN_CHARS)))
            .collect();
        if unused.len() > LISTED_MAX {
            names.push(format!("{} more", unused.len() - LISTED_MAX));
        }
        let message = format!("nobody uses {}", all(&names));
        let help = "a column that is not named never leaves your machine";
        found.push(Diagnostic::of_file(message).weighing(Level::Note).with_help(help));
    }
    found.sort_by_key(|diagnostic| diagnostic.span.as_ref().map_or(usize::MAX, |span| span.start));
    found
}

/// The same column for the same field.
fn twice(source: &Source, before: &[Source], found: &mut Vec<Diagnostic>) {
    let Content::Column(name) = &source.content else { return };
    if !source.split.is_empty() || !source.shape.is_plain() || source.label.is_some() {
        return;
    }
    let same = |other: &&Source| {
        let Content::Column(other_name) = &other.content else { return false };
        other.target == source.target && other_name.name == name.name && other.shape.is_plain() && other.label.is_none()
    };
    if before.iter().any(|other| same(&other)) {
        let message = format!(
            "\"{}\" feeds `{}` twice",
            excerpt(&name.name, SHOWN_CHARS),
            excerpt(source.target.key(), SHOWN_CHARS)
        );
        let help = "a repeated value is sent once; leave one of them out";
        found.push(
            Diagnostic::at(source.span.clone(), message, "the second time").weighing(Level::Warning).with_help(help),
        );
    }
}

/// Regular expressions and tables of values that change nothing.
fn patterns(source: &Source, found: &mut Vec<Diagnostic>) {
    let mut warn = |message: String, help: &str| {
        let diagnostic = Diagnostic::at(source.span.clone(), message, "in this source");
        found.push(diagnostic.weighing(Level::Warning).with_help(help));
    };
    for transform in &source.shape.transforms {
        match transform {
            Transform::Match(pattern) if pattern.is_match("") => warn(
                format!(
                    "`match` leaves nothing out: {} is found in every text",
                    excerpt(pattern.as_str(), SHOWN_CHARS)
                ),
                "write + for \"at least one\", and ^ and $ for the whole value",
            ),
            Transform::Extract(pattern) if pattern.is_match("") => warn(
                format!(
                    "`extract` may find nothing: {} is content with no character",
                    excerpt(pattern.as_str(), SHOWN_CHARS)
                ),
                "write + for \"at least one\"",
            ),
            Transform::Values(values) if values.iter().all(|(old, new)| old == new) => {
                warn("`values` changes nothing".to_owned(), "write { old = \"new\" }");
            }
            Transform::Strip(_)
            | Transform::Replace(_)
            | Transform::Match(_)
            | Transform::Extract(_)
            | Transform::Case(_)
            | Transform::Values(_)
            | Transform::Date(_) => {}
        }
    }
    if let Some(join) = &source.join
        && source.split.len() == 1
        && source.split[0] == *join
        && source.shape.transforms.is_empty()
    {
        warn("`join` puts together what `split` took apart".to_owned(), "leave both out");
    }
}

/// Conditions that no row can meet, or every row does.
fn conditions(document: &Document, found: &mut Vec<Diagnostic>) {
    let rows = &document.rows;
    let mut unreachable = |condition: &Condition<ColumnName>, message: &str| {
        let diagnostic = Diagnostic::at(condition.span.clone(), message, "unreachable");
        found.push(diagnostic.weighing(Level::Warning));
    };
    let same_column = |a: &Condition<ColumnName>, b: &Condition<ColumnName>| a.column.name == b.column.name;
    for (at, condition) in rows.only_if.iter().enumerate() {
        for other in rows.only_if[..at].iter().filter(|other| same_column(condition, other)) {
            if contradict(&condition.test, &other.test) {
                unreachable(condition, "no row can meet this condition and the one before, so every row is left out");
            }
        }
    }
    for (at, condition) in rows.skip_if.iter().enumerate() {
        for other in rows.skip_if[..at].iter().filter(|other| same_column(condition, other)) {
            if implies(&condition.test, &other.test) {
                unreachable(condition, "the condition before leaves out all that this one would");
            } else if let (Test::Blank(a), Test::Blank(b)) = (&condition.test, &other.test)
                && a != b
            {
                unreachable(condition, "a cell is blank or it is not, so every row is left out");
            }
        }
        for other in rows.only_if.iter().filter(|other| same_column(condition, other)) {
            if implies(&other.test, &condition.test) {
                unreachable(condition, "`only_if` asks for just what this leaves out, so every row is left out");
            } else if contradict(&condition.test, &other.test) {
                unreachable(condition, "`only_if` leaves out all that this would");
            }
        }
    }
}

/// The texts that a test can hold for, where they are few.
fn texts(test: &Test) -> Option<Vec<&str>> {
    match test {
        Test::Equals(text) => Some(vec![text]),
        Test::In(texts) => Some(texts.iter().map(String::as_str).collect()),
        Test::Blank(true) => Some(vec![""]),
        Test::Blank(false) | Test::Matches(_) => None,
    }
}

/// Whether no text can meet both.
fn contradict(a: &Test, b: &Test) -> bool {
    match (texts(a), texts(b)) {
        (Some(texts), _) => !texts.iter().any(|text| b.holds(text)),
        (None, Some(texts)) => !texts.iter().any(|text| a.holds(text)),
        (None, None) => false,
    }
}

/// Whether every text that meets `a` meets `b` too.
fn implies(a: &Test, b: &Test) -> bool {
    match texts(a) {
        Some(texts) => texts.iter().all(|text| b.holds(text)),
        None => match (a, b) {
            (Test::Blank(a), Test::Blank(b)) => a == b,
            (Test::Matches(a), Test::Matches(b)) => a.as_str() == b.as_str(),
            (_, _) => false,
        },
    }
}

/// `on_finding` for findings that this mapping cannot have.
fn useless_warnings(document: &Document, found: &mut Vec<Diagnostic>) {
    let feeds = |channel| document.sources.iter().any(|source| source.target == Target::Channel(channel));
    let has_dates = document
        .sources
        .iter()
        .any(|source| source.shape.transforms.iter().any(|transform| matches!(transform, Transform::Date(_))));
    for (code, span) in &document.rows.warn {
        let missing = match code {
            Code::EmailSyntax if !feeds(Channel::Email) => "`email`",
            Code::PhoneSyntax | Code::PhoneLength | Code::PhoneCountry if !feeds(Channel::Voice) => "`voice`",
            Code::DateFormat if !has_dates => "`date_format`",
            _ => continue,
        };
        let message = format!("\"{code}\" is never found without {missing}");
        found.push(Diagnostic::at(span.clone(), message, "no such source").weighing(Level::Warning));
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::Mapping;
    use crate::model::{Header, RowNumber};

    fn told(mapping: &str) -> String {
        let text = format!("version = 1\n{mapping}");
        let told = Mapping::parse(&text).expect("a mapping").lint();
        told.into_iter().map(|diagnostic| diagnostic.message).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn what_changes_nothing_is_told() {
        assert_eq!(told("[card]\nemail = [\"E\", { column = \"E\", split = \";\" }]\nvoice = \"E\""), "");
        assert_eq!(told("[card]\nemail = [\"E\", \"F\", \"E\"]"), "\"E\" feeds `email` twice");
        assert_eq!(
            told("[card]\nemail = { column = \"E\", match = \"a*\" }"),
            "`match` leaves nothing out: a* is found in every text"
        );
        assert_eq!(told("[card]\nemail = { column = \"E\", values = { a = \"a\" } }"), "`values` changes nothing");
        assert_eq!(
            told("[card]\nemail = \"E\"\ncustom.L = { column = \"F\", split = \";\", join = \";\" }"),
            "`join` puts together what `split` took apart"
        );
        assert_eq!(
            told("[rows]\non_finding = { \"phone.length\" = \"warn\" }\n[card]\nemail = \"E\""),
            "\"phone.length\" is never found without `voice`"
        );
    }

    #[test]
    fn conditions_that_cannot_be_reached_are_told() {
        let rows = |rows: &str| told(&format!("[card]\nemail = \"E\"\n[rows]\n{rows}"));
        let on = |test: &str| format!("{{ column = \"S\", {test} }}");
        let two = |key: &str, a: &str, b: &str| rows(&format!("{key} = [{}, {}]", on(a), on(b)));
        assert_eq!(two("only_if", "in = [\"a\", \"b\"]", "equals = \"b\""), "");
        assert!(two("only_if", "equals = \"a\"", "equals = \"b\"").contains("every row is left out"));
        assert!(two("only_if", "blank = true", "matches = \"a\"").contains("every row is left out"));
        assert_eq!(two("skip_if", "equals = \"a\"", "equals = \"b\""), "");
        assert!(two("skip_if", "in = [\"a\", \"b\"]", "equals = \"b\"").contains("the condition before"));
        assert!(two("skip_if", "blank = true", "blank = false").contains("every row is left out"));
        let both = |skip: &str, only: &str| rows(&format!("skip_if = {}\nonly_if = {}", on(skip), on(only)));
        assert!(both("blank = false", "equals = \"a\"").contains("so every row is left out"));
        assert!(both("equals = \"b\"", "equals = \"a\"").contains("`only_if` leaves out"));
        assert_eq!(both("equals = \"b\"", "matches = \"b|c\""), "");
    }

    #[test]
    fn a_table_tells_what_nobody_uses_and_what_is_not_there() {
        let text = "version = 1\n[card]\nemail = \"E\"\nvk = { column = \"V\", optional = true }\n\
                    custom.A = { template = \"{B} {C}\", optional = true }";
        let mapping = Mapping::parse(text).expect("a mapping");
        let header = Header { row: RowNumber(1), names: ["E", "X", ""].map(str::to_owned).to_vec() };
        let mapper = mapping.compile(&header).expect("it fits");
        let told: Vec<String> = mapping.lint_against(&header, &mapper).into_iter().map(|told| told.message).collect();
        assert_eq!(
            told,
            [
                "the table has no \"V\", which is optional",
                "this template can never be filled: the table has none of \"B\" and \"C\"",
                "nobody uses \"X\" and \"#C\"",
            ]
        );
    }
}
