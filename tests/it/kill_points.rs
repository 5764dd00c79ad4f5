//! The plug is pulled at every moment at which it may hurt, with a row of every kind in hand: between an answer and its
//! commit, between an intent and its first byte, between two names. Then the same command is typed again.
//!
//! What must be true is read off the journal as it lay on disk when the plug was out: a card that it calls open may
//! have been sent, and no other. So a row without a contact is `uncertain` if and only if it is one of those, and a row
//! with one says `delivery.resent` if and only if it is.
#![cfg(all(unix, debug_assertions))]

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use c3import::plug::Moment;
use c3import::sandbox::Seen;

use crate::support::{Call, Done, Place, Results, Server};

/// So slow that every card waits for the journal.
const PACE: [&str; 8] = ["--rate", "20", "--concurrency", "2", "--retry-pause", "10ms", "--uncertain-pause", "50ms"];

const REFUSED: &str = "match=refused@:status=422,detail=no";

/// What the row in hand may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The server finds its card by the address.
    Known,
    /// The server makes a new card of it every time.
    Nobody,
    /// The very card of another row that the server cannot recognise.
    Repeats,
    /// It shares its address with the row before.
    Shares,
    /// The server says no.
    Refused,
}

const KINDS: [Kind; 5] = [Kind::Known, Kind::Nobody, Kind::Repeats, Kind::Shares, Kind::Refused];

impl Kind {
    fn row(self) -> &'static str {
        match self {
            Kind::Known => "In hand,hand@example.com,,",
            Kind::Nobody => "In hand,,,nobody knows",
            Kind::Repeats => "Nobody,,,x",
            Kind::Shares => "In hand,first@example.com,,",
            Kind::Refused => "In hand,refused@example.com,,",
        }
    }
}

/// Rows around the one in hand, which is the second or third to be sent.
fn place(kind: Kind) -> Place {
    let first = if kind == Kind::Repeats { "Nobody,,,x" } else { "First,first@example.com,," };
    let rows = [first, kind.row(), "Wrong,not an address,,", "Next,,,nobody either", "Last,last@example.com,,"];
    let place = Place::with_table(&rows);
    let mapping = place.text("m.toml").replace("[card]\n", "[rows]\nrequire_identity = false\n[card]\n");
    place.put("m.toml", mapping);
    place
}

fn import<'a>(place: &'a Place, server: &Server) -> Call<'a> {
    let call = place.c3import(&["import", "people.csv", "-m", "m.toml", "--run-dir", "run"]);
    call.at(&server.url()).token(Server::TOKEN).and(&PACE)
}

/// The rows whose cards may be on their way, as the journal has it on disk.
fn open_rows(place: &Place) -> BTreeSet<u64> {
    let path = place.path().join("run/journal.db");
    let db = rusqlite::Connection::open(path).expect("the journal is there");
    let mut select = db.prepare("SELECT row FROM record WHERE status = 'open'").expect("it has records");
    let rows = select.query_map([], |row| row.get::<_, i64>(0)).expect("they can be asked");
    rows.map(|row| u64::try_from(row.expect("a number")).expect("not negative")).collect()
}

fn killed(done: &Done) {
    assert_eq!(done.code, None, "the plug was not pulled\n{done}");
    assert!(!done.stderr.contains("panicked"), "{done}");
}

/// What is true after a run that was killed and gone on with, given what was open in between.
fn holds(place: &Place, server: &Server, open: &BTreeSet<u64>, label: &str) {
    let results = place.results("run");
    assert_eq!(results.column("c3_row"), ["2", "3", "4", "5", "6"], "{label}: every row once, in order");
    let mut allowed: BTreeMap<String, usize> = BTreeMap::new();
    for number in 2..=6 {
        let row = results.row(number);
        let open = open.contains(&number);
        let codes: Vec<&str> = row["c3_code"].split("; ").collect();
        *allowed.entry(format!("email:{}", row["E-mail"])).or_default() += 1 + usize::from(open);
        match (row["E-mail"], row["c3_status"]) {
            ("not an address", "invalid") => {}
            ("refused@example.com", "refused") => assert!(!open, "{label}: {row:?}"),
            ("refused@example.com", "uncertain") => assert!(open, "{label}: {row:?}"),
            ("", "uncertain") => {
                // A repetition shares its twin's doubt.
                let repeats = codes.contains(&"row.repeats");
                assert!(open || repeats, "{label}: uncertain without a need: {row:?}");
            }
            ("", "stored" | "unchanged") => {
                assert!(!open, "{label}: nobody can know that: {row:?}");
            }
            (_, "stored") => {
                assert_eq!(codes.contains(&"delivery.resent"), open, "{label}: {row:?}");
            }
            _ => panic!("{label}: it ended as it must not: {row:?}"),
        }
        let cards = server.cards();
        let card = cards.iter().find(|card| row["c3_id"] == card.id.to_string());
        if matches!(row["c3_status"], "stored" | "unchanged") {
            let contacts = &card.unwrap_or_else(|| panic!("{label}: no card has the id of {row:?}")).contacts;
            let own = if row["E-mail"].is_empty() {
                contacts.name.as_deref() == Some(row["Name"])
            } else {
                contacts.email.iter().any(|email| email == row["E-mail"])
            };
            assert!(own, "{label}: another row's id: {row:?}, {contacts:?}");
        }
    }
    // Nothing is sent again that was not open.
    for (identity, allowed) in allowed {
        let requests = server.seen().iter().filter(|seen| seen.identities.contains(&identity)).count();
        assert!(requests <= allowed, "{label}: {identity} was sent {requests} times, and may be {allowed} times");
    }
    // Nobody is there twice: neither by address nor, of those without one, by name.
    let mut faces = BTreeSet::new();
    for card in server.cards() {
        let face = card.contacts.email.first().cloned().or(card.contacts.name.clone());
        assert!(faces.insert(face.clone()), "{label}: {face:?} has two cards");
    }
}

/// Goes on after the plug was pulled, and once more after that.
fn goes_on(place: &Place, server: &Server, label: &str) {
    let open = open_rows(place);
    let told = place.c3import(&["report", "run", "--results", "told.csv", "--failed", "told-failed.csv"]).run();
    assert!(matches!(told.code, Some(0 | 1)), "{label}\n{told}");
    assert_eq!(Results::read(&place.path().join("told.csv")).rows.len(), 5, "{label}: a report tells of every row");
    let done = import(place, server).run();
    assert!(matches!(done.code, Some(0 | 1)), "{label}\n{done}");
    holds(place, server, &open, label);
    let requests = server.requests();
    import(place, server).run().tells(&["this run is finished"]);
    if !place.results("run").column("c3_status").contains(&"uncertain") {
        return;
    }
    let retry = place.c3import(&["retry", "run", "--only", "uncertain"]).token(Server::TOKEN).run();
    assert!(matches!(retry.code, Some(0 | 1)), "{label}\n{retry}");
    let made = |seen: &Seen| seen.card.is_some() && seen.identities.is_empty();
    assert!(!server.seen()[requests..].iter().any(made), "{label}: a guess was sent");
}

/// What happens once in a session, whatever the row in hand.
pub fn comes_once(moment: Moment) -> bool {
    match moment {
        Moment::IntentUnwritten
        | Moment::IntentWritten
        | Moment::AnswerHeard
        | Moment::EndingTorn
        | Moment::EndingWritten => false,
        Moment::JournalMade
        | Moment::SessionBegun
        | Moment::ResultsWhole
        | Moment::FailedNamed
        | Moment::ResultsNamed
        | Moment::EndTorn
        | Moment::SessionEnded => true,
    }
}

fn pulled_at(moment: Moment, kind: Kind) {
    // The row in hand is the second.
    let times = if comes_once(moment) { 1 } else { 2 };
    let label = format!("{}:{times}, {kind:?}", moment.as_str());
    let server = Server::with(REFUSED);
    let place = place(kind);
    let plug = format!("{}:{times}", moment.as_str());
    killed(&import(&place, &server).env("C3IMPORT_PULL_PLUG", &plug).run());
    let open = open_rows(&place);
    match moment {
        Moment::IntentUnwritten | Moment::EndingWritten => {}
        Moment::IntentWritten | Moment::AnswerHeard | Moment::EndingTorn => {
            assert!(!open.is_empty(), "{label}: something was on its way");
        }
        _ => assert!(open.is_empty(), "{label}: nothing was on its way, and {open:?} are open"),
    }
    if moment == Moment::SessionEnded {
        let requests = server.requests();
        import(&place, &server).run().exits(0).tells(&["this run is finished"]);
        assert_eq!(server.requests(), requests);
        return holds(&place, &server, &open, &label);
    }
    goes_on(&place, &server, &label);
}

#[test]
fn wherever_the_plug_is_pulled_nobody_is_doubled_and_no_row_is_lost() {
    thread::scope(|scope| {
        for moment in Moment::ALL {
            let kinds = if comes_once(moment) { &[Kind::Nobody][..] } else { &KINDS };
            scope.spawn(move || kinds.iter().for_each(|&kind| pulled_at(moment, kind)));
        }
    });
}

#[test]
fn a_card_that_is_in_the_server_and_not_answered_is_not_lost() {
    thread::scope(|scope| {
        for kind in KINDS {
            scope.spawn(move || {
                // The second card is stored, and its answer never comes.
                let server = Server::with(&format!("{REFUSED}; 2:hang,commit"));
                let place = place(kind);
                killed(
                    &import(&place, &server).start().kill_when(|| server.cards().len() >= 2 || server.requests() >= 3),
                );
                goes_on(&place, &server, &format!("unanswered, {kind:?}"));
            });
        }
    });
}
