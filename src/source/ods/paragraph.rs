//! The text of a cell's paragraphs, white space as OpenDocument has it: what stands in the file only parts words, and
//! what counts is written as elements (OpenDocument 1.3 part 3, 6.1.2).

use crate::source::SourceError;
use crate::source::limits::SHEET_ROW_BYTES_MAX;
use crate::source::xml::{Event, Xml, attribute};

/// Appends the text of the paragraph just begun.
pub(super) fn read(xml: &mut Xml<'_>, out: &mut String) -> Result<(), SourceError> {
    let mut depth = 1u32;
    // White space waits until something comes after it; at the beginning and the end it is nothing.
    let (mut begun, mut space_waits) = (false, false);
    let mut text = String::new();
    loop {
        let mut skip = false;
        match xml.next()? {
            Event::Start(start) => {
                let count = || attribute(&start, "c").and_then(|count| count.parse::<usize>().ok()).unwrap_or(1);
                let mark = match start.local_name() {
                    "s" => Some((' ', count())),
                    "tab" => Some(('\t', 1)),
                    "line-break" => Some(('\n', 1)),
                    "annotation" | "note" | "ruby-text" => {
                        skip = true;
                        None
                    }
                    _ => {
                        skip = start.name().starts_with("draw:");
                        None
                    }
                };
                if !skip {
                    depth += 1;
                }
                if let Some((c, count)) = mark {
                    if space_waits && begun {
                        out.push(' ');
                    }
                    (begun, space_waits) = (true, false);
                    if out.len() + count > SHEET_ROW_BYTES_MAX {
                        return Err(xml.damaged("has a cell that is larger than any honest one"));
                    }
                    out.extend(std::iter::repeat_n(c, count));
                }
            }
            Event::End(_) => {
                depth -= 1;
                if depth == 0 {
                    return Ok(());
                }
            }
            Event::Text(said) => {
                text.clear();
                if !said.push_to(&mut text) {
                    return Err(xml.damaged("uses an entity that XML does not know"));
                }
                add(out, &text, &mut begun, &mut space_waits);
            }
            Event::Eof => return Err(xml.damaged("ends in the middle of a text")),
        }
        if skip {
            xml.skip_element()?;
        }
        if out.len() > SHEET_ROW_BYTES_MAX {
            return Err(xml.damaged("has a cell that is larger than any honest one"));
        }
    }
}

fn add(out: &mut String, text: &str, begun: &mut bool, space_waits: &mut bool) {
    for c in text.chars() {
        if matches!(c, ' ' | '\t' | '\r' | '\n') {
            *space_waits = true;
            continue;
        }
        if *space_waits && *begun {
            out.push(' ');
        }
        (*begun, *space_waits) = (true, false);
        out.push(c);
    }
}
