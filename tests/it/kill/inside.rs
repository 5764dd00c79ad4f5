//! The whole program within this process, many times over: any sequence of outcomes, kills, resumes and retries gives
//! results equal to those of one undisturbed run.
//!
//! The plug is pulled by the thread that comes to the moment. What lies in the run directory then is copied as it is, and
//! the thread ends; with it, the session. The next one finds the copy: what a killed process leaves. Whatever threads of
//! the old session still write goes where nobody looks any more; of the server they know nothing but open connections,
//! and it is at rest before the next session begins.
#![expect(clippy::print_stdout, reason = "what a round did is shown when it fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use c3import::cli::Cli;
use c3import::commands::{self, Exit};
use c3import::plug::{Cord, Moment, Plug};
use c3import::ui::Terminal;
use clap::Parser;
use rusqlite::{Connection, OpenFlags};

use super::promise::{holds, is_as_undisturbed};
use super::rounds::{play, seeds};
use super::table::{REFUSED, Table};
use crate::kill_points::comes_once;
use crate::support::{Chance, Place, Results, Server};

/// Rounds in an ordinary test run.
const ROUNDS: u64 = 200;

/// Sessions of a run at most, beyond the last.
const SESSIONS_MAX: u64 = 6;

/// What goes wrong on the way.
const WEATHER: [&str; 6] = [
    "",
    "attempt=1,match=p1:status=422,detail=moody",
    "every=7:status=503,retry-after=0",
    "every=5:reset=after",
    "every=11:reset=before; every=13:status=502,commit",
    "every=4:status=429,retry-after=0; every=9:drop=after; every=17:status=500",
];

/// A run, and where it lies.
struct Life<'a> {
    table: &'a Table,
    place: &'a Place,
    server: &'a Server,
    /// Words of every import.
    words: Vec<String>,
    /// Counts the directories that a pulled plug has left.
    deaths: u32,
    /// Rows whose cards may have been sent when the plug was pulled.
    open: BTreeSet<u64>,
    /// How often cards had been sent when the journal knew first that they are stored, by their names.
    stored: BTreeMap<String, usize>,
}

impl Life<'_> {
    fn dir(&self) -> PathBuf {
        self.place.path().join(format!("run{}", self.deaths))
    }

    fn import(&self) -> Vec<String> {
        let mut words = vec!["import".to_owned()];
        words.extend(self.words.iter().cloned());
        words.extend(["--run-dir".to_owned(), self.dir().display().to_string()]);
        words
    }

    /// A later session, by other words.
    fn again(&self, command: &[&str]) -> Vec<String> {
        let token = self.place.path().join("token").display().to_string();
        let dir = self.dir().display().to_string();
        let words = [&command[..1], &[&dir], &command[1..], &["--token-file", &token]].concat();
        words.into_iter().map(str::to_owned).collect()
    }

    /// Plays a session in which the plug may be pulled.
    fn play(&mut self, words: &[String], plug: Option<(Moment, u64)>) {
        println!("{plug:?} {}", words.join(" "));
        let Some((moment, times)) = plug else {
            self.ends_well(words, run(words));
            return self.remember();
        };
        let pulled = Arc::new(AtomicBool::new(false));
        let (told, from) = (Arc::clone(&pulled), self.dir());
        let to = self.place.path().join(format!("run{}", self.deaths + 1));
        let plug = Plug::new(moment, times, move || {
            copy(&from, &to);
            told.store(true, Ordering::Release);
            resume_unwind(Box::new("the plug is pulled"))
        });
        Cord::from(plug).hang_on();
        let ended = catch_unwind(AssertUnwindSafe(|| run(words)));
        Cord::default().hang_on();
        // The session may have heard of it by a channel that nobody listens to any more, or not at all.
        match (pulled.load(Ordering::Acquire), ended) {
            (false, Ok(exit)) => self.ends_well(words, exit),
            (false, Err(panic)) => resume_unwind(panic),
            (true, _) => {
                self.deaths += 1;
                self.server.is_at_rest();
                self.open.extend(rows_that_are("open", &self.dir()));
            }
        }
        self.remember();
    }

    fn ends_well(&self, words: &[String], exit: Exit) {
        assert!(matches!(exit, Exit::Landed | Exit::SomeRows | Exit::Server), "{exit:?} of {words:?}");
        let results = Results::read(&self.dir().join("results.csv"));
        for row in rows_that_are("open", &self.dir()) {
            assert_eq!(results.row(row)["c3_status"], "uncertain", "row {row} may have been sent");
        }
    }

    /// What is known as stored is never sent again.
    fn remember(&mut self) {
        for row in rows_that_are("stored", &self.dir()) {
            let name = &self.table.rows[row as usize - 2][0];
            let sent = self.sent(name);
            let before = *self.stored.entry(name.clone()).or_insert(sent);
            assert_eq!(sent, before, "row {row} was stored already, and is sent again");
        }
    }

    fn sent(&self, name: &str) -> usize {
        let name = format!("\"{name}\"");
        self.server.seen().iter().filter(|seen| String::from_utf8_lossy(&seen.body).contains(&name)).count()
    }
}

/// The program as it is typed.
fn run(words: &[String]) -> Exit {
    let words: Vec<OsString> = ["c3import".to_owned()].iter().chain(words).map(OsString::from).collect();
    let cli = Cli::try_parse_from(&words).unwrap_or_else(|error| panic!("{error}"));
    commands::run(&Terminal::mute(), cli.command, words)
}

/// What a killed process leaves: the bytes that it has written. The journal comes last, since it must know all that the
/// results tell.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder can be made");
    let entries = fs::read_dir(from).expect("a run has a directory");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("it can be read").file_name()).collect();
    names.sort_by_key(|name| (name.to_string_lossy().starts_with("journal"), name.clone()));
    for name in names.iter().filter(|name| !name.to_string_lossy().ends_with("-shm")) {
        fs::copy(from.join(name), to.join(name)).expect("it can be copied");
    }
}

/// The rows of which a journal says this last.
fn rows_that_are(status: &str, dir: &Path) -> Vec<u64> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let db = Connection::open_with_flags(dir.join("journal.db"), flags).expect("the journal is there");
    let sql = "SELECT row FROM record WHERE status = ?1 AND number NOT IN (SELECT ifnull(replaces, 0) FROM record)";
    let mut select = db.prepare(sql).expect("it has records");
    let rows = select.query_map([status], |row| row.get::<_, i64>(0)).expect("they can be asked");
    rows.map(|row| u64::try_from(row.expect("a number")).expect("not negative")).collect()
}

/// Rows whose answers the server has lost by itself.
fn unanswered(table: &Table, server: &Server) -> BTreeSet<u64> {
    let lost = |fault: &str| ["reset", "drop", "502", "500"].iter().any(|word| fault.contains(word));
    let seen = server.seen();
    let bodies = seen.iter().filter(|seen| seen.fault.as_deref().is_some_and(lost)).map(|seen| {
        let body: serde_json::Value = serde_json::from_slice(&seen.body).expect("a document is JSON");
        body["data"]["attributes"]["contacts"]["name"].as_str().unwrap_or_default().to_owned()
    });
    let names: BTreeSet<String> = bodies.collect();
    (2..).zip(&table.rows).filter(|(_, [name, ..])| names.contains(name)).map(|(row, _)| row).collect()
}

fn round(seed: u64) {
    let mut chance = Chance(seed);
    let table = Table::any(&mut chance, 12);
    let place = table.place();
    place.put("token", Server::TOKEN);
    let token = place.path().join("token");
    fs::set_permissions(&token, Permissions::from_mode(0o600)).expect("it is ours");
    let weather = chance.of(&WEATHER);
    let moody = weather.contains("moody");
    let server = Server::with(&format!("{REFUSED}; {weather}"));
    let calm = Server::with(REFUSED);
    let merges = chance.one_in(3);
    let words = |server: &Server, concurrency: u64| {
        let path = |name: &str| place.path().join(name).display().to_string();
        let pace =
            ["--rate", "100000", "--retry-pause", "1ms", "--uncertain-pause", "1ms", "--no-lock", "--merge-rows"];
        let mut words = vec![path(table.file), "-m".to_owned(), path("m.toml"), format!("--concurrency={concurrency}")];
        words.extend([format!("--server={}", server.url()), format!("--workspace={}", Server::WORKSPACE)]);
        words.push(format!("--token-file={}", token.display()));
        words.extend(pace[..pace.len() - usize::from(!merges)].iter().map(|&word| word.to_owned()));
        words
    };
    let words_of_run = words(&server, 1 + chance.below(8));
    let mut life = Life {
        table: &table,
        place: &place,
        server: &server,
        words: words_of_run,
        deaths: 0,
        open: BTreeSet::new(),
        stored: BTreeMap::new(),
    };
    for _ in 0..1 + chance.below(SESSIONS_MAX) {
        let known = life.dir().join("journal.db").exists();
        let statuses = ["refused", "uncertain", "not_sent", "refused,uncertain,invalid,not_sent"];
        let words = match chance.below(8) {
            0 if known => life.again(&["resume"]),
            1 if known => life.again(&["retry"]),
            2 if known => life.again(&["retry", "--only", chance.of(&statuses)]),
            3 if !moody => [life.import(), vec![format!("--max-rows={}", 1 + chance.below(9))]].concat(),
            4 if !moody => [life.import(), vec![format!("--max-duration={}ms", 1 + chance.below(20))]].concat(),
            _ => life.import(),
        };
        let plug = (!chance.one_in(4)).then(|| {
            let moment = chance.of(&Moment::ALL);
            (moment, 1 + if comes_once(moment) { 0 } else { chance.below(table.rows.len() as u64) })
        });
        life.play(&words, plug);
    }
    let last = life.import();
    life.play(&last, None);
    if moody {
        // What the server did not like at first, it likes now. (The flags are those of the last session, so that there
        // is no limit among them.)
        life.play(&life.again(&["retry"]), None);
    }
    let results = Results::read(&life.dir().join("results.csv"));
    holds(&table, &results, &server);

    let mut undisturbed = vec!["import".to_owned()];
    undisturbed.extend(words(&calm, 4));
    undisturbed.push(format!("--run-dir={}", place.path().join("calm").display()));
    let exit = run(&undisturbed);
    assert!(matches!(exit, Exit::Landed | Exit::SomeRows), "{exit:?}");
    let doubtful = unanswered(&table, &server).union(&life.open).copied().collect::<BTreeSet<_>>();
    // A repetition shares the doubts of the row that it repeats.
    let is_doubtful = |row: u64| {
        let cells = &table.rows[row as usize - 2];
        doubtful.iter().any(|&other| table.rows[other as usize - 2] == *cells)
    };
    is_as_undisturbed(&table, (&results, &server), (&place.results("calm"), &calm), is_doubtful);
}

#[test]
fn whatever_happens_on_the_way_the_results_are_those_of_one_undisturbed_run() {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let share = |first| move || play(seeds(ROUNDS).skip(first).step_by(threads), round);
        let players: Vec<_> = (0..threads).map(|first| scope.spawn(share(first))).collect();
        // The panic of a player is the test's, and tells its seed.
        players.into_iter().for_each(|player| player.join().unwrap_or_else(|panic| resume_unwind(panic)));
    });
}
