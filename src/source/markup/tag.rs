//! HTML as tags and texts, one at a time: what a browser would make of it, as far as tables need it.

use std::io::{self, BufRead};

/// A tag is looked at this far.
const TAG_BYTES_MAX: usize = 16 * 1024;

/// A piece of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text up to the next tag, or a part of it. Its references are not resolved.
    Text(String),
    /// The beginning of an element, by its name in small letters, and the rest of its tag.
    Start(String, String),
    /// The end of an element.
    End(String),
}

/// Takes a page apart.
pub(super) struct Pieces<R> {
    input: R,
    /// The element whose text is no text of the page.
    raw: Option<String>,
}

impl<R: BufRead> Pieces<R> {
    pub(super) fn new(input: R) -> Self {
        Pieces { input, raw: None }
    }

    /// The next piece; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Piece>> {
        loop {
            if let Some(name) = self.raw.take() {
                self.pass_raw(&name)?;
            }
            let text = self.until(b'<', super::super::limits::CHUNK_BYTES)?;
            if !text.is_empty() {
                return Ok(Some(Piece::Text(into_text(text))));
            }
            if self.peek()?.is_none() {
                return Ok(None);
            }
            self.input.consume(1);
            match self.peek()? {
                Some(b'!' | b'?') => self.pass_declaration()?,
                Some(byte) if byte.is_ascii_alphabetic() || byte == b'/' => {
                    let tag = self.tag()?;
                    let (is_end, tag) = tag.strip_prefix('/').map_or((false, &*tag), |tag| (true, tag));
                    let end = tag.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(tag.len());
                    let name = tag[..end].to_ascii_lowercase();
                    if is_end {
                        return Ok(Some(Piece::End(name)));
                    }
                    if matches!(&*name, "script" | "style" | "xml" | "title" | "noscript" | "textarea" | "template")
                        && !tag.ends_with('/')
                    {
                        self.raw = Some(name);
                        continue;
                    }
                    return Ok(Some(Piece::Start(name, tag[end..].to_owned())));
                }
                _ => return Ok(Some(Piece::Text("<".to_owned()))),
            }
        }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.input.fill_buf()?.first().copied())
    }

    /// The bytes before this one, which stays; at most about `max` of them.
    fn until(&mut self, stop: u8, max: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            let here = self.input.fill_buf()?;
            let found = here.iter().position(|&byte| byte == stop);
            let count = found.unwrap_or(here.len());
            bytes.extend_from_slice(&here[..count]);
            let ended = found.is_some() || here.is_empty();
            self.input.consume(count);
            // A piece that is cut must not be cut within a character or a reference.
            let cuts_well = bytes.last().is_some_and(|byte| byte.is_ascii_whitespace());
            if ended || bytes.len() >= max && cuts_well || bytes.len() >= 32 * max {
                return Ok(bytes);
            }
        }
    }

    /// The inside of a tag; `>` may stand in quotes after an equals sign.
    fn tag(&mut self) -> io::Result<String> {
        let mut bytes = Vec::new();
        let (mut quote, mut before) = (None, 0u8);
        loop {
            let here = self.input.fill_buf()?;
            if here.is_empty() {
                return Ok(into_text(bytes));
            }
            let (mut count, mut ended) = (0, false);
            for &byte in here {
                count += 1;
                match (quote, byte) {
                    (None, b'>') => {
                        ended = true;
                        break;
                    }
                    (None, b'"' | b'\'') if before == b'=' => quote = Some(byte),
                    (Some(open), _) if open == byte => quote = None,
                    _ => {}
                }
                if !byte.is_ascii_whitespace() {
                    before = byte;
                }
                if bytes.len() < TAG_BYTES_MAX {
                    bytes.push(byte);
                }
            }
            self.input.consume(count);
            if ended {
                return Ok(into_text(bytes));
            }
        }
    }

    /// Passes over a comment or another declaration.
    fn pass_declaration(&mut self) -> io::Result<()> {
        let mut last = [0u8; 3];
        let (mut seen, mut is_comment) = (0usize, false);
        while let Some(byte) = self.peek()? {
            self.input.consume(1);
            seen += 1;
            last = [last[1], last[2], byte];
            if seen == 3 {
                is_comment = last == *b"!--";
            }
            // `<!-->` is a whole comment.
            if byte == b'>' && (!is_comment || last[..2] == *b"--" && seen > 3) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Passes over what stands before the end of this element, which stays.
    fn pass_raw(&mut self, name: &str) -> io::Result<()> {
        let end: Vec<u8> = format!("</{name}").into_bytes();
        let mut matched = 0;
        while let Some(byte) = self.peek()? {
            self.input.consume(1);
            let byte = byte.to_ascii_lowercase();
            matched = if byte == end[matched] { matched + 1 } else { usize::from(byte == b'<') };
            if matched == end.len() {
                // The rest of the end tag.
                self.tag()?;
                return Ok(());
            }
        }
        Ok(())
    }
}

/// An attribute of a tag, by its name in small letters; as it stands, references and all.
pub(super) fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = tag;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '/').unwrap_or(rest.len());
        let (found, after) = rest.split_at(end.max(first_len(rest)));
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('=') {
            None => ("", after),
            Some(after) => {
                let after = after.trim_start();
                match after.chars().next() {
                    Some(quote @ ('"' | '\'')) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                    _ => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
                }
            }
        };
        if found.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = next;
    }
}

/// Bytes of the first character, which is taken in any case.
fn first_len(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(page: &str) -> String {
        let mut pieces = Pieces::new(page.as_bytes());
        let mut told = Vec::new();
        while let Some(piece) = pieces.next().unwrap() {
            told.push(match piece {
                Piece::Text(text) => text,
                Piece::Start(name, _) => format!("<{name}>"),
                Piece::End(name) => format!("</{name}>"),
            });
        }
        told.join("|")
    }

    #[test]
    fn a_page_falls_into_its_pieces() {
        assert_eq!(pieces("<!doctype html><!-- > <td> --><TD a='>'>x<br/>y</td>"), "<td>|x|<br>|y|</td>");
        assert_eq!(pieces("<style>td > a { }</style>a<script>\"<td>\"</SCRIPT >b"), "a|b");
        assert_eq!(pieces("1 < 2<!-->x<td"), "1 |<| 2|x|<td>");
        assert_eq!(pieces("<![if gte mso 9]><xml><x>1</x></xml><![endif]>z"), "z");
    }

    #[test]
    fn attributes_are_found_however_they_are_written() {
        for tag in [" colspan=2", " COLSPAN = \"2\"", " a b='x y' colspan='2' c", "/colspan=2"] {
            assert_eq!(attribute(tag, "colspan"), Some("2"), "{tag}");
        }
        assert_eq!(attribute(" x='colspan=2' = é", "colspan"), None);
        assert_eq!(attribute(" x:err='#N/A'", "x:err"), Some("#N/A"));
    }

    proptest::proptest! {
        #[test]
        fn no_page_makes_it_stumble(page in "[<>/!\\-?='\" a-zåé&;#\\[\\]]{0,60}") {
            pieces(&page);
            attribute(&page, "colspan");
        }
    }
}
