//! The dry run is the run: for any table and mapping, `check` marks the rows that an import refuses by itself, with the
//! same codes, and lists the documents that an import posts.

use std::fmt::Write as _;

use c3import::sandbox::{NamePlace, Rules};

use crate::support::{Place, Results, Server};
use proptest::prelude::*;

const NAMES: [&str; 6] = ["Åsa Berg", "Bo \"Bosse\" Ek", "", "  ", "Cy, Dahl", "MalmÃ¶"];
const MAILBOXES: [&str; 9] = [
    "asa@example.com",
    "ASA@example.com",
    "bo@example.com",
    "asa@example.com; bo@example.com",
    "cy.example.com",
    "",
    "dan@example.org",
    "none@none",
    "x@y@example.com",
];
const PHONES: [&str; 7] = ["070-174 06 05", "+46701740605", "070-12", "", "ring", "#N/A", "0046 70 174 06 05"];
const NOTES: [&str; 6] = ["", "vän\nav Bo", "=1+1", "<script>", "\u{fffd}", "a,b;c\"d"];

const MAPPINGS: [&str; 6] = [
    "[card]\nname = \"Name\"\nemail = [{ column = \"E-mail\", split = \";\" }]\nvoice = [{ column = \"Mobile\", country = \"SE\" }]\n[card.custom]\n\"Note\" = \"Note\"\n",
    "[card]\nname = \"Name\"\nemail = \"E-mail\"\n",
    "[rows]\nrequire_identity = false\n[card]\nname = \"{Name} ({Note})\"\nvoice = [{ column = \"Mobile\", country = \"SE\" }]\n",
    "[rows]\nrequire_identity = false\non_finding = { \"email.syntax\" = \"warn\", \"cell.replacement\" = \"warn\" }\n[card]\nemail = [{ column = \"E-mail\", split = \";\" }]\n[card.custom]\n\"Note\" = \"Note\"\n",
    "[rows]\nskip_if = { column = \"Note\", blank = true }\n[card]\nname = { column = \"Name\", case = \"upper\" }\nemail = \"E-mail\"\nline = \"Mobile\"\n[card.custom]\n\"About\" = { column = \"Note\", label = \"Name\", max_length = 9 }\n",
    "[rows]\non_finding = { \"phone.length\" = \"warn\", \"cell.mojibake\" = \"warn\" }\n[card]\nname = \"{Name}{Note}\"\nemail = { column = \"E-mail\", extract = \"[^;]+\" }\nvoice = { column = \"Mobile\", country = \"SE\" }\n[card.custom]\n\"All\" = \"{Name} <{E-mail}>, {Mobile}\"\n\"From\" = { value = \"2026\" }\n",
];

fn cell(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_check_tells_what_an_import_does(
        mapping in 0..MAPPINGS.len(),
        merge_rows: bool,
        in_attributes: bool,
        rows in proptest::collection::vec((0..NAMES.len(), 0..MAILBOXES.len(), 0..PHONES.len(), 0..NOTES.len(), 0..12u8), 0..14),
    ) {
        let mut table = "Name,E-mail,Mobile,Note\n".to_owned();
        for (name, mailbox, phone, note, odd) in rows {
            let cells = [NAMES[name], MAILBOXES[mailbox], PHONES[phone], NOTES[note]].map(cell).join(",");
            match odd {
                0 => writeln!(table, "{cells},too much"),
                1 => writeln!(table),
                _ => writeln!(table, "{cells}"),
            }
            .expect("a text takes all that fits into memory");
        }
        let place = Place::new();
        place.put("t.csv", &table).put("m.toml", format!("version = 1\n{}", MAPPINGS[mapping]));
        // The server looks for names where they are put.
        let (name_at, name_place) = match in_attributes {
            true => ("attributes", NamePlace::Attributes),
            false => ("contacts", NamePlace::Contacts),
        };
        let server = Server::ruled(Rules { name_at: name_place, ..Rules::default() }, "");
        let words = ["t.csv", "-m", "m.toml", "--name-at", name_at, "--merge-rows"];
        let words = if merge_rows { &words[..] } else { &words[..5] };
        let check = place.c3import(&["check", "--run-dir", "dry", "--documents", "d.ndjson"]).and(words).run();
        // An import works out the merge plan for a report.
        let import = ["import", "--run-dir", "real", "--concurrency", "1", "--report", "r.html"];
        let import = place.c3import(&import).and(words).to(&server).run();
        prop_assert_eq!(check.code, import.code, "{}\n{}", check, import);

        let (dry, real): (Results, Results) = (place.results("dry"), place.results("real"));
        let told = |results: &Results, name| results.column(name).into_iter().map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(told(&dry, "c3_row"), told(&real, "c3_row"));
        let pairs = told(&dry, "c3_status").into_iter().zip(told(&real, "c3_status"));
        for ((dry_status, real_status), (dry_code, real_code)) in
            pairs.zip(told(&dry, "c3_code").into_iter().zip(told(&real, "c3_code")))
        {
            match real_status.as_str() {
                "stored" | "unchanged" => {
                    prop_assert_eq!(&dry_status, "not_sent");
                    // What was left out is told by both, beside what only one of them can say.
                    let left_out = |codes: &str| {
                        let own = ["run.dry", "row.repeats", "echo.custom_doubled", ""];
                        codes.split("; ").filter(|code| !own.contains(code)).map(str::to_owned).collect::<Vec<_>>()
                    };
                    prop_assert_eq!(left_out(&dry_code), left_out(&real_code));
                }
                _ => prop_assert_eq!((dry_status, dry_code), (real_status, real_code)),
            }
        }

        prop_assert_eq!(&place.summary("dry")["merges"], &place.summary("real")["merges"]);

        // Byte for byte, in the same order: identical cards are listed, and posted, once.
        let listed = place.text("d.ndjson");
        let posted: String = server
            .seen()
            .into_iter()
            .map(|seen| String::from_utf8(seen.body).expect("a document is UTF-8") + "\n")
            .collect();
        prop_assert_eq!(listed, posted, "{}", import);
    }
}
