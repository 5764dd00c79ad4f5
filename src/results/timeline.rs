//! How requests went over time: numbers of constant size, however long the run.

use std::time::Duration;

/// The run is cut in so many spans at most; when it lasts longer, two become one.
const SPANS_MAX: usize = 120;

/// The first span's length.
const SPAN_FIRST: Duration = Duration::from_millis(250);

/// Latencies are counted by powers of the square root of two from one millisecond on: 34 steps reach two minutes.
const STEPS: usize = 34;

/// Requests over time, and how long they took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    span: Duration,
    spans: Vec<Span>,
    steps: [u64; STEPS],
    slowest: Duration,
}

/// The requests that were answered in one span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Those that were stored.
    pub stored: u64,
    /// All others: refused, put off, or without an answer.
    pub others: u64,
}

impl Default for Timeline {
    fn default() -> Timeline {
        Timeline { span: SPAN_FIRST, spans: Vec::new(), steps: [0; STEPS], slowest: Duration::ZERO }
    }
}

impl Timeline {
    /// A request ended at this time of the run, so long after it was sent.
    pub fn note(&mut self, at: Duration, took: Duration, stored: bool) {
        while self.index(at) >= SPANS_MAX {
            self.span *= 2;
            self.spans = self
                .spans
                .chunks(2)
                .map(|pair| Span {
                    stored: pair.iter().map(|span| span.stored).sum(),
                    others: pair.iter().map(|span| span.others).sum(),
                })
                .collect();
        }
        let index = self.index(at);
        if self.spans.len() <= index {
            self.spans.resize(index + 1, Span::default());
        }
        *(if stored { &mut self.spans[index].stored } else { &mut self.spans[index].others }) += 1;
        self.steps[step(took)] += 1;
        self.slowest = self.slowest.max(took);
    }

    fn index(&self, at: Duration) -> usize {
        usize::try_from(at.as_micros() / self.span.as_micros()).unwrap_or(usize::MAX)
    }

    /// How long one span is.
    pub fn span(&self) -> Duration {
        self.span
    }

    /// The spans from the beginning of the run.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// How many requests ended.
    pub fn requests(&self) -> u64 {
        self.steps.iter().sum()
    }

    /// Latencies from the fastest to the slowest: up to how long, and how many.
    pub fn latencies(&self) -> Vec<(Duration, u64)> {
        let first = self.steps.iter().position(|count| *count > 0).unwrap_or(0);
        let last = self.steps.iter().rposition(|count| *count > 0).map_or(first, |last| last + 1);
        (first..last).map(|at| (upper(at), self.steps[at])).collect()
    }

    /// Within how long this share of the requests was answered, to the next step above; nothing without requests.
    pub fn within(&self, share: f64) -> Option<Duration> {
        let wanted = (self.requests() as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let at = self.steps.iter().position(|count| {
            seen += count;
            seen >= wanted
        })?;
        Some(upper(at).min(self.slowest))
    }

    /// The slowest of all.
    pub fn slowest(&self) -> Duration {
        self.slowest
    }
}

fn step(took: Duration) -> usize {
    let steps = (took.as_secs_f64() * 1000.0).max(1.0).log2() * 2.0;
    (steps.ceil() as usize).min(STEPS - 1)
}

fn upper(step: usize) -> Duration {
    Duration::from_secs_f64(2f64.powf(step as f64 / 2.0) / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_has_no_more_spans_than_a_short_one() {
        let mut timeline = Timeline::default();
        for second in 0..7_200 {
            timeline.note(Duration::from_secs(second), Duration::from_millis(second % 100), second % 10 > 0);
        }
        assert!(timeline.spans().len() <= SPANS_MAX && timeline.spans().len() > SPANS_MAX / 4);
        let all = timeline.spans().iter().map(|span| span.stored + span.others).sum::<u64>();
        assert_eq!((all, timeline.requests()), (7_200, 7_200));
        assert_eq!(timeline.spans().iter().map(|span| span.others).sum::<u64>(), 720);
        assert!(timeline.span() * timeline.spans().len() as u32 >= Duration::from_secs(7_199));
        assert_eq!(timeline.slowest(), Duration::from_millis(99));
        let median = timeline.within(0.5).expect("there are requests");
        assert!((50..72).contains(&median.as_millis()), "{median:?}");
        assert_eq!(timeline.within(1.0), Some(Duration::from_millis(99)));
    }

    #[test]
    fn nothing_has_no_latency() {
        assert_eq!(Timeline::default().within(0.5), None);
        assert!(Timeline::default().latencies().is_empty());
    }

    #[test]
    fn steps_hold_what_they_say() {
        for ms in [0.2, 1.0, 1.5, 33.0, 999.0, 60_000.0] {
            let took = Duration::from_secs_f64(ms / 1000.0);
            assert!(upper(step(took)) >= took.mul_f64(0.999), "{ms}");
            assert!(step(took) == 0 || upper(step(took) - 1) < took, "{ms}");
        }
    }
}
