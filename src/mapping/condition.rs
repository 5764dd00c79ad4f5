//! Which rows are taken at all: conditions on single cells.

use std::ops::Range;

use regex::Regex;

use super::cell;
use crate::model::excerpt;

/// How many characters of a text a condition shows.
const SHOWN_CHARS: usize = 40;

/// A condition on a column of type `C`: a name as written, or a place in a row.
#[derive(Clone, Debug)]
pub(super) struct Condition<C> {
    pub column: C,
    pub test: Test,
    /// Where in the mapping's text.
    pub span: Range<usize>,
}

/// What a cell is held against, trimmed. Case counts.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Equals(String),
    In(Vec<String>),
    Blank(bool),
    Matches(Regex),
}

impl Test {
    /// Whether it holds for a cell.
    pub fn holds(&self, text: &str) -> bool {
        let text = cell::trim(text);
        match self {
            Test::Equals(wanted) => text == wanted,
            Test::In(wanted) => wanted.iter().any(|wanted| text == wanted),
            Test::Blank(blank) => text.is_empty() == *blank,
            Test::Matches(pattern) => pattern.is_match(text),
        }
    }

    /// The end of a sentence that begins with the column; `so` says whether it holds.
    pub fn in_words(&self, so: bool) -> String {
        let quoted = |text: &String| format!("\"{}\"", excerpt(text, SHOWN_CHARS));
        let not = if so { "" } else { "not " };
        match self {
            Test::Equals(wanted) => format!("is {not}{}", quoted(wanted)),
            Test::In(wanted) => {
                let listed: Vec<String> = wanted.iter().take(5).map(quoted).collect();
                let more = if wanted.len() > 5 { ", …" } else { "" };
                format!("is {not}one of {}{more}", listed.join(", "))
            }
            Test::Blank(blank) => (if *blank == so { "is blank" } else { "is not blank" }).to_owned(),
            Test::Matches(pattern) if so => format!("matches {}", excerpt(pattern.as_str(), SHOWN_CHARS)),
            Test::Matches(pattern) => format!("does not match {}", excerpt(pattern.as_str(), SHOWN_CHARS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_look_at_trimmed_cells() {
        let regex = Regex::new("^a+$").expect("a pattern");
        for (test, yes, no) in [
            (Test::Equals("gone".into()), " gone\u{a0}", "Gone"),
            (Test::In(vec!["a".into(), "b".into()]), "b", "c"),
            (Test::Blank(true), " ", "x"),
            (Test::Blank(false), "x", "\u{feff}"),
            (Test::Matches(regex), " aa ", "ab"),
        ] {
            assert!(test.holds(yes), "{test:?} {yes:?}");
            assert!(!test.holds(no), "{test:?} {no:?}");
        }
    }

    #[test]
    fn conditions_can_be_said_both_ways() {
        let list = Test::In(vec!["a".into(), "b".into()]);
        assert_eq!(list.in_words(true), "is one of \"a\", \"b\"");
        assert_eq!(list.in_words(false), "is not one of \"a\", \"b\"");
        assert_eq!(Test::Blank(true).in_words(false), "is not blank");
        assert_eq!(Test::Blank(false).in_words(false), "is blank");
    }
}
