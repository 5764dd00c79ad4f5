//! A value of a cell into the one text we have for it.

use std::fmt::Write as _;

use super::calendar::{DAYS_END, date};
use crate::model::{Code, excerpt};
use crate::source::number_format::{Format, masked};

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Below this every whole number has an exact `f64`, and Excel shows all its digits.
const EXACT_MAX: f64 = 1e15;

/// What was odd about a value: the code and the rest of a sentence that begins with the cell.
pub(in crate::source) type Oddity = (Code, String);

/// Appends a number as its format has it, in the one way we write numbers and moments.
pub(in crate::source) fn push_number(out: &mut String, number: f64, format: &Format, is_1904: bool) -> Option<Oddity> {
    if !number.is_finite() {
        out.push_str(&number.to_string());
        return Some((Code::CellUnreadable, format!("holds {number}, which is not a number")));
    }
    match format {
        Format::Plain => {}
        Format::Masked(sections) => {
            if number.fract() == 0.0
                && (0.0..EXACT_MAX).contains(&number)
                && let Some(text) = masked(sections, number as u64)
            {
                out.push_str(&text);
                return None;
            }
        }
        Format::Duration => {
            write_time(out, (number * DAY as f64).round() as i64);
            return None;
        }
        Format::Date | Format::Time | Format::DateTime => {
            let end = if is_1904 { DAYS_END.1 } else { DAYS_END.0 };
            if !(0.0..end).contains(&number) {
                write_plain(out, number);
                return Some((Code::CellUnreadable, format!("holds {number}, which is no date")));
            }
            let seconds = (number * DAY as f64).round() as i64;
            if *format != Format::Time {
                out.push_str(&date(seconds / DAY, is_1904));
            }
            let (hours, minutes, seconds) = (seconds % DAY / 3600, seconds % 3600 / 60, seconds % 60);
            match format {
                Format::DateTime => put(out, format_args!("T{hours:02}:{minutes:02}:{seconds:02}")),
                Format::Time => put(out, format_args!("{hours}:{minutes:02}:{seconds:02}")),
                _ => {}
            }
            return None;
        }
    }
    write_plain(out, number);
    None
}

/// The shortest decimal that is this number: no exponent, no `.0`.
fn write_plain(out: &mut String, number: f64) {
    if number.fract() == 0.0 && number.abs() < EXACT_MAX {
        put(out, format_args!("{}", number as i64));
    } else {
        put(out, format_args!("{number}"));
    }
}

fn write_time(out: &mut String, seconds: i64) {
    let sign = if seconds < 0 { "-" } else { "" };
    let seconds = seconds.unsigned_abs();
    put(out, format_args!("{sign}{}:{:02}:{:02}", seconds / 3600, seconds % 3600 / 60, seconds % 60));
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes any text");
}

/// Appends a date or time written as ISO 8601, cut to what its format shows and to whole seconds.
pub(in crate::source) fn push_iso(out: &mut String, text: &str, format: &Format) {
    let text = text.trim();
    let (moment, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let moment = moment.strip_suffix('Z').unwrap_or(moment);
    let known = fraction.trim_end_matches('Z').bytes().all(|byte| byte.is_ascii_digit());
    out.push_str(match (moment.split_once('T'), format) {
        (Some((date, _)), Format::Date) if known => date,
        (Some((_, time)), Format::Time) if known => time.strip_prefix('0').unwrap_or(time),
        _ if known => moment,
        _ => text,
    });
    if *format == Format::DateTime && moment.len() == 10 && !moment.contains(['T', ':']) {
        out.push_str("T00:00:00");
    }
}

/// Appends an error value such as `#N/A`.
pub(in crate::source) fn push_error(out: &mut String, text: &str) -> Option<Oddity> {
    out.push_str(text);
    Some((Code::CellError, format!("shows {}", excerpt(text, 24))))
}

/// What to say about a cell the reader could not make sense of, given what stands in it.
pub(in crate::source) fn unreadable(raw: &str) -> Oddity {
    let shown = excerpt(raw, 24);
    if raw.starts_with('#') {
        (Code::CellError, format!("shows {shown}"))
    } else {
        (Code::CellUnreadable, format!("cannot be read: \"{shown}\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(number: f64, code: &str, expected: &str) {
        let mut out = String::new();
        push_number(&mut out, number, &Format::parse(code), false);
        assert_eq!(out, expected, "{number} as {code}");
    }

    #[test]
    fn numbers_are_written_as_short_as_they_go() {
        check(701_740_605.0, "General", "701740605");
        check(1.5, "General", "1.5");
        check(-0.0, "General", "0");
        check(0.1, "0%", "0.1");
        check(1e-7, "General", "0.0000001");
        check(4.670_170_062e11, "0.00E+00", "467017006200");
        check(1_234_567_890_123_456_789.0, "General", "1234567890123456800");
        check(4_111_111_111_111_111.0, "0", "4111111111111111");
        check(701_740_605.0, "0000000000", "0701740605");
        check(-5.0, "00000", "-5");
        check(1.5, "00000", "1.5");
    }

    #[test]
    fn moments_are_written_one_way() {
        check(45_943.0, "dd/mm/yyyy", "2025-10-13");
        check(45_943.541, "yyyy-mm-dd hh:mm", "2025-10-13T12:59:02");
        check(45_943.0, "yyyy-mm-dd hh:mm", "2025-10-13T00:00:00");
        check(45_943.999_999_99, "yyyy-mm-dd hh:mm", "2025-10-14T00:00:00");
        check(0.354_166_666_7, "h:mm", "8:30:00");
        check(1.5, "[h]:mm", "36:00:00");
        check(-0.5, "[h]:mm", "-12:00:00");
        check(1.0, "yyyy-mm-dd", "1900-01-01");
        check(61.0, "yyyy-mm-dd", "1900-03-01");
        check(-1.0, "yyyy-mm-dd", "-1");
        check(3e9, "yyyy-mm-dd", "3000000000");
    }

    #[test]
    fn workbooks_from_old_macs_count_from_1904() {
        let mut out = String::new();
        push_number(&mut out, 44_481.0, &Format::Date, true);
        assert_eq!(out, "2025-10-13");
    }

    #[test]
    fn dates_written_as_text_are_cut_to_what_shows() {
        let iso = |text, format| {
            let mut out = String::new();
            push_iso(&mut out, text, format);
            out
        };
        assert_eq!(iso("2024-03-01T00:00:00", &Format::Date), "2024-03-01");
        assert_eq!(iso("2024-03-01T10:20:30.5Z", &Format::DateTime), "2024-03-01T10:20:30");
        assert_eq!(iso("2024-03-01", &Format::Plain), "2024-03-01");
        assert_eq!(iso("2024-03-01", &Format::DateTime), "2024-03-01T00:00:00");
    }

    #[test]
    fn errors_keep_their_name() {
        let mut out = String::new();
        let odd = push_error(&mut out, "#N/A");
        assert_eq!((out.as_str(), odd), ("#N/A", Some((Code::CellError, "shows #N/A".to_owned()))));
        assert_eq!(unreadable("#SPILL!").0, Code::CellError);
        assert_eq!(unreadable("abc").0, Code::CellUnreadable);
    }
}
