//! Marked-up text as UTF-8, whatever encoding it says it is in.

use std::io::{self, BufRead, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::limits::CHUNK_BYTES;

/// How far into a file its encoding may be told: HTML wants 1024 bytes, Office writes more before it.
pub(super) const TOLD_WITHIN_BYTES: usize = 4096;

/// Text that is decoded as it is read. What cannot be decoded becomes a replacement character, which cells report.
struct Decoded<R> {
    input: R,
    decoder: Decoder,
    text: Vec<u8>,
    from: usize,
    ended: bool,
}

/// XML: by its mark, by its first characters, by its declaration, or else UTF-8 (XML 1.0, appendix F). UTF-8 is passed
/// on as it is.
pub(super) fn xml<'a>(input: impl BufRead + 'a) -> io::Result<Box<dyn BufRead + 'a>> {
    let (head, input) = begin(input)?;
    let encoding = match &head[..] {
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => UTF_16LE,
        [0xFE, 0xFF, ..] | [0, b'<', ..] => UTF_16BE,
        _ if head.starts_with(b"<?xml") => {
            let end = head.iter().position(|&byte| byte == b'>').unwrap_or(head.len());
            named(&head[..end], b"encoding").filter(|told| *told != UTF_16LE && *told != UTF_16BE).unwrap_or(UTF_8)
        }
        _ => UTF_8,
    };
    Ok(if encoding == UTF_8 { Box::new(input) } else { Box::new(Decoded::new(input, encoding)) })
}

/// What HTML says its encoding is, by a mark, its first characters, or a `meta`.
pub(super) fn said_by_html(head: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Some(encoding);
    }
    match head {
        [b'<', 0, ..] => return Some(UTF_16LE),
        [0, b'<', ..] => return Some(UTF_16BE),
        _ => {}
    }
    let said = named(head, b"charset").or_else(|| named(head, b"encoding"))?;
    // A page that names UTF-16 in letters of one byte is not in it (HTML, "prescan a byte stream").
    Some(if said == UTF_16LE || said == UTF_16BE { UTF_8 } else { said })
}

/// Text in some encoding as UTF-8.
pub(super) fn to_utf8<'a>(input: impl BufRead + 'a, encoding: &'static Encoding) -> Box<dyn BufRead + 'a> {
    Box::new(Decoded::new(input, encoding))
}

/// The first bytes, and all of them once more.
fn begin<'a>(mut input: impl BufRead + 'a) -> io::Result<(Vec<u8>, impl BufRead + 'a)> {
    let mut head = Vec::with_capacity(TOLD_WITHIN_BYTES);
    input.by_ref().take(TOLD_WITHIN_BYTES as u64).read_to_end(&mut head)?;
    Ok((head.clone(), io::Cursor::new(head).chain(input)))
}

/// The encoding behind `charset=` or `encoding=`.
fn named(head: &[u8], word: &[u8]) -> Option<&'static Encoding> {
    let lower = head.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = lower[from..].windows(word.len()).position(|window| window == word) {
        from += at + word.len();
        let rest = lower[from..].trim_ascii_start();
        let Some(rest) = rest.strip_prefix(b"=") else { continue };
        let rest = rest.trim_ascii_start();
        let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest).trim_ascii_start();
        let ends = |byte: &u8| matches!(byte, b'"' | b'\'' | b';' | b'>' | b'/' | b'?') || byte.is_ascii_whitespace();
        let end = rest.iter().position(ends).unwrap_or(rest.len());
        if let Some(encoding) = Encoding::for_label_no_replacement(&rest[..end]) {
            return Some(encoding);
        }
    }
    None
}

impl<R: Read> Decoded<R> {
    fn new(input: R, encoding: &'static Encoding) -> Self {
        Decoded { input, decoder: encoding.new_decoder(), text: Vec::new(), from: 0, ended: false }
    }
}

impl<R: Read> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.from == self.text.len() && !self.ended {
            let mut bytes = Vec::with_capacity(CHUNK_BYTES);
            self.input.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut bytes)?;
            self.ended = bytes.is_empty();
            let room = self.decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(4 * CHUNK_BYTES);
            self.text.resize(room, 0);
            let (mut read, mut written) = (0, 0);
            loop {
                let (result, r, w, _) =
                    self.decoder.decode_to_utf8(&bytes[read..], &mut self.text[written..], self.ended);
                read += r;
                written += w;
                match result {
                    CoderResult::InputEmpty => break,
                    CoderResult::OutputFull => self.text.resize(self.text.len() + CHUNK_BYTES, 0),
                }
            }
            self.text.truncate(written);
            self.from = 0;
        }
        Ok(&self.text[self.from..])
    }

    fn consume(&mut self, count: usize) {
        self.from = (self.from + count).min(self.text.len());
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let count = bytes.len().min(out.len());
        out[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut input: impl Read) -> String {
        let mut text = String::new();
        input.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn xml_says_its_encoding_in_several_ways() {
        let wide: Vec<u8> = "<a>å</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(xml(&wide[..]).unwrap()), "<a>å</a>");
        let latin = b"<?xml version=\"1.0\" encoding='ISO-8859-1'?><a>\xE5</a>";
        assert!(read(xml(&latin[..]).unwrap()).ends_with("<a>å</a>"));
        assert_eq!(read(xml("<a>å</a>".as_bytes()).unwrap()), "<a>å</a>");
    }

    #[test]
    fn html_says_its_encoding_in_several_ways() {
        let said = |bytes: &[u8]| said_by_html(bytes).map(Encoding::name);
        assert_eq!(said(b"<table>\xE5"), None);
        assert_eq!(said(b"\xEF\xBB\xBF<table>"), Some("UTF-8"));
        assert_eq!(said(b"<meta charset=iso-8859-2>\xB1"), Some("ISO-8859-2"));
        assert_eq!(said(b"<meta content=\"text/html; charset = utf-16\">"), Some("UTF-8"));
        assert_eq!(said(b"<\0h\0"), Some("UTF-16LE"));
        assert_eq!(read(to_utf8(&b"\xB1"[..], encoding_rs::ISO_8859_2)), "ą");
    }
}
