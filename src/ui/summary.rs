//! What a run came to, in words. Counts always add up to the rows read.

use std::io;
use std::path::Path;

use super::Terminal;
use super::numbers::{count, rate, rows, time};
use crate::commands::Exit;
use crate::model::{Header, Issue, RowNumber, Status};
use crate::pipeline::{CardCounts, Report};

/// How many kinds of findings are listed.
const FINDINGS_MAX: usize = 20;

/// A run, as far as people want to know.
#[derive(Debug)]
pub struct RunView<'a> {
    /// The input, as it was named.
    pub input: &'a str,
    /// How it was read.
    pub read_as: &'a str,
    /// What happened.
    pub report: &'a Report,
    /// Why it ended early, if it did.
    pub stopped: Option<String>,
    /// Where the results are, if anywhere.
    pub results: Option<&'a Path>,
    /// How many cards the in-process sandbox holds, if it was one.
    pub sandbox_cards: Option<u64>,
}

/// What to type next, and why.
#[derive(Debug)]
pub struct NextStep {
    /// When, or what for.
    pub why: &'static str,
    /// The command.
    pub command: String,
}

/// Tells what an import came to, on standard error. When quiet: nothing, or one line that says what is wrong.
pub fn import_summary(terminal: &Terminal, run: &RunView<'_>, exit: Exit, next: &NextStep) {
    if terminal.quiet() {
        if exit != Exit::Landed {
            terminal.complain(&one_line(run));
        }
        return;
    }
    let report = run.report;
    let mut text = told(run, false);
    let speed = rate(report.requests, report.elapsed);
    text.push_str(&format!("{} requests in {} ({speed})", count(report.requests), time(report.elapsed)));
    if let Some(cards) = run.sandbox_cards {
        text.push_str(&format!("; the sandbox holds {} cards", count(cards)));
    }
    text.push('\n');
    text.push_str(&cards(&report.cards));
    text.push_str(&findings(run));
    if let Some(results) = run.results {
        text.push_str(&format!("results: {}\n", results.display()));
    }
    text.push_str(&next_line(next));
    terminal.say(&text);
}

/// Tells what a dry run came to: the report is its data and goes to standard output, unless JSON went there already.
///
/// # Errors
/// When standard output cannot be written.
pub fn check_report(
    terminal: &Terminal,
    run: &RunView<'_>,
    requests_per_second: Option<f64>,
    exit: Exit,
    next: &NextStep,
    json: bool,
) -> io::Result<()> {
    if json || terminal.quiet() {
        if exit != Exit::Landed && terminal.quiet() {
            terminal.complain(&one_line(run));
        }
        return Ok(());
    }
    let mut text = told(run, true);
    text.push_str(&findings(run));
    let fit = run.report.tally.of(Status::NotSent);
    if let (Some(per_second), true) = (requests_per_second, fit > 0) {
        let forecast = std::time::Duration::from_secs_f64(fit as f64 / per_second);
        text.push_str(&format!("sending {} at {per_second}/s takes {} or more\n", rows(fit), time(forecast)));
    }
    if let Some(results) = run.results {
        text.push_str(&format!("results: {}\n", results.display()));
    }
    terminal.data(text.as_bytes())?;
    terminal.say(&next_line(next));
    Ok(())
}

/// One finding as people read it: `people.csv row 31, column "Mobile": … [phone.length]`.
pub fn issue_line(input: &str, header: &Header, row: RowNumber, issue: &Issue) -> String {
    match issue.column {
        Some(column) => {
            format!("{input} row {row}, column \"{}\": {} [{}]", header.label(column), issue.message, issue.code)
        }
        None => format!("{input} row {row}: {} [{}]", issue.message, issue.code),
    }
}

/// The rows, and how they ended, one status a line.
fn told(run: &RunView<'_>, dry: bool) -> String {
    let report = run.report;
    let mut text = format!("{}: {} read as {}\n", run.input, rows(report.tally.rows()), run.read_as);
    if let Some(why) = &run.stopped {
        text.push_str(&format!("stopped: {why}\n"));
    }
    if report.tally.rows() == 0 && run.stopped.is_none() {
        text.push_str("  it has no rows below its header\n");
    }
    if let Some(blank) = report.read.as_ref().map(|read| read.blank_lines).filter(|&blank| blank > 0) {
        text.push_str(&format!("  and {} blank {}\n", count(blank), if blank == 1 { "line" } else { "lines" }));
    }
    for (status, rows) in report.tally.iter().filter(|&(_, rows)| rows > 0) {
        text.push_str(&format!("{:>10}  {}\n", count(rows), meaning(status, dry)));
    }
    text
}

/// What the answers prove about the cards, and no more than that.
fn cards(cards: &CardCounts) -> String {
    let said = [
        (cards.new_in_this_run, "new in this run"),
        (cards.same_as_another_row, "the same card as another row"),
        (cards.already_there, "already there"),
        (cards.not_told, "not told"),
    ];
    let said: Vec<String> =
        said.iter().filter(|(rows, _)| *rows > 0).map(|(rows, what)| format!("{} {what}", count(*rows))).collect();
    if said.is_empty() { String::new() } else { format!("cards, as far as the answers tell: {}\n", said.join(", ")) }
}

fn meaning(status: Status, dry: bool) -> &'static str {
    match status {
        Status::Stored => "stored",
        Status::Unchanged => "unchanged: the very same card as an earlier row, which is stored",
        Status::Invalid if dry => "invalid: would not be sent",
        Status::Invalid => "invalid: not sent, something is wrong with the row",
        Status::Refused => "refused by the server",
        Status::Uncertain => "uncertain: sent, and nobody knows whether it was stored; look at them",
        Status::NotSent if dry => "fit to be sent",
        Status::NotSent => "not sent: the run ended first",
        Status::Skipped => "skipped: nothing to send, or left out by [rows] of the mapping",
    }
}

/// What was wrong, the most frequent first, each with the first row that has it.
fn findings(run: &RunView<'_>) -> String {
    let list = &run.report.findings;
    let mut text = String::new();
    for finding in list.iter().take(FINDINGS_MAX) {
        let column = if finding.column.is_empty() { String::new() } else { format!(", column \"{}\"", finding.column) };
        text.push_str(&format!("{}{column}: {}\n", finding.code.as_str(), rows(finding.count)));
        for example in &finding.examples {
            text.push_str(&format!("    row {}: {}\n", example.row, example.message));
        }
        if finding.count > finding.examples.len() as u64 {
            text.push_str(&format!("    … and {} more\n", count(finding.count - finding.examples.len() as u64)));
        }
    }
    if list.len() > FINDINGS_MAX {
        text.push_str(&format!("… and {} more kinds of findings\n", list.len() - FINDINGS_MAX));
    }
    text
}

/// One clear reason, for cron.
fn one_line(run: &RunView<'_>) -> String {
    let tally = &run.report.tally;
    let mut said: Vec<String> = [Status::Invalid, Status::Refused, Status::Uncertain]
        .into_iter()
        .filter(|&status| tally.of(status) > 0)
        .map(|status| format!("{} {status}", count(tally.of(status))))
        .collect();
    if let Some(why) = &run.stopped {
        said.insert(0, format!("stopped: {why}"));
        said.push(format!("{} not sent", count(tally.of(Status::NotSent))));
    }
    let see = run.results.map(|path| format!("; see {}", path.display())).unwrap_or_default();
    format!("c3import: {}: of {}, {}{see}", run.input, rows(tally.rows()), said.join(", "))
}

fn next_line(next: &NextStep) -> String {
    format!("next, {}:\n  {}\n", next.why, next.command)
}
