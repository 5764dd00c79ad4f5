//! Input, mapping or settings that cannot be used: one clear sentence, exit 2, nothing sent, nothing left behind.

use crate::support::{Done, Place, Server, fixture, mapping};

/// Runs an import that cannot begin, and makes sure that it did not.
#[track_caller]
fn refused(place: &Place, arguments: &[&str], words: &[&str]) -> Done {
    let server = Server::start();
    let before = place.names();
    let done = place.c3import(&["import"]).and(arguments).to(&server).run();
    done.exits(2).leaves_stdout_empty().tells(words);
    assert_eq!(server.requests(), 0, "nothing is sent\n{done}");
    assert_eq!(place.names(), before, "nothing is left behind\n{done}");
    assert!(!done.stderr.contains("panicked"), "{done}");
    done
}

fn place() -> Place {
    Place::with_table(&["Åsa,asa@example.com,,"])
}

#[test]
fn a_file_that_is_not_there_is_named() {
    refused(&place(), &["poeple.csv", "-m", "m.toml"], &["poeple.csv"]);
    refused(&place(), &["people.csv", "-m", "n.toml"], &["n.toml"]);
}

#[test]
fn an_empty_file_is_called_empty() {
    let place = place();
    place.put("nothing.csv", "").put("blank.csv", "\n\n");
    refused(&place, &["nothing.csv", "-m", "m.toml"], &["nothing.csv", "empty"]);
    refused(&place, &["blank.csv", "-m", "m.toml"], &["blank.csv"]);
}

#[test]
fn a_folder_is_not_a_file() {
    refused(&place(), &[".", "-m", "m.toml"], &["folder"]);
}

#[test]
fn a_column_that_is_not_there_is_named_and_the_nearest_one_offered() {
    let place = place();
    place.put("m.toml", "version = 1\n[card]\nemail = \"E-mial\"\nname = \"{Naem}\"\n");
    // All at once, each with what was probably meant, and where in the mapping it stands.
    refused(&place, &["people.csv", "-m", "m.toml"], &["E-mial", "E-mail", "Naem", "Name", "m.toml:3"]);
}

#[test]
fn the_wrong_file_for_a_mapping_is_refused() {
    refused(&place(), &["people.csv", "-m", &mapping("people.toml")], &["Customer No", "First Name", "Last Name"]);
}

#[test]
fn an_unknown_key_is_named_and_the_nearest_one_offered() {
    let place = place();
    place.put("m.toml", "version = 1\n[card]\nemial = \"E-mail\"\n");
    refused(&place, &["people.csv", "-m", "m.toml"], &["emial", "email", "m.toml"]);
    place.put("m.toml", "version = 1\n[card]\nvoice = [{ column = \"Mobile\", contry = \"SE\" }]\n");
    refused(&place, &["people.csv", "-m", "m.toml"], &["contry", "country"]);
}

#[test]
fn a_mapping_with_a_syntax_error_is_shown_where() {
    let place = place();
    place.put("m.toml", "version = 1\n[card]\nemail = \"E-mail\nname = 1\n");
    refused(&place, &["people.csv", "-m", "m.toml"], &["m.toml:3"]);
}

#[test]
fn a_mapping_for_another_version_is_refused() {
    let place = place();
    place.put("m.toml", "version = 2\n[card]\nemail = \"E-mail\"\n");
    refused(&place, &["people.csv", "-m", "m.toml"], &["version", "2"]);
    place.put("m.toml", "[card]\nemail = \"E-mail\"\n");
    refused(&place, &["people.csv", "-m", "m.toml"], &["version"]);
}

#[test]
fn a_country_that_does_not_exist_is_refused() {
    let place = place();
    place.put("m.toml", "version = 1\n[card]\nvoice = [{ column = \"Mobile\", country = \"XX\" }]\n");
    refused(&place, &["people.csv", "-m", "m.toml"], &["XX", "country"]);
}

#[test]
fn two_headers_alike_are_refused_when_the_mapping_needs_one_of_them() {
    let place = place();
    place.put("twice.csv", "Name,E-mail,Mobile,Note,E-mail\nÅsa,a@example.com,,,b@example.com\n");
    refused(&place, &["twice.csv", "-m", "m.toml"], &["E-mail", "B", "E"]);
}

#[test]
fn a_workbook_that_is_none_is_refused() {
    let place = place();
    let mut damaged = std::fs::read(fixture("people.xlsx")).expect("the fixture is there");
    damaged.truncate(damaged.len() / 2);
    place.put("cut.xlsx", damaged).put("paper.xlsx", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< >>\nendobj\n");
    place.put("noise.xlsx", [0u8, 159, 146, 150, 255, 254, 0, 1].repeat(40));
    refused(&place, &["cut.xlsx", "-m", "m.toml"], &["cut.xlsx"]);
    refused(&place, &["paper.xlsx", "-m", "m.toml"], &["paper.xlsx", "PDF"]);
    refused(&place, &["noise.xlsx", "-m", "m.toml"], &["noise.xlsx"]);
}

#[test]
fn a_sheet_that_is_not_there_is_named_beside_those_that_are() {
    let place = place();
    let arguments = [&fixture("people.xlsx"), "-m", &mapping("people.toml"), "--sheet", "Peopel"];
    refused(&place, &arguments, &["Peopel", "People", "Notes"]);
}

#[test]
fn a_finished_run_is_not_done_again_unasked() {
    let server = Server::start();
    let place = place();
    let again = || place.c3import(&["import", "people.csv", "-m", "m.toml"]).to(&server);
    again().run().exits(0);
    let before = place.text("people.c3run/results.csv");
    again().run().exits(0).leaves_stdout_empty().tells(&["people.c3run", "finished", "--fresh"]);
    assert_eq!(server.requests(), 1);
    assert_eq!(place.text("people.c3run/results.csv"), before);

    place.put("people.csv", "Name,E-mail,Mobile,Note\nBo,bo@example.com,,\n");
    again().and(&["--fresh"]).run().exits(0);
    assert_eq!(place.results("people.c3run").column("Name"), ["Bo"]);
}

#[test]
fn without_a_token_nothing_is_sent() {
    let server = Server::start();
    let place = place();
    let import = || place.c3import(&["import", "people.csv", "-m", "m.toml"]).at(&server.url());
    import().run().exits(2).leaves_stdout_empty().tells(&["C3IMPORT_TOKEN", "--token-file"]);
    import().token("").run().exits(2).tells(&["C3IMPORT_TOKEN"]);
    import().and(&["--token-file", "no-such-file"]).run().exits(2).tells(&["no-such-file"]);
    import().and(&["--token-command", "exit 7"]).run().exits(2).tells(&["exit 7"]);
    assert_eq!(server.requests(), 0);
    assert_eq!(place.names(), ["m.toml", "people.csv"]);
}

#[test]
fn a_server_must_be_named_and_be_safe() {
    let place = place();
    let import = |arguments: &[&str]| {
        let call = place.c3import(&["import", "people.csv", "-m", "m.toml"]).token("t").and(arguments);
        let done = call.run();
        done.exits(2).leaves_stdout_empty();
        assert_eq!(place.names(), ["m.toml", "people.csv"]);
        done
    };
    import(&[]).tells(&["--server", "--sandbox"]);
    import(&["--server", "https://api.example.com"]).tells(&["--workspace"]);
    import(&["--server", "http://api.example.com", "--workspace", "demo"]).tells(&["http://api.example.com", "https"]);
    import(&["--server", "api.example.com", "--workspace", "demo"]).tells(&["api.example.com"]);
    import(&["--server", "https://api.example.com", "--workspace", "../admin"]).tells(&["../admin"]);
    import(&["--server", "https://api.example.com", "--workspace", "demo", "--sandbox"]).tells(&["--sandbox"]);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let place = place();
    for (flag, value) in [
        ("--timeout", "5"),
        ("--timeout", "soon"),
        ("--rate", "0"),
        ("--rate", "-1"),
        ("--rate", "NaN"),
        ("--concurrency", "0"),
        ("--delimiter", "ab"),
        ("--encoding", "klingon"),
        ("--header-row", "0"),
        ("--log-format", "xml"),
    ] {
        refused(&place, &["people.csv", "-m", "m.toml", &format!("{flag}={value}")], &[flag, value]);
    }
}

#[test]
fn a_command_that_does_not_exist_is_refused() {
    let place = place();
    place.c3import(&["improt", "people.csv"]).run().exits(2).leaves_stdout_empty().tells(&["improt", "import"]);
    place.c3import(&["import"]).run().exits(2).leaves_stdout_empty();
    let done = place.c3import(&["--help"]).run();
    done.exits(0);
    for command in ["import", "check", "preview", "rows", "sandbox"] {
        assert!(done.stdout.contains(command), "{done}");
    }
}
