//! The real program, which is really killed: at a random time, or at a moment that hurts.

use std::time::{Duration, Instant};

use c3import::plug::Moment;

use super::promise::{holds, is_as_undisturbed};
use super::rounds::{play, seeds};
use super::table::{REFUSED, Table};
use crate::support::{Call, Chance, Done, Place, Results, Server};

/// Rounds in an ordinary test run.
const ROUNDS: u64 = 16;

/// How often a run is cut short at most, beyond twice.
const CUTS_MAX: u64 = 5;

/// How long the server takes for a card, and how long a session waits for what an earlier one had in flight.
const FAULTS: &str = "*:latency=4ms; match=refused@example.com:status=422,detail=no; every=23:status=503,retry-after=0; \
                      every=31:reset=before";
const SETTLE: &str = "120ms";

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
    /// It stops by itself after some time.
    Time,
}

/// Plays a session, cut short or not; says whether it came to its end by itself.
fn session(call: Call<'_>, cut: Option<Cut>, server: &Server, chance: &mut Chance) -> Done {
    let Some(cut) = cut else { return call.run() };
    let call = match cut {
        Cut::Plug(moment, times) => call.env("C3IMPORT_PULL_PLUG", &format!("{}:{times}", moment.as_str())),
        Cut::Rows => call.and(&["--max-rows", &(1 + chance.below(30)).to_string()]),
        Cut::Time => call.and(&["--max-duration", &format!("{}ms", 1 + chance.below(200))]),
        Cut::Kill | Cut::Signal(_) | Cut::Twice => call,
    };
    let running = call.start();
    let requests = server.requests() + chance.below(40) as usize;
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
        Cut::Rows | Cut::Time | Cut::Plug(..) => running.finish(),
    }
}

/// One round; panics where a promise is broken.
fn round(seed: u64) {
    let mut chance = Chance(seed);
    let table = Table::any(&mut chance, 60);
    let server = Server::with(FAULTS);
    let place = table.place();
    let concurrency = (1 + chance.below(8)).to_string();
    let pace =
        ["--concurrency", &concurrency, "--rate", "100000", "--retry-pause", "10ms", "--uncertain-pause", SETTLE];
    let import = |server: &Server, run: &str| {
        let words = ["import", table.file, "-m", "m.toml", "--run-dir", run, "--merge-rows"];
        // In every third round rows that share a contact go together.
        let words = if seed.is_multiple_of(3) { &words[..] } else { &words[..6] };
        place.c3import(words).at(&server.url()).token(Server::TOKEN).and(&pace)
    };
    for _ in 0..2 + chance.below(CUTS_MAX) {
        let plug = Cut::Plug(chance.of(&Moment::ALL), 1 + chance.below(30));
        let asked = [Cut::Signal("INT"), Cut::Signal("HUP"), Cut::Twice, Cut::Rows, Cut::Time];
        let cut = chance.of(&[&[Cut::Kill; 3][..], &[plug; 3], &asked].concat());
        // A run that is finished is tried again, and cut there as well.
        let finished = place.path().join("run/results.csv").exists() && chance.one_in(3);
        let call = match finished && !matches!(cut, Cut::Rows | Cut::Time) {
            true => {
                let only = chance.of(&["refused", "uncertain", "not_sent", "refused,uncertain,invalid,not_sent"]);
                place.c3import(&["retry", "run", "--only", only]).token(Server::TOKEN)
            }
            false => import(&server, "run"),
        };
        let done = session(call, Some(cut), &server, &mut chance);
        assert!(matches!(done.code, None | Some(0 | 1 | 3 | 5)), "{cut:?}\n{done}");
    }
    let done = session(import(&server, "run"), None, &server, &mut chance);
    assert!(matches!(done.code, Some(0 | 1)), "{done}");
    let results = place.results("run");
    holds(&table, &results, &server);

    // The same without a disturbance, on a server of its own.
    let calm = Server::with(REFUSED);
    let done = import(&calm, "calm").run();
    assert!(matches!(done.code, Some(0 | 1)), "{done}");
    is_as_undisturbed(&table, (&results, &server), (&place.results("calm"), &calm), |_| true);
}

#[test]
fn a_killed_run_goes_on_when_the_same_command_is_typed_again() {
    play(seeds(ROUNDS), round);
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
