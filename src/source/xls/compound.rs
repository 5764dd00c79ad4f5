//! The file system inside an OLE compound file (MS-CFB), as far as it takes to get one stream out: the directory and
//! chains of sectors, followed no further than there are sectors.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use crate::source::SourceError;
use crate::source::limits::{COMPOUND_BYTES_MAX, LIST_MAX};

/// Sector numbers from here on are marks.
const MARKS_FROM: u32 = 0xFFFF_FFFA;
/// The end of a chain.
const END: u32 = 0xFFFF_FFFE;
/// Streams shorter than this live in the small sectors.
const SMALL_BELOW: u64 = 4096;
/// Bytes of a small sector.
const SMALL_SECTOR: usize = 64;

/// A compound file in memory, its directory read.
pub(in crate::source) struct Compound {
    path: String,
    bytes: Vec<u8>,
    sector: usize,
    table: Vec<u32>,
    entries: Vec<Entry>,
    small_table: Vec<u32>,
    small: Vec<u8>,
}

struct Entry {
    name: String,
    is_stream: bool,
    first: u32,
    size: u64,
}

impl Compound {
    /// Reads the file.
    pub(in crate::source) fn open(path: String, mut file: File) -> Result<Compound, SourceError> {
        let as_io_error = |cause: io::Error| SourceError::Io { path: path.clone(), cause };
        file.seek(SeekFrom::Start(0)).map_err(as_io_error)?;
        let mut bytes = Vec::new();
        file.take(COMPOUND_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(as_io_error)?;
        if bytes.len() as u64 > COMPOUND_BYTES_MAX {
            let detail = format!("it is larger than {} MiB", COMPOUND_BYTES_MAX >> 20);
            return Err(SourceError::BeyondLimit { path, detail });
        }
        let damaged = |detail: &str| SourceError::Damaged { path: path.clone(), detail: detail.to_owned() };
        let shift = u16_at(&bytes, 30).ok_or_else(|| damaged("its header is cut short"))?;
        if !matches!(shift, 9 | 12) {
            return Err(damaged("its header does not say how large a sector is"));
        }
        let mut compound = Compound {
            path: path.clone(),
            sector: 1 << shift,
            bytes,
            table: Vec::new(),
            entries: Vec::new(),
            small_table: Vec::new(),
            small: Vec::new(),
        };
        compound.read_table()?;
        let directory = compound.header(48).and_then(|first| compound.chain(first, u64::MAX))?;
        compound.entries = directory.chunks_exact(128).take(LIST_MAX).filter_map(Entry::read).collect();
        let Some(root) = compound.entries.first() else { return Err(damaged("its directory is empty")) };
        let (first, size) = (root.first, root.size);
        if compound.header(64)? > 0 {
            let table = compound.header(60).and_then(|first| compound.chain(first, u64::MAX))?;
            compound.small_table = numbers(&table).collect();
            compound.small = compound.chain(first, size)?;
        }
        Ok(compound)
    }

    /// The names of all streams and folders.
    pub(in crate::source) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// The bytes of a stream, if there is one of this name.
    pub(in crate::source) fn stream(&self, name: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let named = |entry: &&Entry| entry.is_stream && entry.name.eq_ignore_ascii_case(name);
        let Some(entry) = self.entries.iter().find(named) else { return Ok(None) };
        if entry.size >= SMALL_BELOW { self.chain(entry.first, entry.size) } else { self.small_chain(entry) }.map(Some)
    }

    fn damaged(&self, detail: &str) -> SourceError {
        SourceError::Damaged { path: self.path.clone(), detail: detail.to_owned() }
    }

    fn header(&self, at: usize) -> Result<u32, SourceError> {
        u32_at(&self.bytes, at).ok_or_else(|| self.damaged("its header is cut short"))
    }

    /// The bytes of a sector; the last one of a file may be cut short.
    fn sector(&self, number: u32) -> Option<&[u8]> {
        let start = (number as usize).checked_add(1)?.checked_mul(self.sector)?;
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
        Some(&rest[..rest.len().min(self.sector)])
    }

    fn sectors_max(&self) -> usize {
        self.bytes.len() / self.sector + 1
    }

    /// Reads which sector follows on which.
    fn read_table(&mut self) -> Result<(), SourceError> {
        let mut tables: Vec<u32> = numbers(self.bytes.get(76..512).unwrap_or_default()).collect();
        let mut next = self.header(68)?;
        let mut steps = 0;
        while next < MARKS_FROM {
            let sector = self.sector(next).ok_or_else(|| self.damaged("its list of sectors is cut short"))?;
            tables.extend(numbers(sector));
            next = tables.pop().unwrap_or(END);
            steps += 1;
            if steps > self.sectors_max() {
                return Err(self.damaged("its list of sectors runs in a circle"));
            }
        }
        for number in tables.into_iter().filter(|&number| number < MARKS_FROM) {
            if self.table.len() > self.sectors_max() + self.sector {
                break;
            }
            let sector = self.sector(number).ok_or_else(|| self.damaged("its list of sectors is cut short"))?;
            let more: Vec<u32> = numbers(sector).collect();
            self.table.extend(more);
        }
        Ok(())
    }

    /// The bytes of a chain of sectors, up to `size`.
    fn chain(&self, first: u32, size: u64) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        let (mut next, mut steps) = (first, 0);
        while next < MARKS_FROM && (bytes.len() as u64) < size {
            steps += 1;
            if steps > self.sectors_max() {
                return Err(self.damaged("its sectors run in a circle"));
            }
            let Some(sector) = self.sector(next) else { return Err(self.damaged("it is cut short")) };
            bytes.extend_from_slice(sector);
            let follows = self.table.get(next as usize).copied();
            next = follows.ok_or_else(|| self.damaged("its list of sectors is cut short"))?;
        }
        bytes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        Ok(bytes)
    }

    fn small_chain(&self, entry: &Entry) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        let (mut next, mut steps) = (entry.first, 0);
        while next < MARKS_FROM && (bytes.len() as u64) < entry.size {
            steps += 1;
            if steps > self.small.len() / SMALL_SECTOR + 1 {
                return Err(self.damaged("its small sectors run in a circle"));
            }
            let start = next as usize * SMALL_SECTOR;
            let Some(rest) = self.small.get(start..).filter(|rest| !rest.is_empty()) else {
                return Err(self.damaged("it is cut short"));
            };
            bytes.extend_from_slice(&rest[..rest.len().min(SMALL_SECTOR)]);
            next = self.small_table.get(next as usize).copied().unwrap_or(END);
        }
        bytes.truncate(entry.size as usize);
        Ok(bytes)
    }
}

impl Entry {
    fn read(bytes: &[u8]) -> Option<Entry> {
        let len = usize::from(u16_at(bytes, 64)?).saturating_sub(2).min(62);
        let units = bytes[..len].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let name = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        // The upper half of the size means nothing in files with small sectors, and none is larger than 4 GiB here.
        Some(Entry {
            name,
            is_stream: bytes[66] == 2,
            first: u32_at(bytes, 116)?,
            size: u64::from(u32_at(bytes, 120)?),
        })
    }
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn said(bytes: &[u8]) -> String {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Compound::open("x".into(), file).map_or_else(|error| error.to_string(), |_| "opened".to_owned())
    }

    #[test]
    fn a_chain_that_bites_its_tail_is_damage() {
        let mut bytes = vec![0u8; 512 * 3];
        bytes[..8].copy_from_slice(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
        bytes[30] = 9;
        bytes[68..72].copy_from_slice(&END.to_le_bytes());
        bytes[76..512].fill(0xFF);
        // The table is sector 0; the directory begins in sector 1, after which comes sector 1.
        bytes[76..80].copy_from_slice(&0u32.to_le_bytes());
        bytes[48..52].copy_from_slice(&1u32.to_le_bytes());
        bytes[512 + 4..512 + 8].copy_from_slice(&1u32.to_le_bytes());
        assert_eq!(said(&bytes), "x is damaged: its sectors run in a circle");
        bytes[68..72].copy_from_slice(&0u32.to_le_bytes());
        assert!(said(&bytes).contains("circle"), "{}", said(&bytes));
        assert_eq!(said(&bytes[..20]), "x is damaged: its header is cut short");
    }
}
