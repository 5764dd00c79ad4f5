//! Requests a second, as people write them.

use std::str::FromStr;

/// The fastest rate that can be asked for; above it no machine of ours can tell the difference.
const PER_SECOND_MAX: f64 = 1e6;

/// The slowest: one an hour.
const PER_SECOND_MIN: f64 = 1.0 / 3600.0;

/// Requests a second, or no limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(pub Option<f64>);

impl FromStr for Rate {
    type Err = String;

    /// `10`, `0.5`, `10/s`, or `unlimited`.
    fn from_str(text: &str) -> Result<Rate, String> {
        let text = text.trim();
        if text == "unlimited" {
            return Ok(Rate(None));
        }
        match text.strip_suffix("/s").unwrap_or(text).parse::<f64>() {
            Ok(rate) if (PER_SECOND_MIN..=PER_SECOND_MAX).contains(&rate) => Ok(Rate(Some(rate))),
            Ok(_) => Err(format!("say between {PER_SECOND_MIN:.5} and {PER_SECOND_MAX} a second, or unlimited")),
            Err(_) => Err("say a number of requests a second, such as 10 or 0.5, or unlimited".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_written() {
        let rate = |text: &str| text.parse::<Rate>().ok();
        assert_eq!([rate("10"), rate("0.5/s")], [Some(Rate(Some(10.0))), Some(Rate(Some(0.5)))]);
        assert_eq!(rate("unlimited"), Some(Rate(None)));
        for text in ["", "0", "-1", "nan", "inf", "ten", "1e9"] {
            assert_eq!(rate(text), None, "{text}");
        }
    }
}
