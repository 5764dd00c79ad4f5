//! How many requests may be in flight: a fixed number, or one that finds out what the server can take.

use std::time::Duration;

use crate::model::Verdict;

/// Slower than this many times its best, a server is taken to be queueing.
const SLOW: f64 = 2.0;

/// Differences in latency below this are noise.
const NOISE: Duration = Duration::from_millis(10);

/// Additive increase, multiplicative decrease, as in TCP's congestion avoidance (RFC 5681): one more a round of good
/// answers, half when the server is overloaded, a little less when it is merely slow.
#[derive(Debug)]
pub struct Window {
    limit: f64,
    max: usize,
    adaptive: bool,
    best: Option<Duration>,
    last_cut: Duration,
    reached: usize,
}

impl Window {
    /// At most `max` in flight; an adaptive one begins with `start`.
    pub fn new(max: usize, adaptive: bool, start: usize) -> Window {
        let limit = if adaptive { start.min(max) } else { max };
        Window { limit: limit as f64, max, adaptive, best: None, last_cut: Duration::ZERO, reached: limit }
    }

    /// How many may be in flight now.
    pub fn limit(&self) -> usize {
        self.limit as usize
    }

    /// The most it has allowed so far.
    pub fn reached(&self) -> usize {
        self.reached
    }

    /// Hears the verdict on a request sent at `sent_at`.
    pub fn hear(&mut self, verdict: &Verdict, sent_at: Duration, now: Duration) {
        if !self.adaptive {
            return;
        }
        let overloaded = match verdict {
            Verdict::NotProcessed { .. } | Verdict::Unknown { .. } => true,
            Verdict::Stored { .. } | Verdict::Refused { .. } | Verdict::Fatal { .. } => false,
        };
        let latency = now.saturating_sub(sent_at);
        let best = self.best.map_or(latency, |best| best.min(latency));
        let slow = latency > best.mul_f64(SLOW) + NOISE;
        if overloaded || slow {
            // What was sent before the last cut says nothing of the window as it is now.
            if sent_at >= self.last_cut {
                self.limit = (self.limit * if overloaded { 0.5 } else { 0.9 }).max(1.0);
                self.last_cut = now;
            }
        } else {
            self.limit = (self.limit + 1.0 / self.limit).min(self.max as f64);
            self.reached = self.reached.max(self.limit());
        }
        if !overloaded {
            // The best fades a little, so that one lucky answer does not rule for ever.
            self.best = Some(best.mul_f64(1.001));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> Verdict {
        Verdict::Stored { status: 201, id: None, oddity: None, echo: None }
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn it_grows_by_one_a_round_and_halves_when_the_server_says_stop() {
        let mut window = Window::new(32, true, 4);
        let mut now = ms(0);
        for _ in 0..4 {
            window.hear(&stored(), now, now + ms(20));
        }
        assert_eq!(window.limit(), 4, "nearly a round");
        for _ in 0..500 {
            now += ms(1);
            window.hear(&stored(), now, now + ms(20));
        }
        assert_eq!((window.limit(), window.reached()), (32, 32));
        let stop = Verdict::NotProcessed { status: Some(429), retry_after: None, reason: String::new() };
        window.hear(&stop, now, now + ms(20));
        window.hear(&stop, now, now + ms(21));
        assert_eq!(window.limit(), 16, "two answers of one moment are one message");
        assert_eq!(window.reached(), 32);
    }

    #[test]
    fn a_server_that_begins_to_queue_gets_less() {
        let mut window = Window::new(64, true, 8);
        window.hear(&stored(), ms(0), ms(20));
        window.hear(&stored(), ms(100), ms(400));
        assert_eq!(window.limit(), 7);
    }

    #[test]
    fn a_fixed_window_stays_fixed() {
        let mut window = Window::new(4, false, 1);
        window.hear(&Verdict::Unknown { status: None, reason: String::new() }, ms(0), ms(1));
        assert_eq!(window.limit(), 4);
    }
}
