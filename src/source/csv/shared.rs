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

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::ops::ControlFlow;

    use super::*;
    use crate::model::{Input, RowNumber, SourceOptions};
    use crate::source::{ReadEnd, Shareable, Table, open};

    /// Lines as they come, nasty ones among them, until the file has three parts or more.
    fn text(line_end: &str) -> String {
        let lines = [
            "1,Åsa,\"a b\"",
            "2,\"x\ny\r\nz\",5\" pipe",
            "",
            "3,\"say \"\"hi\"\"\"",
            "  ",
            "4,Ã¶,b,c,d",
            "5,\u{fffd}\u{1},\"\"",
            "\u{1a}",
            "6",
            "7,漢字,\"q\"x",
        ];
        let mut text = format!("A,B,C{line_end}");
        let mut seed = 7u32;
        while text.len() < 700 * 1024 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text.push_str(lines[(seed >> 24) as usize % lines.len()]);
            text.push_str(line_end);
        }
        text
    }

    fn alone(table: Table) -> (Vec<Row>, Result<ReadEnd, SourceError>) {
        let mut rows = Vec::new();
        let end = table.read(&mut |row| {
            rows.push(row.clone());
            ControlFlow::Continue(())
        });
        (rows, end)
    }

    /// By three readers that take turns with single rows, so that all are in the middle of a part.
    fn together(table: Table) -> (Vec<Row>, Result<ReadEnd, SourceError>) {
        let Ok(Shareable::Shared(shared)) = table.share() else { panic!("it is a text file") };
        let mut readers = [(); 3].map(|()| (shared.reader(), None));
        let mut parts: Vec<Vec<Row>> = Vec::new();
        let mut failure = None;
        let mut busy = true;
        while busy {
            busy = false;
            for (reader, part) in &mut readers {
                if part.is_none() {
                    *part = reader.take().unwrap_or_else(|error| {
                        failure = Some(error);
                        None
                    });
                }
                let Some(number) = *part else { continue };
                busy = true;
                parts.resize(parts.len().max(number as usize + 1), Vec::new());
                let mut row = Row::new(RowNumber(0));
                match reader.next(&mut row) {
                    Ok(true) => parts[number as usize].push(row),
                    Ok(false) => *part = None,
                    Err(error) => (failure, *part) = (Some(error), None),
                }
            }
        }
        assert!(parts.len() > 2, "{} parts", parts.len());
        let rows = parts.concat();
        let blank_lines = readers.iter().map(|(reader, _)| reader.blank_lines()).sum::<u64>() + shared.blank_lines();
        let end = ReadEnd { rows: rows.len() as u64, blank_lines, stopped: false };
        (rows, failure.map_or(Ok(end), Err))
    }

    #[track_caller]
    fn check(bytes: &[u8], transcoded: bool) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let table = || open(&Input::File(file.path().to_owned()), &SourceOptions::default()).unwrap();
        let ((mut alone, end), (mut together, end_together)) = (alone(table()), together(table()));
        assert_eq!(format!("{end:?}"), format!("{end_together:?}"));
        if transcoded {
            // Where a row ends in the file is near enough then.
            alone.iter_mut().chain(&mut together).for_each(|row| row.position = 0);
        }
        assert_eq!(alone.len(), together.len());
        for (one, other) in alone.iter().zip(&together) {
            assert_eq!((one, one.clean), (other, other.clean));
        }
    }

    #[test]
    fn all_parts_are_the_table_with_every_number_line_and_issue() {
        for line_end in ["\n", "\r\n", "\r"] {
            check(text(line_end).as_bytes(), false);
        }
        check(format!("{}8,\"never closed\n9,x\n", text("\n")).as_bytes(), false);
        check(format!("sep=,\r\n{}\u{1a}", text("\r\n")).as_bytes(), false);
        let mut broken = text("\n").into_bytes();
        (0..broken.len()).step_by(9_973).for_each(|at| broken[at] = 0xE5);
        check(&broken, false);
    }

    #[test]
    fn all_parts_are_the_table_in_other_encodings() {
        let wide: Vec<u8> =
            "\u{feff}".encode_utf16().chain(text("\r\n").encode_utf16()).flat_map(u16::to_le_bytes).collect();
        check(&wide, true);
        let western = text("\n").replace(['漢', '字', '\u{fffd}'], "ö");
        check(&encoding_rs::WINDOWS_1252.encode(&western).0, true);
    }

    #[test]
    fn a_quote_that_swallows_the_rest_stops_all_readers_at_the_same_line() {
        let mut text = text("\n") + "8,\"never closed\n";
        text.push_str(&"9,x\n".repeat(2 * 1024 * 1024));
        check(text.as_bytes(), false);
    }
}
