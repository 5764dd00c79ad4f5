//! Worksheets of Office Open XML workbooks, streamed in one pass. In memory are the shared strings, one after the other
//! without a box around each, the number formats, and one row.

mod sheet;
mod strings;
mod styles;
pub(super) mod workbook;

use std::ops::ControlFlow;

use self::workbook::Workbook;
use super::SourceError;
use super::book::{Book, EachRow, Sheet, Strings, gather};
use super::number_format::Format;
use super::package::Package;

/// An open workbook.
struct XlsxBook {
    package: Package,
    workbook: Workbook,
    strings: Strings,
    formats: Vec<Format>,
}

/// Opens the workbook that a package holds.
pub(super) fn open(mut package: Package) -> Result<Box<dyn Book>, SourceError> {
    let workbook = workbook::read(&mut package)?;
    let strings = strings::read(&mut package, workbook.strings.as_deref())?;
    let formats = styles::read(&mut package, workbook.styles.as_deref())?;
    Ok(Box::new(XlsxBook { package, workbook, strings, formats }))
}

impl Book for XlsxBook {
    fn kind(&self) -> &'static str {
        "XLSX"
    }

    fn path(&self) -> &str {
        self.package.path()
    }

    fn sheets(&self) -> &[Sheet] {
        &self.workbook.sheets
    }

    fn stream(&mut self, at: usize, each: &mut EachRow<'_>) -> Result<ControlFlow<()>, SourceError> {
        let path = self.package.path().to_owned();
        gather(&path, &self.workbook.sheets[at].name, each, |rows| {
            let context =
                sheet::Context { strings: &self.strings, formats: &self.formats, is_1904: self.workbook.is_1904 };
            sheet::stream(&mut self.package, &self.workbook.parts[at], &context, rows)
        })
    }
}

#[cfg(test)]
mod tests;
