//! What it takes to go on with a run of which everything is stored: rows a second, and memory.
//!
//! `cargo bench --bench resume [-- ROWS]`
#![expect(clippy::print_stdout, reason = "a bench prints what it found")]

mod support;

use std::fs::{File, FileTimes};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use support::canned::{self, Canned};
use support::people::Crowd;
use support::{Outcome, files, mapping, readings};

/// How often the program's memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What a session came to.
struct Taken {
    time: Duration,
    peak_mib: Option<f64>,
}

fn main() -> Outcome {
    canned::answer_if_asked()?;
    let large = support::rows(1_000_000);
    let mapping = mapping::file()?;
    let server = Canned::start(Duration::ZERO)?;
    println!(
        "\n{:<12} {:>16} {:>16} {:>16} {:>14}",
        "rows", "import, rows/s", "resume, rows/s", "resume, MiB", "journal, B/row"
    );
    let mut peaks = Vec::new();
    for rows in [(large / 100).max(1), large] {
        let table = files::csv(rows, Crowd::Distinct)?;
        let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let import = || session(place.path(), &table, &mapping, &server.url());
        let first = import()?;
        // Who has not touched the file has a finished run, and nothing to go on with.
        File::options().append(true).open(&table)?.set_times(FileTimes::new().set_modified(SystemTime::now()))?;
        let again = import()?;
        let per_second = |taken: &Taken| format!("{:.0}", rows as f64 / taken.time.as_secs_f64());
        let journal = std::fs::metadata(run_dir(place.path(), &table).join("journal.db"))?.len();
        println!(
            "{rows:<12} {:>16} {:>16} {:>16} {:>14.0}",
            per_second(&first),
            per_second(&again),
            again.peak_mib.map_or_else(|| "n/a".to_owned(), |mib| format!("{mib:.1}")),
            journal as f64 / rows as f64
        );
        peaks.extend(again.peak_mib);
    }
    if let [small, large] = peaks[..] {
        println!("{:.1} MiB more", large - small);
    }
    Ok(())
}

fn run_dir(place: &Path, table: &Path) -> PathBuf {
    place.join(table.with_extension("c3run").file_name().unwrap_or_default())
}

/// The program as people run it.
fn session(place: &Path, table: &Path, mapping: &Path, server: &str) -> Outcome<Taken> {
    let words = ["--rate", "unlimited", "--concurrency", "32", "--quiet", "--server", server, "--workspace", "bench"];
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_c3import"))
        .arg("import")
        .arg(table)
        .arg("-m")
        .arg(mapping)
        .args(words)
        .env("C3IMPORT_TOKEN", "made.up.token")
        .env("XDG_STATE_HOME", place)
        .current_dir(place)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()?;
    let mut peak = None;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak = readings::peak_memory_kib(child.id()).or(peak);
        thread::sleep(LOOK_EVERY);
    };
    if !status.success() {
        return Err(format!("{}: {status}", table.display()).into());
    }
    Ok(Taken { time: began.elapsed(), peak_mib: peak.map(|kib| kib as f64 / 1024.0) })
}
