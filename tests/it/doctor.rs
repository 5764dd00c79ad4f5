//! `c3import doctor`: is the server there, and would it take us?

use crate::support::{Place, Server};

#[test]
fn a_server_that_is_there_is_well_and_gets_no_card() {
    let server = Server::start();
    let place = Place::new();
    let url = server.url();
    let args = ["doctor", "--server", &url, "--workspace", "demo"];
    let done = place.c3import(&args).token(Server::TOKEN).run();
    done.exits(0);
    assert!(done.stdout.contains("HTTP 405"), "{}", done.stdout);
    assert!(server.cards().is_empty());
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let place = Place::new();
    let args = ["doctor", "--server", "http://127.0.0.1:1", "--workspace", "demo"];
    let done = place.c3import(&args).env("C3IMPORT_TOKEN", "eyJ0.e30.x").run();
    done.exits(3);
    assert!(done.stdout.contains("cannot be reached") && !done.stdout.contains("eyJ0"), "{}", done.stdout);
}
