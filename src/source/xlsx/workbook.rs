//! What a workbook says about itself: its sheets and the parts they are in. Found through the relationships, as names of
//! parts are free (ECMA-376 part 2, 6.5), and by their usual names where those are missing.

use crate::model::excerpt;
use crate::source::book::{Sheet, size_of};
use crate::source::limits::{SHEETS_MAX, ZIP_PART_BYTES_MAX, ZIP_SHEET_BYTES_MAX};
use crate::source::package::Package;
use crate::source::xml::{Event, Xml, attribute};
use crate::source::{SourceError, book};

/// How many sheets are asked for their size.
const SIZES_MAX: usize = 100;

/// How many elements stand before the size of a sheet at most.
const SIZE_WITHIN: usize = 16;

/// The sheets of a workbook and where its parts are.
pub(super) struct Workbook {
    pub(super) sheets: Vec<Sheet>,
    /// The part of each sheet.
    pub(super) parts: Vec<String>,
    pub(super) strings: Option<String>,
    pub(super) styles: Option<String>,
    pub(super) is_1904: bool,
}

/// What a part says about another.
pub(in crate::source) struct Relation {
    pub(in crate::source) id: String,
    /// The last word of its type.
    pub(in crate::source) kind: String,
    pub(in crate::source) part: String,
}

/// Reads the workbook part and its relationships.
pub(super) fn read(package: &mut Package) -> Result<Workbook, SourceError> {
    let (main, relations) = main_part(package, "xl/workbook.xml")?;
    let by_kind = |kind: &str| Some(relations.iter().find(|relation| relation.kind == kind)?.part.clone());
    // Where nothing says what belongs to the workbook, its parts have their usual names.
    let usual = |name: &str| (relations.is_empty() && package.has(name)).then(|| name.to_owned());
    let path = package.path().to_owned();
    let damaged = |detail: String| SourceError::Damaged { path: path.clone(), detail };

    let mut workbook = Workbook {
        sheets: Vec::new(),
        parts: Vec::new(),
        strings: by_kind("sharedStrings").or_else(|| usual("xl/sharedStrings.xml")),
        styles: by_kind("styles").or_else(|| usual("xl/styles.xml")),
        is_1904: false,
    };
    let mut xml = open(package, &main)?.ok_or_else(|| damaged(format!("its part {main} is missing")))?;
    loop {
        match xml.next()? {
            Event::Start(start) => match start.local_name() {
                "workbookPr" => {
                    let said = attribute(&start, "date1904");
                    workbook.is_1904 = said.is_some_and(|said| matches!(&*said, "1" | "true" | "on"));
                }
                "sheet" => {
                    let name = attribute(&start, "name").unwrap_or_default().into_owned();
                    let visible = attribute(&start, "state").is_none_or(|state| state == "visible");
                    let id = attribute(&start, "id").unwrap_or_default();
                    let related = relations.iter().find(|relation| relation.id == id);
                    let (has_cells, part) = match related {
                        Some(relation) => (relation.kind == "worksheet", relation.part.clone()),
                        None if relations.is_empty() => {
                            (true, format!("xl/worksheets/sheet{}.xml", workbook.sheets.len() + 1))
                        }
                        None => {
                            let name = excerpt(&name, book::EXCERPT);
                            return Err(damaged(format!("its sheet \"{name}\" has no part")));
                        }
                    };
                    if workbook.sheets.len() == SHEETS_MAX {
                        let detail = format!("it has more than {SHEETS_MAX} sheets");
                        return Err(SourceError::BeyondLimit { path: path.clone(), detail });
                    }
                    if workbook.parts.contains(&part) {
                        return Err(damaged(format!(
                            "two of its sheets are one part, {}",
                            excerpt(&part, book::EXCERPT)
                        )));
                    }
                    workbook.sheets.push(Sheet { name, visible, has_cells, size: None, has_values: None });
                    workbook.parts.push(part);
                }
                _ => {}
            },
            Event::End("sheets") => break,
            Event::Eof => break,
            _ => {}
        }
    }
    drop(xml);
    if workbook.sheets.is_empty() {
        return Err(damaged("its workbook lists no sheets".to_owned()));
    }
    for (sheet, part) in workbook.sheets.iter_mut().zip(&workbook.parts).take(SIZES_MAX) {
        sheet.size = declared_size(package, part);
    }
    Ok(workbook)
}

/// The part of the workbook, and what it is related to.
pub(in crate::source) fn main_part(package: &mut Package, usual: &str) -> Result<(String, Vec<Relation>), SourceError> {
    let main = relations(package, "", ".rels")?
        .into_iter()
        .find(|relation| relation.kind == "officeDocument")
        .map(|relation| relation.part)
        .filter(|part| package.has(part))
        .unwrap_or_else(|| usual.to_owned());
    let (folder, name) = main.rsplit_once('/').unwrap_or(("", &main));
    let relations = relations(package, folder, &format!("{name}.rels"))?;
    Ok((main, relations))
}

/// Opens a part of XML that is not large, if there is one.
pub(super) fn open<'a>(package: &'a mut Package, part: &str) -> Result<Option<Xml<'a>>, SourceError> {
    open_to(package, part, ZIP_PART_BYTES_MAX)
}

/// Opens a part of XML up to so many bytes, if there is one.
pub(super) fn open_to<'a>(package: &'a mut Package, part: &str, max: u64) -> Result<Option<Xml<'a>>, SourceError> {
    let path = package.path().to_owned();
    let place = format!("its part {}", excerpt(part, book::EXCERPT));
    package.part(part, max)?.map(|input| Xml::new(&path, place, input)).transpose()
}

/// The relations that a file of this folder tells.
fn relations(package: &mut Package, folder: &str, name: &str) -> Result<Vec<Relation>, SourceError> {
    let mut relations = read_relations(package, &within(folder, &format!("_rels/{name}")))?;
    for relation in &mut relations {
        let target = std::mem::take(&mut relation.part);
        relation.part = within(folder, &target);
        // Some programs name a part from the top and leave out the stroke that says so.
        if !package.has(&relation.part) && package.has(&target) {
            relation.part = target;
        }
    }
    Ok(relations)
}

/// The relations with their parts as they stand there.
fn read_relations(package: &mut Package, part: &str) -> Result<Vec<Relation>, SourceError> {
    let Some(mut xml) = open(package, part)? else { return Ok(Vec::new()) };
    let mut relations = Vec::new();
    loop {
        match xml.next()? {
            Event::Start(start) if start.local_name() == "Relationship" => {
                let text = |name| attribute(&start, name).unwrap_or_default().into_owned();
                // The two editions of the standard name the kinds differently up to the last word.
                let kind = text("Type").rsplit('/').next().unwrap_or_default().to_owned();
                if matches!(
                    &*kind,
                    "officeDocument"
                        | "worksheet"
                        | "chartsheet"
                        | "dialogsheet"
                        | "xlMacrosheet"
                        | "xlIntlMacrosheet"
                        | "sharedStrings"
                        | "styles"
                ) {
                    relations.push(Relation { id: text("Id"), kind, part: text("Target") });
                }
            }
            Event::Eof => return Ok(relations),
            _ => {}
        }
    }
}

/// The part that a target means, seen from a folder.
fn within(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix(['/', '\\']) {
        return absolute.replace('\\', "/");
    }
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split(['/', '\\']) {
        match step {
            "." | "" => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// The size that a sheet declares at its beginning. It is only a hint, so trouble with it is none.
fn declared_size(package: &mut Package, part: &str) -> Option<(u64, u32)> {
    let mut xml = open_to(package, part, ZIP_SHEET_BYTES_MAX).ok()??;
    for _ in 0..SIZE_WITHIN {
        match xml.next().ok()? {
            Event::Start(start) => match start.local_name() {
                "dimension" => return size_of(&attribute(&start, "ref")?).filter(|&size| size != (1, 1)),
                "sheetData" => return None,
                _ => {}
            },
            Event::Eof => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found_from_their_folder() {
        assert_eq!(within("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(within("xl", "/xl/a.xml"), "xl/a.xml");
        assert_eq!(within("xl", "\\xl\\a.xml"), "xl/a.xml");
        assert_eq!(within("xl", "../custom/./a.xml"), "custom/a.xml");
        assert_eq!(within("", "..\\..\\a.xml"), "a.xml");
    }
}
