//! `--report check.html`: one page that needs nothing but itself, for people who were not there.
//!
//! The page may load nothing and run nothing but its own filter (`Content-Security-Policy` with a fresh nonce), and every
//! text on it has been through [`Tags`].

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

use super::tags::Tags;
use super::{Account, Mark, Remark, charts};
use crate::model::figures::{bytes, cards, count, rate_of, rows, span, time};
use crate::model::{Forecast, MergeOutlook, Severity, Status, TokenOutlook};

const TEMPLATE: &str = include_str!("report.html");

/// How many groups, bridges and columns are listed.
const LISTED_MAX: usize = 50;

/// The page.
pub fn html_page(account: &Account<'_>) -> String {
    let nonce = format!("{:016x}", RandomState::new().hash_one(account.made));
    let mut title = Tags::default();
    title.text(&headline(account));
    // The body goes in last, so that nothing in it is taken for a place to fill.
    let page = TEMPLATE.replace("{{nonce}}", &nonce).replace("{{title}}", &title.finish());
    page.replacen("{{body}}", &body(account), 1)
}

fn headline(account: &Account<'_>) -> String {
    let name = std::path::Path::new(account.input).file_name().map(|name| name.to_string_lossy().into_owned());
    let what = if account.is_dry() { "what an import would do" } else { "what the import did" };
    format!("{}: {what}", name.unwrap_or_else(|| account.input.to_owned()))
}

fn body(account: &Account<'_>) -> String {
    let mut page = Tags::default();
    page.element("a", &[("class", "skip"), ("href", "#main")], "Skip to the report");
    page.open("header", &[]).element("h1", &[], &headline(account));
    let sample = if account.sample.is_some() { "A sample: only the first " } else { "" };
    let read = format!("{sample}{} read as {}", rows(account.tally.rows()), account.read_as);
    page.element("p", &[("class", "soft")], &read).close();
    page.open("main", &[("id", "main")]);
    banner(&mut page, account);
    tiles(&mut page, account);
    if let Some(forecast) = account.forecast {
        forecast_part(&mut page, account, forecast);
    } else if account.timeline.requests() > 0 {
        heading(&mut page, "Requests");
        charts::timeline(&mut page, account.timeline);
    }
    findings(&mut page, account.remarks);
    columns(&mut page, account.remarks);
    bad_rows(&mut page, account);
    if let Some(outlook) = account.merges {
        merges(&mut page, outlook);
    }
    heading(&mut page, "The mapping in words");
    page.element("p", &[("class", "soft")], &format!("As {} says it.", account.mapping));
    table(&mut page, "What happens to each column", &["Column", "What happens"], |page| {
        for (letters, text) in account.mapping_words {
            page.open("tr", &[]).element("td", &[("class", "tight")], letters).element("td", &[], text).close();
        }
    });
    page.close();
    let version = env!("CARGO_PKG_VERSION");
    page.open("footer", &[]).element("p", &[], &format!("c3import {version}, {}.", account.made));
    page.element("p", &[], "This page holds personal data. It needs no network and sends nothing anywhere.").close();
    page.finish()
}

fn heading(page: &mut Tags, text: &str) {
    page.element("h2", &[], text);
}

fn banner(page: &mut Tags, account: &Account<'_>) {
    let mut say = |class: &str, text: &str| {
        page.element("p", &[("class", &format!("banner {class}"))], text);
    };
    if let Some(why) = account.stopped {
        say("error", &format!("It ended early: {why}"));
    }
    if account.sample.is_some() {
        say("warning", "This was a sample. The rest of the file was not looked at.");
    }
    let of = |severity| account.remarks.iter().filter(|it| it.severity == severity).count() > 0;
    match (of(Severity::Error), of(Severity::Warning), account.is_dry()) {
        (true, _, true) => say("error", "Some rows must be mended before they can be imported."),
        (true, _, false) => say("error", "Some rows did not get there."),
        (false, true, true) => say("warning", "Every row can be sent, but some should be looked at first."),
        (false, true, false) => say("warning", "Every row got there, but some should be looked at."),
        (false, false, true) => say("good", "Every row is fit to be sent."),
        (false, false, false) if account.stopped.is_none() => say("good", "Every row got there."),
        (false, false, false) => {}
    }
}

fn tiles(page: &mut Tags, account: &Account<'_>) {
    let dry = account.is_dry();
    page.open("ul", &[("class", "tiles"), ("aria-label", "Counts")]);
    let mut tile = |number: String, what: &str| {
        page.open("li", &[]).element("b", &[], &number).element("span", &[], what).close();
    };
    let total = account.tally.rows();
    tile(count(total), if total == 1 { "row" } else { "rows" });
    for (status, rows) in account.tally.iter().filter(|(_, rows)| *rows > 0) {
        tile(count(rows), meaning(status, dry));
    }
    if account.gathered.merged_rows() > 0 {
        tile(count(account.gathered.merged_rows()), "of them merged into another row's card");
    }
    if let Some(merges) = account.merges.filter(|merges| merges.groups > 0) {
        let what = if merges.groups == 1 { "card that several rows share" } else { "cards that several rows share" };
        tile(count(merges.groups), what);
    }
    page.close();
}

/// What a status means, in few words.
pub fn meaning(status: Status, dry: bool) -> &'static str {
    match status {
        Status::Stored => "stored",
        Status::Unchanged => "unchanged: the server has this very card",
        Status::Invalid if dry => "to be mended: would not be sent",
        Status::Invalid => "invalid: not sent",
        Status::Refused => "refused by the server",
        Status::Uncertain => "uncertain: nobody knows whether stored",
        Status::NotSent if dry => "fit to be sent",
        Status::NotSent => "not sent: the run ended first",
        Status::Skipped => "skipped: nothing to send",
    }
}

fn forecast_part(page: &mut Tags, account: &Account<'_>, forecast: &Forecast) {
    heading(
        page,
        if account.sample.is_some() { "What importing the sample will take" } else { "What the import will take" },
    );
    page.open("dl", &[("class", "facts")]);
    let mut fact = |name: &str, text: &str| {
        page.element("dt", &[], name).element("dd", &[], text);
    };
    fact("Requests", &format!("{}, with documents of {}", count(forecast.requests), bytes(forecast.bytes)));
    match (forecast.time, forecast.rate) {
        (Some(needed), Some(rate)) => fact("Time", &format!("{} or more, at {}", time(needed), rate_of(rate))),
        (None, _) | (_, None) => fact("Time", "as fast as the server answers: no rate is set"),
    }
    match forecast.token {
        None => {}
        Some(TokenOutlook::Unsaid) => fact("Token", "does not say when it ends"),
        Some(TokenOutlook::Ended(ago)) => fact("Token", &format!("ended {} ago: get a new one", span(ago))),
        Some(TokenOutlook::TooSoon(left)) => {
            fact("Token", &format!("ends in {}, before the import does: get a new one", span(left)));
        }
        Some(TokenOutlook::Enough(left)) => fact("Token", &format!("ends in {}, which is enough", span(left))),
    }
    let cards = format!(
        "{} if the server knows nobody yet; {} touched at most, {} at least{}",
        count(forecast.cards_if_none_is_known),
        count(forecast.cards_at_most),
        count(forecast.cards_at_least),
        certain_cards(forecast)
    );
    fact("Cards", &cards);
    page.close();
}

/// Why no fewer cards than that: `, since 2 rows have no contact to be recognised by`.
pub fn certain_cards(forecast: &Forecast) -> String {
    match forecast.cards_without_identity {
        0 => String::new(),
        1 => ", since 1 row that is sent has no contact to be recognised by".to_owned(),
        more => format!(", since {} that are sent have no contact to be recognised by", rows(more)),
    }
}

fn findings(page: &mut Tags, remarks: &[Remark]) {
    heading(page, "Findings");
    if remarks.is_empty() {
        page.element("p", &[], "There is nothing to remark.");
        return;
    }
    page.element(
        "p",
        &[("class", "soft")],
        "Each opens to show the first cells and what to do. Bars compare how often.",
    );
    let most = remarks.iter().map(|remark| remark.count).max().unwrap_or(1);
    for remark in remarks {
        let severity = remark.severity.as_str();
        page.open("details", &[("class", &format!("finding {severity}"))]).open("summary", &[]);
        page.element("span", &[("class", &format!("badge {severity}"))], severity);
        page.open("span", &[]).text(remark.means).text(" ").element("code", &[("class", "soft")], remark.code).close();
        let column = if remark.column.is_empty() { String::new() } else { format!("column \"{}\"", remark.column) };
        page.element("span", &[("class", "where")], &column);
        charts::bar(page, remark.count, most, severity);
        page.element("span", &[("class", "number")], &count(remark.count)).close();
        page.open("div", &[("class", "inside")]).open("ul", &[]);
        for example in &remark.examples {
            page.open("li", &[]).element("b", &[], &example.place).text(" ").text(&example.message).close();
        }
        page.close();
        let more = remark.count.saturating_sub(remark.examples.len() as u64);
        if more > 0 && !remark.examples.is_empty() {
            page.element("p", &[("class", "soft")], &format!("and {} more", count(more)));
        }
        page.open("p", &[]).element("b", &[], "What to do: ");
        // Words in backticks are typed.
        for (at, part) in remark.hint.split('`').enumerate() {
            if at % 2 == 0 {
                page.text(part)
            } else {
                page.element("code", &[], part)
            };
        }
        page.close().close().close();
    }
}

fn columns(page: &mut Tags, remarks: &[Remark]) {
    let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
    for remark in remarks.iter().filter(|it| it.severity != Severity::Note && !it.column.is_empty()) {
        *totals.entry(&remark.column).or_default() += remark.count;
    }
    if totals.is_empty() {
        return;
    }
    let mut totals: Vec<(&str, u64)> = totals.into_iter().collect();
    totals.sort_by_key(|&(name, total)| (std::cmp::Reverse(total), name));
    heading(page, "Where to look");
    table(page, "Errors and warnings by column", &["Column", "", "Findings"], |page| {
        for (name, total) in totals.iter().take(LISTED_MAX) {
            page.open("tr", &[]).element("th", &[("scope", "row")], name).open("td", &[]);
            charts::bar(page, *total, totals[0].1, "note");
            page.close().element("td", &[("class", "number")], &count(*total)).close();
        }
    });
}

fn bad_rows(page: &mut Tags, account: &Account<'_>) {
    let (list, all) = (&account.gathered.rows, account.gathered.bad_rows);
    if all == 0 {
        return;
    }
    heading(page, if account.is_dry() { "Rows to mend or to look at" } else { "Rows that need somebody" });
    if all > list.len() as u64 {
        let missing = format!(
            "These are the first {} of {} such rows; the others are not on this page. A report as .xlsx, and results.csv, have all.",
            count(list.len() as u64),
            count(all)
        );
        page.element("p", &[], &missing);
    }
    let marks = || list.iter().flat_map(|row| row.marks.iter().map(move |mark| (row, mark)));
    page.open("form", &[("id", "filters"), ("class", "filters"), ("hidden", "")]);
    page.open("label", &[])
        .text("Find")
        .lone("input", &[("name", "words"), ("type", "search"), ("autocomplete", "off")])
        .close();
    let codes: std::collections::BTreeSet<&str> = marks().map(|(_, mark)| mark.code).collect();
    choice(page, "Code", "code", "all codes", codes.into_iter());
    let severities: std::collections::BTreeSet<Severity> = marks().map(|(_, mark)| mark.severity).collect();
    choice(page, "Severity", "severity", "all", severities.into_iter().map(Severity::as_str));
    page.element("p", &[("id", "shown"), ("role", "status"), ("class", "soft")], "").close();
    let dry = account.is_dry();
    let titles: &[&str] = if dry {
        &["Where", "Column", "Value", "What", "Code"]
    } else {
        &["Where", "Status", "Id", "Column", "Value", "What", "Code"]
    };
    page.open("div", &[("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", "Rows")]);
    page.open("table", &[]).element("caption", &[], "One line for each finding of a row");
    head(page, titles);
    page.open("tbody", &[("id", "bad-rows")]);
    for (row, mark) in marks() {
        let Mark { severity, code, column, example } = mark;
        let severity = severity.as_str();
        page.open("tr", &[("data-code", code), ("data-severity", severity)]);
        page.element("td", &[("class", "tight")], &example.place);
        if !dry {
            page.element("td", &[("class", "tight")], row.status.as_str()).element(
                "td",
                &[("class", "tight")],
                &row.id,
            );
        }
        page.element("td", &[], column).element("td", &[("class", "value")], &example.value);
        page.element("td", &[], &example.message);
        page.open("td", &[("class", "tight")]).element("span", &[("class", &format!("badge {severity}"))], severity);
        page.text(" ").element("code", &[], code).close().close();
    }
    page.close().close().close();
}

fn choice<'a>(page: &mut Tags, label: &str, name: &str, all: &str, options: impl Iterator<Item = &'a str>) {
    page.open("label", &[]).text(label).open("select", &[("name", name)]);
    page.element("option", &[("value", "")], all);
    for option in options {
        page.element("option", &[("value", option)], option);
    }
    page.close().close();
}

fn merges(page: &mut Tags, merges: &MergeOutlook) {
    heading(page, "Rows that share a card");
    let least = if merges.identical_is_least { "at least " } else { "" };
    let mut text = format!(
        "From this file alone, at least: {} become {}. The server may know some of these people already, and then \
         more rows share a card.",
        rows(merges.rows),
        cards(merges.cards)
    );
    if merges.merged_rows > 0 {
        let go = if merges.merged_rows == 1 { "goes" } else { "go" };
        text.push_str(&format!(" {} {go} with the card of an earlier row.", rows(merges.merged_rows)));
    }
    if merges.identical_rows > 0 {
        let (repeat, are) = if merges.identical_rows == 1 { ("repeats", "is") } else { ("repeat", "are") };
        let rows = rows(merges.identical_rows);
        text.push_str(&format!(" {least}{rows} {repeat} an earlier one exactly, and {are} not sent."));
    }
    page.element("p", &[], &text);
    if !merges.first_bridges.is_empty() {
        let caption = listed(
            "Rows that belong to two cards or more, which stay apart",
            merges.first_bridges.len(),
            merges.bridges,
        );
        table(page, &caption, &["Row", "Name", "Belongs to the cards of"], |page| {
            for bridge in merges.first_bridges.iter().take(LISTED_MAX) {
                let cards: Vec<String> =
                    bridge.cards.iter().map(|(value, row)| format!("row {row} by {value}")).collect();
                page.open("tr", &[]).element("td", &[("class", "tight")], &format!("row {}", bridge.row));
                page.element("td", &[], &bridge.name).element("td", &[], &cards.join("; ")).close();
            }
        });
    }
    if !merges.largest.is_empty() {
        let caption = listed("The largest groups of rows", merges.largest.len(), merges.groups);
        table(page, &caption, &["Rows", "Which", "Together by", "Names"], |page| {
            for group in merges.largest.iter().take(LISTED_MAX) {
                let named: Vec<String> = group.first_rows.iter().map(ToString::to_string).collect();
                let more = group.rows.saturating_sub(named.len() as u64);
                let which =
                    if more > 0 { format!("{} and {} more", named.join(", "), count(more)) } else { named.join(", ") };
                page.open("tr", &[]).element("td", &[("class", "number")], &count(group.rows)).element(
                    "td",
                    &[],
                    &which,
                );
                page.element("td", &[], &group.shared.join(", "));
                let names = match (group.names_differ, group.names.as_slice()) {
                    (false, _) => String::new(),
                    (true, []) => "differ".to_owned(),
                    (true, names) => format!("differ, as in {}", names.join(", ")),
                };
                page.element("td", &[], &names).close();
            }
        });
    }
}

/// A caption that says when not all are listed.
fn listed(what: &str, there: usize, all: u64) -> String {
    let shown = there.min(LISTED_MAX) as u64;
    if shown < all { format!("{what}: {} of {} are listed", count(shown), count(all)) } else { what.to_owned() }
}

fn head(page: &mut Tags, titles: &[&str]) {
    page.open("thead", &[]).open("tr", &[]);
    for title in titles {
        page.element("th", &[("scope", "col")], title);
    }
    page.close().close();
}

fn table(page: &mut Tags, caption: &str, titles: &[&str], rows: impl FnOnce(&mut Tags)) {
    let region = [("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", caption)];
    page.open("div", &region).open("table", &[]).element("caption", &[], caption);
    head(page, titles);
    page.open("tbody", &[]);
    rows(page);
    page.close().close().close();
}
