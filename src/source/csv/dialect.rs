//! Which character stands between the cells: Excel's `sep=` line, or the one that makes the most even table.

/// The candidates, the likelier first; on a tie the first wins.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];
/// A table whose best delimiter scores below this has one column.
const SCORE_MIN: f64 = 0.2;
/// How many records are looked at.
const RECORDS_MAX: usize = 2000;

/// Excel's `sep=;` first line: the delimiter, and the length of the line with its line end.
pub(super) fn sep_line(text: &[u8]) -> Option<(u8, usize)> {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(text.len());
    let (line, rest) = text.split_at(end);
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let (key, value) = line.split_at_checked(4)?;
    let &[delimiter] = value else { return None };
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

/// The delimiter of a table that begins with `text`. `complete` says whether that is all of it, `header_row` where the
/// column names stand if that is known.
pub(super) fn detect(text: &[u8], complete: bool, header_row: Option<u64>) -> u8 {
    let mut best = (SCORE_MIN, b',');
    for delimiter in CANDIDATES {
        let score = Sample::take(text, delimiter, complete, header_row).score();
        if score > best.0 + 1e-9 {
            best = (score, delimiter);
        }
    }
    best.1
}

/// How a text falls into cells by one delimiter.
#[derive(Debug, Default)]
struct Sample {
    widths: Vec<usize>,
    cells: usize,
    spaced: usize,
}

impl Sample {
    fn take(text: &[u8], delimiter: u8, complete: bool, header_row: Option<u64>) -> Sample {
        let mut core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        let mut sample = Sample::default();
        let (mut rest, mut line_start) = (text, true);
        let mut cell = vec![0; text.len().max(1)];
        let (mut width, mut skip) = (0, header_row.unwrap_or(1).saturating_sub(1));
        loop {
            if line_start && skip > 0 {
                // Lines before the header; blank ones are rows to a person and nothing to the parser.
                let end = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |at| at + 1);
                rest = &rest[end..];
                skip -= 1;
                continue;
            }
            if rest.is_empty() && !complete {
                // The last record may be cut; it says nothing.
                return sample;
            }
            let (result, read, wrote) = core.read_field(rest, &mut cell);
            rest = &rest[read..];
            match result {
                csv_core::ReadFieldResult::Field { record_end } => {
                    width += 1;
                    sample.cells += 1;
                    sample.spaced += usize::from(width > 1 && cell[..wrote].first() == Some(&b' '));
                    line_start = record_end;
                    if record_end {
                        sample.widths.push(width);
                        width = 0;
                        if sample.widths.len() == RECORDS_MAX {
                            return sample;
                        }
                    }
                }
                csv_core::ReadFieldResult::InputEmpty => {}
                // The cell buffer holds the whole text, so it cannot fill up.
                csv_core::ReadFieldResult::OutputFull | csv_core::ReadFieldResult::End => return sample,
            }
        }
    }

    /// Between 0 and 1. Records of one width weigh most, so a ragged line costs little; a first record of another
    /// width costs much, because commas in notes do not stand in the header; cells that begin with a space look like
    /// prose; more columns win between equals.
    fn score(&self) -> f64 {
        let mut counts = std::collections::HashMap::<usize, usize>::new();
        for &width in self.widths.iter().filter(|&&width| width > 1) {
            *counts.entry(width).or_default() += 1;
        }
        let Some((&width, &even)) = counts.iter().max_by_key(|&(&width, &count)| (count, width)) else { return 0.0 };
        let evenness = even as f64 / self.widths.len() as f64;
        let columns = 1.0 - 1.0 / (width as f64 + 1.0);
        let first = self.widths.first().copied().unwrap_or(0);
        let header = if first == width {
            1.0
        } else if first > 1 {
            // A header a little wider or narrower than the rows is still a header.
            0.7
        } else {
            0.4
        };
        let inner = self.cells.saturating_sub(self.widths.len()).max(1);
        let prose = 1.0 - 0.5 * self.spaced as f64 / inner as f64;
        evenness * columns * header * prose
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: char) {
        assert_eq!(char::from(detect(text.as_bytes(), true, None)), expected, "{text}");
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
        check("a\tb\n\"x,y,z\"\t1\n\"x,y,z\"\t2\n", '\t');
    }

    #[test]
    fn quoted_line_breaks_are_no_lines() {
        check("a;b\n\"1,2\n3,4\n5,6\";x\n\"1,2\n3,4\";y\n", ';');
    }

    #[test]
    fn one_column_is_a_table_too() {
        check("email\na@b.se\nc@d.se\n", ',');
        check("name\nBerg, Åsa\nLind, Bo\n", ',');
        check("email", ',');
        check("", ',');
    }

    #[test]
    fn a_title_above_the_header_is_forgiven() {
        check("Kunder\n\nnamn;epost;ort\nA;a@b.se;X\nB;b@b.se;Y\nC;c@b.se;Z\nD;d@b.se;Z\n", ';');
        let text = "Kunder, export, 2024\nnamn;epost\nA;a@b.se\n";
        assert_eq!(detect(text.as_bytes(), true, Some(2)), b';');
    }

    #[test]
    fn excels_first_line_is_understood() {
        assert_eq!(sep_line(b"sep=;\r\na;b"), Some((b';', 7)));
        assert_eq!(sep_line(b"\"SEP=\t\"\na"), Some((b'\t', 8)));
        assert_eq!(sep_line(b"sep=|"), Some((b'|', 5)));
        assert_eq!(sep_line(b"sep=;;\n"), None);
        assert_eq!(sep_line(b"name,sep=\n"), None);
        assert_eq!(sep_line(b""), None);
    }
}
