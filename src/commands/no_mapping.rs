//! What to type when no mapping was given: a shipped one is offered where it fits, and never applied unasked.

use std::path::Path;

use super::next::{command, job};
use super::stage::open;
use super::{Failure, Failures};
use crate::cli::SourceArgs;
use crate::mapping::best_fit;
use crate::model::SourceOptions;

/// The mapping that was given.
///
/// # Errors
/// When none was: with the shipped mapping that fits the table best, and how to have one proposed; or when the table
/// cannot be read.
pub fn given<'a>(source: &SourceArgs, mapping: Option<&'a Path>) -> Result<&'a Path, Failures> {
    let Some(mapping) = mapping else { return Err(offer(source)) };
    Ok(mapping)
}

fn offer(source: &SourceArgs) -> Failures {
    let table = match open(source, SourceOptions::default()) {
        Ok(table) => table,
        Err(unreadable) => return unreadable,
    };
    // Below a title stands the header that a mapping would fit.
    let (table, row) = match table.header_suggestion() {
        Some(row) => {
            let below = SourceOptions { header_row: Some(row), ..SourceOptions::default() };
            (open(source, below).unwrap_or(table), format!(" --header-row {row}"))
        }
        None => (table, String::new()),
    };
    let header = table.header();
    let mut hint = String::new();
    if let Some(fit) = best_fit(header) {
        let name = fit.mapping.name;
        let file = format!("{name}.toml");
        hint.push_str(&format!(
            "the shipped mapping {name} fits and uses {} of {} columns; take it, read it, try it:\n    \
             c3import mapping shipped {name} > {file}\n    {}{row}\n  or have one proposed from the table itself:\n    ",
            fit.used,
            header.names.len(),
            job("check", source, Path::new(&file)),
        ));
    } else {
        hint.push_str("have one proposed from the table, read it, and try it:\n    ");
    }
    hint.push_str(&format!("{}{row} -o mapping.toml", command("guess", source)));
    Failure::unusable("no mapping was given, so nobody knows what the columns mean (-m MAPPING)").hint(hint).into()
}
