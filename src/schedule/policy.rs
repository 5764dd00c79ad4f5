//! How fast, how often, how long: the numbers that the schedule decides by.

use std::time::Duration;

/// Everything about sending that is a matter of choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Requests in flight at most; at least 1.
    pub concurrency: usize,
    /// How long the first row goes alone, at most, while no answer has come.
    pub first_alone: Duration,
    /// Requests a second, fractional allowed; `None` is no limit.
    pub rate: Option<f64>,
    /// How many unknown outcomes a row may have before it ends, and how often the server may be unreachable in a row
    /// before the run stops.
    pub failures_max: u32,
    /// The first pause of the whole run after a request that was certainly not processed, when the server names none;
    /// doubles with every further one.
    pub retry_pause: Duration,
    /// The least pause after an unknown outcome. An instant retry would race its own abandoned attempt, and both
    /// would make a card (API facts, "May a row be sent again?").
    pub uncertain_pause: Duration,
    /// The longest pause that doubling leads to.
    pub pause_max: Duration,
    /// The longest pause a server may ask for; beyond it the run stops.
    pub retry_after_max: Duration,
    /// How many failures in a row, of whatever rows, stop the run.
    pub failures_in_a_row_max: u32,
    /// How many 403, 404, 405 or 415 in a row stop the run after it went well for a while.
    pub set_up_errors_max: u32,
    /// Identical 5xx texts for one row after which it is not tried again: it is the row, not the moment.
    pub same_failure_max: u32,
    /// Seed of the jitter.
    pub seed: u64,
}

impl Default for Policy {
    /// 4 in flight and 10 a second, as the API facts advise ("Rate").
    fn default() -> Self {
        Policy {
            concurrency: 4,
            first_alone: Duration::from_secs(2),
            rate: Some(10.0),
            failures_max: 5,
            retry_pause: Duration::from_millis(500),
            uncertain_pause: Duration::from_secs(3),
            pause_max: Duration::from_secs(60),
            retry_after_max: Duration::from_secs(15 * 60),
            failures_in_a_row_max: 25,
            set_up_errors_max: 3,
            same_failure_max: 3,
            seed: 0,
        }
    }
}
