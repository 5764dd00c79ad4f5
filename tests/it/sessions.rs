//! A run of several sessions: gone on with, tried again, told once more; one at a time.

use std::collections::BTreeMap;

use crate::support::{Place, Results, Server, counts};

const IMPORT: [&str; 4] = ["import", "people.csv", "-m", "m.toml"];

/// So many people, each with an address.
fn people(count: u32) -> Place {
    let rows: Vec<_> = (1..=count).map(|n| format!("P{n},p{n}@example.com,,")).collect();
    Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>())
}

/// People without any contact are let through.
fn nameless(rows: &[&str]) -> Place {
    let place = Place::with_table(rows);
    let mapping = place.text("m.toml").replace("[card]\n", "[rows]\nrequire_identity = false\n[card]\n");
    place.put("m.toml", mapping);
    place
}

#[test]
fn resume_needs_nothing_but_the_directory_and_the_token() {
    let server = Server::start();
    let place = people(20);
    place.c3import(&IMPORT).to(&server).and(&["--max-rows", "7"]).run().exits(3);
    assert_eq!(place.results("people.c3run").tally(), BTreeMap::from([("not_sent", 13), ("stored", 7)]));
    std::fs::remove_file(place.path().join("m.toml")).expect("it was ours");

    let resume = || place.c3import(&["resume", "people.c3run"]).token(Server::TOKEN);
    resume().run().exits(3).tells(&["7 of 20 rows are already stored", "--max-rows"]);
    resume().run().exits(0).leaves_stdout_empty().tells(&["14 of 20 rows"]);
    assert_eq!(place.results("people.c3run").landed(), 20);
    assert_eq!((server.requests(), server.cards().len()), (20, 20));
    resume().run().exits(0).tells(&["finished", "c3import retry people.c3run"]);
    assert_eq!(server.requests(), 20);

    place.c3import(&["resume", "people.c3run"]).run().exits(2).tells(&["token"]);
    place.c3import(&["resume", "nowhere"]).run().exits(2).tells(&["nowhere holds no run"]);
}

#[test]
fn an_input_that_was_edited_and_sorted_is_gone_on_with_row_by_row() {
    let server = Server::start();
    let place = people(6);
    place.c3import(&IMPORT).to(&server).and(&["--max-rows", "4"]).run().exits(3);
    // P2 is gone, P3 was mended in its place, P9 is new, and everybody else moved.
    let rows = ["P6,p6", "P5,p5", "P3 Mended,p3", "P9,p9", "P4,p4", "P1,p1"].map(|row| format!("{row}@example.com,,"));
    place.put("people.csv", format!("Name,E-mail,Mobile,Note\n{}\n", rows.join("\n")));
    let done = place.c3import(&IMPORT).to(&server).run();
    done.exits(0).tells(&[
        "4 of 6 rows are already stored",
        "         4  the same",
        "   changed  1 (4)",
        "       new  1 (5)",
        "      gone  1 (3 then)",
    ]);
    let changes = &place.summary("people.c3run")["input_changes"];
    assert_eq!(changes, &serde_json::json!({ "same": 4, "changed": [4], "new": [5], "gone": [3] }));
    assert_eq!(server.requests(), 4 + 4, "P6, P5, P9, and P3 in its new form");
    let results = place.results("people.c3run");
    assert_eq!(results.landed(), 6);
    for (row, email) in (2..).zip(results.column("E-mail")) {
        let id = results.row(row)["c3_id"];
        let cards = server.cards();
        let card = cards.iter().find(|card| card.id.to_string() == id).expect("every id is a card");
        assert_eq!(card.contacts.email, [email]);
    }
    assert_eq!(server.cards().len(), 7, "P2's stays");
}

#[test]
fn an_input_that_nobody_touched_has_no_changes_and_one_that_was_not_read_has_no_new_rows() {
    let server = Server::with("*:latency=10ms");
    let place = people(30);
    let import = || place.c3import(&IMPORT).to(&server);
    let killed = import().start().kill_when(|| server.requests() >= 10);
    assert_eq!(killed.code, None, "{killed}");
    let more = place.text("people.csv").replace("P1,", "P1 Mended,") + "P31,p31@example.com,,\n";
    place.put("people.csv", more);
    import().and(&["--max-rows", "5"]).run().exits(3).tells(&["   changed  1 (2)", "       new  not known"]);
    let untouched = import().and(&["--max-rows", "5"]).run();
    assert!(!untouched.exits(3).stderr.contains("changed"), "{untouched}");
    let mended = place.text("people.csv").replace("P1 Mended,p1@", "P1 Mended,p1 at ") + "P32,p32@example.com,,\n";
    place.put("people.csv", mended);
    import().run().exits(1).tells(&["   changed  1 (2)", "       new  1 (33)", "      gone  0\n"]);
    let counted = counts(&place.summary("people.c3run"));
    assert_eq!((counted["stored"], counted["invalid"]), (31, 1));
}

#[test]
fn a_finished_run_goes_on_when_its_input_has_grown() {
    let server = Server::start();
    let place = people(3);
    place.c3import(&IMPORT).to(&server).run().exits(0);
    let more = place.text("people.csv") + "P4,p4@example.com,,\n";
    place.put("people.csv", more);
    let done = place.c3import(&IMPORT).to(&server).run();
    done.exits(0).tells(&["3 of 4 rows are already stored", "   changed  0\n", "       new  1 (5)", "      gone  0\n"]);
    assert_eq!((server.requests(), place.results("people.c3run").landed()), (4, 4));
}

#[test]
fn a_pipe_may_bring_other_rows_next_time() {
    let server = Server::start();
    let place = people(0);
    let import = |table: &str| place.c3import(&["import", "-", "-m", "m.toml"]).to(&server).stdin(table).run();
    let today = "Name,E-mail,Mobile,Note\nP1,p1@example.com,,\n";
    import(today).exits(0);
    import(today).exits(0).tells(&["1 row is already stored"]);
    assert_eq!(server.requests(), 1, "it is read again, and nothing is sent twice");
    import(&format!("{today}P2,p2@example.com,,\n")).exits(0);
    assert_eq!((server.requests(), place.results("stdin.c3run").landed()), (2, 2));
}

#[test]
fn rows_with_the_same_card_have_a_record_each() {
    let server = Server::start();
    let place = nameless(&["A,,,x", "A,,,x", "B,b@example.com,,", "A,,,x", "B,b@example.com,,"]);
    place.c3import(&IMPORT).to(&server).and(&["--max-rows", "3"]).run().exits(3);
    place.c3import(&IMPORT).to(&server).run().exits(0);
    let results = place.results("people.c3run");
    assert_eq!(results.column("c3_status"), ["stored", "unchanged", "stored", "unchanged", "unchanged"]);
    let ids = results.column("c3_id");
    assert_eq!((ids[0], ids[2]), (ids[1], ids[4]));
    assert_eq!((server.requests(), server.cards().len()), (2, 2));
}

#[test]
fn another_run_is_not_gone_on_with_and_the_difference_is_named() {
    let server = Server::start();
    let place = people(3);
    let import = |words: &[&str]| place.c3import(words).to(&server);
    import(&IMPORT).and(&["--max-rows", "1"]).run().exits(3);
    let refused = |call: crate::support::Call<'_>, words: &[&str]| {
        call.run().exits(2).leaves_stdout_empty().tells(&["holds another run", "--fresh"]).tells(words);
    };
    place.put("other.csv", place.text("people.csv"));
    refused(
        import(&["import", "other.csv", "-m", "m.toml", "--run-dir", "people.c3run"]),
        &["people.csv", "other.csv"],
    );
    refused(import(&IMPORT).and(&["--name-at", "both"]), &["--name-at was contacts, and is both"]);
    refused(import(&IMPORT).and(&["--delimiter", ","]), &["no flags", "--delimiter=,"]);
    let elsewhere = Server::start();
    refused(place.c3import(&IMPORT).to(&elsewhere), &[&server.url(), &elsewhere.url()]);
    place.put("m.toml", place.text("m.toml").replace("\"Note\" = \"Note\"", "\"Notes\" = \"Note\""));
    refused(import(&IMPORT), &["the mapping is another from line 8 on"]);
    assert_eq!(server.requests(), 1);
    import(&IMPORT).and(&["--fresh"]).run().exits(0);
    assert!(place.path().join("people.c3run/journal.1.db").exists());
}

#[test]
fn a_rehearsal_in_the_sandbox_cannot_go_on() {
    let place = people(3);
    let rehearse = || place.c3import(&IMPORT).and(&["--sandbox", "--rate", "unlimited"]);
    rehearse().and(&["--max-rows", "1"]).run().exits(3);
    rehearse().run().exits(2).tells(&["rehearsal", "--fresh"]);
    place.c3import(&["resume", "people.c3run"]).run().exits(2).tells(&["rehearsal"]);
    rehearse().and(&["--fresh"]).run().exits(0);
}

#[test]
fn retry_sends_what_did_not_land_and_nothing_else() {
    let server = Server::with("times=1,match=p2@:status=422,detail=no; times=2,match=p3@:status=422,detail=no");
    let place = Place::with_table(&["P1,p1@example.com,,", "P2,p2@example.com,,", "P3,p3@example.com,,", "P4,p4,,"]);
    place.c3import(&IMPORT).to(&server).run().exits(1);
    let status = || place.results("people.c3run").column("c3_status").join(" ");
    assert_eq!(status(), "stored refused refused invalid");
    let retry = |words: &[&str]| place.c3import(&["retry", "people.c3run"]).and(words).token(Server::TOKEN);

    retry(&["--only", "uncertain,not_sent"]).run().exits(1);
    assert_eq!((status().as_str(), server.requests()), ("stored refused refused invalid", 3));
    retry(&["--only", "refused"]).run().exits(1);
    assert_eq!((status().as_str(), server.requests()), ("stored stored refused invalid", 5));

    place.put("people.csv", place.text("people.csv").replace("P4,p4,", "P4,p4@example.com,"));
    retry(&[]).run().exits(0);
    assert_eq!((status().as_str(), server.requests()), ("stored stored stored stored", 7));
    assert!(!place.path().join("people.c3run/failed.csv").exists(), "there is nothing left to mend");
}

/// What an import would send again is still to be sent after a session that was for other rows.
#[cfg(unix)]
#[test]
fn a_retry_of_other_rows_does_not_finish_a_run_that_is_to_go_on() {
    let server = Server::with("times=1,match=p2@:hang");
    let place = people(2);
    let running = place.c3import(&IMPORT).and(&["--concurrency", "2", "--grace", "10ms"]).to(&server).start();
    server.has_got(2);
    running.signal("INT");
    running.finish().exits(5);
    let status = || place.results("people.c3run").column("c3_status").join(" ");
    assert_eq!(status(), "stored uncertain");
    place.c3import(&["retry", "people.c3run", "--only", "refused"]).token(Server::TOKEN).run().exits(1);
    assert_eq!((status().as_str(), server.requests()), ("stored uncertain", 2));
    place.c3import(&IMPORT).to(&server).run().exits(0);
    assert_eq!((status().as_str(), server.requests()), ("stored stored", 3));
}

#[test]
fn nobody_without_a_contact_is_sent_twice_on_a_guess() {
    let server = Server::with("match=Anna:reset=after");
    let place = nameless(&["Anna,,,x", "Bo,bo@example.com,,"]);
    let uncertain = |place: &Place, run: &str| place.results(run).column("c3_status")[0] == "uncertain";
    place.c3import(&IMPORT).to(&server).run().exits(1);
    assert!(uncertain(&place, "people.c3run"));
    place.c3import(&["retry", "people.c3run"]).token(Server::TOKEN).run().exits(1);
    place.c3import(&["retry", "people.c3run", "--only", "uncertain"]).token(Server::TOKEN).run().exits(1);
    assert!(uncertain(&place, "people.c3run"));
    for file in ["results.csv", "failed.csv"] {
        let words = ["import", &format!("people.c3run/{file}"), "-m", "m.toml", "--run-dir", file];
        place.c3import(&words).to(&server).run().exits(1);
        assert!(uncertain(&place, file));
    }
    assert_eq!(server.cards().iter().filter(|card| card.contacts.name.as_deref() == Some("Anna")).count(), 1);
    assert_eq!(server.requests(), 2);
}

#[test]
fn a_refused_row_is_not_tried_again_when_another_row_has_brought_its_card_there() {
    let server = Server::with("times=1,match=Anna:status=422,detail=no");
    let place = nameless(&["Anna,,,x", "Bo,bo@example.com,,", "Anna,,,x"]);
    place.c3import(&IMPORT).to(&server).run().exits(1);
    assert_eq!(place.results("people.c3run").column("c3_status"), ["refused", "stored", "stored"]);
    place.c3import(&["retry", "people.c3run"]).token(Server::TOKEN).run().exits(0).tells(&["row 4"]);
    let results = place.results("people.c3run");
    assert_eq!(results.column("c3_status"), ["unchanged", "stored", "stored"]);
    let ids = results.column("c3_id");
    assert_eq!(ids[0], ids[2]);
    assert_eq!((server.requests(), server.cards().len()), (3, 2));
    // That is its ending from now on, also for those who only read the journal.
    let told = place.text("people.c3run/results.csv");
    place.c3import(&["report", "people.c3run"]).run().exits(0);
    assert_eq!(place.text("people.c3run/results.csv"), told);
}

#[test]
fn everything_can_be_written_once_more_from_the_journal() {
    let server = Server::with(
        "match=p2@:status=422,detail=\"no, =sum\"; match=p3@:forget=email; match=p5@:status=500,detail=boom",
    );
    let rows = ["P1,p1@example.com,,", "P2,p2@example.com,,", "P3,p3@example.com,,", "P1,p1@example.com,,", "P4,p4,,"];
    let place = Place::with_table(&[&rows[..], &["P5,p5@example.com,,", ",,,", "P6,p6@example.com,,"]].concat());
    place.c3import(&IMPORT).to(&server).and(&["--max-rows", "5"]).run().exits(3);
    let tables = ["results.csv", "failed.csv"].map(|name| (name, place.text(&format!("people.c3run/{name}"))));
    let counted = counts(&place.summary("people.c3run"));
    for name in ["results.csv", "failed.csv", "summary.json"] {
        std::fs::remove_file(place.path().join("people.c3run").join(name)).expect("it was there");
    }
    let requests = server.requests();
    place
        .c3import(&["report", "people.c3run"])
        .run()
        .exits(1)
        .tells(&[&format!("{requests} requests in earlier sessions")]);
    for (name, before) in &tables {
        assert_eq!(place.text(&format!("people.c3run/{name}")), *before, "{name}");
    }
    assert_eq!(counts(&place.summary("people.c3run")), counted);
    let elsewhere = ["report", "people.c3run", "--results", "r.csv", "--failed", "f.csv"];
    place.c3import(&elsewhere).run().exits(1);
    assert_eq!((place.text("r.csv"), place.text("f.csv")), (tables[0].1.clone(), tables[1].1.clone()));
    assert_eq!(server.requests(), requests);
}

#[test]
fn rows_to_mend_come_back_as_they_came_and_land_when_they_are_mended() {
    let server = Server::start();
    let place = Place::with_table(&[]);
    let table =
        "Name;E-mail;Mobile;Note\nÅsa;asa@example.com;;\nJürgen;j at example.com;;\"a; \"\"b\"\"\"\nZoë;;+46-70;=1+1\n";
    let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(table);
    place.put("people.csv", &*bytes);
    let done = place.c3import(&IMPORT).to(&server).run();
    done.exits(1);
    assert!(done.last_line().contains("c3import check people.c3run/failed.csv -m m.toml"), "{done}");
    let failed = std::fs::read(place.path().join("people.c3run/failed.csv")).expect("there are some");
    let (text, _, broken) = encoding_rs::WINDOWS_1252.decode(&failed);
    assert!(!broken && text.contains("\nJürgen;j at example.com;;\"a; \"\"b\"\"\";3;invalid;"), "{text}");
    assert!(text.contains("\nZoë;;+46-70;=1+1;4;invalid;"), "{text}");

    let mended = text.replace("j at example.com;;", "j@example.com;;").replace(";+46-70;", ";0701740605;");
    let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(&mended);
    place.put("people.c3run/failed.csv", &*bytes);
    place.c3import(&["import", "people.c3run/failed.csv", "-m", "m.toml"]).to(&server).run().exits(0);
    assert_eq!(server.cards().len(), 3);
    let results: Results = place.results("failed.c3run");
    assert_eq!(results.column("Name"), ["Jürgen", "Zoë"]);
    assert_eq!(results.header.len(), 4 + 8, "our columns do not pile up");
}

#[test]
fn tables_go_where_they_were_asked_to_and_never_over_the_input() {
    let server = Server::start();
    let place = Place::with_table(&["Åsa,asa@example.com,,", "Bo,bo,,"]);
    let import = |words: &[&str]| place.c3import(&IMPORT).to(&server).and(words).run();
    import(&["--results", "people.csv"]).exits(2).tells(&["people.csv is the input"]);
    import(&["--results", "a.csv", "--failed", "a.csv"]).exits(2).tells(&["a.csv"]);
    assert_eq!(server.requests(), 0);
    import(&["--results", "out.csv", "--failed", "mend.csv"]).exits(1);
    assert_eq!(place.names(), ["m.toml", "mend.csv", "out.csv", "people.c3run", "people.csv"]);
    assert_eq!(Results::read(&place.path().join("out.csv")).rows.len(), 2);
    assert_eq!(Results::read(&place.path().join("mend.csv")).rows.len(), 1);
}

#[test]
fn two_imports_into_one_workspace_wait_for_each_other() {
    let server = Server::with("*:hang");
    let place = people(2);
    place.put("other.csv", place.text("people.csv"));
    let first = place.c3import(&IMPORT).to(&server).and(&["--timeout", "2s", "--on-uncertain", "report"]).start();
    server.has_got(1);
    let again = place.c3import(&IMPORT).to(&server).run();
    again.exits(4).tells(&["another run is at work in people.c3run", "process ", "people.c3run"]);
    let other = || place.c3import(&["import", "other.csv", "-m", "m.toml", "--timeout", "300ms"]).to(&server);
    let other = || other().and(&["--on-uncertain", "report"]);
    other().run().exits(4).tells(&["another import sends to", "people.c3run", "--no-lock"]);
    assert_eq!(server.requests(), 1);
    other().and(&["--no-lock"]).run().exits(1);
    first.finish().exits(1);
    other().and(&["--fresh"]).run().exits(1);
}

/// What is left of it is for `retry`; the command itself has nothing to do any more.
#[test]
fn a_finished_run_that_is_typed_again_says_so_and_ends_well() {
    let server = Server::with("match=p2@:status=422,detail=no");
    let place = people(3);
    let import = || place.c3import(&IMPORT).to(&server);
    import().run().exits(1);
    import().run().exits(0).tells(&["this run is finished", "c3import retry people.c3run", "--fresh"]);
    assert_eq!(server.requests(), 3);
}
