//! One at a time: a lock of the operating system, which is free again when its process is gone, however it went.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::output_file::private_file;

/// A lock, held as long as this value lives.
#[derive(Debug)]
pub struct OsLock {
    _file: File,
}

/// Why a lock cannot be had.
#[derive(Debug, Error)]
pub enum LockError {
    /// Somebody has it; who, in their own words, where they left any.
    #[error("{0}")]
    Held(String),
    /// The disk says no, or this file system knows no locks.
    #[error("{} cannot be locked: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl OsLock {
    /// Takes the lock on a file, which is made if need be, and leaves word who has it in a second file beside it: on
    /// some systems nobody can read a locked one.
    ///
    /// # Errors
    /// See [`LockError`].
    pub fn take(path: &Path, who: &str) -> Result<OsLock, LockError> {
        let failed = |error| LockError::Io { path: path.to_owned(), error };
        let file = private_file().create(true).truncate(false).write(true).open(path).map_err(failed)?;
        let mut word: OsString = path.as_os_str().to_owned();
        word.push(".by");
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let who = fs::read_to_string(&word).unwrap_or_else(|_| "another process".to_owned());
                return Err(LockError::Held(who.trim().to_owned()));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let told = private_file().create(true).truncate(true).write(true).open(&word);
        let told = told.and_then(|mut file| io::Write::write_all(&mut file, who.as_bytes()));
        told.map_err(|error| LockError::Io { path: PathBuf::from(word), error })?;
        Ok(OsLock { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_hears_who_was_first() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let path = home.path().join("x.lock");
        let first = OsLock::take(&path, "process 1, an import").expect("free");
        let Err(LockError::Held(who)) = OsLock::take(&path, "process 2") else { panic!("it was given twice") };
        assert_eq!(who, "process 1, an import");
        drop(first);
        OsLock::take(&path, "process 3").expect("free again");
    }
}
