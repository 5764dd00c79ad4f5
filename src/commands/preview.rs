//! `c3import preview`: the documents of the first rows.

use std::ops::ControlFlow;

use super::stage::{Stage, unreadable};
use super::{Exit, Failure, Failures};
use crate::cli::PreviewArgs;
use crate::jsonapi;
use crate::model::{Issue, Mapped};
use crate::ui::{Flow, Terminal, issue_line};

/// Prints one document a row: indented for people, one line each for programs.
pub fn preview(terminal: &Terminal, args: PreviewArgs) -> Result<Exit, Failures> {
    let Stage { table, mapper, .. } = Stage::set(terminal, &args.source, args.mapping.as_deref())?;
    let header = table.header().clone();
    let input = args.source.input().to_string();
    let name_at = args.rules.rules().name_at;
    let (mut left, mut exit, mut failed) = (args.rows, Exit::Landed, None);
    let mut rows = 0;
    let end = if left == 0 {
        Ok(())
    } else {
        table
            .read(&mut |row| {
                rows += 1;
                let flow = match mapper.map(row) {
                    Mapped::Card { card, warnings } => {
                        for issue in &warnings {
                            let line = issue_line(&input, &header, row.number, issue);
                            terminal.say(&format!("left out: {line}"));
                        }
                        print(terminal, &jsonapi::encode(&card, name_at))
                    }
                    Mapped::Rejected(issues) => {
                        exit = Exit::SomeRows;
                        let lines: Vec<String> =
                            issues.iter().map(|issue: &Issue| issue_line(&input, &header, row.number, issue)).collect();
                        terminal.complain(&lines.join("\n"));
                        Ok(Flow::On)
                    }
                    Mapped::Skipped => {
                        terminal.say(&format!("{input} row {}: nothing to send", row.number));
                        Ok(Flow::On)
                    }
                    Mapped::Excluded(reason) => {
                        terminal.say(&format!("{input} row {}: {reason}", row.number));
                        Ok(Flow::On)
                    }
                };
                left -= 1;
                match flow {
                    Ok(Flow::On) if left > 0 => ControlFlow::Continue(()),
                    Ok(_) => ControlFlow::Break(()),
                    Err(error) => {
                        failed = Some(error);
                        ControlFlow::Break(())
                    }
                }
            })
            .map(drop)
    };
    if let Some(error) = failed {
        return Err(Failure::machine(format!("standard output cannot be written: {error}")).into());
    }
    end.map_err(|error| unreadable(&error))?;
    if rows == 0 && args.rows > 0 {
        terminal.say(&format!("{input} has no rows below its header"));
    }
    Ok(exit)
}

fn print(terminal: &Terminal, document: &[u8]) -> std::io::Result<Flow> {
    let mut text = document.to_vec();
    if terminal.data_is_watched() {
        let value: serde_json::Value = serde_json::from_slice(document)?;
        text = serde_json::to_vec_pretty(&value)?;
    }
    text.push(b'\n');
    terminal.data(&text)
}
