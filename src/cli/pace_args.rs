//! How fast, how often, how long.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;

use crate::schedule::Policy;
use crate::settings::{Rate, parse_duration};

/// The most requests in flight that can be asked for: more than any server of this kind serves at once.
const CONCURRENCY_MAX: usize = 1024;

/// How fast, how often, how long.
#[derive(Clone, Debug, Args)]
pub struct PaceArgs {
    /// Requests in flight at most.
    #[arg(long, value_name = "N", default_value = "4", value_parser = concurrency, help_heading = "Pace")]
    pub concurrency: NonZeroUsize,
    /// Requests a second at most, fractions allowed; or unlimited.
    #[arg(long, value_name = "RATE", default_value = "10", help_heading = "Pace")]
    pub rate: Rate,
    /// How long one request may take.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = some_time, help_heading = "Pace")]
    pub timeout: Duration,
    /// How long requests in flight may take to finish after Ctrl-C.
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = parse_duration, help_heading = "Pace")]
    pub grace: Duration,
    /// The first pause after a failure; doubles with every further one.
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = some_time, help_heading = "Pace")]
    retry_pause: Duration,
    /// The least pause before a row is sent again whose outcome is unknown.
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = some_time, help_heading = "Pace")]
    uncertain_pause: Duration,
}

impl PaceArgs {
    /// As the schedule needs it.
    pub fn policy(&self, seed: u64) -> Policy {
        Policy {
            concurrency: self.concurrency.get(),
            rate: self.rate.0,
            retry_pause: self.retry_pause,
            uncertain_pause: self.uncertain_pause,
            seed,
            ..Policy::default()
        }
    }
}

fn concurrency(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .ok()
        .filter(|n: &NonZeroUsize| n.get() <= CONCURRENCY_MAX)
        .ok_or_else(|| format!("say 1 to {CONCURRENCY_MAX}"))
}

fn some_time(text: &str) -> Result<Duration, String> {
    parse_duration(text)
        .and_then(|time| if time.is_zero() { Err("it must be longer than nothing".to_owned()) } else { Ok(time) })
}
