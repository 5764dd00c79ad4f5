//! XML from files nobody vouches for: one event at a time, none longer than a bound, no document types, no entities of
//! its own, in whatever encoding it says. Name spaces are not resolved: elements go by their local names, so that any
//! prefix and both editions of a standard do.
//!
//! Most of the time of a large sheet is spent here. Events are slices of the one buffer that is read into, which makes
//! them twice as fast as those of the XML crate that comes with the tree (measured on 200,000 rows of 11 cells).

mod text;

use std::io::{self, BufRead, Read};
use std::ops::Range;

use self::text::local;
pub(super) use self::text::{Element, Text, attribute, unescape_office};
use super::SourceError;
use super::decoded;
use super::limits::{CHUNK_BYTES, XML_TOKEN_BYTES_MAX};
use crate::model::excerpt;

/// How many characters of an error stand in a message.
const EXCERPT: usize = 120;

/// A part or file of XML. Empty elements come as a start and an end.
pub(super) struct Xml<'a> {
    input: Box<dyn BufRead + 'a>,
    /// What has been read; `from..to` of it has not been given out.
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    /// The name of an empty element whose end comes next.
    pending_end: Option<Range<usize>>,
    path: String,
    /// What is read, for messages: `its part xl/workbook.xml`.
    place: String,
}

/// What comes next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event<'a> {
    /// An element begins.
    Start(Element<'a>),
    /// An element of this local name ends.
    End(&'a str),
    /// Text up to the next tag.
    Text(Text<'a>),
    /// The end of the input.
    Eof,
}

/// How a token ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    /// At these bytes, which belong to it.
    Mark(&'static [u8]),
    /// At `>` outside of quotes.
    TagEnd,
    /// Before `<`, or where the input ends.
    Tag,
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
        let buffer = vec![0; CHUNK_BYTES];
        Ok(Xml { input, buffer, from: 0, to: 0, pending_end: None, path: path.to_owned(), place })
    }

    /// The next event.
    ///
    /// # Errors
    /// When there is none because the XML is damaged, or one that is not welcome.
    pub(super) fn next(&mut self) -> Result<Event<'_>, SourceError> {
        if let Some(name) = self.pending_end.take() {
            return Ok(Event::End(local(self.text(name)?)));
        }
        loop {
            if self.from == self.to && !self.more()? {
                return Ok(Event::Eof);
            }
            if self.buffer[self.from] != b'<' {
                let token = self.token(0, Until::Tag)?;
                let raw = self.text(token)?;
                return Ok(Event::Text(Text { raw, literal: false }));
            }
            while self.to - self.from < 2 && self.more()? {}
            match self.buffer[self.from..self.to].get(1) {
                Some(b'/') => {
                    let token = self.token(2, Until::TagEnd)?;
                    let name = self.text(token.start + 2..token.end - 1)?;
                    return Ok(Event::End(local(name.trim_ascii_end())));
                }
                Some(b'?') => {
                    self.token(2, Until::Mark(b"?>"))?;
                }
                Some(b'!') => {
                    while self.to - self.from < 9 && self.more()? {}
                    let rest = &self.buffer[self.from..self.to];
                    if rest.starts_with(b"<!--") {
                        self.token(4, Until::Mark(b"-->"))?;
                    } else if rest.starts_with(b"<![CDATA[") {
                        let token = self.token(9, Until::Mark(b"]]>"))?;
                        let raw = self.text(token.start + 9..token.end - 3)?;
                        return Ok(Event::Text(Text { raw, literal: true }));
                    } else if rest.len() > 2
                        && b"<!DOCTYPE".starts_with(&rest[..rest.len().min(9)].to_ascii_uppercase())
                    {
                        return Err(SourceError::BeyondLimit {
                            path: self.path.clone(),
                            detail: format!(
                                "{} declares a document type, which no spreadsheet program writes",
                                self.place
                            ),
                        });
                    } else {
                        return Err(self.damaged("is no XML"));
                    }
                }
                Some(_) => return self.element(),
                None => return Err(self.damaged("ends in the middle of a tag")),
            }
        }
    }

    /// The element that begins here.
    fn element(&mut self) -> Result<Event<'_>, SourceError> {
        let token = self.token(1, Until::TagEnd)?;
        let is_empty = token.len() > 2 && self.buffer[token.end - 2] == b'/';
        let inside = token.start + 1..token.end - if is_empty { 2 } else { 1 };
        let tag = &self.buffer[inside.clone()];
        let name_len = tag.iter().position(u8::is_ascii_whitespace).unwrap_or(tag.len());
        if is_empty {
            self.pending_end = Some(inside.start..inside.start + name_len);
        }
        let (name, attributes) = self.text(inside)?.split_at(name_len);
        Ok(Event::Start(Element { name, attributes }))
    }

    /// Takes a token that begins here, of which the first `skip` bytes are known.
    fn token(&mut self, skip: usize, until: Until) -> Result<Range<usize>, SourceError> {
        let (mut seen, mut quote) = (skip, 0u8);
        let length = loop {
            let token = &self.buffer[self.from..self.to];
            let found = match until {
                Until::Tag => token[seen..].iter().position(|&byte| byte == b'<').map(|at| seen + at),
                Until::Mark(mark) => {
                    let again = seen.saturating_sub(mark.len() - 1).max(skip);
                    let found = token[again..].windows(mark.len()).position(|window| window == mark);
                    found.map(|at| again + at + mark.len())
                }
                Until::TagEnd => token[seen..]
                    .iter()
                    .position(|&byte| match (byte, quote) {
                        (b'>', 0) => true,
                        (b'"' | b'\'', 0) => {
                            quote = byte;
                            false
                        }
                        _ => {
                            if byte == quote {
                                quote = 0;
                            }
                            false
                        }
                    })
                    .map(|at| seen + at + 1),
            };
            if let Some(length) = found {
                break length;
            }
            seen = token.len();
            if seen > XML_TOKEN_BYTES_MAX {
                let detail = format!("{} has a tag or text of more than {} MiB", self.place, XML_TOKEN_BYTES_MAX >> 20);
                return Err(SourceError::BeyondLimit { path: self.path.clone(), detail });
            }
            if !self.more()? {
                match until {
                    Until::Tag => break seen,
                    Until::Mark(_) | Until::TagEnd => return Err(self.damaged("ends in the middle of a tag")),
                }
            }
        };
        let token = self.from..self.from + length;
        self.from = token.end;
        Ok(token)
    }

    /// Reads on; whether there was more.
    fn more(&mut self) -> Result<bool, SourceError> {
        if self.from > 0 {
            self.buffer.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
        }
        if self.to == self.buffer.len() {
            self.buffer.resize(2 * self.buffer.len(), 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.to..]) {
                Ok(count) => {
                    self.to += count;
                    return Ok(count > 0);
                }
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(self.unpack(&cause)),
            }
        }
    }

    fn text(&self, range: Range<usize>) -> Result<&str, SourceError> {
        std::str::from_utf8(&self.buffer[range]).map_err(|_| self.damaged("is not in the encoding it says"))
    }

    /// A damage at this place.
    pub(super) fn damaged(&self, detail: &str) -> SourceError {
        SourceError::Damaged { path: self.path.clone(), detail: format!("{} {detail}", self.place) }
    }

    fn unpack(&self, cause: &io::Error) -> SourceError {
        self.damaged(&format!("cannot be unpacked ({})", excerpt(&cause.to_string(), EXCERPT)))
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
                    picture = start.local_name() == "binary-data";
                }
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(self.damaged("ends too early")),
                Event::Text(_) => {}
            }
            if picture {
                self.skip_text()?;
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Passes over a text of any length that comes next, such as a picture.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn skip_text(&mut self) -> Result<(), SourceError> {
        while self.pending_end.is_none() {
            let found = self.buffer[self.from..self.to].iter().position(|&byte| byte == b'<');
            self.from = found.map_or(self.to, |at| self.from + at);
            if found.is_some() || !self.more()? {
                break;
            }
        }
        Ok(())
    }

    /// Reads what is left and forgets it: a zip tells only at the end of a part whether it was whole.
    ///
    /// # Errors
    /// When it was not.
    pub(super) fn drain(&mut self) -> Result<(), SourceError> {
        (self.from, self.to) = (0, 0);
        io::copy(&mut self.input, &mut io::sink()).map(|_| ()).map_err(|cause| self.unpack(&cause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let long = [b"<a>".to_vec(), vec![b'x'; XML_TOKEN_BYTES_MAX + CHUNK_BYTES * 64], b"</a>".to_vec()].concat();
        assert!(said(&long).contains("has a tag or text of more than"));
        let long = [b"<a b='".to_vec(), vec![b'x'; XML_TOKEN_BYTES_MAX + CHUNK_BYTES * 64], b"'/>".to_vec()].concat();
        assert!(said(&long).contains("has a tag or text of more than"));
        assert_eq!(said("<?xml version='1.0' encoding='ISO-8859-1'?><a b='\u{e5}'/>".as_bytes()), "");
    }

    fn told(text: &[u8]) -> String {
        let mut xml = Xml::new("x", "it".into(), text).unwrap();
        let mut out = Vec::new();
        loop {
            match xml.next() {
                Ok(Event::Start(start)) => {
                    let attributes: Vec<_> =
                        start.attributes().map(|(name, value)| format!(" {name}={value}")).collect();
                    out.push(format!("<{}{}>", start.name(), attributes.concat()));
                }
                Ok(Event::End(name)) => out.push(format!("</{name}>")),
                Ok(Event::Text(text)) => {
                    let mut plain = String::new();
                    let known = text.push_to(&mut plain);
                    out.push(if known { plain } else { format!("?{}", text.raw()) });
                }
                Ok(Event::Eof) => return out.join("|"),
                Err(error) => return format!("{} ! {error}", out.join("|")),
            }
        }
    }

    #[test]
    fn xml_falls_into_its_events() {
        let check = |xml: &str, expected: &str| assert_eq!(told(xml.as_bytes()), expected, "{xml}");
        check("<?xml version='1.0'?><!-- <x> --><a:b c = '>' d=\"'\"/>x", "<a:b c=> d='>|</b>|x");
        check("<a ><b\n x='1'\n/></a >", "<a>|<b x=1>|</b>|</a>");
        check("<a>1 &lt; 2\r\n&#229;&#xE5;<![CDATA[<&amp;>]]></a>", "<a>|1 < 2\nåå|<&amp;>|</a>");
        check("<a>&nbsp;</a>", "<a>|?&nbsp;|</a>");
        check("<a>R&D</a>", "<a>|?R&D|</a>");
        check("<a b='1", " ! x is damaged: it ends in the middle of a tag");
        check("<a><!-- x", "<a> ! x is damaged: it ends in the middle of a tag");
        check("<", " ! x is damaged: it ends in the middle of a tag");
        check("<!ELEMENT a>", " ! x is damaged: it is no XML");
        check("<a b c='1'/><d e=f g='2'>", "<a b c=1>|</a>|<d>");
    }

    proptest::proptest! {
        #[test]
        fn no_xml_makes_it_stumble(xml in "[<>/!\\-?\\[\\]CDATA='\" a:bå&;#x0-9\r\n]{0,60}") {
            told(xml.as_bytes());
        }

        /// A reader that gives single bytes makes every token cross the end of what was read.
        #[test]
        fn it_does_not_matter_how_the_input_comes(xml in "(<a b='[x>å]{0,3}'/?>|</a>|<!--[ab-]{0,3}-->|[xå&;]{1,4}|<!\\[CDATA\\[[\\]>]{0,3}\\]\\]>){0,6}") {
            struct Single<'a>(&'a [u8]);
            impl Read for Single<'_> {
                fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                    let count = out.len().min(1);
                    self.0.read(&mut out[..count])
                }
            }
            impl BufRead for Single<'_> {
                fn fill_buf(&mut self) -> io::Result<&[u8]> {
                    Ok(&self.0[..self.0.len().min(1)])
                }
                fn consume(&mut self, count: usize) {
                    self.0 = &self.0[count..];
                }
            }
            let count = |input: Box<dyn BufRead + '_>| {
                let mut xml = Xml { input, buffer: vec![0; 2], from: 0, to: 0, pending_end: None, path: String::new(), place: String::new() };
                let mut told = String::new();
                loop {
                    match xml.next() {
                        Ok(Event::Eof) => return told,
                        Ok(event) => told.push_str(&format!("{event:?}")),
                        Err(error) => return format!("{told}{error}"),
                    }
                }
            };
            proptest::prop_assert_eq!(count(Box::new(Single(xml.as_bytes()))), count(Box::new(xml.as_bytes())));
        }
    }
}
