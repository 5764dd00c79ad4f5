//! The number formats of a workbook's cell styles. How cells look otherwise is passed over.

use std::collections::HashMap;

use super::workbook;
use crate::source::SourceError;
use crate::source::limits::CELL_FORMATS_MAX;
use crate::source::number_format::Format;
use crate::source::package::Package;
use crate::source::xml::{Event, attribute};

/// Reads the format of every cell style from their part, or from where they usually are.
pub(super) fn read(package: &mut Package, part: Option<&str>) -> Result<Vec<Format>, SourceError> {
    let path = package.path().to_owned();
    let Some(mut xml) = workbook::open(package, part.unwrap_or("xl/styles.xml"))? else { return Ok(Vec::new()) };
    let mut by_id: HashMap<u32, Format> = HashMap::new();
    let mut formats = Vec::new();
    let mut in_cell_styles = false;
    loop {
        match xml.next()? {
            Event::Start(start) => match start.local_name() {
                "cellXfs" => in_cell_styles = true,
                "numFmt" => {
                    let id = attribute(&start, "numFmtId").and_then(|id| id.trim().parse().ok());
                    if let (Some(id), Some(code)) = (id, attribute(&start, "formatCode")) {
                        by_id.insert(id, Format::parse(&code));
                    }
                }
                "xf" if in_cell_styles => {
                    let id = attribute(&start, "numFmtId").and_then(|id| id.trim().parse().ok()).unwrap_or(0);
                    formats.push(by_id.get(&id).cloned().unwrap_or_else(|| Format::builtin(id)));
                }
                _ => {}
            },
            Event::End("cellXfs") => in_cell_styles = false,
            Event::Eof => return Ok(formats),
            _ => {}
        }
        if formats.len() > CELL_FORMATS_MAX || by_id.len() > CELL_FORMATS_MAX {
            let detail = format!("it has more than {CELL_FORMATS_MAX} cell formats");
            return Err(SourceError::BeyondLimit { path, detail });
        }
    }
}
