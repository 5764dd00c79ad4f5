//! A record into a row: as wide as the header, its text UTF-8, and everything odd about it said.

use encoding_rs::Encoding;

use super::driver::Record;
use super::intake::undecodable;
use crate::model::{Code, ColumnIndex, Issue, Row, RowNumber, excerpt};
use crate::source::cell_text;

/// How many characters of a foreign value stand in a message.
const EXCERPT: usize = 24;

/// What a reader of rows must know about the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// Cells a row has.
    pub(super) width: usize,
    /// Cells it must have: those up to the last column with a name. A delimiter at the end of the header alone makes a
    /// column that no row needs.
    pub(super) named: usize,
    /// The encoding of the file.
    pub(super) encoding: &'static Encoding,
    /// Whether marks of undecodable bytes are to be expected in the text.
    pub(super) transcoded: bool,
}

/// The row of a record, in the memory of another. Position is left to the caller.
pub(super) fn fill(row: &mut Row, record: &Record<'_>, form: Form) {
    let mut issues = Vec::new();
    let number = RowNumber(record.row);
    match clean(record) {
        Some(text) if record.ranges.len() == form.width => {
            row.become_ranges(number, text, record.ranges);
            row.clean = record.clean;
        }
        Some(text) => {
            row.become_ranges(number, "", &[]);
            (0..form.width)
                .for_each(|at| row.push(if at < record.ranges.len() { &text[record.range(at)] } else { "" }));
        }
        None => {
            let (text, ends) = decode(record, form, &mut issues);
            *row = Row::from_parts(number, text, ends);
        }
    }
    row.line = Some(record.line);
    if record.suspicious {
        look_at_cells(row, form, &mut issues);
    }
    let torn = record.torn.is_some() || record.unclosed_quote.is_some();
    if torn || record.too_large || record.ranges.len() != form.width {
        look_at_shape(record, form, &mut issues);
    }
    row.issues = issues;
}

/// The names of a header record.
pub(super) fn names(record: &Record<'_>, form: Form) -> Vec<String> {
    let form = Form { width: record.ranges.len(), named: 0, ..form };
    let mut row = Row::new(RowNumber(record.row));
    fill(&mut row, record, form);
    row.cells().map(str::to_owned).collect()
}

/// The whole text, if it is UTF-8 cell by cell: a cell could break a character in two that the next one completes. One
/// vectorised check a record took a seventh of the time of the standard library's over whole blocks.
fn clean<'a>(record: &Record<'a>) -> Option<&'a str> {
    let text = simdutf8::basic::from_utf8(record.text).ok()?;
    let whole = |&[_, end]: &[u32; 2]| text.is_char_boundary(end as usize);
    (record.verbatim || record.ranges.iter().all(whole)).then_some(text)
}

/// Decodes cell by cell, naming what cannot be decoded.
fn decode(record: &Record<'_>, form: Form, issues: &mut Vec<Issue>) -> (String, Vec<u32>) {
    let mut text = String::with_capacity(record.text.len());
    let mut ends = Vec::with_capacity(form.width);
    let mut line = record.line;
    for at in 0..record.ranges.len().min(form.width) {
        let mut rest = &record.text[record.range(at)];
        let mut bad: Option<(u64, Vec<u8>)> = None;
        let mut more = 0;
        loop {
            let (valid, broken) = match std::str::from_utf8(rest) {
                Ok(valid) => (valid, None),
                Err(error) => {
                    let (valid, broken) = rest.split_at(error.valid_up_to());
                    let len = error.error_len().unwrap_or(broken.len());
                    // `valid_up_to` vouches for the first part.
                    (std::str::from_utf8(valid).unwrap_or_default(), Some((broken, len)))
                }
            };
            text.push_str(valid);
            line += super::driver::count_breaks(valid.as_bytes());
            let Some((broken, len)) = broken else { break };
            let (bytes, len) = undecodable(broken, len, form.transcoded);
            text.push(char::REPLACEMENT_CHARACTER);
            if bad.is_none() {
                bad = Some((line, bytes));
            } else {
                more += 1;
            }
            rest = &broken[len..];
        }
        if let Some((line, bytes)) = bad {
            issues.push(undecodable_issue(at, line, &bytes, more, form.encoding));
        }
        ends.push(text.len() as u32);
    }
    ends.resize(form.width, text.len() as u32);
    (text, ends)
}

fn undecodable_issue(column: usize, line: u64, bytes: &[u8], more: u64, encoding: &'static Encoding) -> Issue {
    let hex: Vec<String> = bytes.iter().map(|byte| format!("0x{byte:02X}")).collect();
    let noun = if bytes.len() == 1 { "byte" } else { "bytes" };
    let verb = if bytes.len() == 1 { "is" } else { "are" };
    let more = if more > 0 { format!(", and {more} more in this cell") } else { String::new() };
    let message = format!("line {line}: {noun} {} {verb} not {}{more}", hex.join(" "), encoding.name());
    Issue::cell(Code::CellEncoding, ColumnIndex(column as u32), message)
}

fn look_at_cells(row: &Row, form: Form, issues: &mut Vec<Issue>) {
    for (at, cell) in row.cells().enumerate() {
        let column = ColumnIndex(at as u32);
        // A replacement character that we put there ourselves has been reported with its bytes.
        let reported = issues.iter().any(|issue| issue.code == Code::CellEncoding && issue.column == Some(column));
        // A one-byte encoding turns the bytes it does not define into C1 controls.
        if form.encoding.is_single_byte() {
            let mut undefined = cell.chars().filter(|c| ('\u{80}'..='\u{9f}').contains(c));
            if let Some(c) = undefined.next() {
                let line = row.line.unwrap_or(0);
                let more = undefined.count() as u64;
                issues.push(undecodable_issue(at, line, &[u32::from(c) as u8], more, form.encoding));
                continue;
            }
        }
        cell_text::look(cell, column, !reported, issues);
    }
}

fn look_at_shape(record: &Record<'_>, form: Form, issues: &mut Vec<Issue>) {
    if let Some(line) = record.unclosed_quote {
        let message =
            format!("a quote opens a cell on line {line} and is never closed, so the rest of the file stands in it");
        issues.push(Issue::row(Code::RowUnclosedQuote, message));
        return;
    }
    if let Some([opened, closed]) = record.torn {
        let message = format!(
            "a quote opens a cell on line {opened}, and the next one on line {closed} does not end it: a quote is missing \
             or one too many"
        );
        issues.push(Issue::row(Code::RowUnclosedQuote, message));
        return;
    }
    if record.too_large {
        let message = format!(
            "the record is larger than {} MiB or {} cells",
            crate::source::limits::RECORD_BYTES_MAX >> 20,
            crate::source::limits::RECORD_CELLS_MAX
        );
        issues.push(Issue::row(Code::RowTooLarge, message));
        return;
    }
    let cells = record.ranges.len();
    let mut values = Vec::new();
    for at in form.width..cells {
        let value = &record.text[record.range(at)];
        if !value.trim_ascii().is_empty() {
            values.push(format!("\"{}\"", excerpt(&String::from_utf8_lossy(value), EXCERPT)));
        }
    }
    if cells >= form.named && values.is_empty() {
        return;
    }
    let mut message = format!("{cells} cell{}, but the header has {}", if cells == 1 { "" } else { "s" }, form.width);
    if !values.is_empty() {
        let more = values.len().saturating_sub(3);
        values.truncate(3);
        message.push_str(&format!("; beyond the header: {}", values.join(", ")));
        if more > 0 {
            message.push_str(&format!(" and {more} more"));
        }
    }
    if record.breaks > 0 {
        let last = record.line + record.breaks;
        message.push_str(&format!("; the record runs from line {} to {last}, so a quote may be missing", record.line));
    }
    issues.push(Issue::row(Code::RowRagged, message));
}
