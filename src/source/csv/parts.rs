//! A text table cut between records, so that several threads can read parts of it at once.
//!
//! Cutting looks at quotes and line ends only, some twenty times faster than reading, and counts rows and lines on the
//! way: who reads a part knows the number of its first row and says exactly what one reader of the whole would say.

use std::io;
use std::ops::Range;

use memchr::{memchr, memchr2, memrchr2};

use super::driver::{Part, ReadFailure, RecordReader, Stand, count_breaks};
use super::intake::Intake;
use super::scan::Syntax;
use crate::source::limits::{PART_BYTES, RECORD_BYTES_MAX};

/// Cuts what an intake brings.
pub(super) struct Cutter {
    syntax: Syntax,
    part_bytes: usize,
    left: Left,
    /// Quoted cells of the bytes being cut, with their quotes; kept for its memory.
    quoted: Vec<Range<usize>>,
}

/// What has not been handed out yet.
enum Left {
    Bytes {
        intake: Intake,
        /// Came out of the intake, and begins with a record.
        unread: Vec<u8>,
        rows: u64,
        line: u64,
    },
    /// Told when everything before it has been handed out.
    Failure(ReadFailure),
    Nothing,
}

/// What a cutter has to give.
pub(super) enum Cut {
    /// Bytes that end with a record.
    Part(Part),
    /// No end of a record in sight: all that is left, for one reader to sort out.
    Rest(Box<RecordReader>),
    /// Nothing is left.
    End,
}

impl Cutter {
    /// Goes on where a reader stood.
    pub(super) fn new(stand: Stand, syntax: Syntax) -> Cutter {
        Cutter::with_parts_of(stand, syntax, PART_BYTES)
    }

    fn with_parts_of(stand: Stand, syntax: Syntax, part_bytes: usize) -> Cutter {
        let Stand { intake, unread, rows, line } = stand;
        let left = Left::Bytes { intake, unread, rows, line };
        Cutter { syntax, part_bytes, left, quoted: Vec::new() }
    }

    /// The next part, its bytes in place of what stands in `bytes`.
    pub(super) fn next(&mut self, bytes: &mut Vec<u8>) -> Result<Cut, ReadFailure> {
        let (mut intake, mut unread, rows, line) = match std::mem::replace(&mut self.left, Left::Nothing) {
            Left::Bytes { intake, unread, rows, line } => (intake, unread, rows, line),
            Left::Failure(failure) => return Err(failure),
            Left::Nothing => return Ok(Cut::End),
        };
        bytes.clear();
        bytes.append(&mut unread);
        let mut wanted = self.part_bytes;
        loop {
            let more = fill(&mut intake, bytes, wanted);
            let ends_at = intake.taken();
            if matches!(more, Ok(false)) {
                let part = Part { rows_before: rows, line, ends_at, goes_on: false };
                return Ok(if bytes.is_empty() { Cut::End } else { Cut::Part(part) });
            }
            if let Some(len) = self.find_cut(bytes) {
                let breaks = count_breaks(&bytes[..len]);
                let within = self.quoted.iter().take_while(|cell| cell.start < len);
                let quoted: u64 = within.map(|cell| count_breaks(&bytes[cell.clone()])).sum();
                let ends_at = ends_at - (bytes.len() - len) as u64;
                unread.extend_from_slice(&bytes[len..]);
                bytes.truncate(len);
                // Whether anything follows a part that ends where the bytes do shows only when more are asked for.
                let more =
                    more.and_then(|_| if unread.is_empty() { fill(&mut intake, &mut unread, 1) } else { Ok(true) });
                let goes_on = !matches!(more, Ok(false));
                let (rows_before, rows) = (rows, rows + breaks - quoted);
                self.left = match more {
                    Ok(true) => Left::Bytes { intake, unread, rows, line: line + breaks },
                    Ok(false) => Left::Nothing,
                    Err(error) => Left::Failure(ReadFailure::Io(error)),
                };
                return Ok(Cut::Part(Part { rows_before, line, ends_at, goes_on }));
            }
            more.map_err(ReadFailure::Io)?;
            if bytes.len() >= RECORD_BYTES_MAX {
                let stand = Stand { intake, unread: std::mem::take(bytes), rows, line };
                return Ok(Cut::Rest(Box::new(RecordReader::resume(stand, self.syntax))));
            }
            wanted = bytes.len() * 2;
        }
    }

    /// The end of the last whole record, with its line end, in bytes that begin with a record.
    fn find_cut(&mut self, bytes: &[u8]) -> Option<usize> {
        let certain = self.find_quoted(bytes);
        let mut end = certain;
        for cell in self.quoted.iter().rev() {
            if let Some(cut) = line_end(bytes, cell.end..end) {
                return Some(cut);
            }
            end = cell.start;
        }
        line_end(bytes, 0..end)
    }

    /// Finds all quoted cells, and how far it is certain what is quoted and what is not. The grammar is that of
    /// [`scan`](super::scan): a quote opens a cell only at its start.
    fn find_quoted(&mut self, bytes: &[u8]) -> usize {
        self.quoted.clear();
        let mut at = 0;
        while let Some(quote) = memchr(b'"', &bytes[at..]).map(|found| at + found) {
            let spaces = if self.syntax.spaced { trailing_spaces(&bytes[..quote]) } else { 0 };
            let opens = match (quote - spaces).checked_sub(1).map(|before| bytes[before]) {
                None | Some(b'\n' | b'\r') => true,
                Some(before) => before == self.syntax.delimiter,
            };
            if !opens {
                at = quote + 1;
                continue;
            }
            match self.closing(bytes, quote + 1) {
                Some(close) => {
                    self.quoted.push(quote..close + 1);
                    at = close + 1;
                }
                None => return quote,
            }
        }
        bytes.len()
    }

    /// The quote that closes a cell whose inside begins at `at`; nothing when it is not there, or might be doubled by the
    /// byte that comes next.
    fn closing(&self, bytes: &[u8], mut at: usize) -> Option<usize> {
        loop {
            let rest = &bytes[at..];
            let stop = if self.syntax.backslash { memchr2(b'"', b'\\', rest)? } else { memchr(b'"', rest)? };
            let next = *rest.get(stop + 1)?;
            match (rest[stop], next) {
                (b'"', b'"') | (b'\\', b'"' | b'\\') => at += stop + 2,
                (b'\\', _) => at += stop + 1,
                _ => return Some(at + stop),
            }
        }
    }
}

fn trailing_spaces(bytes: &[u8]) -> usize {
    bytes.iter().rev().take_while(|byte| **byte == b' ').count()
}

/// Reads until there are so many bytes; whether there may be more.
fn fill(intake: &mut Intake, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<bool> {
    while bytes.len() < wanted {
        let known = bytes.len();
        bytes.resize(wanted, 0);
        let read = intake.read(&mut bytes[known..]);
        bytes.truncate(known + read.as_ref().map_or(0, |read| *read));
        if read? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The place behind the last line end within a range without quoted cells. A `\r` counts only when what follows it is
/// known and no `\n`.
fn line_end(bytes: &[u8], range: Range<usize>) -> Option<usize> {
    let Range { start, mut end } = range;
    loop {
        let at = start + memrchr2(b'\n', b'\r', &bytes[start..end])?;
        match (bytes[at], bytes.get(at + 1)) {
            (b'\n', _) => return Some(at + 1),
            (_, Some(next)) if *next != b'\n' => return Some(at + 1),
            _ => end = at,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use encoding_rs::UTF_8;
    use proptest::prelude::*;

    use super::super::driver::Read;
    use super::*;

    fn reader(text: &[u8], chunk: usize, syntax: Syntax) -> RecordReader {
        RecordReader::new(Intake::new(Box::new(Cursor::new(text.to_vec())), UTF_8, 0), syntax, chunk)
    }

    /// All that is said of every record, and the blank lines.
    fn drain(reader: &mut RecordReader, said: &mut Vec<String>) -> u64 {
        let before = reader.blank_lines();
        while reader.next().expect("it is in memory") == Read::Record {
            let record = reader.record();
            let cells: Vec<_> = (0..record.ranges.len()).map(|at| record.text[record.range(at)].to_vec()).collect();
            let place = (record.row, record.line, record.breaks, record.unclosed_quote, record.clean);
            let position = reader.position();
            let spent = reader.is_spent().expect("it is in memory");
            said.push(format!("{place:?} {position} {spent} {cells:?}"));
        }
        reader.blank_lines() - before
    }

    fn in_parts(text: &[u8], headers: usize, part_bytes: usize, syntax: Syntax) -> (Vec<String>, u64) {
        let mut first = reader(text, 7, syntax);
        for _ in 0..headers {
            first.next().expect("it is in memory");
        }
        let mut blank_lines = first.blank_lines();
        let mut cutter = Cutter::with_parts_of(first.stand().expect("it is in memory"), syntax, part_bytes);
        let (mut said, mut bytes) = (Vec::new(), Vec::new());
        let mut reader = RecordReader::for_parts(syntax);
        while let Cut::Part(part) = cutter.next(&mut bytes).expect("it is in memory") {
            reader.take_up(part, &mut bytes);
            blank_lines += drain(&mut reader, &mut said);
        }
        (said, blank_lines)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn parts_hold_the_very_rows_of_the_whole(
            text in prop::collection::vec(prop::sample::select(b"ab,,\"\"\"\n\n\r \xC3\x85\x1A\\".to_vec()), 0..80),
            headers in 0usize..2,
            part_bytes in 1usize..40,
            backslash in any::<bool>(),
            spaced in any::<bool>(),
        ) {
            let syntax = Syntax { delimiter: b',', backslash, spaced };
            let mut whole = reader(&text, 4096, syntax);
            for _ in 0..headers {
                whole.next().expect("it is in memory");
            }
            let before = whole.blank_lines();
            let mut said = Vec::new();
            let blank_lines = before + drain(&mut whole, &mut said);
            prop_assert_eq!(in_parts(&text, headers, part_bytes, syntax), (said, blank_lines));
        }
    }

    #[test]
    fn a_part_ends_where_a_record_does() {
        let text = b"1,\"a\nb\"\n2,5\" pipe\n3,\"\"\"c\n\"\n4,d\n";
        let syntax = Syntax::plain(b',');
        let stand = reader(text, 64, syntax).stand().expect("it is in memory");
        let mut cutter = Cutter::with_parts_of(stand, syntax, 10);
        let (mut parts, mut bytes) = (Vec::new(), Vec::new());
        while let Cut::Part(part) = cutter.next(&mut bytes).expect("it is in memory") {
            parts.push((String::from_utf8_lossy(&bytes).into_owned(), part.rows_before, part.line));
        }
        let expected = [("1,\"a\nb\"\n", 0, 1), ("2,5\" pipe\n", 1, 3), ("3,\"\"\"c\n\"\n", 2, 4), ("4,d\n", 3, 6)];
        let expected: Vec<_> = expected.map(|(text, rows, line)| (text.to_owned(), rows, line)).into();
        assert_eq!(parts, expected);
    }

    #[test]
    fn where_no_record_ends_one_reader_gets_the_rest() {
        let mut text = b"1,a\n2,\"b".to_vec();
        text.resize(RECORD_BYTES_MAX + 10, b'x');
        let syntax = Syntax::plain(b',');
        let stand = reader(&text, 64, syntax).stand().expect("it is in memory");
        let mut cutter = Cutter::with_parts_of(stand, syntax, 16);
        let mut bytes = Vec::new();
        assert!(matches!(cutter.next(&mut bytes), Ok(Cut::Part(_))));
        let Ok(Cut::Rest(mut rest)) = cutter.next(&mut bytes) else { panic!("no record ends") };
        assert!(matches!(rest.next(), Err(ReadFailure::UnclosedQuote { line: 2 })));
        assert!(matches!(cutter.next(&mut bytes), Ok(Cut::End)));
    }
}
