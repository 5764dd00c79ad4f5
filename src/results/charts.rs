//! Small charts as inline SVG, each with its numbers in words for those who do not see it.

use super::Timeline;
use super::tags::Tags;
use crate::model::figures::{count, requests, time};

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 140.0;

/// Room for words at the left and below.
const LEFT: f64 = 46.0;
const BELOW: f64 = 18.0;

/// A bar as long as its share of the longest; next to it stands the number, so it is silent itself.
pub fn bar(page: &mut Tags, number: u64, most: u64, class: &str) {
    let share = number as f64 / most.max(1) as f64 * 100.0;
    let attributes =
        [("class", "bar"), ("viewBox", "0 0 100 10"), ("preserveAspectRatio", "none"), ("aria-hidden", "true")];
    page.open("svg", &attributes);
    rect(page, "track", [0.0, 4.0, 100.0, 2.0]);
    rect(page, &format!("{class}-bar"), [0.0, 1.0, share.max(0.8), 8.0]);
    page.close();
}

/// Requests over time, and how long they took.
pub fn timeline(page: &mut Tags, timeline: &Timeline) {
    let ms = |share| timeline.within(share).map(time_short).unwrap_or_default();
    let (half, most) = (ms(0.5), ms(0.95));
    let words = format!(
        "{}; half of them were answered within {half}, nineteen of twenty within {most}, the slowest took {}.",
        requests(timeline.requests()),
        time_short(timeline.slowest())
    );
    page.element("p", &[], &words).open("div", &[("class", "charts")]);

    let spans = timeline.spans();
    let each = time_short(timeline.span());
    let most = spans.iter().map(|span| span.stored + span.others).max().unwrap_or(0);
    let caption = format!("Requests answered in each {each}; at most {}", count(most));
    page.open("figure", &[]).element("figcaption", &[], &caption);
    chart(page, &format!("{caption}, over {}", time(timeline.span() * spans.len() as u32)), |page| {
        for (at, span) in spans.iter().enumerate() {
            let stored = height(span.stored, most);
            column(page, "good-bar", at, spans.len(), 0.0, stored);
            column(page, "error-bar", at, spans.len(), stored, height(span.others, most));
        }
        words_at(page, [LEFT - 6.0, 10.0], "end", &count(most));
        words_at(page, [LEFT, HEIGHT - 4.0], "start", "start");
        let end = time(timeline.span() * spans.len() as u32);
        words_at(page, [WIDTH, HEIGHT - 4.0], "end", &end);
    });
    page.element("p", &[("class", "soft")], "Lower part: stored. Upper part: refused, put off or without an answer.")
        .close();

    let steps = timeline.latencies();
    let most = steps.iter().map(|(_, count)| *count).max().unwrap_or(0);
    page.open("figure", &[]).element("figcaption", &[], "How long answers took");
    chart(page, &words, |page| {
        for (at, (_, number)) in steps.iter().enumerate() {
            column(page, "note-bar", at, steps.len(), 0.0, height(*number, most));
        }
        words_at(page, [LEFT - 6.0, 10.0], "end", &count(most));
        if let (Some((first, _)), Some((last, _))) = (steps.first(), steps.last()) {
            words_at(page, [LEFT, HEIGHT - 4.0], "start", &format!("≤ {}", time_short(*first)));
            words_at(page, [WIDTH, HEIGHT - 4.0], "end", &format!("≤ {}", time_short(*last)));
        }
    });
    page.close().close();
}

fn chart(page: &mut Tags, label: &str, draw: impl FnOnce(&mut Tags)) {
    page.open("svg", &[("viewBox", &format!("0 0 {WIDTH} {HEIGHT}")), ("role", "img"), ("aria-label", label)]);
    rect(page, "track", [LEFT, HEIGHT - BELOW, WIDTH - LEFT, 1.0]);
    draw(page);
    page.close();
}

fn height(number: u64, most: u64) -> f64 {
    number as f64 / most.max(1) as f64 * (HEIGHT - BELOW - 4.0)
}

fn column(page: &mut Tags, class: &str, at: usize, of: usize, from: f64, height: f64) {
    if height > 0.0 {
        let width = (WIDTH - LEFT) / of.max(1) as f64;
        let gap = if width > 4.0 { 1.0 } else { 0.0 };
        let top = HEIGHT - BELOW - from - height;
        rect(page, class, [LEFT + at as f64 * width, top, width - gap, height]);
    }
}

fn rect(page: &mut Tags, class: &str, [x, y, width, height]: [f64; 4]) {
    let [x, y, width, height] = [x, y, width, height].map(|number| format!("{number:.2}"));
    page.open("rect", &[("class", class), ("x", &x), ("y", &y), ("width", &width), ("height", &height)]).close();
}

fn words_at(page: &mut Tags, [x, y]: [f64; 2], anchor: &str, text: &str) {
    page.element("text", &[("x", &format!("{x}")), ("y", &format!("{y}")), ("text-anchor", anchor)], text);
}

/// Milliseconds where seconds are too coarse.
fn time_short(duration: std::time::Duration) -> String {
    let ms = duration.as_secs_f64() * 1000.0;
    match ms {
        ..10.0 => format!("{ms:.1} ms"),
        ..1000.0 => format!("{ms:.0} ms"),
        _ => time(duration),
    }
}
