//! A session of a run: its directory claimed, its journal begun or taken up again, and at the end the last word.

use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Failure, Failures};
use crate::journal::{Journal, JournalError, RunFacts, SessionEnd, SessionStart};
use crate::jsonapi;
use crate::model::{CardDigest, ContactCard, CustomField, DigestKey, Digester, Entry, Input, NameAt, Origin, Status};
use crate::pipeline::{Ending, Errand, Memoir, Report, time_of_day};
use crate::results::{ResultsCsv, RunDir, RunDirError};
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
    pub results: ResultsCsv,
    /// What the run remembers.
    pub memoir: Memoir,
    /// How many rows earlier sessions have stored; `None` when this is the first.
    pub stored: Option<u64>,
    /// What the input looked like before it was read.
    stamp: Option<String>,
}

/// Enters a run directory: begins a run, or goes on with the one that lies there when it is the same.
pub fn enter(
    path: &Path,
    fresh: bool,
    facts: RunFacts,
    input: &Input,
    table: &Table,
    name_at: NameAt,
) -> Result<Entered, Failures> {
    let dir = RunDir::claim(path).map_err(|error| claim_failure(&error))?;
    if fresh {
        set_aside(&dir)?;
    }
    let broken = |error: JournalError| Failures::from(journal_failure(&error));
    let known =
        if dir.journal().symlink_metadata().is_ok() { Journal::open(&dir.journal()).map_err(broken)? } else { None };
    let sample = |key: DigestKey| sample(key, name_at);
    let stamp = stamp(input);
    let (mut journal, words) = match known {
        Some(journal) => {
            same_run(&dir, &facts, &journal)?;
            if journal.sample() != sample(journal.key()) {
                let message = format!(
                    "the run in {} was begun by c3import {}, which wrote cards in another way: this version cannot tell \
                     which of them are stored",
                    path.display(),
                    journal.facts().program
                );
                return Err(Failure::unusable(message).hint("go on with that version").into());
            }
            if journal.finished().is_some_and(|seen| seen == stamp.as_deref()) {
                return Ok(Entered::Finished);
            }
            (journal, Some(facts.words))
        }
        None => {
            dir.refuse_results().map_err(|error| claim_failure(&error))?;
            (Journal::create(&dir.journal(), facts, sample).map_err(broken)?, None)
        }
    };
    let recall = journal.recall(table.header()).map_err(broken)?;
    let stored = words.is_some().then(|| recall.stored());
    let unsettled = journal.is_unsettled().map_err(broken)?;
    let start = SessionStart { command: "import", began: unix(time_of_day()) };
    journal.begin(&start, words).map_err(broken)?;
    let results = start_results(&dir, table)?;
    let memoir = Memoir { journal, recall, errand: Errand::go_on(), unsettled };
    Ok(Entered::Open(Box::new(Session { dir, results, memoir, stored, stamp })))
}

/// The last word of a session, once its results are whole.
pub fn end(
    journal: Journal,
    report: &Report,
    stopped: Option<String>,
    input: &Input,
    before: Option<&str>,
) -> Result<(), Failures> {
    let after = stamp(input);
    let whole = matches!(report.ending, Ending::Finished) && report.read.is_some();
    // What was written while it was being read may not have been read.
    let finished = whole && report.tally.of(Status::NotSent) == 0 && before == after.as_deref();
    let end = SessionEnd {
        ended: unix(time_of_day()),
        stopped,
        requests: report.requests,
        rows: report.tally.rows(),
        finished,
        stamp: after,
    };
    journal.end(&end).map_err(|error| journal_failure(&error).into())
}

impl Session {
    /// What the input looked like before it was read.
    pub fn stamp(&self) -> Option<String> {
        self.stamp.clone()
    }
}

/// Makes the run directory of a dry run, and starts the results in it.
pub fn enter_dry(path: &Path, fresh: bool, table: &Table) -> Result<(RunDir, ResultsCsv), Failures> {
    let dir = RunDir::claim(path).map_err(|error| claim_failure(&error))?;
    if fresh {
        set_aside(&dir)?;
    }
    dir.refuse_taken().map_err(|error| claim_failure(&error))?;
    let results = start_results(&dir, table)?;
    Ok((dir, results))
}

/// Gives whole results their name.
pub fn publish(dir: &RunDir) -> Result<(), Failures> {
    dir.publish_results().map_err(|error| {
        let message = format!("{} cannot be written: {error}", dir.results().display());
        let hint =
            format!("close it in other programs; until then the results are in {}", dir.partial_results().display());
        Failure::machine(message).hint(hint).into()
    })
}

fn start_results(dir: &RunDir, table: &Table) -> Result<ResultsCsv, Failures> {
    let started = dir.create_results().and_then(|file| ResultsCsv::start(file, table.header(), table.shape().dialect));
    let failed = |error| Failure::machine(format!("{} cannot be written: {error}", dir.partial_results().display()));
    started.map_err(|error| failed(error).into())
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
    let entry = |value: &str| Entry { value: value.to_owned(), origin: Origin(0) };
    let card = ContactCard {
        name: Some(entry("Åsa \"\\ Öberg\u{1}")),
        email: vec![entry("asa@example.com"), entry("a/b@example.com")],
        facebook: vec![entry("asa")],
        vk: vec![entry("asa")],
        line: vec![entry("asa")],
        voice: vec![entry("+46701740605")],
        custom: vec![CustomField { label: "ID".to_owned(), value: "1\n2".to_owned(), origin: Origin(0) }],
    };
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
        RunDirError::Busy(_) => Failure::machine(error.to_string()).hint("wait for it, or choose another --run-dir"),
        RunDirError::NotADirectory(_) => Failure::unusable(error.to_string()).hint("choose another --run-dir"),
        RunDirError::Io { .. } => Failure::machine(error.to_string()).hint("choose another place with --run-dir"),
    }
}

fn journal_failure(error: &JournalError) -> Failure {
    let failure = Failure::machine(error.to_string());
    if error.is_damage() {
        failure.hint(
            "bring it back from a backup; or say --fresh and import the results that lie beside it: rows that are stored \
             are not sent again",
        )
    } else {
        failure
    }
}
