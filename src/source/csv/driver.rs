//! Bytes into records, with the line and the row each one starts on.
//!
//! Bytes come in blocks, and a record always lies within one: what is cut by the end of a block begins the next. Lines, rows, bounds and unclosed quotes are counted here: a blank line is a row to a person, a `\r\n` is one
//! line end, and an unclosed quote must not swallow the file.

use std::io;

use super::intake::Intake;
use super::scan::{Cells, Scan, Skim, Syntax, scan};
use crate::model::{any_byte, is_clean, may_be_damage};
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

/// The record just read.
pub(super) struct Record<'a> {
    /// Its cells, perhaps with delimiters and quotes between them; not checked to be UTF-8.
    pub(super) text: &'a [u8],
    /// Where each cell begins and ends in `text`.
    pub(super) ranges: &'a [[u32; 2]],
    /// Whether bytes of ASCII stand between any two cells.
    pub(super) verbatim: bool,
    /// The number of its row.
    pub(super) row: u64,
    /// The physical line it starts on.
    pub(super) line: u64,
    /// Whether all of it [is clean](is_clean).
    pub(super) clean: bool,
    /// Whether it may hold control characters, a character of C1 or U+FFFD; lets other records pass without a look.
    pub(super) suspicious: bool,
    /// Line breaks inside its cells.
    pub(super) breaks: u64,
    /// The end of the file came inside a quote that was opened on this line.
    pub(super) unclosed_quote: Option<u64>,
    /// A cell whose quotes span lines and do not end it: the lines on which they open and close.
    pub(super) torn: Option<[u64; 2]>,
    /// It was beyond the bounds, and `text` and `ranges` are not all of it.
    pub(super) too_large: bool,
}

/// What is known of a part of a table before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Rows and blank lines before it.
    pub(super) rows_before: u64,
    /// The line it starts on.
    pub(super) line: u64,
    /// How far into the file it goes.
    pub(super) ends_at: u64,
    /// Whether another part follows.
    pub(super) goes_on: bool,
}

/// Where a reader stands, between two records.
pub(super) struct Stand {
    pub(super) intake: Intake,
    /// Bytes that came out of the intake and belong to no record read yet.
    pub(super) unread: Vec<u8>,
    pub(super) rows: u64,
    /// The line that comes next.
    pub(super) line: u64,
}

impl Record<'_> {
    /// Where a cell stands in `text`; the cell must exist.
    pub(super) fn range(&self, cell: usize) -> std::ops::Range<usize> {
        let [start, end] = self.ranges[cell];
        start as usize..end as usize
    }
}

/// Reads records one after the other.
pub(super) struct RecordReader {
    intake: Intake,
    syntax: Syntax,
    chunk_bytes: usize,
    block: Vec<u8>,
    /// Where the unread part of the block begins.
    at: usize,
    at_end: bool,
    block_clean: CleanStripes,
    /// Whether more of the table comes behind the end of what this reader was given.
    goes_on: bool,
    cells: Cells,
    /// The line the next byte stands on, and the rows and blank lines passed so far.
    line: u64,
    rows: u64,
    blank_lines: u64,
    after_cr: bool,
    /// Where in the block the record just read stands, and what is known of it.
    record_at: std::ops::Range<usize>,
    record_line: u64,
    breaks: u64,
    unclosed_quote: Option<u64>,
    torn: Option<[u64; 2]>,
    too_large: bool,
}

impl RecordReader {
    /// Reads what `intake` brings, taking `chunk_bytes` at a time.
    pub(super) fn new(intake: Intake, syntax: Syntax, chunk_bytes: usize) -> Self {
        RecordReader {
            intake,
            syntax,
            chunk_bytes,
            block: Vec::new(),
            at: 0,
            at_end: false,
            block_clean: CleanStripes::default(),
            goes_on: false,
            cells: Cells::default(),
            line: 1,
            rows: 0,
            blank_lines: 0,
            after_cr: false,
            record_at: 0..0,
            record_line: 1,
            breaks: 0,
            unclosed_quote: None,
            torn: None,
            too_large: false,
        }
    }

    /// With the usual chunk.
    pub(super) fn with_chunks(intake: Intake, syntax: Syntax) -> Self {
        Self::new(intake, syntax, CHUNK_BYTES)
    }

    /// Reads a part of a table that stands whole in memory.
    pub(super) fn for_parts(syntax: Syntax) -> Self {
        Self::with_chunks(Intake::new(Box::new(io::empty()), encoding_rs::UTF_8, 0), syntax)
    }

    /// Takes up the next part in place of the one before, which has been read to its end; `bytes` gets the memory of
    /// that one.
    pub(super) fn take_up(&mut self, part: Part, bytes: &mut Vec<u8>) {
        let Part { rows_before, line, ends_at, goes_on } = part;
        std::mem::swap(&mut self.block, bytes);
        self.intake = Intake::Plain { input: Box::new(io::empty()), taken: ends_at };
        (self.rows, self.line, self.goes_on) = (rows_before, line, goes_on);
        (self.at, self.at_end, self.after_cr) = (0, true, false);
        self.block_clean.look(&self.block);
    }

    /// Gives up reading, and tells where it stands: what has come in and is not read yet, and the rest.
    pub(super) fn stand(mut self) -> Result<Stand, ReadFailure> {
        if self.after_cr && self.has_unread()? && self.block[self.at] == b'\n' {
            self.at += 1;
        }
        self.block.drain(..self.at);
        Ok(Stand { intake: self.intake, unread: self.block, rows: self.rows, line: self.line })
    }

    /// Goes on where another stood.
    pub(super) fn resume(stand: Stand, syntax: Syntax) -> Self {
        let Stand { intake, unread, rows, line } = stand;
        let mut block_clean = CleanStripes::default();
        block_clean.look(&unread);
        RecordReader { block: unread, block_clean, rows, line, ..Self::with_chunks(intake, syntax) }
    }

    /// Passes over the first line, which is Excel's `sep=` and not part of the table. It counts as a row.
    pub(super) fn skip_first_line(&mut self, line_bytes: usize) -> Result<(), ReadFailure> {
        let mut left = line_bytes;
        while left > 0 && self.has_unread()? {
            let unread = &self.block[self.at..];
            let len = left.min(unread.len());
            self.after_cr = unread[len - 1] == b'\r';
            self.at += len;
            left -= len;
        }
        self.line += 1;
        self.rows += 1;
        Ok(())
    }

    /// How the table is written.
    pub(super) fn syntax(&self) -> Syntax {
        self.syntax
    }

    /// How far into the file the reader is, in bytes; near enough when the file is transcoded.
    pub(super) fn position(&self) -> u64 {
        let unread = self.block.len() - self.at;
        self.intake.taken().saturating_sub(unread as u64)
    }

    /// Lines without any cell passed so far.
    pub(super) fn blank_lines(&self) -> u64 {
        self.blank_lines
    }

    /// Counts the record just read as a blank line.
    pub(super) fn count_as_blank(&mut self) {
        self.blank_lines += 1;
    }

    /// Whether the record just read was the last. Call it only when the record is no longer needed.
    pub(super) fn is_spent(&mut self) -> Result<bool, ReadFailure> {
        Ok(!self.has_unread()? && !self.goes_on)
    }

    /// The record just read.
    pub(super) fn record(&self) -> Record<'_> {
        let text = if self.cells.verbatim { &self.block[self.record_at.clone()] } else { &self.cells.text[..] };
        // Without its quotes, characters may have come together.
        let clean = self.cells.verbatim && self.block_clean.at(&self.record_at) || is_clean(text);
        Record {
            text,
            ranges: &self.cells.ranges,
            verbatim: self.cells.verbatim,
            row: self.rows,
            line: self.record_line,
            clean,
            suspicious: !clean && any_byte(text, may_be_damage),
            breaks: self.breaks,
            unclosed_quote: self.unclosed_quote,
            torn: self.torn,
            too_large: self.too_large,
        }
    }

    /// Reads the next record.
    pub(super) fn next(&mut self) -> Result<Read, ReadFailure> {
        if !self.skip_line_ends()? {
            return Ok(Read::End);
        }
        self.rows += 1;
        self.record_line = self.line;
        (self.breaks, self.unclosed_quote, self.torn, self.too_large) = (0, None, None, false);
        loop {
            let unread = &self.block[self.at..];
            match scan(unread, self.at_end, self.syntax, &mut self.cells) {
                Scan::Record { len, used, unclosed } => {
                    self.record_at = self.at..self.at + len;
                    let lines_before = |at: usize| self.record_line + count_breaks(&unread[..at]);
                    self.unclosed_quote = unclosed.map(lines_before);
                    self.torn = self.cells.torn.map(|quotes| quotes.map(lines_before));
                    if self.cells.spans_lines {
                        self.breaks = count_breaks(&unread[..len]);
                    }
                    self.after_cr = used > len && unread[len] == b'\r';
                    self.too_large = self.cells.ranges.len() > RECORD_CELLS_MAX || len > RECORD_BYTES_MAX;
                    self.at += used;
                    self.line += self.breaks + u64::from(self.unclosed_quote.is_none());
                    return Ok(Read::Record);
                }
                Scan::More { open_quote } if unread.len() >= RECORD_BYTES_MAX => {
                    if let Some(at) = open_quote {
                        return Err(ReadFailure::UnclosedQuote {
                            line: self.record_line + count_breaks(&unread[..at]),
                        });
                    }
                    self.skip_record()?;
                    return Ok(Read::Record);
                }
                Scan::More { .. } => self.read_on()?,
            }
        }
    }

    /// Passes over line ends before a record. False at the end of the file.
    fn skip_line_ends(&mut self) -> Result<bool, ReadFailure> {
        loop {
            if !self.has_unread()? {
                return Ok(false);
            }
            match self.block[self.at] {
                b'\n' if self.after_cr => self.after_cr = false,
                byte @ (b'\n' | b'\r') => {
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
            self.at += 1;
        }
    }

    /// Makes sure there is something to read. False at the end of the file.
    fn has_unread(&mut self) -> Result<bool, ReadFailure> {
        while self.at == self.block.len() {
            if self.at_end {
                return Ok(false);
            }
            self.read_on()?;
        }
        Ok(true)
    }

    /// Reads more behind what is unread. A record that is larger than the block doubles it, so that scanning it again
    /// and again costs twice its length and not its square.
    fn read_on(&mut self) -> Result<(), ReadFailure> {
        self.block.drain(..self.at);
        self.at = 0;
        let known = self.block.len();
        self.block.resize(known + known.max(self.chunk_bytes), 0);
        let read = self.intake.read(&mut self.block[known..]).map_err(ReadFailure::Io);
        self.block.truncate(known + read.as_ref().map_or(0, |read| *read));
        self.at_end = read? == 0;
        self.block_clean.look(&self.block);
        Ok(())
    }

    /// Passes over the rest of a record that is beyond the bounds.
    fn skip_record(&mut self) -> Result<(), ReadFailure> {
        self.too_large = true;
        let mut skim = Skim::default();
        let mut breaks = BreakCounter::default();
        let mut quote_breaks = 0;
        // A record that is refused needs no cells.
        self.cells = Cells::default();
        self.cells.ranges.push([0, 0]);
        loop {
            let unread = &self.block[self.at..];
            let end = skim.find_end(unread, self.syntax);
            let passed = end.unwrap_or(unread.len());
            if skim.quoted_bytes > RECORD_BYTES_MAX {
                return Err(ReadFailure::UnclosedQuote { line: self.record_line + quote_breaks });
            }
            breaks.count(&unread[..passed]);
            if skim.quoted_bytes == 0 {
                quote_breaks = breaks.breaks;
            } else if let Some(before) = passed.checked_sub(skim.quoted_bytes) {
                let within = count_breaks(&unread[before..passed]);
                quote_breaks = breaks.breaks.saturating_sub(within);
            }
            if let Some(end) = end {
                self.after_cr = unread[end] == b'\r';
                self.at += end + 1;
                break;
            }
            self.at += passed;
            if !self.has_unread()? {
                break;
            }
        }
        self.record_at = 0..0;
        self.breaks = breaks.breaks;
        self.line = self.record_line + self.breaks + 1;
        Ok(())
    }
}

/// Which stripes of a block are [clean](is_clean): nearly all, and then their records need no look of their own.
#[derive(Default)]
struct CleanStripes(Vec<bool>);

impl CleanStripes {
    /// A few records: one odd character costs a second look at no more than those.
    const BYTES: usize = 1024;

    fn look(&mut self, block: &[u8]) {
        self.0.clear();
        // Two characters side by side may stand in two stripes.
        let stripe = |start: usize| &block[start..block.len().min(start + Self::BYTES + 1)];
        self.0.extend((0..block.len()).step_by(Self::BYTES).map(|start| is_clean(stripe(start))));
    }

    /// Whether all stripes of a range are clean.
    fn at(&self, range: &std::ops::Range<usize>) -> bool {
        self.0[range.start / Self::BYTES..range.end.div_ceil(Self::BYTES)].iter().all(|clean| *clean)
    }
}

/// Line breaks in a text: `\n`, `\r\n` and `\r` each count once.
pub(super) fn count_breaks(text: &[u8]) -> u64 {
    let mut counter = BreakCounter::default();
    counter.count(text);
    counter.breaks
}

/// Counts line breaks in a text that comes in pieces.
#[derive(Default)]
pub(super) struct BreakCounter {
    /// So many so far.
    pub(super) breaks: u64,
    after_cr: bool,
}

impl BreakCounter {
    /// Counts those of the next piece.
    pub(super) fn count(&mut self, text: &[u8]) {
        for at in memchr::memchr2_iter(b'\n', b'\r', text) {
            let after_cr = if at == 0 { self.after_cr } else { text[at - 1] == b'\r' };
            self.breaks += u64::from(text[at] == b'\r' || !after_cr);
        }
        if let Some(&last) = text.last() {
            self.after_cr = last == b'\r';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(text: &[u8], chunk: usize) -> RecordReader {
        let intake = Intake::new(Box::new(io::Cursor::new(text.to_vec())), encoding_rs::UTF_8, 0);
        RecordReader::new(intake, Syntax::plain(b','), chunk)
    }

    /// Every record as `row/line: cells`.
    fn records(text: &[u8], chunk: usize) -> Vec<String> {
        let mut reader = reader(text, chunk);
        let mut out = Vec::new();
        while reader.next().unwrap() == Read::Record {
            let record = reader.record();
            let cells: Vec<_> = (0..record.ranges.len())
                .map(|at| String::from_utf8_lossy(&record.text[record.range(at)]).into_owned())
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
        assert_eq!(reader.record().text, b"b,c");
    }

    proptest::proptest! {
        #[test]
        fn records_do_not_depend_on_how_they_arrive(
            text in proptest::collection::vec(proptest::sample::select(b"ab,,\"\"\n\r\xC3\x85 ".to_vec()), 0..60),
            chunk in 1usize..20,
        ) {
            proptest::prop_assert_eq!(records(&text, chunk), records(&text, 4096));
        }
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
