//! How far the run is: a bar for people, a line every few seconds for logs, nothing when quiet.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar as Bar, ProgressStyle};

use super::Terminal;
use crate::model::figures::{count, rows, time};
use crate::model::{Status, Tally};
use crate::pipeline::{Look, Progress, Snapshot};

const REFRESH: Duration = Duration::from_millis(100);
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows the progress of a run until it is dropped.
#[derive(Debug)]
pub struct ProgressBar {
    shown: Option<(Sender<()>, JoinHandle<()>)>,
}

impl ProgressBar {
    /// Starts showing. `dry` runs have rows that are fit where others have rows that are stored.
    pub fn show(terminal: &Terminal, name: &str, progress: Arc<Progress>, dry: bool) -> ProgressBar {
        if terminal.quiet() {
            return ProgressBar { shown: None };
        }
        let (end, ended) = channel::<()>();
        let terminal = terminal.clone();
        let name = name.to_owned();
        let shown = thread::Builder::new().name("progress".to_owned()).spawn(move || {
            let watched = terminal.is_watched();
            let bar = watched.then(|| terminal.bars().add(new_bar()));
            let mut pace = Pace::default();
            let step = if watched { REFRESH } else { LINE_EVERY };
            while ended.recv_timeout(step) == Err(RecvTimeoutError::Timeout) {
                let snapshot = progress.snapshot();
                let words = pace.words(&snapshot, step, dry);
                match &bar {
                    Some(bar) => {
                        bar.set_position((snapshot.fraction.unwrap_or(0.0) * 1000.0) as u64);
                        bar.set_message(words);
                    }
                    None => terminal.say(&format!("{name}: {words}")),
                }
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        });
        match shown {
            Ok(thread) => ProgressBar { shown: Some((end, thread)) },
            Err(_) => ProgressBar { shown: None },
        }
    }
}

impl Drop for ProgressBar {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.shown.take() {
            drop(end);
            // A panic in there has been reported, and is no reason to lose the run.
            drop(thread.join());
        }
    }
}

fn new_bar() -> Bar {
    let style = ProgressStyle::with_template("{bar:24} {wide_msg}").expect("the template is fixed and right");
    let bar = Bar::new(1000).with_style(style);
    bar.enable_steady_tick(REFRESH);
    bar
}

/// How fast it has gone lately: smoothed over about ten looks.
#[derive(Debug, Default)]
struct Pace {
    settled: u64,
    fraction: f64,
    rows_per_second: f64,
    fraction_per_second: f64,
}

impl Pace {
    fn words(&mut self, now: &Snapshot, step: Duration, dry: bool) -> String {
        if let Some((which, seen)) = now.look {
            return looking(which, seen, now.fraction);
        }
        let (settled, fraction) = (now.tally.rows(), now.fraction.unwrap_or(0.0));
        let seconds = step.as_secs_f64();
        let weight = if self.rows_per_second == 0.0 { 1.0 } else { (seconds / 2.0).min(1.0) };
        self.rows_per_second += weight * ((settled - self.settled) as f64 / seconds - self.rows_per_second);
        self.fraction_per_second += weight * ((fraction - self.fraction).max(0.0) / seconds - self.fraction_per_second);
        (self.settled, self.fraction) = (settled, fraction);

        let mut words = vec![rows(settled), counts(&now.tally, dry)];
        words.push(format!("{:.1}/s", self.rows_per_second));
        if let Some(pause) = now.pause {
            words.push(format!("pausing {}", time(pause)));
        } else if let Some(fraction) = now.fraction {
            words.push(format!("{:.0} %", fraction * 100.0));
            if self.fraction_per_second > 0.0 && fraction < 1.0 {
                let left = ((1.0 - fraction) / self.fraction_per_second).min(360_000.0);
                words.push(format!("{} left", time(Duration::from_secs_f64(left))));
            }
        }
        words.retain(|word| !word.is_empty());
        words.join(", ")
    }
}

/// `looking for rows that share a contact, 1 of 2: 180,000 rows, 18 %`.
fn looking(which: Look, seen: u64, fraction: Option<f64>) -> String {
    let nth = match which {
        Look::First => 1,
        Look::Second => 2,
    };
    let part = fraction.map(|fraction| format!(", {:.0} %", fraction * 100.0)).unwrap_or_default();
    format!("looking for rows that share a contact, {nth} of 2: {}{part}", rows(seen))
}

/// `1,180 stored, 3 invalid`: what there is of each.
fn counts(tally: &Tally, dry: bool) -> String {
    let said = tally.iter().filter(|&(_, rows)| rows > 0).map(|(status, rows)| {
        let word = if dry && status == Status::NotSent { "fit" } else { status.as_str() };
        format!("{} {}", count(rows), word.replace('_', " "))
    });
    said.collect::<Vec<_>>().join(", ")
}
