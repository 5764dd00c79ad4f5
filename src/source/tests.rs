//! One table as many programs write it (fixtures/README.md), read to the same text.

use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;

use crate::model::{Input, SheetChoice, SourceOptions};
use crate::source::{SourceError, open};

fn told(fixture: &str, options: &SourceOptions) -> String {
    told_at(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture), options)
}

/// A file of these bytes, as it is read; an error without the path.
pub(super) fn told_of(bytes: impl AsRef<[u8]>, options: &SourceOptions) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes.as_ref()).unwrap();
    told_at(file.path(), options)
}

fn told_at(path: &Path, options: &SourceOptions) -> String {
    let without_path = |error: &SourceError| error.to_string().split_once(' ').unwrap().1.to_owned();
    let table = match open(&Input::File(path.to_owned()), options) {
        Ok(table) => table,
        Err(error) => return without_path(&error),
    };
    let mut out = format!("{} | {}\n", table.shape().description, table.header().names.join("|"));
    let end = table.read(&mut |row| {
        let cells: Vec<_> = row.cells().collect();
        writeln!(out, "{}: {}", row.number, cells.join("|").escape_debug()).unwrap();
        for issue in &row.issues {
            writeln!(out, "  {}", issue.message).unwrap();
        }
        ControlFlow::Continue(())
    });
    match end {
        Ok(end) => write!(out, "{} rows, {} blank", end.rows, end.blank_lines).unwrap(),
        Err(error) => out.push_str(&without_path(&error)),
    }
    out
}

const HEADER: &str = "Name|Customer|Phone|Born|Changed|Hours|Ok|Share|Amount|Broken|Note";

/// What every format carries.
fn expected(kind: &str, errors: [&str; 3], said: [&str; 3]) -> String {
    let issue =
        |at: usize| if said[at].is_empty() { String::new() } else { format!("  People!J{} {}\n", at + 2, said[at]) };
    format!(
        "{kind}, sheet \"People\"; not read: \"Notes\" | {HEADER}\n\
         2: Åsa Öberg|00042|0701740605|1984-02-29|2025-10-13T12:59:02|36:05:00|TRUE|0.25|1234.5|{}|line one\\nline two\n{}\
         3:   padded  |00007|0031390600|2000-01-01|2025-01-01T00:00:00|0:30:00|FALSE|1|12345678|{}|tab\\there\n{}\
         4: Ünal <&> \\\"q\\\"|100000|0084650040|1960-12-31|1999-12-31T23:59:59|8:00:00|TRUE|0.5|-1|{}|😀\n{}\
         6: after a blank row|5|||||||||\n\
         4 rows, 1 blank",
        errors[0],
        issue(0),
        errors[1],
        issue(1),
        errors[2],
        issue(2),
    )
}

#[test]
fn one_table_reads_the_same_from_every_workbook() {
    let saved = (["#N/A", "#DIV/0!", "2"], ["shows #N/A", "shows #DIV/0!", ""]);
    for (fixture, kind) in [
        ("xlsx/xlsxwriter.xlsx", "XLSX"),
        ("xlsx/libreoffice.xlsx", "XLSX"),
        ("xlsx/sheetjs.xlsx", "XLSX"),
        ("xlsb/sheetjs.xlsb", "XLSB"),
        ("xls/libreoffice.xls", "XLS"),
        ("xls/sheetjs.xls", "XLS"),
        ("ods/libreoffice.ods", "ODS"),
        ("ods/libreoffice.fods", "flat ODS"),
        ("markup/sheetjs-2003.xls", "Excel 2003 XML"),
    ] {
        let told = told(fixture, &SourceOptions::default());
        assert_eq!(told, expected(kind, saved.0, saved.1), "{fixture}");
    }
}

#[test]
fn what_a_program_could_not_write_is_not_there() {
    let never = "holds a formula whose result was never saved";
    let openpyxl = told("xlsx/openpyxl.xlsx", &SourceOptions::default());
    assert_eq!(openpyxl, expected("XLSX", ["", "", ""], [never, never, never]));
    // It writes errors as empty cells, and hides nothing.
    let sheetjs = told("ods/sheetjs.ods", &SourceOptions::default()).replace("\"Secret\", ", "");
    assert_eq!(sheetjs, expected("ODS", ["", "", "2"], ["", "", ""]));
    // And letters beyond ASCII as underscores.
    let biff5 = told("xls/sheetjs-biff5.xls", &SourceOptions::default());
    assert!(
        biff5.contains("2: _sa _berg|00042|0701740605|1984-02-29|2025-10-13T12:59:02|36:05:00|TRUE|0.25|"),
        "{biff5}"
    );
}

#[test]
fn web_pages_are_read_as_they_show() {
    let page = told("markup/libreoffice.html", &SourceOptions::default());
    let row =
        "2: Åsa Öberg|00042|0701740605|1984-02-29|2025-10-13 12:59:02|36:05:00|1|25%|1,234.50|#N/A|line one\\nline two";
    assert!(page.starts_with("HTML, sheet \"Table 1\"") && page.contains(row), "{page}");
    let page = told("markup/sheetjs-html.xls", &SourceOptions::default());
    assert!(page.contains("2: Åsa Öberg|00042|0701740605|1984-02-29|") && page.ends_with("4 rows, 1 blank"), "{page}");
}

#[test]
fn hidden_sheets_are_listed_and_read_only_when_asked_for() {
    let hidden = SourceOptions { sheet: Some(SheetChoice::Name("Secret".into())), ..SourceOptions::default() };
    for fixture in
        ["xlsx/xlsxwriter.xlsx", "xlsx/openpyxl.xlsx", "xls/libreoffice.xls", "xls/xlwt.xls", "ods/libreoffice.ods"]
    {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture);
        let table = open(&Input::File(path), &SourceOptions::default()).unwrap();
        let sheets: Vec<_> =
            table.sheets().iter().map(|sheet| (sheet.name.as_str(), sheet.visible, sheet.chosen)).collect();
        for one in [("People", true, true), ("Secret", false, false), ("Notes", true, false)] {
            assert!(sheets.contains(&one), "{fixture}: {sheets:?}");
        }
        assert!(told(fixture, &hidden).contains("sheet \"Secret\" | hidden"), "{fixture}");
    }
}

#[test]
fn another_reader_finds_the_same_texts_and_numbers_in_the_same_cells() {
    use calamine::{Data, Reader as _};
    for fixture in
        ["xlsx/xlsxwriter.xlsx", "xlsx/libreoffice.xlsx", "xlsx/sheetjs.xlsx", "people.xlsx", "xls/libreoffice.xls"]
    {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture);
        let sheet = SourceOptions { sheet: Some(SheetChoice::Name("People".into())), ..SourceOptions::default() };
        let theirs = calamine::open_workbook_auto(&path).unwrap().worksheet_range("People").unwrap();
        let mut compared = 0;
        let mut compare =
            |number: u64, column: usize, ours: &str| match theirs.get_value((number as u32 - 1, column as u32)) {
                Some(Data::String(text)) => {
                    assert_eq!(ours, text, "{fixture} row {number}");
                    compared += 1;
                }
                Some(Data::Float(value)) => {
                    assert_eq!(ours.parse::<f64>().unwrap(), *value, "{fixture} row {number}");
                    compared += 1;
                }
                Some(Data::Empty) | None => assert_eq!(ours, "", "{fixture} row {number}"),
                Some(_) => assert_ne!(ours, "", "{fixture} row {number}"),
            };
        let table = open(&Input::File(path), &sheet).unwrap();
        for (column, name) in table.header().names.iter().enumerate() {
            compare(table.header().row.0, column, name);
        }
        let end = table.read(&mut |row| {
            row.cells().enumerate().for_each(|(column, cell)| compare(row.number.0, column, cell));
            ControlFlow::Continue(())
        });
        assert!(end.unwrap().rows >= 4 && compared > 20, "{fixture}");
    }
}
