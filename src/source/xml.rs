//! XML from files nobody vouches for: one event at a time, none longer than a bound, no document types, no entities of
//! its own, in whatever encoding it says.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::SourceError;
use super::decoded;
use super::limits::XML_TOKEN_BYTES_MAX;
use crate::model::excerpt;

/// How many characters of an error stand in a message.
const EXCERPT: usize = 120;

/// A part or file of XML. Empty elements come as a start and an end.
pub(super) struct Xml<'a> {
    reader: Reader<Rationed<'a>>,
    buffer: Vec<u8>,
    path: String,
    /// What is read, for messages: `its part xl/workbook.xml`.
    place: String,
}

/// Gives out so many bytes for an event and then fails.
struct Rationed<'a> {
    input: Box<dyn BufRead + 'a>,
    left: usize,
}

impl<'a> Xml<'a> {
    /// Begins to read. `path` and `place` are for messages.
    ///
    /// # Errors
    /// When the first bytes cannot be read.
    pub(super) fn new(path: &str, place: String, input: impl BufRead + 'a) -> Result<Xml<'a>, SourceError> {
        let input = decoded::xml(input).map_err(|cause| SourceError::Damaged {
            path: path.to_owned(),
            detail: format!("{place} cannot be unpacked ({cause})"),
        })?;
        let mut reader = Reader::from_reader(Rationed { input, left: XML_TOKEN_BYTES_MAX });
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.expand_empty_elements = true;
        Ok(Xml { reader, buffer: Vec::new(), path: path.to_owned(), place })
    }

    /// The next event.
    ///
    /// # Errors
    /// When there is none because the XML is damaged, or one that is not welcome.
    pub(super) fn next(&mut self) -> Result<Event<'_>, SourceError> {
        self.buffer.clear();
        self.reader.get_mut().left = XML_TOKEN_BYTES_MAX;
        match self.reader.read_event_into(&mut self.buffer) {
            Ok(Event::DocType(_)) => Err(SourceError::BeyondLimit {
                path: self.path.clone(),
                detail: format!("{} declares a document type, which no spreadsheet program writes", self.place),
            }),
            Ok(event) => Ok(event),
            Err(quick_xml::Error::Io(cause)) if cause.kind() == io::ErrorKind::FileTooLarge => {
                Err(SourceError::BeyondLimit {
                    path: self.path.clone(),
                    detail: format!("{} has a tag or text of more than {} MiB", self.place, XML_TOKEN_BYTES_MAX >> 20),
                })
            }
            Err(quick_xml::Error::Io(cause)) => Err(SourceError::Damaged {
                path: self.path.clone(),
                detail: format!("{} cannot be unpacked ({})", self.place, excerpt(&cause.to_string(), EXCERPT)),
            }),
            Err(error) => {
                let shown = excerpt(&error.to_string(), EXCERPT);
                Err(SourceError::Damaged { path: self.path.clone(), detail: format!("{}: {shown}", self.place) })
            }
        }
    }

    /// A damage at this place.
    pub(super) fn damaged(&self, detail: &str) -> SourceError {
        SourceError::Damaged { path: self.path.clone(), detail: format!("{} {detail}", self.place) }
    }

    /// Passes over everything inside the element just begun, and its end.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn skip_element(&mut self) -> Result<(), SourceError> {
        let mut depth = 1u32;
        loop {
            let mut picture = false;
            match self.next()? {
                Event::Start(start) => {
                    depth += 1;
                    picture = start.local_name().as_ref() == "binary-data";
                }
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(self.damaged("ends too early")),
                _ => {}
            }
            if picture {
                self.skip_text()?;
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Passes over a text of any length that comes next, such as a picture. After an empty element it would pass over
    /// what follows.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn skip_text(&mut self) -> Result<(), SourceError> {
        let input = &mut self.reader.get_mut().input;
        loop {
            let step = input.fill_buf().map(|bytes| (bytes.len(), memchr(bytes)));
            match step {
                Ok((0, _)) => return Ok(()),
                Ok((_, Some(at))) => {
                    input.consume(at);
                    return Ok(());
                }
                Ok((all, None)) => input.consume(all),
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => {
                    let shown = excerpt(&cause.to_string(), EXCERPT);
                    return Err(self.damaged(&format!("cannot be unpacked ({shown})")));
                }
            }
        }
    }

    /// Reads what is left and forgets it: a zip tells only at the end of a part whether it was whole.
    ///
    /// # Errors
    /// When it was not.
    pub(super) fn drain(&mut self) -> Result<(), SourceError> {
        self.reader.get_mut().left = usize::MAX;
        io::copy(self.reader.get_mut(), &mut io::sink())
            .map(|_| ())
            .map_err(|cause| self.damaged(&format!("cannot be unpacked ({})", excerpt(&cause.to_string(), EXCERPT))))
    }
}

fn memchr(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|&byte| byte == b'<')
}

/// An attribute by the name it has without its prefix, its references resolved.
pub(super) fn attribute<'a>(element: &'a BytesStart<'_>, name: &str) -> Option<Cow<'a, str>> {
    // Looking for attributes that stand there twice would take time in the square of their number.
    let mut attributes = element.attributes();
    let found = attributes.with_checks(false).flatten().find(|a| a.key.local_name().as_ref() == name)?;
    match found.value {
        Cow::Borrowed(value) if !value.contains('&') => Some(Cow::Borrowed(value)),
        value => {
            let unescaped = quick_xml::escape::unescape(&value).map(Cow::into_owned);
            Some(Cow::Owned(unescaped.unwrap_or_else(|_| value.into_owned())))
        }
    }
}

/// Appends what a reference such as `&amp;` or `&#229;` stands for; whether that is known.
#[must_use]
pub(super) fn push_reference(out: &mut String, reference: &BytesRef<'_>) -> bool {
    let known = match reference.resolve_char_ref() {
        Ok(Some(c)) => Some(c),
        Ok(None) => match reference.as_ref() {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        },
        Err(_) => None,
    };
    out.extend(known);
    known.is_some()
}

/// `_x000D_` is how Office writes a character that XML has no place for (ECMA-376 part 1, 22.4.2.4).
pub(super) fn unescape_office(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find("_x") else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    let unit = |text: &str| {
        let hex = text.strip_prefix("_x")?.get(..4)?;
        let ends = text.as_bytes().get(6) == Some(&b'_') && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        u16::from_str_radix(hex, 16).ok().filter(|_| ends)
    };
    while let Some(at) = rest.find("_x") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(high) = unit(rest) else {
            out.push_str("_x");
            rest = &rest[2..];
            continue;
        };
        if let Some(c) = char::from_u32(u32::from(high)) {
            out.push(c);
            rest = &rest[7..];
            continue;
        }
        // Two halves of one character.
        match unit(&rest[7..]).and_then(|low| char::decode_utf16([high, low]).next()?.ok()) {
            Some(c) => {
                out.push(c);
                rest = &rest[14..];
            }
            None => {
                out.push(char::REPLACEMENT_CHARACTER);
                rest = &rest[7..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

impl Read for Rationed<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let count = bytes.len().min(out.len());
        out[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Rationed<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let bytes = self.input.fill_buf()?;
        Ok(&bytes[..bytes.len().min(self.left)])
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count);
        self.input.consume(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn office_escapes_are_read_once() {
        assert_eq!(unescape_office("a_x000D_b_x005F_x0041_"), "a\rb_x0041_");
        assert_eq!(unescape_office("_xD83D__xDE00_ _xD83D_ _x12_ _xäöü_ _x"), "😀 \u{fffd} _x12_ _xäöü_ _x");
    }

    #[test]
    fn a_document_type_and_an_endless_text_are_refused() {
        let said = |text: &[u8]| {
            let mut xml = Xml::new("x", "it".into(), text).unwrap();
            loop {
                match xml.next() {
                    Ok(Event::Eof) => return String::new(),
                    Ok(_) => {}
                    Err(error) => return error.to_string(),
                }
            }
        };
        assert!(said(b"<!DOCTYPE a [<!ENTITY b \"c\">]><a/>").contains("declares a document type"));
        let long = [b"<a>".to_vec(), vec![b'x'; XML_TOKEN_BYTES_MAX + 10], b"</a>".to_vec()].concat();
        assert!(said(&long).contains("has a tag or text of more than"));
        assert_eq!(said("<?xml version='1.0' encoding='ISO-8859-1'?><a b='\u{e5}'/>".as_bytes()), "");
    }
}
