//! What is wrong with a mapping, as data: a sentence, the place in the file, and what to write instead.

use std::ops::Range;

/// How alike two names must be (Jaro-Winkler, 0 to 1) before one is offered for the other. At 0.8 `emial` finds
/// `email` and `Fist Name` finds `First Name`, while `Phone` does not find `Fax`.
const LIKENESS_MIN: f64 = 0.8;

/// How many names a "did you mean" offers at most.
const OFFERS_MAX: usize = 3;

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The mapping cannot be used.
    #[default]
    Error,
    /// It can, but probably does not do what was meant.
    Warning,
    /// Worth knowing.
    Note,
}

impl Level {
    /// As reports name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        }
    }
}

/// One thing that is wrong with a mapping file. `ui::diagnostics` draws it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it weighs.
    pub level: Level,
    /// A sentence without a period, in the user's words; foreign text in it has been through
    /// [`excerpt`](crate::model::excerpt).
    pub message: String,
    /// The place: a byte range of the mapping's text. `None` when the file as a whole is meant.
    pub span: Option<Range<usize>>,
    /// What stands beside the underlined place; may be empty.
    pub label: String,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A problem at a place.
    pub(super) fn at(span: Range<usize>, message: impl Into<String>, label: impl Into<String>) -> Self {
        Diagnostic { level: Level::Error, message: message.into(), span: Some(span), label: label.into(), help: None }
    }

    /// A problem of the file as a whole.
    pub(super) fn of_file(message: impl Into<String>) -> Self {
        Diagnostic { level: Level::Error, message: message.into(), span: None, label: String::new(), help: None }
    }

    /// The same, of another weight.
    pub(super) fn weighing(self, level: Level) -> Self {
        Diagnostic { level, ..self }
    }

    /// The same with advice.
    pub(super) fn with_help(self, help: impl Into<String>) -> Self {
        Diagnostic { help: Some(help.into()), ..self }
    }
}

/// The names nearest to `wrong`, best first, at most three; compared without regard to case.
pub(super) fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wrong = wrong.to_lowercase();
    let mut scored: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&wrong, &name.to_lowercase()), name))
        .filter(|(score, _)| *score >= LIKENESS_MIN)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.truncate(OFFERS_MAX);
    scored.into_iter().map(|(_, name)| name).collect()
}

/// `a`, `a or b`, `a, b or c`, each as given.
pub(super) fn either(names: &[String]) -> String {
    listed(names, "or")
}

/// `a`, `a and b`, `a, b and c`, each as given.
pub(super) fn all(names: &[String]) -> String {
    listed(names, "and")
}

fn listed(names: &[String], word: &str) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered_far_ones_are_not() {
        assert_eq!(nearest("emial", ["name", "email", "line"]), ["email"]);
        assert_eq!(nearest("fist name", ["Last Name", "First Name", "Fax"])[0], "First Name");
        assert!(nearest("Phone", ["Fax", "Vk"]).is_empty());
    }

    #[test]
    fn alternatives_read_as_speech() {
        let names = |names: &[&str]| either(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(names(&["a"]), "a");
        assert_eq!(names(&["a", "b", "c"]), "a, b or c");
    }
}
