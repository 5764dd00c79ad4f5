//! How fast, how often, how long: the numbers that the schedule decides by.

use std::time::Duration;

use super::Guards;

/// Everything about sending that is a matter of choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Requests in flight at most; at least 1.
    pub concurrency: usize,
    /// Whether the number in flight finds its own way between 1 and `concurrency`.
    pub adaptive: bool,
    /// Requests a second, fractional allowed; `None` is no limit.
    pub rate: Option<f64>,
    /// How long the first row goes alone, at most, while no answer has come.
    pub first_alone: Duration,
    /// What happens when nobody knows whether a row was stored.
    pub on_uncertain: OnUncertain,
    /// How many unknown outcomes a row may have before it ends.
    pub failures_max: u32,
    /// How often in a row the server may be unreachable before the run stops, if it was never reached: some seconds.
    pub unreachable_first_max: u32,
    /// The same once it has been reached: some minutes, in which an ordinary restart is over.
    pub unreachable_max: u32,
    /// How many rows may be refused from the beginning on, without any stored, before the run stops: then it is not the
    /// rows.
    pub refused_first_max: u32,
    /// After this long since its first attempt a row is not tried again.
    pub row_deadline: Duration,
    /// How many resends the run may make beyond one for every five rows stored. When they are used up, the run slows
    /// down to single tries until rows are stored again: a storm must not multiply.
    pub resends_spare: u32,
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
    /// How many failures in a row, of whatever rows, reduce the run to single probes.
    pub open_after: u32,
    /// The pause before the first probe; doubles with every further one.
    pub probe_pause: Duration,
    /// How many probes may fail in a row before the run stops.
    pub probes_max: u32,
    /// How many 403, 404, 405 or 415 in a row stop the run after it went well for a while.
    pub set_up_errors_max: u32,
    /// Identical texts for one row, of a 500 or of a 2xx that nobody can read, after which it is not tried again: it is the
    /// row, not the moment.
    pub same_failure_max: u32,
    /// Limits that the user sets.
    pub guards: Guards,
    /// Seed of the jitter.
    pub seed: u64,
}

/// What happens when nobody knows whether a row was stored. A row without identity is never sent again, whatever this
/// says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUncertain {
    /// It is sent again, a few times, with growing pauses.
    #[default]
    Retry,
    /// It ends as uncertain, and the run stops.
    Stop,
    /// It ends as uncertain.
    Report,
}

impl Default for Policy {
    /// 4 in flight and 10 a second, as the API facts advise ("Rate").
    fn default() -> Self {
        Policy {
            concurrency: 4,
            adaptive: false,
            rate: Some(10.0),
            first_alone: Duration::from_secs(2),
            on_uncertain: OnUncertain::Retry,
            failures_max: 5,
            unreachable_first_max: 5,
            unreachable_max: 10,
            refused_first_max: 50,
            row_deadline: Duration::from_secs(10 * 60),
            resends_spare: 100,
            retry_pause: Duration::from_millis(500),
            uncertain_pause: Duration::from_secs(3),
            pause_max: Duration::from_secs(60),
            retry_after_max: Duration::from_secs(15 * 60),
            open_after: 10,
            probe_pause: Duration::from_secs(5),
            probes_max: 5,
            set_up_errors_max: 3,
            same_failure_max: 3,
            guards: Guards::default(),
            seed: 0,
        }
    }
}

impl std::str::FromStr for OnUncertain {
    type Err = String;

    fn from_str(text: &str) -> Result<OnUncertain, String> {
        match text {
            "retry" => Ok(OnUncertain::Retry),
            "stop" => Ok(OnUncertain::Stop),
            "report" => Ok(OnUncertain::Report),
            _ => Err("say retry, stop or report".to_owned()),
        }
    }
}
