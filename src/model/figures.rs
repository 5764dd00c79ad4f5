//! Numbers and times as people read them.

use std::time::Duration;

/// `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 request`, `2 requests`.
pub fn requests(number: u64) -> String {
    of(number, "request", "requests")
}

/// `1 card`, `2 cards`.
pub fn cards(number: u64) -> String {
    of(number, "card", "cards")
}

/// `1 row`, `2 rows`.
pub fn rows(number: u64) -> String {
    of(number, "row", "rows")
}

/// `1 goose`, `2 geese`.
pub fn of(number: u64, one: &str, several: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { several })
}

/// `812 bytes`, `14 kB`, `3.2 MB`, `1.5 GB`; thousands, as disks and tariffs count.
pub fn bytes(number: u64) -> String {
    let of = |unit: f64| number as f64 / unit;
    match number {
        0..1_000 => format!("{number} bytes"),
        1_000..1_000_000 => format!("{:.0} kB", of(1e3)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", of(1e6)),
        _ => format!("{:.1} GB", of(1e9)),
    }
}

/// `0.4 s`, `12 s`, `3 min 20 s`, `2 h 53 min`.
pub fn time(duration: Duration) -> String {
    let seconds = duration.as_secs_f64().round() as u64;
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A rate that was asked for: `10/s`, `0.5/s`.
pub fn rate_of(per_second: f64) -> String {
    format!("{per_second}/s")
}

/// `9.8/s`, `12,345/s`.
pub fn rate(number: u64, duration: Duration) -> String {
    let per_second = number as f64 / duration.as_secs_f64().max(1e-9);
    if per_second < 100.0 { format!("{per_second:.1}/s") } else { format!("{}/s", count(per_second.round() as u64)) }
}

/// A span of time as people say it; days from two days on.
pub fn span(span: Duration) -> String {
    let days = span.as_secs() / 86_400;
    if days < 2 { time(span) } else { format!("{days} days") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!([count(7), count(1_234), count(1_234_567)], ["7", "1,234", "1,234,567"]);
        assert_eq!([rows(1), rows(2), cards(1)], ["1 row", "2 rows", "1 card"]);
        let at = |seconds| time(Duration::from_secs_f64(seconds));
        assert_eq!([at(0.44), at(41.2), at(200.0), at(10_380.0)], ["0.4 s", "41 s", "3 min 20 s", "2 h 53 min"]);
        assert_eq!([bytes(812), bytes(13_700), bytes(3_200_000)], ["812 bytes", "14 kB", "3.2 MB"]);
        assert_eq!(rate(98, Duration::from_secs(10)), "9.8/s");
    }
}
