//! A workbook as spreadsheet programs write it, by hand: names, streets and cities as shared strings, a date as a
//! number with a style, everything else inline.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Seek, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Outcome;
use super::people::{self, Crowd};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const MEDIA: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// Shared in real files: what repeats.
const SHARED: [usize; 5] = [1, 2, 6, 8, 10];
/// Written as a date.
const DATE: usize = 9;

/// Writes so many people and a header row.
pub fn write(file: &mut (impl Write + Seek), rows: u64, crowd: Crowd) -> Outcome {
    let mut zip = ZipWriter::new(file);
    let options = SimpleFileOptions::default();
    for (name, text) in parts() {
        zip.start_file(name, options)?;
        zip.write_all(HEAD.as_bytes())?;
        zip.write_all(text.as_bytes())?;
    }
    let mut strings = Strings::default();
    zip.start_file("xl/worksheets/sheet1.xml", options)?;
    write!(zip, "{HEAD}<worksheet xmlns=\"{MAIN}\"><dimension ref=\"A1:K{}\"/><sheetData>", rows + 1)?;
    let mut line = String::new();
    row(&mut line, 1, &people::HEADER.map(str::to_owned), &mut strings, false)?;
    for at in 0..rows {
        row(&mut line, at + 2, &people::cells(at, crowd), &mut strings, true)?;
        zip.write_all(line.as_bytes())?;
        line.clear();
    }
    zip.write_all(line.as_bytes())?;
    zip.write_all(b"</sheetData></worksheet>")?;
    zip.start_file("xl/sharedStrings.xml", options)?;
    write!(zip, "{HEAD}<sst xmlns=\"{MAIN}\" uniqueCount=\"{}\">{}</sst>", strings.places.len(), strings.xml)?;
    zip.finish()?.flush()?;
    Ok(())
}

fn parts() -> [(&'static str, String); 5] {
    let relation = |id: u8, kind: &str, target: &str| {
        format!("<Relationship Id=\"rId{id}\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>")
    };
    let related = |inner: String| format!("<Relationships xmlns=\"{PACKAGE}/relationships\">{inner}</Relationships>");
    let part =
        |name: &str, kind: &str| format!("<Override PartName=\"/xl/{name}.xml\" ContentType=\"{MEDIA}.{kind}+xml\"/>");
    [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" \
                 ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>{}{}{}{}</Types>",
                part("workbook", "sheet.main"),
                part("worksheets/sheet1", "worksheet"),
                part("styles", "styles"),
                part("sharedStrings", "sharedStrings"),
            ),
        ),
        ("_rels/.rels", related(relation(1, "officeDocument", "xl/workbook.xml"))),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\">\
                 <sheets><sheet name=\"People\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            related(
                relation(1, "worksheet", "worksheets/sheet1.xml")
                    + &relation(2, "styles", "styles.xml")
                    + &relation(3, "sharedStrings", "sharedStrings.xml"),
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                "<styleSheet xmlns=\"{MAIN}\"><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
            ),
        ),
    ]
}

/// The table of shared strings, in the order of their first use.
#[derive(Default)]
struct Strings {
    places: HashMap<String, usize>,
    xml: String,
}

impl Strings {
    fn place(&mut self, text: &str) -> Result<usize, std::fmt::Error> {
        if let Some(&place) = self.places.get(text) {
            return Ok(place);
        }
        let place = self.places.len();
        write!(self.xml, "<si><t>{}</t></si>", escaped(text))?;
        self.places.insert(text.to_owned(), place);
        Ok(place)
    }
}

fn row(
    out: &mut String,
    number: u64,
    cells: &[String; 11],
    strings: &mut Strings,
    is_data: bool,
) -> Result<(), std::fmt::Error> {
    write!(out, "<row r=\"{number}\">")?;
    for (at, (cell, letter)) in cells.iter().zip('A'..).enumerate() {
        if cell.is_empty() {
            continue;
        }
        if is_data && at == DATE {
            write!(out, "<c r=\"{letter}{number}\" s=\"1\"><v>{}</v></c>", 40_000 + number % 6_000)?;
        } else if SHARED.contains(&at) {
            write!(out, "<c r=\"{letter}{number}\" t=\"s\"><v>{}</v></c>", strings.place(cell)?)?;
        } else {
            write!(out, "<c r=\"{letter}{number}\" t=\"inlineStr\"><is><t>{}</t></is></c>", escaped(cell))?;
        }
    }
    out.push_str("</row>");
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
