//! A document held against a header: every name becomes a place in a row, once, so that mapping a row looks nothing up.

use super::columns::Columns;
use super::diagnostic::{Diagnostic, either};
use super::document::{ColumnName, Content, Document, Target};
use super::mapper::{Mapper, Read, Step};
use crate::model::{ColumnIndex, Header, excerpt};

/// How many columns a message about a row without contacts names.
const NAMED_MAX: usize = 4;

/// How many characters of a header a message shows.
const HEADER_CHARS: usize = 40;

/// Finds all columns, or tells all that are not found.
pub(super) fn compile(document: &Document, header: &Header) -> Result<Mapper, Vec<Diagnostic>> {
    let columns = Columns::new(header);
    let mut diagnostics = Vec::new();
    let mut find = |wanted: &ColumnName| match columns.find(wanted) {
        Ok(column) => Some(column),
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            None
        }
    };
    let steps: Vec<Step> = document
        .sources
        .iter()
        .filter_map(|source| {
            let read = match &source.content {
                Content::Column(name) => Read::Column(find(name)?),
                Content::Template(template) => Read::Template(template.resolve(&mut find)?),
                Content::Constant(text) => Read::Constant(text.clone()),
            };
            let mut columns: Vec<ColumnIndex> = match &read {
                Read::Column(column) => vec![*column],
                Read::Template(template) => template.columns().copied().collect(),
                Read::Constant(_) => Vec::new(),
            };
            columns.dedup();
            let (split, country) = (source.split.clone(), source.country);
            Some(Step { target: source.target.clone(), read, split, country, columns })
        })
        .collect();
    if !diagnostics.is_empty() {
        diagnostics.sort_by_key(|diagnostic| diagnostic.span.as_ref().map_or(0, |span| span.start));
        return Err(diagnostics);
    }
    let without_contact = document.rows.require_identity.then(|| without_contact(&steps, header));
    Ok(Mapper::new(steps, header.names.len(), without_contact))
}

/// What to say of a row that has no contact entry.
fn without_contact(steps: &[Step], header: &Header) -> String {
    let mut columns: Vec<ColumnIndex> = Vec::new();
    for step in steps.iter().filter(|step| matches!(step.target, Target::Channel(_))) {
        columns.extend(&step.columns);
    }
    columns.sort_unstable();
    columns.dedup();
    let named = |column: &ColumnIndex| format!("\"{}\"", excerpt(&header.label(*column), HEADER_CHARS));
    let mut names: Vec<String> = columns.iter().take(NAMED_MAX).map(named).collect();
    if columns.len() > NAMED_MAX {
        names.push(format!("{} more", columns.len() - NAMED_MAX));
    }
    let names = either(&names).replace(" or ", " and ");
    let verb = if columns.len() == 1 { "is" } else { "are" };
    format!("there is nothing to recognise this person by: {names} {verb} blank; fill in a contact")
}
