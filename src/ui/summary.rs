//! What a run came to, in words. Counts always add up to the rows read.

use std::io;
use std::path::{Path, PathBuf};

use super::Terminal;
use super::page::Page;
use super::remarks::{forecast_text, merges_text, remarks_text};
use crate::commands::Exit;
use crate::model::figures::{self, count, rate, rows, time};
use crate::model::{Forecast, Header, Issue, MergeCode, RowNumber, Severity, Status};
use crate::pipeline::{CardCounts, Changes, Report};
use crate::results::Remark;

/// How many row numbers are listed.
const ROWS_LISTED_MAX: usize = 20;

/// A run, as far as people want to know.
#[derive(Debug)]
pub struct RunView<'a> {
    /// The input, as it was named.
    pub input: &'a str,
    /// How it was read.
    pub read_as: &'a str,
    /// What happened.
    pub report: &'a Report,
    /// Everything worth saying about its rows.
    pub remarks: &'a [Remark],
    /// How many rows were looked at, when the rest was not.
    pub sample: Option<u64>,
    /// Why it ended early, if it did.
    pub stopped: Option<String>,
    /// Where the results are, if anywhere.
    pub results: Option<&'a Path>,
    /// Reports that were written.
    pub reports: &'a [PathBuf],
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
    let mut text = told(run, false, terminal.width());
    let requests = figures::requests(report.requests);
    // None ended in this session: they were sent by earlier ones.
    if report.timeline.requests() == 0 && report.requests > 0 {
        text.push_str(&format!("{requests} in earlier sessions"));
    } else {
        let speed = rate(report.requests, report.elapsed);
        text.push_str(&format!("{requests} in {} ({speed})", time(report.elapsed)));
    }
    if let Some(cards) = run.sandbox_cards {
        text.push_str(&format!("; the sandbox holds {}", figures::cards(cards)));
    }
    text.push('\n');
    text.push_str(&cards(&report.cards));
    text.push_str(&changes(report.changes.as_ref()));
    text.push_str(&remarks_text(run.remarks, false, terminal.width()));
    if let Some(results) = run.results {
        text.push_str(&format!("results: {}\n", results.display()));
    }
    text.push_str(&reports(run));
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
    forecast: &Forecast,
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
    terminal.data(check_text(run, forecast, terminal.width()).as_bytes())?;
    terminal.say(&next_line(next));
    Ok(())
}

/// What a dry run came to, in so many columns.
fn check_text(run: &RunView<'_>, forecast: &Forecast, width: usize) -> String {
    let mut text = told(run, true, width);
    text.push_str(&remarks_text(run.remarks, true, width));
    if let Some(merges) = &run.report.merges {
        text.push_str(&merges_text(merges, width));
    }
    text.push_str(&forecast_text(forecast, run.sample, width));
    if let Some(results) = run.results {
        text.push_str(&format!("\nresults: {}\n", results.display()));
    }
    text.push_str(&reports(run));
    text
}

/// Where reports are, a line each.
fn reports(run: &RunView<'_>) -> String {
    run.reports.iter().map(|path| format!("report: {}\n", path.display())).collect()
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
fn told(run: &RunView<'_>, dry: bool, width: usize) -> String {
    let report = run.report;
    let sample = if run.sample.is_some() { "a sample, the first " } else { "" };
    let mut page = Page::new(width);
    page.paragraph("", &format!("{}: {sample}{} read as {}", run.input, rows(report.tally.rows()), run.read_as));
    if let Some(why) = &run.stopped {
        page.paragraph("stopped: ", why);
    }
    if report.tally.rows() == 0 && run.stopped.is_none() {
        page.line("  it has no rows below its header");
    }
    if let Some(blank) = report.read.as_ref().map(|read| read.blank_lines).filter(|&blank| blank > 0) {
        page.line(&format!("  and {}", figures::of(blank, "blank line", "blank lines")));
    }
    for (status, rows) in report.tally.iter().filter(|&(_, rows)| rows > 0) {
        page.paragraph(&format!("{:>10}  ", count(rows)), meaning(status, dry));
    }
    page.finish()
}

/// How the input differs from what earlier sessions have read, where it does.
fn changes(changes: Option<&Changes>) -> String {
    let Some(Changes { same, changed, new, gone }) = changes else { return String::new() };
    if changed.is_empty() && gone.is_empty() && new.as_ref().is_none_or(Vec::is_empty) {
        return String::new();
    }
    let listed = |numbers: &[RowNumber], then: &str| {
        let mut shown: Vec<String> = numbers.iter().take(ROWS_LISTED_MAX).map(ToString::to_string).collect();
        if numbers.len() > ROWS_LISTED_MAX {
            shown.push("…".to_owned());
        }
        let count = count(numbers.len() as u64);
        if numbers.is_empty() { count } else { format!("{count} ({}{then})", shown.join(", ")) }
    };
    let new = match new {
        Some(new) => listed(new, ""),
        None => "not known, since no session has read the input to its end".to_owned(),
    };
    format!(
        "since an earlier session read the input:\n{:>10}  the same, and not sent again if stored\n   changed  {}\n       \
         new  {new}\n      gone  {}\n",
        count(*same),
        listed(changed, ""),
        listed(gone, " then"),
    )
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
    let warnings: u64 = run.remarks.iter().filter(|it| it.severity == Severity::Warning).map(|it| it.count).sum();
    if said.is_empty() && warnings > 0 {
        said.push(figures::of(warnings, "warning", "warnings"));
    }
    let too_large = run.remarks.iter().filter(|it| it.code == MergeCode::GroupTooLarge.as_str());
    said.extend(too_large.map(|it| figures::of(it.count, "group too large", "groups too large")));
    let sample = if run.sample.is_some() { "a sample, the first " } else { "" };
    format!("c3import: {}: of {sample}{}, {}{see}", run.input, rows(tally.rows()), said.join(", "))
}

fn next_line(next: &NextStep) -> String {
    format!("next, {}:\n  {}\n", next.why, next.command)
}
