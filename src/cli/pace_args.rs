//! How fast, how often, how long.

use std::str::FromStr;
use std::time::Duration;

use clap::Args;

use crate::schedule::{ErrorLimit, Guards, OnUncertain, Policy};
use crate::settings::{Rate, parse_duration};

/// The most requests in flight that can be asked for: more than any server of this kind serves at once.
const CONCURRENCY_MAX: usize = 1024;

/// Where `auto` ends: Cention's own load client keeps at most 50 requests in flight (API facts, "Rate").
const AUTO_MAX: usize = 32;

/// A server that fails again and again is left alone for longer than a single request: 5 s where a retry takes half a
/// second.
const PROBE_PER_RETRY_PAUSE: u32 = 10;

/// How fast, how often, how long.
#[derive(Clone, Debug, Args)]
pub struct PaceArgs {
    /// Requests in flight at most; auto finds out what the server can take, up to 32.
    #[arg(long, value_name = "N|auto", default_value = "4", help_heading = "Pace")]
    concurrency: Concurrency,
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
    /// What happens when nobody knows whether a row was stored: retry, stop or report. A row without a contact is never
    /// sent again.
    #[arg(long, value_name = "WHAT", default_value = "retry", help_heading = "Pace")]
    on_uncertain: OnUncertain,
    /// Send so many rows at most: a first careful try.
    #[arg(long, value_name = "N", help_heading = "Guards")]
    max_rows: Option<u64>,
    /// Stop when more rows than that are invalid, refused or uncertain; a share counts from the hundredth row on.
    #[arg(long, value_name = "N|N%", help_heading = "Guards")]
    max_errors: Option<ErrorLimit>,
    /// Stop sending after this long.
    #[arg(long, value_name = "DURATION", value_parser = some_time, help_heading = "Guards")]
    max_duration: Option<Duration>,
}

/// Requests in flight: a number, or as the server can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Concurrency {
    Fixed(usize),
    Auto,
}

impl PaceArgs {
    /// Requests in flight at most.
    pub fn in_flight_max(&self) -> usize {
        match self.concurrency {
            Concurrency::Fixed(number) => number,
            Concurrency::Auto => AUTO_MAX,
        }
    }

    /// As the schedule needs it.
    pub fn policy(&self, seed: u64) -> Policy {
        Policy {
            concurrency: self.in_flight_max(),
            adaptive: self.concurrency == Concurrency::Auto,
            rate: self.rate.0,
            on_uncertain: self.on_uncertain,
            retry_pause: self.retry_pause,
            probe_pause: self.retry_pause * PROBE_PER_RETRY_PAUSE,
            uncertain_pause: self.uncertain_pause,
            guards: Guards { rows_max: self.max_rows, errors_max: self.max_errors, duration_max: self.max_duration },
            seed,
            ..Policy::default()
        }
    }
}

impl FromStr for Concurrency {
    type Err = String;

    fn from_str(text: &str) -> Result<Concurrency, String> {
        match text.parse() {
            _ if text == "auto" => Ok(Concurrency::Auto),
            Ok(number @ 1..=CONCURRENCY_MAX) => Ok(Concurrency::Fixed(number)),
            _ => Err(format!("say 1 to {CONCURRENCY_MAX}, or auto")),
        }
    }
}

fn some_time(text: &str) -> Result<Duration, String> {
    parse_duration(text)
        .and_then(|time| if time.is_zero() { Err("it must be longer than nothing".to_owned()) } else { Ok(time) })
}
