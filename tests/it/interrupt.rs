//! Ctrl-C and SIGTERM: the run ends in good order, and what is known is written.
#![cfg(unix)]

use std::process::Command;

use crate::faults_stage::{Say, Told, people};
#[cfg(target_os = "linux")]
use crate::support::Running;
use crate::support::{Place, Results, Server, counts};

const IMPORT: [&str; 6] = ["import", "people.csv", "-m", "m.toml", "--concurrency", "2"];

fn many() -> Place {
    let rows: Vec<_> = (1..=300).map(|n| format!("P{n},p{n}@example.com,,")).collect();
    Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Interrupts an import in its middle, and holds its results against the server's own count.
fn stops_in_good_order(signal: &str) {
    let server = Server::with("*:latency=50ms");
    let place = many();
    let running = place.c3import(&IMPORT).to(&server).start();
    server.has_got(10);
    running.signal(signal);
    let done = running.finish();
    done.exits(5).leaves_stdout_empty();
    assert!(done.last_line().contains("c3import"), "the last line is what to type next\n{done}");

    let results: Results = place.results("people.c3run");
    let tally = results.tally();
    assert!(server.requests() < 100, "reading and sending stop: {} requests", server.requests());
    assert_eq!(results.landed(), server.cards().len(), "what was in flight was waited for: {tally:?}");
    assert_eq!(results.landed() + tally.get("not_sent").copied().unwrap_or_default(), results.rows.len(), "{tally:?}");
    let numbers: Vec<String> = (2..2 + results.rows.len()).map(|number| number.to_string()).collect();
    assert_eq!(results.column("c3_row"), numbers, "a valid beginning, without holes");
    let counts = counts(&place.summary("people.c3run"));
    assert_eq!(counts["stored"] as usize, results.landed());
}

#[test]
fn ctrl_c_lets_requests_in_flight_finish() {
    stops_in_good_order("INT");
}

#[test]
fn a_polite_kill_does_the_same() {
    stops_in_good_order("TERM");
}

#[cfg(target_os = "linux")]
#[test]
fn a_dry_run_has_nothing_in_flight_and_says_so() {
    let rows: Vec<_> = (1..=200_000).map(|n| format!("P{n},p{n}@example.com,,")).collect();
    let place = Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let running = place.c3import(&["check", "people.csv", "-m", "m.toml"]).start();
    // It listens when it begins to read, and reads for a while.
    let id = running.id();
    let done = running.signal_when(&["INT"], &mut || Running::hears_ctrl_c(id));
    done.exits(5).tells(&["asked to stop: nothing is in flight"]);
    assert!(!done.stderr.contains("waiting for requests"), "{done}");
}

#[test]
fn twice_means_at_once_and_what_was_in_flight_is_uncertain() {
    let server = Server::with("*:hang");
    let place = many();
    let running = place.c3import(&IMPORT).and(&["--timeout", "1h", "--grace", "1h"]).to(&server).start();
    server.has_got(2);
    running.signal_until_it_ends("INT").exits(5);
    let results = place.results("people.c3run");
    assert_eq!(results.column("c3_status")[..2], ["uncertain", "uncertain"], "{:?}", results.tally());
    assert_eq!(results.tally()["uncertain"], 2);
    assert_eq!(results.column("c3_code")[..2], ["delivery.unknown", "delivery.unknown"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_look_for_rows_that_go_together_hears_it_and_nothing_is_sent() {
    let server = Server::start();
    let rows: Vec<_> = (1..=60_000).map(|n| format!("P{n},p{n}@example.com,,")).collect();
    let place = Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let running = place.c3import(&IMPORT).and(&["--merge-rows"]).to(&server).start();
    // It listens when it begins to look, and looks for a while.
    let id = running.id();
    let done = running.signal_when(&["INT"], &mut || Running::hears_ctrl_c(id));
    done.exits(5).tells(&["stopped: it was interrupted"]);
    assert!(done.last_line().contains("c3import"), "the last line is what to type next\n{done}");
    assert_eq!(server.requests(), 0);
    assert_eq!(place.results("people.c3run").rows.len(), 0);
    assert_eq!(place.summary("people.c3run")["stopped"]["by"], "interrupt");
}

#[test]
fn ctrl_c_is_heard_while_a_token_command_takes_its_time() {
    let place = people(6);
    let server = Told::plain(|ask| match ask.number {
        1..=3 => Say::stored(ask.number),
        _ => Say::http("401 Unauthorized", "", "expired"),
    });
    assert!(Command::new("mkfifo").arg(place.path().join("slow")).status().is_ok_and(|made| made.success()));
    // Answers at once when it is asked first, and then not before somebody writes into the pipe. It keeps nothing of
    // ours open, because it outlives us.
    let command = "exec 2>&-; test -e asked && cat slow; touch asked; echo a-token-of-the-night";
    let words = ["--token-command", command, "--concurrency", "1", "--rate", "unlimited"];
    let running = place.c3import(&IMPORT[..4]).and(&words).at(&server.url()).start();
    // Opens as soon as the command does so at the other end.
    let slow = std::fs::OpenOptions::new().write(true).open(place.path().join("slow")).expect("a pipe can be opened");
    running.signal("INT");
    let done = running.finish();
    done.exits(5);
    drop(slow);
    let results = place.results("people.c3run");
    let status = ["stored", "stored", "stored", "not_sent", "not_sent", "not_sent"];
    assert_eq!((results.column("c3_status"), server.asked().len()), (status.to_vec(), 4));
}
