//! What it takes to go on with a run of which everything is stored: rows a second, and memory.
//!
//! `cargo bench --bench resume [-- ROWS]`
#![expect(clippy::print_stdout, reason = "a bench prints what it found")]

mod support;

use std::fs::{File, FileTimes};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use support::canned::{self, Canned};
use support::people::Crowd;
use support::watch::{self, Taken, shown};
use support::{Outcome, files, mapping};

fn main() -> Outcome {
    canned::answer_if_asked()?;
    let large = support::rows(1_000_000);
    let mapping = mapping::file()?;
    let server = Canned::start(Duration::ZERO)?;
    println!(
        "\n{:<10} {:>14} {:>14} {:>14} {:>12} {:>14} {:>14}",
        "rows", "import, rows/s", "resume, rows/s", "CPU µs/row", "peak MiB", "journal, B/row", "results, B/row"
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
        let run_dir = run_dir(place.path(), &table);
        let bytes_per_row =
            |name: &str| -> Outcome<f64> { Ok(std::fs::metadata(run_dir.join(name))?.len() as f64 / rows as f64) };
        println!(
            "{rows:<10} {:>14} {:>14} {:>14} {:>12} {:>14.0} {:>14.0}",
            per_second(&first),
            per_second(&again),
            shown(again.cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / rows as f64)),
            shown(again.peak_mib),
            bytes_per_row("journal.db")?,
            bytes_per_row("results.csv")?
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
    let mut command = Command::new(env!("CARGO_BIN_EXE_c3import"));
    command.arg("import").arg(table).arg("-m").arg(mapping).args(words).env("C3IMPORT_TOKEN", "made.up.token");
    let taken = watch::run(command.env("XDG_STATE_HOME", place).current_dir(place))?;
    if !taken.status.success() {
        return Err(format!("{}: {}", table.display(), taken.status).into());
    }
    Ok(taken)
}
