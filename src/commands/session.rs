//! A session of a run: its directory claimed, its journal begun or taken up again, and at the end the last word.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use encoding_rs::{Encoding, UTF_8};

use super::import::Job;
use super::reports::same_file;
use super::{Failure, Failures, locks};
use crate::cli::OutputArgs;
use crate::journal::{Journal, JournalError, RunFacts, SessionEnd, SessionStart};
use crate::jsonapi;
use crate::model::{
    CardDigest, Channel, ContactCard, DigestKey, Digester, Entry, Input, Member, NameAt, Origin, Status,
};
use crate::pipeline::{Ending, Memoir, Report, time_of_day};
use crate::results::{Form, OutputFile, Outputs, Records, RunDir, RunDirError, stored_rows};
use crate::source::{Table, stamp};

/// What lies in a run directory that was entered.
pub enum Entered {
    /// A run to begin, or to go on with.
    Open(Box<Session>),
    /// A run with nothing left to do.
    Finished,
}

/// A session that has begun. Nothing was sent yet.
pub struct Session {
    /// Where.
    pub dir: RunDir,
    /// The results, as far as their header.
    pub results: Records,
    /// Where they go.
    pub outputs: Outputs,
    /// What the run remembers.
    pub memoir: Memoir,
    /// How many rows earlier sessions have stored; `None` when this is the first.
    pub stored: Option<u64>,
    /// How many rows the input has, where it can be told, and there was an earlier session.
    pub rows: Option<u64>,
    /// What the input looked like before it was read.
    pub stamp: Option<String>,
    /// Whether it looks as it did when an earlier session read it to its end.
    pub untouched: bool,
}

/// All that it takes to enter a run directory.
pub struct Entrance<'a> {
    /// Which.
    pub path: &'a Path,
    /// Whether what lies there is put aside.
    pub fresh: bool,
    /// Whether others are kept out.
    pub lock: bool,
    /// What the run is.
    pub facts: RunFacts,
    /// The input.
    pub input: &'a Input,
    /// The same, open.
    pub table: &'a Table,
    /// Where names go in the document.
    pub name_at: NameAt,
    /// Where the tables go.
    pub outputs: &'a OutputArgs,
    /// What for.
    pub job: Job,
    /// Counts the rows of the input.
    pub count_rows: &'a (dyn Fn() -> Option<u64> + Sync),
}

/// Enters a run directory: begins a run, or goes on with the one that lies there when it is the same.
pub fn enter(entrance: Entrance<'_>) -> Result<Entered, Failures> {
    let Entrance { path, facts, input, table, name_at, job, .. } = entrance;
    let dir = claim(path, entrance.lock)?;
    if entrance.fresh {
        set_aside(&dir)?;
    }
    let broken = |error: JournalError| Failures::from(journal_failure(&error));
    let known =
        if dir.journal().symlink_metadata().is_ok() { Journal::open(&dir.journal()).map_err(broken)? } else { None };
    let sample = |key: DigestKey| sample(key, name_at);
    let stamp = stamp(input);
    let (mut journal, words) = match known {
        Some(journal) => {
            let mut journal = journal;
            // Whoever mends a wrong address has a run in which nothing has happened yet.
            if journal.is_blank().map_err(broken)? {
                let sample = sample(journal.key());
                journal.adopt(facts.clone(), sample).map_err(broken)?;
            } else {
                same_run(&dir, &facts, &journal)?;
            }
            if journal.sample() != sample(journal.key()) {
                let message = format!(
                    "the run in {} was begun by c3import {}, which wrote cards in another way: this version cannot tell \
                     which of them are stored",
                    path.display(),
                    journal.facts().program
                );
                return Err(Failure::unusable(message).hint("go on with that version").into());
            }
            // What comes through a pipe has no look; it may be other rows each time.
            if !job.reopens && stamp.is_some() && journal.finished() == Some(stamp.as_deref()) {
                return Ok(Entered::Finished);
            }
            (journal, Some(facts.words))
        }
        None => {
            dir.refuse_results().map_err(|error| claim_failure(&error))?;
            (Journal::create(&dir.journal(), facts, sample).map_err(broken)?, None)
        }
    };
    let (delimiter, outputs) = (table.shape().dialect.delimiter, outputs(&dir, entrance.outputs, input, table)?);
    let mut witnesses = vec![dir.results(), OutputFile::new(dir.results()).partial().to_owned()];
    // What has its name elsewhere may be of another run, and is when this one only begins.
    let elsewhere = words.is_some() && outputs.results.path() != dir.results();
    witnesses.extend(elsewhere.then(|| outputs.results.partial().to_owned()));
    // Three files that are read from end to end.
    let (recall, told, rows) = thread::scope(|scope| {
        let told = scope.spawn(|| told_as_stored(&witnesses, delimiter));
        let rows = words.is_some().then(|| scope.spawn(entrance.count_rows));
        let recall = journal.recall(table.header());
        (recall, joined(told), rows.and_then(joined))
    });
    let recall = recall.map_err(broken)?;
    let stored = words.is_some().then(|| recall.stored());
    knows_all(&dir, recall.stored(), &told?)?;
    let unsettled = journal.is_unsettled().map_err(broken)?;
    let untouched = stamp.is_some() && journal.stamp() == stamp.as_deref();
    let start = SessionStart { command: job.command, began: unix(time_of_day()) };
    journal.begin(&start, words).map_err(broken)?;
    let results = start_results(&outputs, table)?;
    let memoir = Memoir { journal, recall, errand: job.errand, unsettled };
    Ok(Entered::Open(Box::new(Session { dir, results, outputs, memoir, stored, rows, stamp, untouched })))
}

/// The last word of a session, once its results are whole.
pub fn end(journal: Journal, report: &Report, input: &Input, before: Option<&str>) -> Result<(), Failures> {
    let after = stamp(input);
    let whole = matches!(report.ending, Ending::Finished) && report.read.is_some();
    // What was written while it was being read may not have been read.
    let unchanged = before == after.as_deref();
    let finished = whole && report.tally.of(Status::NotSent) == 0 && !report.left_open && unchanged;
    let end = SessionEnd {
        ended: unix(time_of_day()),
        stopped: unsent(&report.ending),
        requests: report.requests,
        rows: report.tally.rows(),
        finished,
        stamp: after.filter(|_| unchanged && report.read.is_some()),
    };
    journal.end(&end).map_err(|error| journal_failure(&error).into())
}

/// What is to be said later of rows that were not sent; `None` when all were.
fn unsent(ending: &Ending) -> Option<String> {
    match ending {
        Ending::Finished => None,
        Ending::Server(reason) => Some(format!("the run stopped before this row's turn: {reason}")),
        Ending::Interrupted | Ending::Machine(_) | Ending::Input(_) | Ending::Merge(_) | Ending::ReaderDied => {
            Some("the run was stopped before this row's turn".to_owned())
        }
    }
}

/// Takes a run directory over.
pub fn claim(path: &Path, lock: bool) -> Result<RunDir, Failures> {
    let who = lock.then(|| locks::who(path));
    RunDir::claim(path, who.as_deref()).map_err(|error| claim_failure(&error).into())
}

/// Makes the run directory of a dry run, and starts the results in it.
pub fn enter_dry(
    path: &Path,
    asked: &OutputArgs,
    fresh: bool,
    input: &Input,
    table: &Table,
) -> Result<(RunDir, Records), Failures> {
    let dir = claim(path, true)?;
    if fresh {
        set_aside(&dir)?;
    }
    dir.refuse_taken().map_err(|error| match &error {
        RunDirError::Taken(_) => Failure::unusable(error.to_string())
            .hint("choose another --run-dir, or say --fresh: that keeps the old files under numbered names"),
        _ => claim_failure(&error),
    })?;
    let results = start_results(&outputs(&dir, asked, input, table)?, table)?;
    Ok((dir, results))
}

/// Where the tables of a run go. None may take the place of the input.
pub fn outputs(dir: &RunDir, asked: &OutputArgs, input: &Input, table: &Table) -> Result<Outputs, Failures> {
    let results = asked.results.clone().unwrap_or_else(|| dir.results());
    let failed = asked.failed.clone().unwrap_or_else(|| dir.failed());
    if let Input::File(input) = input
        && let Some(path) = [&results, &failed].into_iter().find(|path| same_file(path, input))
    {
        let message = format!("{} is the input, and cannot be written over", path.display());
        return Err(Failure::unusable(message).hint("choose another --run-dir, --results or --failed").into());
    }
    if same_file(&results, &failed) {
        let message = format!("{} cannot hold the results and the rows to mend at once", results.display());
        return Err(Failure::unusable(message).hint("choose another --results or --failed").into());
    }
    let dialect = table.shape().dialect;
    let failed_form = match table.text_details() {
        Some(text) => Form {
            delimiter: text.delimiter,
            encoding: Encoding::for_label(text.encoding.as_bytes()).unwrap_or(UTF_8),
            marked: text.marked,
        },
        None => Form::of_results(dialect),
    };
    Ok(Outputs {
        results: OutputFile::new(results),
        results_form: Form::of_results(dialect),
        failed: OutputFile::new(failed),
        failed_form,
    })
}

/// Starts the tables.
pub fn start_results(outputs: &Outputs, table: &Table) -> Result<Records, Failures> {
    let started = Records::start(outputs.clone(), table.header());
    started.map_err(|error| Failure::machine(error.to_string()).into())
}

fn set_aside(dir: &RunDir) -> Result<(), Failures> {
    let journal = |from: &Path, to: &Path| Journal::set_aside(from, to).map_err(io::Error::other);
    dir.set_aside(journal).map_err(|error| claim_failure(&error).into())
}

/// Refuses to go on with another run than the one that lies there, and names every difference.
fn same_run(dir: &RunDir, now: &RunFacts, journal: &Journal) -> Result<(), Failures> {
    let then = journal.facts();
    let to = |facts: &RunFacts| match &facts.destination {
        Some(destination) => destination.endpoint.clone(),
        None => "a sandbox inside the program".to_owned(),
    };
    let flags = |flags: &[String]| if flags.is_empty() { "no flags".to_owned() } else { flags.join(" ") };
    let mut differences: Vec<String> = Vec::new();
    let mut differ = |what: &str, then: String, now: String| {
        if then != now {
            differences.push(format!("{what} was {then}, and is {now}"));
        }
    };
    differ("the input", then.input.clone(), now.input.clone());
    differ("how it is read", flags(&then.reading), flags(&now.reading));
    differ("where cards go", to(then), to(now));
    differ("--name-at", then.name_at.clone(), now.name_at.clone());
    let merging = |facts: &RunFacts| {
        let on = facts.words.iter().any(|word| word == "--merge-rows");
        if on { "given".to_owned() } else { "not given".to_owned() }
    };
    differ("--merge-rows", merging(then), merging(now));
    if let Some(line) = first_other_line(&then.mapping, &now.mapping) {
        differences.push(format!("the mapping is another from line {line} on"));
    }
    if !differences.is_empty() {
        let message = format!("{} holds another run: {}", dir.path().display(), differences.join("; "));
        let hint = "choose another --run-dir, or say --fresh: that keeps the old files under numbered names, and sends \
                    every row again";
        return Err(Failure::unusable(message).hint(hint).into());
    }
    if then.destination.is_none() {
        let message = format!(
            "{} holds a rehearsal in the sandbox, which cannot go on: its server ended with the program",
            dir.path().display()
        );
        return Err(Failure::unusable(message)
            .hint("say --fresh: that keeps the old files under numbered names")
            .into());
    }
    Ok(())
}

/// Refuses a journal that knows less than the results that were written after it: it was cut or replaced, and what it
/// lacks would be sent again.
fn knows_all(dir: &RunDir, stored: u64, told: &[(&Path, u64)]) -> Result<(), Failures> {
    let Some((path, told)) = told.iter().find(|(_, told)| *told > stored) else { return Ok(()) };
    let detail = format!("it knows of {stored} stored rows, and {} tells of {told}", path.display());
    Err(journal_failure(&JournalError::Damaged { path: dir.journal(), detail }).into())
}

/// How many rows are stored, as the results of an earlier session tell it.
fn told_as_stored(witnesses: &[PathBuf], delimiter: u8) -> Result<Vec<(&Path, u64)>, Failures> {
    let mut all = Vec::new();
    for path in witnesses {
        let unreadable = |error| Failure::machine(format!("{} cannot be read: {error}", path.display()));
        let told = stored_rows(path, delimiter).map_err(unreadable)?;
        all.extend(told.map(|told| (path.as_path(), told)));
    }
    Ok(all)
}

/// What a thread came to. Its panic is ours.
fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The first line, counted from 1, that is not the same; line ends do not count.
fn first_other_line(then: &str, now: &str) -> Option<usize> {
    let (mut then, mut now) = (then.lines(), now.lines());
    (1..).find_map(|line| match (then.next(), now.next()) {
        (None, None) => Some(None),
        (then, now) if then == now => None,
        _ => Some(Some(line)),
    })?
}

/// A card with something in every place, to see whether cards are still written as they were.
fn sample(key: DigestKey, name_at: NameAt) -> CardDigest {
    let channel = |channel, value| (Member::Channel(channel), "", value);
    let mut card = ContactCard::default();
    for (member, label, value) in [
        (Member::Name, "", "Åsa \"\\ Öberg\u{1}"),
        channel(Channel::Email, "asa@example.com"),
        channel(Channel::Email, "a/b@example.com"),
        channel(Channel::Facebook, "asa"),
        channel(Channel::Vk, "asa"),
        channel(Channel::Line, "asa"),
        channel(Channel::Voice, "+46701740605"),
        (Member::Custom, "ID", "1\n2"),
    ] {
        card.add(Entry { member, label, value, origin: Origin(0) });
    }
    Digester::new(key).digest(&jsonapi::encode(&card, name_at))
}

fn unix(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(since).unwrap_or(i64::MAX)
}

fn claim_failure(error: &RunDirError) -> Failure {
    match error {
        RunDirError::Taken(_) => Failure::unusable(error.to_string()).hint(
            "choose another --run-dir, or say --fresh: that keeps the old files under numbered names, and sends every \
             row again; or import the results.csv that lies there: rows that are stored are not sent again",
        ),
        RunDirError::Busy { .. } => {
            Failure::machine(error.to_string()).hint("wait for it, or choose another --run-dir")
        }
        RunDirError::NotADirectory(_) => Failure::unusable(error.to_string()).hint("choose another --run-dir"),
        RunDirError::Io { .. } => Failure::machine(error.to_string()).hint("choose another place with --run-dir"),
    }
}

pub fn journal_failure(error: &JournalError) -> Failure {
    let failure = Failure::machine(error.to_string());
    if error.is_damage() {
        failure.hint(
            "bring it back from a backup; or say --fresh and import the results that lie beside it: rows that are stored \
             are not sent again",
        )
    } else if error.is_read_only() {
        failure.hint(
            "make the run directory writable again; or copy it, and have c3import report tell of the copy: only where the \
             run itself lies may it go on",
        )
    } else {
        failure
    }
}
