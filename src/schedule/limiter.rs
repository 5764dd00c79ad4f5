//! How many requests a second: governor's GCRA, on the time the schedule is told.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

/// How far behind its time a request may be and still not delay those after it. A timer wakes up to a millisecond late,
/// and a limiter without any burst loses that much at every request (measured: -33 % at 5,000/s); governor's own default
/// lets twice the rate through in the first second. As a span of time, and not as a number of requests, it costs every
/// rate the same: a second sees at most what 1.012 s are granted, and one, which leaves 8 ms of the fiftieth that is
/// allowed beyond the rate to requests that are held up on their way to the server.
const BURST: Duration = Duration::from_millis(12);

/// One request takes so many of governor's cells that a cell is no longer than this: governor counts bursts in cells.
const CELL_MAX: Duration = Duration::from_millis(1);

type Gcra = RateLimiter<NotKeyed, InMemoryState, ToldTime, NoOpMiddleware<Duration>>;

/// Grants or defers requests; without a rate it grants all.
#[derive(Debug)]
pub struct Limiter {
    limit: Option<Limit>,
}

#[derive(Debug)]
struct Limit {
    gcra: Gcra,
    time: ToldTime,
    /// What one request takes.
    cells: NonZeroU32,
}

impl Limiter {
    /// A limiter for `rate` requests a second, which must be above zero.
    pub fn new(rate: Option<f64>) -> Limiter {
        Limiter { limit: rate.map(Limit::new) }
    }

    /// Takes a permit at `now`, or tells how long until there is one.
    pub fn take(&self, now: Duration) -> Result<(), Duration> {
        let Some(Limit { gcra, time, cells }) = &self.limit else { return Ok(()) };
        time.set(now);
        let granted = gcra.check_n(*cells).expect("the burst holds the cells of a request, and more");
        granted.map_err(|later| later.wait_time_from(now).max(Duration::from_nanos(1)))
    }
}

impl Limit {
    fn new(rate: f64) -> Limit {
        let period = Duration::from_secs_f64(1.0 / rate);
        let cells = NonZeroU32::MIN.saturating_add((period.as_nanos() / CELL_MAX.as_nanos()) as u32);
        let cell = (period / cells.get()).max(Duration::from_nanos(1));
        let spare = (BURST.as_nanos() / cell.as_nanos()) as u32;
        let quota = Quota::with_period(cell).expect("a cell takes some time").allow_burst(cells.saturating_add(spare));
        let time = ToldTime::default();
        Limit { gcra: RateLimiter::direct_with_clock(quota, time.clone()), time, cells }
    }
}

/// Who was held up may leave so much faster than the rate, or those behind would take up room for ever.
const CATCH_UP: f64 = 1.01;

/// With this burst a second sees at most what 1.006 s are granted at the faster rate, and one: 1.6 % and one.
const CATCH_UP_BURST: Duration = Duration::from_millis(6);

/// When those may leave who were let go, and then held up on the way, perhaps several together. Whoever was not is kept
/// for no longer than the limiter's own burst.
#[derive(Debug)]
pub struct Departures {
    period: Duration,
    /// When the next one is due.
    due: Duration,
}

impl Departures {
    /// For `rate` requests a second, which must be above zero; without one nobody waits.
    pub fn new(rate: Option<f64>) -> Departures {
        let period = rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / (rate * CATCH_UP)));
        Departures { period, due: Duration::ZERO }
    }

    /// From when on the next one may leave.
    pub fn next(&self) -> Duration {
        self.due.saturating_sub(CATCH_UP_BURST)
    }

    /// One leaves at `now`.
    pub fn leave(&mut self, now: Duration) {
        self.due = self.due.max(now) + self.period;
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

    const RATES: [f64; 10] = [0.2, 0.9, 1.0, 2.5, 10.0, 50.0, 333.3, 1_000.0, 5_000.0, 50_000.0];

    /// Takes permits as fast as they are granted until `end`, with `late` by how much the timer wakes too late; returns
    /// the moments.
    fn permits(rate: f64, end: Duration, mut late: impl FnMut(Duration) -> Duration) -> Vec<Duration> {
        let limiter = Limiter::new(Some(rate));
        let (mut now, mut taken) = (Duration::ZERO, Vec::new());
        while now < end {
            match limiter.take(now) {
                Ok(()) => taken.push(now),
                Err(wait) => now += wait + late(now),
            }
        }
        taken
    }

    /// The most that any second saw, its two ends included.
    fn worst_second(taken: &[Duration]) -> usize {
        let within = |from: usize| taken.partition_point(|&at| at <= taken[from] + Duration::from_secs(1)) - from;
        (0..taken.len()).map(within).max().unwrap_or_default()
    }

    fn allowed(rate: f64) -> usize {
        (rate * 1.02 + 1.0).floor() as usize
    }

    fn mean(taken: &[Duration]) -> f64 {
        let took = taken.last().expect("some were taken").saturating_sub(taken[0]);
        (taken.len() - 1) as f64 / took.as_secs_f64()
    }

    #[test]
    fn the_rate_is_kept_overall_and_in_every_second() {
        for rate in RATES {
            let end = Duration::from_secs_f64((100.0 / rate).clamp(5.0, 500.0));
            let taken = permits(rate, end, |_| Duration::ZERO);
            assert!((mean(&taken) / rate - 1.0).abs() <= 0.004, "{rate}/s: {}/s", mean(&taken));
            assert!(worst_second(&taken) <= allowed(rate), "{rate}/s: {} in one second", worst_second(&taken));
        }
    }

    #[test]
    fn a_timer_that_is_late_loses_nothing_and_wins_nothing() {
        for rate in RATES {
            let end = Duration::from_secs_f64((300.0 / rate).clamp(5.0, 1_500.0));
            // From 0 to 7 ms late, in no pattern to speak of.
            let taken = permits(rate, end, |now| Duration::from_micros(now.as_micros() as u64 * 2_654_435_761 % 7_001));
            assert!((mean(&taken) / rate - 1.0).abs() <= 0.01, "{rate}/s: {}/s", mean(&taken));
            assert!(worst_second(&taken) <= allowed(rate), "{rate}/s: {} in one second", worst_second(&taken));
        }
    }

    #[test]
    fn a_stall_is_not_made_up_for() {
        for rate in RATES {
            let mut stalled = false;
            let end = Duration::from_secs_f64((100.0 / rate).clamp(8.0, 500.0));
            let stall = |now: Duration| {
                let first = now > end / 2 && !stalled;
                stalled |= first;
                if first { Duration::from_secs(2) } else { Duration::ZERO }
            };
            let taken = permits(rate, end, stall);
            assert!(worst_second(&taken) <= allowed(rate), "{rate}/s: {} in one second", worst_second(&taken));
        }
    }

    /// When they leave who are granted permits, and are held up until `held` says.
    fn departures(rate: f64, granted: &[Duration], held: impl Fn(Duration) -> Duration) -> Vec<Duration> {
        let (mut departures, mut left) = (Departures::new(Some(rate)), Vec::new());
        for &at in granted {
            let at = held(at).max(departures.next());
            departures.leave(at);
            left.push(at);
        }
        left
    }

    #[test]
    fn who_is_held_up_leaves_at_the_rate_all_the_same() {
        for rate in RATES {
            let end = Duration::from_secs_f64((100.0 / rate).clamp(5.0, 500.0));
            let granted = permits(rate, end, |_| Duration::ZERO);
            let late = |left: &[Duration]| left.iter().zip(&granted).map(|(left, at)| *left - *at).max();
            assert!(late(&departures(rate, &granted, |at| at)) <= Some(BURST), "{rate}/s: nobody was held up");
            // A journal that lets them go every 150 ms, as many as have come.
            let bunched = |at: Duration| Duration::from_millis(at.as_millis().div_ceil(150) as u64 * 150);
            let left = departures(rate, &granted, bunched);
            assert!(worst_second(&left) <= allowed(rate), "{rate}/s: {} in one second", worst_second(&left));
            let most = Duration::from_millis(2 * 150) + BURST;
            assert!(late(&left) <= Some(most), "{rate}/s: {:?}, and delays do not add up", late(&left));
        }
    }

    #[test]
    fn no_limit_is_no_limit() {
        let mut departures = Departures::new(None);
        departures.leave(Duration::from_secs(1));
        assert!(departures.next() <= Duration::from_secs(1));
        assert!((0..1_000).all(|_| Limiter::new(None).take(Duration::ZERO).is_ok()));
    }
}
