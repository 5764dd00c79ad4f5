//! Names that lead to no plain file: links lead on, pipes are written through, and nothing else is ever replaced.
#![cfg(unix)]

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{FileTypeExt, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;

use crate::support::{Place, Server};

const CHECK: [&str; 4] = ["check", "people.csv", "-m", "m.toml"];
const IMPORT: [&str; 4] = ["import", "people.csv", "-m", "m.toml"];

fn people() -> Place {
    Place::with_table(&["Åsa,asa@example.com,,", "Bo,bo@example.com,,"])
}

/// A named pipe here, open at both ends, so that nobody waits for anybody.
fn pipe(place: &Place, name: &str) -> File {
    let path = place.path().join(name);
    assert!(Command::new("mkfifo").arg(&path).status().is_ok_and(|made| made.success()));
    OpenOptions::new().read(true).write(true).open(path).expect("a pipe can be opened")
}

/// All that went through it.
#[track_caller]
fn came_through(place: &Place, name: &str, mut pipe: File) -> String {
    let found = place.path().join(name).symlink_metadata().expect("it is there");
    assert!(found.file_type().is_fifo(), "{name} is a pipe no more");
    pipe.write_all(b"\0").expect("there is room");
    let mut bytes = Vec::new();
    BufReader::new(pipe).read_until(0, &mut bytes).expect("it can be read");
    assert_eq!(bytes.pop(), Some(0));
    String::from_utf8(bytes).expect("it is text")
}

#[test]
fn a_link_stays_a_link_and_its_file_is_the_new_one() {
    let server = Server::start();
    let place = people();
    place.put("people.csv", place.text("people.csv") + "Cy,cy.example.com,,\n");
    fs::create_dir(place.path().join("store")).expect("made");
    for name in ["d.ndjson", "r.html", "r.xlsx", "results.csv", "failed.csv"] {
        place.put(&format!("store/{name}"), "old");
        symlink(format!("store/{name}"), place.path().join(name)).expect("linked");
    }
    let reports = ["--documents", "d.ndjson", "--report", "r.html", "--report", "r.xlsx"];
    place.c3import(&CHECK).and(&reports).run().exits(1);
    let tables = ["--results", "results.csv", "--failed", "failed.csv"];
    place.c3import(&IMPORT).and(&tables).to(&server).run().exits(1).tells(&["results: results.csv"]);
    for name in ["d.ndjson", "r.html", "r.xlsx", "results.csv", "failed.csv"] {
        assert!(place.path().join(name).is_symlink(), "{name} is a link no more");
        assert_ne!(fs::read(place.path().join("store").join(name)).expect("there"), b"old", "{name}");
    }
    let left: Vec<_> = place.names().into_iter().filter(|name| name.contains("partial")).collect();
    assert!(left.is_empty(), "{left:?}");

    // What a link leads to is somebody's, too.
    symlink("people.csv", place.path().join("input.csv")).expect("linked");
    place
        .c3import(&CHECK)
        .and(&["--documents", "input.csv"])
        .run()
        .exits(2)
        .tells(&["would be written over people.csv"]);
    let tables = ["--results", "input.csv", "--fresh"];
    place.c3import(&IMPORT).and(&tables).to(&server).run().exits(2).tells(&["input.csv is the input"]);
}

#[test]
fn documents_and_a_page_go_through_a_named_pipe_as_they_come() {
    let place = people();
    place.c3import(&CHECK).and(&["--documents", "file.ndjson", "--report", "file.html"]).run().exits(0);
    let (documents, page) = (pipe(&place, "pipe.ndjson"), pipe(&place, "pipe.html"));
    let done = place.c3import(&CHECK).and(&["--documents", "pipe.ndjson", "--report", "pipe.html"]).run();
    done.exits(0);
    assert_eq!(came_through(&place, "pipe.ndjson", documents), place.text("file.ndjson"));
    assert!(came_through(&place, "pipe.html", page).ends_with("</html>\n"), "{done}");
}

#[test]
fn what_must_be_a_file_is_not_written_through_a_pipe() {
    let server = Server::start();
    let place = people();
    let pipes = ["r.xlsx", "results.csv", "failed.csv"].map(|name| (name, pipe(&place, name)));
    let says = ["it is a pipe or a device, and this needs a file"];
    place.c3import(&CHECK).and(&["--report", "r.xlsx"]).run().exits(4).tells(&says).leaves_stdout_empty();
    for words in [["--results", "results.csv"], ["--failed", "failed.csv"], ["--report", "r.xlsx"]] {
        let done = place.c3import(&IMPORT).and(&words).to(&server).run();
        done.exits(4).tells(&[says[0], words[1]]);
    }
    assert_eq!(server.requests(), 0);
    for (name, pipe) in pipes {
        assert_eq!(came_through(&place, name, pipe), "");
    }
}

#[test]
fn a_socket_is_not_replaced() {
    let place = people();
    let path = place.path().join("socket");
    let _listens = UnixListener::bind(&path).expect("a socket");
    place.c3import(&CHECK).and(&["--documents", "socket"]).run().exits(4).tells(&["socket", "it is no file"]);
    assert!(path.symlink_metadata().expect("there").file_type().is_socket());
}

#[test]
fn no_file_is_named_with_a_dash() {
    let place = people();
    place.c3import(&CHECK).and(&["--documents", "-"]).run().exits(2).tells(&["--documents", "a file is to be named"]);
    place.c3import(&IMPORT).and(&["--results", "-"]).run().exits(2).tells(&["--results", "a file is to be named"]);
    assert_eq!(place.names(), ["m.toml", "people.csv"]);
}

/// By a link to the name that the system gives to it.
#[cfg(target_os = "linux")]
#[test]
fn standard_output_takes_documents_when_nothing_else_goes_there() {
    let place = people();
    symlink("/proc/self/fd/1", place.path().join("out")).expect("linked");
    let documents = |words: &[&str]| place.c3import(&CHECK).and(&["--documents", "out"]).and(words).run();
    place.c3import(&CHECK).and(&["--documents", "file.ndjson"]).run().exits(0);
    let done = documents(&["--quiet"]);
    assert_eq!(done.exits(0).stdout, place.text("file.ndjson"));
    for words in [&[][..], &["--quiet", "--json"]] {
        let done = documents(words);
        done.exits(2).tells(&["out is standard output", "say --quiet"]).leaves_stdout_empty();
    }
}
