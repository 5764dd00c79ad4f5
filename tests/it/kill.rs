//! The plug is pulled at any moment, and the same command typed again until it ends by itself: every row stands in the
//! results once, as if nothing had happened, and no card is doubled.
//!
//! `C3IMPORT_KILL_ROUNDS=2000 cargo test --test it kill` runs more of them; `C3IMPORT_KILL_SEED=17` runs one again.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use c3import::plug::Moment;

use crate::support::{Call, Done, Place, Results, Server};

/// Rounds in an ordinary test run.
const ROUNDS: u64 = 16;

/// How often a run is cut short at most, beyond twice.
const CUTS_MAX: u32 = 5;

/// What is said of a card that may have been sent twice.
const DISTURBED: [&str; 2] = ["delivery.resent", "echo.custom_doubled"];

/// How long the server takes for a card, and how long a session waits for what an earlier one had in flight.
const FAULTS: &str = "*:latency=4ms; match=refused@example.com:status=422,detail=no; every=23:status=503,retry-after=0; \
                      every=31:reset=before";
const REFUSED: &str = "match=refused@example.com:status=422,detail=no";
const SETTLE: &str = "120ms";

const MAPPING: &str = r#"
version = 1
[rows]
require_identity = false
[card]
name = "Name"
email = ["E-mail"]
[card.custom]
"Note" = "Note"
"#;

/// Numbers that look like chance, the same for the same seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// Rows of every kind. A name is a row's own, except where a row repeats another.
fn table(chance: &mut Chance) -> Vec<[String; 3]> {
    let mut rows: Vec<[String; 3]> = Vec::new();
    for n in 0..60 + chance.below(60) {
        let name = format!("P{n}");
        let cells = match chance.below(12) {
            0..6 => [name, format!("p{n}@example.com"), String::new()],
            6 => [name, format!("shared{}@example.com", chance.below(3)), format!("note {n}")],
            7 | 8 => [name, String::new(), "nobody can recognise it".to_owned()],
            9 => [name, "refused@example.com".to_owned(), String::new()],
            10 => [name, "no.address".to_owned(), String::new()],
            _ if rows.is_empty() => ["".into(), "".into(), "".into()],
            _ => rows[usize::try_from(chance.below(rows.len() as u64)).expect("small")].clone(),
        };
        rows.push(cells);
    }
    rows
}

fn place(rows: &[[String; 3]]) -> Place {
    let place = Place::new();
    let lines: Vec<String> = rows.iter().map(|cells| cells.join(",")).collect();
    place.put("people.csv", format!("Name,E-mail,Note\n{}\n", lines.join("\n"))).put("m.toml", MAPPING);
    place
}

/// How a session is cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// The plug is pulled.
    Kill,
    /// It is pulled at a moment that hurts, when that has come so many times.
    Plug(Moment, u64),
    /// It is asked to stop, by this signal.
    Signal(&'static str),
    /// It is asked twice, and does not wait for answers.
    Twice,
    /// It stops by itself after some rows.
    Rows,
}

/// Plays a session, cut short or not; says whether it came to its end by itself.
fn session(call: Call<'_>, cut: Option<Cut>, server: &Server, chance: &mut Chance) -> Done {
    let Some(cut) = cut else { return call.run() };
    let call = match cut {
        Cut::Plug(moment, times) => call.env("C3IMPORT_PULL_PLUG", &format!("{}:{times}", moment.as_str())),
        Cut::Kill | Cut::Signal(_) | Cut::Twice | Cut::Rows => call,
    };
    let call = if cut == Cut::Rows { call.and(&["--max-rows", &(1 + chance.below(30)).to_string()]) } else { call };
    let running = call.start();
    let requests = server.requests() + usize::try_from(chance.below(40)).expect("small");
    let linger = Duration::from_micros(chance.below(70_000));
    let mut due = None;
    let mut now = || {
        if due.is_none() && server.requests() >= requests {
            due = Some(Instant::now() + linger);
        }
        due.is_some_and(|due| Instant::now() >= due)
    };
    match cut {
        Cut::Kill => running.kill_when(now),
        Cut::Signal(name) => running.signal_when(&[name], &mut now),
        Cut::Twice => running.signal_when(&["INT", "TERM"], &mut now),
        Cut::Rows | Cut::Plug(..) => running.finish(),
    }
}

/// One round; panics where a promise is broken.
fn round(seed: u64) {
    let mut chance = Chance(seed);
    let rows = table(&mut chance);
    let server = Server::with(FAULTS);
    let place = place(&rows);
    let concurrency = (1 + chance.below(8)).to_string();
    let pace =
        ["--concurrency", &concurrency, "--rate", "100000", "--retry-pause", "10ms", "--uncertain-pause", SETTLE];
    let import = |server: &Server, run: &str| {
        let words = ["import", "people.csv", "-m", "m.toml", "--run-dir", run, "--merge-rows"];
        // In every third round rows that share a contact go together.
        let words = if seed.is_multiple_of(3) { &words[..] } else { &words[..6] };
        place.c3import(words).at(&server.url()).token(Server::TOKEN).and(&pace)
    };
    for _ in 0..2 + chance.below(u64::from(CUTS_MAX)) {
        let moment = Moment::ALL[usize::try_from(chance.below(Moment::ALL.len() as u64)).expect("small")];
        let plug = Cut::Plug(moment, 1 + chance.below(30));
        let asked = [Cut::Signal("INT"), Cut::Signal("HUP"), Cut::Twice, Cut::Rows];
        let cuts = [&[Cut::Kill; 3][..], &[plug; 3], &asked].concat();
        let cut = cuts[usize::try_from(chance.below(cuts.len() as u64)).expect("small")];
        // A run that is finished is tried again, and cut there as well.
        let finished = place.path().join("run/results.csv").exists() && chance.below(3) == 0;
        let call = if finished && cut != Cut::Rows {
            place.c3import(&["retry", "run"]).token(Server::TOKEN)
        } else {
            import(&server, "run")
        };
        let done = session(call, Some(cut), &server, &mut chance);
        assert!(matches!(done.code, None | Some(0 | 1 | 3 | 5)), "{cut:?}\n{done}");
    }
    let done = session(import(&server, "run"), None, &server, &mut chance);
    assert!(matches!(done.code, Some(0 | 1)), "{done}");
    let results = place.results("run");
    holds(&rows, &results, &server);

    // The same without a disturbance, on a server of its own.
    let calm = Server::with(REFUSED);
    import(&calm, "calm").run().exits(1);
    let undisturbed = place.results("calm");
    for number in 2..2 + rows.len() as u64 {
        let (was, is) = (undisturbed.row(number), results.row(number));
        if is["c3_status"] != "uncertain" {
            assert_eq!(is["c3_status"], was["c3_status"], "{is:?}\n{was:?}");
            let codes = |row: &BTreeMap<&str, &str>| {
                let codes = row["c3_code"].split("; ").filter(|code| !code.is_empty() && !DISTURBED.contains(code));
                codes.map(str::to_owned).collect::<Vec<_>>()
            };
            assert_eq!(codes(&is), codes(&was), "{is:?}\n{was:?}");
        }
    }
}

/// What must be true in the end, whatever happened on the way.
fn holds(rows: &[[String; 3]], results: &Results, server: &Server) {
    let numbers: Vec<String> = (2..2 + rows.len()).map(|number| number.to_string()).collect();
    assert_eq!(results.column("c3_row"), numbers, "every row once, in order");
    let cards = server.cards();
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    let mut by_email: BTreeMap<&str, usize> = BTreeMap::new();
    for card in &cards {
        *by_name.entry(card.contacts.name.as_deref().unwrap_or_default()).or_default() += 1;
        card.contacts.email.iter().for_each(|email| *by_email.entry(email).or_default() += 1);
    }
    for (at, [name, email, note]) in rows.iter().enumerate() {
        let row = results.row(at as u64 + 2);
        assert_eq!([row["Name"], row["E-mail"], row["Note"]], [name, email, note], "its own cells");
        let cards_of = |map: &BTreeMap<&str, usize>, key: &str| map.get(key).copied().unwrap_or(0);
        let card = cards.iter().find(|card| row["c3_id"] == card.id.to_string());
        match (row["c3_status"], email.as_str()) {
            ("skipped", "") if name.is_empty() => {}
            ("invalid", "no.address") => assert_eq!(cards_of(&by_name, name), 0, "{row:?}"),
            // After an attempt that nobody heard of, a refusal does not tell whether that one was stored.
            ("refused" | "uncertain", "refused@example.com") => assert_eq!(cards_of(&by_name, name), 0, "{row:?}"),
            ("stored" | "unchanged", "") => {
                assert_eq!(card.and_then(|card| card.contacts.name.as_deref()), Some(name.as_str()), "{row:?}");
                assert_eq!(cards_of(&by_name, name), 1, "{row:?}");
            }
            ("uncertain", "") => assert!(cards_of(&by_name, name) <= 1, "{row:?}"),
            ("stored" | "unchanged", _) => {
                let emails = card.map(|card| card.contacts.email.as_slice()).unwrap_or_default();
                assert!(emails.contains(email), "{row:?} is on {card:?}");
                assert_eq!(cards_of(&by_email, email), 1, "{row:?}");
            }
            _ => panic!("a row ended as it must not: {row:?}"),
        }
    }
}

#[test]
fn a_killed_run_goes_on_when_the_same_command_is_typed_again() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let seeds = match number("C3IMPORT_KILL_SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..1 + number("C3IMPORT_KILL_ROUNDS").unwrap_or(ROUNDS),
    };
    for seed in seeds {
        let held = std::panic::catch_unwind(|| round(seed));
        if let Err(panic) = held {
            // Said even where a test's own words are swallowed.
            let said = panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "it panicked".to_owned());
            panic!("C3IMPORT_KILL_SEED={seed}: {said}");
        }
    }
}

#[test]
fn what_is_stored_is_told_and_not_sent_again() {
    let server = Server::with("*:latency=20ms");
    let rows: Vec<_> = (1..=40).map(|n| format!("P{n},p{n}@example.com,,")).collect();
    let place = Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let import = || place.c3import(&["import", "people.csv", "-m", "m.toml"]).to(&server);
    let killed = import().start().kill_when(|| server.requests() >= 20);
    assert_eq!(killed.code, None, "{killed}");
    let partial = Results::read(&place.path().join("people.c3run/results.partial.csv"));
    assert!(partial.landed() <= server.cards().len(), "nothing is in the results that is not in the server");

    let done = import().run();
    done.exits(0).tells(&["going on with the run in people.c3run", "of 40 rows are already stored"]);
    assert_eq!(server.cards().len(), 40);
    assert!(server.requests() < 60, "{} requests", server.requests());
    assert_eq!(place.results("people.c3run").landed(), 40);

    let requests = server.requests();
    import().run().exits(0).tells(&["this run is finished", "--fresh"]);
    assert_eq!(server.requests(), requests);
}

#[cfg(not(debug_assertions))]
#[test]
fn nobody_can_pull_the_plug_of_a_release_build_through_its_environment() {
    let server = Server::start();
    let place = Place::with_table(&["P1,p1@example.com,,"]);
    let import = place.c3import(&["import", "people.csv", "-m", "m.toml"]).to(&server);
    import.env("C3IMPORT_PULL_PLUG", "session-begun:1").run().exits(0);
}
