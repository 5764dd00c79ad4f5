//! The zip around a workbook: looked over before anything is unpacked, read part by part and never beyond a bound.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::SourceError;
use super::limits::{
    CHUNK_BYTES, ZIP_ENTRIES_MAX, ZIP_PART_BYTES_MAX, ZIP_RATIO_FROM_BYTES, ZIP_RATIO_MAX, ZIP_TOTAL_BYTES_MAX,
};
use crate::model::excerpt;

/// How many characters of a part's name or of an error stand in a message.
const EXCERPT: usize = 80;

/// A zip whose list of parts has been checked.
pub(super) struct Package {
    path: String,
    zip: ZipArchive<BufReader<File>>,
    /// By name, in small letters and with forward slashes: names may be written otherwise than references to them.
    places: HashMap<String, usize>,
}

/// A part being unpacked.
pub(super) type Part<'a> = BufReader<ZipFile<'a, BufReader<File>>>;

impl Package {
    /// Reads the list of parts. Nothing is unpacked.
    ///
    /// # Errors
    /// When the zip is broken, has too many parts, two of one name, or parts that share their bytes.
    pub(super) fn open(path: String, mut file: File) -> Result<Package, SourceError> {
        let listed = listed_parts(&mut file).map_err(|cause| SourceError::Io { path: path.clone(), cause })?;
        if let Some(listed) = listed.filter(|&listed| listed > ZIP_ENTRIES_MAX as u64) {
            let detail = format!("it has {listed} parts, more than {ZIP_ENTRIES_MAX}");
            return Err(SourceError::BeyondLimit { path, detail });
        }
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| zip_error(&path, &error))?;
        if zip.len() > ZIP_ENTRIES_MAX {
            let detail = format!("it has {} parts, more than {ZIP_ENTRIES_MAX}", zip.len());
            return Err(SourceError::BeyondLimit { path, detail });
        }
        if zip.decompressed_size().is_some_and(|size| size > u128::from(ZIP_TOTAL_BYTES_MAX)) {
            let detail = format!("unpacked it is larger than {} MiB", ZIP_TOTAL_BYTES_MAX >> 20);
            return Err(SourceError::BeyondLimit { path, detail });
        }
        let mut places = HashMap::with_capacity(zip.len());
        let mut twice = listed.is_some_and(|listed| listed > zip.len() as u64);
        for (at, name) in zip.file_names_raw().enumerate() {
            twice |= places.insert(normal(&String::from_utf8_lossy(name)), at).is_some();
        }
        if twice {
            let detail = "its zip has two parts of one name, so nobody can say which one counts".to_owned();
            return Err(SourceError::Damaged { path, detail });
        }
        if zip.has_overlapping_entries().map_err(|error| zip_error(&path, &error))? {
            let detail = "parts of its zip share the same bytes, as zip bombs do".to_owned();
            return Err(SourceError::BeyondLimit { path, detail });
        }
        Ok(Package { path, zip, places })
    }

    /// The input as the user named it.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The names of all parts, in small letters and with forward slashes; in no order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// Whether there is a part of this name, whatever its case.
    pub(super) fn has(&self, name: &str) -> bool {
        self.places.contains_key(&normal(name))
    }

    /// A part, if there is one of this name, unpacked to no more than `bytes_max`.
    ///
    /// # Errors
    /// When it is larger, is packed as zip bombs are, needs a password, or cannot be unpacked.
    pub(super) fn part(&mut self, name: &str, bytes_max: u64) -> Result<Option<Part<'_>>, SourceError> {
        let Some(&at) = self.places.get(&normal(name)) else { return Ok(None) };
        let path = &self.path;
        let (packed, size, encrypted) = {
            let raw = self.zip.by_index_raw(at).map_err(|error| zip_error(path, &error))?;
            (raw.compressed_size(), raw.size(), raw.encrypted())
        };
        if encrypted {
            return Err(SourceError::Protected { path: path.clone() });
        }
        let shown = excerpt(name, EXCERPT);
        let refuse = |detail: String| SourceError::BeyondLimit { path: path.clone(), detail };
        if size > bytes_max {
            return Err(refuse(format!(
                "unpacked its part {shown} takes {} MiB, more than {}",
                size >> 20,
                bytes_max >> 20
            )));
        }
        if size > ZIP_RATIO_FROM_BYTES && size / packed.max(1) > ZIP_RATIO_MAX {
            let ratio = size / packed.max(1);
            return Err(refuse(format!("its part {shown} unpacks to {ratio} times its size, as zip bombs do")));
        }
        let entry = self.zip.by_index(at).map_err(|error| zip_error(&self.path, &error))?;
        Ok(Some(BufReader::with_capacity(CHUNK_BYTES, entry)))
    }

    /// A small part whole.
    ///
    /// # Errors
    /// As [`Package::part`].
    pub(super) fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let path = self.path.clone();
        let Some(mut part) = self.part(name, ZIP_PART_BYTES_MAX)? else { return Ok(None) };
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).map_err(|error| SourceError::Damaged {
            path,
            detail: format!("its part {} cannot be unpacked ({error})", excerpt(name, EXCERPT)),
        })?;
        Ok(Some(bytes))
    }
}

fn normal(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_lowercase()
}

/// How many parts the end of the zip says there are; `None` when it does not say, or not in the short form.
fn listed_parts(file: &mut File) -> std::io::Result<Option<u64>> {
    // The record has 22 bytes and a comment of at most 65,535 (APPNOTE 4.3.16).
    const RECORD: usize = 22;
    let size = file.seek(SeekFrom::End(0))?;
    let tail = size.min(RECORD as u64 + 65_535);
    file.seek(SeekFrom::Start(size - tail))?;
    let mut bytes = Vec::new();
    file.by_ref().take(tail).read_to_end(&mut bytes)?;
    file.seek(SeekFrom::Start(0))?;
    let found = bytes.windows(4).rposition(|four| four == b"PK\x05\x06").and_then(|at| bytes.get(at..at + RECORD));
    let listed = found.map(|record| u64::from(u16::from_le_bytes([record[10], record[11]])));
    Ok(listed.filter(|&listed| listed != 0xFFFF))
}

fn zip_error(path: &str, error: &ZipError) -> SourceError {
    let path = path.to_owned();
    let shown = excerpt(&error.to_string(), EXCERPT);
    match error {
        ZipError::UnsupportedArchive(why) if *why == ZipError::PASSWORD_REQUIRED => SourceError::Protected { path },
        ZipError::InvalidArchive(_) => {
            SourceError::Damaged { path, detail: format!("its zip is cut short or broken ({shown})") }
        }
        _ => SourceError::Damaged { path, detail: format!("its zip cannot be read ({shown})") },
    }
}
