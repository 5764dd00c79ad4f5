//! `c3import mapping`, `c3import guess`, the mappings that come with the program, and every way a mapping can be wrong.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Place, fixture, mapping};

/// All files of a folder with this ending, sorted; without the ending.
fn stems(folder: &str, ending: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = fs::read_dir(&folder).expect("the folder is there").map(|entry| entry.expect("it can be read").path());
    let with_ending = |path: &PathBuf| path.extension().is_some_and(|extension| extension == ending);
    let stem = |path: PathBuf| path.file_stem().and_then(|stem| stem.to_str()).expect("our names are ASCII").to_owned();
    let mut stems: Vec<String> = paths.filter(with_ending).map(stem).collect();
    stems.sort();
    stems
}

#[test]
fn every_shipped_mapping_can_be_used_and_lands_every_row_of_its_sample() {
    let exports = stems("fixtures/exports", "csv");
    assert_eq!(exports.len(), 13, "{exports:?}");
    let mut with_samples = exports.clone();
    with_samples.push("people".to_owned());
    with_samples.sort();
    assert_eq!(stems("mappings", "toml"), with_samples, "every mapping has a sample");
    let place = Place::new();
    for name in exports {
        let (sample, mapping) = (fixture(&format!("exports/{name}.csv")), mapping(&format!("{name}.toml")));
        let text = fs::read_to_string(&mapping).expect("it is there");
        assert!(text.starts_with("#:schema mapping.schema.json\n"), "{name} names its schema");
        let done = place.c3import(&["mapping", "check", &mapping, &sample]).run();
        done.exits(0);
        assert!(!done.stderr.contains("warning:"), "{done}");
        place.c3import(&["import", &sample, "-m", &mapping, "--sandbox", "--rate", "unlimited"]).run().exits(0);
        let results = place.results(&format!("{name}.c3run"));
        for (status, code) in results.column("c3_status").iter().zip(results.column("c3_code")) {
            let left_out = *status == "skipped" && code == "row.excluded";
            assert!(*status == "stored" || left_out, "{name}: {status} {code}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_mapping_is_drawn_as_it_always_was() {
    let mut differences = String::new();
    for name in stems("fixtures/bad-mappings", "toml") {
        let read = |ending: &str| {
            fs::read_to_string(fixture(&format!("bad-mappings/{name}.{ending}"))).expect("each mapping has its text")
        };
        let (text, expected) = (read("toml"), read("txt"));
        let place = Place::new();
        let file = format!("{name}.toml");
        let mut words = vec!["mapping", "check", &file];
        // The first line may say which columns the table has.
        if let Some(columns) = text.lines().next().and_then(|line| line.strip_prefix("# columns: ")) {
            place.put("table.csv", format!("{columns}\n"));
            words.push("table.csv");
        }
        place.put(&file, &text);
        let done = place.c3import(&words).run();
        done.leaves_stdout_empty();
        let said = format!("{}exit {}\n", done.stderr, done.code.expect("it ends by itself"));
        if said != expected {
            differences.push_str(&format!("--- {name}: expected\n{expected}--- found\n{said}"));
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn a_check_can_be_read_by_programs() {
    let place = Place::with_table(&["Åsa,asa@example.com,,"]);
    let done = place.c3import(&["mapping", "check", "m.toml", "people.csv", "--json"]).run();
    done.exits(0);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).expect("it is JSON");
    assert_eq!(report["usable"], true);
    place.put("n.toml", "version = 1\n[card]\nemial = \"E\"\n");
    let done = place.c3import(&["mapping", "check", "n.toml", "--json"]).run();
    done.exits(2);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).expect("it is JSON");
    let first = &report["diagnostics"][0];
    assert_eq!(first["level"], "error");
    assert_eq!(first["message"], "[card] has no key `emial`");
    assert_eq!((&first["place"]["line"], &first["place"]["column"]), (&3.into(), &1.into()));
    assert_eq!(first["help"], "did you mean `email`?");
}

#[test]
fn reading_flags_without_a_table_are_refused() {
    let place = Place::with_table(&[]);
    place.c3import(&["mapping", "check", "m.toml", "--delimiter", "tab"]).run().exits(2).tells(&["required argument"]);
}

#[test]
fn the_schema_is_printed_as_it_is_committed() {
    let done = Place::new().c3import(&["mapping", "schema"]).run();
    done.exits(0);
    assert_eq!(done.stdout, fs::read_to_string(mapping("mapping.schema.json")).expect("it is committed"));
}

#[test]
fn a_mapping_is_explained_by_columns_and_by_rows() {
    let place = Place::with_table(&["Åsa,asa@Example.com,070-174 06 05,", "Bo,b@,12,x"]);
    let done = place.c3import(&["mapping", "explain", "m.toml", "people.csv"]).run();
    done.exits(0);
    assert_eq!(
        done.stdout,
        "A        \"Name\" → the person's name\n\
         B        \"E-mail\" → an e-mail address\n\
         C        \"Mobile\" → a phone number, of SE when national\n\
         D        \"Note\" → the custom value \"Note\"\n"
    );
    let done = place.c3import(&["mapping", "explain", "m.toml", "people.csv", "--row", "3"]).run();
    done.exits(0);
    for words in [
        "email ← B3 \"E-mail\"\n  cell         \"b@\"\n  ! \"b@\" is not an e-mail address",
        "the row is not sent:\n  people.csv row 3, column \"E-mail\"",
    ] {
        assert!(done.stdout.contains(words), "{words}\n{done}");
    }
    place.c3import(&["mapping", "explain", "m.toml", "people.csv", "--row", "9"]).run().exits(2).tells(&["no row 9"]);
}

#[test]
fn parts_that_are_joined_and_rows_that_are_emptied_are_explained_as_such() {
    let place = Place::with_table(&["Åsa x,asa@example.com,,", "Bo,,,", ",,,"]);
    place.put(
        "m.toml",
        "version = 1\n[card]\nemail = \"E-mail\"\n[card.custom]\n\
         N = { column = \"Name\", split = \" \", match = \"^[^B]\", join = \" + \" }\n",
    );
    let done = place.c3import(&["mapping", "explain", "m.toml", "people.csv", "--row", "2"]).run();
    done.exits(0);
    let told = "  match        \"Åsa\"\n  joined with the others below\n";
    assert!(done.stdout.contains(told) && done.stdout.contains("  = \"Åsa + x\"\n"), "{done}");
    place.c3import(&["check", "people.csv", "-m", "m.toml", "--run-dir", "run"]).run().exits(0);
    let (codes, errors) = (place.results("run"), "nothing to send: the mapping's options leave nothing");
    assert_eq!(codes.column("c3_code"), ["run.dry", "row.excluded", "row.blank"]);
    assert!(codes.column("c3_error")[1].starts_with(errors), "{:?}", codes.column("c3_error"));
}

#[test]
fn a_guess_says_when_another_row_looks_like_the_header() {
    let place = Place::new();
    place.put("titled.csv", "Exported 2026-01-01\n\nName,E-mail\nÅsa,asa@example.com\n");
    let done = place.c3import(&["guess", "titled.csv"]).run();
    done.exits(0).tells(&["hint: row 3 looks like the header: --header-row 3"]);
    let done = place.c3import(&["guess", "titled.csv", "--header-row", "3"]).run();
    assert!(done.stdout.contains("\"E-mail\",") && !done.stderr.contains("hint: row"), "{done}");
}

#[test]
fn a_warning_and_an_excluded_row_stand_in_the_results() {
    let place = Place::with_table(&["Åsa,asa@example.com,12,", "Bo,bo@example.com,,gone", "Cy,cy@example.com,,"]);
    place.put(
        "m.toml",
        "version = 1\n[rows]\nskip_if = { column = \"Note\", equals = \"gone\" }\n\
         on_finding = { \"phone.length\" = \"warn\" }\n[card]\nname = \"Name\"\nemail = \"E-mail\"\n\
         voice = { column = \"Mobile\", country = \"SE\" }\n",
    );
    place.c3import(&["import", "people.csv", "-m", "m.toml", "--sandbox"]).run().exits(0);
    let results = place.results("people.c3run");
    let columns = ["c3_status", "c3_code", "c3_column"].map(|name| results.column(name));
    let rows: Vec<String> = (0..3).map(|at| columns.each_ref().map(|column| column[at]).join("|")).collect();
    assert_eq!(rows, ["stored|phone.length|Mobile", "skipped|row.excluded|", "stored||"]);
}

#[test]
fn a_guess_is_a_mapping_that_lands_the_whole_table() {
    let place = Place::new();
    let people = fixture("people.csv");
    let done = place.c3import(&["guess", &people, "-o", "guessed.toml", "--country", "SE"]).run();
    done.exits(0).leaves_stdout_empty().tells(&["14 of 17 columns are mapped", "c3import check"]);
    assert!(place.text("guessed.toml").contains("header_row = 1\ndelimiter = \",\"\nencoding = \"UTF-8\"\n"));
    place.c3import(&["mapping", "check", "guessed.toml", &people]).run().exits(0);
    // The German phones are read as Swedish ones: that is why a guess is read before it is used.
    place.c3import(&["check", &people, "-m", "guessed.toml", "--run-dir", "run"]).run();
    let landed = place.results("run").column("c3_code").iter().filter(|code| **code == "run.dry").count();
    assert!(landed > 250, "{landed}");
}

#[test]
fn a_guess_overwrites_nothing() {
    let place = Place::with_table(&["Åsa,asa@example.com,,"]);
    let before = place.text("m.toml");
    place.c3import(&["guess", "people.csv", "-o", "m.toml"]).run().exits(2).tells(&["m.toml is there already"]);
    assert_eq!(place.text("m.toml"), before);
    place
        .c3import(&["guess", "people.csv", "--country", "Sweden"])
        .run()
        .exits(2)
        .tells(&["\"Sweden\" is not a country"]);
}

#[test]
fn a_guess_goes_to_standard_output_and_offers_what_fits() {
    let place = Place::new();
    let done = place.c3import(&["guess", &fixture("exports/mailchimp.csv")]).run();
    done.exits(0).tells(&["mapping mailchimp fits this table too"]);
    assert!(
        done.stdout.contains("\"Email Address\",    # 99%: called so, and 2 of 2 cells are e-mail addresses"),
        "{done}"
    );
    assert!(done.stdout.starts_with("# Proposed by c3import guess"), "{done}");
    let done = place.c3import(&["guess", &fixture("people.csv")]).run();
    assert!(!done.stderr.contains("fits this table"), "{done}");
}

#[test]
fn without_a_mapping_a_shipped_one_is_offered_and_none_applied() {
    let place = Place::new();
    let file = fixture("exports/mailchimp.csv");
    for command in ["check", "import", "preview"] {
        let done = place.c3import(&[command, &file]).run();
        done.exits(2).leaves_stdout_empty().tells(&[
            "no mapping was given",
            "the shipped mapping mailchimp fits",
            "c3import mapping shipped mailchimp > mailchimp.toml",
            "-m mailchimp.toml",
            "c3import guess",
        ]);
    }
    let text = place.c3import(&["mapping", "shipped", "mailchimp"]).run().exits(0).stdout.clone();
    assert!(text.starts_with("# Mailchimp"), "{text}");
    place.put("mailchimp.toml", text);
    place.c3import(&["check", &file, "-m", "mailchimp.toml"]).run().exits(0);
    place.put("prices.csv", "Article,Price\nPipe,5\n");
    let done = place.c3import(&["check", "prices.csv"]).run();
    done.exits(2).tells(&["no mapping was given", "c3import guess prices.csv -o mapping.toml"]);
    assert!(!done.stderr.contains("shipped"), "{done}");
    place.c3import(&["check", "nobody.csv"]).run().exits(2).tells(&["nobody.csv cannot be read"]);
}

#[test]
fn the_offer_sees_the_header_below_a_title() {
    let place = Place::new();
    place.put(
        "titled.csv",
        "Customers\n\nName,E-mail,Mobile,Street\nÅsa Öberg,asa@example.com,+46701740605,x\nBo Ek,b@example.com,,y\n",
    );
    let done = place.c3import(&["check", "titled.csv"]).run();
    done.exits(2).tells(&["the shipped mapping generic fits", "-m generic.toml --header-row 3"]);
}

#[test]
fn shipped_mappings_are_listed_and_printed() {
    let place = Place::new();
    let done = place.c3import(&["mapping", "shipped"]).run();
    done.exits(0);
    assert_eq!(done.stdout.lines().count(), 13, "{done}");
    assert!(done.stdout.contains("google-contacts          Google Contacts, as it exports today"), "{done}");
    place.c3import(&["mapping", "shipped", "lotus"]).run().exits(2).tells(&["\"lotus\"", "there are google-contacts"]);
}

#[test]
fn questions_need_somebody_to_ask() {
    let place = Place::with_table(&["Åsa,asa@example.com,,"]);
    let done = place.c3import(&["guess", "people.csv", "--interactive"]).run();
    done.exits(2).leaves_stdout_empty().tells(&["--interactive asks questions, and there is no terminal"]);
}

#[test]
fn a_contact_that_was_left_out_is_not_called_blank() {
    let place = Place::with_table(&["Bo,,12,"]);
    place.put(
        "m.toml",
        "version = 1\n[rows]\non_finding = { \"phone.length\" = \"warn\" }\n[card]\nname = \"Name\"\nemail = \"E-mail\"\n\
         voice = { column = \"Mobile\", country = \"SE\" }\n",
    );
    let done = place.c3import(&["preview", "people.csv", "-m", "m.toml"]).run();
    done.exits(1).tells(&["what was there is left out; mend a contact [contact.none]", "\"12\" is too short"]);
    assert!(!done.stderr.contains("are blank"), "{done}");
}
