//! Text tables: bytes in, rows out, at the speed of the parser and in constant memory.

mod cells;
mod dialect;
mod driver;
mod encoding;
mod intake;
mod letters;
mod parts;
mod scan;
mod shared;

use std::fs::File;
use std::io::{self, Cursor, Read as _, Seek, SeekFrom};
use std::ops::ControlFlow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use self::cells::Form;
use self::dialect::Dialect;
use self::driver::{Read, ReadFailure, Record, RecordReader};
pub(super) use self::encoding::reads_as_utf_16;
use self::encoding::{Census, Finding, HeadSays};
use self::intake::Intake;
use self::letters::Guess;
use self::scan::Syntax;
pub(super) use self::shared::{SharedText, TextReader};
use super::limits::{CHUNK_BYTES, RECORD_BYTES_MAX};
use super::{ReadEnd, SourceError, TextDetails, header_guess, kind};
use crate::model::{CsvDialect, DelimiterChoice, EncodingChoice, Header, Row, RowNumber, SourceOptions, TableShape};

/// How much of a table is looked at to see whether its first row is a title.
const FIRST_ROWS_BYTES: usize = 64 * 1024;

/// What comes after the head.
pub(super) enum Rest {
    /// A file that can be read again from its start.
    File(File),
    /// A stream, of which the head is gone.
    Stream(Box<dyn io::Read + Send>),
}

/// The beginning of a text table, and where the rest is to be had.
pub(super) struct Beginning {
    /// The input as the user named it.
    pub(super) path: String,
    /// The first bytes.
    pub(super) head: Vec<u8>,
    /// Whether the head is all there is.
    pub(super) complete: bool,
    /// The rest.
    pub(super) rest: Rest,
    /// Bytes of the whole, if known.
    pub(super) size: Option<u64>,
}

/// A text table whose header has been read.
pub(super) struct TextTable {
    rows: Rows,
    header: Header,
    header_suggestion: Option<u64>,
    shape: TableShape,
    details: TextDetails,
}

/// Finds out how the table is written and reads its header.
pub(super) fn open(mut beginning: Beginning, options: &SourceOptions) -> Result<TextTable, SourceError> {
    let Found { encoding, mark_bytes, reason: encoding_reason, guessed } = find_encoding(&mut beginning, options)?;
    let Beginning { path, head, complete, rest, size } = beginning;
    let as_io_error = |cause| SourceError::Io { path: path.clone(), cause };
    let body = &head[mark_bytes..];
    let binary = if encoding == UTF_16LE {
        !body.is_empty() && !encoding::reads_as_utf_16(body, u16::from_le_bytes)
    } else if encoding == UTF_16BE {
        !body.is_empty() && !encoding::reads_as_utf_16(body, u16::from_be_bytes)
    } else {
        kind::looks_binary(body)
    };
    if binary {
        return Err(SourceError::NotASpreadsheet { path });
    }
    let text = decode_head(body, encoding).map_err(as_io_error)?;
    if let Some(other) = kind::sniff_text(&String::from_utf8_lossy(&text[..text.len().min(16 * 1024)])) {
        return Err(SourceError::OtherKind { path, what: other.what, hint: other.hint });
    }

    let sep_line = dialect::sep_line(&text);
    let after_sep_line = &text[sep_line.map_or(0, |(_, bytes)| bytes)..];
    let header_row = options.header_row.filter(|&row| row > 1 || sep_line.is_none());
    let known = |delimiter, reason: &str| Dialect {
        syntax: dialect::syntax_with(after_sep_line, delimiter, complete),
        reason: reason.to_owned(),
    };
    let Dialect { syntax, reason: delimiter_reason } = match (options.delimiter, sep_line) {
        (Some(DelimiterChoice::Byte(byte)), _) => known(byte, "as asked for"),
        (_, Some((byte, _))) => known(byte, "its first line says so (sep=)"),
        (Some(DelimiterChoice::Auto) | None, None) => dialect::detect(after_sep_line, complete, header_row),
    };
    let delimiter = syntax.delimiter;
    let first_rows =
        first_rows(&text, sep_line.map(|(_, bytes)| bytes), syntax).map_err(|failure| failure.tell(&path))?;
    let header_suggestion = if options.header_row.is_none() { header_guess::suggest(&first_rows) } else { None };

    let input: Box<dyn io::Read + Send> = match rest {
        Rest::File(mut file) => {
            file.seek(SeekFrom::Start(mark_bytes as u64)).map_err(as_io_error)?;
            Box::new(file)
        }
        Rest::Stream(stream) => {
            let mut head = Cursor::new(head);
            head.set_position(mark_bytes as u64);
            Box::new(head.chain(stream))
        }
    };
    let mut reader = RecordReader::with_chunks(Intake::new(input, encoding, mark_bytes as u64), syntax);
    if let Some((_, bytes)) = sep_line {
        reader.skip_first_line(bytes).map_err(|failure| failure.tell(&path))?;
    }
    let form = Form { width: 1, named: 1, encoding, transcoded: encoding != UTF_8 };
    let header = find_header(&mut reader, form, header_row, &path)?;
    let told = if guessed { format!(" ({encoding_reason})") } else { String::new() };
    let shape = TableShape {
        description: format!("CSV, {}{told}, {}", encoding.name(), delimiter_name(delimiter)),
        sheet: None,
        dialect: CsvDialect { delimiter, wants_bom: mark_bytes > 0 || encoding != UTF_8 },
        size_hint: size,
    };
    let details = TextDetails {
        encoding: encoding.name(),
        encoding_reason,
        marked: mark_bytes > 0,
        delimiter,
        delimiter_reason,
        backslash_escapes: syntax.backslash,
        spaced_quotes: syntax.spaced,
    };
    let rows = Rows { path, reader, form: Form { width: header.names.len(), named: named(&header), ..form } };
    Ok(TextTable { rows, header, header_suggestion, shape, details })
}

impl TextTable {
    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn shape(&self) -> &TableShape {
        &self.shape
    }

    pub(super) fn details(&self) -> &TextDetails {
        &self.details
    }

    pub(super) fn header_suggestion(&self) -> Option<u64> {
        self.header_suggestion
    }

    pub(super) fn read(self, each: &mut dyn FnMut(&mut Row) -> ControlFlow<()>) -> Result<ReadEnd, SourceError> {
        let mut rows = self.rows;
        let (mut count, mut stopped) = (0, false);
        let mut row = Row::new(RowNumber(0));
        while rows.next(&mut row)? {
            count += 1;
            if each(&mut row).is_break() {
                stopped = true;
                break;
            }
        }
        Ok(ReadEnd { rows: count, blank_lines: rows.reader.blank_lines(), stopped })
    }

    /// The same rows, for several threads to read.
    pub(super) fn share(self) -> Result<SharedText, SourceError> {
        SharedText::new(self.rows)
    }
}

/// Records as rows.
struct Rows {
    path: String,
    reader: RecordReader,
    form: Form,
}

impl Rows {
    /// The next row, in place of another; false when there is none.
    fn next(&mut self, row: &mut Row) -> Result<bool, SourceError> {
        while self.reader.next().map_err(|failure| failure.tell(&self.path))? == Read::Record {
            let record = self.reader.record();
            let alone = record.ranges.len() == 1 && record.unclosed_quote.is_none();
            let white = alone && self.form.width > 1 && is_white(&record);
            // DOS programs end a text file with this byte, and one that was cut off while it grew ends with zeros.
            let end_mark = alone && (record.text == [0x1A] || record.text.iter().all(|&byte| byte == 0));
            if !white {
                cells::fill(row, &record, self.form);
                row.position = self.reader.position();
                // Whether anything follows may take a look at the next block, and the record is gone by then.
                if !end_mark || !self.reader.is_spent().map_err(|failure| failure.tell(&self.path))? {
                    return Ok(true);
                }
            }
            self.reader.count_as_blank();
        }
        Ok(false)
    }
}

impl ReadFailure {
    fn tell(self, path: &str) -> SourceError {
        let path = path.to_owned();
        match self {
            ReadFailure::Io(cause) => SourceError::Io { path, cause },
            ReadFailure::UnclosedQuote { line } => {
                SourceError::UnclosedQuote { path, line, within: format!("within {} MiB", RECORD_BYTES_MAX >> 20) }
            }
        }
    }
}

fn is_white(record: &Record<'_>) -> bool {
    (0..record.ranges.len()).all(|at| record.text[record.range(at)].iter().all(u8::is_ascii_whitespace))
}

/// Nothing in any cell but white space and the byte that ends text files of DOS programs.
fn is_blank(record: &Record<'_>) -> bool {
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x1A;
    (0..record.ranges.len()).all(|at| record.text[record.range(at)].iter().all(blank))
}

/// An encoding, and how it was found.
struct Found {
    encoding: &'static Encoding,
    /// How many bytes of marks stand before the text.
    mark_bytes: usize,
    /// Why, in words.
    reason: String,
    /// Whether another encoding could read the same bytes.
    guessed: bool,
}

/// The encoding. A file is looked at whole unless its head settles it, so that no late byte can surprise; of a stream
/// only the head can be seen.
fn find_encoding(beginning: &mut Beginning, options: &SourceOptions) -> Result<Found, SourceError> {
    let sure = |encoding, mark_bytes, reason: &str| {
        Ok(Found { encoding, mark_bytes, reason: reason.to_owned(), guessed: false })
    };
    let says = encoding::look(&beginning.head);
    // A mark is the file's own word and wins, as it does in browsers (Encoding Standard, "decode").
    if let HeadSays::Mark(encoding, bytes) = says {
        return sure(encoding, bytes, "it begins with a byte order mark");
    }
    if let Some(EncodingChoice::Named(encoding)) = options.encoding {
        return sure(encoding, 0, "as asked for");
    }
    match says {
        HeadSays::Mark(encoding, bytes) => sure(encoding, bytes, "it begins with a byte order mark"),
        HeadSays::Pattern(encoding) => sure(encoding, 0, "every character takes two bytes"),
        HeadSays::Utf32 => Err(SourceError::Utf32 { path: beginning.path.clone() }),
        HeadSays::Nothing => {
            let mut census = Census::default();
            census.feed(&beginning.head);
            if census.is_settled() {
                let seen = if beginning.complete {
                    "all of it is UTF-8"
                } else {
                    "it begins as UTF-8; rows that do not go on so are told"
                };
                return sure(UTF_8, 0, seen);
            }
            let complete = take_census(beginning, &mut census)?;
            let part = if complete { "" } else { " as far as can be seen beforehand" };
            match census.finding(complete) {
                Finding::Ascii => sure(UTF_8, 0, &format!("it holds nothing beyond ASCII{part}")),
                Finding::Utf8 { broken: 0 } => sure(UTF_8, 0, &format!("all of it is UTF-8{part}")),
                Finding::Utf8 { broken } if census.is_hardly_utf_8() => {
                    let first_broken = census.first_broken();
                    let line = line_of(beginning, first_broken)?;
                    match census.into_letters().guess() {
                        Guess::Encoding(encoding, letters) if !encoding.is_single_byte() => Ok(Found {
                            encoding,
                            mark_bytes: 0,
                            reason: format!("not UTF-8 on line {line}; {letters}"),
                            guessed: true,
                        }),
                        Guess::Encoding(..) | Guess::Dos => sure(UTF_8, 0, &partly_utf_8(broken)),
                    }
                }
                Finding::Utf8 { broken } => sure(UTF_8, 0, &partly_utf_8(broken)),
                Finding::Legacy { first_broken } => {
                    let line = line_of(beginning, first_broken)?;
                    match census.into_letters().guess() {
                        Guess::Encoding(encoding, letters) => Ok(Found {
                            encoding,
                            mark_bytes: 0,
                            reason: format!("not UTF-8 on line {line}; {letters}"),
                            guessed: true,
                        }),
                        Guess::Dos => Err(SourceError::DosText { path: beginning.path.clone(), line }),
                    }
                }
            }
        }
    }
}

fn partly_utf_8(broken: u64) -> String {
    format!("it is UTF-8 but for {broken} place{}", if broken == 1 { "" } else { "s" })
}

/// Counts all that can be seen beyond the head; true when that is everything.
fn take_census(beginning: &mut Beginning, census: &mut Census) -> Result<bool, SourceError> {
    let (Rest::File(file), false) = (&mut beginning.rest, beginning.complete) else { return Ok(beginning.complete) };
    let path = &beginning.path;
    let as_io_error = |cause| SourceError::Io { path: path.clone(), cause };
    file.seek(SeekFrom::Start(beginning.head.len() as u64)).map_err(as_io_error)?;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match file.read(&mut chunk).map_err(as_io_error)? {
            0 => return Ok(true),
            read => census.feed(&chunk[..read]),
        }
    }
}

/// The line of a byte.
fn line_of(beginning: &mut Beginning, place: u64) -> Result<u64, SourceError> {
    let head_bytes = beginning.head.len() as u64;
    let mut breaks = driver::BreakCounter::default();
    breaks.count(&beginning.head[..place.min(head_bytes) as usize]);
    if let Rest::File(file) = &mut beginning.rest
        && place > head_bytes
    {
        let path = &beginning.path;
        let as_io_error = |cause| SourceError::Io { path: path.clone(), cause };
        file.seek(SeekFrom::Start(head_bytes)).map_err(as_io_error)?;
        let mut before = file.take(place - head_bytes);
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            match before.read(&mut chunk).map_err(as_io_error)? {
                0 => break,
                read => breaks.count(&chunk[..read]),
            }
        }
    }
    Ok(breaks.breaks + 1)
}

/// The first rows with values, and their numbers.
fn first_rows(text: &[u8], sep_line: Option<usize>, syntax: Syntax) -> Result<Vec<(u64, Vec<String>)>, ReadFailure> {
    let text = text[..text.len().min(FIRST_ROWS_BYTES)].to_vec();
    let mut reader = RecordReader::new(Intake::new(Box::new(Cursor::new(text)), UTF_8, 0), syntax, FIRST_ROWS_BYTES);
    if let Some(bytes) = sep_line {
        reader.skip_first_line(bytes)?;
    }
    let form = Form { width: 1, named: 1, encoding: UTF_8, transcoded: true };
    let mut rows = Vec::new();
    while rows.len() < header_guess::ROWS_LOOKED_AT && reader.next()? == Read::Record {
        let record = reader.record();
        // The last record may be cut by the end of what is looked at.
        if !is_blank(&record) && record.unclosed_quote.is_none() && !record.too_large {
            rows.push((record.row, cells::names(&record, form)));
        }
    }
    Ok(rows)
}

fn decode_head(head: &[u8], encoding: &'static Encoding) -> io::Result<Vec<u8>> {
    let mut intake = Intake::new(Box::new(Cursor::new(head.to_vec())), encoding, 0);
    let mut text = Vec::with_capacity(head.len());
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let read = intake.read(&mut buffer)?;
        if read == 0 {
            return Ok(text);
        }
        text.extend_from_slice(&buffer[..read]);
    }
}

fn find_header(reader: &mut RecordReader, form: Form, asked: Option<u64>, path: &str) -> Result<Header, SourceError> {
    let path = || path.to_owned();
    let mut last_row = None;
    while reader.next().map_err(|failure| failure.tell(&path()))? == Read::Record {
        let record = reader.record();
        last_row = Some(record.row);
        if record.too_large && asked.is_none_or(|row| row == record.row) {
            let detail = format!("its record on line {} is larger than any honest header", record.line);
            return Err(SourceError::BeyondLimit { path: path(), detail });
        }
        let here = match asked {
            Some(row) => record.row >= row,
            None => !is_blank(&record),
        };
        if !here {
            continue;
        }
        if let Some(row) = asked.filter(|&row| record.row > row || is_white(&record)) {
            return Err(SourceError::HeaderRow { path: path(), row, why: "that row is blank".to_owned() });
        }
        if let Some(line) = record.unclosed_quote {
            let within = "before the file ends".to_owned();
            return Err(SourceError::UnclosedQuote { path: path(), line, within });
        }
        return Ok(Header { row: RowNumber(record.row), names: cells::names(&record, form) });
    }
    Err(match (asked, last_row) {
        (_, None) => SourceError::Empty { path: path() },
        (Some(row), Some(last)) => {
            let why = if last >= row { "that row is blank".to_owned() } else { format!("the last row is {last}") };
            SourceError::HeaderRow { path: path(), row, why }
        }
        (None, Some(_)) => SourceError::NoHeader { path: path() },
    })
}

/// How many columns there are up to the last that has a name.
fn named(header: &Header) -> usize {
    header.names.iter().rposition(|name| !name.trim().is_empty()).map_or(0, |last| last + 1)
}

fn delimiter_name(delimiter: u8) -> String {
    match delimiter {
        b',' => "comma".to_owned(),
        b';' => "semicolon".to_owned(),
        b'\t' => "tab".to_owned(),
        b'|' => "pipe".to_owned(),
        other => format!("{:?}", char::from(other)),
    }
}

#[cfg(test)]
mod tests;
