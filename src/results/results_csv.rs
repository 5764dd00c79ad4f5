//! `results.csv`: every row as it was, and how it ended.

use std::fs::File;
use std::io::{self, Write};

use super::OWN_COLUMNS;
use super::columns::own_cells;
use crate::model::{ColumnIndex, CsvDialect, Header, Outcome, Row};

/// Writes rows in the order it gets them. What is on disk is always a whole number of records: they are gathered in
/// memory and handed over by [`ResultsCsv::flush`].
#[derive(Debug)]
pub struct ResultsCsv {
    file: File,
    records: csv::Writer<Vec<u8>>,
    delimiter: u8,
    /// The original columns that are kept: all but our own, when an earlier results file is the input.
    kept: Vec<ColumnIndex>,
    /// How long the file is with all records that were handed over whole.
    whole: u64,
}

impl ResultsCsv {
    /// Starts the file with its header, in the input's delimiter; UTF-8, with a byte order mark where the input's
    /// owner seems to use programs that need one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn start(file: File, header: &Header, dialect: CsvDialect) -> io::Result<ResultsCsv> {
        let kept = (0..header.names.len() as u32)
            .map(ColumnIndex)
            .filter(|column| !OWN_COLUMNS.contains(&header.names[column.index()].trim()))
            .collect();
        let start = if dialect.wants_bom { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
        let mut results = ResultsCsv {
            file,
            records: writer(start, dialect.delimiter),
            delimiter: dialect.delimiter,
            kept,
            whole: 0,
        };
        let names = results.kept.iter().map(|column| header.names[column.index()].as_str());
        results.records.write_record(names.chain(OWN_COLUMNS))?;
        results.flush()?;
        Ok(results)
    }

    /// Adds a row. On disk after the next [`ResultsCsv::flush`].
    ///
    /// # Errors
    /// Never in practice: records are gathered in memory.
    pub fn add(&mut self, header: &Header, row: &Row, outcome: &Outcome) -> io::Result<()> {
        let own = own_cells(header, row, outcome);
        for &column in &self.kept {
            self.records.write_field(row.cell(column))?;
        }
        for cell in &own {
            self.records.write_field(cell.as_bytes())?;
        }
        self.records.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Hands the gathered records to the operating system.
    ///
    /// # Errors
    /// When the disk is full, or the file has gone away. The file is cut back to whole records then.
    pub fn flush(&mut self) -> io::Result<()> {
        let fresh = writer(Vec::new(), self.delimiter);
        let gathered = std::mem::replace(&mut self.records, fresh).into_inner().map_err(|error| error.into_error())?;
        if let Err(error) = self.file.write_all(&gathered) {
            // A cut id would read like another id. Where even this fails, the first error is the one to tell.
            drop(self.file.set_len(self.whole));
            return Err(error);
        }
        self.whole += gathered.len() as u64;
        Ok(())
    }

    /// How many bytes wait to be handed over, give or take a buffer.
    pub fn gathered(&self) -> usize {
        self.records.get_ref().len()
    }

    /// Makes sure that it survives a power cut.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        self.file.sync_all()
    }
}

fn writer(into: Vec<u8>, delimiter: u8) -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().delimiter(delimiter).flexible(false).from_writer(into)
}
