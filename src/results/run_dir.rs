//! The run directory: where everything that belongs to one run lies.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{LockError, OsLock, OutputFile};

const RESULTS: &str = "results.csv";
const RESULTS_PARTIAL: &str = "results.partial.csv";
const FAILED: &str = "failed.csv";
const FAILED_PARTIAL: &str = "failed.partial.csv";
const SUMMARY: &str = "summary.json";
const JOURNAL: &str = "journal.db";
const LOCK: &str = ".lock";

/// What a run leaves behind.
const FILES: [&str; 6] = [RESULTS, RESULTS_PARTIAL, FAILED, FAILED_PARTIAL, SUMMARY, JOURNAL];

/// A directory that belongs to this run alone, as long as this value lives.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    _lock: Option<OsLock>,
}

/// Why there can be no run directory.
#[derive(Debug, Error)]
pub enum RunDirError {
    /// An earlier run lies there.
    #[error("{} already holds the results of a run", .0.display())]
    Taken(PathBuf),
    /// A run is at work there now.
    #[error("another run is at work in {}: {who}", .path.display())]
    Busy {
        /// Where.
        path: PathBuf,
        /// Who, in their own words.
        who: String,
    },
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
    /// Makes the directory, or takes it over from an earlier run that has ended. Readable by its owner alone: it will
    /// hold personal data. `lock` says who we are to the next that comes; without it nobody is kept out.
    ///
    /// # Errors
    /// See [`RunDirError`].
    pub fn claim(path: &Path, lock: Option<&str>) -> Result<RunDir, RunDirError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| RunDirError::Io { path, error }
        };
        if path.exists() && !path.is_dir() {
            return Err(RunDirError::NotADirectory(path.to_owned()));
        }
        private_dir().recursive(true).create(path).map_err(failed(path))?;
        let lock = lock.map(|who| {
            OsLock::take(&path.join(LOCK), who).map_err(|error| match error {
                LockError::Held(who) => RunDirError::Busy { path: path.to_owned(), who },
                LockError::Io { path, error } => RunDirError::Io { path, error },
            })
        });
        Ok(RunDir { path: path.to_owned(), _lock: lock.transpose()? })
    }

    /// Whether an earlier run has left something here.
    pub fn is_taken(&self) -> bool {
        FILES.iter().any(|file| self.path.join(file).symlink_metadata().is_ok())
    }

    /// Refuses an earlier run.
    ///
    /// # Errors
    /// [`RunDirError::Taken`].
    pub fn refuse_taken(&self) -> Result<(), RunDirError> {
        if self.is_taken() { Err(RunDirError::Taken(self.path.clone())) } else { Ok(()) }
    }

    /// Refuses what an earlier run has left besides its journal: without it nobody knows what is stored.
    ///
    /// # Errors
    /// [`RunDirError::Taken`].
    pub fn refuse_results(&self) -> Result<(), RunDirError> {
        let there = |file: &&str| *file != JOURNAL && self.path.join(file).symlink_metadata().is_ok();
        if FILES.iter().any(there) { Err(RunDirError::Taken(self.path.clone())) } else { Ok(()) }
    }

    /// Keeps the files of an earlier run under the next free number: `results.1.csv`, `journal.1.db`. The journal comes
    /// last, and who knows journals moves it: until then it is the earlier run that lies here.
    ///
    /// # Errors
    /// When something cannot be renamed.
    pub fn set_aside(&self, move_journal: impl FnOnce(&Path, &Path) -> io::Result<()>) -> Result<(), RunDirError> {
        let aside = |file: &str, number: u32| {
            let (stem, extension) = file.rsplit_once('.').expect("our names have an extension");
            self.path.join(format!("{stem}.{number}.{extension}"))
        };
        let taken = |number: &u32| FILES.iter().any(|file| aside(file, *number).symlink_metadata().is_ok());
        let free = (1..).find(|number| !taken(number)).expect("numbers do not run out before names do");
        let there = |file: &&&str| self.path.join(file).symlink_metadata().is_ok();
        let failed = |file: &str| {
            let path = self.path.join(file);
            move |error| RunDirError::Io { path, error }
        };
        for file in FILES.iter().filter(there).filter(|&&file| file != JOURNAL) {
            fs::rename(self.path.join(file), aside(file, free)).map_err(failed(file))?;
        }
        if self.journal().symlink_metadata().is_ok() {
            move_journal(&self.journal(), &aside(JOURNAL, free)).map_err(failed(JOURNAL))?;
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

    /// `journal.db`.
    pub fn journal(&self) -> PathBuf {
        self.path.join(JOURNAL)
    }

    /// `failed.csv`.
    pub fn failed(&self) -> PathBuf {
        self.path.join(FAILED)
    }

    /// Writes `summary.json` whole: to a temporary name first, renamed when it is on disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_summary(&self, json: &str) -> io::Result<()> {
        let output = OutputFile::new(self.summary());
        let mut file = output.create()?;
        io::Write::write_all(&mut file, json.as_bytes())?;
        file.sync_all()?;
        drop(file);
        output.publish()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_run_is_seen_or_set_aside_and_nothing_else_is_touched() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let path = home.path().join("deep/people.c3run");
        let dir = RunDir::claim(&path, Some("me")).expect("made");
        assert!(!dir.is_taken());
        fs::write(dir.results(), "").expect("written");
        fs::write(path.join("notes.txt"), "mine").expect("written");
        assert!(dir.is_taken());
        assert!(matches!(RunDir::claim(&path, Some("you")), Err(RunDirError::Busy { who, .. }) if who == "me"));
        fs::write(dir.journal(), "").expect("written");
        for number in 1..=2 {
            dir.write_summary("{}").expect("written");
            dir.set_aside(|from, to| fs::rename(from, to)).expect("set aside");
            assert!(!dir.is_taken() && path.join(format!("summary.{number}.json")).exists());
        }
        assert!(path.join("results.1.csv").exists() && path.join("journal.1.db").exists());
        assert!(path.join("notes.txt").exists());
        drop(dir);
        let file = path.join("notes.txt");
        assert!(matches!(RunDir::claim(&file, None), Err(RunDirError::NotADirectory(_))));
    }

    #[cfg(unix)]
    #[test]
    fn personal_data_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().expect("a temporary directory");
        let dir = RunDir::claim(&home.path().join("x.c3run"), None).expect("made");
        drop(OutputFile::new(dir.results()).create().expect("made"));
        dir.write_summary("{}").expect("written");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(
            (mode(dir.path()), mode(&dir.path().join(RESULTS_PARTIAL)), mode(&dir.summary())),
            (0o700, 0o600, 0o600)
        );
    }
}
