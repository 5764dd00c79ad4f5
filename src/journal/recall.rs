//! What earlier sessions knew, in memory: found by the digest of a card, at 28 bytes a record.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::record::OPEN;
use super::{Before, JournalError, RecordNumber, reasons};
use crate::model::{C3Id, CardDigest, Header, Outcome, RowNumber, Status};

/// Stands for an id that the server did not tell.
const NO_ID: u32 = 0;

/// Stands for an id that is not a plain number of 32 bits: the file has it.
const ODD_ID: u32 = u32::MAX;

/// Digests are spread evenly, so that their first bits lead to a handful: to so many or half of that.
const BUCKET_RECORDS: usize = 4;

/// How a record stands, in a byte; flags beside it.
const STATE: u8 = 0x0f;
const STATE_OPEN: u8 = 0x0f;
const HAS_REASONS: u8 = 0x40;
const TAKEN: u8 = 0x80;

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Its card may have been sent; nobody knows what came of it.
    Open,
    /// Its row ended so.
    Ended(Status),
}

/// A record of this very card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Which.
    pub number: RecordNumber,
    /// What it says.
    pub kept: Kept,
    place: u32,
}

/// A record of this very card that belongs to another row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twin {
    /// The other row, by its number in the session that wrote it.
    pub row: RowNumber,
    /// What it says.
    pub kept: Kept,
    place: u32,
}

/// What earlier sessions knew. Every record stands for one row: two rows with the same card have a record each.
#[derive(Debug)]
pub struct Recall {
    path: PathBuf,
    db: Connection,
    header: Header,
    /// Sorted by digest, then by number.
    entries: Vec<Entry>,
    /// Where the digests that begin with these bits end.
    buckets: Vec<u32>,
    /// How far a digest's first word is shifted to leave these bits alone.
    shift: u32,
    all_rows: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    digest: [u32; 3],
    number: u32,
    row: u32,
    id: u32,
    http: u16,
    attempts: u8,
    flags: u8,
}

impl Recall {
    /// Reads all records once.
    pub(super) fn load(path: &Path, db: Connection, header: Header) -> Result<Recall, JournalError> {
        let failed = |error| JournalError::Sqlite { path: path.to_owned(), error };
        let damaged = |detail: String| JournalError::Damaged { path: path.to_owned(), detail };
        let count: i64 = db.query_row("SELECT count(*) FROM record", [], |row| row.get(0)).map_err(failed)?;
        let sql = "SELECT stamp IS NOT NULL FROM run";
        let all_rows = db.query_row(sql, [], |row| row.get(0)).map_err(failed)?;
        let mut entries = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
        let mut replaced = HashSet::new();
        {
            let sql =
                "SELECT number, row, digest, status, id, http, attempts, reasons IS NOT NULL, replaces FROM record
                       ORDER BY number";
            let mut select = db.prepare(sql).map_err(failed)?;
            let mut rows = select.query([]).map_err(failed)?;
            while let Some(row) = rows.next().map_err(failed)? {
                let entry = entry(row).map_err(failed)?.map_err(damaged)?;
                entries.push(entry);
                replaced.extend(row.get::<_, Option<u32>>(8).map_err(failed)?);
            }
        }
        if !replaced.is_empty() {
            entries.retain(|entry| !replaced.contains(&entry.number));
        }
        // One number is compared faster than four.
        entries.sort_unstable_by_key(|entry| {
            let [first, second, third] = entry.digest.map(u128::from);
            first << 96 | second << 64 | third << 32 | u128::from(entry.number)
        });
        let bits = (entries.len() / BUCKET_RECORDS).max(1).next_power_of_two().ilog2().clamp(1, 31);
        let (mut buckets, shift) = (vec![0; 1 << bits], u32::BITS - bits);
        for entry in &entries {
            buckets[bucket(entry.digest, shift)] += 1;
        }
        let mut sum = 0;
        for bucket in &mut buckets {
            sum += *bucket;
            *bucket = sum;
        }
        Ok(Recall { path: path.to_owned(), db, header, entries, buckets, shift, all_rows })
    }

    /// How many records say that their row is stored, or was so without being sent.
    pub fn stored(&self) -> u64 {
        let stored = |entry: &&Entry| matches!(kept(**entry), Kept::Ended(Status::Stored | Status::Unchanged));
        self.entries.iter().filter(stored).count() as u64
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes the record of a row with this card: the one with the row's own number where there is one, else the earliest.
    /// A record is taken once.
    pub fn take(&mut self, digest: CardDigest, row: RowNumber) -> Option<Remembered> {
        let mut found: Option<usize> = None;
        for at in self.place(digest) {
            let entry = &self.entries[at];
            if entry.digest != digest.0 || entry.flags & TAKEN != 0 {
                continue;
            }
            if u64::from(entry.row) == row.0 {
                found = Some(at);
                break;
            }
            found = found.or(Some(at));
        }
        let at = found?;
        let entry = &mut self.entries[at];
        entry.flags |= TAKEN;
        Some(Remembered { number: RecordNumber(entry.number), kept: kept(*entry), place: u32::try_from(at).ok()? })
    }

    /// Forgets which records were taken.
    pub fn release(&mut self) {
        self.entries.iter_mut().for_each(|entry| entry.flags &= !TAKEN);
    }

    /// Another row with this very card: one that is stored before one that may be, and that before any other.
    pub fn twin(&self, digest: CardDigest) -> Option<Twin> {
        let same = self.place(digest).filter(|&at| self.entries[at].digest == digest.0);
        let place = same.min_by_key(|&at| match kept(self.entries[at]) {
            Kept::Ended(Status::Stored) => 0,
            Kept::Ended(Status::Unchanged) => 1,
            Kept::Open | Kept::Ended(Status::Uncertain) => 2,
            Kept::Ended(Status::Invalid | Status::Refused | Status::NotSent | Status::Skipped) => 3,
        })?;
        let best = self.entries[place];
        Some(Twin { row: RowNumber(u64::from(best.row)), kept: kept(best), place: u32::try_from(place).ok()? })
    }

    /// The ending that a record tells. One that is open tells what its last session said, if that ended in good order.
    ///
    /// # Errors
    /// When the file is damaged, or cannot be read.
    pub fn outcome(&self, found: &Remembered) -> Result<Option<Outcome>, JournalError> {
        self.ending(&self.entries[found.place as usize])
    }

    /// The same of another row's record.
    ///
    /// # Errors
    /// When the file is damaged, or cannot be read.
    pub fn twin_outcome(&self, twin: &Twin) -> Result<Option<Outcome>, JournalError> {
        self.ending(&self.entries[twin.place as usize])
    }

    fn ending(&self, entry: &Entry) -> Result<Option<Outcome>, JournalError> {
        let status = match kept(*entry) {
            Kept::Ended(status) => status,
            Kept::Open if entry.flags & HAS_REASONS != 0 => Status::Uncertain,
            Kept::Open => return Ok(None),
        };
        let mut outcome = Outcome {
            status,
            id: (entry.id != NO_ID).then(|| C3Id::new(&entry.id.to_string())).flatten(),
            http_status: (entry.http > 0).then_some(entry.http),
            attempts: u32::from(entry.attempts),
            reasons: Vec::new(),
        };
        if entry.id == ODD_ID || entry.flags & HAS_REASONS != 0 || entry.attempts == u8::MAX {
            self.complete(RecordNumber(entry.number), &mut outcome)?;
        }
        Ok(Some(outcome))
    }

    /// Adds what is kept in the file only.
    fn complete(&self, number: RecordNumber, outcome: &mut Outcome) -> Result<(), JournalError> {
        let failed = |error| JournalError::Sqlite { path: self.path.clone(), error };
        let damaged = |detail: String| JournalError::Damaged { path: self.path.clone(), detail };
        let sql = "SELECT CAST(id AS TEXT), attempts, reasons FROM record WHERE number = ?1";
        let mut select = self.db.prepare_cached(sql).map_err(failed)?;
        let told = select.query_row([number.0], |row| {
            Ok((row.get::<_, Option<String>>(0)?, row.get::<_, u32>(1)?, row.get::<_, Option<String>>(2)?))
        });
        let (id, attempts, kept) = told.map_err(failed)?;
        outcome.id = id.as_deref().and_then(C3Id::new);
        outcome.attempts = attempts;
        if let Some(kept) = kept {
            outcome.reasons = reasons::read(&self.header, &kept).map_err(damaged)?;
        }
        Ok(())
    }

    /// Whether an earlier session read the input to its end, so that there is a record of every row that had a card.
    pub fn has_all_rows(&self) -> bool {
        self.all_rows
    }

    /// The rows of records that no row took: those that have changed, or are gone.
    pub fn left(&self) -> BTreeSet<RowNumber> {
        let left = self.entries.iter().filter(|entry| entry.flags & TAKEN == 0);
        left.map(|entry| RowNumber(u64::from(entry.row))).collect()
    }

    fn place(&self, digest: CardDigest) -> Range<usize> {
        let bucket = bucket(digest.0, self.shift);
        let start = bucket.checked_sub(1).map_or(0, |before| self.buckets[before]);
        start as usize..self.buckets[bucket] as usize
    }
}

impl Remembered {
    /// What the row's next record is to say about this one.
    pub fn before(&self) -> Before {
        match self.kept {
            Kept::Open | Kept::Ended(Status::NotSent) => Before::Begun(self.number),
            Kept::Ended(_) => Before::Ended(self.number),
        }
    }
}

fn bucket(digest: [u32; 3], shift: u32) -> usize {
    (digest[0] >> shift) as usize
}

fn kept(entry: Entry) -> Kept {
    match entry.flags & STATE {
        STATE_OPEN => Kept::Open,
        at => Kept::Ended(Status::ALL[usize::from(at)]),
    }
}

/// A record, or what does not fit about it.
fn entry(row: &Row<'_>) -> rusqlite::Result<Result<Entry, String>> {
    let number: u32 = row.get(0)?;
    let bad = |what: &str| Ok(Err(format!("record {number} has {what}")));
    let Some(digest) = row.get_ref(2)?.as_blob().ok().and_then(CardDigest::from_bytes) else {
        return bad("no digest");
    };
    let status = row.get_ref(3)?.as_str().unwrap_or_default();
    let state = if status == OPEN {
        STATE_OPEN
    } else {
        match Status::parse(status) {
            Some(status) => status as u8,
            None => return bad("a status that does not exist"),
        }
    };
    let id = match row.get_ref(4)? {
        ValueRef::Null => NO_ID,
        ValueRef::Integer(id) => u32::try_from(id).ok().filter(|&id| id != NO_ID).unwrap_or(ODD_ID),
        ValueRef::Text(_) => ODD_ID,
        ValueRef::Real(_) | ValueRef::Blob(_) => return bad("an id of a strange kind"),
    };
    Ok(Ok(Entry {
        digest: digest.0,
        number,
        // Beyond this a row is found by its card alone.
        row: u32::try_from(row.get::<_, i64>(1)?).unwrap_or(u32::MAX),
        id,
        http: row.get::<_, Option<u16>>(5)?.unwrap_or(0),
        attempts: u8::try_from(row.get::<_, u32>(6)?).unwrap_or(u8::MAX),
        flags: state | if row.get(7)? { HAS_REASONS } else { 0 },
    }))
}
