//! Why a journal cannot be used.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a journal cannot be used, or not any longer.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The disk says no.
    #[error("{} cannot be written: {error}", .path.display())]
    Io {
        /// The journal.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// SQLite says no: the disk is full, or may not be written.
    #[error("{} cannot be used: {error}", .path.display())]
    Sqlite {
        /// The journal.
        path: PathBuf,
        /// Why.
        error: rusqlite::Error,
    },
    /// The file is no journal, or is broken.
    #[error("{} is damaged: {detail}", .path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// It was written by a version whose journals look otherwise.
    #[error("{} has form {found}, and this version of c3import knows form {known}", .path.display())]
    Form {
        /// The journal.
        path: PathBuf,
        /// What it has.
        found: i64,
        /// What we know.
        known: i64,
    },
}

impl JournalError {
    /// Whether it is the contents, not the disk.
    pub fn is_damage(&self) -> bool {
        matches!(self, JournalError::Damaged { .. } | JournalError::Form { .. })
    }
}
