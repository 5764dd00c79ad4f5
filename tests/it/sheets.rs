//! Workbooks with several sheets: which one is read, how that is told, and when somebody has to say it.

use serde_json::Value;

use crate::support::{Place, fixture};

type Sheet<'a> = (&'a str, bool, &'a [&'a [&'a str]]);

/// A workbook with these sheets: name, whether it is hidden, rows. Written as Excel 2003 XML, which is plain text.
fn book(place: &Place, sheets: &[Sheet<'_>]) {
    let cell = |text: &&str| format!("<Cell><Data ss:Type=\"String\">{text}</Data></Cell>");
    let row = |cells: &&[&str]| format!("<Row>{}</Row>", cells.iter().map(cell).collect::<String>());
    let sheet = |(name, hidden, rows): &Sheet<'_>| {
        let state = if *hidden { "SheetHidden" } else { "SheetVisible" };
        format!(
            "<Worksheet ss:Name=\"{}\"><Table>{}</Table><x:WorksheetOptions><x:Visible>{state}</x:Visible>\
             </x:WorksheetOptions></Worksheet>",
            name.replace('&', "&amp;"),
            rows.iter().map(row).collect::<String>()
        )
    };
    let text = format!(
        "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>\
         <Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" \
         xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:x=\"urn:schemas-microsoft-com:office:excel\">\
         {}</Workbook>",
        sheets.iter().map(sheet).collect::<String>()
    );
    place.put("book.xls", text);
}

const PEOPLE: &[&[&str]] = &[&["Name", "E-mail", "Mobile", "Note"], &["Åsa", "asa@example.com", "", ""]];
const OTHERS: &[&[&str]] = &[&["Name", "E-mail", "Mobile", "Note"], &["Bo", "bo@example.com", "", ""]];
const WORDS: &[&[&str]] = &[&["Word", "Meaning"], &["VIP", "very important person"]];

#[test]
fn inspect_lists_every_sheet_and_says_which_one_is_read() {
    let done = Place::new().c3import(&["inspect", &fixture("people.xlsx")]).run();
    done.exits(0);
    for words in [
        "  sheets     \"People\", up to Q321: read, the first visible one with data\n",
        "\"Lists\", hidden, up to",
        "             \"Notes\"",
    ] {
        assert!(done.stdout.contains(words), "{words:?} is not told\n{done}");
    }
    let done = Place::new().c3import(&["inspect", &fixture("people.xlsx"), "--json", "--sheet", "Lists"]).run();
    let seen: Value = serde_json::from_str(&done.exits(0).stdout).expect("it prints JSON");
    let sheets: Vec<String> = seen["sheets"]
        .as_array()
        .expect("sheets")
        .iter()
        .map(|sheet| format!("{} {} {} {}", sheet["name"], sheet["visible"], sheet["read"], sheet["reason"]))
        .collect();
    assert_eq!(
        sheets,
        [r#""People" true false null"#, r#""Lists" false true "as asked for""#, r#""Notes" true false null"#]
    );
}

#[test]
fn two_sheets_that_the_mapping_fits_are_not_chosen_between() {
    let place = Place::with_table(&[]);
    book(&place, &[("Sverige", false, PEOPLE), ("Norge & Co", false, OTHERS), ("Words", false, WORDS)]);
    for command in ["check", "import", "preview"] {
        let done = place.c3import(&[command, "book.xls", "-m", "m.toml"]).run();
        done.exits(2).leaves_stdout_empty().tells(&[
            "book.xls has several sheets that the mapping fits: \"Sverige\", \"Norge & Co\"",
            "say which one with --sheet Sverige",
        ]);
        assert!(!done.stderr.contains("Words"), "{done}");
    }
    let done = place.c3import(&["check", "book.xls", "-m", "m.toml", "--sheet", "Norge & Co"]).run();
    assert!(done.exits(0).stdout.contains("1  fit to be sent"), "{done}");
    // Rows are read all the same, and what is left behind is told.
    let done = place.c3import(&["rows", "book.xls"]).run();
    done.exits(0).tells(&["note: the sheets \"Norge & Co\", \"Words\" are not read", "--sheet Words"]);
    assert_eq!(done.stdout, "Name,E-mail,Mobile,Note\nÅsa,asa@example.com,,\n");
    let done = place.c3import(&["inspect", "book.xls"]).run();
    for words in ["\"Words\", up to B2: not read; row 1 is Word, Meaning\n", "another one is read with --sheet NAME"] {
        assert!(done.exits(0).stdout.contains(words), "{words:?} is not told\n{done}");
    }
}

#[test]
fn what_is_hidden_or_has_no_rows_or_other_columns_makes_no_doubt() {
    let place = Place::with_table(&[]);
    book(
        &place,
        &[("Now", false, PEOPLE), ("Old", true, OTHERS), ("Form", false, &PEOPLE[..1]), ("Words", false, WORDS)],
    );
    let done = place.c3import(&["check", "book.xls", "-m", "m.toml"]).run();
    assert!(done.exits(0).stdout.contains("sheet \"Now\"; not read: \"Form\", \"Words\""), "{done}");
}

#[test]
fn a_sheet_with_a_title_only_is_passed_over() {
    let place = Place::with_table(&[]);
    book(&place, &[("Cover", false, &[&["Customers of 2026"]]), ("Empty", false, &[]), ("People", false, PEOPLE)]);
    let done = place.c3import(&["rows", "book.xls"]).run();
    assert_eq!(done.exits(0).stdout, "Name,E-mail,Mobile,Note\nÅsa,asa@example.com,,\n");
    book(&place, &[("Cover", false, &[]), ("Secret", true, PEOPLE)]);
    place.c3import(&["rows", "book.xls"]).run().exits(2).tells(&["\"Secret\" (hidden)", "--sheet"]);
    book(&place, &[("Cover", false, &[])]);
    place.c3import(&["rows", "book.xls"]).run().exits(2).tells(&["no row with any value"]);
}

#[test]
fn a_mapping_for_another_sheet_is_led_there() {
    let place = Place::with_table(&[]);
    book(&place, &[("Words", false, WORDS), ("All people", false, PEOPLE)]);
    let done = place.c3import(&["check", "book.xls", "-m", "m.toml"]).run();
    done.exits(2).tells(&["the sheet \"All people\" has these columns: --sheet 'All people'"]);
    place.c3import(&["check", "book.xls", "-m", "m.toml", "--sheet", "All people"]).run().exits(0);
}

#[test]
fn a_title_above_the_header_of_a_sheet_is_seen() {
    let place = Place::with_table(&[]);
    let rows: &[&[&str]] =
        &[&["Customers"], &[], PEOPLE[0], PEOPLE[1], OTHERS[1], &["Cy", "cy@example.com", "+46701740605", "x"]];
    book(&place, &[("People", false, rows)]);
    let done = place.c3import(&["inspect", "book.xls"]).run();
    assert!(done.exits(0).stdout.contains("row 3 looks like the header: --header-row 3"), "{done}");
    let done = place.c3import(&["check", "book.xls", "-m", "m.toml"]).run();
    done.exits(2).tells(&["row 3 looks like the header: --header-row 3"]);
    place.c3import(&["check", "book.xls", "-m", "m.toml", "--header-row", "3"]).run().exits(0);
}
