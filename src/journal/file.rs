//! The file: made, opened, recognised.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};

use super::record::Book;
use super::{JournalError, Recall, RunFacts, SessionEnd, SessionStart};
use crate::model::{CardDigest, DigestKey, Header};
use crate::plug::{self, Moment};

/// Says in the file's head that it is one of ours: "c3jr".
const APPLICATION: i64 = 0x6333_6a72;

/// The form of the tables. A journal of another form is refused, never guessed at.
const FORM: i64 = 1;

/// How long a reader from another process (a backup, somebody who looks) may hold us up.
const BUSY: Duration = Duration::from_secs(10);

const TABLES: &str = "
CREATE TABLE run (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    facts TEXT NOT NULL,
    digest_key BLOB NOT NULL,
    sample BLOB NOT NULL,
    finished INTEGER NOT NULL DEFAULT 0,
    stamp TEXT
) STRICT;
CREATE TABLE session (
    number INTEGER PRIMARY KEY,
    command TEXT NOT NULL,
    began INTEGER NOT NULL,
    ended INTEGER,
    stopped TEXT,
    requests INTEGER,
    rows INTEGER
) STRICT;
CREATE TABLE record (
    number INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    row INTEGER NOT NULL,
    digest BLOB NOT NULL,
    status TEXT NOT NULL,
    id ANY,
    http INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    reasons TEXT,
    replaces INTEGER
) STRICT;";

/// The journal of one run, open for one session. Its one writer.
#[derive(Debug)]
pub struct Journal {
    pub(super) db: Connection,
    pub(super) book: Book,
    path: PathBuf,
    facts: RunFacts,
    key: DigestKey,
    sample: CardDigest,
    finished: bool,
    stamp: Option<String>,
}

impl Journal {
    /// Makes a journal. It is whole and on disk when this returns, and can be read by its owner alone. `sample` digests,
    /// with the key that it is told, a card that is always the same: by it a later version sees whether it still
    /// writes cards in the same way.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(
        path: &Path,
        facts: RunFacts,
        sample: impl FnOnce(DigestKey) -> CardDigest,
    ) -> Result<Journal, JournalError> {
        let file = private_file().create(true).truncate(false).write(true).open(path);
        drop(file.map_err(|error| JournalError::Io { path: path.to_owned(), error })?);
        let failed = |error| JournalError::Sqlite { path: path.to_owned(), error };
        let db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let random: Vec<u8> = db.query_row("SELECT randomblob(16)", [], |row| row.get(0)).map_err(failed)?;
        let key = DigestKey(random.try_into().expect("we asked for sixteen"));
        let sample = sample(key);
        let json = serde_json::to_string(&facts).expect("texts always serialise");
        let make = || -> rusqlite::Result<()> {
            let all = db.unchecked_transaction()?;
            all.pragma_update(None, "application_id", APPLICATION)?;
            all.pragma_update(None, "user_version", FORM)?;
            all.execute_batch(TABLES)?;
            all.execute(
                "INSERT INTO run (only, facts, digest_key, sample) VALUES (1, ?1, ?2, ?3)",
                params![json, key.0, sample.to_bytes()],
            )?;
            all.commit()?;
            // Into the file itself, so that it is recognised even by itself.
            db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        };
        make().map_err(failed)?;
        sync_folder(path)?;
        plug::at(Moment::JournalMade);
        let (book, path) = (Book::new(1, 1), path.to_owned());
        Ok(Journal { db, book, path, facts, key, sample, finished: false, stamp: None })
    }

    /// Opens the journal of an earlier session. `None` when it was not finished being made: then nothing was sent.
    ///
    /// # Errors
    /// When it is damaged, of another form, or cannot be read.
    pub fn open(path: &Path) -> Result<Option<Journal>, JournalError> {
        let damaged = |detail: String| JournalError::Damaged { path: path.to_owned(), detail };
        let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => damaged(error.to_string()),
            _ => JournalError::Sqlite { path: path.to_owned(), error },
        };
        let length = std::fs::metadata(path).map_err(|error| JournalError::Io { path: path.to_owned(), error })?.len();
        let db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let number = |pragma: &str| db.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
        let (application, form) = (number("application_id").map_err(failed)?, number("user_version").map_err(failed)?);
        let tables = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
        match (application, form, tables.map_err(failed)?) {
            // What SQLite writes before the first commit.
            (0, 0, 0) if length <= 65536 => return Ok(None),
            (APPLICATION, FORM, _) => {}
            (APPLICATION, found, _) => {
                return Err(JournalError::Form { path: path.to_owned(), found, known: FORM });
            }
            _ => return Err(damaged("it is no journal of c3import".to_owned())),
        }
        let sound: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
        if sound != "ok" {
            return Err(damaged(sound));
        }
        let run = db.query_row("SELECT facts, digest_key, sample, finished, stamp FROM run", [], |row| {
            let (facts, key, sample) =
                (row.get::<_, String>(0)?, row.get::<_, [u8; 16]>(1)?, row.get::<_, [u8; 12]>(2)?);
            Ok((facts, key, sample, row.get::<_, bool>(3)?, row.get::<_, Option<String>>(4)?))
        });
        let (facts, key, sample, finished, stamp) = run.map_err(failed)?;
        let facts = serde_json::from_str(&facts).map_err(|error| damaged(format!("what it is about: {error}")))?;
        let sample = CardDigest::from_bytes(&sample).expect("twelve bytes are a digest");
        let next = |table: &str| {
            let last =
                db.query_row(&format!("SELECT max(number) FROM {table}"), [], |row| row.get::<_, Option<i64>>(0));
            let next = last.map_err(failed)?.unwrap_or(0) + 1;
            u32::try_from(next).map_err(|_| damaged(format!("{table} {next}")))
        };
        let book = Book::new(next("session")?, next("record")?);
        let path = path.to_owned();
        Ok(Some(Journal { book, path, facts, key: DigestKey(key), sample, finished, stamp, db }))
    }

    /// What the run is.
    pub fn facts(&self) -> &RunFacts {
        &self.facts
    }

    /// With which its digests are made.
    pub fn key(&self) -> DigestKey {
        self.key
    }

    /// The digest of the card that is always the same.
    pub fn sample(&self) -> CardDigest {
        self.sample
    }

    /// Whether there is nothing to go on with; then with what the input looked like.
    pub fn finished(&self) -> Option<Option<&str>> {
        self.finished.then_some(self.stamp.as_deref())
    }

    /// What the input looked like when an earlier session read it to its end; `None` when none has.
    pub fn stamp(&self) -> Option<&str> {
        self.stamp.as_deref()
    }

    /// Loads what earlier sessions knew, for a table with this header.
    ///
    /// # Errors
    /// When it is damaged, or cannot be read.
    pub fn recall(&self, header: &Header) -> Result<Recall, JournalError> {
        Recall::load(&self.path, connect(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?, header.clone())
    }

    /// Whether no row has ended or may be on its way: then it does not matter yet what the run is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_blank(&self) -> Result<bool, JournalError> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM record WHERE status <> 'not_sent')";
        self.db.query_row(sql, [], |row| row.get(0)).map_err(|error| self.failed(error))
    }

    /// Takes a blank run for another one, on disk when its next session begins. What was known of its rows goes at once:
    /// none was sent, and they may have had other cards.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn adopt(&mut self, facts: RunFacts, sample: CardDigest) -> Result<(), JournalError> {
        if self.facts != facts {
            self.all_or_nothing(|db| {
                db.execute_batch("DELETE FROM record; UPDATE run SET finished = 0, stamp = NULL")
            })?;
            (self.finished, self.stamp) = (false, None);
            self.book = Book::new(self.book.session(), 1);
        }
        (self.facts, self.sample) = (facts, sample);
        Ok(())
    }

    /// Begins a session, on disk when this returns: who comes later sees that there was one. `words` are the flags of
    /// its command.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(&mut self, session: &SessionStart, words: Option<Vec<String>>) -> Result<(), JournalError> {
        self.facts.words = words.unwrap_or_else(|| std::mem::take(&mut self.facts.words));
        let json = serde_json::to_string(&self.facts).expect("texts always serialise");
        let (number, sample) = (self.book.session(), self.sample.to_bytes());
        self.all_or_nothing(|db| {
            db.execute("UPDATE run SET finished = 0, facts = ?1, sample = ?2", params![json, sample])?;
            let sql = "INSERT INTO session (number, command, began) VALUES (?1, ?2, ?3)";
            db.execute(sql, params![number, session.command, session.began]).map(drop)
        })?;
        plug::at(Moment::SessionBegun);
        self.finished = false;
        Ok(())
    }

    /// Ends the session in good order.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(self, end: &SessionEnd) -> Result<(), JournalError> {
        let number = self.book.session();
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.all_or_nothing(|db| {
            let sql = "UPDATE run SET finished = ?1, stamp = coalesce(?2, stamp)";
            db.execute(sql, params![end.finished, end.stamp])?;
            let sql = "UPDATE session SET ended = ?2, stopped = ?3, requests = ?4, rows = ?5 WHERE number = ?1";
            db.execute(sql, params![number, end.ended, end.stopped, count(end.requests), count(end.rows)])?;
            plug::at(Moment::EndTorn);
            Ok(())
        })?;
        plug::at(Moment::SessionEnded);
        Ok(())
    }

    /// Whether requests of an earlier session may still be on their way: it was killed, or did not wait for an answer.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_unsettled(&self) -> Result<bool, JournalError> {
        let sql =
            "SELECT EXISTS (SELECT 1 FROM session WHERE ended IS NULL AND number = (SELECT max(number) FROM session))
                       OR EXISTS (SELECT 1 FROM record WHERE status = 'open')";
        self.db.query_row(sql, [], |row| row.get(0)).map_err(|error| self.failed(error))
    }

    /// How many requests all sessions have sent, as far as they said so.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn requests(&self) -> Result<u64, JournalError> {
        let sum = self.db.query_row("SELECT total(requests) FROM session", [], |row| row.get::<_, f64>(0));
        sum.map(|sum| sum as u64).map_err(|error| self.failed(error))
    }

    /// What the last session said of rows that it did not send; `None` when it sent all, or was killed.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn last_stop(&self) -> Result<Option<String>, JournalError> {
        let sql = "SELECT stopped FROM session ORDER BY number DESC LIMIT 1";
        let stop = self.db.query_row(sql, [], |row| row.get::<_, Option<String>>(0)).optional();
        stop.map(Option::flatten).map_err(|error| self.failed(error))
    }

    /// Does all of it on disk, or nothing.
    pub(super) fn all_or_nothing(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), JournalError> {
        let done = || {
            let all = self.db.unchecked_transaction()?;
            work(&all)?;
            all.commit()
        };
        done().map_err(|error| self.failed(error))
    }

    pub(super) fn failed(&self, error: rusqlite::Error) -> JournalError {
        JournalError::Sqlite { path: self.path.clone(), error }
    }

    /// Puts a journal out of the way under another name, with everything that belongs to it. One that is damaged is
    /// moved as it is.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn set_aside(path: &Path, aside: &Path) -> Result<(), JournalError> {
        // What stands in the log beside it goes into the file; the log is gone when the last connection closes.
        if let Ok(db) = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE) {
            drop(db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        }
        let failed = |error| JournalError::Io { path: path.to_owned(), error };
        for suffix in ["-wal", "-shm", ""] {
            let with = |path: &Path| {
                let mut name = path.as_os_str().to_owned();
                name.push(suffix);
                PathBuf::from(name)
            };
            if with(path).symlink_metadata().is_ok() {
                std::fs::rename(with(path), with(aside)).map_err(failed)?;
            }
        }
        Ok(())
    }
}

/// A connection on which a commit is on disk when it returns.
fn connect(path: &Path, access: OpenFlags) -> Result<Connection, JournalError> {
    let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            JournalError::Damaged { path: path.to_owned(), detail: error.to_string() }
        }
        // SQLite does not say why; the system does.
        Some(ErrorCode::CannotOpen) => match unopenable(path) {
            Some(error) => JournalError::Io { path: path.to_owned(), error },
            None => JournalError::Sqlite { path: path.to_owned(), error },
        },
        _ => JournalError::Sqlite { path: path.to_owned(), error },
    };
    let db = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(failed)?;
    db.busy_timeout(BUSY).map_err(failed)?;
    if access.contains(OpenFlags::SQLITE_OPEN_READ_WRITE) {
        // One write and one sync a commit; readers do not stand in the way.
        let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(failed)?;
        if mode != "wal" {
            let message = format!("this file system takes no write-ahead log ({mode})");
            let error = std::io::Error::new(std::io::ErrorKind::Unsupported, message);
            return Err(JournalError::Io { path: path.to_owned(), error });
        }
        // NORMAL may lose the last commits when the power goes, and what is lost would be sent again.
        db.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    }
    Ok(db)
}

/// Why a journal cannot be opened for writing, or nothing be made beside it.
fn unopenable(path: &Path) -> Option<std::io::Error> {
    let beside = path.with_extension("probe");
    let probed = OpenOptions::new().write(true).open(path).and_then(|_| {
        private_file().create(true).truncate(false).write(true).open(&beside)?;
        std::fs::remove_file(&beside)
    });
    probed.err()
}

/// A name in a folder survives a power cut only once the folder is on disk.
#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<(), JournalError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| JournalError::Io { path: path.to_owned(), error })
}

/// Other systems let nobody sync a folder.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> Result<(), JournalError> {
    Ok(())
}

#[cfg(unix)]
fn private_file() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(not(unix))]
fn private_file() -> OpenOptions {
    OpenOptions::new()
}
