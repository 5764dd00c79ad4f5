//! Files of made-up people, made once and kept in cargo's directory for such things.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::Outcome;
use super::people::{self, Crowd};
use super::workbook;

/// Part of every name: another one when what is made changes.
const EDITION: &str = "2";

/// Where files are kept.
pub fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A CSV file of so many people.
pub fn csv(rows: u64, crowd: Crowd) -> Outcome<PathBuf> {
    kept(&format!("people-{rows}-{}-{EDITION}.csv", crowd.as_str()), |file| {
        let mut records = csv::Writer::from_writer(file);
        records.write_record(people::HEADER)?;
        for row in 0..rows {
            records.write_record(people::cells(row, crowd))?;
        }
        records.flush()?;
        Ok(())
    })
}

/// As many rows below a header as a worksheet takes, where a million and more are asked for.
pub fn sheet_rows(asked: u64) -> u64 {
    if asked < 1_000_000 { asked } else { 1_048_575 }
}

/// An Excel workbook of so many people.
pub fn xlsx(rows: u64, crowd: Crowd) -> Outcome<PathBuf> {
    kept(&format!("people-{rows}-{}-{EDITION}.xlsx", crowd.as_str()), |file| workbook::write(file, rows, crowd))
}

/// The file of this name, made if it is not there; under another name until it is whole.
fn kept(name: &str, make: impl FnOnce(&mut BufWriter<File>) -> Outcome) -> Outcome<PathBuf> {
    let path = place(name);
    if !path.exists() {
        let unfinished = path.with_extension("unfinished");
        let mut file = BufWriter::new(File::create(&unfinished)?);
        make(&mut file)?;
        file.flush()?;
        fs::rename(&unfinished, &path)?;
    }
    Ok(path)
}
