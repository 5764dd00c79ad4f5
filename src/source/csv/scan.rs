//! One record out of a block of bytes: where it ends, and its cells without their quotes.
//!
//! The grammar is that of the `csv` crate, which is what spreadsheets read: a quote opens a cell only at its start,
//! doubled quotes are one, and whatever follows a closing quote belongs to the cell. Written anew because in most records
//! quotes stand around whole cells, or not at all; then a few vectorised searches find every cell where it stands.

use memchr::{memchr, memchr2, memchr3};

use crate::model::eight_of;

/// How a text table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syntax {
    /// Between cells; ASCII.
    pub(super) delimiter: u8,
    /// Whether `\"` in a quoted cell is a quote, and `\\` a backslash.
    pub(super) backslash: bool,
    /// Whether spaces may stand before a quote that opens a cell.
    pub(super) spaced: bool,
}

impl Syntax {
    /// Without backslashes, and without spaces before quotes.
    pub(super) const fn plain(delimiter: u8) -> Syntax {
        Syntax { delimiter, backslash: false, spaced: false }
    }
}

/// How far a scan came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scan {
    /// A whole record.
    Record {
        /// Its bytes, without the line end.
        len: usize,
        /// Its bytes with the first byte of the line end.
        used: usize,
        /// The place of the quote that opens its last cell and is never closed.
        unclosed: Option<usize>,
    },
    /// The record goes on beyond these bytes.
    More {
        /// The place of the quote that is open where they end.
        open_quote: Option<usize>,
    },
}

/// The cells of the record scanned last.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// The cells one after the other, unless the record is `verbatim`.
    pub(super) text: Vec<u8>,
    /// Where each cell begins and ends.
    pub(super) ranges: Vec<[u32; 2]>,
    /// The cells stand in the bytes of the record themselves: none holds a doubled or stray quote.
    pub(super) verbatim: bool,
    /// The record may hold line breaks; without quotes it never does.
    pub(super) spans_lines: bool,
    /// Closing quotes with something else behind them than the end of the cell.
    pub(super) bad_quotes: usize,
    /// Those among them before which a backslash stands.
    pub(super) after_backslash: usize,
    /// The first cell whose quotes hold a line break and have something else than blanks behind them: where its quotes
    /// open and close.
    pub(super) torn: Option<[usize; 2]>,
}

/// Scans the record at the start of `bytes`, which is not a line end. `complete` says that nothing comes after them.
pub(super) fn scan(bytes: &[u8], complete: bool, syntax: Syntax, cells: &mut Cells) -> Scan {
    cells.text.clear();
    cells.ranges.clear();
    (cells.verbatim, cells.spans_lines) = (true, false);
    (cells.bad_quotes, cells.after_backslash, cells.torn) = (0, 0, None);
    match memchr3(b'\n', b'\r', b'"', bytes) {
        Some(at) if bytes[at] == b'"' => {
            let neat = if syntax.backslash { None } else { neat(bytes, at, syntax.delimiter, cells) };
            neat.unwrap_or_else(|| {
                cells.ranges.clear();
                (cells.verbatim, cells.spans_lines) = (false, true);
                quoted(bytes, complete, syntax, cells)
            })
        }
        Some(at) => {
            plain(bytes, 0, at, syntax.delimiter, cells);
            Scan::Record { len: at, used: at + 1, unclosed: None }
        }
        None if complete => {
            plain(bytes, 0, bytes.len(), syntax.delimiter, cells);
            Scan::Record { len: bytes.len(), used: bytes.len(), unclosed: None }
        }
        None => Scan::More { open_quote: None },
    }
}

/// Takes the cells from `start`, where one begins, to `end`; returns where the last of them begins.
fn plain(bytes: &[u8], start: usize, end: usize, delimiter: u8, cells: &mut Cells) -> usize {
    const LOW_BITS: u64 = eight_of(0x7F);
    let pattern = eight_of(delimiter);
    // Records are capped far below 4 GiB.
    let (mut at, mut start) = (start as u32, start as u32);
    let mut cell_ends = |delimiter_at: u32| {
        cells.ranges.push([start, delimiter_at]);
        start = delimiter_at + 1;
    };
    // Eight bytes at a time: cells are so short that starting a wider search for each costs twice as much. Of eight
    // bytes that differ from the delimiter in nothing, the uppermost bit comes out as one, and of others as zero.
    let (words, rest) = bytes[at as usize..end].as_chunks::<8>();
    for word in words {
        let differing = u64::from_le_bytes(*word) ^ pattern;
        let mut found = !(((differing & LOW_BITS) + LOW_BITS) | differing | LOW_BITS);
        while found != 0 {
            cell_ends(at + found.trailing_zeros() / 8);
            found &= found - 1;
        }
        at += 8;
    }
    for &byte in rest {
        if byte == delimiter {
            cell_ends(at);
        }
        at += 1;
    }
    cells.ranges.push([start, end as u32]);
    start as usize
}

/// Takes a record whose quotes stand around whole cells only, all of which is in `bytes`; the first stands at `quote`.
/// Nothing when it is not so neat: [`quoted`] then reads it, more slowly.
fn neat(bytes: &[u8], mut quote: usize, delimiter: u8, cells: &mut Cells) -> Option<Scan> {
    let mut at = 0;
    loop {
        if at < quote {
            // The quote must begin a cell; the empty one before it is that cell.
            if plain(bytes, at, quote, delimiter, cells) != quote {
                return None;
            }
            cells.ranges.pop();
        }
        let close = quote + 1 + memchr(b'"', &bytes[quote + 1..])?;
        cells.ranges.push([quote as u32 + 1, close as u32]);
        cells.spans_lines |= memchr2(b'\n', b'\r', &bytes[quote + 1..close]).is_some();
        at = close + 2;
        match *bytes.get(close + 1)? {
            b'\n' | b'\r' => return Some(Scan::Record { len: close + 1, used: close + 2, unclosed: None }),
            next if next == delimiter => {}
            _ => return None,
        }
        let stop = at + memchr3(b'\n', b'\r', b'"', &bytes[at..])?;
        if bytes[stop] != b'"' {
            plain(bytes, at, stop, delimiter, cells);
            return Some(Scan::Record { len: stop, used: stop + 1, unclosed: None });
        }
        quote = stop;
    }
}

fn quoted(bytes: &[u8], complete: bool, syntax: Syntax, cells: &mut Cells) -> Scan {
    let delimiter = syntax.delimiter;
    let (mut at, mut start) = (0, 0);
    loop {
        let mut end_cell = |cells: &mut Cells| {
            let end = cells.text.len() as u32;
            cells.ranges.push([std::mem::replace(&mut start, end), end]);
        };
        if syntax.spaced {
            let spaces = bytes[at..].iter().take_while(|byte| **byte == b' ').count();
            at += if bytes.get(at + spaces) == Some(&b'"') { spaces } else { 0 };
        }
        if bytes.get(at) == Some(&b'"') {
            let open = at;
            match unquote(bytes, at + 1, complete, syntax, cells) {
                Some(end) => {
                    at = end;
                    if cells.torn.is_none() && is_torn(&bytes[open..at], &bytes[at..], delimiter) {
                        cells.torn = Some([open, at - 1]);
                    }
                }
                None if complete => {
                    end_cell(cells);
                    return Scan::Record { len: bytes.len(), used: bytes.len(), unclosed: Some(open) };
                }
                None => return Scan::More { open_quote: Some(open) },
            }
        }
        let Some(len) = memchr3(delimiter, b'\n', b'\r', &bytes[at..]) else {
            if !complete {
                return Scan::More { open_quote: None };
            }
            cells.text.extend_from_slice(&bytes[at..]);
            end_cell(cells);
            return Scan::Record { len: bytes.len(), used: bytes.len(), unclosed: None };
        };
        cells.text.extend_from_slice(&bytes[at..at + len]);
        end_cell(cells);
        at += len;
        if bytes[at] != delimiter {
            return Scan::Record { len: at, used: at + 1, unclosed: None };
        }
        at += 1;
    }
}

/// Whether quotes that span lines do not end their cell: then one of them is likely to be of another cell.
fn is_torn(quoted: &[u8], behind: &[u8], delimiter: u8) -> bool {
    let ends = |byte: &u8| *byte == delimiter || matches!(byte, b'\n' | b'\r');
    behind.first().is_some_and(|next| !ends(next))
        && memchr2(b'\n', b'\r', quoted).is_some()
        && behind.iter().take_while(|byte| !ends(byte)).any(|byte| *byte != b' ')
}

/// Takes the inside of a quoted cell; returns the place behind its closing quote, or nothing when that does not come.
fn unquote(bytes: &[u8], mut at: usize, complete: bool, syntax: Syntax, cells: &mut Cells) -> Option<usize> {
    loop {
        let rest = &bytes[at..];
        let stop = if syntax.backslash { memchr2(b'"', b'\\', rest) } else { memchr(b'"', rest) };
        let Some(stop) = stop else {
            cells.text.extend_from_slice(rest);
            return None;
        };
        cells.text.extend_from_slice(&rest[..stop]);
        let next = rest.get(stop + 1).copied();
        if next.is_none() && !complete {
            return None;
        }
        at += stop + 1;
        match (rest[stop], next) {
            (b'\\', Some(escaped @ (b'"' | b'\\'))) | (b'"', Some(escaped @ b'"')) => {
                cells.text.push(escaped);
                at += 1;
            }
            (b'\\', _) => cells.text.push(b'\\'),
            (_, next) => {
                if next.is_some_and(|next| next != syntax.delimiter && !matches!(next, b'\n' | b'\r')) {
                    cells.bad_quotes += 1;
                    cells.after_backslash += usize::from(stop > 0 && rest[stop - 1] == b'\\');
                }
                return Some(at);
            }
        }
    }
}

/// Looks for the end of a record that is too large to be kept, from its start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Skim {
    state: SkimState,
    /// Bytes since the quote that is open.
    pub(super) quoted_bytes: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum SkimState {
    #[default]
    CellStart,
    Unquoted,
    Quoted,
    Escaped,
    QuoteInQuoted,
}

impl Skim {
    /// The place of the line end in `bytes`, if it is there.
    pub(super) fn find_end(&mut self, bytes: &[u8], syntax: Syntax) -> Option<usize> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let rest = &bytes[at..];
            let inside = matches!(self.state, SkimState::Quoted | SkimState::Escaped);
            let (state, passed) = match self.state {
                SkimState::Quoted => {
                    let stop = if syntax.backslash { memchr2(b'"', b'\\', rest) } else { memchr(b'"', rest) };
                    match stop {
                        Some(stop) if rest[stop] == b'"' => (SkimState::QuoteInQuoted, stop + 1),
                        Some(stop) => (SkimState::Escaped, stop + 1),
                        None => (SkimState::Quoted, rest.len()),
                    }
                }
                SkimState::Escaped => (SkimState::Quoted, 1),
                SkimState::CellStart | SkimState::QuoteInQuoted if byte == b'"' => (SkimState::Quoted, 1),
                SkimState::CellStart if byte == b' ' && syntax.spaced => (SkimState::CellStart, 1),
                SkimState::CellStart | SkimState::QuoteInQuoted | SkimState::Unquoted => {
                    match memchr3(syntax.delimiter, b'\n', b'\r', rest) {
                        Some(stop) if rest[stop] == syntax.delimiter => (SkimState::CellStart, stop + 1),
                        Some(stop) => {
                            self.quoted_bytes = 0;
                            return Some(at + stop);
                        }
                        None => (SkimState::Unquoted, rest.len()),
                    }
                }
            };
            self.quoted_bytes = if inside { self.quoted_bytes + passed } else { 0 };
            self.state = state;
            at += passed;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The cells of the first record and what is left, by `scan`.
    fn ours(bytes: &[u8], syntax: Syntax) -> (Vec<Vec<u8>>, usize, bool) {
        let mut cells = Cells::default();
        let Scan::Record { len, used, unclosed } = scan(bytes, true, syntax, &mut cells) else { panic!("complete") };
        let text = if cells.verbatim { &bytes[..len] } else { &cells.text[..] };
        let cut = |&[start, end]: &[u32; 2]| text[start as usize..end as usize].to_vec();
        (cells.ranges.iter().map(cut).collect(), used, unclosed.is_some())
    }

    /// The same by the `csv` crate's parser; a delimiter at the end shows whether a quote is open.
    fn theirs(bytes: &[u8], delimiter: u8) -> (Vec<Vec<u8>>, usize, bool) {
        let mut core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        let (mut text, mut ends) = (vec![0; bytes.len() + 8], vec![0; bytes.len() + 8]);
        let (result, mut used, wrote, mut ended) = core.read_record(bytes, &mut text, &mut ends);
        let mut unclosed = false;
        if result != csv_core::ReadRecordResult::Record {
            let (_, _, _, end) = core.read_record(&[delimiter], &mut text[wrote..], &mut ends[ended..]);
            unclosed = end == 0;
            if unclosed {
                ends[ended] = wrote;
            }
            ended += 1;
            used = bytes.len();
        }
        let mut start = 0;
        let cells = ends[..ended].iter().map(|&end| text[std::mem::replace(&mut start, end)..end].to_vec()).collect();
        (cells, used, unclosed)
    }

    #[test]
    fn backslashes_escape_quotes_and_themselves_only() {
        let syntax = Syntax { backslash: true, ..Syntax::plain(b',') };
        let (cells, _, unclosed) = ours(b"a\\,\"b\\\"c\",\"C:\\\\x\\n\",\"d\"\"e\"\n", syntax);
        let cells: Vec<_> = cells.iter().map(|cell| String::from_utf8_lossy(cell)).collect();
        assert_eq!(cells, ["a\\", "b\"c", "C:\\x\\n", "d\"e"]);
        assert!(!unclosed);
    }

    #[test]
    fn spaces_before_a_quote_belong_to_no_cell_where_that_is_the_way() {
        let syntax = Syntax { spaced: true, ..Syntax::plain(b',') };
        let (cells, _, _) = ours(b"\"Ek, Bo\", \"b\",  \"x, \"\"y\"\"\", z , \"\"\n", syntax);
        let cells: Vec<_> = cells.iter().map(|cell| String::from_utf8_lossy(cell)).collect();
        assert_eq!(cells, ["Ek, Bo", "b", "x, \"y\"", " z ", ""]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn records_are_those_of_the_csv_crate(
            bytes in prop::collection::vec(prop::sample::select(b"ab,,;\"\"\"\n\r \xC3\xFF\0\\".to_vec()), 1..40),
        ) {
            prop_assume!(!matches!(bytes[0], b'\n' | b'\r'));
            prop_assert_eq!(ours(&bytes, Syntax::plain(b',')), theirs(&bytes, b','));
        }

        #[test]
        fn a_record_cut_anywhere_asks_for_more_or_is_whole(
            bytes in prop::collection::vec(prop::sample::select(b"ab,,\"\"\"\n\\ ".to_vec()), 1..30),
            backslash in any::<bool>(),
            spaced in any::<bool>(),
        ) {
            prop_assume!(bytes[0] != b'\n');
            let syntax = Syntax { delimiter: b',', backslash, spaced };
            let whole = scan(&bytes, true, syntax, &mut Cells::default());
            let Scan::Record { used, .. } = whole else { panic!("complete") };
            let ended = used > 0 && bytes[used - 1] == b'\n' && scan(&bytes, false, syntax, &mut Cells::default()) == whole;
            for cut in 1..bytes.len() {
                let part = scan(&bytes[..cut], false, syntax, &mut Cells::default());
                if ended && cut >= used {
                    prop_assert_eq!(part, whole);
                } else {
                    prop_assert!(matches!(part, Scan::More { .. }), "{:?} at {}", part, cut);
                }
            }
            let mut skim = Skim::default();
            prop_assert_eq!(skim.find_end(&bytes, syntax), ended.then(|| used - 1));
        }
    }
}
