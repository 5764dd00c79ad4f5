//! What happens to a value between its cell and its check: a fixed set of transforms, always in the same order.

use std::borrow::Cow;
use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

use super::cell::{self, EXCERPT_CHARS, Lines};
use super::date_format::DateFormat;
use super::fault::Fault;
use crate::model::{Code, excerpt};

/// Bytes that a compiled pattern may take: a thousand times more than sensible ones do, and made in a blink.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// The options that a source gives to its values.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// `trim = false`: white space at the ends is sent.
    pub keeps_space: bool,
    /// In the order in which they run, which is the order of [`Transform`]'s variants.
    pub transforms: Vec<Transform>,
    /// What stands in for a source without a value.
    pub default: Option<String>,
    /// Whether a row without a value is refused.
    pub required: bool,
    /// How many characters a value may have.
    pub length_max: Option<usize>,
}

/// One change of a value.
#[derive(Clone, Debug)]
pub(super) enum Transform {
    /// Takes these characters off both ends.
    Strip(String),
    /// Writes one text for another, wherever it stands, pair by pair.
    Replace(Vec<(String, String)>),
    /// Leaves out what does not match.
    Match(Regex),
    /// Keeps the first group, or the whole match; leaves out what does not match.
    Extract(Regex),
    Case(Case),
    /// Writes a whole value as another.
    Values(HashMap<String, String>),
    /// Reads a date and writes it as ISO 8601.
    Date(DateFormat),
}

/// Upper, lower, title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Upper,
    Lower,
    Title,
}

impl Case {
    pub const ALL: [(&'static str, Case); 3] = [("lower", Case::Lower), ("upper", Case::Upper), ("title", Case::Title)];
}

impl Shape {
    /// Whether values go through untouched.
    pub fn is_plain(&self) -> bool {
        !self.keeps_space
            && self.transforms.is_empty()
            && self.default.is_none()
            && !self.required
            && self.length_max.is_none()
    }

    /// A value's text as it is to be read, without the white space at its ends unless that is wanted.
    pub fn trimmed<'a>(&self, text: &'a str) -> &'a str {
        if self.keeps_space && !cell::trim(text).is_empty() { text } else { cell::trim(text) }
    }

    /// What becomes of a text; blank when it is left out. Borrowed as long as nothing changes.
    pub fn apply<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, Fault> {
        let mut value = Cow::Borrowed(self.trimmed(text));
        for transform in &self.transforms {
            if value.is_empty() {
                break;
            }
            value = self.step(transform, value)?;
        }
        if let Some(max) = self.length_max {
            check_length(&value, max)?;
        }
        Ok(value)
    }

    /// One transform, and the trimming after it.
    pub fn step<'a>(&self, transform: &Transform, value: Cow<'a, str>) -> Result<Cow<'a, str>, Fault> {
        let damage = match transform {
            // In other letters it would not be known any more.
            Transform::Case(_) => cell::check(&value, Lines::Many),
            _ => Ok(()),
        };
        let changed = transform.run(value)?;
        // Whoever writes such a value as another knows of it.
        let is_named =
            |transform: &Transform| matches!(transform, Transform::Values(values) if values.contains_key(&*changed));
        if !self.transforms.iter().any(is_named) {
            damage?;
        }
        Ok(match changed {
            Cow::Borrowed(text) => Cow::Borrowed(self.trimmed(text)),
            Cow::Owned(text) => {
                let trimmed = self.trimmed(&text);
                if trimmed.len() == text.len() { Cow::Owned(text) } else { Cow::Owned(trimmed.to_owned()) }
            }
        })
    }
}

impl Transform {
    /// The key in a mapping.
    pub fn key(&self) -> &'static str {
        match self {
            Transform::Strip(_) => "strip",
            Transform::Replace(_) => "replace",
            Transform::Match(_) => "match",
            Transform::Extract(_) => "extract",
            Transform::Case(_) => "case",
            Transform::Values(_) => "values",
            Transform::Date(_) => "date_format",
        }
    }

    /// What it does, as the predicate of a sentence about a value.
    pub fn in_words(&self) -> String {
        match self {
            Transform::Strip(set) => format!("loses \"{}\" at its ends", excerpt(set, EXCERPT_CHARS)),
            Transform::Replace(pairs) => {
                let said: Vec<String> = pairs
                    .iter()
                    .map(|(old, new)| {
                        format!("\"{}\" → \"{}\"", excerpt(old, EXCERPT_CHARS), excerpt(new, EXCERPT_CHARS))
                    })
                    .collect();
                format!("has {} replaced", said.join(", "))
            }
            Transform::Match(pattern) => {
                format!("is left out unless it matches {}", excerpt(pattern.as_str(), EXCERPT_CHARS))
            }
            Transform::Extract(pattern) => {
                format!("is cut down to what {} finds", excerpt(pattern.as_str(), EXCERPT_CHARS))
            }
            Transform::Case(Case::Upper) => "is written in capitals".to_owned(),
            Transform::Case(Case::Lower) => "is written in small letters".to_owned(),
            Transform::Case(Case::Title) => "has each word begin with a capital".to_owned(),
            Transform::Values(values) => match values.len() {
                1 => "is written differently where it is the one value listed".to_owned(),
                count => format!("is written differently where it is one of the {count} values listed"),
            },
            Transform::Date(format) => {
                format!("is read as a date {} and sent as YYYY-MM-DD", excerpt(format.as_str(), EXCERPT_CHARS))
            }
        }
    }

    fn run<'a>(&self, value: Cow<'a, str>) -> Result<Cow<'a, str>, Fault> {
        Ok(match self {
            Transform::Strip(set) => cut(value, |text| text.trim_matches(|c| set.contains(c))),
            Transform::Replace(pairs) => pairs.iter().fold(value, |value, (old, new)| {
                if value.contains(old.as_str()) { Cow::Owned(value.replace(old.as_str(), new)) } else { value }
            }),
            Transform::Match(pattern) if pattern.is_match(&value) => value,
            Transform::Match(_) => Cow::Borrowed(""),
            Transform::Extract(pattern) => cut(value, |text| {
                let found = pattern.captures(text);
                found.and_then(|found| found.get(1).or(found.get(0))).map_or("", |part| part.as_str())
            }),
            Transform::Case(case) => case.write(value),
            Transform::Values(values) => match values.get(&*value) {
                Some(new) => Cow::Owned(new.clone()),
                None => value,
            },
            Transform::Date(format) => match format.read(&value) {
                Some(date) if date == *value => value,
                Some(date) => Cow::Owned(date),
                None => {
                    let shown = excerpt(&value, EXCERPT_CHARS);
                    let message = format!("\"{shown}\" is no date written {}", format.as_str());
                    return Err(Fault { code: Code::DateFormat, message });
                }
            },
        })
    }
}

impl Case {
    fn write(self, value: Cow<'_, str>) -> Cow<'_, str> {
        let written = match self {
            Case::Upper if !value.chars().any(char::is_lowercase) => return value,
            Case::Lower if !value.chars().any(char::is_uppercase) => return value,
            Case::Upper => value.to_uppercase(),
            Case::Lower => value.to_lowercase(),
            Case::Title => {
                let mut out = String::with_capacity(value.len());
                let mut begins = true;
                for c in value.chars() {
                    if begins {
                        out.extend(c.to_uppercase())
                    } else {
                        out.extend(c.to_lowercase())
                    }
                    begins = !c.is_alphanumeric() && c != '\'' && c != '’';
                }
                out
            }
        };
        Cow::Owned(written)
    }
}

/// A part of a value.
fn cut<'a>(value: Cow<'a, str>, part: impl Fn(&str) -> &str) -> Cow<'a, str> {
    match value {
        Cow::Borrowed(text) => Cow::Borrowed(part(text)),
        Cow::Owned(text) => Cow::Owned(part(&text).to_owned()),
    }
}

/// Refuses a value longer than a source's `max_length`.
pub(super) fn check_length(value: &str, max: usize) -> Result<(), Fault> {
    if value.len() <= max {
        return Ok(());
    }
    let count = value.chars().count();
    if count <= max {
        return Ok(());
    }
    let shown = excerpt(value, EXCERPT_CHARS);
    let message = format!("\"{shown}\" is too long: {count} characters, where max_length allows {max}");
    Err(Fault { code: Code::ValueTooLong, message })
}

/// A pattern that is bounded in size and takes linear time, or why it is none.
pub(super) fn pattern(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text).size_limit(PATTERN_BYTES_MAX).dfa_size_limit(PATTERN_BYTES_MAX).build().map_err(|error| {
        match &error {
            regex::Error::CompiledTooBig(_) => "it would grow too big; use smaller counts".to_owned(),
            // The library draws the pattern itself; its last line says what is wrong.
            error => {
                let drawn = error.to_string();
                let last = drawn.lines().next_back().unwrap_or_default().trim();
                excerpt(last.strip_prefix("error: ").unwrap_or(last), 120)
            }
        }
    })
}

/// The parts of a text between any of the separators, of which the longest that fits counts.
pub(super) fn parts<'a>(text: &'a str, separators: &'a [String]) -> impl Iterator<Item = &'a str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let first = separators
            .iter()
            .filter_map(|separator| text.find(separator.as_str()).map(|at| (at, std::cmp::Reverse(separator.len()))))
            .min();
        match first {
            Some((at, std::cmp::Reverse(length))) => {
                rest = Some(&text[at + length..]);
                Some(&text[..at])
            }
            None => {
                rest = None;
                Some(text)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn through(transforms: Vec<Transform>, text: &str) -> Result<String, String> {
        let shape = Shape { transforms, ..Shape::default() };
        shape.apply(text).map(Cow::into_owned).map_err(|fault| fault.message)
    }

    fn regex(text: &str) -> Regex {
        pattern(text).expect("a pattern")
    }

    #[test]
    fn every_transform_does_one_thing() {
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let check = |transform: Transform, text: &str, expected: &str| {
            assert_eq!(through(vec![transform.clone()], text).as_deref(), Ok(expected), "{transform:?} {text}");
        };
        check(Transform::Strip("'*".into()), "**'a'b'", "a'b");
        check(Transform::Strip("*".into()), "* Work *", "Work");
        check(Transform::Replace(pairs(&[("å", "a"), ("aa", "")])), "åaåab", "b");
        check(Transform::Match(regex("^[0-9]+$")), "12", "12");
        check(Transform::Match(regex("^[0-9]+$")), "12a", "");
        check(Transform::Extract(regex("[0-9]+")), "No 12 of 13", "12");
        check(Transform::Extract(regex("No ([0-9])([0-9])")), "No 12", "1");
        check(Transform::Extract(regex("x")), "No 12", "");
        check(Transform::Case(Case::Upper), "åsa", "ÅSA");
        check(Transform::Case(Case::Lower), "ÅSA", "åsa");
        check(Transform::Case(Case::Title), "ÅSA-LENA o'BRIEN öberg", "Åsa-Lena O'brien Öberg");
        check(
            Transform::Values(HashMap::from([("Ja".into(), "yes".into()), ("-".into(), String::new())])),
            "Ja",
            "yes",
        );
        check(Transform::Values(HashMap::from([("-".into(), String::new())])), "-", "");
        check(Transform::Date(DateFormat::new("DD.MM.YYYY").expect("a format")), "24.12.2026", "2026-12-24");
    }

    #[test]
    fn a_date_in_another_form_is_refused() {
        let date = Transform::Date(DateFormat::new("DD.MM.YYYY").expect("a format"));
        assert_eq!(through(vec![date], "12/24/2026"), Err("\"12/24/2026\" is no date written DD.MM.YYYY".to_owned()));
    }

    #[test]
    fn damage_is_found_before_its_letters_change() {
        for case in Case::ALL.map(|(_, case)| case) {
            for damaged in ["BjÃ¶rn", "Ã…sa", "#REF!", "a\u{7}"] {
                assert!(through(vec![Transform::Case(case)], damaged).is_err(), "{damaged}");
            }
        }
    }

    #[test]
    fn what_does_not_change_is_not_copied() {
        let shape = Shape {
            transforms: vec![
                Transform::Strip("*".into()),
                Transform::Replace(vec![("x".into(), "y".into())]),
                Transform::Extract(regex("[a-z]+")),
                Transform::Case(Case::Lower),
            ],
            ..Shape::default()
        };
        assert!(matches!(shape.apply(" *abc* "), Ok(Cow::Borrowed("abc"))));
    }

    #[test]
    fn the_longest_separator_of_those_that_begin_together_counts() {
        let split = |text, separators: &[&str]| {
            let separators: Vec<String> = separators.iter().map(|text| (*text).to_owned()).collect();
            parts(text, &separators).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(split("a;b,c", &[";", ","]), ["a", "b", "c"]);
        assert_eq!(split("a ::: b:c", &[":", ":::"]), ["a ", " b", "c"]);
        assert_eq!(split("", &[";"]), [""]);
    }

    #[test]
    fn patterns_say_why_they_are_none() {
        assert_eq!(pattern("(").expect_err("open"), "unclosed group");
        assert_eq!(pattern("a{99999}{99999}").expect_err("big"), "it would grow too big; use smaller counts");
        assert_eq!(
            pattern("(?=a)").expect_err("look"),
            "look-around, including look-ahead and look-behind, is not supported"
        );
    }

    proptest! {
        #[test]
        fn what_comes_out_is_trimmed(text in "\\PC{0,12}", strip in "\\PC{1,3}") {
            let out = through(vec![Transform::Strip(strip), Transform::Replace(vec![("a".into(), " ".into())])], &text);
            let out = out.expect("nothing is refused");
            prop_assert_eq!(cell::trim(&out), &out);
        }
    }
}
