//! Journals that are torn, cut, replaced, or from another version: a clear refusal or a clean recovery, and never a
//! silent start from zero.

use std::fs;
use std::path::PathBuf;

use crate::support::{Done, Place, Server};

const IMPORT: [&str; 4] = ["import", "people.csv", "-m", "m.toml"];

struct Stopped {
    place: Place,
    server: Server,
}

impl Stopped {
    /// A run of 200 rows that was stopped after 150.
    fn new() -> Stopped {
        let rows: Vec<_> = (1..=200).map(|n| format!("P{n},p{n}@example.com,,")).collect();
        let place = Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>());
        let server = Server::start();
        place.c3import(&IMPORT).to(&server).and(&["--max-rows", "150"]).run().exits(3);
        Stopped { place, server }
    }

    fn journal(&self) -> PathBuf {
        self.place.path().join("people.c3run/journal.db")
    }

    fn again(&self) -> Done {
        self.place.c3import(&IMPORT).to(&self.server).run()
    }

    /// It says so, and sends nothing.
    #[track_caller]
    fn refuses(&self, code: i32, words: &[&str]) {
        let done = self.again();
        done.exits(code).leaves_stdout_empty().tells(words).tells(&["people.c3run", "--fresh"]);
        assert_eq!(self.server.requests(), 150, "nothing was sent\n{done}");
    }
}

#[test]
fn a_journal_that_is_something_else_is_refused() {
    let run = Stopped::new();
    fs::write(run.journal(), "not a journal at all, and longer than a header of SQLite would be ".repeat(9))
        .expect("written");
    run.refuses(4, &["journal.db is damaged"]);
}

#[test]
fn a_journal_that_is_cut_is_refused() {
    let run = Stopped::new();
    let bytes = fs::read(run.journal()).expect("there");
    for keep in [bytes.len() / 2, bytes.len() - 4096, 5000, 4096] {
        fs::write(run.journal(), &bytes[..keep]).expect("written");
        run.refuses(4, &["journal.db is damaged"]);
    }
    fs::write(run.journal(), "").expect("written");
    run.refuses(2, &["already holds the results of a run"]);
    fs::remove_file(run.journal()).expect("removed");
    run.refuses(2, &["already holds the results of a run"]);
    fs::write(run.journal(), bytes).expect("written");
    run.again().exits(0);
    assert_eq!((run.server.cards().len(), run.server.requests()), (200, 200));
}

#[test]
fn a_journal_with_a_broken_page_is_refused() {
    let run = Stopped::new();
    let mut bytes = fs::read(run.journal()).expect("there");
    let page = bytes.len() / 4096 - 1;
    bytes[page * 4096..page * 4096 + 64].fill(0xAA);
    fs::write(run.journal(), bytes).expect("written");
    run.refuses(4, &["journal.db is damaged"]);
}

#[test]
fn a_journal_that_knows_less_than_the_results_is_refused() {
    let run = Stopped::new();
    let db = rusqlite::Connection::open(run.journal()).expect("it is one");
    db.execute("DELETE FROM record WHERE row > 121", []).expect("deleted");
    drop(db);
    run.refuses(4, &["it knows of 120 stored rows, and people.c3run/results.csv tells of 150"]);
}

/// A run that was killed when some rows stood in the results, which go to `out.csv`.
fn killed_with_results_elsewhere() -> (Place, Server) {
    let rows: Vec<_> = (1..=80).map(|n| format!("P{n},p{n}@example.com,,")).collect();
    let place = Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let server = Server::with("*:latency=10ms");
    let partial = place.path().join("out.partial.csv");
    let written = || fs::read_to_string(&partial).is_ok_and(|text| text.matches(",stored,").count() > 5);
    let import = place.c3import(&IMPORT).to(&server).and(&["--results", "out.csv"]);
    let killed = import.start().kill_when(written);
    assert_eq!(killed.code, None, "{killed}");
    (place, server)
}

#[cfg(unix)]
#[test]
fn a_journal_that_lost_its_companion_is_refused_wherever_the_results_went() {
    let (place, server) = killed_with_results_elsewhere();
    let import = || place.c3import(&IMPORT).to(&server).and(&["--results", "out.csv"]);
    fs::remove_file(place.path().join("people.c3run/journal.db-wal")).expect("it was not put into the journal yet");
    let requests = server.requests();
    import().run().exits(4).tells(&["it knows of 0 stored rows, and out.partial.csv tells of"]);
    assert_eq!(server.requests(), requests);
}

#[test]
fn a_run_that_begins_anew_is_not_held_against_the_results_of_the_one_before() {
    let (place, server) = killed_with_results_elsewhere();
    let import = || place.c3import(&IMPORT).to(&server).and(&["--results", "out.csv"]);
    import().and(&["--fresh"]).run().exits(0);
}

#[test]
fn a_journal_of_a_later_form_is_refused() {
    let run = Stopped::new();
    let db = rusqlite::Connection::open(run.journal()).expect("it is one");
    db.pragma_update(None, "user_version", 99).expect("updated");
    drop(db);
    run.refuses(4, &["has form 99"]);
}

#[test]
fn a_card_that_this_version_writes_in_another_way_is_not_sent_again_by_mistake() {
    let run = Stopped::new();
    let db = rusqlite::Connection::open(run.journal()).expect("it is one");
    db.execute("UPDATE run SET sample = x'000102030405060708090a0b'", []).expect("updated");
    drop(db);
    let done = run.again();
    done.exits(2).tells(&["wrote cards in another way"]);
    assert_eq!(run.server.requests(), 150);
}

#[test]
fn what_was_begun_and_not_finished_before_anything_was_sent_begins_anew() {
    let run = Stopped::new();
    run.place.c3import(&IMPORT).to(&run.server).and(&["--fresh"]).run().exits(0);
    let place = Place::with_table(&["Åsa,asa@example.com,,"]);
    fs::create_dir(place.path().join("people.c3run")).expect("made");
    place.put("people.c3run/journal.db", "");
    place.c3import(&IMPORT).to(&run.server).run().exits(0);
    assert_eq!(place.results("people.c3run").landed(), 1);
}

#[cfg(unix)]
#[test]
fn a_journal_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let run = Stopped::new();
    let mode = |path: PathBuf| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(run.journal()), mode(run.place.path().join("people.c3run"))), (0o600, 0o700));
}
