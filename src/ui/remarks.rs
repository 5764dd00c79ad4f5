//! Remarks, the merge plan and the forecast of a run, as they stand in a terminal.

use super::page::Page;
use crate::model::figures::{bytes, cards, count, of, rate_of, rows, span, time};
use crate::model::{Forecast, MergeOutlook, Severity, TokenOutlook};
use crate::results::{Remark, certain_cards, told_rows};

/// How many kinds of remarks are listed of each severity, and how many examples of each.
const KINDS_MAX: usize = 15;
const EXAMPLES_MAX: usize = 3;

/// How many of the largest groups are listed.
const GROUPS_MAX: usize = 5;

/// All remarks, the worst first; nothing when there are none.
pub fn remarks_text(remarks: &[Remark], dry: bool, width: usize) -> String {
    let mut page = Page::new(width);
    let mut advised: Vec<&str> = Vec::new();
    for severity in Severity::ALL {
        let list: Vec<&Remark> = remarks.iter().filter(|remark| remark.severity == severity).collect();
        if list.is_empty() {
            continue;
        }
        page.line("");
        page.with_number(
            match (severity, dry) {
                (Severity::Error, true) => "ERRORS: to be mended before the import",
                (Severity::Error, false) => "ERRORS: these did not get there",
                (Severity::Warning, true) => "WARNINGS: would be sent, but should be looked at",
                (Severity::Warning, false) => "WARNINGS: got there, but should be looked at",
                (Severity::Note, _) => "NOTES",
            },
            "count",
        );
        for remark in list.iter().take(KINDS_MAX) {
            told(&mut page, remark);
            // The same advice once is enough.
            if severity != Severity::Note && !advised.contains(&remark.hint) {
                page.paragraph("      → ", remark.hint);
                advised.push(remark.hint);
            }
        }
        if list.len() > KINDS_MAX {
            let more = (list.len() - KINDS_MAX) as u64;
            page.line(&format!("  … and {}", of(more, "more kind", "more kinds")));
        }
    }
    page.finish()
}

fn told(page: &mut Page, remark: &Remark) {
    let column = if remark.column.is_empty() { String::new() } else { format!("  column \"{}\"", remark.column) };
    page.with_number(&format!("  {}{column}", remark.code), &count(remark.count));
    for example in remark.examples.iter().take(EXAMPLES_MAX) {
        // Where a message names its rows itself, they need not be said twice.
        if example.message.starts_with("row")
            || example.message.starts_with(&example.value) && !example.value.is_empty()
        {
            page.paragraph("      ", &example.message);
        } else {
            page.paragraph("      ", &format!("{}: {}", example.place, example.message));
        }
    }
    let told = remark.examples.len().min(EXAMPLES_MAX) as u64;
    if told > 0 && remark.count > told {
        page.line(&format!("      … and {} more", count(remark.count - told)));
    }
}

/// Which rows land on one card; nothing when none do.
pub fn merges_text(merges: &MergeOutlook, width: usize) -> String {
    if merges.groups == 0 && merges.identical_rows == 0 {
        return String::new();
    }
    let mut page = Page::new(width);
    page.line("");
    page.paragraph("", "ROWS THAT SHARE A CARD: from this file alone, at least");
    let mut facts = vec![format!("{} become {}", rows(merges.rows), cards(merges.cards))];
    if merges.persons < merges.cards {
        facts[0].push_str(&format!(" for what seems to be {}", of(merges.persons, "person", "persons")));
    }
    if merges.merged_rows > 0 {
        let go = if merges.merged_rows == 1 { "goes" } else { "go" };
        facts.push(format!("{} {go} with the card of an earlier one", count(merges.merged_rows)));
    }
    if merges.identical_rows > 0 {
        let least = if merges.identical_is_least { " at least" } else { "" };
        let (repeat, them) = if merges.identical_rows == 1 { ("repeats", "it is") } else { ("repeat", "they are") };
        facts.push(format!("{}{least} {repeat} an earlier one, so {them} not sent", count(merges.identical_rows)));
    }
    page.paragraph("  ", &facts.join("; "));
    if merges.groups > 0 {
        let cards = of(merges.groups, "card takes", "cards take");
        page.paragraph("  ", &format!("{cards} several rows, {} in all; the largest:", count(merges.rows_in_groups)));
        for group in merges.largest.iter().take(GROUPS_MAX) {
            page.paragraph("      ", &told_rows(group));
        }
    }
    page.finish()
}

/// What an import will take.
pub fn forecast_text(forecast: &Forecast, sample: Option<u64>, width: usize) -> String {
    let mut page = Page::new(width);
    page.line("");
    let title = if sample.is_some() { "FORECAST: for the sample only, not for the whole file" } else { "FORECAST" };
    page.paragraph("", title);
    let mut fact = |name: &str, text: String| page.paragraph(&format!("  {name:<10}"), &text);
    fact("requests", format!("{}, with documents of {}", count(forecast.requests), bytes(forecast.bytes)));
    match (forecast.time, forecast.rate) {
        (Some(needed), Some(rate)) => fact("time", format!("{} or more, at {}", time(needed), rate_of(rate))),
        (None, _) | (_, None) => fact("time", "as fast as the server answers: no rate is set".to_owned()),
    }
    match forecast.token {
        None => {}
        Some(TokenOutlook::Unsaid) => fact("token", "does not say when it ends".to_owned()),
        Some(TokenOutlook::Ended(ago)) => fact("token", format!("ENDED {} ago: get a new one", span(ago))),
        Some(TokenOutlook::TooSoon(left)) => {
            fact("token", format!("TOO SHORT: ends in {}, before the import does", span(left)));
        }
        Some(TokenOutlook::Enough(left)) => fact("token", format!("ends in {}, which is enough", span(left))),
    }
    fact(
        "cards",
        format!(
            "{} if the server knows nobody yet; {} touched at most, {} at least{}",
            count(forecast.cards_if_none_is_known),
            count(forecast.cards_at_most),
            count(forecast.cards_at_least),
            certain_cards(forecast)
        ),
    );
    page.finish()
}
