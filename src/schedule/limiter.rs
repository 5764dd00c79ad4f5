//! How many requests a second: governor's GCRA, on the time the schedule is told.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

/// What may go at once after a lull, as time at the asked rate. A timer wakes up to a millisecond late, and a limiter
/// without any burst loses that much at every request; governor's own default would let twice the rate through in the
/// first second (measured: -33 % at 5,000/s without, +98 % with the default).
const BURST: Duration = Duration::from_millis(15);

type Gcra = RateLimiter<NotKeyed, InMemoryState, ToldTime, NoOpMiddleware<Duration>>;

/// What may be sent within any second beyond the rate: a fiftieth, and one.
const EXCESS: f64 = 0.02;

/// How many requests may go at once: [`BURST`] worth, at least two so that a late timer can be made up for, and never so
/// many that a second sees more than the rate and [`EXCESS`] and one.
fn burst(rate: f64) -> u32 {
    let wanted = (rate * BURST.as_secs_f64()).ceil().max(2.0);
    let allowed = (rate * (1.0 + EXCESS) + 2.0 - rate.ceil()).floor();
    wanted.min(allowed).clamp(1.0, f64::from(u32::MAX)) as u32
}

/// Grants or defers requests; `None` grants all.
#[derive(Debug)]
pub struct Limiter {
    inner: Option<(Gcra, ToldTime)>,
}

impl Limiter {
    /// A limiter for `rate` requests a second, which must be above zero.
    pub fn new(rate: Option<f64>) -> Limiter {
        let inner = rate.map(|rate| {
            let period = Duration::from_secs_f64(1.0 / rate).max(Duration::from_nanos(1));
            let burst = burst(rate);
            let quota = Quota::with_period(period)
                .expect("the period is at least a nanosecond")
                .allow_burst(NonZeroU32::new(burst).expect("the burst is at least one"));
            let time = ToldTime::default();
            (RateLimiter::direct_with_clock(quota, time.clone()), time)
        });
        Limiter { inner }
    }

    /// Takes a permit at `now`, or tells how long until there is one.
    pub fn take(&self, now: Duration) -> Result<(), Duration> {
        let Some((gcra, time)) = &self.inner else { return Ok(()) };
        time.set(now);
        gcra.check().map_err(|later| later.wait_time_from(now).max(Duration::from_nanos(1)))
    }
}

/// governor's clock: the time it was last told, since the start of the run.
#[derive(Clone, Debug, Default)]
struct ToldTime(Arc<AtomicU64>);

impl ToldTime {
    fn set(&self, now: Duration) {
        self.0.store(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Clock for ToldTime {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes permits as fast as they are granted for `seconds`; returns the moments.
    fn permits(rate: f64, seconds: u64) -> Vec<Duration> {
        let limiter = Limiter::new(Some(rate));
        let (mut now, mut taken) = (Duration::ZERO, Vec::new());
        while now < Duration::from_secs(seconds) {
            match limiter.take(now) {
                Ok(()) => taken.push(now),
                Err(wait) => now += wait,
            }
        }
        taken
    }

    #[test]
    fn the_rate_is_kept_overall_and_in_every_second() {
        for rate in [0.2, 1.0, 2.5, 10.0, 50.0, 333.3, 5_000.0] {
            let taken = permits(rate, 20);
            let mean = taken.len() as f64 / 20.0;
            assert!((mean - rate).abs() <= rate * 0.01 + 0.1, "{rate}/s: {mean}/s");
            let worst = (0..taken.len())
                .map(|from| taken.partition_point(|&t| t < taken[from] + Duration::from_secs(1)) - from)
                .max();
            let bound = (rate * 1.02 + 1.0).floor().max(1.0) as usize;
            assert!(worst.is_some_and(|worst| worst <= bound), "{rate}/s: {worst:?} in one second");
        }
    }

    #[test]
    fn no_limit_is_no_limit() {
        assert!((0..1_000).all(|_| Limiter::new(None).take(Duration::ZERO).is_ok()));
    }
}
