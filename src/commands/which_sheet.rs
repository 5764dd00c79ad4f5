//! Which sheet of a workbook is meant, when nobody said so and several could be.

use std::path::Path;

use super::next::quoted;
use super::{Failure, Failures};
use crate::mapping::Mapping;
use crate::model::{Header, excerpt};
use crate::source::{SheetInfo, Table};

/// How many characters of a sheet's name are shown.
const SHOWN_CHARS: usize = 60;

/// How many sheets are named.
const NAMED_MAX: usize = 8;

/// Refuses a workbook of which two visible sheets hold rows that the mapping fits: the rows of one would be left behind
/// without a word.
///
/// # Errors
/// When there are several; with what to type.
pub fn settle(input: &str, table: &Table, mapping: &Mapping) -> Result<(), Failures> {
    let others = fitting(table, mapping);
    if others.is_empty() || !fits(mapping, table.header()) {
        return Ok(());
    }
    let chosen = table.sheets().iter().find(|sheet| sheet.chosen);
    let names: Vec<String> = chosen.into_iter().chain(others.iter().copied()).take(NAMED_MAX).map(name).collect();
    let more = (others.len() + 1).saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!("{input} has several sheets that the mapping fits: {}{more}", names.join(", "));
    let hint = format!("say which one with {}; each sheet is a run of its own", flag(chosen));
    Err(Failure::unusable(message).hint(hint).into())
}

/// What to say when the mapping fits another sheet than the one that is read: nothing, or a sentence.
pub fn hint(table: &Table, mapping: &Mapping) -> Option<String> {
    let [only] = fitting(table, mapping)[..] else { return None };
    Some(format!("the sheet {} has these columns: {}", name(only), flag(Some(only))))
}

/// The sheets beside the one that is read which hold rows, and columns that the mapping names.
fn fitting<'t>(table: &'t Table, mapping: &Mapping) -> Vec<&'t SheetInfo> {
    let fits = |sheet: &&SheetInfo| sheet.header.as_ref().is_some_and(|header| fits(mapping, header));
    table.sheets().iter().filter(fits).collect()
}

/// A mapping whose columns are all optional fits everything, and that says nothing.
fn fits(mapping: &Mapping, header: &Header) -> bool {
    mapping.compile(header).is_ok_and(|mapper| mapper.unused().count() < header.names.len())
}

/// What is not read of a workbook that nobody chose a sheet of.
pub fn unread(table: &Table) -> Option<String> {
    let unread: Vec<&SheetInfo> = table.sheets().iter().filter(|sheet| sheet.header.is_some()).collect();
    let flag = flag(Some(*unread.last()?));
    let names: Vec<String> = unread.iter().copied().map(name).collect();
    let (sheets, are) = if names.len() == 1 { ("sheet", "is") } else { ("sheets", "are") };
    let shown = names[..names.len().min(NAMED_MAX)].join(", ");
    let more = names.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("note: the {sheets} {shown}{more} {are} not read; another one is chosen with {flag}"))
}

fn name(sheet: &SheetInfo) -> String {
    format!("\"{}\"", excerpt(&sheet.name, SHOWN_CHARS))
}

fn flag(sheet: Option<&SheetInfo>) -> String {
    format!("--sheet {}", sheet.map_or_else(|| "NAME".to_owned(), |sheet| quoted(Path::new(&sheet.name))))
}
