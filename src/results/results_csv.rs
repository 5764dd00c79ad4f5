//! `results.csv`: every row as it was, and how it ended; `failed.csv`: the same of the rows to mend.

use std::io::{self, Write};

use super::columns::own_cells;
use super::{Form, OutputFile};
use crate::model::OWN_COLUMNS;
use crate::model::{ColumnIndex, Header, Outcome, Row, Status};

/// Writes rows in the order it gets them. What is on disk is always a whole number of records: they are gathered in
/// memory and handed over by [`ResultsCsv::flush`].
#[derive(Debug)]
pub struct ResultsCsv {
    output: OutputFile,
    file: std::fs::File,
    records: csv::Writer<Vec<u8>>,
    form: Form,
    /// The original columns that are kept: all but our own, when an earlier results file is the input.
    kept: Vec<ColumnIndex>,
    /// How long the file is with all records that were handed over whole.
    whole: u64,
}

impl ResultsCsv {
    /// Starts the file with its header.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn start(output: OutputFile, header: &Header, form: Form) -> io::Result<ResultsCsv> {
        let kept = (0..header.names.len() as u32)
            .map(ColumnIndex)
            .filter(|column| !OWN_COLUMNS.contains(&header.names[column.index()].trim()))
            .collect();
        let file = output.create()?;
        let records = writer(form.mark().as_bytes().to_vec(), form.delimiter);
        let mut results = ResultsCsv { output, file, records, form, kept, whole: 0 };
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
        let fresh = writer(Vec::new(), self.form.delimiter);
        let gathered = std::mem::replace(&mut self.records, fresh).into_inner().map_err(|error| error.into_error())?;
        let gathered = self.form.encode(gathered);
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

    /// Makes sure that it survives a power cut. It is then for [`OutputFile::publish`] to give it its name.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn finish(mut self) -> io::Result<OutputFile> {
        self.flush()?;
        self.file.sync_all()?;
        Ok(self.output)
    }
}

/// The rows that a person is to look at, as they came in: `failed.csv`. There is no file before the first of them.
#[derive(Debug)]
pub struct FailedCsv {
    output: OutputFile,
    form: Form,
    rows: Option<ResultsCsv>,
}

impl FailedCsv {
    /// For rows in the form of their input, so that they can be mended and imported.
    pub fn new(output: OutputFile, form: Form) -> FailedCsv {
        FailedCsv { output, form, rows: None }
    }

    /// Adds a row if it is one of those.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn add(&mut self, header: &Header, row: &Row, outcome: &Outcome) -> io::Result<()> {
        match outcome.status {
            Status::Invalid | Status::Refused | Status::Uncertain => {}
            Status::Stored | Status::Unchanged | Status::NotSent | Status::Skipped => return Ok(()),
        }
        let rows = match &mut self.rows {
            Some(rows) => rows,
            None => self.rows.insert(ResultsCsv::start(self.output.clone(), header, self.form)?),
        };
        rows.add(header, row, outcome)
    }

    /// Hands what was gathered to the operating system.
    ///
    /// # Errors
    /// As [`ResultsCsv::flush`].
    pub fn flush(&mut self) -> io::Result<()> {
        self.rows.as_mut().map_or(Ok(()), ResultsCsv::flush)
    }

    /// Makes sure that it survives a power cut, and gives it its name. Without any row that of an earlier session goes.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn finish(self) -> io::Result<()> {
        match self.rows {
            Some(rows) => rows.finish()?.publish(),
            None => self.output.remove(),
        }
    }
}

fn writer(into: Vec<u8>, delimiter: u8) -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().delimiter(delimiter).flexible(false).from_writer(into)
}
