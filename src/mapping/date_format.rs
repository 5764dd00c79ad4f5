//! Dates as a table writes them, read by a pattern of `YYYY`, `YY`, `MM`, `M`, `DD` and `D`.

use std::sync::LazyLock;

use regex::Regex;

/// How dates are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DateFormat {
    written: String,
    parts: Vec<Part>,
    /// Whether `YYYY-MM-DD` may be meant as well: not where the day stands between year and month.
    reads_iso: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Year { digits: usize },
    Month { exact: bool },
    Day { exact: bool },
    Text(String),
}

/// What may stand behind a date: `10:00`, `9.30`, `10:00:00.000`, `1 PM`, `T101500`, each perhaps with its zone. More dots
/// would be another date.
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    let clock = r"(?:[01]?[0-9]|2[0-4])(?::[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?|\.[0-5][0-9])";
    let half = r"(?:0?[1-9]|1[0-2])(?::[0-5][0-9](?::[0-5][0-9])?)?[ \u{a0}\u{202f}]?[AaPp]\.?[Mm]\.?";
    let packed = r"T(?:[01][0-9]|2[0-4])(?:[0-5][0-9](?:[0-5][0-9])?)?";
    let zone = r"(?: ?(?:Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?";
    let time = format!(r"^(?:[ T\u{{a0}}\u{{202f}}](?:{half}|{clock}(?: Uhr)?)|{packed}){zone}$");
    Regex::new(&time).expect("a pattern")
});

/// The form in which a workbook's own dates come.
static ISO: LazyLock<DateFormat> = LazyLock::new(|| DateFormat::new("YYYY-MM-DD").expect("a format"));

/// Two-digit years up to this one are of this century, later ones of the last (as POSIX `strptime` has it).
const LAST_SHORT_YEAR: u32 = 68;

impl DateFormat {
    /// A pattern with a year, a month and a day, each once; or why it is none.
    pub fn new(pattern: &str) -> Result<DateFormat, &'static str> {
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            let run = rest.len() - rest.trim_start_matches(c).len();
            let part = match (c, run) {
                ('Y', 4) => Part::Year { digits: 4 },
                ('Y', 2) => Part::Year { digits: 2 },
                ('M', 1 | 2) => Part::Month { exact: run == 2 },
                ('D', 1 | 2) => Part::Day { exact: run == 2 },
                ('Y' | 'M' | 'D', _) => return Err("a year is YYYY or YY, a month MM or M, a day DD or D"),
                (c, _) if c.is_ascii_alphanumeric() => return Err("between YYYY, MM and DD only marks may stand"),
                (_, run) => Part::Text(rest[..run].to_owned()),
            };
            rest = &rest[run..];
            parts.push(part);
        }
        let count = |matches: fn(&Part) -> bool| parts.iter().filter(|part| matches(part)).count();
        let once = count(|part| matches!(part, Part::Year { .. })) == 1
            && count(|part| matches!(part, Part::Month { .. })) == 1
            && count(|part| matches!(part, Part::Day { .. })) == 1;
        if once {
            let order: Vec<&Part> = parts.iter().filter(|part| !matches!(part, Part::Text(_))).collect();
            let reads_iso = !matches!(order[..], [Part::Year { .. }, Part::Day { .. }, _]);
            Ok(DateFormat { written: pattern.to_owned(), parts, reads_iso })
        } else {
            Err("a date has a year, a month and a day, each once, such as DD.MM.YYYY")
        }
    }

    /// As its author wrote it.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The date as ISO 8601; `None` when the text is no date of this form. A time of day after a space or `T` is left
    /// out. `YYYY-MM-DD` is read by every pattern but one with the day between year and month: a workbook's own dates come
    /// in that form, however they look there.
    pub fn read(&self, text: &str) -> Option<String> {
        self.read_written(text).or_else(|| ISO.read_written(text).filter(|_| self.reads_iso))
    }

    /// As it is written.
    fn read_written(&self, text: &str) -> Option<String> {
        let (mut year, mut month, mut day) = (0, 0, 0);
        let mut rest = text;
        for part in &self.parts {
            match part {
                Part::Year { digits } => {
                    let number = digits_of(&mut rest, *digits, *digits)?;
                    year = match digits {
                        2 if number <= LAST_SHORT_YEAR => 2000 + number,
                        2 => 1900 + number,
                        _ => number,
                    };
                }
                Part::Month { exact } => month = digits_of(&mut rest, 1 + usize::from(*exact), 2)?,
                Part::Day { exact } => day = digits_of(&mut rest, 1 + usize::from(*exact), 2)?,
                Part::Text(mark) => rest = rest.strip_prefix(mark.as_str())?,
            }
        }
        let ends = rest.is_empty() || TIME.is_match(rest);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            _ => 0,
        };
        (ends && (1..=days).contains(&day) && year > 0).then(|| format!("{year:04}-{month:02}-{day:02}"))
    }
}

/// The number at the start of a text.
fn digits_of(rest: &mut &str, min: usize, max: usize) -> Option<u32> {
    let count = rest.bytes().take(max).take_while(u8::is_ascii_digit).count();
    if count < min {
        return None;
    }
    let (digits, after) = rest.split_at(count);
    *rest = after;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pattern: &str, text: &str) -> Option<String> {
        DateFormat::new(pattern).expect("a format").read(text)
    }

    #[test]
    fn dates_of_many_countries_become_iso() {
        for (pattern, text, expected) in [
            ("DD.MM.YYYY", "24.12.2026", "2026-12-24"),
            ("D.M.YYYY", "4.2.2026", "2026-02-04"),
            ("D.M.YYYY", "24.12.2026", "2026-12-24"),
            ("M/D/YY", "2/29/68", "2068-02-29"),
            ("M/D/YY", "2/28/69", "1969-02-28"),
            ("YYYYMMDD", "20261224", "2026-12-24"),
            ("YYYY-MM-DD", "2026-12-24", "2026-12-24"),
            ("YYYY-MM-DD", "2026-12-24T10:00:00Z", "2026-12-24"),
            ("YYYY-MM-DD", "2026-12-24 10:00", "2026-12-24"),
            ("YYYYMMDD", "20261224T101500Z", "2026-12-24"),
            ("M/D/YYYY", "12/24/2026 1:05:00 PM", "2026-12-24"),
            ("DD.MM.YYYY", "24.12.2026 9.30", "2026-12-24"),
            ("YYYY-MM-DD", "2026-12-24T10:00:00.123+01:00", "2026-12-24"),
            ("DD.MM.YYYY", "2026-12-24", "2026-12-24"),
            ("YYYYMMDD", "2026-12-24", "2026-12-24"),
            ("M/D/YYYY", "12/24/2026 1 PM", "2026-12-24"),
            ("YYYY-MM-DD", "2026-12-24T10", "2026-12-24"),
            ("DD.MM.YYYY", "24.12.2026 10:00 Uhr", "2026-12-24"),
            ("DD.MM.YYYY", "2026-12-24 10:00:00", "2026-12-24"),
            ("DD/MM/YYYY", "24/12/2026", "2026-12-24"),
            ("YYYY年M月D日", "2026年2月4日", "2026-02-04"),
        ] {
            assert_eq!(read(pattern, text).as_deref(), Some(expected), "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for (pattern, text) in [
            ("DD.MM.YYYY", "4.2.2026"),
            ("DD.MM.YYYY", "31.04.2026"),
            ("DD.MM.YYYY", "29.02.2025"),
            ("DD.MM.YYYY", "29.02.1900"),
            ("DD.MM.YYYY", "00.01.2026"),
            ("DD.MM.YYYY", "01.13.2026"),
            ("DD.MM.YYYY", "24.12.2026x"),
            ("DD.MM.YYYY", "24.12.2026 at noon"),
            ("DD.MM.YYYY", "24.12.2026 25.12.2026"),
            ("DD.MM.YYYY", "24.12.2026 25.12"),
            ("DD.MM.YY", "24.12.26 12.11.26"),
            ("DD.MM.YYYY", "24.12.2026 2027"),
            ("DD.MM.YYYY", "24.12.2026 0012 é"),
            ("DD.MM.YYYY", "24.12.2026 10:00 10:00"),
            ("YYYY-DD-MM", "2026-12-24"),
            ("YYYY-MM-DD", "0000-01-01"),
            ("M/D/YYYY", ""),
        ] {
            assert_eq!(read(pattern, text), None, "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_has_year_month_and_day() {
        for pattern in ["", "YYYY", "DD.MM.YYYY DD", "YYY-MM-DD", "dd.mm.yyyy", "DD MMM YYYY", "DDxMMxYYYY"] {
            assert!(DateFormat::new(pattern).is_err(), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(pattern in "[YMD.å-]{0,12}", text in "[0-9.å /T-]{0,14}") {
            if let Ok(format) = DateFormat::new(&pattern) {
                format.read(&text);
            }
        }
    }
}
