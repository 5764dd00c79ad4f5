//! Tables in marked-up text that go by the name of a workbook: web pages, which many systems export as `.xls`, and the
//! XML of Excel 2003.

mod entity;
mod html;
mod spreadsheet_xml;
mod tag;

use std::fs::File;
use std::ops::ControlFlow;

use super::SourceError;
use super::book::{Book, EachRow, Sheet, gather};

/// A file of marked-up text whose tables are known.
struct MarkupBook {
    path: String,
    file: File,
    sheets: Vec<Sheet>,
    language: Language,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Html(&'static encoding_rs::Encoding),
    SpreadsheetXml,
}

/// Opens a web page.
pub(super) fn open_html(path: String, mut file: File) -> Result<Box<dyn Book>, SourceError> {
    let encoding = html::encoding(&path, &mut file)?;
    let sheets = html::list(&path, &file, encoding)?;
    if sheets.is_empty() {
        return Err(SourceError::OtherKind {
            path,
            what: "a web page (HTML) without a table",
            hint: "if it asks for a login or shows an error, export the contacts again",
        });
    }
    Ok(Box::new(MarkupBook { path, file, sheets, language: Language::Html(encoding) }))
}

/// Opens an Excel 2003 XML spreadsheet.
pub(super) fn open_spreadsheet_xml(path: String, file: File) -> Result<Box<dyn Book>, SourceError> {
    let sheets = spreadsheet_xml::list(&path, &file)?;
    Ok(Box::new(MarkupBook { path, file, sheets, language: Language::SpreadsheetXml }))
}

impl Book for MarkupBook {
    fn kind(&self) -> &'static str {
        match self.language {
            Language::Html(_) => "HTML",
            Language::SpreadsheetXml => "Excel 2003 XML",
        }
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn stream(&mut self, at: usize, each: &mut EachRow<'_>) -> Result<ControlFlow<()>, SourceError> {
        gather(&self.path, &self.sheets[at].name, each, |rows| match self.language {
            Language::Html(encoding) => html::stream(&self.path, &self.file, encoding, at, rows),
            Language::SpreadsheetXml => spreadsheet_xml::stream(&self.path, &self.file, at, rows),
        })
    }
}

#[cfg(test)]
mod tests;
