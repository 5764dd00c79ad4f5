//! What the doctor found, a line each.

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
