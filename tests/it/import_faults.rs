//! `c3import import` against a server that is not well: what is sent again, what never, and where the run stops.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::support::{Done, Place, Server};

/// Five people without anything in common.
fn five() -> Place {
    many(5)
}

fn many(count: usize) -> Place {
    let rows: Vec<_> = (1..=count).map(|n| format!("P{n},p{n}@example.com,,note {n}")).collect();
    Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>())
}

const IMPORT: [&str; 4] = ["import", "people.csv", "-m", "m.toml"];

fn import(place: &Place, server: &Server) -> Done {
    place.c3import(&IMPORT).and(&["--concurrency", "1"]).to(server).run()
}

#[test]
fn a_refused_token_stops_the_run_at_the_first_answer() {
    let server = Server::with("*:status=401,detail=\"signature is invalid\"");
    let place = five();
    let done = import(&place, &server);
    done.exits(3).leaves_stdout_empty().tells(&["401", "token", "signature is invalid"]);
    assert_eq!(server.requests(), 1);
    assert_eq!(place.results("people.c3run").tally(), BTreeMap::from([("not_sent", 5)]));
    assert!(done.last_line().contains("c3import"), "the last line is what to type next\n{done}");
}

#[test]
fn a_token_withdrawn_in_mid_run_stops_it_there() {
    let server = Server::with("3-:status=401");
    let place = five();
    import(&place, &server).exits(3);
    assert_eq!(server.requests(), 3);
    assert_eq!(
        place.results("people.c3run").column("c3_status"),
        ["stored", "stored", "not_sent", "not_sent", "not_sent"]
    );
}

#[test]
fn a_wrong_workspace_stops_the_run_at_the_first_answer() {
    let server = Server::start();
    let place = five();
    let call = place.c3import(&IMPORT).token(Server::TOKEN);
    let done = call.and(&["--concurrency", "1", "--server", &server.url(), "--workspace", "nowhere"]).run();
    done.exits(3).leaves_stdout_empty().tells(&["404", "nowhere"]);
    assert_eq!(server.requests(), 1);
    assert!(server.cards().is_empty());
    assert_eq!(place.results("people.c3run").landed(), 0);
}

#[test]
fn a_server_that_asks_to_wait_is_waited_for() {
    for fault in ["2:status=429,retry-after=1", "2:status=503,retry-after=1", "2:status=429,retry-after-date=1s"] {
        let server = Server::with(fault);
        let place = five();
        let start = Instant::now();
        import(&place, &server).exits(0);
        let results = place.results("people.c3run");
        assert_eq!(results.tally(), BTreeMap::from([("stored", 5)]), "{fault}");
        assert_eq!(results.column("c3_attempts"), ["1", "2", "1", "1", "1"], "{fault}");
        assert_eq!(server.requests(), 6, "{fault}");
        // The date form is rounded to whole seconds, on either side.
        let least = if fault.contains("date") { Duration::ZERO } else { Duration::from_secs(1) };
        assert!(start.elapsed() >= least, "{fault}");
    }
}

#[test]
fn a_pause_holds_for_all_rows() {
    let server = Server::with("1:status=429,retry-after=1");
    let place = many(20);
    place.c3import(&IMPORT).and(&["--concurrency", "4"]).to(&server).run().exits(0);
    // Those already under way may arrive, and a few that leave before the answer is read; then silence until the
    // second is over.
    let early = server.arrivals().iter().filter(|at| **at < Duration::from_millis(900)).count();
    assert!(early <= 8, "{early} requests in the first 900 ms");
    assert_eq!(server.cards().len(), 20);
}

#[test]
fn a_busy_server_gets_the_row_again() {
    let server = Server::with("2:status=503; 4:status=502");
    let place = five();
    import(&place, &server).exits(0);
    let results = place.results("people.c3run");
    assert_eq!(results.tally(), BTreeMap::from([("stored", 5)]));
    assert_eq!(server.cards().len(), 5);
    assert_eq!(server.requests(), 7);
}

#[test]
fn an_answer_that_is_lost_after_the_work_was_done_makes_no_double() {
    for fault in ["2:reset=after", "2:drop=after", "2:truncate", "2:garbage"] {
        let server = Server::with(fault);
        let place = five();
        import(&place, &server).exits(0);
        let results = place.results("people.c3run");
        assert_eq!(results.tally(), BTreeMap::from([("stored", 5)]), "{fault}");
        assert_eq!(results.row(3)["c3_attempts"], "2", "{fault}");
        assert_eq!(server.cards().len(), 5, "{fault}");
    }
}

#[test]
fn a_request_that_hangs_is_given_up_and_sent_again() {
    let server = Server::with("1:hang");
    let place = five();
    let done = place.c3import(&IMPORT).and(&["--concurrency", "1", "--timeout", "300ms"]).to(&server).run();
    done.exits(0);
    assert_eq!(place.results("people.c3run").row(2)["c3_attempts"], "2");
}

#[test]
fn a_row_that_fails_every_time_ends_uncertain_and_the_others_land() {
    let server = Server::with("match=p2@example.com:status=500,detail=boom");
    let place = five();
    import(&place, &server).exits(1).tells(&["uncertain"]);
    let results = place.results("people.c3run");
    assert_eq!(results.column("c3_status"), ["stored", "uncertain", "stored", "stored", "stored"]);
    let row = results.row(3);
    assert_eq!((row["c3_http_status"], row["c3_code"], row["c3_id"]), ("500", "delivery.unknown", ""));
    assert!(row["c3_error"].contains("boom"), "{row:?}");
    assert_ne!(row["c3_attempts"], "1");
}

#[test]
fn a_redirect_is_never_followed() {
    let elsewhere = Server::start();
    let server = Server::with(&format!("*:redirect=\"{}/s/demo/capi/json/c3_contact_cards\"", elsewhere.url()));
    let place = five();
    import(&place, &server).exits(3).tells(&[&elsewhere.url()]);
    assert_eq!((server.requests(), elsewhere.requests()), (1, 0));
    assert_eq!(place.results("people.c3run").tally(), BTreeMap::from([("not_sent", 5)]));
}

#[test]
fn a_refusal_is_led_back_to_its_column() {
    for (pointer, column) in [
        ("/data/attributes/contacts/email/0", "E-mail"),
        ("/data/attributes/contacts/custom/0/value", "Note"),
        ("/data/attributes/contacts/name", "Name"),
        ("/data/attributes/contacts/email/7", ""),
        ("/nowhere", ""),
    ] {
        let server =
            Server::with(&format!("match=p3@example.com:status=422,pointer=\"{pointer}\",detail=\"it is not liked\""));
        let place = five();
        import(&place, &server).exits(1).tells(&["refused"]);
        let results = place.results("people.c3run");
        assert_eq!(results.column("c3_status"), ["stored", "stored", "refused", "stored", "stored"]);
        let row = results.row(4);
        assert_eq!((row["c3_http_status"], row["c3_code"], row["c3_attempts"]), ("422", "server.refused", "1"));
        assert_eq!(row["c3_column"], column, "{pointer}");
        assert!(row["c3_error"].contains("it is not liked"), "{row:?}");
        assert_eq!(server.requests(), 5, "a refused row is not sent again");
    }
}

#[test]
fn rows_that_share_a_contact_are_never_in_flight_together() {
    let server = Server::with("*:latency=20ms");
    // 12 families of 5: an e-mail in any case, or a phone in any form.
    let mut rows = Vec::new();
    for member in 0..5 {
        for family in 0..12 {
            let phone = format!("070-174 06 {}", 10 + family);
            rows.push(match member {
                0 => format!("M{member},f{family}@example.com,{phone},"),
                1 => format!("M{member},F{family}@Example.COM,,"),
                2 => format!("M{member},,+46 (0){},", &phone[1..]),
                3 => format!("M{member},m{family}@example.org,{phone},"),
                _ => format!("M{member},m{family}@example.org,,"),
            });
        }
    }
    let place = Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    place.c3import(&IMPORT).and(&["--concurrency", "16"]).to(&server).run().exits(0);
    assert_eq!(server.overlaps(), 0);
    assert_eq!(server.cards().len(), 12);
    let results = place.results("people.c3run");
    let ids = results.column("c3_id");
    for row in 12..ids.len() {
        assert_eq!(ids[row], ids[row % 12], "row {} is of family {}", row + 2, row % 12);
    }
}

#[test]
fn a_server_that_is_not_there_leaves_every_row_unsent() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        listener.local_addr().expect("it is bound").port()
    };
    let place = five();
    let quick = ["--retry-pause", "10ms", "--uncertain-pause", "10ms", "--rate", "1000"];
    let call = place.c3import(&IMPORT).at(&format!("http://127.0.0.1:{port}")).token("t").and(&quick);
    let done = call.run();
    done.exits(3).leaves_stdout_empty().tells(&[&format!("127.0.0.1:{port}")]);
    let results = place.results("people.c3run");
    assert_eq!(results.tally(), BTreeMap::from([("not_sent", 5)]));
    assert!(results.column("c3_code").iter().all(|code| *code == "run.stopped"), "{:?}", results.column("c3_code"));
}

#[test]
fn an_odd_answer_after_storing_is_told_and_not_repeated() {
    let server = Server::with("2:no-id; 3:empty,status=200,commit; 4:numeric-id; 5:location-only,commit");
    let place = five();
    import(&place, &server).exits(0);
    let results = place.results("people.c3run");
    assert_eq!(results.tally(), BTreeMap::from([("stored", 5)]));
    assert_eq!(server.requests(), 5);
    for row in [3, 4] {
        assert_eq!((results.row(row)["c3_id"], results.row(row)["c3_code"]), ("", "server.odd_answer"), "row {row}");
    }
    assert_ne!(results.row(5)["c3_id"], "");
    assert_ne!(results.row(6)["c3_id"], "");
}
