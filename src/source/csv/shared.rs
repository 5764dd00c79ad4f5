//! One text table for several threads: each takes a part when it has read the one before.

use std::sync::{Mutex, PoisonError};

use super::Rows;
use super::cells::Form;
use super::driver::RecordReader;
use super::parts::{Cut, Cutter};
use super::scan::Syntax;
use crate::model::Row;
use crate::source::SourceError;

/// A text table whose header has been read. The lock is held while bytes are read and cut, never while rows are made of
/// them.
pub(in crate::source) struct SharedText {
    path: String,
    form: Form,
    syntax: Syntax,
    blank_lines: u64,
    taken: Mutex<Taken>,
}

struct Taken {
    cutter: Cutter,
    parts: u64,
}

/// One thread's reader.
pub(in crate::source) struct TextReader<'t> {
    shared: &'t SharedText,
    rows: Rows,
    /// Memory for the next part.
    bytes: Vec<u8>,
    is_rest: bool,
    /// Blank lines of readers that are gone.
    blank_lines: u64,
}

impl SharedText {
    pub(super) fn new(rows: Rows) -> Result<SharedText, SourceError> {
        let Rows { path, reader, form } = rows;
        let (syntax, blank_lines) = (reader.syntax(), reader.blank_lines());
        let stand = reader.stand().map_err(|failure| failure.tell(&path))?;
        let taken = Mutex::new(Taken { cutter: Cutter::new(stand, syntax), parts: 0 });
        Ok(SharedText { path, form, syntax, blank_lines, taken })
    }

    /// Blank lines before the first part.
    pub(in crate::source) fn blank_lines(&self) -> u64 {
        self.blank_lines
    }

    pub(in crate::source) fn reader(&self) -> TextReader<'_> {
        let rows = Rows { path: self.path.clone(), reader: RecordReader::for_parts(self.syntax), form: self.form };
        TextReader { shared: self, rows, bytes: Vec::new(), is_rest: false, blank_lines: 0 }
    }
}

impl TextReader<'_> {
    pub(in crate::source) fn take(&mut self) -> Result<Option<u64>, SourceError> {
        let cut = {
            // A poisoned lock guards a cutter that has nothing left, or was not touched.
            let mut taken = self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner);
            let cut = taken.cutter.next(&mut self.bytes).map_err(|failure| failure.tell(&self.shared.path))?;
            taken.parts += 1;
            (cut, taken.parts - 1)
        };
        match cut {
            (Cut::Part(part), number) => {
                self.rows.reader.take_up(part, &mut self.bytes);
                Ok(Some(number))
            }
            (Cut::Rest(rest), number) => {
                self.blank_lines += self.rows.reader.blank_lines();
                self.rows.reader = *rest;
                self.is_rest = true;
                Ok(Some(number))
            }
            (Cut::End, _) => Ok(None),
        }
    }

    pub(in crate::source) fn is_rest(&self) -> bool {
        self.is_rest
    }

    pub(in crate::source) fn next(&mut self, row: &mut Row) -> Result<bool, SourceError> {
        self.rows.next(row)
    }

    pub(in crate::source) fn blank_lines(&self) -> u64 {
        self.blank_lines + self.rows.reader.blank_lines()
    }
}
