//! Why a journal cannot be used.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;
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

    /// Whether it can be read and not be written: even a look at it needs files beside it.
    pub fn is_read_only(&self) -> bool {
        match self {
            JournalError::Io { error, .. } => {
                matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
            }
            JournalError::Sqlite { error, .. } => error.sqlite_error_code() == Some(ErrorCode::ReadOnly),
            JournalError::Damaged { .. } | JournalError::Form { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn a_journal_that_may_not_be_written_is_told_from_one_that_is_broken() {
        let db = Connection::open_in_memory().expect("memory is there");
        db.pragma_update(None, "query_only", true).expect("it can be set");
        let error = db.execute_batch("CREATE TABLE t (x)").expect_err("it may not be written");
        assert!(JournalError::Sqlite { path: PathBuf::new(), error }.is_read_only());
        let damaged = JournalError::Damaged { path: PathBuf::new(), detail: String::new() };
        assert!(!damaged.is_read_only() && damaged.is_damage());
    }
}
