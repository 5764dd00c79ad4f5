//! Durations as people write them.

use std::time::Duration;

/// Longer than any run should wait for anything.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// Reads `500ms`, `5s`, `2m`, `1h`; fractions allowed (`1.5s`). The unit is required.
///
/// # Errors
/// A sentence that says what a duration looks like.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let seconds_per_unit = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err("write a number and a unit, such as 500ms, 5s, 2m or 1h".to_owned()),
    };
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = number
        .parse()
        .ok()
        .filter(|_| plain)
        .ok_or_else(|| "write a number and a unit, such as 500ms or 5s".to_owned())?;
    let duration = Duration::try_from_secs_f64(number * seconds_per_unit).ok().filter(|&duration| duration <= LONGEST);
    duration.ok_or_else(|| "a week is the longest".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_written() {
        let ms = |text| parse_duration(text).map(|duration| duration.as_millis()).ok();
        assert_eq!(
            [ms("500ms"), ms("5s"), ms("2m"), ms("1h")],
            [Some(500), Some(5_000), Some(120_000), Some(3_600_000)]
        );
        assert_eq!([ms("1.5s"), ms(" 0s ")], [Some(1_500), Some(0)]);
        for text in ["", "5", "s", "-5s", "5 s", "1e3s", "5d", "nans", "99999999999999999999h", "169h", "1.2.3s"] {
            assert_eq!(ms(text), None, "{text}");
        }
    }
}
