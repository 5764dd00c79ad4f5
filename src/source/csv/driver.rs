//! Bytes into records, with the line and the row each one starts on.
//!
//! The parser is `csv_core`'s; lines, rows, bounds and unclosed quotes are ours: the parser counts a `\r\n` one record
//! late, drops blank lines without a word, and lets an unclosed quote swallow the file.

use std::io;
use std::ops::Range;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::intake::Intake;
use crate::source::limits::{CHUNK_BYTES, RECORD_BYTES_MAX, RECORD_CELLS_MAX};

/// Why no further record can be had.
#[derive(Debug)]
pub(super) enum ReadFailure {
    /// The system says no.
    Io(io::Error),
    /// A quote was opened on this line, and the bound on a record was reached inside it.
    UnclosedQuote {
        /// Physical line of the quote.
        line: u64,
    },
}

/// What stands at the reader's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// A record, in [`RecordReader::record`].
    Record,
    /// The end of the table.
    End,
}

/// What the bytes of a record are made of; lets a clean record pass without a second look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Makeup {
    /// Some byte is beyond ASCII.
    pub(super) non_ascii: bool,
    /// Some byte is a control character, a line break or a tab.
    pub(super) control: bool,
    /// Some byte begins characters of which a few are suspicious: C1 controls, U+FFFD.
    pub(super) rare: bool,
}

/// The record just read. Its cells stand one after the other in `text`, unquoted; not checked to be UTF-8.
pub(super) struct Record<'a> {
    /// Of all cells.
    pub(super) text: &'a [u8],
    /// Where each cell ends in `text`.
    pub(super) ends: &'a [usize],
    /// The number of its row.
    pub(super) row: u64,
    /// The physical line it starts on.
    pub(super) line: u64,
    /// What it is made of.
    pub(super) makeup: Makeup,
    /// Line breaks inside its cells.
    pub(super) breaks: u64,
    /// The end of the file came inside a quote that was opened on this line.
    pub(super) unclosed_quote: Option<u64>,
    /// It was beyond the bounds, and `text` and `ends` are not all of it.
    pub(super) too_large: bool,
}

/// Reads records one after the other into buffers of its own.
pub(super) struct RecordReader {
    intake: Intake,
    buffer: Vec<u8>,
    unread: Range<usize>,
    at_end: bool,
    core: Reader,
    delimiter: u8,
    text: Vec<u8>,
    text_len: usize,
    ends: Vec<usize>,
    ends_len: usize,
    /// The line the next byte stands on, and the rows and blank lines passed so far.
    line: u64,
    rows: u64,
    blank_lines: u64,
    after_cr: bool,
    last_byte: u8,
    record_line: u64,
    makeup: Makeup,
    breaks: u64,
    unclosed_quote: Option<u64>,
    too_large: bool,
}

impl RecordReader {
    /// Reads what `intake` brings, taking `chunk_bytes` at a time.
    pub(super) fn new(intake: Intake, delimiter: u8, chunk_bytes: usize) -> Self {
        RecordReader {
            intake,
            buffer: vec![0; chunk_bytes],
            unread: 0..0,
            at_end: false,
            core: ReaderBuilder::new().delimiter(delimiter).build(),
            delimiter,
            text: vec![0; 4096.min(RECORD_BYTES_MAX)],
            text_len: 0,
            ends: vec![0; 64],
            ends_len: 0,
            line: 1,
            rows: 0,
            blank_lines: 0,
            after_cr: false,
            last_byte: 0,
            record_line: 1,
            makeup: Makeup::default(),
            breaks: 0,
            unclosed_quote: None,
            too_large: false,
        }
    }

    /// With the usual chunk.
    pub(super) fn with_chunks(intake: Intake, delimiter: u8) -> Self {
        Self::new(intake, delimiter, CHUNK_BYTES)
    }

    /// Passes over the first line, which is Excel's `sep=` and not part of the table. It counts as a row.
    pub(super) fn skip_first_line(&mut self, line_bytes: usize) -> Result<(), ReadFailure> {
        let mut left = line_bytes;
        while left > 0 && self.fill()? {
            let len = left.min(self.unread.len());
            self.after_cr = self.buffer[self.unread.start + len - 1] == b'\r';
            self.unread.start += len;
            left -= len;
        }
        self.line += 1;
        self.rows += 1;
        Ok(())
    }

    /// How far into the file the reader is, in bytes; near enough when the file is transcoded.
    pub(super) fn position(&self) -> u64 {
        self.intake.taken().saturating_sub(self.unread.len() as u64)
    }

    /// Lines without any cell passed so far.
    pub(super) fn blank_lines(&self) -> u64 {
        self.blank_lines
    }

    /// Counts the record just read as a blank line.
    pub(super) fn count_as_blank(&mut self) {
        self.blank_lines += 1;
    }

    /// Whether everything has been read.
    pub(super) fn is_spent(&mut self) -> Result<bool, ReadFailure> {
        Ok(!self.fill()?)
    }

    /// The record just read.
    pub(super) fn record(&self) -> Record<'_> {
        Record {
            text: &self.text[..self.text_len],
            ends: &self.ends[..self.ends_len],
            row: self.rows,
            line: self.record_line,
            makeup: self.makeup,
            breaks: self.breaks,
            unclosed_quote: self.unclosed_quote,
            too_large: self.too_large,
        }
    }

    /// Reads the next record.
    pub(super) fn next(&mut self) -> Result<Read, ReadFailure> {
        (self.text_len, self.ends_len) = (0, 0);
        (self.breaks, self.makeup) = (0, Makeup::default());
        (self.unclosed_quote, self.too_large) = (None, false);
        if !self.skip_line_ends()? {
            return Ok(Read::End);
        }
        self.rows += 1;
        self.record_line = self.line;
        loop {
            // At the end of the file a delimiter is put in: it ends the last cell, unless that is still quoted.
            let ending = !self.fill()?;
            let input = if ending { &[self.delimiter][..] } else { &self.buffer[self.unread.clone()] };
            let (result, read, wrote, ended) =
                self.core.read_record(input, &mut self.text[self.text_len..], &mut self.ends[self.ends_len..]);
            if !ending {
                self.pass(read);
            } else if read > 0 {
                if ended == 0 {
                    self.unclosed_quote = Some(self.quote_line());
                    self.ends.resize(self.ends.len().max(self.ends_len + 1), 0);
                    self.ends[self.ends_len] = self.text_len;
                }
                self.ends_len += 1;
                self.finish();
                return Ok(Read::Record);
            }
            self.text_len += wrote;
            self.ends_len += ended;
            match result {
                ReadRecordResult::Record => {
                    self.finish();
                    return Ok(Read::Record);
                }
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.text.len() < RECORD_BYTES_MAX => {
                    self.text.resize((self.text.len() * 2).min(RECORD_BYTES_MAX), 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < RECORD_CELLS_MAX => {
                    self.ends.resize((self.ends.len() * 2).min(RECORD_CELLS_MAX), 0);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    if self.in_quotes() {
                        return Err(ReadFailure::UnclosedQuote { line: self.quote_line() });
                    }
                    self.skip_record()?;
                    return Ok(Read::Record);
                }
                // Only an empty input ends the parser, and it is never given one.
                ReadRecordResult::End => return Ok(Read::End),
            }
        }
    }

    /// Notes that the parser took bytes from the buffer.
    fn pass(&mut self, read: usize) {
        if read > 0 {
            self.last_byte = self.buffer[self.unread.start + read - 1];
            self.after_cr = self.last_byte == b'\r';
            self.unread.start += read;
        }
    }

    /// Passes over line ends before a record. False at the end of the file.
    fn skip_line_ends(&mut self) -> Result<bool, ReadFailure> {
        loop {
            if !self.fill()? {
                return Ok(false);
            }
            let byte = self.buffer[self.unread.start];
            match byte {
                b'\n' if self.after_cr => self.after_cr = false,
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    self.line += 1;
                    self.rows += 1;
                    self.blank_lines += 1;
                }
                _ => {
                    self.after_cr = false;
                    return Ok(true);
                }
            }
            self.unread.start += 1;
        }
    }

    /// Makes sure there is something to read. False at the end of the file.
    fn fill(&mut self) -> Result<bool, ReadFailure> {
        if self.unread.is_empty() && !self.at_end {
            let read = self.intake.read(&mut self.buffer).map_err(ReadFailure::Io)?;
            self.at_end = read == 0;
            self.unread = 0..read;
        }
        Ok(!self.unread.is_empty())
    }

    /// Counts lines and looks at what the record is made of.
    fn finish(&mut self) {
        // Without branches, so that many bytes are looked at together.
        let (mut all, mut control, mut rare) = (0u8, false, false);
        for &byte in &self.text[..self.text_len] {
            all |= byte;
            control |= (byte < 0x20) | (byte == 0x7F);
            rare |= (byte == 0xC2) | (byte == 0xEF);
        }
        self.makeup = Makeup { non_ascii: all >= 0x80, control, rare };
        if control {
            self.breaks += count_breaks(&self.text[..self.text_len]);
        }
        self.line += self.breaks + u64::from(self.unclosed_quote.is_none());
    }

    /// Whether the parser stands inside a quoted cell: there, and only there, a delimiter is text. Outside the answer
    /// costs the cell its end, so this is asked only about records that are given up. (A copy of the parser cannot be
    /// asked: `csv_core` 0.1 forgets half of its tables when it is cloned.)
    fn in_quotes(&mut self) -> bool {
        let mut put = |byte| self.core.read_record(&[byte], &mut [0; 4], &mut [0; 4]).3;
        if self.last_byte == b'"' {
            // Perhaps half of a doubled quote; the next byte will tell.
            return false;
        }
        if put(self.delimiter) == 0 {
            return true;
        }
        if self.last_byte != self.delimiter {
            // Back into the middle of a cell, where a quote is text.
            put(b'x');
        }
        false
    }

    /// The line on which the cell that is being read was opened. A quote only opens at the start of a cell.
    fn quote_line(&self) -> u64 {
        let before = if self.ends_len == 0 { 0 } else { self.ends[self.ends_len - 1] };
        self.record_line + count_breaks(&self.text[..before])
    }

    /// Passes over the rest of a record that is beyond the bounds, keeping its first cells for the report.
    fn skip_record(&mut self) -> Result<(), ReadFailure> {
        self.too_large = true;
        let (kept_text, kept_ends) = (self.text_len, self.ends_len);
        let mut breaks = count_breaks(&self.text[..kept_text]);
        let mut scratch = vec![0; CHUNK_BYTES];
        let mut scratch_ends = vec![0; 4096];
        let (mut quoted_bytes, mut quote_line) = (0, self.record_line);
        while self.fill()? {
            let input = &self.buffer[self.unread.clone()];
            let (result, read, wrote, _) = self.core.read_record(input, &mut scratch, &mut scratch_ends);
            self.pass(read);
            if quoted_bytes == 0 {
                quote_line = self.record_line + breaks;
            }
            breaks += count_breaks(&scratch[..wrote]);
            match result {
                ReadRecordResult::Record | ReadRecordResult::End => break,
                _ if self.in_quotes() => {
                    quoted_bytes += wrote;
                    if quoted_bytes > RECORD_BYTES_MAX {
                        return Err(ReadFailure::UnclosedQuote { line: quote_line });
                    }
                }
                _ => quoted_bytes = 0,
            }
        }
        (self.text_len, self.ends_len) = (kept_text, kept_ends);
        self.finish();
        // `finish` counted the kept part only.
        self.line = self.record_line + breaks + 1;
        self.breaks = breaks;
        Ok(())
    }
}

/// Line breaks in a text: `\n`, `\r\n` and `\r` each count once.
pub(super) fn count_breaks(text: &[u8]) -> u64 {
    let mut breaks = 0;
    let mut after_cr = false;
    for &byte in text {
        breaks += u64::from(byte == b'\r' || byte == b'\n' && !after_cr);
        after_cr = byte == b'\r';
    }
    breaks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(text: &[u8], chunk: usize) -> RecordReader {
        let intake = Intake::new(Box::new(io::Cursor::new(text.to_vec())), encoding_rs::UTF_8, 0);
        RecordReader::new(intake, b',', chunk)
    }

    /// Every record as `row/line: cells`.
    fn records(text: &[u8], chunk: usize) -> Vec<String> {
        let mut reader = reader(text, chunk);
        let mut out = Vec::new();
        while reader.next().unwrap() == Read::Record {
            let record = reader.record();
            let mut start = 0;
            let cells: Vec<_> = record
                .ends
                .iter()
                .map(|&end| String::from_utf8_lossy(&record.text[std::mem::replace(&mut start, end)..end]).into_owned())
                .collect();
            let unclosed = record.unclosed_quote.map(|line| format!(" unclosed {line}")).unwrap_or_default();
            out.push(format!("{}/{}{unclosed}: {}", record.row, record.line, cells.join("|")));
        }
        out
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        for chunk in [1, 2, 3, 5, 64] {
            assert_eq!(records(text.as_bytes(), chunk), expected, "chunks of {chunk}");
        }
    }

    #[test]
    fn lines_and_rows_are_right_for_every_line_end() {
        check("a,b\n1,2\n3,4\n", &["1/1: a|b", "2/2: 1|2", "3/3: 3|4"]);
        check("a,b\r\n1,2\r\n3,4", &["1/1: a|b", "2/2: 1|2", "3/3: 3|4"]);
        check("a,b\r1,2\r3,4\r", &["1/1: a|b", "2/2: 1|2", "3/3: 3|4"]);
        check("a,b\r\n1,2\n3,4\r5,6", &["1/1: a|b", "2/2: 1|2", "3/3: 3|4", "4/4: 5|6"]);
    }

    #[test]
    fn blank_lines_count_and_are_no_rows() {
        check("\n\na\r\n\r\nb\r\rc\n", &["3/3: a", "5/5: b", "7/7: c"]);
        let mut reader = reader(b"\na\n\n\nb\n\n", 4);
        while reader.next().unwrap() == Read::Record {}
        assert_eq!(reader.blank_lines(), 4);
    }

    #[test]
    fn quoted_line_breaks_are_one_row_and_many_lines() {
        check("a,\"x\r\ny\nz\rw\"\r\nb,c\n", &["1/1: a|x\r\ny\nz\rw", "2/5: b|c"]);
    }

    #[test]
    fn odd_quotes_are_kept_as_spreadsheets_keep_them() {
        check("\"x\"y,5\" pipe,\"a\"\"b\"\n", &["1/1: xy|5\" pipe|a\"b"]);
        check("a,\"\"\n", &["1/1: a|"]);
    }

    #[test]
    fn an_unclosed_quote_at_the_end_names_its_line() {
        check("a,b\n1,\"x\n2,y\n3,z\n", &["1/1: a|b", "2/2 unclosed 2: 1|x\n2,y\n3,z\n"]);
        check("\"p\nq\",\"x\ny", &["1/1 unclosed 2: p\nq|x\ny"]);
        check("a,\"", &["1/1 unclosed 1: a|"]);
        check("a,\"b\"", &["1/1: a|b"]);
    }

    #[test]
    fn an_unclosed_quote_in_a_large_file_stops_it() {
        let mut text = b"a,b\n1,\"x\n".to_vec();
        text.resize(RECORD_BYTES_MAX + 100, b'y');
        let mut reader = reader(&text, CHUNK_BYTES);
        assert_eq!(reader.next().unwrap(), Read::Record);
        assert!(matches!(reader.next(), Err(ReadFailure::UnclosedQuote { line: 2 })));
    }

    #[test]
    fn a_record_beyond_the_bounds_is_passed_over_and_the_next_one_is_right() {
        let mut text = b"a\n".to_vec();
        text.extend(std::iter::repeat_n(b"x,\"1\n2\",".as_slice(), RECORD_CELLS_MAX).flatten());
        text.extend(b"\nb,c\n");
        let mut reader = reader(&text, CHUNK_BYTES);
        assert_eq!(reader.next().unwrap(), Read::Record);
        assert_eq!(reader.next().unwrap(), Read::Record);
        assert!(reader.record().too_large);
        assert_eq!(reader.next().unwrap(), Read::Record);
        assert_eq!((reader.record().row, reader.record().line), (3, 3 + RECORD_CELLS_MAX as u64));
        assert_eq!(reader.record().text, b"bc");
    }

    #[test]
    fn the_position_is_bytes_of_the_file() {
        let mut reader = reader(b"a,b\n1,2\n", 64);
        reader.next().unwrap();
        assert_eq!(reader.position(), 4);
        reader.next().unwrap();
        assert_eq!(reader.position(), 8);
    }
}
