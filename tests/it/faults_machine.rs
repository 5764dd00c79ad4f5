//! This machine's faults: a disk that is full, names that are taken, an input that changes. One sentence, exit code 4, and
//! a run that goes on when the fault is gone, with nothing doubled.
#![cfg(unix)]

use std::collections::BTreeSet;

use crate::support::{Place, Server};

const IMPORT: [&str; 6] = ["import", "people.csv", "-m", "m.toml", "--concurrency", "3"];

const ROWS: usize = 60;

/// Every sixth cannot be recognised by the server.
fn many() -> Place {
    let note = "x".repeat(400);
    let row = |n: usize| {
        let email = if n.is_multiple_of(6) { String::new() } else { format!("p{n}@example.com") };
        format!("P{n},{email},,{note}")
    };
    let rows: Vec<String> = (0..ROWS).map(row).collect();
    let place = Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let mapping = place.text("m.toml").replace("[card]\n", "[rows]\nrequire_identity = false\n[card]\n");
    place.put("m.toml", mapping);
    place
}

/// However often it was interrupted: every row has its result, and nobody is there twice.
#[track_caller]
fn landed_once(place: &Place, server: &Server, label: &str) {
    let results = place.results("people.c3run");
    assert_eq!(results.rows.len(), ROWS, "{label}");
    let uncertain = results.tally().get("uncertain").copied().unwrap_or(0);
    assert_eq!(results.landed() + uncertain, ROWS, "{label}: {:?}", results.tally());
    let cards = server.cards();
    let names: BTreeSet<_> = cards.iter().filter_map(|card| card.contacts.name.clone()).collect();
    assert_eq!(names.len(), cards.len(), "{label}: somebody is there twice");
    assert!(cards.len() <= ROWS && cards.len() >= ROWS - uncertain, "{label}: {} cards", cards.len());
    let ids: BTreeSet<String> = cards.iter().map(|card| card.id.to_string()).collect();
    let told = results.column("c3_id").into_iter().filter(|id| !id.is_empty());
    assert!(told.into_iter().all(|id| ids.contains(id)), "{label}: an id that is no card's");
}

#[test]
fn a_full_disk_stops_the_run_wherever_it_fills_up_and_the_run_goes_on_later() {
    let mut stopped = 0;
    for blocks in [0, 4, 8, 12, 16, 24, 32, 40, 48, 56, 64, 96, 128, 192, 256] {
        let server = Server::start();
        let place = many();
        let import = || place.c3import(&IMPORT).to(&server);
        let limited = import().with_files_up_to(blocks).run();
        if limited.code != Some(0) {
            stopped += 1;
            limited.exits(4).leaves_stdout_empty();
            let said = ["journal.db", "results.", "summary.", ".lock"];
            assert!(said.iter().any(|file| limited.stderr.contains(file)), "it names the file\n{limited}");
            assert!(!limited.stderr.contains("panicked"), "{limited}");
        }
        let done = import().run();
        assert!(matches!(done.code, Some(0 | 1)), "{blocks} blocks\n{limited}\n{done}");
        landed_once(&place, &server, &format!("{blocks} blocks"));
    }
    assert!(stopped > 5, "the disk was full {stopped} times only");
}

#[test]
fn a_name_that_is_taken_is_noticed_before_anything_is_sent() {
    let server = Server::start();
    let place = many();
    for (name, why) in
        [("results.partial.csv", "people.c3run"), ("journal.db", "journal.db cannot be written: Is a directory")]
    {
        let path = place.path().join("people.c3run").join(name);
        std::fs::create_dir_all(&path).expect("made");
        std::fs::write(path.join("inside"), "").expect("written");
        let done = place.c3import(&IMPORT).to(&server).run();
        assert!(matches!(done.code, Some(2 | 4)), "{done}");
        done.tells(&["people.c3run", why]);
        assert_eq!(server.requests(), 0, "{done}");
        std::fs::remove_dir_all(path).expect("removed");
    }
}

#[test]
fn an_input_that_changes_or_vanishes_meanwhile_is_told() {
    for (what, rows) in [("has changed", 70), ("is gone", 60)] {
        let server = Server::with("*:latency=20ms");
        let place = many();
        let import = || place.c3import(&IMPORT).to(&server);
        let running = import().start();
        server.has_got(3);
        let input = place.text("people.csv");
        std::fs::remove_file(place.path().join("people.csv")).expect("removed");
        let more: String = (60..rows).map(|n| format!("P{n},p{n}@example.com,,\n")).collect();
        if rows > 60 {
            place.put("people.csv", format!("{input}{more}"));
        }
        running.finish().exits(4).tells(&[&format!("people.csv {what}")]);
        place.put("people.csv", format!("{input}{more}"));
        import().run().exits(0);
        assert_eq!(place.results("people.c3run").landed(), rows);
        assert_eq!((server.cards().len(), server.requests()), (rows, rows));
    }
}
