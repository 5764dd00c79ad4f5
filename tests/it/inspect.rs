//! `c3import inspect`: what a table is, how that was found, and what its columns hold.

use serde_json::Value;

use crate::support::{Place, fixture};

fn json(place: &Place, file: &str) -> Value {
    let done = place.c3import(&["inspect", file, "--json"]).run();
    serde_json::from_str(&done.exits(0).stdout).expect("it prints JSON")
}

#[test]
fn a_page_of_eighty_columns_tells_what_a_table_is() {
    for file in ["people.csv", "messy.csv", "latin1-semicolon.csv", "people.xlsx", "mac-title.csv"] {
        let done = Place::new().c3import(&["inspect", &fixture(file)]).run();
        done.exits(0);
        for line in done.stdout.lines().skip(1) {
            assert!(line.chars().count() <= 80, "{file}: {line:?}\n{done}");
            assert_eq!(line, line.trim_end(), "{file}");
        }
    }
    let done = Place::new().c3import(&["inspect", &fixture("people.csv")]).run();
    for words in ["320 rows, 17 columns", "UTF-8", "comma", "row 1", "E-mail", "e-mail", "[source]"] {
        assert!(done.stdout.contains(words), "{words:?} is not told\n{done}");
    }
    assert!(!done.stdout.contains("Findings"), "{done}");
}

#[test]
fn what_is_to_be_pinned_reads_the_table_the_same_again() {
    for file in ["latin1-semicolon.csv", "people.csv", "people.xlsx", "mac-title.csv"] {
        let place = Place::new();
        let seen = json(&place, &fixture(file));
        let column = seen["columns"][0]["name"].as_str().expect("a name").to_owned();
        let header_row = seen["source"].as_str().and_then(|lines| lines.split("header_row = ").nth(1)).expect("a row");
        let name = if file == "mac-title.csv" { "Förnamn".to_owned() } else { column };
        let mapping = format!(
            "version = 1\n[card.custom]\n\"x\" = {{ column = {name:?} }}\n[rows]\nrequire_identity = false\n{}\n",
            seen["source"].as_str().expect("lines to paste")
        );
        place.put("m.toml", mapping);
        let done = place.c3import(&["check", &fixture(file), "-m", "m.toml"]).run();
        done.exits(0);
        assert!(header_row.starts_with(['1', '2', '3']), "{seen}");
    }
}

#[test]
fn json_holds_everything() {
    let place = Place::new();
    let seen = json(&place, &fixture("latin1-semicolon.csv"));
    assert_eq!(seen["encoding"]["name"], "windows-1252");
    assert!(seen["encoding"]["reason"].as_str().is_some_and(|why| why.contains("line 1")), "{seen}");
    assert_eq!(seen["delimiter"]["name"], "semicolon");
    assert_eq!((&seen["rows"], &seen["blank_lines"], &seen["header_row"]), (&3.into(), &0.into(), &1.into()));
    assert_eq!(seen["columns"][3]["kinds"]["e-mail"], 3);
    assert_eq!(seen["columns"][4]["kinds"]["blank"], 1);
    assert_eq!(seen["columns"][0]["samples"][0], "00007");
    assert_eq!(seen["complete"], true);
}

#[test]
fn a_title_above_the_header_is_seen_and_said() {
    let place = Place::new();
    let seen = json(&place, &fixture("mac-title.csv"));
    assert_eq!(seen["encoding"]["name"], "macintosh", "{seen}");
    assert_eq!((&seen["header_row"], &seen["header_row_suggested"]), (&1.into(), &3.into()));

    let file = fixture("mac-title.csv");
    place.put("m.toml", "version = 1\n[card]\nemail = \"E-post\"\nname = \"Förnamn\"\n");
    let done = place.c3import(&["check", &file, "-m", "m.toml"]).run();
    done.exits(2).tells(&["row 3 looks like the header: --header-row 3"]);
    place.c3import(&["check", &file, "-m", "m.toml", "--header-row", "3"]).run().exits(0);
    let done = place.c3import(&["inspect", &file, "--header-row", "3"]).run();
    assert!(!done.exits(0).stdout.contains("looks like"), "{done}");
}

#[test]
fn damage_is_told_with_its_column_and_row() {
    let place = Place::new();
    place.put(
        "hurt.csv",
        "Name,Mobile,Since,Card\nÃ…sa,+46701740605,2024-01-02,1\nBo,46701740606,44927,1234567890123450000\n\
         Cy,4.67E+10,2024-01-03,2\nDi,#N/A,,3\nEd\n\n",
    );
    let done = place.c3import(&["inspect", "hurt.csv"]).run();
    done.exits(0);
    let said = done.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "column A \"Name\": 1 cell was read in the wrong encoding",
        "column B \"Mobile\": 1 cell was turned into a sum",
        "\"4.67E+10\" in row 4",
        "begins like the numbers with a plus and has none: it is \"46701740606\" in row 3",
        "column C \"Since\": 1 cell is a number among dates",
        "column D \"Card\": 1 cell has more than 15 digits",
        "row.ragged once, first in row 6",
        "5; 1 blank, 1 ragged",
    ] {
        assert!(said.contains(words), "{words:?} is not told\n{done}");
    }
}

#[test]
fn mojibake_in_a_mapped_cell_is_no_contact() {
    let place = Place::with_table(&["Ã…sa,asa@example.com,,", "Åsa,asa@example.com,,\"SÃO PAULO\""]);
    let done = place.c3import(&["check", "people.csv", "-m", "m.toml"]).run();
    done.exits(1);
    let said = format!("{}{}", done.stdout, done.stderr);
    assert!(said.contains("cell.mojibake") && said.contains("\"Ã…\" was \"Å\""), "{done}");
    assert!(said.contains("row 2") && !said.contains("row 3,"), "{done}");
}

#[test]
fn what_cannot_be_read_is_refused_and_what_was_seen_is_told() {
    let place = Place::new();
    let noise: Vec<u8> = (0..4096u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    place.put("noise.xlsx", &noise).put("marked.csv", [&b"\xFF\xFE"[..], &noise].concat());
    for file in ["noise.xlsx", "marked.csv", "nobody.csv"] {
        place.c3import(&["inspect", file]).run().exits(2).leaves_stdout_empty().tells(&[file]);
    }
    let mut late = b"Name,Note\nBo,x\nCy,\"".to_vec();
    late.resize(5 << 20, b'y');
    place.put("late.csv", late);
    let done = place.c3import(&["inspect", "late.csv"]).run();
    done.exits(2).tells(&["late.csv line 3", "quote"]);
    assert!(done.stdout.contains("reading ended too early"), "{done}");
}

#[test]
fn standard_input_is_inspected_too() {
    let done = Place::new().c3import(&["inspect", "-"]).stdin("Name;E-mail\nÅsa;a@example.com\n").run();
    assert!(done.exits(0).stdout.starts_with("standard input: CSV, 1 row, 2 columns\n"), "{done}");
}
