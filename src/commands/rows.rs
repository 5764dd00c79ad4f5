//! `c3import rows`: the rows as they are read, before any mapping.

use std::io;
use std::ops::ControlFlow;

use serde::{Serialize, Serializer};

use super::stage::{open, unreadable};
use super::{Exit, Failure, Failures, which_sheet};
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
    let header_suggestion = table.header_suggestion();
    let unread = which_sheet::unread(&table);
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
        let flow = output.add(&header, row).and_then(|()| output.print(terminal, CHUNK_BYTES));
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
    if let Some(row) = header_suggestion {
        terminal.say(&format!("hint: row {row} looks like the header: --header-row {row}"));
    }
    if let Some(unread) = unread {
        terminal.say(&unread);
    }
    end.map_err(|error| unreadable(&error))?;
    Ok(if findings == 0 { Exit::Landed } else { Exit::SomeRows })
}

fn no_output(error: io::Error) -> Failures {
    Failure::machine(format!("standard output cannot be written: {error}")).into()
}

/// Rows on their way to standard output.
struct Output {
    text: Vec<u8>,
    /// The keys of the cells; `None` for CSV.
    keys: Option<Vec<String>>,
}

impl Output {
    fn new(json: bool, header: &Header) -> io::Result<Output> {
        let mut output = Output { text: Vec::new(), keys: json.then(|| unique_names(header)) };
        if !json {
            output.csv(header.names.iter().map(String::as_str))?;
        }
        Ok(output)
    }

    fn add(&mut self, header: &Header, row: &Row) -> io::Result<()> {
        let Some(keys) = &self.keys else { return self.csv(row.cells()) };
        serde_json::to_writer(&mut self.text, &RowLine::new(header, keys, row))?;
        self.text.push(b'\n');
        Ok(())
    }

    fn csv<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> io::Result<()> {
        let mut writer = csv::WriterBuilder::new().buffer_capacity(1024).from_writer(&mut self.text);
        writer.write_record(cells)?;
        writer.flush()
    }

    /// Prints what has been gathered, once it is more than `beyond` bytes.
    fn print(&mut self, terminal: &Terminal, beyond: usize) -> io::Result<Flow> {
        if self.text.len() <= beyond {
            return Ok(Flow::On);
        }
        let flow = terminal.data(&self.text);
        self.text.clear();
        flow
    }
}

/// One row as a JSON line.
#[derive(Serialize)]
struct RowLine<'a> {
    row: u64,
    line: Option<u64>,
    cells: Cells<'a>,
    issues: Vec<IssueLine<'a>>,
}

#[derive(Serialize)]
struct IssueLine<'a> {
    code: &'static str,
    column: Option<String>,
    message: &'a str,
}

/// Cells by name, in the order of the columns.
struct Cells<'a> {
    keys: &'a [String],
    row: &'a Row,
}

impl<'a> RowLine<'a> {
    fn new(header: &Header, keys: &'a [String], row: &'a Row) -> RowLine<'a> {
        let issues = row.issues.iter().map(|issue| IssueLine {
            code: issue.code.as_str(),
            column: issue.column.map(|column| header.label(column)),
            message: &issue.message,
        });
        RowLine { row: row.number.0, line: row.line, cells: Cells { keys, row }, issues: issues.collect() }
    }
}

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.keys.iter().zip(self.row.cells()))
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
