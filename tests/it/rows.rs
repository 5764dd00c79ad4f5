//! `c3import rows`: what was read, before any mapping, as clean UTF-8 CSV or JSON lines.

use serde_json::Value;

use crate::support::{Place, Results, fixture};

#[test]
fn a_clean_file_comes_out_as_it_went_in() {
    let done = Place::new().c3import(&["rows", &fixture("people.csv")]).run();
    done.exits(0);
    let (asked, read) = (Results::read(fixture("people.csv").as_ref()), Results::parse(done.stdout.as_bytes()));
    assert_eq!(read.header, asked.header);
    assert_eq!(read.rows, asked.rows);
}

#[test]
fn csv_and_workbook_hold_the_same_text_in_every_cell() {
    let read = |file: &str| {
        let done = Place::new().c3import(&["rows", &fixture(file)]).run();
        Results::parse(done.exits(0).stdout.as_bytes())
    };
    let (csv, xlsx) = (read("people.csv"), read("people.xlsx"));
    assert_eq!(csv.header, xlsx.header);
    for (number, (csv, xlsx)) in (2..).zip(csv.rows.iter().zip(&xlsx.rows)) {
        assert_eq!(csv, xlsx, "row {number}");
    }
    assert_eq!((csv.rows.len(), xlsx.rows.len()), (320, 320));
}

#[test]
fn windows_1252_with_semicolons_becomes_utf_8() {
    let done = Place::new().c3import(&["rows", &fixture("latin1-semicolon.csv")]).run();
    let read = Results::parse(done.exits(0).stdout.as_bytes());
    assert_eq!(read.column("Förnamn"), ["Åsa", "Jürgen", "Zoë"]);
    assert_eq!(read.column("Anteckning"), ["Betalar i € – alltid", "sagt „ja“; 5 × 2", "två rader\r\ni en cell"]);
    assert_eq!(read.column("Kundnr"), ["00007", "00008", "00009"]);
}

#[test]
fn a_backslash_keeps_a_quote_in_its_cell_where_the_file_means_it_so() {
    let done = Place::new().c3import(&["rows", &fixture("backslash-quotes.csv")]).run();
    let read = Results::parse(done.exits(0).stdout.as_bytes());
    assert_eq!(read.column("Note"), ["said \"yes, please\", twice", "C:\\files"]);
}

#[test]
fn json_lines_hold_one_row_each() {
    fn holds(value: &Value, text: &str) -> bool {
        match value {
            Value::String(held) => held == text,
            Value::Array(items) => items.iter().any(|item| holds(item, text)),
            Value::Object(members) => members.values().any(|member| holds(member, text)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    let asked = Results::read(fixture("people.csv").as_ref());
    for file in ["people.csv", "people.xlsx"] {
        let done = Place::new().c3import(&["rows", &fixture(file), "--json"]).run();
        let lines: Vec<&str> = done.exits(0).stdout.lines().collect();
        assert_eq!(lines.len(), 320, "{file}");
        for (line, cells) in lines.iter().zip(&asked.rows) {
            let row: Value = serde_json::from_str(line).unwrap_or_else(|cause| panic!("{line}: {cause}"));
            for cell in cells {
                assert!(cell.is_empty() || holds(&row, cell), "{cell:?} is not in {line}");
            }
        }
    }
}

#[test]
fn source_flags_win_over_what_was_found() {
    let place = Place::new();
    place.put("odd.csv", "Export 2026;;\nName;E-mail;Mobile\nÅsa;asa@example.com;1,2\n");
    let done = place.c3import(&["rows", "odd.csv", "--header-row", "2", "--delimiter", ";"]).run();
    let read = Results::parse(done.exits(0).stdout.as_bytes());
    assert_eq!(read.header, ["Name", "E-mail", "Mobile"]);
    assert_eq!(read.rows, [["Åsa", "asa@example.com", "1,2"]]);

    place.put("mac.csv", b"Name,E-mail\n\xc5sa,asa@example.com\n");
    let done = place.c3import(&["rows", "mac.csv", "--encoding", "macintosh"]).run();
    assert_eq!(Results::parse(done.exits(0).stdout.as_bytes()).column("Name"), ["≈sa"]);
    let done = place.c3import(&["rows", &fixture("people.xlsx"), "--sheet", "Lists"]).run();
    assert_eq!(Results::parse(done.exits(0).stdout.as_bytes()).header, ["Country"]);
    let done = place.c3import(&["rows", &fixture("people.xlsx"), "--sheet", "2"]).run();
    assert_eq!(Results::parse(done.exits(0).stdout.as_bytes()).header, ["Country"]);
}

#[test]
fn standard_input_is_read_too() {
    let done = Place::new().c3import(&["rows", "-"]).stdin("\u{feff}Name;E-mail\r\nÅsa;a@example.com\r\n").run();
    let read = Results::parse(done.exits(0).stdout.as_bytes());
    assert_eq!(
        (read.header, read.rows),
        (vec!["Name".into(), "E-mail".into()], vec![vec!["Åsa".into(), "a@example.com".into()]])
    );
}

#[test]
fn a_file_that_is_not_there_is_exit_2() {
    let done = Place::new().c3import(&["rows", "nobody.csv"]).run();
    done.exits(2).leaves_stdout_empty().tells(&["nobody.csv"]);
}
