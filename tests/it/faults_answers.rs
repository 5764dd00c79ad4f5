//! Answers that did come: odd ones after storing, refusals in every shape, and those after which no card can succeed.

use std::collections::BTreeMap;

use crate::faults_stage::{ONE, Say, Told, import, people, send};
use crate::support::{Place, Results, Server};

/// For each fault one row, the others between them: fault n meets row 2n + 1, counted from 1.
fn one_run(faults: &[&str]) -> (Place, Server, Results) {
    let plan = faults.iter().enumerate().map(|(n, fault)| format!("match=\"P{:02}\",attempt=1:{fault}", 2 * (n + 1)));
    let server = Server::with(&plan.collect::<Vec<_>>().join("; "));
    let place = people(2 * faults.len() + 1);
    let done = import(&place, &server, &ONE);
    assert!(matches!(done.code, Some(0 | 1)), "{done}");
    let results = place.results("people.c3run");
    for n in 0..=faults.len() {
        let row = results.row(2 * n as u64 + 2);
        assert_eq!((row["c3_status"], row["c3_code"]), ("stored", ""), "a row between the faults");
    }
    (place, server, results)
}

fn met(results: &Results, n: usize) -> BTreeMap<&str, &str> {
    results.row(2 * n as u64 + 3)
}

#[test]
fn a_stored_card_is_stored_once_however_the_answer_looks() {
    // The fault, whether the id is known, and what there is to tell.
    let faults = [
        ("status=200", true, ""),
        ("status=202", true, ""),
        ("status=299", true, ""),
        ("numeric-id", true, ""),
        ("location-only", true, ""),
        ("gzip", true, ""),
        ("chunked", true, ""),
        ("gzip,chunked", true, ""),
        ("early-hints", true, ""),
        ("close", true, ""),
        ("slow=1ms", true, ""),
        ("header=\"x-ratelimit-limit: 10\"", true, ""),
        ("header=\"Content-Type: application/vnd.api+json; charset=utf-8\"", true, ""),
        ("empty", false, "server.odd_answer"),
        ("status=204,empty", false, "server.odd_answer"),
        ("status=200,empty", false, "server.odd_answer"),
        ("no-id", false, "server.odd_answer"),
        ("ids-differ", false, "server.odd_answer"),
        ("wrong-type", false, "server.odd_answer"),
        ("status=200,body=\"{\\\"ok\\\":true}\",type=application/json,commit", false, "server.odd_answer"),
        ("forget=email", true, "echo.missing"),
        ("forget=name", true, "echo.missing"),
    ];
    let (place, server, results) = one_run(&faults.map(|(fault, ..)| fault));
    for (n, (fault, known, code)) in faults.iter().enumerate() {
        let row = met(&results, n);
        assert_eq!((row["c3_status"], row["c3_attempts"], row["c3_code"]), ("stored", "1", *code), "{fault}: {row:?}");
        let id = server.cards()[2 * n + 1].id.to_string();
        assert_eq!(row["c3_id"], if *known { id.as_str() } else { "" }, "{fault}");
        assert_eq!(row["c3_error"].is_empty(), code.is_empty(), "{fault}: {row:?}");
    }
    assert_eq!(met(&results, 20)["c3_column"], "E-mail");
    assert_eq!(met(&results, 21)["c3_column"], "Name");
    let rows = 2 * faults.len() + 1;
    assert_eq!((server.cards().len(), server.requests()), (rows, rows));
    assert_eq!(place.summary("people.c3run")["requests"], rows);
}

#[test]
fn a_refusal_is_told_in_the_servers_words_and_not_repeated() {
    // The fault; what stands in c3_error, and the column.
    let body = |status: u16, kind: &str, body: &str| {
        format!("status={status},type={kind},body=\"{}\"", body.replace('\\', "\\\\").replace('"', "\\\""))
    };
    let at_email = "/data/attributes/contacts/email/0";
    let pointed = |status: u16| format!("status={status},detail=\"not liked\",pointer={at_email}");
    let quoting = body(422, "application/json", r#"{"errors":[{"detail":"p18@example.com is taken"}]}"#);
    let faults = [
        (body(422, "application/json", r#"{"error":"the card is odd"}"#), "the card is odd", ""),
        (body(422, "application/json", r#"{"message":"no room"}"#), "no room", ""),
        (body(400, "text/plain", "plainly not"), "plainly not", ""),
        (body(400, "text/html", "<html><title>Sorry</title></html>"), "Sorry", ""),
        (
            body(422, "application/json", r#"{"errors":[{"title":"Bad","source":{"pointer":"/data/nowhere/9"}}]}"#),
            "Bad (at /data/nowhere/9)",
            "",
        ),
        (body(422, "application/json", r#"{"errors":[{"detail":["one","two"]}]}"#), "one: two", ""),
        (body(422, "application/json", r#"{"errors":{"detail":"alone"}}"#), "alone", ""),
        (body(422, "application/json", r#"{"errors":["a word"]}"#), "a word", ""),
        (quoting, "p18@example.com is taken", "E-mail"),
        ("status=422,empty".to_owned(), "HTTP 422", ""),
        (pointed(400), "not liked", "E-mail"),
        (pointed(406), "not liked", "E-mail"),
        (pointed(407), "not liked", "E-mail"),
        (
            "status=422,detail=\"not liked\",pointer=\"data.attributes.contacts.email[0]\"".to_owned(),
            "not liked",
            "E-mail",
        ),
        (pointed(409), "not liked", "E-mail"),
        (pointed(413), "not liked", "E-mail"),
        (pointed(422), "not liked", "E-mail"),
        (pointed(403), "not liked", "E-mail"),
        (pointed(404), "not liked", "E-mail"),
        (pointed(415), "not liked", "E-mail"),
        (pointed(451), "not liked", "E-mail"),
        (body(422, "application/json", "[1,2"), "[1,2", ""),
        (body(422, "application/json", r#"{"error":{"text":"deep"}}"#), "deep", ""),
        (body(422, "text/plain", "tab\there \u{1b}[31mred"), "red", ""),
        (body(422, "application/json", r#"{"errors":{"email":["is taken"]}}"#), "email: is taken", "E-mail"),
    ];
    let (_place, server, results) = one_run(&faults.each_ref().map(|(fault, ..)| fault.as_str()));
    for (n, (fault, said, column)) in faults.iter().enumerate() {
        let row = met(&results, n);
        assert_eq!((row["c3_status"], row["c3_code"]), ("refused", "server.refused"), "{fault}: {row:?}");
        assert_eq!((row["c3_attempts"], row["c3_id"]), ("1", ""), "{fault}");
        assert!(fault.contains(&format!("status={}", row["c3_http_status"])), "{fault}: {row:?}");
        assert!(row["c3_error"].contains(said), "{fault}: {row:?}");
        assert!(!row["c3_error"].contains(char::is_control), "{fault}: {row:?}");
        assert_eq!(row["c3_column"], *column, "{fault}");
    }
    let rows = 2 * faults.len() + 1;
    assert_eq!((server.cards().len(), server.requests()), (rows - faults.len(), rows));
}

#[test]
fn a_server_that_puts_strangers_on_one_card_stops_the_run() {
    let server = Server::with("3:other-id=13");
    let place = people(6);
    import(&place, &server, &ONE).exits(3).tells(&["strangers", "13"]);
    let results = place.results("people.c3run");
    assert_eq!(results.column("c3_status"), ["stored", "stored", "stored", "not_sent", "not_sent", "not_sent"]);
    assert_eq!(server.requests(), 3);
}

/// The answer to the first row, whoever asks.
fn of_the_first() -> String {
    let card = r#"{"name":"P01","email":["p01@example.com"]}"#;
    let body = format!(r#"{{"data":{{"type":"c3_contact_cards","id":"13","attributes":{{"contacts":{card}}}}}}}"#);
    format!("status=201,commit,type=application/vnd.api+json,body=\"{}\"", body.replace('"', "\\\""))
}

#[test]
fn an_answer_about_somebody_else_is_none_and_from_then_on_nobody_shares_a_connection() {
    let server = Server::with(&format!("3:{}", of_the_first()));
    let place = people(6);
    import(&place, &server, &ONE).exits(0).tells(&["delivery.resent"]);
    let results = place.results("people.c3run");
    assert_eq!(results.column("c3_status"), ["stored"; 6]);
    assert_eq!(results.column("c3_id"), ["13", "14", "15", "16", "17", "18"]);
    assert_eq!(results.column("c3_attempts"), ["1", "1", "2", "1", "1", "1"]);
    let connections: Vec<u64> = server.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [1, 1, 1, 2, 3, 4, 5], "an answer that comes late meets nobody");
}

#[test]
fn a_server_that_answers_about_somebody_else_again_stops_the_run() {
    let server = Server::with(&format!("3-:{}", of_the_first()));
    let place = people(6);
    import(&place, &server, &ONE).exits(3).tells(&["the server puts strangers on one card"]);
    assert_eq!(server.requests(), 4);
}

#[test]
fn a_server_that_gives_contacts_a_form_of_its_own_is_believed_on_a_connection_of_its_own() {
    let odd = |id: u64| {
        let card = r#"{"name":"Somebody","email":["else@example.com"]}"#;
        let body =
            format!(r#"{{"data":{{"type":"c3_contact_cards","id":"{id}","attributes":{{"contacts":{card}}}}}}}"#);
        format!("status=201,commit,type=application/vnd.api+json,body=\"{}\"", body.replace('"', "\\\""))
    };
    let server = Server::with(&format!("match=p02@:{}; match=p03@:{}", odd(14), odd(15)));
    let place = people(4);
    import(&place, &server, &ONE).exits(0).tells(&["delivery.resent", "echo.missing"]);
    let results = place.results("people.c3run");
    assert_eq!(results.column("c3_id"), ["13", "14", "15", "16"]);
    assert_eq!(results.column("c3_attempts"), ["1", "2", "1", "1"], "only the first is asked twice");
}

#[test]
fn a_login_page_in_place_of_an_answer_stops_the_run_and_leaves_its_row_open() {
    for (fault, cards) in [("3:html", 2), ("3:html,commit", 3)] {
        let server = Server::with(fault);
        let place = people(6);
        import(&place, &server, &ONE).exits(3).tells(&["web page", "login"]);
        let results = place.results("people.c3run");
        let expected = ["stored", "stored", "uncertain", "not_sent", "not_sent", "not_sent"];
        assert_eq!(results.column("c3_status"), expected, "{fault}");
        assert_eq!((server.cards().len(), server.requests()), (cards, 3), "{fault}");
    }
}

#[test]
fn a_redirect_in_mid_run_stops_it_and_nobody_goes_there() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Told::plain(|_| Say::stored(1));
        let target = format!("{}/s/demo/capi/json/c3_contact_cards", elsewhere.url());
        let server = Server::with(&format!("2:status={status},redirect=\"{target}\""));
        let place = people(4);
        import(&place, &server, &ONE).exits(3).tells(&[&elsewhere.url()]);
        assert_eq!((server.requests(), server.cards().len()), (2, 1), "{status}");
        assert_eq!(elsewhere.connections(), 0, "{status}");
        let results = place.results("people.c3run");
        // "See other" may well mean that it was done.
        let asked = if status == 303 { "uncertain" } else { "not_sent" };
        assert_eq!(results.column("c3_status"), ["stored", asked, "not_sent", "not_sent"], "{status}");
    }
}

#[test]
fn custom_fields_doubled_by_a_second_import_are_told_and_the_summary_says_the_cards_were_there() {
    let server = Server::start();
    let place = people(3);
    import(&place, &server, &ONE).exits(0);
    let cards = &place.summary("people.c3run")["cards"];
    assert_eq!((&cards["new_in_this_run"], &cards["already_there"]), (&3.into(), &0.into()));
    import(&place, &server, &[&ONE[..], &["--run-dir", "again"]].concat()).exits(0);
    let results = place.results("again");
    assert_eq!(results.tally(), BTreeMap::from([("stored", 3)]));
    assert_eq!(results.column("c3_code"), ["echo.custom_doubled"; 3]);
    assert_eq!(results.column("c3_column"), ["Note"; 3]);
    let cards = &place.summary("again")["cards"];
    assert_eq!((&cards["new_in_this_run"], &cards["already_there"]), (&0.into(), &3.into()));
    assert_eq!(server.cards().len(), 3);
}

#[test]
fn a_card_that_our_own_lost_attempt_made_is_not_said_to_have_been_there() {
    let server = Server::with("2:reset=after; 3:truncate");
    let place = people(4);
    import(&place, &server, &ONE).exits(0);
    let results = place.results("people.c3run");
    assert!(results.row(3)["c3_code"].contains("echo.custom_doubled"), "{:?}", results.row(3));
    let cards = &place.summary("people.c3run")["cards"];
    assert_eq!((&cards["new_in_this_run"], &cards["already_there"]), (&4.into(), &0.into()));
}

#[test]
fn a_refusal_is_one_though_its_body_cannot_be_read() {
    let long = "x".repeat(100_000);
    let said = format!("status=422,detail={long}");
    let faults =
        ["status=422,truncate", "status=422,header=\"Content-Encoding: gzip\"", "status=422,gzip,truncate", &said];
    let (_place, server, results) = one_run(&faults);
    for n in 0..faults.len() {
        let row = met(&results, n);
        assert_eq!((row["c3_status"], row["c3_http_status"], row["c3_attempts"]), ("refused", "422", "1"));
        assert!((10..1_000).contains(&row["c3_error"].len()), "{row:?}");
    }
    assert_eq!(server.requests(), 2 * faults.len() + 1);
}

#[test]
fn what_is_no_http_at_all_leaves_the_row_open_and_the_run_going() {
    // The words are the server's own, so that it is the client that has to make sense of them.
    let long = format!("HTTP/1.1 201 Created\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    let long: &'static str = long.leak();
    let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello";
    for words in [
        "",
        long,
        switch,
        "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 999999 Odd\r\n\r\n",
        "HTTP/1.1 201 Created\r\nContent-Le",
    ] {
        let server = Told::plain(move |ask| match ask.number {
            2 => Say::Last(words.as_bytes().to_vec()),
            number => Say::stored(number),
        });
        let place = people(3);
        send(&place, &server.url(), &[&ONE[..], &["--rate", "unlimited"]].concat()).exits(0);
        assert_eq!(place.results("people.c3run").column("c3_attempts"), ["1", "2", "1"], "{words:?}");
        let asked = server.asked();
        assert_eq!(asked.len(), 4, "{words:?}");
        assert_eq!(asked.iter().filter(|ask| ask.body == asked[1].body).count(), 2, "{words:?}");
    }
}

#[test]
fn an_untidy_head_is_an_answer_all_the_same() {
    let heads = [
        "X-A : b\r\n",
        "X Y: b\r\n",
        "X@Y: b\r\n",
        "X-A: b\r\n  c\r\n",
        "X-A:\r\nRetry-After:\r\n",
        "Location: /\u{ff}/13\r\n",
    ];
    for head in heads {
        let server = Told::plain(move |ask| match Say::stored(ask.number) {
            Say::Answer(answer) => {
                let answer = String::from_utf8(answer).expect("it is text");
                Say::Answer(answer.replacen("\r\n", &format!("\r\n{head}"), 1).into_bytes())
            }
            other => other,
        });
        let place = people(3);
        let done = send(&place, &server.url(), &[&ONE[..], &["--rate", "unlimited"]].concat());
        assert_eq!(done.code, Some(0), "{head:?} {done}");
        let results = place.results("people.c3run");
        assert_eq!((results.column("c3_attempts"), server.asked().len()), (vec!["1"; 3], 3), "{head:?}");
        assert_eq!(results.column("c3_id"), ["1", "2", "3"], "{head:?}");
    }
}

#[test]
fn a_login_page_is_known_by_its_type_too() {
    for page in [
        "<!-- (c) proxy --><html><title>Login</title></html>",
        "<head><title>Login</title></head>",
        "<?xml version=\\\"1.0\\\"?><html>",
    ] {
        let server = Server::with(&format!("2:body=\"{page}\",type=\"text/html; charset=utf-8\""));
        let place = people(4);
        import(&place, &server, &ONE).exits(3).tells(&["web page"]);
        let results = place.results("people.c3run");
        assert_eq!(results.column("c3_status"), ["stored", "uncertain", "not_sent", "not_sent"], "{page}");
        assert_eq!(server.requests(), 2, "{page}");
    }
}

#[test]
fn two_answers_to_one_request_do_not_shift_the_ids() {
    let server = Told::plain(|ask| match (Say::stored(ask.number), Say::stored(ask.number + 500)) {
        (Say::Answer(right), Say::Answer(wrong)) if ask.number % 2 == 0 => Say::Answer([right, wrong].concat()),
        (right, _) => right,
    });
    let place = people(20);
    send(&place, &server.url(), &[&ONE[..], &["--rate", "unlimited"]].concat());
    let results = place.results("people.c3run");
    let asked = server.asked();
    for (row, id) in results.column("c3_id").into_iter().enumerate() {
        let name = format!("\"P{:02}\"", row + 1);
        let own: Vec<String> =
            asked.iter().filter(|ask| ask.body.contains(&name)).map(|ask| ask.number.to_string()).collect();
        assert!(own.iter().any(|own| own == id), "row {} got {id:?}, its requests were {own:?}", row + 2);
    }
}
