//! Finds a cell by its place in the stream. calamine tells that a cell could not be read, but not which one nor what
//! stands in it; this second look at the same part knows, and unpacks nothing until it is asked.

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;
use zip::read::ZipFile;

/// How much of a cell's text is kept.
const RAW_BYTES_MAX: usize = 256;

/// A cell as it stands in the worksheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located {
    /// 0-based.
    pub(super) row: u32,
    /// 0-based.
    pub(super) column: u32,
    /// Whether the cell says so itself; otherwise it was counted.
    pub(super) has_reference: bool,
    /// The beginning of its text.
    pub(super) raw: String,
    /// Whether it holds a formula.
    pub(super) has_formula: bool,
}

/// Walks a worksheet cell by cell, only forward.
pub(super) struct Locator<'a> {
    xml: Reader<BufReader<ZipFile<'a, BufReader<File>>>>,
    buffer: Vec<u8>,
    passed: u64,
    in_data: bool,
    row: u32,
    column: u32,
}

impl<'a> Locator<'a> {
    /// Opens the part of a worksheet.
    pub(super) fn open(zip: &'a mut ZipArchive<BufReader<File>>, part: &str) -> Option<Self> {
        let mut xml = Reader::from_reader(BufReader::new(zip.by_name(part).ok()?));
        let config = xml.config_mut();
        config.check_end_names = false;
        config.expand_empty_elements = true;
        Some(Locator { xml, buffer: Vec::new(), passed: 0, in_data: false, row: 0, column: 0 })
    }

    /// The cell before which `ordinal` cells stand in the stream. Ordinals must ascend.
    pub(super) fn find(&mut self, ordinal: u64) -> Option<Located> {
        if self.passed > ordinal {
            return None;
        }
        loop {
            self.buffer.clear();
            match self.xml.read_event_into(&mut self.buffer).ok()? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "sheetData" => self.in_data = true,
                    "row" if self.in_data => {
                        if let Some((row, _)) = attribute(&start, "r").as_deref().and_then(reference) {
                            self.row = row;
                        }
                    }
                    "c" if self.in_data => {
                        let place = attribute(&start, "r").as_deref().and_then(reference);
                        let place = place.and_then(|(row, column)| column.map(|column| (row, column)));
                        let (row, column) = place.unwrap_or((self.row, self.column));
                        self.column = column.saturating_add(1);
                        self.passed += 1;
                        if self.passed > ordinal {
                            let (raw, has_formula) = self.content()?;
                            return Some(Located { row, column, has_reference: place.is_some(), raw, has_formula });
                        }
                    }
                    _ => {}
                },
                Event::End(end) if end.local_name().as_ref() == "row" => {
                    self.row = self.row.saturating_add(1);
                    self.column = 0;
                }
                Event::Eof => return None,
                _ => {}
            }
        }
    }

    /// The text of the cell just begun, formula left out, and whether there is one.
    fn content(&mut self) -> Option<(String, bool)> {
        let (mut raw, mut in_formula, mut has_formula) = (String::new(), false, false);
        loop {
            self.buffer.clear();
            match self.xml.read_event_into(&mut self.buffer).ok()? {
                Event::Start(start) if start.local_name().as_ref() == "f" => (in_formula, has_formula) = (true, true),
                Event::End(end) => match end.local_name().as_ref() {
                    "f" => in_formula = false,
                    "c" => return Some((raw, has_formula)),
                    _ => {}
                },
                Event::Text(text) if !in_formula && raw.len() < RAW_BYTES_MAX => raw.push_str(&text.xml10_content()),
                Event::Eof => return None,
                _ => {}
            }
        }
    }
}

/// Whether a worksheet may hold formulas: one look over its bytes, without reading them as XML.
pub(super) fn may_have_formulas<R: Read + Seek>(zip: &mut ZipArchive<R>, part: &str) -> bool {
    // What cannot be unpacked is reported by those who read it; here it may hold anything.
    let Ok(mut entry) = zip.by_name(part) else { return true };
    let mut bytes = vec![0; crate::source::limits::CHUNK_BYTES];
    let mut kept = 0;
    loop {
        match entry.read(&mut bytes[kept..]) {
            Ok(0) => return false,
            Ok(read) => {
                let seen = &bytes[..kept + read];
                // `<f` or `x:f`. Other tags begin so too; then the second look is taken for nothing.
                let found = seen
                    .windows(2)
                    .fold(false, |found, two| found | ((two[0] == b'<' || two[0] == b':') & (two[1] == b'f')));
                if found {
                    return true;
                }
                bytes[0] = seen[seen.len() - 1];
                kept = 1;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return true,
        }
    }
}

/// The part that holds the sheet of this place (0-based) in the workbook.
pub(super) fn sheet_part<R: Read + Seek>(zip: &mut ZipArchive<R>, at: usize) -> Option<String> {
    let workbook = targets(&read_part(zip, "_rels/.rels")?)
        .into_iter()
        .find(|relation| relation.kind.ends_with("/officeDocument"))
        .map(|relation| relation.target.trim_start_matches('/').to_owned())?;
    let (folder, name) = workbook.rsplit_once('/').map_or(("", workbook.as_str()), |(folder, name)| (folder, name));
    let within = |target: &str| match target.strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None if folder.is_empty() => target.to_owned(),
        None => format!("{folder}/{target}"),
    };
    let relations = targets(&read_part(zip, &within(&format!("_rels/{name}.rels")))?);
    let id = elements(&read_part(zip, &workbook)?, "sheet", |sheet| {
        sheet.attributes().flatten().find(|a| a.key.local_name().as_ref() == "id").map(|a| a.value.into_owned())
    })
    .into_iter()
    .nth(at)??;
    let target = relations.into_iter().find(|relation| relation.id == id)?.target;
    let part = within(&target);
    // Names in a zip may be written in other letters than the references to them.
    let names: Vec<String> = zip.file_names_raw().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    names.into_iter().find(|name| name.replace('\\', "/").eq_ignore_ascii_case(&part))
}

struct Relation {
    id: String,
    kind: String,
    target: String,
}

fn targets(xml: &str) -> Vec<Relation> {
    elements(xml, "Relationship", |element| Relation {
        id: attribute(element, "Id").unwrap_or_default(),
        kind: attribute(element, "Type").unwrap_or_default(),
        target: attribute(element, "Target").unwrap_or_default(),
    })
}

fn elements<T>(xml: &str, name: &str, each: impl Fn(&BytesStart<'_>) -> T) -> Vec<T> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = false;
    let mut found = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) if start.local_name().as_ref() == name => {
                found.push(each(&start));
            }
            // What cannot be read here has been refused by the workbook reader before.
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    element.attributes().flatten().find(|a| a.key.as_ref() == name).map(|a| a.value.into_owned())
}

fn read_part<R: Read + Seek>(zip: &mut ZipArchive<R>, part: &str) -> Option<String> {
    let name = zip
        .file_names_raw()
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .find(|name| name.replace('\\', "/").eq_ignore_ascii_case(part))?;
    let mut text = String::new();
    zip.by_name(&name).ok()?.take(crate::source::limits::ZIP_PART_BYTES_MAX).read_to_string(&mut text).ok()?;
    Some(text)
}

/// `B17` as 0-based row and column, `17` as a row alone.
fn reference(text: &str) -> Option<(u32, Option<u32>)> {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, digits) = text.split_at(letters);
    let column = letters.bytes().try_fold(0u32, |column, letter| {
        column.checked_mul(26)?.checked_add(u32::from(letter.to_ascii_uppercase() - b'A') + 1)
    })?;
    let row: u32 = digits.parse().ok()?;
    Some((row.checked_sub(1)?, column.checked_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_in_both_forms() {
        assert_eq!(reference("B17"), Some((16, Some(1))));
        assert_eq!(reference("xfd1"), Some((0, Some(16_383))));
        assert_eq!(reference("17"), Some((16, None)));
        assert_eq!(reference("B0"), None);
        assert_eq!(reference("B"), None);
        assert_eq!(reference("AAAAAAAAAAAAA1"), None);
    }
}
