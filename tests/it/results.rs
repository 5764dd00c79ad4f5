//! The run directory: every row beside its original cells, and counts that add up.

use std::collections::BTreeMap;

use crate::support::{Place, Server, counts};

const IMPORT: [&str; 4] = ["import", "people.csv", "-m", "m.toml"];

#[test]
fn one_row_of_every_kind_and_counts_that_add_up() {
    let server = Server::with(
        "match=refused@example.com:status=422,detail=no; match=unknown@example.com:status=500,detail=boom",
    );
    let place = Place::with_table(&[
        "Åsa,asa@example.com,,",
        "Bo,bo.example.com,,",
        "Cy,refused@example.com,,",
        "Di,unknown@example.com,,",
        ",,,",
        "Eva,eva@example.com",
        "Fia,fia@example.com,,",
    ]);
    let done = place.c3import(&IMPORT).to(&server).run();
    done.exits(1).leaves_stdout_empty();
    let results = place.results("people.c3run");
    assert_eq!(
        results.column("c3_status"),
        ["stored", "invalid", "refused", "uncertain", "skipped", "invalid", "stored"]
    );
    assert_eq!(
        results.column("c3_code"),
        ["", "email.syntax", "server.refused", "delivery.unknown", "row.blank", "row.ragged", ""]
    );
    assert_eq!(results.column("c3_column"), ["", "E-mail", "", "", "", "", ""]);
    assert_eq!(results.column("c3_http_status"), ["201", "", "422", "500", "", "", "201"]);
    let sent: Vec<bool> = results.column("c3_attempts").iter().map(|cell| !matches!(*cell, "" | "0")).collect();
    assert_eq!(sent, [true, false, true, true, false, false, true]);
    for (code, error) in results.column("c3_code").iter().zip(results.column("c3_error")) {
        assert_eq!(code.is_empty(), error.is_empty(), "a code comes with a sentence: {code} {error}");
    }

    let counts = counts(&place.summary("people.c3run"));
    let expected = [("stored", 2), ("unchanged", 0), ("invalid", 2), ("refused", 1), ("uncertain", 1), ("not_sent", 0)];
    assert_eq!(counts, BTreeMap::from(expected).into_iter().chain([("skipped", 1)]).collect());
    done.tells(&["7", "stored", "invalid", "refused", "uncertain", "skipped", "people.c3run"]);
}

#[test]
fn several_reasons_stand_together() {
    let server = Server::start();
    let place = Place::with_table(&["Bo,bo.example.com,070-12,"]);
    place.c3import(&IMPORT).to(&server).run().exits(1);
    let results = place.results("people.c3run");
    let row = results.row(2);
    for word in ["email.syntax", "phone.length"] {
        assert!(row["c3_code"].contains(word), "{row:?}");
    }
    for word in ["E-mail", "Mobile"] {
        assert!(row["c3_column"].contains(word), "{row:?}");
    }
    for word in ["bo.example.com", "070-12"] {
        assert!(row["c3_error"].contains(word), "{row:?}");
    }
    assert_eq!(server.requests(), 0);
}

#[test]
fn rows_are_numbered_as_a_spreadsheet_shows_them() {
    let server = Server::start();
    let place = Place::with_table(&[]);
    place.put("people.csv", "Name,E-mail,Mobile,Note\nA,a@example.com,,\"two\nlines\"\nB,b@example.com,,\n");
    place.c3import(&IMPORT).to(&server).run().exits(0);
    assert_eq!(place.results("people.c3run").column("c3_row"), ["2", "3"]);

    place.put("people.csv", "Export of today,,,\nName,E-mail,Mobile,Note\nA,a@example.com,,\n");
    place.c3import(&IMPORT).and(&["--header-row", "2", "--fresh"]).to(&server).run().exits(0);
    assert_eq!(place.results("people.c3run").column("c3_row"), ["3"]);
}

#[test]
fn the_run_directory_is_where_it_was_asked_for() {
    let server = Server::start();
    let place = Place::with_table(&["Åsa,asa@example.com,,"]);
    place.c3import(&IMPORT).and(&["--run-dir", "runs/today"]).to(&server).run().exits(0);
    assert_eq!(place.results("runs/today").landed(), 1);
    assert_eq!(place.names(), ["m.toml", "people.csv", "runs"]);
}

#[cfg(unix)]
#[test]
fn a_run_directory_that_cannot_be_made_stops_before_anything_is_sent() {
    let server = Server::start();
    let place = Place::with_table(&["Åsa,asa@example.com,,"]);
    place.put("file", "");
    let done = place.c3import(&IMPORT).and(&["--run-dir", "file/run"]).to(&server).run();
    assert!(matches!(done.code, Some(2 | 4)), "{done}");
    done.tells(&["file/run"]);
    assert_eq!(server.requests(), 0);
}

#[test]
fn the_summary_tells_the_settings_and_never_the_token() {
    let server = Server::start();
    let place = Place::with_table(&["Åsa,asa@example.com,,"]);
    place.c3import(&IMPORT).to(&server).run().exits(0);
    let summary = place.summary("people.c3run").to_string();
    assert!(summary.contains(&server.url()), "{summary}");
    assert!(!summary.contains(Server::TOKEN), "{summary}");
}
