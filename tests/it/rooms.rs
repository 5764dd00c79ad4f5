//! The architecture's table as data, held against `src/`. A line that stands in the wrong room fails here with a
//! sentence that says where it belongs.
//!
//! Only text is read, no types: a path that begins with `crate::` or `super::`, a printing macro, a call of a clock.
//! Code under `#[cfg(test)]` may read files and clocks and may print, but the walls hold there too.

use std::fs;
use std::path::{Path, PathBuf};

/// What a room is, which says whom it may know.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Values with invariants; knows nobody.
    Noun,
    /// Does one thing; knows the nouns.
    Verb,
    /// Joins the verbs.
    Corridor,
    /// Talks to people; may know everybody.
    Front,
}

/// What a room may reach for beyond its parameters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Nothing at all: no files, no network, no threads, no environment.
    Nothing,
    /// This machine: files, threads.
    Machine,
    /// The network as well.
    Network,
}

struct Room {
    name: &'static str,
    kind: Kind,
    reach: Reach,
}

const fn room(name: &'static str, kind: Kind, reach: Reach) -> Room {
    Room { name, kind, reach }
}

const ROOMS: [Room; 15] = [
    room("model", Kind::Noun, Reach::Nothing),
    room("plug", Kind::Noun, Reach::Machine),
    room("jsonapi", Kind::Verb, Reach::Nothing),
    room("source", Kind::Verb, Reach::Machine),
    room("mapping", Kind::Verb, Reach::Nothing),
    room("plan", Kind::Verb, Reach::Nothing),
    room("schedule", Kind::Verb, Reach::Nothing),
    room("upload", Kind::Verb, Reach::Network),
    room("journal", Kind::Verb, Reach::Machine),
    room("results", Kind::Verb, Reach::Machine),
    room("sandbox", Kind::Verb, Reach::Network),
    room("pipeline", Kind::Corridor, Reach::Network),
    room("cli", Kind::Front, Reach::Network),
    room("settings", Kind::Front, Reach::Network),
    room("commands", Kind::Front, Reach::Network),
];

/// Front of house as well, and the only room that prints.
const UI: Room = room("ui", Kind::Front, Reach::Network);

/// A file called so has not found its noun yet.
const NAMELESS: [&str; 5] = ["util", "utils", "helper", "helpers", "common"];

fn find(name: &str) -> Option<&'static Room> {
    ROOMS.iter().chain([&UI]).find(|room| room.name == name)
}

impl Room {
    fn may_use(&self, other: &Room) -> bool {
        // `jsonapi` is the grammar of the wire, as pure as a noun; who speaks on the wire may use it.
        self.name == other.name
            || (self.name == "upload" && other.name == "jsonapi")
            || match self.kind {
                Kind::Noun => false,
                Kind::Verb => other.kind == Kind::Noun,
                Kind::Corridor => other.kind != Kind::Front,
                Kind::Front => true,
            }
    }

    /// Why `other` is out of bounds, and where the line belongs.
    fn wall(&self, other: &Room) -> String {
        match (self.kind, other.kind) {
            (Kind::Noun, _) => format!(
                "nouns know no verbs: make it a method of `{0}`'s own types, or move the line to `{0}`",
                other.name
            ),
            (Kind::Verb, Kind::Verb) => {
                "verbs do not know each other: `pipeline` joins them, and a type that both need \
                                         is a noun and lives in `model`"
                    .to_owned()
            }
            (Kind::Verb, Kind::Corridor) => {
                "the corridor knows the rooms, not the other way round: hand it in as a parameter".to_owned()
            }
            (_, Kind::Front) => {
                "only front of house knows front of house: hand it in as a parameter, or send an event".to_owned()
            }
            (Kind::Verb | Kind::Corridor | Kind::Front, _) => "this wall is not in the table".to_owned(),
        }
    }
}

#[test]
fn every_line_of_src_stands_in_its_room() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    gather(&src, &mut files);
    assert!(files.len() > 5, "src/ was not found");
    let mut complaints = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("sources are UTF-8");
        let path = file.strip_prefix(&src).expect("it was found there");
        let path: Vec<_> = path.iter().map(|part| part.to_str().expect("our names are ASCII")).collect();
        complaints.extend(inspect(&path.join("/"), &text));
    }
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n"));
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("src/ can be read").map(|entry| entry.expect("and its entries").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Everything wrong with one file, as sentences. `path` is relative to `src/`, with slashes.
fn inspect(path: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let stem = path.trim_end_matches(".rs");
    let name = stem.rsplit('/').next().expect("a split has a last part");
    if NAMELESS.contains(&name) {
        complaints.push(format!("src/{path}: a file called `{name}` has not found its noun yet"));
    }
    let mut module: Vec<&str> = stem.split('/').collect();
    if module.last() == Some(&"mod") {
        module.pop();
    }
    let [first, ..] = module[..] else { return complaints };
    let at_root = matches!(path, "lib.rs" | "main.rs");
    if (at_root || name == "mod" || module.len() == 1) && !text.starts_with("//!") {
        complaints.push(format!(
            "src/{path}: has no sign: open it with `//!` and say what comes in, what goes out and what it may touch"
        ));
    }
    if at_root {
        return complaints;
    }
    let Some(room) = find(first) else {
        complaints.push(format!(
            "src/{path}: there is no room `{first}` in the house: find its noun's room, or add it to the table in \
             tests/it/rooms.rs and to the architecture page in src/lib.rs"
        ));
        return complaints;
    };
    let tokens = tokenize(text);
    let in_tests = test_code(&tokens, name == "tests");
    let mut say = |line: usize, what: String| complaints.push(format!("src/{path}:{line} {what}"));
    for (line, used) in root_paths(&tokens, &module) {
        match find(&used) {
            Some(other) if room.may_use(other) => {}
            Some(other) => {
                say(line, format!("uses `{used}`, but {} (room `{}`)", room.wall(other), room.name));
            }
            None if room.kind == Kind::Front => {}
            None => say(line, format!("uses `crate::{used}`, which is in no room: name the room it comes from")),
        }
    }
    for (at, token) in tokens.iter().enumerate() {
        if in_tests[at] {
            continue;
        }
        let after = |n: usize| tokens.get(at + n).map_or("", |token| token.text);
        let before = |n: usize| at.checked_sub(n).map_or("", |at| tokens[at].text);
        let printing = match token.text {
            "print" | "println" | "eprint" | "eprintln" | "dbg" => after(1) == "!",
            // `.stdout(…)` builds a command's plumbing.
            "stdout" | "stderr" => after(1) == "(" && before(1) != ".",
            _ => false,
        };
        if printing && room.name != UI.name {
            say(token.line, format!("prints (`{}`), but only `ui` does: hand the text to `ui`", token.text));
        }
        let clock = match token.text {
            "Instant" | "SystemTime" => after(1) == "::" && after(2) == "now",
            // The front of house may ask a progress bar; a verb has only a clock to ask.
            "elapsed" => before(1) == "." && after(1) == "(" && room.kind != Kind::Front,
            _ => false,
        };
        // The sandbox stands for another machine and has its own time: tokio's, which tests may pause, and a calendar
        // for the dates in its headers.
        let own_time = room.name == "sandbox" && (token.text == "SystemTime" || !std_instant(&tokens));
        if clock && room.kind != Kind::Corridor && !own_time {
            say(token.line, "reads the clock, but only `pipeline` does: take `now` as a parameter".to_owned());
        }
        if let Some(thing) = reaches(token.text, before(1), before(2), after(1))
            && (room.reach == Reach::Nothing || room.reach == Reach::Machine && thing.1 == Reach::Network)
        {
            let allowed = if room.reach == Reach::Nothing { "nothing" } else { "only files" };
            say(
                token.line,
                format!(
                    "reaches for {}, but `{}` touches {allowed}: let the room that may do it, and pass the result in",
                    thing.0, room.name
                ),
            );
        }
    }
    complaints
}

/// What a token in its place reaches for.
fn reaches(token: &str, before: &str, before2: &str, after: &str) -> Option<(&'static str, Reach)> {
    let of_std = before == "::" && before2 == "std";
    let opens = after == "::" && before != "::";
    match token {
        "fs" if of_std => Some(("files", Reach::Machine)),
        "File" if after == "::" => Some(("files", Reach::Machine)),
        "env" if of_std => Some(("the environment", Reach::Machine)),
        "process" if of_std => Some(("processes", Reach::Machine)),
        "thread" if of_std => Some(("threads", Reach::Machine)),
        "net" if of_std => Some(("the network", Reach::Network)),
        "tokio" if opens => Some(("the async runtime", Reach::Network)),
        "reqwest" | "hyper" if opens => Some(("HTTP", Reach::Network)),
        _ => None,
    }
}

struct Token<'a> {
    text: &'a str,
    line: usize,
}

/// Identifiers, `::`, and single characters; comments, strings and character literals are left out.
fn tokenize(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    while at < bytes.len() {
        let rest = &text[at..];
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = string_literal(rest) {
            length
        } else if word(bytes[at]) {
            let length = bytes[at..].iter().position(|&byte| !word(byte)).unwrap_or(rest.len());
            tokens.push(Token { text: &rest[..length], line });
            length
        } else if rest.starts_with("::") {
            tokens.push(Token { text: "::", line });
            2
        } else {
            if !bytes[at].is_ascii_whitespace() {
                tokens.push(Token { text: &rest[..1], line });
            }
            1
        };
        line += rest[..length].matches('\n').count();
        at += length;
    }
    tokens
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of a string, byte string, raw string or character literal that begins here.
fn string_literal(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        rest.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(['"', '\'', '#'])) || prefix.is_empty()
    })?;
    let body = &rest[prefix.len()..];
    if prefix.ends_with('r') {
        let hashes = body.bytes().take_while(|&byte| byte == b'#').count();
        let quoted = body[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = quoted.find(&end).map_or(quoted.len(), |found| found + end.len());
        return Some(prefix.len() + hashes + 1 + length);
    }
    let quote = body.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let mut chars = body.char_indices().skip(1);
    if quote == '\'' {
        // A lifetime has no closing quote behind its first character.
        let (_, first) = chars.clone().next()?;
        let closes = chars.clone().nth(1).is_some_and(|(_, second)| second == '\'');
        if first != '\\' && !closes {
            return None;
        }
    }
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if c == quote {
            return Some(prefix.len() + at + 1);
        }
    }
    Some(rest.len())
}

/// For every token whether it belongs to an item under `#[cfg(test)]`.
fn test_code(tokens: &[Token<'_>], all: bool) -> Vec<bool> {
    let mut marks = vec![all; tokens.len()];
    let texts: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    for at in 0..texts.len() {
        if !texts[at..].starts_with(&["#", "[", "cfg", "("]) {
            continue;
        }
        let Some(close) = texts[at..].iter().position(|text| *text == "]").map(|found| at + found) else { continue };
        if !texts[at..close].contains(&"test") || texts[at..close].contains(&"not") {
            continue;
        }
        let mut depth = 0;
        for (end, text) in texts.iter().enumerate().skip(close) {
            depth += match *text {
                "{" => 1,
                "}" => -1,
                _ => 0,
            };
            if depth == 0 && matches!(*text, ";" | "}") {
                marks[at..=end].fill(true);
                break;
            }
        }
    }
    marks
}

/// Whether the file takes `Instant` from the standard library.
fn std_instant(tokens: &[Token<'_>]) -> bool {
    let texts: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    texts.windows(4).enumerate().any(|(at, window)| {
        window == ["std", "::", "time", "::"]
            && texts[at + 4..].iter().take_while(|text| !matches!(**text, ";" | "}")).any(|text| *text == "Instant")
    })
}

/// The first part of every path that leads through the crate's root: the rooms that this module uses.
fn root_paths(tokens: &[Token<'_>], module: &[&str]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut here: Vec<String> = module.iter().map(|&part| part.to_owned()).collect();
    let mut open = Vec::new(); // for every open brace, whether it is an inline module's
    for (at, token) in tokens.iter().enumerate() {
        let before = |n: usize| at.checked_sub(n).map_or("", |at| tokens[at].text);
        match token.text {
            "{" => {
                let is_module = before(2) == "mod";
                if is_module {
                    here.push(before(1).to_owned());
                }
                open.push(is_module);
            }
            "}" => {
                let was_module = open.pop() == Some(true);
                here.truncate(here.len() - usize::from(was_module));
            }
            "crate" | "super" if before(1) != "::" => {
                follow(tokens, at, here.clone(), &mut found);
            }
            _ => {}
        }
    }
    found
}

/// Follows one path, into its groups, until it names what it takes from the crate's root.
fn follow(tokens: &[Token<'_>], start: usize, mut base: Vec<String>, found: &mut Vec<(usize, String)>) {
    let mut at = start;
    while let Some(token) = tokens.get(at) {
        match token.text {
            "crate" => base.clear(),
            "super" => {
                base.pop();
            }
            "self" => {}
            "{" => {
                let mut depth = 0;
                for (inner, token) in tokens.iter().enumerate().skip(at) {
                    match token.text {
                        "{" => depth += 1,
                        "}" => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        return;
                    }
                    if depth == 1 && matches!(token.text, "{" | ",") {
                        follow(tokens, inner + 1, base.clone(), found);
                    }
                }
                return;
            }
            name => {
                if base.is_empty() && name != "}" {
                    found.push((token.line, name.to_owned()));
                }
                return;
            }
        }
        if tokens.get(at + 1).is_none_or(|token| token.text != "::") {
            return;
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The complaints about one file, without the sign's.
    fn check(path: &str, text: &str) -> String {
        inspect(path, &format!("//! A sign.\n{text}")).join("\n")
    }

    #[test]
    fn a_room_may_use_the_nouns_and_itself() {
        assert_eq!(check("upload/mod.rs", "use crate::model::{Row, Verdict};\nuse super::upload::reply;"), "");
        assert_eq!(
            check("upload/reply.rs", "use super::Client;\nmod tests { use super::*; use super::super::Client; }"),
            ""
        );
        assert_eq!(
            check("upload/reply.rs", "use crate::jsonapi::read;"),
            "",
            "who speaks on the wire may know its grammar"
        );
        assert_eq!(check("ui/summary.rs", "use crate::{mapping::Diagnostic, pipeline, VERSION};"), "");
        assert_eq!(check("pipeline/mod.rs", "use crate::{source, upload::Client};"), "");
    }

    #[test]
    fn a_verb_that_knows_another_is_sent_to_the_corridor() {
        for line in [
            "use crate::journal::encode;",
            "use crate::{model::Row, journal::{self, encode}};",
            "use super::super::journal;",
            "mod tests { use super::super::super::journal; }",
            "fn f() { let _ = crate::journal::encode(); }",
            "use super::{super::journal, Client};",
        ] {
            let told = check("upload/client.rs", line);
            assert!(
                told.starts_with("src/upload/client.rs:2 uses `journal`, but verbs do not know each other"),
                "{told}"
            );
            assert_eq!(told.lines().count(), 1, "{told}");
        }
    }

    #[test]
    fn nouns_and_corridor_keep_to_their_side() {
        assert!(check("model/row.rs", "use crate::source::Reader;").contains("nouns know no verbs"));
        assert!(check("pipeline/feed.rs", "use crate::ui;").contains("only front of house knows front of house"));
        assert!(check("plan/mod.rs", "use crate::pipeline::Event;").contains("the corridor knows the rooms"));
        assert!(check("plan/mod.rs", "use crate::*;").contains("which is in no room"));
    }

    #[test]
    fn comments_and_strings_use_nothing() {
        let text = "/// See [`crate::upload`].\n/* use crate::upload; /* nested */ */\nconst A: &str = \"crate::upload\";\n\
                    const B: &str = r#\"println!(\"crate::upload\")\"#;\nconst C: char = '\"';\n\
                    fn f<'a>(x: &'a str) -> &'a str { x } // Instant::now()";
        assert_eq!(check("plan/mod.rs", text), "");
    }

    #[test]
    fn only_ui_prints() {
        assert!(
            check("commands/rows.rs", "fn f() {\n    println!(\"x\");\n}").starts_with("src/commands/rows.rs:3 prints")
        );
        assert!(check("results/csv.rs", "fn f() { std::io::stdout().flush(); }").contains("prints (`stdout`)"));
        assert_eq!(check("ui/progress.rs", "fn f() { eprintln!(\"x\"); }"), "");
        assert_eq!(check("settings/token.rs", "fn f(c: Command) { c.stdout(Stdio::piped()); }"), "");
        assert_eq!(check("results/csv.rs", "#[cfg(test)]\nmod tests { fn f() { println!(\"x\"); } }"), "");
    }

    #[test]
    fn only_the_corridor_reads_the_clock() {
        assert!(check("schedule/retry.rs", "fn f() { Instant::now(); }").contains("reads the clock"));
        assert!(check("results/summary.rs", "fn f(t: SystemTime) { t.elapsed(); }").contains("reads the clock"));
        assert_eq!(check("pipeline/mod.rs", "fn f() { std::time::Instant::now(); SystemTime::now(); }"), "");
        assert_eq!(check("sandbox/log.rs", "use tokio::time::Instant; fn f() { Instant::now(); }"), "");
        assert!(
            check("sandbox/log.rs", "use std::time::{Duration, Instant}; fn f() { Instant::now(); }")
                .contains("reads the clock")
        );
    }

    #[test]
    fn a_room_that_touches_nothing_reaches_for_nothing() {
        assert!(check("mapping/mod.rs", "use std::fs;").contains("reaches for files, but `mapping` touches nothing"));
        assert!(check("schedule/mod.rs", "fn f() { tokio::spawn(x); }").contains("the async runtime"));
        assert!(check("source/csv.rs", "use reqwest::Client;").contains("`source` touches only files"));
        assert_eq!(check("source/csv.rs", "use std::fs::File;"), "");
        assert_eq!(check("mapping/mod.rs", "#[cfg(test)] mod tests { use std::fs; }"), "");
        assert_eq!(check("mapping/mod.rs", "#[cfg(all(test, unix))] mod tests { use std::fs; }"), "");
        assert_ne!(check("mapping/mod.rs", "#[cfg(not(test))] mod tests { use std::fs; }"), "");
    }

    #[test]
    fn a_room_has_a_sign_and_a_name() {
        assert!(inspect("plan/mod.rs", "use std::fmt;").join("").contains("has no sign"));
        assert!(check("attic/mod.rs", "").contains("there is no room `attic`"));
        assert!(check("plan/helpers.rs", "").contains("has not found its noun yet"));
    }
}
