//! `c3import import`: the main job. A file goes to a server, and every row comes back with its id.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Place, Results, Server, added_columns, counts, fixture, mapping};

/// Told in fixtures/README.md.
const PEOPLE_ROWS: usize = 320;
const PEOPLE_CARDS: usize = 306;
const PEOPLE_PHONES: usize = 220;
const PEOPLE_ADDRESSES: usize = 369;

/// Imports one of the two exports and looks at everything that it leaves behind.
fn lands_whole(file: &str) {
    let server = Server::start();
    let place = Place::new();
    let done = place.c3import(&["import", &fixture(file), "-m", &mapping("people.toml")]).to(&server).run();

    done.exits(0).leaves_stdout_empty().tells(&["320"]);
    assert!(done.last_line().contains("c3import"), "the last line is what to type next\n{done}");
    assert_eq!(place.names(), ["people.c3run"]);

    let asked = Results::read(fixture("people.csv").as_ref());
    let results = place.results("people.c3run");
    let header: Vec<&str> = asked.header.iter().map(String::as_str).chain(added_columns()).collect();
    assert_eq!(results.header, header);
    assert_eq!(results.rows.len(), PEOPLE_ROWS);
    for (number, (original, row)) in (2..).zip(asked.rows.iter().zip(&results.rows)) {
        assert_eq!(row[..original.len()], *original, "row {number} is as it was");
    }
    let numbers: Vec<String> = (2..2 + PEOPLE_ROWS).map(|number| number.to_string()).collect();
    assert_eq!(results.column("c3_row"), numbers);
    assert_eq!(results.landed(), PEOPLE_ROWS, "{:?}", results.tally());
    for (status, http) in results.column("c3_status").into_iter().zip(results.column("c3_http_status")) {
        assert_eq!(http, if status == "stored" { "201" } else { "" });
    }
    for name in ["c3_code", "c3_column", "c3_error"] {
        assert!(
            results
                .column(name)
                .iter()
                .zip(results.column("c3_status"))
                .all(|(cell, s)| s != "stored" || cell.is_empty())
        );
    }

    let ids: BTreeSet<String> = results.column("c3_id").into_iter().map(str::to_owned).collect();
    let cards = server.cards();
    assert_eq!(ids, cards.iter().map(|card| card.id.to_string()).collect(), "every id is a card, every card an id");
    assert_eq!(cards.len(), PEOPLE_CARDS);
    assert_eq!(server.overlaps(), 0, "rows that share a contact are never in flight together");
    let phones: BTreeSet<_> = cards.iter().flat_map(|card| &card.contacts.voice).collect();
    assert!(phones.iter().all(|phone| phone.starts_with('+') && phone[1..].bytes().all(|byte| byte.is_ascii_digit())));
    assert_eq!(phones.len(), PEOPLE_PHONES);
    let addresses: BTreeSet<_> =
        cards.iter().flat_map(|card| &card.contacts.email).map(|address| address.to_lowercase()).collect();
    assert_eq!(addresses.len(), PEOPLE_ADDRESSES);

    let summary = place.summary("people.c3run");
    assert_eq!(summary["rows"], PEOPLE_ROWS, "{summary:#}");
    let counts = counts(&summary);
    assert_eq!(counts.values().sum::<u64>(), PEOPLE_ROWS as u64, "{counts:?}");
    assert_eq!(counts["stored"] + counts["unchanged"], PEOPLE_ROWS as u64, "{counts:?}");
}

#[test]
fn the_customer_export_lands_whole_as_csv() {
    lands_whole("people.csv");
}

#[test]
fn the_customer_export_lands_whole_as_xlsx() {
    lands_whole("people.xlsx");
}

#[test]
fn the_sandbox_flag_needs_neither_server_nor_token() {
    let place = Place::with_table(&["Åsa,asa@example.com,,", "Bo,bo@example.com,,"]);
    place.c3import(&["import", "people.csv", "-m", "m.toml", "--sandbox"]).run().exits(0).leaves_stdout_empty();
    assert_eq!(place.results("people.c3run").tally(), BTreeMap::from([("stored", 2)]));
}

#[test]
fn a_card_holds_what_the_mapping_says_and_nothing_else() {
    let server = Server::start();
    let place = Place::with_table(&["  Åsa Öberg ,asa@example.com ,070-174 06 05,\"a, b\nc\"", ",,+44 7700 900123,"]);
    place.c3import(&["import", "people.csv", "-m", "m.toml"]).to(&server).run().exits(0);

    let cards = server.cards();
    let [asa, other] = &cards[..] else { panic!("two cards, not {}", cards.len()) };
    assert_eq!(asa.contacts.name.as_deref(), Some("Åsa Öberg"));
    assert_eq!(asa.contacts.email, ["asa@example.com"]);
    assert_eq!(asa.contacts.voice, ["+46701740605"]);
    let custom: Vec<_> = asa.contacts.custom.iter().map(|field| (&*field.label, &*field.value)).collect();
    assert_eq!(custom, [("Note", "a, b\nc")]);
    assert_eq!(other.contacts.voice, ["+447700900123"]);
    assert_eq!((&other.contacts.name, other.contacts.email.len(), other.contacts.custom.len()), (&None, 0, 0));
}

#[test]
fn results_stand_in_the_order_of_the_input_whoever_is_answered_first() {
    let server = Server::with("1:latency=400ms");
    let rows: Vec<_> = (0..40).map(|n| format!("P{n},p{n}@example.com,,")).collect();
    let place = Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    place.c3import(&["import", "people.csv", "-m", "m.toml", "--concurrency", "8"]).to(&server).run().exits(0);
    let results = place.results("people.c3run");
    let numbers: Vec<String> = (2..42).map(|number| number.to_string()).collect();
    assert_eq!(results.column("c3_row"), numbers);
    assert_eq!(results.column("Name")[0], "P0");
}

/// fixtures/README.md says of every row of messy.csv how it ends; the results must agree.
#[test]
fn the_messy_file_ends_as_its_readme_says() {
    let server = Server::start();
    let place = Place::new();
    let done = place.c3import(&["import", &fixture("messy.csv"), "-m", &mapping("people.toml")]).to(&server).run();
    done.exits(1).leaves_stdout_empty().tells(&["22", "invalid"]);

    let readme = std::fs::read_to_string(fixture("README.md")).expect("fixtures have a README");
    let results = place.results("messy.c3run");
    let (mut expected, mut blank_lines) = (0, 0);
    let mut complaints = Vec::new();
    for line in readme.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, number, what, status, codes, _] = cells[..] else { continue };
        if number.parse::<u64>().is_err() {
            continue;
        }
        let Some(status) = status.split('`').nth(1) else {
            assert!(!results.column("c3_row").contains(&number), "row {number} ({what}) is no row");
            blank_lines += 1;
            continue;
        };
        expected += 1;
        let row = results.row(number.parse().expect("it is a number"));
        let landed = status == "stored" && matches!(row["c3_status"], "stored" | "unchanged");
        if row["c3_status"] != status && !landed {
            complaints.push(format!("row {number} ({what}): {status} expected, {row:?}"));
        }
        for code in codes.split('`').skip(1).step_by(2) {
            if !row["c3_code"].contains(code) {
                complaints.push(format!("row {number} ({what}): {code} expected, {row:?}"));
            }
        }
    }
    assert_eq!(expected, results.rows.len(), "the README tells of every row");
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert_eq!(results.row(30)["c3_id"], results.row(31)["c3_id"]);
    assert_eq!(results.row(30)["c3_id"], results.row(32)["c3_id"]);
    assert_eq!(results.row(33)["E-mail"], "  linnea.ek@example.com   ", "original cells are not trimmed");

    let summary = place.summary("messy.c3run");
    assert_eq!(summary["rows"], expected, "{summary:#}");
    assert_eq!(summary["blank_lines"], blank_lines, "{summary:#}");
    let counts = counts(&summary);
    assert_eq!(counts.values().sum::<u64>(), results.rows.len() as u64);
    for (status, count) in results.tally() {
        assert_eq!(counts[status], count as u64, "{status}");
    }
}

#[test]
fn a_latin_1_file_with_semicolons_arrives_with_its_letters() {
    let server = Server::start();
    let place = Place::new();
    place.put(
        "m.toml",
        "version = 1\n[card]\nname = \"{Förnamn} {Efternamn}\"\nemail = \"E-post\"\n\
         voice = [{ column = \"Telefon\", country = \"SE\" }]\n[card.custom]\nAnteckning = \"Anteckning\"\n",
    );
    place.c3import(&["import", &fixture("latin1-semicolon.csv"), "-m", "m.toml"]).to(&server).run().exits(0);

    let cards = server.cards();
    // The first row goes alone; the others race, as they may.
    let mut names: Vec<_> = cards.iter().filter_map(|card| card.contacts.name.as_deref()).collect();
    names[1..].sort_unstable();
    assert_eq!(names, ["Åsa Öberg", "Jürgen Groß", "Zoë Œuvrard"]);
    assert_eq!(cards[0].contacts.custom[0].value, "Betalar i € – alltid");
    let text = place.text("latin1-semicolon.c3run/results.csv");
    assert!(text.trim_start_matches('\u{feff}').starts_with("Kundnr;Förnamn;"), "results keep the delimiter: {text}");
    assert_eq!(place.results("latin1-semicolon.c3run").column("Kundnr"), ["00007", "00008", "00009"]);
}

#[test]
fn a_table_may_come_through_standard_input() {
    let server = Server::start();
    let place = Place::with_table(&[]);
    let call = place.c3import(&["import", "-", "-m", "m.toml", "--run-dir", "run"]).to(&server);
    call.stdin("Name,E-mail,Mobile,Note\nÅsa,asa@example.com,,\n").run().exits(0);
    assert_eq!(place.results("run").column("Name"), ["Åsa"]);
    assert_eq!(server.cards().len(), 1);
}

#[test]
fn without_a_terminal_there_is_no_colour_and_logs_can_be_json() {
    let server = Server::start();
    let place = Place::with_table(&["Åsa,asa@example.com,,"]);
    let call = place.c3import(&["import", "people.csv", "-m", "m.toml", "-v", "--log-format", "json"]).to(&server);
    let done = call.run();
    done.exits(0).leaves_stdout_empty();
    assert!(!done.stderr.contains('\x1b'), "{done}");
    let logs: Vec<serde_json::Value> = done
        .stderr
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap_or_else(|cause| panic!("{line}: {cause}")))
        .collect();
    assert!(!logs.is_empty(), "{done}");
    assert!(!done.stderr.contains("asa@example.com"), "logs name rows, not people\n{done}");
}

#[test]
fn quiet_means_no_talk_when_all_is_well() {
    let server = Server::start();
    let place = Place::with_table(&["Åsa,asa@example.com,,"]);
    let loud = place.c3import(&["import", "people.csv", "-m", "m.toml", "--run-dir", "a"]).to(&server).run();
    let quiet = place.c3import(&["import", "people.csv", "-m", "m.toml", "--run-dir", "b", "-q"]).to(&server).run();
    loud.exits(0);
    quiet.exits(0).leaves_stdout_empty();
    assert!(quiet.stderr.len() < loud.stderr.len(), "{quiet}");
    assert_eq!(place.results("b").landed(), 1);
}
