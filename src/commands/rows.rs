//! `c3import rows`: the rows as they are read, before any mapping.

use std::io;
use std::ops::ControlFlow;

use serde_json::{Map, Value, json};

use super::stage::{open, unreadable};
use super::{Exit, Failure, Failures};
use crate::cli::RowsArgs;
use crate::model::{ColumnIndex, Header, Row, SourceOptions};
use crate::ui::{Flow, Terminal, issue_line};

/// Output is gathered to this size before it is printed.
const CHUNK_BYTES: usize = 64 * 1024;

/// How many findings are told one by one.
const FINDINGS_MAX: u64 = 100;

/// Prints the rows as clean UTF-8 CSV (comma, LF) or JSON lines; what was wrong with reading them goes to standard
/// error.
pub fn rows(terminal: &Terminal, args: RowsArgs) -> Result<Exit, Failures> {
    let table = open(&args.source, SourceOptions::default())?;
    let header = table.header().clone();
    let input = args.source.input().to_string();
    let mut output = Output::new(args.json, &header).map_err(no_output)?;
    let (mut findings, mut failed) = (0, None);
    let end = table.read(&mut |row| {
        for issue in &row.issues {
            findings += 1;
            if findings <= FINDINGS_MAX {
                terminal.complain(&issue_line(&input, &header, row.number, issue));
            }
        }
        let flow = output.add(&header, &row).and_then(|()| output.print(terminal, CHUNK_BYTES));
        match flow {
            Ok(Flow::On) => ControlFlow::Continue(()),
            Ok(Flow::ReaderGone) => ControlFlow::Break(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    failed.map_or(Ok(()), Err).and_then(|()| output.print(terminal, 0)).map_err(no_output)?;
    if findings > FINDINGS_MAX {
        terminal.complain(&format!("… and {} more findings", findings - FINDINGS_MAX));
    }
    end.map_err(|error| unreadable(&error))?;
    Ok(if findings == 0 { Exit::Landed } else { Exit::SomeRows })
}

fn no_output(error: io::Error) -> Failures {
    Failure::machine(format!("standard output cannot be written: {error}")).into()
}

/// Rows on their way to standard output.
enum Output {
    Csv(csv::Writer<Vec<u8>>),
    Json { text: Vec<u8>, names: Vec<String> },
}

impl Output {
    fn new(json: bool, header: &Header) -> io::Result<Output> {
        if json {
            return Ok(Output::Json { text: Vec::new(), names: unique_names(header) });
        }
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(&header.names)?;
        Ok(Output::Csv(csv))
    }

    fn add(&mut self, header: &Header, row: &Row) -> io::Result<()> {
        match self {
            Output::Csv(csv) => csv.write_record(row.cells())?,
            Output::Json { text, names } => {
                let cells: Map<String, Value> =
                    names.iter().zip(row.cells()).map(|(name, cell)| (name.clone(), cell.into())).collect();
                let issues: Vec<Value> = row
                    .issues
                    .iter()
                    .map(|issue| {
                        let column = issue.column.map(|column| header.label(column));
                        json!({"code": issue.code.as_str(), "column": column, "message": issue.message})
                    })
                    .collect();
                let line = json!({"row": row.number.0, "line": row.line, "cells": cells, "issues": issues});
                serde_json::to_writer(&mut *text, &line)?;
                text.push(b'\n');
            }
        }
        Ok(())
    }

    /// Prints what has been gathered, once it is more than `beyond` bytes.
    fn print(&mut self, terminal: &Terminal, beyond: usize) -> io::Result<Flow> {
        match self {
            Output::Csv(csv) => {
                // The csv writer has a buffer of its own; what is behind it is enough to go by.
                if beyond > 0 && csv.get_ref().len() <= beyond {
                    return Ok(Flow::On);
                }
                let fresh = csv::Writer::from_writer(Vec::new());
                let text = std::mem::replace(csv, fresh).into_inner().map_err(|error| error.into_error())?;
                terminal.data(&text)
            }
            Output::Json { text, .. } if text.len() > beyond => terminal.data(&std::mem::take(text)),
            Output::Json { .. } => Ok(Flow::On),
        }
    }
}

/// Column names as keys: a column without a name, or with one that an earlier column has, goes by its letters.
fn unique_names(header: &Header) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(header.names.len());
    for at in 0..header.names.len() as u32 {
        let column = ColumnIndex(at);
        let label = header.label(column);
        names.push(if names.contains(&label) { format!("#{}", column.letters()) } else { label });
    }
    names
}
