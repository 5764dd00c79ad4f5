//! A worksheet, cell by cell.

use std::ops::ControlFlow;

use super::strings::rich_text;
use super::workbook;
use crate::model::{Code, excerpt};
use crate::source::SourceError;
use crate::source::book::{self, Gatherer, Oddity, Strings, push_error, push_iso, push_number, reference, unreadable};
use crate::source::limits::{SHEET_ROW_BYTES_MAX, UNREADABLE_CELLS_MAX, ZIP_SHEET_BYTES_MAX};
use crate::source::number_format::Format;
use crate::source::package::Package;
use crate::source::xml::{Element, Event, Xml, attribute, unescape_office};

/// What a cell needs to be read.
pub(super) struct Context<'a> {
    pub(super) strings: &'a Strings,
    pub(super) formats: &'a [Format],
    pub(super) is_1904: bool,
}

/// What a cell says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    /// A number, or whatever stands there when nothing is said.
    Unsaid,
    Number,
    Shared,
    Inline,
    Formula,
    Boolean,
    Error,
    Moment,
    Unknown,
}

/// A cell as it stands in the file. Reused from cell to cell.
#[derive(Default)]
struct Raw {
    value: String,
    has_value: bool,
    inline: String,
    has_inline: bool,
    has_formula: bool,
}

/// Pushes the rows of the worksheet in this part.
pub(super) fn stream(
    package: &mut Package,
    part: &str,
    context: &Context<'_>,
    rows: &mut Gatherer<'_, '_>,
) -> Result<ControlFlow<()>, SourceError> {
    let Some(mut xml) = workbook::open_to(package, part, ZIP_SHEET_BYTES_MAX)? else {
        return Err(rows.damaged(&format!("has no part {}", excerpt(part, book::EXCERPT))));
    };
    let mut raw = Raw::default();
    let (mut row, mut column, mut in_data, mut ended) = (0u32, 0u32, false, false);
    let mut unreadable_cells = 0u64;
    loop {
        match xml.next()? {
            Event::Start(start) => match start.local_name() {
                "sheetData" => in_data = true,
                "row" if in_data => {
                    if let Some(said) = attribute(&start, "r") {
                        let Some((number, None)) = reference(said.trim_ascii()) else {
                            return Err(rows.damaged(&format!("has a row \"{}\"", excerpt(&said, 24))));
                        };
                        row = number;
                    }
                    column = 0;
                }
                "c" if in_data => {
                    let (said, kind, style) = look(&start);
                    if let Some(said) = said {
                        let Some((said_row, Some(said_column))) = reference(said.trim_ascii()) else {
                            return Err(rows.damaged(&format!("has a cell \"{}\"", excerpt(said, 24))));
                        };
                        (row, column) = (said_row, said_column);
                    }
                    raw.read(&mut xml)?;
                    let mut flow = ControlFlow::Continue(());
                    if !raw.is_blank(kind) {
                        let format = style.and_then(|style| context.formats.get(style)).unwrap_or(&Format::Plain);
                        let mut lost = false;
                        flow = rows.add(row, column, |out| {
                            let oddity = raw.write(out, kind, format, context);
                            lost = matches!(oddity, Some((Code::CellUnreadable, _)));
                            oddity
                        })?;
                        unreadable_cells += u64::from(lost);
                        if unreadable_cells > UNREADABLE_CELLS_MAX {
                            let detail = format!("has more than {UNREADABLE_CELLS_MAX} cells that cannot be read");
                            return Err(rows.damaged(&detail));
                        }
                    }
                    if flow.is_break() {
                        return Ok(flow);
                    }
                    column += 1;
                }
                _ => {}
            },
            Event::End(name) => match name {
                "row" => {
                    row += 1;
                    column = 0;
                }
                "sheetData" => {
                    ended = true;
                    break;
                }
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    if !in_data {
        return Err(xml.damaged("is no worksheet"));
    }
    if !ended {
        return Err(xml.damaged("ends before its sheet does"));
    }
    if rows.end_row(1)?.is_break() {
        return Ok(ControlFlow::Break(()));
    }
    xml.drain()?;
    Ok(ControlFlow::Continue(()))
}

/// What a cell says about itself: its place as it stands there, its type, its style.
fn look<'a>(start: &Element<'a>) -> (Option<&'a str>, Type, Option<usize>) {
    let (mut place, mut kind, mut style) = (None, Type::Unsaid, Some(0));
    for (name, value) in start.attributes() {
        match name {
            "r" => place = Some(value),
            "t" => {
                kind = match value {
                    "n" => Type::Number,
                    "s" => Type::Shared,
                    "inlineStr" | "is" => Type::Inline,
                    "str" => Type::Formula,
                    "b" => Type::Boolean,
                    "e" => Type::Error,
                    "d" => Type::Moment,
                    _ => Type::Unknown,
                }
            }
            "s" => style = value.trim_ascii().parse().ok(),
            _ => {}
        }
    }
    (place, kind, style)
}

impl Raw {
    /// Reads the inside of the cell just begun.
    fn read(&mut self, xml: &mut Xml<'_>) -> Result<(), SourceError> {
        self.value.clear();
        self.inline.clear();
        (self.has_value, self.has_inline, self.has_formula) = (false, false, false);
        let (mut in_value, mut known) = (false, true);
        loop {
            match xml.next()? {
                Event::Start(start) => match start.local_name() {
                    "v" => (in_value, self.has_value) = (true, true),
                    "f" => self.has_formula = true,
                    "is" => {
                        self.has_inline = true;
                        rich_text(xml, "is", &mut self.inline)?;
                    }
                    _ => {}
                },
                Event::End(name) => match name {
                    "v" => in_value = false,
                    "c" => return Ok(()),
                    "row" | "sheetData" => return Err(xml.damaged("has a cell that does not end")),
                    _ => {}
                },
                Event::Text(text) if in_value => known = text.push_to(&mut self.value),
                Event::Eof => return Err(xml.damaged("ends in the middle of a cell")),
                _ => {}
            }
            if !known {
                return Err(xml.damaged("uses an entity that XML does not know"));
            }
            if self.value.len() > SHEET_ROW_BYTES_MAX {
                return Err(xml.damaged("has a cell that is larger than any honest one"));
            }
        }
    }

    fn is_blank(&self, kind: Type) -> bool {
        let empty =
            if kind == Type::Inline && self.has_inline { self.inline.is_empty() } else { self.value.is_empty() };
        empty && self.inline.is_empty() && !self.lacks_value(kind)
    }

    /// Whether there is a formula and nobody saved what comes of it. An empty text is a result.
    fn lacks_value(&self, kind: Type) -> bool {
        let saved = if kind == Type::Formula { self.has_value } else { !self.value.trim_ascii().is_empty() };
        self.has_formula && !saved && self.inline.is_empty()
    }

    fn write(&self, out: &mut String, kind: Type, format: &Format, context: &Context<'_>) -> Option<Oddity> {
        if self.lacks_value(kind) {
            return Some((Code::CellNoValue, "holds a formula whose result was never saved".to_owned()));
        }
        let raw = self.value.trim_ascii();
        let cannot = |out: &mut String| {
            out.push_str(raw);
            Some(unreadable(raw))
        };
        match kind {
            _ if self.has_inline && (kind == Type::Inline || self.value.is_empty()) => out.push_str(&self.inline),
            Type::Unsaid | Type::Number => match number(raw) {
                Some(number) => return push_number(out, number, format, context.is_1904),
                None if kind == Type::Unsaid => out.push_str(&unescape_office(&self.value)),
                None => return cannot(out),
            },
            Type::Shared => match raw.parse().ok().and_then(|at| context.strings.get(at)) {
                Some(text) => out.push_str(text),
                None => return cannot(out),
            },
            Type::Formula | Type::Inline => out.push_str(&unescape_office(&self.value)),
            Type::Boolean => match raw {
                "1" => out.push_str("TRUE"),
                "0" => out.push_str("FALSE"),
                _ if raw.eq_ignore_ascii_case("true") => out.push_str("TRUE"),
                _ if raw.eq_ignore_ascii_case("false") => out.push_str("FALSE"),
                _ => return cannot(out),
            },
            Type::Error => return push_error(out, raw),
            Type::Moment => push_iso(out, raw, format),
            Type::Unknown => return cannot(out),
        }
        None
    }
}

/// A decimal number as XML Schema writes it; not the words `inf` and `NaN`.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    if plain { text.parse().ok() } else { None }
}
