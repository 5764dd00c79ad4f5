//! What the system knows of a process. Where it tells nothing, there is no number.

use std::fs;
use std::time::Duration;

/// Clock ticks of `/proc`, the same 100 a second on every Linux architecture that Rust runs on (`USER_HZ`).
const TICKS_PER_SECOND: u64 = 100;

/// CPU time of this process so far, all threads, also those that have ended; to 10 ms.
pub fn cpu() -> Option<Duration> {
    cpu_of("self")
}

/// The same of another process, by its number.
pub fn cpu_of(process: &str) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field may hold anything, also spaces and brackets; the others are numbers (proc_pid_stat(5)).
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut fields = after_name.split(' ').skip(11);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}

/// The most memory that a process has held at once so far, in KiB.
pub fn peak_memory_kib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim_end().parse().ok()
}
