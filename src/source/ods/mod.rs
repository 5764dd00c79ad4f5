//! Sheets of OpenDocument spreadsheets, packed or flat, streamed in constant memory. Cells are taken as they show, which
//! keeps the leading zeros that a number format gives; numbers, dates and times are taken from their values.

mod paragraph;
mod table;
mod value;

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::ops::ControlFlow;

use super::SourceError;
use super::book::{Book, EachRow, Sheet, gather};
use super::limits::{CHUNK_BYTES, ZIP_SHEET_BYTES_MAX};
use super::package::Package;
use super::xml::Xml;

/// The part that holds the tables.
const CONTENT: &str = "content.xml";

/// An open spreadsheet, whose sheets are known.
struct OdsBook {
    document: Document,
    sheets: Vec<Sheet>,
}

enum Document {
    Packed(Package),
    Flat { path: String, file: File },
}

/// Opens the spreadsheet that a package holds.
pub(super) fn open(mut package: Package) -> Result<Box<dyn Book>, SourceError> {
    let path = package.path().to_owned();
    let manifest = package.bytes("META-INF/manifest.xml")?.unwrap_or_default();
    let named = |name: &[u8]| manifest.windows(name.len()).any(|window| window == name);
    if named(b"encryption-data") || package.has("encrypted-package") {
        return Err(SourceError::Protected { path });
    }
    if !package.has(CONTENT) {
        return Err(SourceError::Damaged { path, detail: format!("its part {CONTENT} is missing") });
    }
    open_document(Document::Packed(package))
}

/// Opens a spreadsheet that is one file of XML.
pub(super) fn open_flat(path: String, file: File) -> Result<Box<dyn Book>, SourceError> {
    open_document(Document::Flat { path, file })
}

fn open_document(mut document: Document) -> Result<Box<dyn Book>, SourceError> {
    let sheets = table::list(document.xml()?)?;
    Ok(Box::new(OdsBook { document, sheets }))
}

impl Document {
    fn path(&self) -> &str {
        match self {
            Document::Packed(package) => package.path(),
            Document::Flat { path, .. } => path,
        }
    }

    /// The XML from its beginning.
    fn xml(&mut self) -> Result<Xml<'_>, SourceError> {
        match self {
            Document::Packed(package) => {
                let path = package.path().to_owned();
                let gone =
                    || SourceError::Damaged { path: path.clone(), detail: format!("its part {CONTENT} is missing") };
                let input = package.part(CONTENT, ZIP_SHEET_BYTES_MAX)?.ok_or_else(gone)?;
                Xml::new(&path, format!("its part {CONTENT}"), input)
            }
            Document::Flat { path, file } => {
                file.seek(SeekFrom::Start(0)).map_err(|cause| SourceError::Io { path: path.clone(), cause })?;
                Xml::new(path, "its XML".to_owned(), BufReader::with_capacity(CHUNK_BYTES, &*file))
            }
        }
    }
}

impl Book for OdsBook {
    fn kind(&self) -> &'static str {
        match self.document {
            Document::Packed(_) => "ODS",
            Document::Flat { .. } => "flat ODS",
        }
    }

    fn path(&self) -> &str {
        self.document.path()
    }

    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn stream(&mut self, at: usize, each: &mut EachRow<'_>) -> Result<ControlFlow<()>, SourceError> {
        let path = self.document.path().to_owned();
        gather(&path, &self.sheets[at].name, each, |rows| table::stream(self.document.xml()?, at, rows))
    }
}

#[cfg(test)]
mod tests;
