//! The program in a process of its own, and the memory that it takes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::{Outcome, readings};

/// How often the program's memory is looked at. The peak is kept by the system, so that only what is taken in the last
/// moment before the end can be missed.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// The program as people run it.
pub struct Program {
    mapping: PathBuf,
    server: String,
}

impl Program {
    /// With this mapping, and this server for imports.
    pub fn new(mapping: PathBuf, server: String) -> Program {
        Program { mapping, server }
    }

    /// The most memory it has held at once, in MiB; nothing where the system does not tell.
    pub fn peak(&self, words: &[&str], table: &Path) -> Outcome<Option<f64>> {
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
