//! The token: in from three places, out nowhere.

use crate::support::{Done, Place, Server};

const ROWS: [&str; 2] = ["Åsa,asa@example.com,,", "Bo,bo.example.com,,"];

/// Says as much as the program can say.
const IMPORT: [&str; 8] = ["import", "people.csv", "-m", "m.toml", "-v", "-v", "--log-format", "json"];

/// Nowhere in what was said, and in no file that the run left.
#[track_caller]
fn kept(place: &Place, done: &Done) {
    let canary = Server::TOKEN.split('.').nth(1).expect("it has three parts");
    assert!(!done.stdout.contains(canary) && !done.stderr.contains(canary), "the token was said\n{done}");
    for file in place.files().iter().filter(|file| !file.ends_with("token.txt")) {
        let bytes = std::fs::read(file).expect("a file of ours can be read");
        let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
        assert!(!found, "the token is in {}", file.display());
    }
}

#[test]
fn from_the_environment_it_goes_to_the_server_and_nowhere_else() {
    let server = Server::start();
    let place = Place::with_table(&ROWS);
    let done = place.c3import(&IMPORT).to(&server).run();
    done.exits(1);
    assert_eq!(server.cards().len(), 1, "it was the right one");
    kept(&place, &done);
}

#[test]
fn a_file_may_hold_it_with_a_line_break_at_its_end() {
    let server = Server::start();
    let place = Place::with_table(&ROWS);
    place.put("token.txt", format!("{}\r\n", Server::TOKEN));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let only_mine = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(place.path().join("token.txt"), only_mine).expect("it is ours");
    }
    let done = place.c3import(&IMPORT).at(&server.url()).and(&["--token-file", "token.txt"]).run();
    done.exits(1);
    assert_eq!(server.cards().len(), 1);
    kept(&place, &done);
}

#[cfg(unix)]
#[test]
fn a_command_may_print_it() {
    let server = Server::start();
    let place = Place::with_table(&ROWS);
    place.put("token.txt", Server::TOKEN);
    let done = place.c3import(&IMPORT).at(&server.url()).and(&["--token-command", "cat token.txt"]).run();
    done.exits(1);
    assert_eq!(server.cards().len(), 1);
    kept(&place, &done);
}

#[test]
fn it_is_not_taken_from_the_command_line_nor_repeated_from_there() {
    let place = Place::with_table(&ROWS);
    for words in [&["--token", Server::TOKEN][..], &[&format!("--token={}", Server::TOKEN)]] {
        let done = place.c3import(&IMPORT).and(words).run();
        done.exits(2);
        kept(&place, &done);
    }
}

#[test]
fn no_failure_brings_it_out() {
    for fault in ["*:status=401", "*:status=403,detail=no", "*:status=500", "*:html", "*:reset=before", "*:garbage"] {
        let server = Server::with(fault);
        let place = Place::with_table(&ROWS);
        let done = place.c3import(&IMPORT).to(&server).run();
        assert_ne!(done.code, Some(0), "{done}");
        kept(&place, &done);
    }
}

#[test]
fn a_server_that_repeats_it_does_not_bring_it_out() {
    for status in [401, 422, 500] {
        let server = Server::with(&format!("*:status={status},detail=\"no such token: Bearer {}\"", Server::TOKEN));
        let place = Place::with_table(&ROWS);
        let done = place.c3import(&IMPORT).to(&server).run();
        assert_ne!(done.code, Some(0), "{done}");
        kept(&place, &done);
    }
}
