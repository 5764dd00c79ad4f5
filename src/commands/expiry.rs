//! A warning before the start when the token will not last.

use std::time::{Duration, SystemTime};

use secrecy::SecretString;

use super::stage::count_rows;
use crate::cli::SourceArgs;
use crate::model::SourceOptions;
use crate::pipeline::time_of_day;
use crate::settings::Claims;
use crate::ui::span;

/// What to warn of: a token that has ended, or that ends before all rows can be sent at the rate. The input is read once
/// more for that, as fast as reading goes; standard input is not.
pub fn warning(
    token: &SecretString,
    rate: Option<f64>,
    source: &SourceArgs,
    options: &SourceOptions,
) -> Option<String> {
    let expires = Claims::read(token)?.expires?;
    let now = time_of_day();
    told(expires, now, rate, || count_rows(source, options.clone()))
}

/// How long a token is good for yet, or how long ago it ended; nothing when it does not say.
pub fn left(token: &SecretString) -> Option<Result<Duration, Duration>> {
    let expires = Claims::read(token)?.expires?;
    Some(expires.duration_since(time_of_day()).map_err(|over| over.duration()))
}

fn told(expires: SystemTime, now: SystemTime, rate: Option<f64>, rows: impl FnOnce() -> Option<u64>) -> Option<String> {
    let Ok(left) = expires.duration_since(now) else {
        let over = now.duration_since(expires).unwrap_or_default();
        return Some(format!("the token says that it ended {} ago", span(over)));
    };
    let rate = rate?;
    let takes = Duration::try_from_secs_f64(rows()? as f64 / rate).ok()?;
    (takes > left).then(|| format!("at {rate}/s this takes {}; the token ends in {}", span(takes), span(left)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_ends_too_soon_is_told_of_before_the_start() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let warn = |seconds: u64, rows: Option<u64>| told(now + Duration::from_secs(seconds), now, Some(10.0), || rows);
        assert_eq!(
            warn(2_400, Some(103_800)).as_deref(),
            Some("at 10/s this takes 2 h 53 min; the token ends in 40 min 0 s")
        );
        assert_eq!(warn(2_400, Some(20_000)), None);
        assert_eq!(warn(2_400, None), None);
        let ended = told(now - Duration::from_secs(300), now, None, || None);
        assert_eq!(ended.as_deref(), Some("the token says that it ended 5 min 0 s ago"));
    }
}
