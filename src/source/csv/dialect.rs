//! Which character stands between the cells: Excel's `sep=` line, or the one that makes the most even table; whether a
//! backslash keeps a quote from closing its cell, and whether spaces may stand before the quote that opens one.

use super::scan::{Cells, Scan, Syntax, scan};
use crate::source::header_guess;

/// The candidates; on a tie the first wins, which is the one that text holds less often.
const CANDIDATES: [u8; 4] = [b'\t', b';', b'|', b','];
/// What is taken for a table of one column: the first that never stands outside quotes, so that nothing is cut.
const IN_ONE_COLUMN: [u8; 4] = [b',', b';', b'\t', b'|'];
/// A table whose best delimiter scores below this has one column.
const SCORE_MIN: f64 = 0.2;
/// How many records are looked at.
const RECORDS_MAX: usize = 2000;

/// How a table is written, and how that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// How it is written.
    pub(super) syntax: Syntax,
    /// How the delimiter was found, in words.
    pub(super) reason: String,
}

/// Excel's `sep=;` first line: the delimiter, and the length of the line with its line end. A program that filled the
/// line up to the width of the table put more delimiters behind it, some of them behind quotes.
pub(super) fn sep_line(text: &[u8]) -> Option<(u8, usize)> {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(text.len());
    let (line, rest) = text.split_at(end);
    let (line, behind) = match line.strip_prefix(b"\"") {
        Some(quoted) => {
            let closes = quoted.iter().position(|&byte| byte == b'"')?;
            (&quoted[..closes], &quoted[closes + 1..])
        }
        None => (line, &[][..]),
    };
    let (key, value) = line.split_at_checked(4)?;
    let (&delimiter, more) = value.split_first()?;
    if more.iter().chain(behind).any(|&byte| byte != delimiter && byte != b' ') {
        return None;
    }
    if !key.eq_ignore_ascii_case(b"sep=") || matches!(delimiter, b'"' | 0 | 128..) {
        return None;
    }
    let line_end = match rest {
        [b'\r', b'\n', ..] => 2,
        [] => 0,
        _ => 1,
    };
    Some((delimiter, end + line_end))
}

/// How a table that begins with `text` is written. `complete` says whether that is all of it, `header_row` where the
/// column names stand if that is known.
pub(super) fn detect(text: &[u8], complete: bool, header_row: Option<u64>) -> Dialect {
    let text = after_rows(text, header_row.unwrap_or(1).saturating_sub(1));
    let mut best = (SCORE_MIN, None);
    for delimiter in CANDIDATES {
        let sample = Sample::take(text, delimiter, complete);
        let score = sample.score();
        if score > best.0 + 1e-9 {
            best = (score, Some(sample));
        }
    }
    match best.1 {
        Some(sample) => {
            let (width, even) = sample.usual_width();
            let reason = format!("it makes {width} cells in {even} of {} rows looked at", sample.widths.len());
            Dialect { syntax: sample.syntax, reason }
        }
        None => {
            let reason = "no delimiter makes an even table of it".to_owned();
            let widths = |delimiter: &u8| Sample::take(text, *delimiter, complete).widths;
            // A header that falls into cells was meant to, however ragged the rows are.
            let in_header = |delimiter: &u8| widths(delimiter).first().is_some_and(|&width| width > 1);
            let nowhere = |delimiter: &u8| widths(delimiter).iter().all(|&width| width == 1);
            let mut candidates = IN_ONE_COLUMN.into_iter();
            let delimiter = candidates.clone().find(in_header).or_else(|| candidates.find(nowhere)).unwrap_or(b',');
            Dialect { syntax: syntax_with(text, delimiter, complete), reason }
        }
    }
}

/// The syntax for a delimiter that is known.
pub(super) fn syntax_with(text: &[u8], delimiter: u8, complete: bool) -> Syntax {
    Sample::take(text, delimiter, complete).syntax
}

/// What comes after so many lines; blank ones are rows to a person.
fn after_rows(mut text: &[u8], rows: u64) -> &[u8] {
    for _ in 0..rows {
        let Some(at) = memchr::memchr2(b'\n', b'\r', text) else { return text };
        text = &text[at + 1 + usize::from(text[at..].starts_with(b"\r\n"))..];
    }
    text
}

/// How a text falls into cells by one delimiter.
#[derive(Debug)]
struct Sample {
    syntax: Syntax,
    widths: Vec<usize>,
    cells: usize,
    spaced: usize,
    /// Records in which something stands behind a closing quote, and those where a backslash stands before it.
    bad: usize,
    after_backslash: usize,
    /// Cells that begin with spaces and a quote.
    after_space: usize,
    unclosed: bool,
    /// The first records, to see whether one looks like a header.
    first: Vec<(u64, Vec<String>)>,
}

impl Sample {
    /// A backslash escapes quotes, and spaces may stand before them, only in a file that makes no sense otherwise, and
    /// none but sense then.
    fn take(text: &[u8], delimiter: u8, complete: bool) -> Sample {
        let plain = Sample::take_as(text, Syntax::plain(delimiter), complete);
        let others = [
            (plain.after_backslash > 0, Syntax { backslash: true, ..Syntax::plain(delimiter) }),
            (plain.after_space > 0, Syntax { spaced: true, ..Syntax::plain(delimiter) }),
        ];
        let tried = others.into_iter().filter(|(is_hinted, _)| *is_hinted);
        let mut taken = tried.map(|(_, syntax)| Sample::take_as(text, syntax, complete));
        taken.find(|other| other.bad == 0 && !other.unclosed).unwrap_or(plain)
    }

    fn take_as(text: &[u8], syntax: Syntax, complete: bool) -> Sample {
        let mut sample = Sample {
            syntax,
            widths: Vec::new(),
            cells: 0,
            spaced: 0,
            bad: 0,
            after_backslash: 0,
            after_space: 0,
            unclosed: false,
            first: Vec::new(),
        };
        let mut cells = Cells::default();
        let mut rest = text;
        while sample.widths.len() < RECORDS_MAX {
            let ends = rest.iter().take_while(|byte| matches!(**byte, b'\n' | b'\r')).count();
            rest = &rest[ends..];
            if rest.is_empty() {
                break;
            }
            // The last record of a beginning may be cut; it says nothing.
            let Scan::Record { len, used, unclosed } = scan(rest, complete, syntax, &mut cells) else { break };
            sample.unclosed |= unclosed.is_some();
            sample.count(&rest[..len], &cells);
            rest = &rest[used..];
        }
        sample
    }

    fn count(&mut self, record: &[u8], cells: &Cells) {
        let text = if cells.verbatim { record } else { &cells.text[..] };
        let mut kept = Vec::new();
        for (at, &[start, end]) in cells.ranges.iter().enumerate() {
            let cell = &text[start as usize..end as usize];
            let is_spaced = cell.first() == Some(&b' ');
            self.spaced += usize::from(at > 0 && is_spaced);
            self.after_space += usize::from(is_spaced && cell.trim_ascii_start().first() == Some(&b'"'));
            if self.first.len() < header_guess::ROWS_LOOKED_AT {
                kept.push(String::from_utf8_lossy(cell).into_owned());
            }
        }
        if self.first.len() < header_guess::ROWS_LOOKED_AT {
            self.first.push((self.widths.len() as u64 + 1, kept));
        }
        self.cells += cells.ranges.len();
        self.widths.push(cells.ranges.len());
        self.bad += usize::from(cells.bad_quotes > 0);
        self.after_backslash += usize::from(cells.after_backslash > 0);
    }

    /// The width that most records have which fall into cells at all, and how many those are.
    fn usual_width(&self) -> (usize, usize) {
        let mut counts = std::collections::HashMap::<usize, usize>::new();
        for &width in self.widths.iter().filter(|&&width| width > 1) {
            *counts.entry(width).or_default() += 1;
        }
        counts.into_iter().max_by_key(|&(width, count)| (count, width)).unwrap_or((1, 0))
    }

    /// Between 0 and 1. Records of one width weigh most, so a ragged line costs little; a first record of another
    /// width costs much, because commas in notes do not stand in the header; cells that begin with a space look like
    /// prose; text behind a closing quote means that another delimiter was meant; more columns win between equals.
    fn score(&self) -> f64 {
        let (width, even) = self.usual_width();
        if even == 0 {
            return 0.0;
        }
        let records = self.widths.len() as f64;
        let evenness = even as f64 / records;
        let columns = 1.0 - 1.0 / (width as f64 + 1.0);
        let first = self.widths.first().copied().unwrap_or(0);
        let header = if first == width {
            1.0
        } else if first > 1 {
            // A header a little wider or narrower than the rows is still a header.
            0.7
        } else if self.has_header_of(width) {
            0.8
        } else {
            0.25
        };
        let inner = self.cells.saturating_sub(self.widths.len()).max(1);
        let prose = 1.0 - 0.5 * self.spaced as f64 / inner as f64;
        let quotes = 1.0 - 0.8 * self.bad as f64 / records;
        evenness * columns * header * prose * quotes * if self.unclosed { 0.8 } else { 1.0 }
    }

    /// Whether a header of that width stands below a title.
    fn has_header_of(&self, width: usize) -> bool {
        let Some(at) = self.first.iter().position(|(_, cells)| cells.len() == width) else { return false };
        let cells = &self.first[at].1;
        header_guess::looks_like_names(cells) && header_guess::differs_from_below(cells, &self.first[at + 1..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: char) {
        assert_eq!(char::from(detect(text.as_bytes(), true, None).syntax.delimiter), expected, "{text}");
    }

    #[test]
    fn the_even_table_wins() {
        check("a,b\n1,2\n", ',');
        check("a;b\n1;2\n", ';');
        check("a\tb\n1\t2\n", '\t');
        check("a|b\n1|2\n", '|');
        check("a;b;c\r1;2;3\r", ';');
    }

    #[test]
    fn a_ragged_line_does_not_flip_it() {
        check("namn;epost;ort\nA;a@b.se;X\nB;b@b.se\nC;c@b.se;Y;extra;extra\n", ';');
        check("namn;epost\nA;a@b.se\nB,C,D,E\nB;b@b.se\n", ';');
    }

    #[test]
    fn commas_in_notes_do_not_flip_it() {
        check("namn;anteckning\nA;ja, nej, kanske, ja\nB;en, två\nC;ett, två, tre\n", ';');
        check("namn;anteckning\nA;a,b,c,d\nB;a,b,c,d\nC;a,b,c,d\n", ';');
        check("pris;antal\n1,50;2\n2,50;3\n", ';');
        check("Efternamn, Förnamn;Epost\nBerg, Åsa;a@b.se\nLind, Bo;b@b.se\n", ';');
        check("Förnamn,Efternamn;Epost\nÅsa,Berg;a@b.se\nBo,Lind;b@b.se\n", ';');
        check("a\tb\n\"x,y,z\"\t1\n\"x,y,z\"\t2\n", '\t');
    }

    #[test]
    fn quoted_line_breaks_are_no_lines() {
        check("a;b\n\"1,2\n3,4\n5,6\";x\n\"1,2\n3,4\";y\n", ';');
    }

    #[test]
    fn quotes_tell_where_cells_end() {
        check("\"a,b\";\"c\"\n\"1,2\";\"3\"\n\"4,5\";\"6\"\n", ';');
        check("\"Name\"|\"Note, long, text\"\n\"A\"|\"b, c\"\n", '|');
    }

    #[test]
    fn a_backslash_escapes_only_where_it_must() {
        let backslash = |text: &str| detect(text.as_bytes(), true, None).syntax.backslash;
        assert!(backslash("a,b\n\"say \\\"hi\\\", ok\",1\n\"x\",2\n"));
        assert!(backslash("a,b\n\"x\\\"\",\"1\"\n\"\\\"y\",\"2\"\n"));
        assert!(!backslash("a,b\n\"C:\\dir\\\",1\n\"D:\\\",2\n"));
        assert!(!backslash("a,b\n\"5\\\" pipe\",1\n\"x\"y\",2\n"));
        assert!(!backslash("a,b\nC:\\x,1\n"));
    }

    #[test]
    fn spaces_before_quotes_are_none_of_the_cell_only_where_that_makes_sense() {
        let spaced = |text: &str| detect(text.as_bytes(), true, None).syntax.spaced;
        assert!(spaced("Name, Mail\n\"Ek, Bo\", \"b@b.se\"\n\"Al, Di\", \"d@b.se\"\n"));
        assert!(spaced("\"a\"; \"b\"\n\"1\"; \"2;3\"\n"));
        assert!(!spaced("a, b\n\"1\", 2\n"));
        assert!(!spaced("a,b\n\"1\", \"2\" or \"3\"\n"));
    }

    #[test]
    fn lists_in_the_only_column_make_no_columns() {
        check("E-mail\na@b.se;c@d.se\ne@f.se;g@h.se\ni@j.se;k@l.se\nm@n.se;o@p.se\n", ',');
    }

    #[test]
    fn one_column_is_a_table_too() {
        check("email\na@b.se\nc@d.se\n", ',');
        check("name\nBerg, Åsa\nLind, Bo\n", ';');
        check("name\n\"Berg, Åsa\"\nLind\n", ',');
        check("email", ',');
        check("", ',');
    }

    #[test]
    fn a_title_above_the_header_is_forgiven() {
        check("Kunder\n\nnamn;epost;ort\nA;a@b.se;X\nB;b@b.se;Y\nC;c@b.se;Z\nD;d@b.se;Z\n", ';');
        let text = "Kunder, export, 2024\nnamn;epost\nA;a@b.se\n";
        assert_eq!(detect(text.as_bytes(), true, Some(2)).syntax.delimiter, b';');
    }

    #[test]
    fn excels_first_line_is_understood() {
        assert_eq!(sep_line(b"sep=;\r\na;b"), Some((b';', 7)));
        assert_eq!(sep_line(b"\"SEP=\t\"\na"), Some((b'\t', 8)));
        assert_eq!(sep_line(b"sep=|"), Some((b'|', 5)));
        assert_eq!(sep_line(b"sep=;;;\r\n"), Some((b';', 9)));
        assert_eq!(sep_line(b"sep=; \n"), Some((b';', 7)));
        assert_eq!(sep_line(b"\"sep=;\";;\r\n"), Some((b';', 11)));
        assert_eq!(sep_line(b"\"sep=;\"a;\n"), None);
        assert_eq!(sep_line(b"sep=;a\n"), None);
        assert_eq!(sep_line(b"name,sep=\n"), None);
        assert_eq!(sep_line(b""), None);
    }
}
