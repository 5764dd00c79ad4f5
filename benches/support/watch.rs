//! The program in a process of its own, as people run it, and what it took.

use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Outcome, readings};

/// How often the program is looked at. The peak of its memory is kept by the system, so that only what is taken in the
/// last moment before the end can be missed.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What a process came to. Where the system tells nothing, there is no number.
pub struct Taken {
    pub status: ExitStatus,
    pub time: Duration,
    /// To 10 ms.
    pub cpu: Option<Duration>,
    pub peak_mib: Option<f64>,
}

/// Runs it to its end.
pub fn run(command: &mut Command) -> Outcome<Taken> {
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let (mut cpu, mut peak) = (None, None);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak = readings::peak_memory_kib(child.id()).or(peak);
        cpu = readings::cpu_of(&child.id().to_string()).or(cpu);
        thread::sleep(LOOK_EVERY);
    };
    Ok(Taken { status, time: began.elapsed(), cpu, peak_mib: peak.map(|kib| kib as f64 / 1024.0) })
}

/// A number with one decimal.
pub fn shown(number: Option<f64>) -> String {
    number.map_or_else(|| "n/a".to_owned(), |number| format!("{number:.1}"))
}
