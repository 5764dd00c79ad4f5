//! `c3import guess`: a mapping proposed.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::ops::ControlFlow;

use super::interview::{Known, ask};
use super::next::job;
use super::stage::{open, unreadable};
use super::{Exit, Failure, Failures, which_sheet};
use crate::cli::GuessArgs;
use crate::mapping::{Pinned, SAMPLE_ROWS, Suggestion, best_fit, is_country, suggest};
use crate::model::figures::of;
use crate::model::{SourceOptions, TableShape};
use crate::ui::Terminal;

/// Proposes a mapping for a table: to standard output, or into a file that is not there yet.
pub fn guess(terminal: &Terminal, args: GuessArgs) -> Result<Exit, Failures> {
    if let Some(country) = args.country.as_deref().filter(|country| !is_country(country)) {
        let message = format!("{country:?} is not a country whose phone numbers are known");
        return Err(Failure::unusable(message).hint("two capital letters of ISO 3166, such as SE").into());
    }
    let table = open(&args.source, SourceOptions::default())?;
    let (header, pinned) = (table.header().clone(), pinned(table.shape()));
    let mut sample = Vec::new();
    let (header_suggestion, unread) = (table.header_suggestion(), which_sheet::unread(&table));
    let end = table.read(&mut |row| {
        // A broken row may have its values in the wrong cells.
        if row.issues.iter().all(|issue| issue.column.is_some()) {
            sample.push(row.clone());
        }
        if sample.len() < SAMPLE_ROWS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    end.map_err(|error| unreadable(&error))?;
    let mut known = Known { country: args.country, said: Vec::new() };
    if args.interactive {
        if !terminal.can_ask() {
            return Err(Failure::unusable("--interactive asks questions, and there is no terminal to ask on")
                .hint("leave it out: the proposal says what it is unsure of")
                .into());
        }
        known = ask(&header, &sample, known, &mut |question| terminal.ask(question))
            .map_err(|error| Failure::machine(format!("the terminal cannot be used: {error}")))?;
    }
    let suggestion = suggest(&header, &sample, &pinned, known.country.as_deref(), &known.said);
    match &args.output {
        None => {
            let said = terminal.data(suggestion.text.as_bytes());
            said.map_err(|error| Failure::machine(format!("standard output cannot be written: {error}")))?;
        }
        Some(path) => {
            let file = OpenOptions::new().write(true).create_new(true).open(path);
            let written = file.and_then(|mut file| file.write_all(suggestion.text.as_bytes()));
            written.map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => Failure::unusable(format!("{} is there already", path.display()))
                    .hint("choose another name, or remove it first"),
                _ => Failure::machine(format!("{} cannot be written: {error}", path.display())),
            })?;
        }
    }
    terminal.say(&remarks(&suggestion, header.names.len()));
    if let Some(row) = header_suggestion {
        terminal.say(&format!("hint: row {row} looks like the header: --header-row {row}"));
    }
    if let Some(unread) = unread {
        terminal.say(&unread);
    }
    if let Some(fit) = best_fit(&header).filter(|fit| fit.used >= suggestion.used) {
        terminal.say(&format!(
            "the shipped mapping {0} fits this table too, and uses {1} of its {2} columns: c3import mapping shipped {0}",
            fit.mapping.name,
            fit.used,
            header.names.len()
        ));
    }
    if let Some(path) = &args.output {
        terminal.say(&format!("next, when you have read it:\n  {}", job("check", &args.source, path)));
    }
    Ok(Exit::Landed)
}

fn remarks(suggestion: &Suggestion, columns: usize) -> String {
    let mut text = format!(
        "{} of {} mapped; read the reasons before you use it",
        suggestion.used,
        of(columns as u64, "column is", "columns are")
    );
    if !suggestion.has_contact {
        text.push_str(
            "\nnothing was found that people could be recognised by: the mapping cannot be used before you name it",
        );
    }
    if suggestion.phones_without_country > 0 {
        text.push_str(&format!(
            "\nphone numbers in {} no country: say whose they are with --country",
            of(suggestion.phones_without_country as u64, "cell name", "cells name")
        ));
    }
    text
}

/// How the table was read. A description of a text table is `CSV, encoding, delimiter`.
fn pinned(shape: &TableShape) -> Pinned {
    let encoding = shape.description.strip_prefix("CSV, ").and_then(|rest| rest.split(", ").next());
    Pinned {
        sheet: shape.sheet.clone(),
        delimiter: encoding.map(|_| shape.dialect.delimiter),
        encoding: encoding.map(str::to_owned),
    }
}
