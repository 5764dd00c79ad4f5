//! The tables beside `[card]`: how to read the table, and what to do with its rows.

use std::str::FromStr;

use serde_spanned::Spanned;
use toml::de::DeValue;

use super::cell;
use super::condition::{Condition, Test};
use super::diagnostic::{Diagnostic, either, nearest};
use super::document::{ColumnName, Expected, Rows};
use super::keys;
use super::toml_table::{Findings, SHOWN_CHARS, TextByText, Value};
use crate::model::{Code, DamageCode, SheetChoice, SourceOptions, excerpt};

/// The rows of a sheet in today's spreadsheets (2^20); a header further down is a slip of the finger.
const HEADER_ROW_MAX: u64 = 1_048_576;

/// More sheets than a workbook has.
const SHEET_NUMBER_MAX: u64 = 65_535;

/// The `[source]` table.
pub(super) fn source(findings: &mut Findings<'_>, value: &Value<'_>) -> (SourceOptions, Option<Expected>) {
    let (mut options, mut expected) = (SourceOptions::default(), None);
    let Some(table) = findings.table(value, "source") else { return (options, expected) };
    for (key, value) in findings.entries(table, "[source]", keys::SOURCE_TABLE) {
        match &**key.get_ref() {
            "sheet" => options.sheet = sheet(findings, value),
            "header_row" => options.header_row = findings.number(value, "header_row", 1..HEADER_ROW_MAX + 1),
            "delimiter" => options.delimiter = choice(findings, value, "delimiter"),
            "encoding" => options.encoding = choice(findings, value, "encoding"),
            "expect_columns" => expected = expect_columns(findings, value),
            _ => {}
        }
    }
    (options, expected)
}

fn expect_columns(findings: &mut Findings<'_>, value: &Value<'_>) -> Option<Expected> {
    let names = findings.texts(value, "expect_columns")?;
    if names.is_empty() {
        let help = "list the table's columns, or leave the key out";
        findings.add(Diagnostic::at(value.span(), "`expect_columns` is an empty list", "no column").with_help(help));
        return None;
    }
    let names = names.into_iter().map(|name| cell::trim(name).to_owned()).collect();
    Some(Expected { names, span: value.span() })
}

/// The `[rows]` table.
pub(super) fn rows(findings: &mut Findings<'_>, value: &Value<'_>) -> Rows {
    let mut rows = Rows::default();
    let Some(table) = findings.table(value, "rows") else { return rows };
    for (key, value) in findings.entries(table, "[rows]", keys::ROWS) {
        match &**key.get_ref() {
            "require_identity" => {
                rows.require_identity = findings.truth(value, "require_identity").unwrap_or(rows.require_identity);
            }
            "skip_if" => rows.skip_if = conditions(findings, value, "skip_if"),
            "only_if" => rows.only_if = conditions(findings, value, "only_if"),
            "on_finding" => rows.warn = on_finding(findings, value),
            _ => {}
        }
    }
    rows
}

/// One condition, or a list of some.
fn conditions(findings: &mut Findings<'_>, value: &Value<'_>, key: &str) -> Vec<Condition<ColumnName>> {
    match value.get_ref() {
        DeValue::Array(list) if list.is_empty() => {
            let message = format!("`{key}` is an empty list");
            let help = "write a condition, or leave the key out";
            findings.add(Diagnostic::at(value.span(), message, "no condition").with_help(help));
            Vec::new()
        }
        DeValue::Array(list) => list.iter().filter_map(|value| condition(findings, value, key)).collect(),
        _ => condition(findings, value, key).into_iter().collect(),
    }
}

fn condition(findings: &mut Findings<'_>, value: &Value<'_>, key: &str) -> Option<Condition<ColumnName>> {
    let DeValue::Table(table) = value.get_ref() else {
        findings.wrong_kind(value, key, "a condition such as { column = \"Status\", equals = \"active\" }");
        return None;
    };
    let place = format!("a condition of `{key}`");
    let mut column = None;
    let mut tests = Vec::new();
    let known = findings.diagnostics.len();
    for (key, value) in findings.entries(table, &place, keys::CONDITION) {
        let test = match &**key.get_ref() {
            "column" => {
                column = findings
                    .text(value, "column")
                    .map(|text| ColumnName { name: cell::trim(text).to_owned(), span: value.span() });
                continue;
            }
            "equals" => findings.text(value, "equals").map(|text| Test::Equals(cell::trim(text).to_owned())),
            "in" => among(findings, value),
            "blank" => findings.truth(value, "blank").map(Test::Blank),
            "matches" => findings.pattern(value, "matches").map(Test::Matches),
            _ => continue,
        };
        tests.push((key.span(), test));
    }
    if let Some((second, _)) = tests.get(1) {
        let message = format!("{place} asks two questions");
        let help = "keep one of `equals`, `in`, `blank` and `matches`; several conditions stand in a list";
        findings.add(Diagnostic::at(second.clone(), message, "the second one").with_help(help));
        return None;
    }
    if findings.diagnostics.len() == known && (column.is_none() || tests.is_empty()) {
        let (message, help) = match column {
            None => (format!("{place} names no column"), "add `column`"),
            Some(_) => (format!("{place} asks nothing"), "add `equals`, `in`, `blank` or `matches`"),
        };
        findings.add(Diagnostic::at(value.span(), message, "incomplete").with_help(help));
    }
    let test = tests.pop()?.1?;
    Some(Condition { column: column?, test, span: value.span() })
}

fn among(findings: &mut Findings<'_>, value: &Value<'_>) -> Option<Test> {
    let texts = findings.texts(value, "in")?;
    if texts.is_empty() {
        let help = "list texts, such as [\"active\", \"new\"]";
        findings
            .add(Diagnostic::at(value.span(), "`in` is an empty list, so it never holds", "no text").with_help(help));
        return None;
    }
    Some(Test::In(texts.into_iter().map(|text| cell::trim(text).to_owned()).collect()))
}

/// Codes, each with "error" or "warn"; those that warn.
fn on_finding(findings: &mut Findings<'_>, value: &Value<'_>) -> Vec<(Code, std::ops::Range<usize>)> {
    let mut warn = Vec::new();
    for TextByText { key: name, key_at: at, text: level, text_at: level_at } in
        findings.text_by_text(value, "on_finding")
    {
        let Some(code) = Code::ALL.into_iter().find(|code| code.as_str() == name) else {
            let offers: Vec<String> = nearest(name, Code::ALL.iter().map(|code| code.as_str()))
                .into_iter()
                .map(|name| format!("\"{name}\""))
                .collect();
            if DamageCode::ALL.iter().any(|code| code.as_str() == name) {
                let message = format!("\"{name}\" is always a warning");
                let help =
                    "it tells of a column, whose values are sent; with --fail-on warning it makes the exit code 1";
                findings.add(Diagnostic::at(at, message, "not about a row").with_help(help));
                continue;
            }
            let message = format!("there is no finding \"{}\"", excerpt(name, SHOWN_CHARS));
            let help = match offers.is_empty() {
                true => "the codes are those of c3_code in the results, such as \"email.syntax\"".to_owned(),
                false => format!("did you mean {}?", either(&offers)),
            };
            findings.add(Diagnostic::at(at, message, "no such code").with_help(help));
            continue;
        };
        match level {
            "error" => {}
            "warn" if is_bearable(code) => warn.push((code, at)),
            "warn" => {
                let message = format!("\"{code}\" cannot be a warning");
                let (label, help) = match code {
                    Code::ContactNone => ("about the row", "say require_identity = false to let such rows through"),
                    Code::ValueMissing => ("asked for by `required`", "leave `required` out of the source"),
                    _ => ("about the row", "a row that is broken as a whole cannot be trusted in any cell"),
                };
                findings.add(Diagnostic::at(at, message, label).with_help(help));
            }
            _ => {
                let message = format!("a finding cannot be \"{}\"", excerpt(level, SHOWN_CHARS));
                findings.add(Diagnostic::at(level_at, message, "not known").with_help("say \"error\" or \"warn\""));
            }
        }
    }
    warn
}

/// Whether a finding is about a single value, which can be left out and the rest sent.
pub(super) fn is_bearable(code: Code) -> bool {
    !matches!(
        code,
        Code::RowRagged | Code::RowTooLarge | Code::RowUnclosedQuote | Code::ContactNone | Code::ValueMissing
    )
}

/// Text is a sheet's name, also when it looks like a number; a number is its place.
fn sheet(findings: &mut Findings<'_>, value: &Spanned<DeValue<'_>>) -> Option<SheetChoice> {
    match value.get_ref() {
        DeValue::Integer(_) => {
            let number = findings.number(value, "sheet", 1..SHEET_NUMBER_MAX + 1)?;
            u32::try_from(number).ok().map(SheetChoice::Number)
        }
        DeValue::String(_) => findings.text(value, "sheet").map(|name| SheetChoice::Name(name.to_owned())),
        _ => {
            findings.wrong_kind(value, "sheet", "a name or a whole number");
            None
        }
    }
}

/// A setting whose texts the model knows.
fn choice<T: FromStr<Err = String>>(findings: &mut Findings<'_>, value: &Value<'_>, key: &str) -> Option<T> {
    let text = findings.text(value, key)?;
    match text.parse() {
        Ok(choice) => Some(choice),
        Err(why) => {
            let message = format!("`{key}` cannot be \"{}\"", excerpt(text, SHOWN_CHARS));
            findings.add(Diagnostic::at(value.span(), message, "not known").with_help(why));
            None
        }
    }
}
