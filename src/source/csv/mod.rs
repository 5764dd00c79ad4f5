//! Text tables: bytes in, rows out, at the speed of the parser and in constant memory.

mod cells;
mod dialect;
mod driver;
mod encoding;
mod intake;

use std::fs::File;
use std::io::{self, Cursor, Read as _, Seek, SeekFrom};
use std::ops::ControlFlow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use self::cells::Form;
use self::driver::{Read, ReadFailure, Record, RecordReader};
use self::encoding::{Census, HeadSays};
use self::intake::Intake;
use super::limits::{CHUNK_BYTES, RECORD_BYTES_MAX};
use super::{ReadEnd, SourceError, kind};
use crate::model::{CsvDialect, DelimiterChoice, EncodingChoice, Header, Row, RowNumber, SourceOptions, TableShape};

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
    path: String,
    reader: RecordReader,
    form: Form,
    header: Header,
    shape: TableShape,
}

/// Finds out how the table is written and reads its header.
pub(super) fn open(mut beginning: Beginning, options: &SourceOptions) -> Result<TextTable, SourceError> {
    let (encoding, mark_bytes) = find_encoding(&mut beginning, options)?;
    let Beginning { path, head, complete, rest, size } = beginning;
    let wide = encoding == UTF_16LE || encoding == UTF_16BE;
    if !wide && kind::looks_binary(&head) {
        return Err(SourceError::NotASpreadsheet { path });
    }
    let as_io_error = |cause| SourceError::Io { path: path.clone(), cause };
    let text = decode_head(&head[mark_bytes..], encoding).map_err(as_io_error)?;
    if let Some(other) = kind::sniff_text(&String::from_utf8_lossy(&text[..text.len().min(16 * 1024)])) {
        return Err(SourceError::OtherKind { path, what: other.what, hint: other.hint });
    }

    let sep_line = dialect::sep_line(&text);
    let after_sep_line = &text[sep_line.map_or(0, |(_, bytes)| bytes)..];
    let header_row = options.header_row.filter(|&row| row > 1 || sep_line.is_none());
    let delimiter = match (options.delimiter, sep_line) {
        (Some(DelimiterChoice::Byte(byte)), _) => byte,
        (_, Some((byte, _))) => byte,
        (Some(DelimiterChoice::Auto) | None, None) => dialect::detect(after_sep_line, complete, header_row),
    };

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
    let mut reader = RecordReader::with_chunks(Intake::new(input, encoding, mark_bytes as u64), delimiter);
    if let Some((_, bytes)) = sep_line {
        reader.skip_first_line(bytes).map_err(|failure| failure.tell(&path))?;
    }
    let form = Form { width: 1, encoding, transcoded: encoding != UTF_8 };
    let header = find_header(&mut reader, form, header_row, &path)?;
    let shape = TableShape {
        description: format!("CSV, {}, {}", encoding.name(), delimiter_name(delimiter)),
        sheet: None,
        dialect: CsvDialect { delimiter, wants_bom: mark_bytes > 0 || encoding != UTF_8 },
        size_hint: size,
    };
    Ok(TextTable { path, reader, form: Form { width: header.names.len(), ..form }, header, shape })
}

impl TextTable {
    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn shape(&self) -> &TableShape {
        &self.shape
    }

    pub(super) fn read(mut self, each: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<ReadEnd, SourceError> {
        let mut rows = 0;
        let mut stopped = false;
        while self.next()? {
            let mut row = cells::row(&self.reader.record(), self.form);
            row.position = self.reader.position();
            rows += 1;
            if each(row).is_break() {
                stopped = true;
                break;
            }
        }
        Ok(ReadEnd { rows, blank_lines: self.reader.blank_lines(), stopped })
    }

    /// The next record that is a row.
    fn next(&mut self) -> Result<bool, SourceError> {
        while self.reader.next().map_err(|failure| failure.tell(&self.path))? == Read::Record {
            let record = self.reader.record();
            let alone = record.ends.len() == 1 && record.unclosed_quote.is_none();
            let white = alone && self.form.width > 1 && is_white(&record);
            // DOS programs end a text file with this byte.
            let end_mark = alone && record.text == [0x1A];
            if white || end_mark && self.reader.is_spent().map_err(|failure| failure.tell(&self.path))? {
                self.reader.count_as_blank();
                continue;
            }
            return Ok(true);
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
    record.text.iter().all(u8::is_ascii_whitespace)
}

/// The encoding, and how many bytes of marks stand before the text. A file is looked at whole, so that no late byte
/// can surprise; of a stream only the head can be seen.
fn find_encoding(
    beginning: &mut Beginning,
    options: &SourceOptions,
) -> Result<(&'static Encoding, usize), SourceError> {
    let says = encoding::look(&beginning.head);
    // A mark is the file's own word and wins, as it does in browsers (Encoding Standard, "decode").
    if let HeadSays::Mark(encoding, bytes) = says {
        return Ok((encoding, bytes));
    }
    if let Some(EncodingChoice::Named(encoding)) = options.encoding {
        return Ok((encoding, 0));
    }
    match says {
        HeadSays::Mark(encoding, bytes) => Ok((encoding, bytes)),
        HeadSays::Pattern(encoding) => Ok((encoding, 0)),
        HeadSays::Utf32 => Err(SourceError::Utf32 { path: beginning.path.clone() }),
        HeadSays::Nothing => {
            let mut census = Census::default();
            census.feed(&beginning.head);
            let mut complete = beginning.complete;
            if let (Rest::File(file), false) = (&mut beginning.rest, complete) {
                let mut chunk = vec![0; CHUNK_BYTES];
                let path = &beginning.path;
                let as_io_error = |cause| SourceError::Io { path: path.clone(), cause };
                file.seek(SeekFrom::Start(beginning.head.len() as u64)).map_err(as_io_error)?;
                loop {
                    let read = file.read(&mut chunk).map_err(as_io_error)?;
                    if read == 0 {
                        break;
                    }
                    census.feed(&chunk[..read]);
                }
                complete = true;
            }
            Ok((census.encoding(complete), 0))
        }
    }
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
        let here = match asked {
            Some(row) => record.row >= row,
            None => record.text.iter().any(|byte| !byte.is_ascii_whitespace() && *byte != 0x1A),
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
        if record.too_large {
            let detail = format!("the header on line {} is larger than any honest one", record.line);
            return Err(SourceError::BeyondLimit { path: path(), detail });
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
