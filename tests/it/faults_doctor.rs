//! `c3import doctor` at servers that are not well: what it says, how it ends, and that it posts nothing.

use crate::faults_stage::{Say, Told};
use crate::support::{Done, Place, Server};

/// A token that says nothing of itself.
const TOKEN: &str = "eyJ0.e30.x";

fn doctor(place: &Place, url: &str) -> Done {
    place.c3import(&["doctor", "--timeout", "2s"]).at(url).token(TOKEN).run()
}

/// What a server answers to every GET; the story fails if anything else comes.
fn answering(status: &'static str, headers: &str) -> Told {
    let headers = headers.to_owned();
    Told::plain(move |_| Say::http(status, &headers, "{}"))
}

#[test]
fn each_answer_has_its_meaning_and_its_exit_code() {
    let stories = [
        ("405 Method Not Allowed", 0, "HTTP 405"),
        ("407 Proxy Authentication Required", 3, "proxy that asks for a login"),
        ("429 Too Many Requests", 0, "asked to wait"),
        ("200 OK", 0, "look  server   is there, but answers HTTP 200"),
        ("401 Unauthorized", 3, "does not accept the token"),
        ("403 Forbidden", 3, "Access and create customer contacts"),
        ("404 Not Found", 0, "no such address or workspace"),
        ("500 Internal Server Error", 3, "in trouble: the server answered (HTTP 500)"),
        ("503 Service Unavailable", 3, "in trouble: the server answered (HTTP 503)"),
    ];
    let place = Place::new();
    for (status, exit, says) in stories {
        let server = answering(status, "");
        let done = doctor(&place, &server.url());
        done.exits(exit);
        assert!(done.stdout.contains(says) && !done.stdout.contains(TOKEN), "{done}");
        let asked = server.asked();
        assert!(asked.len() == 1 && asked[0].head.starts_with("GET ") && asked[0].body.is_empty(), "{asked:?}");
    }
    assert!(place.names().is_empty(), "it leaves nothing behind: {:?}", place.names());
}

#[test]
fn a_login_page_is_no_answer_whatever_its_status() {
    let page = "<!doctype html><title>Log in</title>";
    let server = Told::plain(move |_| Say::http("200 OK", "Content-Type: text/html\r\n", page));
    let done = doctor(&Place::new(), &server.url());
    done.exits(3);
    assert!(done.stdout.contains("BAD   server") && done.stdout.contains("titled \"Log in\""), "{done}");
    let server = Told::plain(|_| Say::http("200 OK", "", "fine"));
    let done = doctor(&Place::new(), &server.url());
    done.exits(0);
    assert!(done.stdout.contains("look  server") && done.stdout.contains("no JSON"), "{done}");
}

#[test]
fn a_name_that_nobody_knows_is_told_before_anybody_is_asked() {
    // Longer than a name's parts may be: no name server is asked.
    let done = doctor(&Place::new(), &format!("https://{}.invalid", "x".repeat(64)));
    done.exits(3);
    assert!(done.stdout.contains("BAD   name") && !done.stdout.contains("  server"), "{done}");
}

#[test]
fn a_proxy_is_named_without_its_password() {
    let proxy = Told::plain(|_| Say::http("407 Proxy Authentication Required", "", ""));
    let place = Place::new();
    let url = proxy.url().replace("http://", "http://me:hunter2@");
    let call = place.c3import(&["doctor", "--timeout", "2s"]).at("https://api.example.com").token(TOKEN);
    let done = call.env("HTTPS_PROXY", &url).run();
    done.exits(3);
    assert!(done.stdout.contains(&proxy.url()["http://".len()..]) && !done.stdout.contains("hunter2"), "{done}");
    let asked = proxy.asked();
    assert!(asked.iter().all(|ask| ask.head.starts_with("CONNECT api.example.com:443 ")), "{asked:?}");
}

#[test]
fn a_redirect_is_named_and_not_followed() {
    let elsewhere = answering("405 Method Not Allowed", "");
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let server = answering(status, &format!("Location: {}/login\r\n", elsewhere.url()));
        let done = doctor(&Place::new(), &server.url());
        done.exits(3);
        assert!(done.stdout.contains(&elsewhere.url()), "{done}");
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let place = Place::new();
    for fault in ["*:hang", "*:reset=before", "*:drop=before", "*:garbage"] {
        let server = Server::with(fault);
        let words = ["doctor", "--timeout", "400ms"];
        let done = place.c3import(&words).at(&server.url()).token(TOKEN).run();
        done.exits(3);
        assert!(done.stdout.contains("no answer"), "{fault}: {done}");
        assert!(server.cards().is_empty(), "{fault}");
    }
}

#[test]
fn a_clock_that_is_far_off_is_told() {
    let server = answering("405 Method Not Allowed", "Date: Wed, 21 Oct 2015 07:28:00 GMT\r\n");
    let done = doctor(&Place::new(), &server.url());
    done.exits(0);
    assert!(done.stdout.contains("apart from the server's"), "{done}");
}
