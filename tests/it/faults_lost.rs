//! Answers that are lost, broken, or say that the server failed: rows with a contact go again and make no double, rows
//! without one are never sent twice.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use crate::faults_stage::{ONE, import, nameless, people};
use crate::support::{Place, Server};

/// What leaves open whether the card was stored, and whether it was.
const UNKNOWN: [(&str, bool); 29] = [
    ("reset=before", false),
    ("reset=during,latency=2ms", true),
    ("reset=after", true),
    ("drop=before", false),
    ("drop=during,latency=2ms", true),
    ("drop=after", true),
    ("status=500", false),
    ("status=500,commit", true),
    ("status=502", false),
    ("status=503", false),
    ("status=504", false),
    ("status=504,commit", true),
    ("status=520", false),
    ("status=408", false),
    ("status=502,body=\"<html><title>Bad gateway</title></html>\",type=text/html", false),
    ("half-json", true),
    ("truncate", true),
    ("truncate,no-commit", false),
    ("garbage", true),
    ("garbage,no-commit", false),
    ("huge=3000000", true),
    ("huge=3000000,gzip", true),
    ("status=201,body=\"{\\\"errors\\\":[{\\\"title\\\":\\\"no\\\"}]}\"", false),
    ("status=599", false),
    ("gzip,truncate", true),
    ("header=\"Content-Encoding: gzip\"", true),
    ("status=500,retry-after=0", false),
    ("status=200,body=\"[]\"", false),
    ("body=\"no JSON\"", false),
];

/// A fault for every second row, from row 3 on: the first attempt of person 02, 04, … meets it.
fn every_other<'a>(faults: impl Iterator<Item = &'a str>) -> String {
    let one = |(n, fault): (usize, &str)| format!("match=P{:02},attempt=1:{fault}", 2 * (n + 1));
    faults.enumerate().map(one).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_person_with_a_contact_is_sent_again_and_there_is_one_card() {
    let server = Server::with(&every_other(UNKNOWN.iter().map(|(fault, _)| *fault)));
    let rows = 2 * UNKNOWN.len() + 1;
    let place = people(rows);
    import(&place, &server, &ONE).exits(0);
    let results = place.results("people.c3run");
    assert_eq!(results.tally(), BTreeMap::from([("stored", rows)]));
    for (n, (fault, _)) in UNKNOWN.iter().enumerate() {
        let row = results.row(2 * n as u64 + 3);
        assert_eq!(row["c3_attempts"], "2", "{fault}");
        assert!(row["c3_code"].contains("delivery.resent") && !row["c3_id"].is_empty(), "{fault}: {row:?}");
        let good = results.row(2 * n as u64 + 2);
        assert_eq!((good["c3_attempts"], good["c3_code"]), ("1", ""), "before {fault}");
    }
    assert_eq!((server.cards().len(), server.requests()), (rows, rows + UNKNOWN.len()));
    assert_eq!(server.overlaps(), 0);
}

#[test]
fn a_person_without_a_contact_is_never_sent_again() {
    let server = Server::with(&every_other(UNKNOWN.iter().map(|(fault, _)| *fault)));
    let rows = 2 * UNKNOWN.len() + 1;
    let place = nameless(rows);
    import(&place, &server, &ONE).exits(1).tells(&["uncertain"]);
    let results = place.results("people.c3run");
    for (n, (fault, _)) in UNKNOWN.iter().enumerate() {
        let row = results.row(2 * n as u64 + 3);
        assert_eq!((row["c3_status"], row["c3_attempts"], row["c3_id"]), ("uncertain", "1", ""), "{fault}");
        assert_eq!(row["c3_code"], "delivery.unknown", "{fault}");
        assert!(row["c3_error"].len() > "nobody knows whether it was stored: ".len(), "{fault}: {row:?}");
    }
    let stored = UNKNOWN.iter().filter(|(_, stored)| *stored).count();
    assert_eq!(server.requests(), rows, "one request a row");
    assert_eq!(server.cards().len(), rows - UNKNOWN.len() + stored);
}

#[test]
fn a_server_that_hangs_costs_its_time_out_and_no_double() {
    for (fault, cards) in [("2:hang", 2), ("2:hang,commit", 3), ("2:slow=20ms", 3)] {
        let server = Server::with(fault);
        let place = people(3);
        import(&place, &server, &[&ONE[..], &["--timeout", "500ms"]].concat()).exits(0);
        assert_eq!(place.results("people.c3run").row(3)["c3_attempts"], "2", "{fault}");
        assert_eq!((server.cards().len(), server.requests()), (3, 4), "{fault}");

        let server = Server::with(fault);
        let place = nameless(3);
        import(&place, &server, &[&ONE[..], &["--timeout", "500ms"]].concat()).exits(1);
        let results = place.results("people.c3run");
        let row = results.row(3);
        assert_eq!((row["c3_status"], row["c3_attempts"]), ("uncertain", "1"), "{fault}");
        let said = ["no answer in time", "broke off"];
        assert!(said.iter().any(|said| row["c3_error"].contains(said)), "{row:?}");
        assert_eq!((server.cards().len(), server.requests()), (cards, 3), "{fault}");
    }
}

#[test]
fn what_was_certainly_not_processed_is_sent_again_whoever_it_is() {
    let faults = [
        "status=429",
        "status=425",
        "status=429,retry-after=0",
        "status=503,retry-after=0",
        "status=503,retry-after=\"Wed, 21 Oct 2015 07:28:00 GMT\"",
        "status=429,retry-after=soon",
    ];
    let rows = 2 * faults.len() + 1;
    for place in [people(rows), nameless(rows)] {
        let server = Server::with(&every_other(faults.iter().copied()));
        import(&place, &server, &ONE).exits(0);
        let results = place.results("people.c3run");
        assert_eq!(results.tally(), BTreeMap::from([("stored", rows)]));
        for (n, fault) in faults.iter().enumerate() {
            let row = results.row(2 * n as u64 + 3);
            assert_eq!((row["c3_attempts"], row["c3_code"]), ("2", ""), "{fault}");
        }
        assert_eq!((server.cards().len(), server.requests()), (rows, rows + faults.len()));
    }
}

#[test]
fn a_person_without_a_contact_waits_for_a_server_that_cannot_be_reached() {
    // A port that is free when the run begins, and has a server once the program has found out that it had none.
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    let place = nameless(3);
    let url = format!("http://{address}");
    let words = ["import", "people.csv", "-m", "m.toml", "-v", "-v", "--retry-pause", "100ms", "--rate", "unlimited"];
    let mut program = Command::new(env!("CARGO_BIN_EXE_c3import"));
    let program = program.args(words).args(["--server", &url, "--workspace", "demo"]).args(ONE);
    let program = program.current_dir(place.path()).env("C3IMPORT_TOKEN", Server::TOKEN).stderr(Stdio::piped());
    let mut child = program.spawn().expect("the program starts");
    let mut said = BufReader::new(child.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
    let refused = said.find(|line| line.contains("not processed"));
    assert!(refused.is_some(), "the log tells of an attempt that did not get through");
    let server = Server::on(address, "");
    let rest: Vec<String> = said.collect();
    let status = child.wait().expect("a child can be waited for");
    assert_eq!(status.code(), Some(0), "{rest:?}");
    let results = place.results("people.c3run");
    assert_eq!(results.tally(), BTreeMap::from([("stored", 3)]));
    assert_eq!(results.column("c3_attempts"), ["1", "1", "1"], "what never left is no attempt");
    assert_eq!((server.cards().len(), server.requests()), (3, 3));
}

#[test]
fn rows_of_a_run_that_fails_throughout_are_told_apart_by_what_may_have_happened() {
    // Nothing but failures: the run slows down to single tries, and gives up.
    let server = Server::with("*:status=500,detail=boom");
    let place = people(30);
    import(&place, &server, &ONE).exits(3).tells(&["boom"]);
    let results = place.results("people.c3run");
    assert!(server.requests() < 30, "{} requests", server.requests());
    assert_eq!(results.landed(), 0);
    for row in &results.rows {
        let cells: BTreeMap<&str, &str> =
            results.header.iter().map(String::as_str).zip(row.iter().map(String::as_str)).collect();
        let tried = !cells["c3_attempts"].is_empty();
        assert_eq!(cells["c3_status"], if tried { "uncertain" } else { "not_sent" }, "{cells:?}");
    }
    assert!(server.cards().is_empty());
}

#[test]
fn a_connection_that_is_closed_without_a_word_between_two_rows_costs_nothing() {
    for fault in ["*:close", "*:cut"] {
        let server = Server::with(fault);
        let place = people(10);
        import(&place, &server, &ONE).exits(0);
        assert_eq!(server.cards().len(), 10, "{fault}");
        assert_eq!(place.results("people.c3run").tally(), BTreeMap::from([("stored", 10)]), "{fault}");
    }
}

#[test]
fn a_person_without_a_contact_never_meets_a_connection_that_is_just_being_closed() {
    let server = Server::with("*:cut");
    let place = nameless(40);
    import(&place, &server, &["--concurrency", "4"]).exits(0);
    assert_eq!(place.results("people.c3run").tally(), BTreeMap::from([("stored", 40)]));
    assert_eq!((server.cards().len(), server.requests(), server.connections()), (40, 40, 40));

    let server = Server::start();
    import(&people(40), &server, &ONE).exits(0);
    assert_eq!(server.connections(), 1, "who may go twice shares one");
}

#[test]
fn of_two_identical_people_without_a_contact_the_second_is_not_sent_when_the_first_is_uncertain() {
    let server = Server::with("1:reset=after");
    let place = Place::new();
    place.put("people.csv", "Name\nAnna\nBo\nAnna\n");
    place.put("m.toml", "version = 1\n[card]\nname = \"Name\"\n[rows]\nrequire_identity = false\n");
    import(&place, &server, &ONE).exits(1);
    let results = place.results("people.c3run");
    assert_eq!(results.column("c3_status"), ["uncertain", "stored", "uncertain"]);
    assert_eq!(results.column("c3_attempts"), ["1", "1", ""]);
    assert!(results.row(4)["c3_error"].contains("row 2"), "{:?}", results.row(4));
    assert_eq!((server.cards().len(), server.requests()), (2, 2));
}

#[test]
fn a_row_whose_answers_are_always_lost_is_given_up_after_five_attempts() {
    let server = Server::with("match=P02:reset=after; match=P03:status=500,detail=same");
    let place = people(4);
    import(&place, &server, &ONE).exits(1);
    let results = place.results("people.c3run");
    assert_eq!(results.column("c3_status"), ["stored", "uncertain", "uncertain", "stored"]);
    assert_eq!(results.column("c3_attempts"), ["1", "5", "3", "1"], "the same failure text is believed sooner");
    assert_eq!((server.cards().len(), server.requests()), (3, 10));
}

#[test]
fn people_without_a_contact_are_one_request_each_however_many_are_in_flight() {
    let server = Server::with("*:latency=2ms; every=5:reset=after; every=7:reset=before; every=11:status=502,commit");
    let place = nameless(60);
    import(&place, &server, &["--concurrency", "16"]).exits(1);
    let results = place.results("people.c3run");
    assert_eq!(server.requests(), 60);
    assert_eq!(results.column("c3_attempts"), ["1"; 60]);
    // Every fifth, every seventh of the others, every eleventh of the rest: 12, 7 and 4 of sixty.
    assert_eq!(results.tally(), BTreeMap::from([("stored", 37), ("uncertain", 23)]));
    assert_eq!(server.cards().len(), 37 + 12 + 4);
}

#[test]
fn a_server_that_only_fails_gets_few_of_the_people_without_a_contact() {
    let server = Server::with("*:status=500,commit");
    let place = nameless(40);
    import(&place, &server, &["--concurrency", "4"]).exits(3);
    let results = place.results("people.c3run");
    let sent = server.requests();
    assert!((10..=20).contains(&sent), "{sent} requests");
    assert_eq!(results.tally(), BTreeMap::from([("uncertain", sent), ("not_sent", 40 - sent)]));
}

#[test]
fn a_row_that_is_refused_after_a_lost_answer_is_not_said_to_be_outside() {
    let server = Server::with("match=P02,attempt=1:reset=after; match=P02,attempt=2:status=422,detail=\"not again\"");
    let place = people(3);
    import(&place, &server, &ONE).exits(1);
    let results = place.results("people.c3run");
    let row = results.row(3);
    assert_eq!((row["c3_status"], row["c3_attempts"], row["c3_http_status"]), ("uncertain", "2", "422"));
    assert!(row["c3_error"].contains("nobody knows") && row["c3_error"].contains("not again"), "{row:?}");
    assert_eq!((server.cards().len(), server.requests()), (3, 4));
}

#[test]
fn who_shares_a_contact_with_a_row_given_up_does_not_race_with_its_lost_attempt() {
    // The lost attempt is stored after the next row with its mailbox would have gone.
    let server = Server::with("match=P1:reset=during,latency=60ms");
    let place = Place::with_table(&["P1,p@example.com,,", "P2,p@example.com,,", "P3,q@example.com,,"]);
    let words = ["--on-uncertain", "report", "--uncertain-pause", "250ms", "--concurrency", "4"];
    let import = ["import", "people.csv", "-m", "m.toml", "--rate", "unlimited"];
    place.c3import(&import).at(&server.url()).token(Server::TOKEN).and(&words).run().exits(1);
    assert_eq!(place.results("people.c3run").column("c3_status"), ["uncertain", "stored", "stored"]);
    assert_eq!((server.cards().len(), server.requests(), server.overlaps()), (2, 3, 0));
}
