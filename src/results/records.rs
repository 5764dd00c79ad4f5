//! All tables of a run that get a row when it has ended.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::{FailedCsv, Form, OutputFile, ResultsCsv};
use crate::model::{Header, Outcome, Row};
use crate::plug::{self, Moment};

/// A table could not be written.
#[derive(Debug, Error)]
#[error("{} could not be written: {error}", .path.display())]
pub struct WriteError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// `results.csv` and `failed.csv`.
#[derive(Debug)]
pub struct Records {
    results: ResultsCsv,
    results_path: OutputFile,
    failed: FailedCsv,
    failed_path: OutputFile,
}

/// Where the tables go, and in which form.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// Every row.
    pub results: OutputFile,
    /// In UTF-8.
    pub results_form: Form,
    /// The rows to mend.
    pub failed: OutputFile,
    /// In the form of the input.
    pub failed_form: Form,
}

impl Records {
    /// Starts the tables.
    ///
    /// # Errors
    /// When one cannot be made.
    pub fn start(outputs: Outputs, header: &Header) -> Result<Records, WriteError> {
        let Outputs { results: results_path, results_form, failed: failed_path, failed_form } = outputs;
        // The second may be begun late, or not at all.
        for file in [&results_path, &failed_path] {
            file.refuse_others().map_err(|error| WriteError { path: file.path().to_owned(), error })?;
        }
        let results = ResultsCsv::start(results_path.clone(), header, results_form);
        let results = results.map_err(|error| WriteError { path: results_path.partial().to_owned(), error })?;
        let failed = FailedCsv::new(failed_path.clone(), failed_form);
        Ok(Records { results, results_path, failed, failed_path })
    }

    /// Adds a row. On disk after the next [`Records::flush`].
    ///
    /// # Errors
    /// When a file cannot be made.
    pub fn add(&mut self, header: &Header, row: &Row, outcome: &Outcome) -> Result<(), WriteError> {
        self.results
            .add(header, row, outcome)
            .map_err(|error| WriteError { path: self.results_path.partial().to_owned(), error })?;
        self.failed.add(header, row, outcome).map_err(|error| self.failed_error(error))
    }

    /// Hands the gathered rows to the operating system.
    ///
    /// # Errors
    /// When the disk is full, or a file has gone away.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.results.flush().map_err(|error| WriteError { path: self.results_path.partial().to_owned(), error })?;
        self.failed.flush().map_err(|error| self.failed_error(error))
    }

    /// How many bytes wait to be handed over, give or take a buffer.
    pub fn gathered(&self) -> usize {
        self.results.gathered()
    }

    /// Makes sure that they survive a power cut, and gives them their names.
    ///
    /// # Errors
    /// When the disk says no, or another program holds one of them.
    pub fn finish(self) -> Result<(), WriteError> {
        let failed = |path: &OutputFile| {
            let path = path.path().to_owned();
            move |error| WriteError { path, error }
        };
        let results = self.results.finish().map_err(failed(&self.results_path))?;
        plug::at(Moment::ResultsWhole);
        self.failed.finish().map_err(failed(&self.failed_path))?;
        plug::at(Moment::FailedNamed);
        results.publish().map_err(failed(&self.results_path))?;
        plug::at(Moment::ResultsNamed);
        Ok(())
    }

    fn failed_error(&self, error: io::Error) -> WriteError {
        WriteError { path: self.failed_path.partial().to_owned(), error }
    }
}
