//! Reports to show to others: a page and a workbook, after a check and after an import.

use calamine::{Data, Reader, Xlsx, open_workbook};
use serde_json::Value;

use crate::support::{Place, Server, fixture, mapping};

/// A sheet of a workbook as texts.
fn sheet(place: &Place, book: &str, sheet: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = open_workbook(place.path().join(book)).expect("it opens");
    let range = book.worksheet_range(sheet).expect("the sheet is there");
    range.rows().map(|row| row.iter().map(Data::to_string).collect()).collect()
}

fn check(place: &Place, words: &[&str]) -> crate::support::Done {
    place.c3import(&["check", "people.csv", "-m", "m.toml"]).and(words).run()
}

const SCRIPT: &str = "<script>document.title='taken'</script>";

#[test]
fn a_page_holds_what_people_must_know_and_nothing_that_runs() {
    let place = Place::with_table(&[
        "Åsa,asa@example.com,,",
        &format!("\"{SCRIPT}\",{SCRIPT},070-12,"),
        &format!("\"{SCRIPT}\",asa@example.com,,"),
    ]);
    let done = check(&place, &["--report", "check.html"]);
    done.exits(1);
    assert!(done.stdout.ends_with("report: check.html\n"), "{done}");
    let page = place.text("check.html");
    for words in
        ["people.csv: what an import would do", "phone.length", "070-12", "asa@example.com", "the person&#39;s name"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.contains("&lt;script&gt;document.title=&#39;taken&#39;"), "{page}");
    assert_eq!(page.matches("<script").count(), 1, "only the page's own filter runs");
    let nonces: Vec<&str> = page.split("nonce-").skip(1).map(|rest| &rest[..16]).collect();
    assert!(page.contains(&format!("<script nonce=\"{}\">", nonces[0])) && nonces[0] == nonces[1], "{nonces:?}");
    for loading in ["http://", "https://", "src=", "url(", "@import", "<link", "javascript:"] {
        assert!(!page.contains(loading), "{loading}");
    }
    let again = check(&place, &["--report", "again.html"]);
    again.exits(1);
    assert!(!place.text("again.html").contains(nonces[0]), "a nonce is used once");
}

#[test]
fn a_page_says_what_it_leaves_out() {
    let rows: Vec<String> = (0..2_100).map(|n| format!("P{n},p{n}.example.com,,")).collect();
    let place = Place::with_table(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    check(&place, &["--report", "check.html", "--sample", "2050"]).exits(1);
    let page = place.text("check.html");
    assert!(page.contains("These are the first 2,000 of 2,050 such rows"), "the cap is told");
    assert!(page.contains("This was a sample."), "so is the sample");
    assert_eq!(page.matches("data-code=").count(), 2_000);
}

#[test]
fn a_workbook_is_the_sheet_as_it_was_with_what_became_of_each_row() {
    let place = Place::with_table(&[
        "Åsa,asa@example.com,+46701740605,\"two\nlines\"",
        "Bo,bo.example.com,070-12,=HYPERLINK(\"x\")",
        ",,,",
    ]);
    check(&place, &["--report", "people.checked.xlsx"]).exits(1);
    let rows = sheet(&place, "people.checked.xlsx", "Rows");
    assert_eq!(rows[0][..6], ["Name", "E-mail", "Mobile", "Note", "c3_row", "c3_status"]);
    assert_eq!(rows[1][..6], ["Åsa", "asa@example.com", "+46701740605", "two\nlines", "2", "not_sent"]);
    assert_eq!(rows[2][..6], ["Bo", "bo.example.com", "070-12", "=HYPERLINK(\"x\")", "3", "invalid"]);
    assert_eq!(rows[2][9], "email.syntax; phone.length");
    assert_eq!(rows[3][5], "skipped");
    let summary = sheet(&place, "people.checked.xlsx", "Summary");
    assert_eq!(summary[0][0], "What an import would do: people.csv");
    let phone = summary.iter().find(|row| row[1] == "phone.length").expect("findings are listed");
    assert_eq!(phone[..5], ["error", "phone.length", "Mobile", "1", "row 3"]);
    // The parts that a program shows: notes on bad cells, a filter, a header that stays.
    let file = std::fs::File::open(place.path().join("people.checked.xlsx")).expect("it is there");
    let mut parts = zip::ZipArchive::new(file).expect("a workbook is a ZIP file");
    let mut part = |name: &str| {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut parts.by_name(name).expect("the part is there"), &mut text).expect("XML");
        text
    };
    let notes = part("xl/comments1.xml");
    assert!(notes.contains("phone.length: ") && notes.contains("ref=\"C3\""), "{notes}");
    let rows = part("xl/worksheets/sheet2.xml");
    assert!(rows.contains("<autoFilter ref=\"A1:L4\"") && rows.contains("state=\"frozen\""), "{rows}");
}

#[test]
fn a_workbook_can_be_checked_and_imported_again() {
    let place = Place::with_table(&["Åsa,asa@example.com,,", "Bo,bo.example.com,,", "Cy,cy@example.com,,"]);
    let server = Server::start();
    place.c3import(&["import", "people.csv", "-m", "m.toml", "--report", "done.xlsx"]).to(&server).run().exits(1);
    assert_eq!(server.requests(), 2);
    let rows = sheet(&place, "done.xlsx", "Rows");
    assert_eq!((rows[1][5].as_str(), rows[2][5].as_str()), ("stored", "invalid"));
    assert!(!rows[1][6].is_empty(), "the id is there: {:?}", rows[1]);
    let again = ["import", "done.xlsx", "--sheet", "Rows", "-m", "m.toml", "--run-dir", "again"];
    place.c3import(&again).to(&server).run().exits(1);
    assert_eq!(server.requests(), 2, "what is stored is not sent again");
}

#[test]
fn an_import_leaves_both_with_ids_errors_and_charts() {
    let place = Place::new();
    let server = Server::with("every=40:status=422");
    let done = place
        .c3import(&["import", &fixture("people.xlsx"), "-m", &mapping("people.toml")])
        .and(&["--report", "done.html", "--report", "done.xlsx"])
        .to(&server)
        .run();
    done.exits(1).tells(&["report: done.html", "report: done.xlsx"]);
    let page = place.text("done.html");
    for words in
        ["people.xlsx: what the import did", "Requests answered in each", "How long answers took", "server.refused"]
    {
        assert!(page.contains(words), "{words}");
    }
    let rows = sheet(&place, "done.xlsx", "People");
    assert_eq!(rows.len(), 321);
    assert!(rows.iter().filter(|row| row.iter().any(|cell| cell == "stored")).count() > 300);
    assert_eq!(sheet(&place, "done.xlsx", "Requests over time")[0][0], "Second");
}

#[test]
fn a_report_that_cannot_be_is_told_before_anything_is_sent() {
    let place = Place::with_table(&["Åsa,asa@example.com,,"]);
    check(&place, &["--report", "check.pdf"]).exits(2).tells(&["let its name end in .html or .xlsx"]);
    check(&place, &["--report", "nowhere/check.html"]).exits(2).tells(&["nowhere/check.html cannot be written"]);
    place.put("file", "");
    check(&place, &["--report", "file/check.html"]).exits(4).tells(&["file/check.html cannot be written"]);
    std::fs::remove_file(place.path().join("file")).expect("it is ours");
    check(&place, &["--report", "a.xlsx", "--report", "b.xlsx"]).exits(2).tells(&["one report as .xlsx is enough"]);
    check(&place, &["--report", "a.html", "--report", "./a.html"]).exits(2).tells(&["written over"]);
    check(&place, &["--documents", "people.csv"]).exits(2).tells(&["people.csv would be written over people.csv"]);
    let server = Server::start();
    let import = ["import", "people.csv", "-m", "m.toml", "--report", "nowhere/check.html"];
    place.c3import(&import).to(&server).run().exits(2);
    assert_eq!((server.requests(), place.names()), (0, vec!["m.toml".to_owned(), "people.csv".to_owned()]));
}

#[test]
fn an_import_tells_of_shared_cards_to_those_who_asked() {
    let place = Place::with_table(&["Åsa,info@example.com,,", "Bo,info@example.com,,", "Cy,cy@example.com,,"]);
    let server = Server::start();
    let merges = |run_dir: &str, words: &[&str], exit: i32| {
        let import = ["import", "people.csv", "-m", "m.toml", "--run-dir", run_dir];
        place.c3import(&import).and(words).to(&server).run().exits(exit);
        let told: Value = serde_json::from_str(&place.text(&format!("{run_dir}/summary.json"))).expect("it is JSON");
        let remarked = told["findings"][0]["code"].as_str().unwrap_or_default().to_owned();
        (told["merges"]["groups"].as_u64(), remarked)
    };
    assert_eq!(merges("plain", &[], 0), (None, String::new()));
    assert_eq!(merges("page", &["--report", "done.html"], 0), (Some(1), "merge.names_differ".into()));
    assert_eq!(merges("sheet", &["--report", "done.xlsx"], 0), (Some(1), "merge.names_differ".into()));
    assert_eq!(merges("strict", &["--fail-on", "warning"], 1), (Some(1), "merge.names_differ".into()));
}
