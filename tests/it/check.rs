//! `c3import check`: every row looked at by the code that would send it, and nothing sent.

use crate::support::{Place, Results, Server, counts, fixture, mapping};

#[test]
fn a_file_without_faults_checks_out() {
    for file in ["people.csv", "people.xlsx"] {
        let place = Place::new();
        let done = place.c3import(&["check", &fixture(file), "-m", &mapping("people.toml")]).run();
        done.exits(0);
        assert!(done.stdout.contains("320 rows"), "{}", done.stdout);
        assert!(place.names().is_empty(), "a check leaves nothing behind: {:?}", place.names());
    }
}

#[test]
fn every_invalid_row_is_told_with_its_column_value_and_code() {
    let place = Place::with_table(&["Åsa,asa@example.com,,", "Bo,bo.example.com,070-12,", "Cy,,,only a note"]);
    let done = place.c3import(&["check", "people.csv", "-m", "m.toml"]).run();
    done.exits(1);
    let said = format!("{}{}", done.stdout, done.stderr);
    for words in [
        "row 3",
        "E-mail",
        "bo.example.com",
        "email.syntax",
        "Mobile",
        "070-12",
        "phone.length",
        "row 4",
        "contact.none",
    ] {
        assert!(said.contains(words), "{words:?} is not told\n{done}");
    }
    assert!(!said.contains("row 2,"), "{done}");
}

#[test]
fn a_check_needs_no_server_and_asks_none() {
    let server = Server::start();
    let place = Place::with_table(&["Åsa,asa@example.com,,"]);
    place.c3import(&["check", "people.csv", "-m", "m.toml"]).run().exits(0);
    place.c3import(&["import", "people.csv", "-m", "m.toml", "--dry-run"]).to(&server).run().exits(0);
    assert_eq!(server.requests(), 0);
}

#[test]
fn a_row_that_repeats_another_is_not_called_ready() {
    let place = Place::with_table(&["Åsa,asa@example.com,,", "Bo,bo@example.com,,", "Åsa,asa@example.com,,"]);
    place.c3import(&["check", "people.csv", "-m", "m.toml", "--run-dir", "run"]).run().exits(0);
    let results = place.results("run");
    let said = results.column("c3_error");
    assert!(said[..2].iter().all(|message| message.contains("ready to be sent")), "{said:?}");
    assert!(said[2].contains("the very same card as an earlier row"), "{said:?}");
}

#[test]
fn bad_input_is_refused_as_an_import_refuses_it() {
    let place = Place::with_table(&["Åsa,asa@example.com,,"]);
    let dry = ["import", "people.csv", "-m", "m.toml", "--dry-run", "--results", "out.csv"];
    place.c3import(&dry).run().exits(2).tells(&["a dry run writes no results", "--run-dir"]);
    place.c3import(&dry).and(&["--run-dir", "dry"]).run().exits(0);
    assert!(place.text("out.csv").contains("run.dry"), "{}", place.text("out.csv"));
    let again = place.c3import(&dry).and(&["--run-dir", "dry"]).run();
    again.exits(2).tells(&["say --fresh"]);
    assert!(!again.stderr.contains("sends every row again"), "{again}");
    place.c3import(&["check", "nobody.csv", "-m", "m.toml"]).run().exits(2).tells(&["nobody.csv"]);
    place.put("m.toml", "version = 1\n[card]\nemail = \"E-mial\"\n");
    place.c3import(&["check", "people.csv", "-m", "m.toml"]).run().exits(2).tells(&["E-mial", "E-mail"]);
}

/// Several threads read a large file.
#[test]
fn a_large_file_is_told_in_input_order() {
    let row = |at: u32| match at % 1000 {
        0 => format!("P{at},no address,,"),
        _ => format!("P{at},p{at}@example.com,,\"a\nb\""),
    };
    let rows: Vec<String> = (0..40_000).map(row).collect();
    let place = Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let done = place.c3import(&["import", "people.csv", "-m", "m.toml", "--dry-run", "--run-dir", "dry"]).run();
    assert!(done.exits(1).stdout.contains("40,000 rows"), "{done}");
    let results = place.results("dry");
    assert_eq!(results.tally().get("invalid"), Some(&40));
    assert!((2u64..).zip(results.column("c3_row")).all(|(number, told)| told == number.to_string()));
    assert_eq!(place.c3import(&["check", "people.csv", "-m", "m.toml"]).run().exits(1).code, done.code);
}

/// A dry run's results and an import's, side by side: they differ only in what was sent.
#[test]
fn the_dry_run_and_the_import_agree_on_every_row() {
    let server = Server::start();
    let place = Place::new();
    let words = ["import", &fixture("messy.csv"), "-m", &mapping("people.toml")];
    place.c3import(&words).and(&["--run-dir", "dry", "--dry-run"]).run().exits(1);
    place.c3import(&words).and(&["--run-dir", "real"]).to(&server).run().exits(1);

    let (dry, real): (Results, Results) = (place.results("dry"), place.results("real"));
    assert_eq!(dry.header, real.header);
    assert_eq!(dry.rows.len(), real.rows.len());
    let at = dry.header.iter().position(|name| name == "c3_status").expect("results have a status");
    let code = dry.header.iter().position(|name| name == "c3_code").expect("results have a code");
    for (dry, real) in dry.rows.iter().zip(&real.rows) {
        if matches!(&*real[at], "stored" | "unchanged") {
            assert_eq!((&*dry[at], &*dry[code]), ("not_sent", "run.dry"), "{dry:?}");
            assert_eq!(dry[..at], real[..at]);
        } else {
            assert_eq!(dry, real);
        }
    }
    let counts = counts(&place.summary("dry"));
    assert_eq!(counts.values().sum::<u64>(), dry.rows.len() as u64);
}

/// Nothing is wrong with any of these cells alone: they are sent, and the columns are told of.
#[test]
fn what_a_spreadsheet_has_done_to_columns_is_a_warning_and_is_sent() {
    let place = Place::new();
    place.put(
        "people.csv",
        "Name,E-mail,Mobile,Card,Since,Postal code\n\
         Åsa,a@example.com,0701234567,1234567890123450,2024-01-01,11122\n\
         Bo,b@example.com,701234568,1234567890123460,45291,41117\n\
         Cy,c@example.com,46701234569,1234567890123470,2024-01-03,45291\n",
    );
    place.put(
        "m.toml",
        "version = 1\n[card]\nname = \"Name\"\nemail = \"E-mail\"\nvoice = { column = \"Mobile\", country = \"SE\" }\n\
         [card.custom]\nCard = \"Card\"\nSince = \"{Since}\"\nCode = \"Postal code\"\n",
    );
    let told = |json: &str| -> Vec<String> {
        let summary: serde_json::Value = serde_json::from_str(json).expect("JSON");
        let findings = summary["findings"].as_array().expect("a list").clone();
        let line = |it: &serde_json::Value| {
            format!("{} {} {} {} {}", it["severity"], it["code"], it["column"], it["count"], it["examples"][0]["place"])
        };
        findings.iter().map(line).collect()
    };
    let expected = [
        r#""warning" "value.rounded" "Card" 3 "row 2""#,
        r#""warning" "phone.no_plus" "Mobile" 1 "row 4""#,
        r#""warning" "phone.no_zero" "Mobile" 1 "row 3""#,
        r#""warning" "date.serial" "Since" 1 "row 3""#,
    ];
    let check = place.c3import(&["check", "people.csv", "-m", "m.toml"]);
    let done = check.run();
    let words = "row 3: \"45291\" is a number among dates, as Excel counts days";
    assert!(done.exits(0).stdout.contains(words), "{done}");
    let check = || place.c3import(&["check", "people.csv", "-m", "m.toml", "--json"]);
    assert_eq!(told(&check().run().exits(0).stdout), expected);
    check().and(&["--fail-on", "warning"]).run().exits(1);

    let server = Server::start();
    let import = || place.c3import(&["import", "people.csv", "-m", "m.toml", "--run-dir", "run"]).to(&server);
    import().and(&["--fail-on", "warning"]).run().exits(1);
    assert_eq!(told(&place.text("run/summary.json")), expected);
    assert_eq!(server.requests(), 3);
}
