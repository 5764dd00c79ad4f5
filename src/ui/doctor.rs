//! What the doctor found, a line each.

use std::time::Duration;

use super::numbers::time;

/// How a finding is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// As it should be.
    Good,
    /// Worth a look.
    Odd,
    /// In the way.
    Bad,
}

/// `ok    token    is good for another 3 h 12 min`.
pub fn doctor_line(mark: Mark, what: &str, words: &str) -> String {
    let mark = match mark {
        Mark::Good => "ok",
        Mark::Odd => "look",
        Mark::Bad => "BAD",
    };
    format!("{mark:<5} {what:<8} {words}\n")
}

/// A span of time as people say it; days from two days on.
pub fn span(span: Duration) -> String {
    let days = span.as_secs() / 86_400;
    if days < 2 { time(span) } else { format!("{days} days") }
}
