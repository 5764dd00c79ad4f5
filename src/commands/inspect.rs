//! `c3import inspect`: what a table is, how that was found, and what its columns hold.

use std::ops::ControlFlow;

use super::stage::{open, unreadable};
use super::{Exit, Failure, Failures};
use crate::cli::InspectArgs;
use crate::model::SourceOptions;
use crate::plan::ProfileBuilder;
use crate::ui::{Inspection, Terminal, inspection_json, inspection_text};

/// Reads the table once, and tells.
pub fn inspect(terminal: &Terminal, args: InspectArgs) -> Result<Exit, Failures> {
    let table = open(&args.source, SourceOptions::default())?;
    let (header, shape) = (table.header().clone(), table.shape().clone());
    let (text, header_suggestion) = (table.text_details().cloned(), table.header_suggestion());
    let sheets = table.sheets().to_vec();
    let mut profile = ProfileBuilder::new(header.names.len());
    let end = table
        .read(&mut |row| {
            profile.add(row);
            ControlFlow::Continue(())
        })
        .map_err(|error| unreadable(&error));
    // What was seen before the end is worth telling, also when the end came too early.
    let (blank_lines, failure) = match end {
        Ok(end) => (Some(end.blank_lines), None),
        Err(failure) => (None, Some(failure)),
    };
    let inspection = Inspection {
        input: args.source.input().to_string(),
        shape,
        text,
        sheets,
        sheet_asked: args.source.options().sheet.is_some(),
        header_suggestion,
        profile: profile.finish(&header),
        header,
        blank_lines,
    };
    let said = if args.json { inspection_json(&inspection) } else { inspection_text(&inspection) };
    terminal
        .data(said.as_bytes())
        .map_err(|error| Failure::machine(format!("standard output cannot be written: {error}")))?;
    failure.map_or(Ok(Exit::Landed), |failure| Err(failure.into()))
}
