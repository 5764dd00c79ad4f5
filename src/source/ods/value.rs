//! A cell's value and how it shows, into its one text.

use crate::model::Code;
use crate::source::book::{Oddity, push_error, push_iso, push_number, unreadable};
use crate::source::number_format::Format;
use crate::source::xml::{Element, attribute};

/// Marks that stand in phone numbers and post codes beside their digits.
const MARKS: [char; 8] = [' ', '\u{a0}', '\u{202f}', '-', '(', ')', '+', '/'];

/// A cell as it stands in the file. Reused from cell to cell.
#[derive(Debug, Default)]
pub(super) struct Cell {
    kind: Kind,
    value: String,
    shown: String,
    has_paragraph: bool,
    has_formula: bool,
    is_error: bool,
}

/// What `office:value-type` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Unsaid,
    Text,
    Number,
    Amount,
    Date,
    Time,
    Boolean,
}

impl Cell {
    /// A new cell, by its attributes.
    pub(super) fn begin(&mut self, start: &Element<'_>) {
        self.value.clear();
        self.shown.clear();
        self.kind = Kind::Unsaid;
        (self.has_paragraph, self.has_formula, self.is_error) = (false, false, false);
        for (key, value) in start.attributes() {
            let (prefix, name) = key.split_once(':').unwrap_or(("", key));
            match name {
                // LibreOffice says in its own name space what OpenDocument has no word for.
                "value-type" if prefix == "calcext" => self.is_error = value == "error",
                "value-type" => {
                    self.kind = match value {
                        "string" => Kind::Text,
                        "float" => Kind::Number,
                        "percentage" | "currency" => Kind::Amount,
                        "date" => Kind::Date,
                        "time" => Kind::Time,
                        "boolean" => Kind::Boolean,
                        _ => Kind::Unsaid,
                    }
                }
                "formula" => self.has_formula = true,
                "value" | "date-value" | "time-value" | "boolean-value" | "string-value" => {
                    self.value = attribute(start, name).unwrap_or_default().into_owned();
                }
                _ => {}
            }
        }
    }

    /// Where the next paragraph goes.
    pub(super) fn next_paragraph(&mut self) -> &mut String {
        if self.has_paragraph {
            self.shown.push('\n');
        }
        self.has_paragraph = true;
        &mut self.shown
    }

    /// Whether the cell has a text, or should have one.
    pub(super) fn has_content(&self) -> bool {
        !self.shown.is_empty() || !self.value.is_empty() || self.lacks_value()
    }

    /// Whether there is a formula and nobody saved what comes of it.
    fn lacks_value(&self) -> bool {
        self.has_formula && self.kind == Kind::Unsaid && !self.has_paragraph
    }

    /// Appends the text.
    pub(super) fn write(&self, out: &mut String) -> Option<Oddity> {
        if self.lacks_value() {
            return Some((Code::CellNoValue, "holds a formula whose result was never saved".to_owned()));
        }
        let (value, shown) = (self.value.trim(), &*self.shown);
        let is_error = self.is_error
            || self.has_formula && self.kind != Kind::Text && (shown.starts_with('#') || shown.starts_with("Err:"));
        if is_error && shown.chars().any(|c| c != '#') {
            return push_error(out, shown);
        }
        let cannot = |out: &mut String| {
            let raw = if shown.is_empty() { value } else { shown };
            out.push_str(raw);
            Some(unreadable(raw))
        };
        match self.kind {
            Kind::Unsaid | Kind::Text => out.push_str(if self.has_paragraph { shown } else { &self.value }),
            Kind::Number | Kind::Amount => {
                let Ok(number) = value.parse::<f64>() else { return cannot(out) };
                if self.kind == Kind::Number && is_masked(number, shown) {
                    out.push_str(shown.trim());
                    return None;
                }
                let truth = (self.kind == Kind::Number).then(|| shown_truth(number, shown)).flatten();
                if let Some(truth) = truth {
                    out.push_str(truth);
                    return None;
                }
                let format = if self.kind == Kind::Number { shown_moment(number, shown) } else { Format::Plain };
                return push_number(out, number, &format, false);
            }
            Kind::Date => {
                let is_moment = value.len() >= 10 && value.starts_with(|c: char| c.is_ascii_digit() || c == '-');
                if !is_moment {
                    return cannot(out);
                }
                match (value.contains('T'), shows_time(shown)) {
                    (true, false) => push_iso(out, value, &Format::Date),
                    (false, false) => push_iso(out, value, &Format::Date),
                    (_, true) => push_iso(out, value, &Format::DateTime),
                }
            }
            Kind::Time => match duration(value) {
                Some(text) => out.push_str(&text),
                None => return cannot(out),
            },
            Kind::Boolean => match value {
                "true" => out.push_str("TRUE"),
                "false" => out.push_str("FALSE"),
                _ => return cannot(out),
            },
        }
        None
    }
}

/// Whether a number shows the marks of a name: zeros in front, a plus sign, groups that are not thousands.
fn is_masked(number: f64, shown: &str) -> bool {
    if number.fract() != 0.0 || !(0.0..1e15).contains(&number) {
        return false;
    }
    let shown = shown.trim();
    let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
    let plain = if number == 0.0 { String::new() } else { (number as u64).to_string() };
    if digits.len() < plain.len().max(1) || !digits.ends_with(&plain) || shown.contains([',', '.', '%', 'E']) {
        return false;
    }
    let in_front = &digits[..digits.len() - plain.len()];
    let only_marks = shown.chars().all(|c| c.is_ascii_digit() || MARKS.contains(&c));
    if in_front.len() > usize::from(plain.is_empty()) {
        // Zeros held open, after whatever words, as in "ID-0042"; or a country code, as in "+46 70…".
        return in_front.bytes().all(|digit| digit == b'0') || only_marks;
    }
    let groups: Vec<&str> = shown.split(|c: char| !c.is_ascii_digit()).collect();
    let parted = shown.chars().any(|c| !c.is_ascii_digit());
    let thousands = groups[1..].iter().all(|group| group.len() == 3) && (1..=3).contains(&groups[0].len());
    only_marks && parted && !thousands && !shown.starts_with(['-', '('])
        || only_marks && shown.starts_with('(') && !shown.ends_with(')')
}

/// A number that shows as a truth value, in the languages of common spreadsheet programs.
fn shown_truth(number: f64, shown: &str) -> Option<&'static str> {
    const TRUE: [&str; 15] = [
        "TRUE",
        "SANT",
        "SAND",
        "TOSI",
        "WAHR",
        "VRAI",
        "WAAR",
        "VERDADERO",
        "VERO",
        "VERDADEIRO",
        "PRAWDA",
        "PRAVDA",
        "ИСТИНА",
        "IGAZ",
        "DOĞRU",
    ];
    const FALSE: [&str; 15] = [
        "FALSE", "FALSKT", "FALSK", "USANN", "EPÄTOSI", "FALSCH", "FAUX", "ONWAAR", "FALSO", "FAŁSZ", "NEPRAVDA",
        "ЛОЖЬ", "HAMIS", "YANLIŞ", "EPATOSI",
    ];
    match number {
        1.0 if TRUE.contains(&shown) => Some("TRUE"),
        0.0 if FALSE.contains(&shown) => Some("FALSE"),
        _ => None,
    }
}

/// The format of a number that shows as a date or time, as some programs write them: the same numbers appear in what
/// it shows, in whatever order.
fn shown_moment(number: f64, shown: &str) -> Format {
    let numbers = |text: &str| -> Vec<u32> {
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|group| group.parse().ok()).collect()
    };
    let seen = numbers(shown);
    if seen.len() < 2 || !shown.contains([':', '-', '/', '.']) {
        return Format::Plain;
    }
    for format in [Format::Date, Format::DateTime, Format::Duration, Format::Time] {
        // Nothing shows as "0.00 kr" and as "0.00" o'clock alike.
        if number == 0.0 && !shown.contains(':') {
            continue;
        }
        let mut text = String::new();
        if push_number(&mut text, number, &format, false).is_some() {
            continue;
        }
        let mut wanted = numbers(&text);
        if matches!(format, Format::Date | Format::DateTime) && !seen.contains(&wanted[0]) {
            wanted[0] %= 100;
        }
        // Seconds need not show.
        let without_seconds = wanted.len() > 1 && format != Format::Date && wanted.last() == Some(&0);
        let mut shorter = wanted[..wanted.len() - usize::from(without_seconds)].to_vec();
        let mut seen = seen.clone();
        wanted.sort_unstable();
        shorter.sort_unstable();
        seen.sort_unstable();
        if seen == wanted || seen == shorter {
            return format;
        }
    }
    Format::Plain
}

/// Whether a date shows a time as well: a colon, or more numbers than a date has.
fn shows_time(shown: &str) -> bool {
    let groups = shown.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).count();
    groups > 3 || shown.contains(':')
}

/// `PT36H05M07S` as `36:05:07`.
fn duration(text: &str) -> Option<String> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (days, time) = rest.strip_prefix('P')?.split_once('T')?;
    let mut seconds = 0f64;
    let mut add = |text: &str, units: &[(char, f64)]| -> Option<()> {
        let mut from = 0;
        for (at, c) in text.char_indices() {
            if c.is_ascii_digit() || c == '.' {
                continue;
            }
            let (_, factor) = units.iter().find(|(unit, _)| *unit == c)?;
            seconds += text[from..at].parse::<f64>().ok()? * factor;
            from = at + c.len_utf8();
        }
        (from == text.len()).then_some(())
    };
    add(days, &[('D', 86_400.0)])?;
    add(time, &[('H', 3600.0), ('M', 60.0), ('S', 1.0)])?;
    let seconds = seconds.round();
    if seconds >= 1e15 {
        return None;
    }
    let seconds = seconds as u64;
    Some(format!("{sign}{}:{:02}:{:02}", seconds / 3600, seconds % 3600 / 60, seconds % 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_names_stay_and_dress_is_taken_off() {
        for (number, shown) in [
            (701_740_605.0, "0701740605"),
            (0.0, "00000"),
            (42.0, "ID-0042"),
            (46_701_740_605.0, "+46701740605"),
            (701_740_605.0, "+46701740605"),
            (11_122.0, "111 22"),
            (701_740_605.0, "070-174 06 05"),
            (2_025_551_234.0, "(202) 555-1234"),
        ] {
            assert!(is_masked(number, shown), "{shown}");
        }
        for (number, shown) in [
            (0.0, "0"),
            (0.0, "0,00"),
            (5.0, "5"),
            (12_345.0, "12 345"),
            (1_234_567.0, "1\u{a0}234\u{a0}567"),
            (12_345.0, "12.345,00"),
            (5.0, "5 kr"),
            (5.0, "5,00 kr"),
            (1e10, "1E+10"),
            (5.0, "-5"),
            (5.0, ""),
            (1.5, "01,5"),
            (100.0, "###"),
        ] {
            assert!(!is_masked(number, shown), "{shown}");
        }
    }

    #[test]
    fn durations_are_hours_minutes_and_seconds() {
        assert_eq!(duration("PT36H05M07S").as_deref(), Some("36:05:07"));
        assert_eq!(duration("PT08H30M00.999S").as_deref(), Some("8:30:01"));
        assert_eq!(duration("-P1DT2H").as_deref(), Some("-26:00:00"));
        for wrong in ["", "PT", "8:30", "PTxH", "PT1", "PT1E999H"] {
            assert_eq!(duration(wrong).filter(|text| text != "0:00:00"), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_that_show_as_moments_are_moments() {
        assert_eq!(shown_moment(30_741.0, "29.02.1984"), Format::Date);
        assert_eq!(shown_moment(30_741.0, "2/29/84"), Format::Date);
        assert_eq!(shown_moment(45_943.54099537037, "2025-10-13 12:59:02"), Format::DateTime);
        assert_eq!(shown_moment(1.503_472_222, "36:05"), Format::Duration);
        assert_eq!(shown_moment(1234.5, "1,234.50"), Format::Plain);
        assert_eq!(shown_moment(30_741.0, "30741"), Format::Plain);
        assert_eq!((shown_moment(0.0, "0.00 kr"), shown_moment(0.0, "0:00")), (Format::Plain, Format::Duration));
        assert_eq!((shown_truth(1.0, "WAHR"), shown_truth(1.0, "1")), (Some("TRUE"), None));
    }

    #[test]
    fn a_date_with_more_than_three_numbers_shows_a_time() {
        assert!(shows_time("13.10.2025 12.59"));
        assert!(shows_time("Oct 13, 2025 0:00"));
        assert!(!shows_time("2025-10-13"));
        assert!(!shows_time("måndag 13 oktober 2025"));
    }
}
