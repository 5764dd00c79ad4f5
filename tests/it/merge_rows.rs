//! `--merge-rows`: rows that share a contact, also by way of others, go to the server as one card, and every row still
//! has a line of its own in the results.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use c3import::mapping::Mapping;
use c3import::model::{Input, RowNumber, ServerRules, SourceOptions};
use c3import::pipeline::{self, Delivery, Ending, MergeError, Plan, Reopen};
use c3import::schedule::Policy;
use c3import::source;
use c3import::upload::{Client, ClientSettings, Endpoint};
use proptest::prelude::*;

use crate::support::{Place, Server};

const IMPORT: [&str; 5] = ["import", "people.csv", "-m", "m.toml", "--merge-rows"];

/// A bridge in row 4, a name that differs in row 5, a stranger in row 6.
const BRIDGED: [&str; 5] = [
    "Åsa Berg,a@example.com,,first",
    ",b@example.com,070-174 06 05,second",
    ",A@example.com,0701740605,first",
    "Bo Ek,b@example.com,,third",
    "Cy,c@example.com,,",
];

fn cards(server: &Server) -> Vec<String> {
    let told = |card: c3import::sandbox::Card| {
        let contacts = card.contacts;
        let custom: Vec<&str> = contacts.custom.iter().map(|pair| pair.value.as_str()).collect();
        let name = contacts.name.as_deref().unwrap_or("-");
        format!("{name}: {} {} {}", contacts.email.join(","), contacts.voice.join(","), custom.join(","))
    };
    server.cards().into_iter().map(told).collect()
}

#[test]
fn a_bridge_no_longer_splits_a_person_over_two_cards() {
    let place = Place::with_table(&BRIDGED);
    let apart = Server::start();
    place.c3import(&IMPORT[..4]).to(&apart).and(&["--run-dir", "apart", "--concurrency", "1"]).run().exits(0);
    assert_eq!((apart.cards().len(), apart.requests()), (3, 5));

    let server = Server::start();
    let done = place.c3import(&IMPORT).to(&server).run();
    done.exits(0).leaves_stdout_empty().tells(&["row.merged", "row 3: part of the card of row 2", "2 requests"]);
    assert_eq!(
        cards(&server),
        ["Åsa Berg: a@example.com,b@example.com +46701740605 first,second,third", "Cy: c@example.com  "]
    );
    let results = place.results("people.c3run");
    assert_eq!(results.column("c3_row"), ["2", "3", "4", "5", "6"]);
    assert_eq!(results.column("c3_status"), ["stored"; 5]);
    assert_eq!(results.column("c3_id"), ["13", "13", "13", "13", "14"]);
    assert_eq!(results.column("c3_code"), ["", "row.merged", "row.merged", "row.merged; row.name_differs", ""]);
    assert_eq!(results.column("c3_column"), ["", "", "", "; Name", ""]);
    assert_eq!(
        results.row(5)["c3_error"],
        "part of the card of row 2; the card has the name of row 2, \"Åsa Berg\", and not \"Bo Ek\""
    );
    let summary = place.summary("people.c3run");
    assert_eq!((&summary["merged_rows"], &summary["requests"]), (&3.into(), &2.into()));
    assert_eq!(place.c3import(&IMPORT).to(&server).and(&["--fail-on", "warning", "--fresh"]).run().code, Some(1));
}

#[test]
fn a_card_goes_when_its_first_row_comes_however_far_the_others_are() {
    let server = Server::start();
    let row = |n: u32| match n {
        11 => "Åsa,a@example.com,,x".to_owned(),
        9_990 => "Åsa,a@example.com,,y".to_owned(),
        _ => format!("P{n},p{n}@example.com,,"),
    };
    let rows: Vec<String> = (2..10_002).map(row).collect();
    let place = Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    place.c3import(&IMPORT).to(&server).and(&["--concurrency", "16"]).run().exits(0);
    let results = place.results("people.c3run");
    assert_eq!((results.landed(), server.requests()), (10_000, 9_999));
    assert!((2..).zip(results.column("c3_row")).all(|(number, told)| told == number.to_string()));
    assert_eq!(results.row(11)["c3_id"], results.row(9_990)["c3_id"]);
    assert_eq!(results.row(9_990)["c3_error"], "part of the card of row 11");
}

#[test]
fn a_refusal_is_told_on_the_row_that_is_to_blame_and_points_to_it_on_the_others() {
    let pointed =
        "times=1,match=b@example.com:status=422,detail=\"no such mailbox\",pointer=/data/attributes/contacts/email/1";
    let server = Server::with(pointed);
    let place = Place::with_table(&BRIDGED);
    let done = place.c3import(&IMPORT).to(&server).run();
    done.exits(1);
    assert!(done.last_line().contains("c3import check people.c3run/failed.csv -m m.toml --merge-rows"), "{done}");
    let results = place.results("people.c3run");
    assert_eq!(results.column("c3_status"), ["refused", "refused", "refused", "refused", "stored"]);
    assert_eq!(results.column("c3_column")[..3], ["", "E-mail; ", ""]);
    assert_eq!(results.row(2)["c3_code"], "server.refused");
    assert_eq!(
        results.row(2)["c3_error"],
        "the server refused it (HTTP 422): Unprocessable Entity: no such mailbox; one card for rows 2, 3, 4 and 5: look at row 3"
    );
    assert_eq!(
        results.row(3)["c3_error"],
        "the server refused it (HTTP 422): Unprocessable Entity: no such mailbox; part of the card of row 2"
    );
    assert!(results.row(4)["c3_error"].ends_with("look at row 3; part of the card of row 2"), "{:?}", results.row(4));
    let failed = ["import", "people.c3run/failed.csv", "-m", "m.toml", "--merge-rows"];
    place.c3import(&failed).to(&server).run().exits(0);
    assert_eq!(server.cards().len(), 2);
    assert_eq!(place.results("failed.c3run").column("c3_id"), ["14"; 4]);
}

#[test]
fn rows_that_are_not_sent_go_with_nobody() {
    let server = Server::start();
    let place = Place::with_table(&[
        "Åsa,a@example.com,,",
        "Bo,a@example.com,070-12,",
        ",,,",
        "Cy,c@example.com,,",
        "Cy,C@example.com,,x",
    ]);
    let mapping = place.text("m.toml").replace("[card]\n", "[rows]\nrequire_identity = false\n[card]\n");
    place.put("m.toml", mapping).put("people.csv", place.text("people.csv") + "Di,,,x\nDi,,,y\n");
    place.c3import(&IMPORT).to(&server).run().exits(1);
    let results = place.results("people.c3run");
    assert_eq!(results.column("c3_status"), ["stored", "invalid", "skipped", "stored", "stored", "stored", "stored"]);
    assert_eq!(results.column("c3_code")[3..], ["", "row.merged", "", ""]);
    assert_eq!(server.cards().len(), 4, "two who cannot be recognised are two");

    // What is stored says so when it comes back, and a mended row goes by itself.
    let mended = place.text("people.c3run/results.csv").replace("070-12", "");
    place.put("again.csv", mended);
    place.c3import(&["import", "again.csv", "-m", "m.toml", "--merge-rows"]).to(&server).run().exits(0);
    let again = place.results("again.c3run");
    assert_eq!(
        again.column("c3_code"),
        [
            "row.stored_before",
            "",
            "row.blank",
            "row.stored_before",
            "row.stored_before",
            "row.stored_before",
            "row.stored_before"
        ]
    );
}

#[test]
fn a_run_that_was_stopped_goes_on_and_an_edited_row_is_sent_by_itself() {
    let server = Server::start();
    let place = Place::with_table(&[
        "Åsa,a@example.com,,1",
        "Bo,b@example.com,,2",
        "Åsa,a@example.com,,3",
        "Bo,b@example.com,,4",
        "Åsa,a@example.com,,5",
    ]);
    let stopped = place.c3import(&IMPORT).to(&server).and(&["--max-rows", "1"]).run();
    stopped.exits(3);
    let status = || place.results("people.c3run").column("c3_status").join(" ");
    assert_eq!(status(), "stored not_sent stored not_sent stored");
    let error = place.results("people.c3run").row(3)["c3_error"].to_owned();
    assert!(error.ends_with("one card for rows 3 and 5"), "{error}");

    place.c3import(&IMPORT[..4]).to(&server).run().exits(2).tells(&["--merge-rows was given, and is not given"]);
    // Sorted, and row 4 is another: it goes to the server by itself, who knows the contact.
    let rows = ["Bo,b@example.com,,4", "Åsa,a@example.com,,5", "Åsa,a@example.com,,3b", "Åsa,a@example.com,,1"];
    place.put("people.csv", format!("Name,E-mail,Mobile,Note\n{}\nBo,b@example.com,,2\n", rows.join("\n")));
    place.c3import(&IMPORT).to(&server).run().exits(0).tells(&["3 of 5 rows"]);
    let results = place.results("people.c3run");
    assert_eq!(results.column("c3_id"), ["14", "13", "13", "13", "14"]);
    assert_eq!(results.column("c3_code"), ["", "row.merged", "", "", "row.merged"]);
    assert_eq!(server.requests(), 3);
    assert_eq!(cards(&server), ["Åsa: a@example.com  1,3,5,3b", "Bo: b@example.com  4,2"]);

    let before = place.text("people.c3run/results.csv");
    place.c3import(&["report", "people.c3run"]).run().exits(0);
    assert_eq!(place.text("people.c3run/results.csv"), before);
}

#[test]
fn retry_sends_a_refused_card_once_more_with_all_its_rows() {
    let server = Server::with("times=1,match=b@example.com:status=422,detail=no");
    let place = Place::with_table(&BRIDGED);
    place.c3import(&IMPORT).to(&server).run().exits(1);
    place.c3import(&["retry", "people.c3run", "--only", "refused"]).token(Server::TOKEN).run().exits(0);
    assert_eq!((place.results("people.c3run").landed(), server.requests()), (5, 3));
    assert_eq!(server.cards().len(), 2);
}

#[test]
fn nobody_knows_of_any_row_when_nobody_knows_of_the_card() {
    let server = Server::with("match=a@example.com:reset=after");
    let place = Place::with_table(&BRIDGED);
    place.c3import(&IMPORT).to(&server).and(&["--on-uncertain", "report"]).run().exits(1);
    let results = place.results("people.c3run");
    assert_eq!(results.column("c3_status"), ["uncertain", "uncertain", "uncertain", "uncertain", "stored"]);
    assert!(results.row(2)["c3_error"].contains("one card for rows 2, 3, 4 and 5"), "{:?}", results.row(2));
    assert_eq!(results.column("c3_attempts"), ["1"; 5]);
}

#[test]
fn what_can_be_read_only_once_is_refused_with_what_to_do() {
    let place = Place::with_table(&BRIDGED);
    for command in ["import", "check"] {
        let call = place.c3import(&[command, "-", "-m", "m.toml", "--merge-rows"]);
        let call = if command == "import" { call.and(&["--sandbox"]) } else { call };
        let done = call.stdin(place.text("people.csv")).run();
        done.exits(2).tells(&["standard input can be read only once", "save it as a file first"]);
    }
    assert_eq!(place.names(), ["m.toml", "people.csv"]);
}

#[test]
fn a_check_forecasts_what_is_sent_and_tells_what_goes_together() {
    let place = Place::with_table(&BRIDGED);
    let done = place.c3import(&["check", "people.csv", "-m", "m.toml", "--merge-rows"]).run();
    done.exits(0);
    for words in [
        "5 rows become 2 cards; 3 go with the card of an earlier one",
        "row.merged",
        "row.name_differs",
        "requests  2,",
        "cards     2 if the server knows nobody yet",
    ] {
        assert!(done.stdout.contains(words), "{words}\n{done}");
    }
    let sample =
        |rows| place.c3import(&["check", "people.csv", "-m", "m.toml", "--merge-rows", "--sample", rows]).run();
    assert!(sample("3").stdout.contains("3 rows become 1 card;"), "{}", sample("3"));
    assert!(sample("2").stdout.contains("requests  2,"), "{}", sample("2"));
    assert!(!done.stdout.contains("merge.bridge") && !done.stdout.contains("merge.names_differ"), "{done}");
    assert!(done.last_line().contains("c3import import people.csv -m m.toml --merge-rows --server"), "{done}");
}

/// The plug is pulled between an intent and its answer, and within a commit: the rows of a card are one in the journal.
#[cfg(all(unix, debug_assertions))]
#[test]
fn the_rows_of_a_card_are_known_to_have_landed_together_or_not_at_all() {
    use c3import::plug::Moment;

    let moments = [
        (Moment::IntentUnwritten, 1),
        (Moment::IntentWritten, 1),
        (Moment::AnswerHeard, 1),
        (Moment::EndingTorn, 2),
        (Moment::EndingWritten, 1),
    ];
    for (moment, times) in moments {
        let plug = format!("{}:{times}", moment.as_str());
        let place = Place::with_table(&["Åsa,a@example.com,,1", "Cy,c@example.com,,", "Åsa,a@example.com,,2"]);
        let server = Server::start();
        let import = || {
            let call = place.c3import(&IMPORT).at(&server.url()).token(Server::TOKEN);
            call.and(&["--rate", "20", "--uncertain-pause", "50ms"])
        };
        let killed = import().env("C3IMPORT_PULL_PLUG", &plug).run();
        assert_eq!(killed.code, None, "{plug}\n{killed}");
        let db =
            rusqlite::Connection::open(place.path().join("people.c3run/journal.db")).expect("the journal is there");
        let mut select = db.prepare("SELECT status FROM record WHERE row IN (2, 4)").expect("it has records");
        let states = select.query_map([], |row| row.get::<_, String>(0)).expect("they can be asked");
        let states: Vec<String> = states.map(|state| state.expect("a word")).collect();
        assert!(matches!(states.len(), 0 | 2) && states.windows(2).all(|pair| pair[0] == pair[1]), "{plug} {states:?}");

        import().run().exits(0);
        let results = place.results("people.c3run");
        assert_eq!(results.column("c3_status"), ["stored"; 3], "{plug}");
        assert_eq!(results.row(2)["c3_id"], results.row(4)["c3_id"], "{plug}");
        assert_eq!(server.cards().len(), 2, "{plug}");
        let resent = |row| results.row(row)["c3_code"].contains("delivery.resent");
        let was_open = states.iter().any(|state| state == "open");
        assert_eq!([resent(2), resent(4)], [was_open; 2], "{plug}");
        let doubled = server.cards().iter().any(|card| card.contacts.custom.len() > 2);
        assert!(was_open || !doubled, "{plug}");
    }
}

/// What is read is not what was looked at: by the time of the last look, somebody has written another file.
fn changed_meanwhile(later: &[&str], dry: bool) -> (c3import::pipeline::Report, usize) {
    let place = Place::with_table(&["Åsa,a@example.com,,1", "Bo,b@example.com,,", "Åsa,a@example.com,,2"]);
    let server = Server::start();
    let input = Input::File(place.path().join("people.csv"));
    let open = move || source::open(&input, &SourceOptions::default());
    let table = open().expect("it is a table");
    let mapper = Mapping::parse(&place.text("m.toml")).and_then(|mapping| mapping.compile(table.header()));
    let client = Client::new(ClientSettings {
        endpoint: Endpoint::new(&server.url(), Server::WORKSPACE).expect("an address"),
        token: Server::TOKEN.to_owned().into(),
        authorities: None,
        timeout: Duration::from_secs(30),
        concurrency: 1,
        time_of_day: SystemTime::now,
    });
    let other = format!("Name,E-mail,Mobile,Note\n{}\n", later.join("\n"));
    let (path, looks) = (place.path().join("people.csv"), AtomicU32::new(0));
    let reopen = Reopen(Box::new(move || {
        if looks.fetch_add(1, Ordering::Relaxed) == 1 {
            std::fs::write(&path, &other).expect("it is ours");
        }
        open()
    }));
    let plan = Plan {
        delivery: if dry { Delivery::Dry } else { Delivery::Live { client: client.expect("a client"), renew: None } },
        merge: Some(reopen),
        ..Plan::look(
            table,
            mapper.expect("it fits"),
            ServerRules::default(),
            Policy { rate: None, ..Policy::default() },
        )
    };
    let report = pipeline::run(plan).expect("this machine has threads");
    (report, server.requests())
}

#[test]
fn an_input_that_changes_between_the_looks_stops_the_run() {
    let was = ["Åsa,a@example.com,,1", "Bo,b@example.com,,", "Åsa,a@example.com,,2"];
    let same = changed_meanwhile(&was, false);
    assert!(matches!(same.0.ending, Ending::Finished) && same.1 == 2, "{same:?}");
    let same = changed_meanwhile(&was, true).0;
    assert!(matches!(same.ending, Ending::Finished) && same.tally.rows() == 3, "{same:?}");

    // A dry run says the same.
    for dry in [false, true] {
        let another = ["Åsa,a@example.com,,0", "Bo,b@example.com,,", "Åsa,a@example.com,,2"];
        let (report, requests) = changed_meanwhile(&another, dry);
        assert!(matches!(report.ending, Ending::Merge(MergeError::Changed { row: Some(RowNumber(2)) })), "{report:?}");
        assert_eq!((requests, report.tally.rows()), (0, 0), "nobody is half merged");

        for later in ["Cy,c@example.com,,", "Åsa,no address,,2", ",,,"] {
            let (report, requests) = changed_meanwhile(&[was[0], was[1], later], dry);
            let told = matches!(report.ending, Ending::Merge(MergeError::Changed { row: Some(RowNumber(4)) }));
            assert!(told, "{later}: {report:?}");
            assert!(requests <= 2 && report.tally.rows() == 2, "the rows before have their results: {report:?}");
        }

        let (report, _) = changed_meanwhile(&was[..1], dry);
        assert!(matches!(report.ending, Ending::Merge(MergeError::Changed { row: None })), "{report:?}");
    }
}

/// In the results of an earlier run some rows are held back: a check and an import count the same.
#[test]
fn rows_that_are_held_back_are_compared_by_what_they_say_themselves() {
    let place = Place::with_table(&[]);
    place.put(
        "people.csv",
        "Name,E-mail,Mobile,Note,c3_row,c3_status,c3_id,c3_http_status,c3_attempts,c3_code,c3_column,c3_error\n\
         Åsa,a@example.com,,1,2,,,,,,,\n\
         Bo,b@example.com,,,3,stored,17,201,1,,,\n\
         Åsa,a@example.com,,2,4,,,,,,,\n\
         Åsa,a@example.com,,1,5,uncertain,,,1,delivery.unknown,,\n",
    );
    let server = Server::start();
    let words = ["--on-uncertain", "report", "--report", "r.html"];
    place.c3import(&IMPORT).to(&server).and(&words).and(&["--dry-run", "--run-dir", "dry"]).run().exits(1);
    place.c3import(&IMPORT).to(&server).and(&words).and(&["--run-dir", "real"]).run().exits(1);
    let told = |run_dir| place.summary(run_dir)["merges"].clone();
    assert_eq!(told("dry"), told("real"));
    assert_eq!(told("real")["identical_rows"], 1);
    assert_eq!(place.results("real").column("c3_status"), ["stored", "unchanged", "stored", "uncertain"]);
}

/// What a row of a random table says: up to three of eight mailboxes, and a note.
fn table() -> impl Strategy<Value = Vec<(Vec<u8>, u8)>> {
    proptest::collection::vec((proptest::collection::vec(0u8..8, 0..4), 0u8..4), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    #[test]
    fn the_server_holds_the_connected_parts_with_all_that_they_say(table in table(), concurrency in 1u8..5) {
        let mut text = "Name,E-mail,Note\n".to_owned();
        for (mailboxes, note) in &table {
            let mailboxes: Vec<String> = mailboxes.iter().map(|mailbox| format!("m{mailbox}@example.com")).collect();
            writeln!(text, "P,{},n{note}", mailboxes.join(";")).expect("a text takes all that fits into memory");
        }
        let place = Place::new();
        let mapping = "version = 1\n[card]\nname = \"Name\"\nemail = [{ column = \"E-mail\", split = \";\" }]\n\
                       [card.custom]\nNote = \"Note\"\n";
        place.put("people.csv", text).put("m.toml", mapping);
        let server = Server::start();
        let done = place.c3import(&IMPORT).to(&server).and(&["--concurrency", &concurrency.to_string()]).run();
        prop_assert!(matches!(done.code, Some(0 | 1)), "{}", done);

        // By joining sets until nothing changes.
        let mut parts: Vec<(BTreeSet<u8>, BTreeSet<u8>)> = Vec::new();
        for (mailboxes, note) in table.iter().filter(|(mailboxes, _)| !mailboxes.is_empty()) {
            let mut part = (mailboxes.iter().copied().collect::<BTreeSet<_>>(), BTreeSet::from([*note]));
            parts.retain(|other| {
                let apart = other.0.is_disjoint(&part.0);
                if !apart {
                    part.0.extend(&other.0);
                    part.1.extend(&other.1);
                }
                apart
            });
            parts.push(part);
        }
        let set = |values: &BTreeSet<u8>, form: &dyn Fn(&u8) -> String| values.iter().map(form).collect::<BTreeSet<_>>();
        let expected: BTreeSet<_> = parts
            .iter()
            .map(|(mailboxes, notes)| (set(mailboxes, &|m| format!("m{m}@example.com")), set(notes, &|n| format!("n{n}"))))
            .collect();
        let cards = server.cards();
        for card in &cards {
            prop_assert_eq!(card.contacts.custom.len(), card.contacts.custom.iter().map(|pair| &pair.value).collect::<BTreeSet<_>>().len());
        }
        let held: BTreeSet<_> = cards
            .iter()
            .map(|card| {
                let notes = card.contacts.custom.iter().map(|pair| pair.value.clone()).collect::<BTreeSet<_>>();
                (card.contacts.email.iter().cloned().collect::<BTreeSet<_>>(), notes)
            })
            .collect();
        prop_assert_eq!(cards.len(), parts.len());
        prop_assert_eq!(held, expected);
        prop_assert_eq!(server.requests(), parts.len());

        let results = place.results("people.c3run");
        prop_assert_eq!(results.rows.len(), table.len());
        let by_id: BTreeMap<String, BTreeSet<String>> =
            cards.iter().map(|card| (card.id.to_string(), card.contacts.email.iter().cloned().collect())).collect();
        for (number, (mailboxes, _)) in (2..).zip(&table) {
            let row = results.row(number);
            if mailboxes.is_empty() {
                prop_assert_eq!(row["c3_status"], "invalid");
            } else {
                prop_assert_eq!(row["c3_status"], "stored");
                let held = &by_id[row["c3_id"]];
                let on_it = mailboxes.iter().all(|mailbox| held.contains(&format!("m{mailbox}@example.com")));
                prop_assert!(on_it, "{:?} {:?}", row, held);
            }
        }
    }
}
