//! The results of an earlier session as a witness: they never know more than the journal.

use std::io;
use std::path::Path;

/// How many rows a table of results says are stored; `None` when there is none, or it is not written with this
/// delimiter.
///
/// # Errors
/// When it cannot be read.
pub fn stored_rows(path: &Path, delimiter: u8) -> io::Result<Option<u64>> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut table = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(file);
    let Some(at) = table.byte_headers()?.iter().position(|name| name == b"c3_status") else { return Ok(None) };
    let mut stored = 0;
    let mut record = csv::ByteRecord::new();
    while table.read_byte_record(&mut record)? {
        stored += u64::from(record.get(at) == Some(b"stored".as_slice()));
    }
    Ok(Some(stored))
}
