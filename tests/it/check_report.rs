//! What `check` tells besides marking rows: findings with hints, the merge plan, the forecast, and what codes mean.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Place, fixture, mapping};

/// Holds a text against the one that is kept; `C3IMPORT_SNAPSHOTS=write` keeps the new one.
#[track_caller]
fn is_kept(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots").join(name);
    if std::env::var("C3IMPORT_SNAPSHOTS").is_ok_and(|word| word == "write") {
        fs::write(&path, text).expect("a snapshot can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{name} has changed; C3IMPORT_SNAPSHOTS=write keeps it\n--- kept\n{kept}\n--- now\n{text}");
}

/// A table with something of everything.
fn full_place() -> Place {
    let place = Place::with_table(&[
        "Åsa Berg,asa@example.com,070-174 06 05,",
        "Bo Ek,bo@example.com,,friend of Åsa",
        "Bo Ek,bo@example.com,,friend of Åsa",
        "Cy Dahl,cy.example.com,070-12,",
        "Dan Alm,asa@example.com,,",
        "Åsa och Bo,asa@example.com; bo@example.com,,",
        ",,,only a note",
        ",,,",
        "Eva Lindqvist-Strömberg,eva.lindqvist-stromberg.with.a.long.name@subdomain.of.a.large.company.example.com,ring,",
    ]);
    let rows: String = (0..12).map(|n| format!("Person {n},info@example.com,,note {n}\n")).collect();
    place.put("people.csv", place.text("people.csv") + &rows);
    place.put("m.toml", place.text("m.toml").replace("[\"E-mail\"]", "[{ column = \"E-mail\", split = \";\" }]"));
    place
}

#[test]
fn the_report_fits_every_terminal() {
    let place = full_place();
    for columns in [60, 80, 120] {
        let call = place.c3import(&["check", "people.csv", "-m", "m.toml"]).env("COLUMNS", &columns.to_string());
        let done = call.run();
        done.exits(1);
        for line in done.stdout.lines() {
            assert!(line.chars().count() <= columns, "{columns} columns: {line:?}");
        }
        is_kept(&format!("check-{columns}.txt"), &done.stdout);
    }
}

#[test]
fn json_has_everything_that_the_terminal_has() {
    let place = full_place();
    let done = place.c3import(&["check", "people.csv", "-m", "m.toml", "--json", "--rate", "0.5"]).run();
    done.exits(1);
    let told: Value = serde_json::from_str(&done.stdout).expect("it is JSON");
    let codes: Vec<&str> =
        told["findings"].as_array().expect("a list").iter().filter_map(|it| it["code"].as_str()).collect();
    for code in ["email.syntax", "phone.length", "contact.none", "merge.bridge", "merge.hub", "merge.names_differ"] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
    let length = told["findings"].as_array().into_iter().flatten().find(|it| it["code"] == "phone.length");
    let length = length.expect("it is among them");
    assert_eq!(
        (&length["severity"], &length["column"], &length["count"]),
        (&"error".into(), &"Mobile".into(), &1.into())
    );
    let example = &length["examples"][0];
    assert_eq!((&example["row"], &example["value"]), (&5.into(), &"070-12".into()));
    assert!(length["hint"].as_str().is_some_and(|hint| hint.contains("digits")), "{length}");
    assert_eq!(told["merges"]["bridges"], 1);
    assert_eq!(told["merges"]["first_bridges"][0]["cards"][1]["shared"], "bo@example.com");
    assert_eq!(told["merges"]["largest_hubs"][0]["value"], "info@example.com");
    assert_eq!((&told["forecast"]["requests"], &told["merges"]["identical_rows"]), (&16.into(), &1.into()));
    assert_eq!(told["forecast"]["seconds_at_least"], 30.0);
    assert_eq!(told["sample"], Value::Null);
}

/// One card may do for all who can be recognised; the others are made for certain.
#[test]
fn no_fewer_cards_are_told_than_are_made_for_certain() {
    let place = Place::with_table(&[
        "A,a@x.example.com,,",
        "B,,,b",
        "C,,,c",
        "C,,,c",
        "D,d@x.example.com,,",
        "A,a@x.example.com,,",
    ]);
    place.put("m.toml", place.text("m.toml").replace("[card]\n", "[rows]\nrequire_identity = false\n[card]\n"));
    let check = ["check", "people.csv", "-m", "m.toml"];
    let done = place.c3import(&check).and(&["--report", "check.html"]).env("COLUMNS", "120").run();
    let words = "4 touched at most, 3 at least, since 2 rows that are sent have no contact to be recognised by";
    let told = done.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(words) && place.text("check.html").contains(words), "{done}");
    let json: Value = serde_json::from_str(&place.c3import(&check).and(&["--json"]).run().stdout).expect("it is JSON");
    assert_eq!(
        (&json["forecast"]["cards_at_least"], &json["forecast"]["cards_without_identity"]),
        (&3.into(), &2.into())
    );
}

/// The forecast of requests and cards, held against what an import then does.
#[test]
fn the_forecast_comes_true() {
    for file in ["people.csv", "people.xlsx", "messy.csv"] {
        let server = crate::support::Server::start();
        let place = Place::new();
        let words = [&fixture(file), "-m", &mapping("people.toml")];
        let check = place.c3import(&["check", "--json"]).and(&words).run();
        let told: Value = serde_json::from_str(&check.stdout).expect("it is JSON");
        place.c3import(&["import"]).and(&words).to(&server).run();
        assert_eq!(told["forecast"]["requests"], server.requests() as u64, "{file}");
        assert_eq!(told["forecast"]["cards_if_none_is_known"], server.cards().len() as u64, "{file}");
        assert_eq!(told["merges"]["cards"], server.cards().len() as u64, "{file}");
    }
}

#[test]
fn cells_of_a_workbook_are_named_as_the_program_names_them() {
    let place = Place::new();
    place.put("m.toml", "version = 1\n[card]\nvoice = \"E-mail\"\nname = \"First Name\"\n");
    let done = place.c3import(&["check", &fixture("people.xlsx"), "-m", "m.toml"]).run();
    done.exits(1);
    assert!(done.stdout.contains("People!"), "{done}");
}

#[test]
fn a_group_that_is_too_large_makes_the_check_fail() {
    let place = Place::with_table(&["Åsa,a@x.example.com,,", "Bo,a@x.example.com,,", "Cy,a@x.example.com,,"]);
    let check = ["check", "people.csv", "-m", "m.toml"];
    place.c3import(&check).run().exits(0);
    place.c3import(&check).and(&["--max-group", "3"]).run().exits(0);
    let done = place.c3import(&check).and(&["--max-group", "2"]).run();
    done.exits(1);
    assert!(done.stdout.contains("merge.group_too_large"), "{done}");
    place.c3import(&check).and(&["--max-group", "2", "-q"]).run().exits(1).tells(&["1 group"]).leaves_stdout_empty();
}

#[test]
fn an_import_looks_for_large_groups_before_it_sends_anything() {
    let place = Place::with_table(&["Åsa,a@x.example.com,,", "Bo,a@x.example.com,,", "Cy,a@x.example.com,,"]);
    let server = crate::support::Server::start();
    let import = ["import", "people.csv", "-m", "m.toml", "--max-group"];
    let done = place.c3import(&import).and(&["2"]).to(&server).run();
    done.exits(2).tells(&["1 card would take more than 2 rows", "a@x.example.com"]);
    assert_eq!((server.requests(), place.names().len()), (0, 2), "nothing is sent, nothing is left");
    let stdin = place
        .c3import(&["import", "-", "-m", "m.toml", "--max-group", "2"])
        .to(&server)
        .stdin("Name,E-mail,Mobile,Note\n")
        .run();
    stdin.exits(2).tells(&["--max-group needs a file"]);
    place.c3import(&import).and(&["3"]).to(&server).run().exits(0);
    assert_eq!(server.requests(), 3);
}

#[test]
fn warnings_fail_when_they_are_told_to() {
    let place = Place::with_table(&["Åsa,a@x.example.com,,", "Bo,a@x.example.com,,"]);
    let check = ["check", "people.csv", "-m", "m.toml", "--fail-on"];
    place.c3import(&check).and(&["error"]).run().exits(0);
    place.c3import(&check).and(&["warning"]).run().exits(1);
    place.c3import(&check).and(&["warning", "--quiet"]).run().exits(1).tells(&["1 warning"]);
    place.put("people.csv", "Name,E-mail,Mobile,Note\nÅsa,a@x.example.com,,\n");
    place.c3import(&check).and(&["warning"]).run().exits(0);
}

#[test]
fn what_has_no_rows_to_mend_is_not_sent_to_be_mended() {
    let place = Place::with_table(&["Åsa,a@x.example.com,,", "Bo,a@x.example.com,,"]);
    let server = crate::support::Server::start();
    let import = ["import", "people.csv", "-m", "m.toml", "--fail-on", "warning", "--results", "out.csv"];
    let done = place.c3import(&import).to(&server).run();
    done.exits(1).tells(&["c3import rows out.csv"]);
    assert!(!done.stderr.contains("failed.csv"), "{done}");
}

#[test]
fn one_is_no_plural() {
    let place =
        Place::with_table(&["Åsa,a@x.example.com,,", "Bo,b@x.example.com,,", "Cy,a@x.example.com;b@x.example.com,,"]);
    place.put("m.toml", place.text("m.toml").replace("[\"E-mail\"]", "[{ column = \"E-mail\", split = \";\" }]"));
    let check = ["check", "people.csv", "-m", "m.toml", "--fail-on", "warning"];
    let done = place.c3import(&check).and(&["--report", "check.html"]).run();
    assert!(done.stdout.contains("for what seems to be 1 person\n"), "{done}");
    assert!(done.stdout.contains("rows 2, 3, 4 belong together by a@x.example.com"), "{done}");
    assert!(place.text("check.html").contains("card that several rows share"), "{done}");
    place.put("people.csv", "Name,E-mail,Mobile,Note\nÅsa,a@x.example.com,,\nBo,a@x.example.com,,\n");
    place.c3import(&check).and(&["-q"]).run().exits(1).tells(&["1 warning\n"]);
}

#[test]
fn a_sample_of_as_many_rows_as_there_are_is_the_whole_file() {
    let place = Place::with_table(&["Åsa,a@x.example.com,,", "Bo,b@x.example.com,,"]);
    let check = |rows| place.c3import(&["check", "people.csv", "-m", "m.toml", "--sample", rows]).run();
    for rows in ["2", "3"] {
        assert!(check(rows).stdout.starts_with("people.csv: 2 rows read"), "{rows}");
    }
    assert!(check("1").stdout.starts_with("people.csv: a sample, the first 1 row read"), "{}", check("1"));
}

#[test]
fn a_headline_is_no_wider_than_the_terminal() {
    let place = Place::with_table(&["Åsa,a@x.example.com,,"]);
    let name = format!("{} of people.csv", "part ".repeat(30));
    std::fs::rename(place.path().join("people.csv"), place.path().join(&name)).expect("renamed");
    let done = place.c3import(&["check", &name, "-m", "m.toml"]).env("COLUMNS", "60").run();
    let report = done.exits(0).stdout.lines().collect::<Vec<_>>();
    assert!(report[0].starts_with("part part") && report.iter().all(|line| line.chars().count() <= 60), "{done}");
}

#[test]
fn a_sample_says_everywhere_that_it_is_one() {
    let rows: Vec<String> = (0..700).map(|n| format!("P{n},p{n}@example.com,,")).collect();
    let place = Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let check = ["check", "people.csv", "-m", "m.toml", "--sample", "300"];
    let done = place.c3import(&check).run();
    done.exits(0);
    assert!(done.stdout.starts_with("people.csv: a sample, the first 300 rows"), "{done}");
    assert!(done.stdout.contains("FORECAST: for the sample only"), "{done}");
    let json: Value = serde_json::from_str(&place.c3import(&check).and(&["--json"]).run().stdout).expect("it is JSON");
    assert_eq!((&json["sample"], &json["rows"], &json["read_to_end"]), (&300.into(), &300.into(), &false.into()));
    let whole = place.c3import(&["check", "people.csv", "-m", "m.toml", "--sample", "701"]).run();
    assert!(whole.stdout.starts_with("people.csv: 700 rows"), "{whole}");
}

#[test]
fn codes_are_explained() {
    let place = Place::new();
    let done = place.c3import(&["explain", "merge.bridge"]).run();
    done.exits(0);
    assert!(done.stdout.starts_with("merge.bridge: the row belongs to two cards or more\n"), "{done}");
    let all = place.c3import(&["explain"]).run();
    all.exits(0);
    for code in ["phone.length", "row.blank", "merge.hub", "delivery.unknown"] {
        assert!(all.stdout.lines().any(|line| line.starts_with(code)), "{code} in {all}");
    }
    place.c3import(&["explain", "phone.lenght"]).run().exits(2).tells(&["did you mean phone.length?"]);
}

#[test]
fn a_token_that_ends_too_soon_is_told_by_the_check() {
    use base64::Engine as _;
    let place = Place::with_table(&["Åsa,a@x.example.com,,", "Bo,b@x.example.com,,"]);
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"exp":1000}"#);
    let check = ["check", "people.csv", "-m", "m.toml"];
    let done = place.c3import(&check).token(&format!("eyJhbGciOiJub25lIn0.{claims}.c2ln")).run();
    done.exits(0);
    assert!(done.stdout.contains("token     ENDED"), "{done}");
}
