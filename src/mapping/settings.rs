//! The tables beside `[card]`: how to read the table, and what to do with its rows.

use std::str::FromStr;

use serde_spanned::Spanned;
use toml::de::DeValue;

use super::diagnostic::Diagnostic;
use super::document::Rows;
use super::toml_table::{Findings, SHOWN_CHARS, Value};
use crate::model::{SheetChoice, SourceOptions, excerpt};

/// The rows of a sheet in today's spreadsheets (2^20); a header further down is a slip of the finger.
const HEADER_ROW_MAX: u64 = 1_048_576;

/// More sheets than a workbook has.
const SHEET_NUMBER_MAX: u64 = 65_535;

/// The `[source]` table.
pub(super) fn source(findings: &mut Findings<'_>, value: &Value<'_>) -> SourceOptions {
    let mut options = SourceOptions::default();
    let Some(table) = findings.table(value, "source") else { return options };
    for (key, value) in findings.entries(table, "[source]", &["sheet", "header_row", "delimiter", "encoding"]) {
        match &**key.get_ref() {
            "sheet" => options.sheet = sheet(findings, value),
            "header_row" => options.header_row = findings.number(value, "header_row", 1..HEADER_ROW_MAX + 1),
            "delimiter" => options.delimiter = choice(findings, value, "delimiter"),
            "encoding" => options.encoding = choice(findings, value, "encoding"),
            _ => {}
        }
    }
    options
}

/// The `[rows]` table.
pub(super) fn rows(findings: &mut Findings<'_>, value: &Value<'_>) -> Rows {
    let mut rows = Rows::default();
    let Some(table) = findings.table(value, "rows") else { return rows };
    for (key, value) in findings.entries(table, "[rows]", &["require_identity"]) {
        if let Some(truth) = findings.truth(value, key.get_ref()) {
            rows.require_identity = truth;
        }
    }
    rows
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
