//! Worksheets of binary Office Open XML workbooks (MS-XLSB), streamed. In memory are the shared strings, the number
//! formats, and one row.

mod record;
mod sheet;

use std::collections::HashMap;
use std::ops::ControlFlow;

use self::record::Records;
use super::SourceError;
use super::book::{self, Book, EachRow, Sheet, Strings, gather};
use super::limits::{CELL_FORMATS_MAX, SHEETS_MAX, ZIP_PART_BYTES_MAX, ZIP_SHEET_BYTES_MAX, ZIP_STRINGS_BYTES_MAX};
use super::number_format::Format;
use super::package::Package;
use super::xlsx::workbook::main_part;
use crate::model::excerpt;

/// An open workbook.
struct XlsbBook {
    package: Package,
    sheets: Vec<Sheet>,
    /// The part of each sheet.
    parts: Vec<String>,
    strings: Strings,
    formats: Vec<Format>,
    is_1904: bool,
}

/// Opens the workbook that a package holds.
pub(super) fn open(mut package: Package) -> Result<Box<dyn Book>, SourceError> {
    let path = package.path().to_owned();
    let damaged = |detail: String| SourceError::Damaged { path: path.clone(), detail };
    let (main, relations) = main_part(&mut package, "xl/workbook.bin")?;
    let by_kind = |kind: &str, usual: &str| {
        let related = relations.iter().find(|relation| relation.kind == kind);
        related.map_or_else(|| usual.to_owned(), |relation| relation.part.clone())
    };

    let (mut sheets, mut parts, mut is_1904) = (Vec::new(), Vec::new(), false);
    let mut records = records(&mut package, &main, ZIP_PART_BYTES_MAX)?
        .ok_or_else(|| damaged(format!("its part {main} is missing")))?;
    while let Some(kind) = records.next()? {
        let mut fields = records.fields();
        match kind {
            153 => is_1904 = fields.u32().is_some_and(|flags| flags & 1 == 1),
            156 => {
                let state = fields.u32();
                fields.skip(4);
                let (mut id, mut name) = (String::new(), String::new());
                let whole = fields.text(&mut id).is_some() && fields.text(&mut name).is_some();
                let (Some(state), true) = (state, whole) else {
                    return Err(damaged("its list of sheets is cut short".to_owned()));
                };
                let Some(relation) = relations.iter().find(|relation| relation.id == id) else {
                    return Err(damaged(format!("its sheet \"{}\" has no part", excerpt(&name, book::EXCERPT))));
                };
                let part = relation.part.clone();
                if sheets.len() == SHEETS_MAX || parts.contains(&part) {
                    return Err(damaged("its list of sheets makes no sense".to_owned()));
                }
                let has_cells = relation.kind == "worksheet";
                sheets.push(Sheet { name, visible: state == 0, has_cells, size: None, has_values: None });
                parts.push(part);
            }
            _ => {}
        }
    }
    drop(records);
    if sheets.is_empty() {
        return Err(damaged("its workbook lists no sheets".to_owned()));
    }
    let strings = read_strings(&mut package, &by_kind("sharedStrings", "xl/sharedStrings.bin"))?;
    let formats = read_formats(&mut package, &by_kind("styles", "xl/styles.bin"))?;
    for (sheet, part) in sheets.iter_mut().zip(&parts).take(100) {
        sheet.size = sheet::declared_size(&mut package, part);
    }
    Ok(Box::new(XlsbBook { package, sheets, parts, strings, formats, is_1904 }))
}

fn records<'a>(package: &'a mut Package, part: &str, bytes_max: u64) -> Result<Option<Records<'a>>, SourceError> {
    let path = package.path().to_owned();
    Ok(package.part(part, bytes_max)?.map(|input| Records::new(path, part, input)))
}

fn read_strings(package: &mut Package, part: &str) -> Result<Strings, SourceError> {
    let path = package.path().to_owned();
    let mut strings = Strings::default();
    let Some(mut records) = records(package, part, ZIP_STRINGS_BYTES_MAX)? else { return Ok(strings) };
    while let Some(kind) = records.next()? {
        if kind == 19 {
            let mut fields = records.fields();
            fields.skip(1);
            let cut =
                || SourceError::Damaged { path: path.clone(), detail: "its shared strings are cut short".to_owned() };
            strings.add(&path, |out| fields.text(out).ok_or_else(cut))?;
        }
    }
    strings.shrink();
    Ok(strings)
}

fn read_formats(package: &mut Package, part: &str) -> Result<Vec<Format>, SourceError> {
    let path = package.path().to_owned();
    let (mut by_number, mut formats) = (HashMap::new(), Vec::new());
    let Some(mut records) = records(package, part, ZIP_PART_BYTES_MAX)? else { return Ok(formats) };
    let mut in_cell_styles = false;
    while let Some(kind) = records.next()? {
        let mut fields = records.fields();
        match kind {
            44 => {
                let mut code = String::new();
                if let (Some(number), Some(())) = (fields.u16(), fields.text(&mut code)) {
                    by_number.insert(number, Format::parse(&code));
                }
            }
            47 if in_cell_styles => {
                fields.skip(2);
                let number = fields.u16().unwrap_or(0);
                formats.push(by_number.get(&number).cloned().unwrap_or_else(|| Format::builtin(u32::from(number))));
            }
            617 => in_cell_styles = true,
            618 => in_cell_styles = false,
            _ => {}
        }
        if formats.len() > CELL_FORMATS_MAX {
            let detail = format!("it has more than {CELL_FORMATS_MAX} cell formats");
            return Err(SourceError::BeyondLimit { path, detail });
        }
    }
    Ok(formats)
}

impl Book for XlsbBook {
    fn kind(&self) -> &'static str {
        "XLSB"
    }

    fn path(&self) -> &str {
        self.package.path()
    }

    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn stream(&mut self, at: usize, each: &mut EachRow<'_>) -> Result<ControlFlow<()>, SourceError> {
        let path = self.package.path().to_owned();
        gather(&path, &self.sheets[at].name, each, |rows| {
            let part = &self.parts[at];
            let Some(records) = records(&mut self.package, part, ZIP_SHEET_BYTES_MAX)? else {
                return Err(rows.damaged(&format!("has no part {}", excerpt(part, book::EXCERPT))));
            };
            let context = sheet::Context { strings: &self.strings, formats: &self.formats, is_1904: self.is_1904 };
            sheet::stream(records, &context, rows)
        })
    }
}
