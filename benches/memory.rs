//! How much memory the program takes at most, for small and for large files.
//!
//! `cargo bench --bench memory [-- ROWS]`
#![expect(clippy::print_stdout, reason = "a bench prints what it found")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use support::canned::{self, Canned};
use support::people::Crowd;
use support::{Outcome, files, mapping, readings};

/// How often the program's memory is looked at. The peak is kept by the system, so that only what is taken in the last
/// moment before the end can be missed.
const LOOK_EVERY: Duration = Duration::from_millis(2);

fn main() -> Outcome {
    canned::answer_if_asked()?;
    let large = support::rows(1_000_000);
    let small = (large / 100).max(1);
    let tables = [files::csv(small, Crowd::Mixed)?, files::csv(large, Crowd::Mixed)?];
    let mapping = mapping::file()?;
    let server = Canned::start(Duration::ZERO)?;
    let program = Program { mapping, server: server.url() };

    println!("\npeak memory, MiB");
    println!("{:<28} {:>14} {:>14} {:>10}", "", format!("{small} rows"), format!("{large} rows"), "more");
    for (name, words) in [
        ("check", vec!["check"]),
        ("import, 4 in flight", vec!["import", "--rate", "unlimited", "--concurrency", "4"]),
        ("import, 128 in flight", vec!["import", "--rate", "unlimited", "--concurrency", "128"]),
    ] {
        let [small, large] = tables.each_ref().map(|table| program.peak(&words, table));
        let (small, large) = (small?, large?);
        let more = small.zip(large).map(|(small, large)| large - small);
        println!("{name:<28} {:>14} {:>14} {:>10}", shown(small), shown(large), shown(more));
    }
    Ok(())
}

/// The program as people run it.
struct Program {
    mapping: PathBuf,
    server: String,
}

impl Program {
    /// The most memory it has held at once, in MiB; nothing where the system does not tell.
    fn peak(&self, words: &[&str], table: &Path) -> Outcome<Option<f64>> {
        let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_c3import"));
        command.args(words).arg(table).arg("-m").arg(&self.mapping).arg("--quiet").current_dir(place.path());
        if words.contains(&"import") {
            command.args(["--server", &self.server, "--workspace", "bench"]).env("C3IMPORT_TOKEN", "made.up.token");
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut peak = None;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            peak = readings::peak_memory_kib(child.id()).or(peak);
            thread::sleep(LOOK_EVERY);
        };
        // Some rows are invalid on purpose.
        if status.code() != Some(1) {
            return Err(format!("{} {}: {status}", words.join(" "), table.display()).into());
        }
        Ok(peak.map(|kib| kib as f64 / 1024.0))
    }
}

fn shown(number: Option<f64>) -> String {
    number.map_or_else(|| "n/a".to_owned(), |number| format!("{number:.1}"))
}
