//! Records: that a card is about to be sent, and how its row ended.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::reasons;
use super::{Journal, JournalError};
use crate::model::{C3Id, CardDigest, Header, Ordinal, Outcome, RowNumber, Status};
use crate::plug::{self, Moment};

/// How a record says that its card may be on its way. Every other word is a status of the results.
pub(super) const OPEN: &str = "open";

/// A record's number, counted from 1 over all sessions of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordNumber(pub(super) u32);

/// What an earlier session left of a row that is sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// An attempt without an ending; this session gives it one.
    Begun(RecordNumber),
    /// An ending, of which a new one takes the place.
    Ended(RecordNumber),
}

/// Which row a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its number in this session's input.
    pub row: RowNumber,
    /// Of the card as it is sent.
    pub digest: CardDigest,
    /// What is known of it already.
    pub before: Option<Before>,
}

/// What waits for the next commit, and the rows of this session that have begun and not ended.
#[derive(Debug)]
pub(super) struct Book {
    session: u32,
    next: u32,
    begun: HashMap<Ordinal, Begun>,
    /// Rows that begun since the last commit, or were taken back. Who has ended by the next commit needs no mention.
    touched: Vec<Ordinal>,
    endings: Vec<Written>,
}

#[derive(Debug)]
struct Begun {
    number: u32,
    subject: Subject,
    /// Whether it may be on its way, as far as this machine knows.
    open: bool,
}

/// A record as it is written.
#[derive(Debug)]
struct Written {
    number: u32,
    subject: Subject,
    status: &'static str,
    id: Option<C3Id>,
    http: Option<u16>,
    attempts: u32,
    reasons: Option<String>,
}

impl Book {
    pub(super) fn new(session: u32, next: u32) -> Book {
        Book { session, next, begun: HashMap::new(), touched: Vec::new(), endings: Vec::new() }
    }

    pub(super) fn session(&self) -> u32 {
        self.session
    }

    fn number(&mut self, subject: &Subject) -> u32 {
        if let Some(Before::Begun(RecordNumber(number))) = subject.before {
            return number;
        }
        let number = self.next;
        self.next += 1;
        number
    }
}

impl Journal {
    /// Takes note that a card is about to be sent. On disk after the next [`Journal::commit`].
    pub fn open_record(&mut self, row: Ordinal, subject: Subject) {
        let number = match self.book.begun.get(&row) {
            Some(begun) => begun.number,
            None => self.book.number(&subject),
        };
        self.book.begun.insert(row, Begun { number, subject, open: true });
        self.book.touched.push(row);
    }

    /// Takes note that a card was certainly not processed, and waits to be sent again.
    pub fn take_back(&mut self, row: Ordinal) {
        if let Some(begun) = self.book.begun.get_mut(&row) {
            begun.open = false;
            self.book.touched.push(row);
        }
    }

    /// Takes note of how a row ended. With `goes_on` a later session may send it again: its record stays open.
    pub fn close_record(&mut self, header: &Header, row: Ordinal, subject: Subject, outcome: &Outcome, goes_on: bool) {
        let number = match self.book.begun.remove(&row) {
            Some(begun) => begun.number,
            // Not sent now either: what is known of it stays.
            None if outcome.status == Status::NotSent && subject.before.is_some() => return,
            None => self.book.number(&subject),
        };
        // It has its turn in the next session; by then another reason may hold. That it was here tells it from new ones.
        let never_sent = outcome.status == Status::NotSent && outcome.attempts == 0;
        self.book.endings.push(Written {
            number,
            subject,
            status: if goes_on { OPEN } else { outcome.status.as_str() },
            id: outcome.id.clone(),
            http: outcome.http_status,
            attempts: outcome.attempts,
            reasons: if never_sent { None } else { reasons::write(header, &outcome.reasons) },
        });
    }

    /// How many endings wait for the next commit.
    pub fn waiting(&self) -> usize {
        self.book.endings.len()
    }

    /// Puts everything on disk.
    ///
    /// # Errors
    /// When it cannot be written. Nothing is then; a later call tries again.
    pub fn commit(&mut self) -> Result<(), JournalError> {
        if self.book.touched.is_empty() && self.book.endings.is_empty() {
            return Ok(());
        }
        let book = &self.book;
        self.all_or_nothing(|db| {
            for begun in book.touched.iter().filter_map(|row| book.begun.get(row)) {
                let status = if begun.open { OPEN } else { Status::NotSent.as_str() };
                let Begun { number, subject, .. } = *begun;
                let (id, http, attempts, reasons) = (None, None, 0, None);
                write(db, book.session, &Written { number, subject, status, id, http, attempts, reasons })?;
            }
            book.endings.iter().try_for_each(|ending| write(db, book.session, ending))?;
            book.endings.iter().for_each(|_| plug::at(Moment::EndingTorn));
            Ok(())
        })?;
        book.endings.iter().for_each(|_| plug::at(Moment::EndingWritten));
        self.book.touched.clear();
        self.book.endings.clear();
        Ok(())
    }
}

fn write(db: &Connection, session: u32, record: &Written) -> rusqlite::Result<()> {
    let replaces = match record.subject.before {
        Some(Before::Ended(RecordNumber(number))) => Some(number),
        Some(Before::Begun(_)) | None => None,
    };
    let id = record.id.as_ref().map(|id| match id.as_str().parse::<i64>() {
        Ok(number) if number.to_string() == id.as_str() => Value::Integer(number),
        _ => Value::Text(id.as_str().to_owned()),
    });
    let sql = "INSERT INTO record (number, session, row, digest, status, id, http, attempts, reasons, replaces)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
               ON CONFLICT (number) DO UPDATE SET session = ?2, row = ?3, digest = ?4, status = ?5, id = ?6, http = ?7,
                   attempts = ?8, reasons = ?9";
    let row = i64::try_from(record.subject.row.0).unwrap_or(i64::MAX);
    let digest = record.subject.digest.to_bytes();
    db.prepare_cached(sql)?.execute(params![
        record.number,
        session,
        row,
        digest,
        record.status,
        id,
        record.http,
        record.attempts,
        record.reasons,
        replaces
    ])?;
    Ok(())
}
