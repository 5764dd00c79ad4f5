//! Seven traps that another tool for posting tables fell into, each a story of ours.

use std::time::{Duration, Instant};

use crate::faults_stage::{ONE, Say, Told, import, people, send};
use crate::support::Server;

#[test]
fn trap_1_a_4xx_is_not_tried_again() {
    let server = Server::with("2:status=400; 3:status=409; 4:status=422; 5:status=410");
    let place = people(6);
    import(&place, &server, &ONE).exits(1);
    assert_eq!(server.requests(), 6);
    assert_eq!(place.results("people.c3run").column("c3_attempts"), ["1"; 6]);
}

#[test]
fn trap_2_what_the_server_said_is_kept() {
    let server = Server::with("2:status=400,body=\"phone 12 is too short\"");
    let place = people(3);
    import(&place, &server, &ONE).exits(1).tells(&["phone 12 is too short"]);
    assert!(place.results("people.c3run").row(3)["c3_error"].contains("phone 12 is too short"));
}

#[test]
fn trap_3_no_row_that_failed_has_a_blank_for_a_reason() {
    let server =
        Server::with("2:status=422,empty; 3:status=400,body=\" \"; match=p04:status=500,empty; match=p09:status=401");
    let place = people(12);
    import(&place, &server, &ONE);
    let results = place.results("people.c3run");
    let (status, error, code) = (results.column("c3_status"), results.column("c3_error"), results.column("c3_code"));
    for row in 0..12 {
        assert_eq!(status[row] == "stored" && code[row].is_empty(), error[row].is_empty(), "row {}", row + 2);
    }
    assert!(["refused", "not_sent"].iter().all(|kind| status.contains(kind)), "{status:?}");
}

#[test]
fn trap_4_a_success_that_tells_of_a_quota_is_posted_once() {
    let quota = "x-ratelimit-limit: 10\",header=\"x-ratelimit-remaining: 9\",header=\"retry-after: 0";
    let server = Server::with(&format!("*:header=\"{quota}\""));
    let place = people(5);
    import(&place, &server, &ONE).exits(0);
    assert_eq!((server.requests(), server.cards().len()), (5, 5));
    assert!(server.cards().iter().all(|card| card.contacts.custom.len() == 1), "no custom entry stands twice");
}

#[test]
fn trap_5_waiting_for_its_turn_costs_a_row_nothing_of_its_time_out() {
    let server = Server::with("*:latency=150ms");
    let place = people(2);
    send(&place, &server.url(), &["--rate", "0.5", "--timeout", "400ms"]).exits(0);
    assert_eq!(place.results("people.c3run").column("c3_attempts"), ["1", "1"]);
    let arrivals = server.arrivals();
    assert_eq!(arrivals.len(), 2);
    assert!(arrivals[1] >= Duration::from_millis(1_900), "{arrivals:?}");
}

#[test]
fn trap_6_a_run_given_up_for_its_errors_does_not_end_well() {
    let server = Server::with("2-:status=422");
    let place = people(4);
    let done = import(&place, &server, &[&ONE[..], &["--max-errors", "1"]].concat());
    done.exits(3).leaves_stdout_empty();
    assert_eq!(server.requests(), 3);
}

#[test]
fn trap_7_a_date_to_come_again_is_obeyed() {
    let server = Server::with("2:status=429,retry-after-date=2s");
    let place = people(3);
    let start = Instant::now();
    import(&place, &server, &ONE).exits(0);
    let arrivals = server.arrivals();
    let gap = arrivals[2] - arrivals[1];
    assert!(gap >= Duration::from_millis(900), "{gap:?}");
    assert!(start.elapsed() < Duration::from_secs(30));
    assert_eq!(server.requests(), 4);
}

#[test]
fn trap_7_a_date_is_held_against_the_servers_own_clock() {
    // Its clock is years behind ours; the wait is one second all the same.
    let dates = "Date: Wed, 21 Oct 2015 07:28:00 GMT\r\nRetry-After: Wed, 21 Oct 2015 07:28:01 GMT\r\n";
    let server = Told::plain(move |ask| match ask.number {
        1 => Say::http("429 Too Many Requests", dates, ""),
        number => Say::stored(number),
    });
    let place = people(2);
    let start = Instant::now();
    send(&place, &server.url(), &["--rate", "unlimited"]).exits(0);
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(server.asked().len(), 3);
}
