//! The shared strings of a workbook, and texts made of runs.

use std::borrow::Cow;

use super::workbook;
use crate::source::SourceError;
use crate::source::book::Strings;
use crate::source::limits::{XML_TOKEN_BYTES_MAX, ZIP_STRINGS_BYTES_MAX};
use crate::source::package::Package;
use crate::source::xml::{Event, Xml, attribute, unescape_office};

/// Reads the shared strings from their part, or from where they usually are. What the part says about their number is
/// not believed.
pub(super) fn read(package: &mut Package, part: Option<&str>) -> Result<Strings, SourceError> {
    let path = package.path().to_owned();
    let part = part.unwrap_or("xl/sharedStrings.xml");
    let Some(mut xml) = workbook::open_to(package, part, ZIP_STRINGS_BYTES_MAX)? else { return Ok(Strings::default()) };
    let mut strings = Strings::default();
    loop {
        match xml.next()? {
            Event::Start(start) if start.local_name() == "si" => {
                strings.add(&path, |out| rich_text(&mut xml, "si", out))?;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    strings.shrink();
    Ok(strings)
}

/// Appends the text of the element just begun, runs put together, phonetics left out.
pub(super) fn rich_text(xml: &mut Xml<'_>, element: &str, out: &mut String) -> Result<(), SourceError> {
    let from = out.len();
    let (mut phonetic, mut in_text, mut preserved) = (false, false, false);
    let mut start_of_text = from;
    loop {
        let mut known = true;
        match xml.next()? {
            Event::Start(start) => match start.local_name() {
                "rPh" => phonetic = true,
                "t" if !phonetic => {
                    in_text = true;
                    preserved = attribute(&start, "space").is_some_and(|space| space == "preserve");
                    start_of_text = out.len();
                }
                _ => {}
            },
            Event::End(name) => match name {
                "rPh" => phonetic = false,
                "t" if in_text => {
                    in_text = false;
                    let text = &out[start_of_text..];
                    // Without `xml:space` a line break around a text is only layout, as Excel has it. Blanks alone are
                    // not: Gnumeric writes those of the cell like that.
                    let trimmed = if preserved { text } else { without_layout(text) };
                    let plain = unescape_office(trimmed);
                    if plain.len() != text.len() || matches!(plain, Cow::Owned(_)) {
                        let plain = plain.into_owned();
                        out.truncate(start_of_text);
                        out.push_str(&plain);
                    }
                }
                name if name == element => return Ok(()),
                _ => {}
            },
            Event::Text(text) if in_text => known = text.push_to(out),
            Event::Eof => return Err(xml.damaged("ends in the middle of a text")),
            _ => {}
        }
        if !known {
            return Err(xml.damaged("uses an entity that XML does not know"));
        }
        if out.len() - from > XML_TOKEN_BYTES_MAX {
            return Err(xml.damaged(&format!("has a text of more than {} MiB", XML_TOKEN_BYTES_MAX >> 20)));
        }
    }
}

/// A text without the line break, and the white space beside it, that parts it from its tags.
fn without_layout(text: &str) -> &str {
    const WHITE: [char; 4] = [' ', '\t', '\r', '\n'];
    let white = |byte: Option<&u8>| byte.is_some_and(|&byte| byte <= b' ');
    if !white(text.as_bytes().first()) && !white(text.as_bytes().last()) {
        return text;
    }
    let begun = text.trim_start_matches(WHITE);
    let text = if text[..text.len() - begun.len()].contains('\n') { begun } else { text };
    let ended = text.trim_end_matches(WHITE);
    if text[ended.len()..].contains('\n') { ended } else { text }
}
