//! The run directory: where everything that belongs to one run lies.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

const RESULTS: &str = "results.csv";
const SUMMARY: &str = "summary.json";
const LOCK: &str = ".lock";

/// A directory that belongs to this run alone, as long as this value lives.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    /// Locked by the operating system, so that it is free again when the process is gone.
    _lock: File,
}

/// Why there can be no run directory.
#[derive(Debug, Error)]
pub enum RunDirError {
    /// An earlier run lies there.
    #[error("{} already holds the results of a run", .0.display())]
    Taken(PathBuf),
    /// A run is at work there now.
    #[error("another run is at work in {}", .0.display())]
    Busy(PathBuf),
    /// It is no directory.
    #[error("{} is in the way: it is not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// The disk says no.
    #[error("{}: {error}", .path.display())]
    Io {
        /// What could not be made or removed.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl RunDir {
    /// Makes the directory, readable by its owner alone: it will hold personal data. An earlier run in it is refused, or
    /// with `fresh` kept under numbered names: `results.1.csv`, `summary.1.json`.
    ///
    /// # Errors
    /// See [`RunDirError`].
    pub fn create(path: &Path, fresh: bool) -> Result<RunDir, RunDirError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| RunDirError::Io { path, error }
        };
        if path.exists() && !path.is_dir() {
            return Err(RunDirError::NotADirectory(path.to_owned()));
        }
        if !fresh && [RESULTS, SUMMARY].iter().any(|file| path.join(file).symlink_metadata().is_ok()) {
            return Err(RunDirError::Taken(path.to_owned()));
        }
        private_dir().recursive(true).create(path).map_err(failed(path))?;
        let lock = path.join(LOCK);
        let file = private_file().create(true).truncate(false).write(true).open(&lock).map_err(failed(&lock))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(RunDirError::Busy(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(&lock)(error)),
        }
        let dir = RunDir { path: path.to_owned(), _lock: file };
        dir.set_aside().map_err(failed(path))?;
        Ok(dir)
    }

    /// Gives the files of an earlier run the next free number.
    fn set_aside(&self) -> io::Result<()> {
        let numbered =
            |number: u32| [(RESULTS, format!("results.{number}.csv")), (SUMMARY, format!("summary.{number}.json"))];
        let taken =
            |number: &u32| numbered(*number).iter().any(|(_, name)| self.path.join(name).symlink_metadata().is_ok());
        let free = (1..).find(|number| !taken(number)).expect("numbers do not run out before names do");
        for (file, aside) in numbered(free) {
            let file = self.path.join(file);
            if file.symlink_metadata().is_ok() {
                fs::rename(file, self.path.join(aside))?;
            }
        }
        Ok(())
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `results.csv`.
    pub fn results(&self) -> PathBuf {
        self.path.join(RESULTS)
    }

    /// `summary.json`.
    pub fn summary(&self) -> PathBuf {
        self.path.join(SUMMARY)
    }

    /// Makes `results.csv`, which must not be there yet.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create_results(&self) -> io::Result<File> {
        private_file().create_new(true).write(true).open(self.results())
    }

    /// Writes `summary.json` whole: to a temporary name first, renamed when it is on disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_summary(&self, json: &str) -> io::Result<()> {
        let partial = self.path.join("summary.json.partial");
        if partial.symlink_metadata().is_ok() {
            fs::remove_file(&partial)?;
        }
        let mut file = private_file().create_new(true).write(true).open(&partial)?;
        io::Write::write_all(&mut file, json.as_bytes())?;
        file.sync_all()?;
        drop(file);
        fs::rename(partial, self.summary())
    }
}

#[cfg(unix)]
fn private_dir() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(not(unix))]
fn private_dir() -> DirBuilder {
    DirBuilder::new()
}

#[cfg(unix)]
pub(super) fn private_file() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(not(unix))]
pub(super) fn private_file() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_run_is_refused_or_replaced_and_nothing_else_is_touched() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let path = home.path().join("deep/people.c3run");
        let dir = RunDir::create(&path, false).expect("made");
        drop(dir.create_results().expect("made"));
        fs::write(path.join("notes.txt"), "mine").expect("written");
        assert!(matches!(RunDir::create(&path, false), Err(RunDirError::Taken(_))));
        assert!(matches!(RunDir::create(&path, true), Err(RunDirError::Busy(_))), "the first run is still at work");
        drop(dir);
        let dir = RunDir::create(&path, true).expect("made anew");
        assert!(!dir.results().exists());
        assert!(path.join("results.1.csv").exists() && path.join("notes.txt").exists());
        drop(dir.create_results().expect("made"));
        drop(dir);
        let dir = RunDir::create(&path, true).expect("made anew");
        assert!(path.join("results.2.csv").exists());
        dir.write_summary("{}").expect("written");
        assert!(matches!(RunDir::create(&path, false), Err(RunDirError::Taken(_))));
    }

    #[cfg(unix)]
    #[test]
    fn personal_data_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().expect("a temporary directory");
        let dir = RunDir::create(&home.path().join("x.c3run"), false).expect("made");
        drop(dir.create_results().expect("made"));
        dir.write_summary("{}").expect("written");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(dir.path()), mode(&dir.results()), mode(&dir.summary())), (0o700, 0o600, 0o600));
    }
}
