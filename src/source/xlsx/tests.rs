use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::ControlFlow;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::model::{Input, Row, SheetChoice, SourceOptions};
use crate::source::{SourceError, open};

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook as its parts.
#[derive(Default)]
struct Book {
    sheets: Vec<(String, String, String)>,
    strings: Option<String>,
    formats: Vec<&'static str>,
    is_1904: bool,
    more: Vec<(String, Vec<u8>)>,
}

impl Book {
    fn of(sheet_data: &str) -> Book {
        Book::default().sheet("People", "", sheet_data)
    }

    fn sheet(mut self, name: &str, state: &str, sheet_data: &str) -> Book {
        let xml = format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{sheet_data}</sheetData></worksheet>");
        self.sheets.push((name.into(), state.into(), xml));
        self
    }

    /// Cell styles 1, 2, … have these number formats; 0 is General.
    fn formats(mut self, codes: &[&'static str]) -> Book {
        self.formats = codes.to_vec();
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let mut put = |name: &str, text: &[u8]| {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text).unwrap();
        };
        put(
            "_rels/.rels",
            format!("<Relationships><Relationship Id=\"r\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>")
                .as_bytes(),
        );
        let (mut sheets, mut relations) = (String::new(), String::new());
        for (at, (name, state, _)) in self.sheets.iter().enumerate() {
            let state = if state.is_empty() { String::new() } else { format!(" state=\"{state}\"") };
            write!(sheets, "<sheet name=\"{name}\" sheetId=\"{0}\"{state} r:id=\"rId{0}\"/>", at + 1).unwrap();
            write!(
                relations,
                "<Relationship Id=\"rId{0}\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet{0}.xml\"/>",
                at + 1
            )
            .unwrap();
        }
        let properties = if self.is_1904 { "<workbookPr date1904=\"1\"/>" } else { "" };
        put(
            "xl/workbook.xml",
            format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\">{properties}<sheets>{sheets}</sheets></workbook>")
                .as_bytes(),
        );
        put("xl/_rels/workbook.xml.rels", format!("<Relationships>{relations}</Relationships>").as_bytes());
        let (mut codes, mut styles) = (String::new(), "<xf numFmtId=\"0\"/>".to_owned());
        for (at, code) in self.formats.iter().enumerate() {
            let code = code.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
            write!(codes, "<numFmt numFmtId=\"{}\" formatCode=\"{code}\"/>", 164 + at).unwrap();
            write!(styles, "<xf numFmtId=\"{}\"/>", 164 + at).unwrap();
        }
        put(
            "xl/styles.xml",
            format!("<styleSheet xmlns=\"{MAIN}\"><numFmts>{codes}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>")
                .as_bytes(),
        );
        if let Some(strings) = &self.strings {
            put("xl/sharedStrings.xml", strings.as_bytes());
        }
        for (at, (_, _, xml)) in self.sheets.iter().enumerate() {
            put(&format!("xl/worksheets/sheet{}.xml", at + 1), xml.as_bytes());
        }
        for (name, content) in &self.more {
            put(name, content);
        }
        zip.finish().unwrap().into_inner()
    }
}

/// A cell with a text, a number, or whatever its content says.
fn text(at: &str, text: &str) -> String {
    format!("<c r=\"{at}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>")
}

fn number(at: &str, style: usize, number: &str) -> String {
    format!("<c r=\"{at}\" s=\"{style}\"><v>{number}</v></c>")
}

fn row(number: usize, cells: &[String]) -> String {
    format!("<row r=\"{number}\">{}</row>", cells.concat())
}

fn told_with(bytes: &[u8], options: &SourceOptions) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let tell_error = |error: &SourceError| error.to_string().split_once(' ').unwrap().1.to_owned();
    let table = match open(&Input::File(file.path().to_owned()), options) {
        Ok(table) => table,
        Err(error) => return tell_error(&error),
    };
    let mut out =
        format!("{} | {}: {}\n", table.shape().description, table.header().row, table.header().names.join("|"));
    let mut each = |row: &mut Row| {
        let cells: Vec<_> = row.cells().collect();
        writeln!(out, "{}: {}", row.number, cells.join("|").escape_debug()).unwrap();
        assert_eq!((row.line, row.position), (None, row.number.0));
        for issue in &row.issues {
            writeln!(out, "  {} {:?}: {}", issue.code, issue.binding, issue.message).unwrap();
        }
        ControlFlow::Continue(())
    };
    match table.read(&mut each) {
        Ok(end) => write!(out, "{} rows, {} blank", end.rows, end.blank_lines).unwrap(),
        Err(error) => out.push_str(&tell_error(&error)),
    }
    out
}

#[track_caller]
fn check(book: &Book, expected: &str) {
    assert_eq!(told_with(&book.bytes(), &SourceOptions::default()), expected.trim_start());
}

#[test]
fn cells_arrive_as_people_see_them() {
    let book = Book::of(
        &[
            row(1, &[text("A1", "Name"), text("B1", "Phone"), text("C1", "When"), text("D1", "Ok")]),
            row(
                2,
                &[
                    text("A2", " Åsa "),
                    number("B2", 1, "701740605"),
                    number("C2", 2, "45943"),
                    "<c r=\"D2\" t=\"b\"><v>1</v></c>".into(),
                ],
            ),
            row(
                3,
                &[
                    text("A3", "x"),
                    number("B3", 3, "46701740605"),
                    number("C3", 4, "45943.541"),
                    number("D3", 0, "1.5"),
                ],
            ),
            row(
                4,
                &[
                    number("A4", 0, "467017406055"),
                    number("B4", 5, "0.5"),
                    number("C4", 6, "1.25"),
                    number("D4", 7, "1234.5"),
                ],
            ),
        ]
        .concat(),
    )
    .formats(&["0000000000", "yyyy\\-mm\\-dd", "\"+\"0", "m/d/yy h:mm", "0%", "[h]:mm:ss", "#,##0.00 \"kr\""]);
    check(
        &book,
        "
XLSX, sheet \"People\" | 1: Name|Phone|When|Ok
2:  Åsa |0701740605|2025-10-13|TRUE
3: x|+46701740605|2025-10-13T12:59:02|1.5
4: 467017406055|0.5|30:00:00|1234.5
3 rows, 0 blank",
    );
}

#[test]
fn rows_keep_their_numbers_and_blank_ones_are_counted() {
    let book = Book::of(
        &[
            row(2, &[text("B2", "Name"), text("C2", "Town")]),
            row(3, &["<c r=\"B3\" s=\"0\"/>".into()]),
            row(5, &[text("C5", "Lund")]),
            row(9, &["<c r=\"A9\"/>".into()]),
        ]
        .concat(),
    );
    check(&book, "XLSX, sheet \"People\" | 2: |Name|Town\n5: ||Lund\n1 rows, 2 blank");
}

#[test]
fn cells_without_a_place_or_out_of_order_find_theirs() {
    let book = Book::of(
        "<row><c t=\"str\"><v>a</v></c><c t=\"str\"><v>b</v></c><c t=\"str\"><v>c</v></c></row>\
         <row><c><v>1</v></c><c/><c><v>3</v></c></row>\
         <row r=\"7\"><c r=\"C7\"><v>3</v></c><c r=\"A7\"><v>1</v></c></row>\
         <row r=\"7\"><c r=\"B7\"><v>2</v></c></row>",
    );
    check(&book, "XLSX, sheet \"People\" | 1: a|b|c\n2: 1||3\n7: 1|2|3\n2 rows, 4 blank");
}

#[test]
fn rows_in_any_order_come_in_theirs_and_a_row_in_two_parts_is_one() {
    let some = |at: usize| row(at, &[number(&format!("A{at}"), 0, &at.to_string())]);
    let head = row(1, &[text("A1", "a"), text("B1", "b")]);
    let book = Book::of(&[some(5), some(3), head.clone()].concat());
    check(&book, "XLSX, sheet \"People\" | 1: a|b\n3: 3|\n5: 5|\n2 rows, 2 blank");
    let late = row(5, &[number("B5", 0, "6"), number("A5", 0, "7")]);
    let book = Book::of(&[head.clone(), some(5), some(3), late].concat());
    check(
        &book,
        "XLSX, sheet \"People\" | 1: a|b\n3: 3|\n5: 7|6\n  cell.unreadable WhenMapped: People!A5 stands in the file more than once\n2 rows, 2 blank",
    );
    // Rows that have been given away are not taken back; the one that is being read goes on.
    let many: String = (3..60_000).map(some).collect();
    let said =
        |last: String| told_with(&Book::of(&[&head[..], &many, &last].concat()).bytes(), &SourceOptions::default());
    let late = said(some(2));
    assert!(late.ends_with("\n59999: 59999|\nis damaged: sheet \"People\" has row 2 after row 59999"), "{late}");
    let split = said(row(59_999, &[number("B59999", 0, "6")]));
    assert!(split.ends_with("\n59999: 59999|6\n59997 rows, 1 blank"), "{split}");
}

#[test]
fn the_rows_before_some_trouble_are_whole_and_there() {
    let data =
        [row(1, &[text("A1", "a")]), row(2, &[text("A2", "x")]), "<row r=\"3\"><c r=\"A3\"><v>1</v></c><c".into()];
    let said = told_with(&Book::of(&data.concat()).bytes(), &SourceOptions::default());
    assert_eq!(
        said,
        "XLSX, sheet \"People\" | 1: a\n2: x\nis damaged: its part xl/worksheets/sheet1.xml ends before its sheet does"
    );
}

#[test]
fn one_bad_cell_costs_that_cell_only() {
    let book = Book::of(
        "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>a</v></c><c r=\"B1\" t=\"str\"><v>b</v></c><c r=\"C1\" t=\"str\"><v>c</v></c></row>\
         <row r=\"2\"><c r=\"A2\" t=\"e\"><v>#N/A</v></c><c r=\"B2\" t=\"e\"><v>#SPILL!</v></c><c r=\"C2\"><v>1</v></c></row>\
         <row r=\"3\"><c r=\"A3\" t=\"b\"><v>banana</v></c><c r=\"B3\" t=\"zz\"><v>9</v></c><c r=\"C3\" t=\"s\"><v>77</v></c></row>\
         <row r=\"4\"><c r=\"A4\" t=\"n\"><v>x1</v></c><c r=\"B4\"><v>5</v><extLst><ext/></extLst></c><c r=\"C4\"><v>6</v></c></row>\
         <row><c t=\"e\"><v>#CALC!</v></c><c><v>2</v></c><c><v>3</v></c></row>\
         <row><c><v>1</v></c><c><v>2</v></c><c><v>3</v></c></row>",
    );
    check(
        &book,
        "
XLSX, sheet \"People\" | 1: a|b|c
2: #N/A|#SPILL!|1
  cell.error WhenMapped: People!A2 shows #N/A
  cell.error WhenMapped: People!B2 shows #SPILL!
3: banana|9|77
  cell.unreadable WhenMapped: People!A3 cannot be read: \"banana\"
  cell.unreadable WhenMapped: People!B3 cannot be read: \"9\"
  cell.unreadable WhenMapped: People!C3 cannot be read: \"77\"
4: x1|5|6
  cell.unreadable WhenMapped: People!A4 cannot be read: \"x1\"
5: #CALC!|2|3
  cell.error WhenMapped: People!A5 shows #CALC!
6: 1|2|3
5 rows, 0 blank",
    );
}

#[test]
fn a_formula_without_a_saved_result_is_said() {
    let book = Book::of(
        "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>a</v></c><c r=\"B1\" t=\"str\"><v>b</v></c></row>\
         <row r=\"2\"><c r=\"A2\"/><c r=\"B2\"><f>1+1</f></c></row>\
         <row r=\"3\"><c r=\"A3\"><f>1+1</f><v>2</v></c><c r=\"B3\" t=\"str\"><f>\"\"</f><v></v></c></row>",
    );
    check(
        &book,
        "
XLSX, sheet \"People\" | 1: a|b
2: |
  cell.no_value WhenMapped: People!B2 holds a formula whose result was never saved
3: 2|
2 rows, 0 blank",
    );
}

#[test]
fn strings_are_shared_rich_and_without_their_phonetics() {
    let mut book = Book::of(
        "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row><row r=\"2\"><c r=\"A2\" t=\"s\"><v>1</v></c></row>\
         <row r=\"3\"><c r=\"A3\" t=\"s\"><v>2</v></c></row>",
    );
    book.strings = Some(format!(
        "<sst xmlns=\"{MAIN}\" count=\"3\" uniqueCount=\"3\"><si><t>Name</t></si>\
         <si><r><t>Å</t></r><r><t xml:space=\"preserve\">sa </t></r><rPh sb=\"0\" eb=\"1\"><t>osa</t></rPh></si>\
         <si><t>a_x000D_b&amp;_x0000_</t></si></sst>"
    ));
    check(
        &book,
        "
XLSX, sheet \"People\" | 1: Name
2: Åsa\u{20}
3: a\\rb&\\0
  cell.control WhenMapped: the control character NUL has no place in a cell
2 rows, 0 blank",
    );
}

#[test]
fn blanks_around_a_text_are_the_cells_and_line_breaks_around_it_are_the_files() {
    let mut book = Book::of(
        "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c></row>\
         <row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>\ty </t></is></c><c r=\"B2\" t=\"inlineStr\"><is>\n <t> z\n </t>\n</is></c></row>",
    );
    book.strings = Some(format!("<sst xmlns=\"{MAIN}\"><si><t> a</t></si>\n<si>\n<t>\n  b\n</t></si></sst>"));
    check(&book, "XLSX, sheet \"People\" | 1:  a|b\n2: \\ty | z\n1 rows, 0 blank");
}

#[test]
fn values_beyond_the_header_are_told_and_blanks_are_not() {
    let book = Book::of(
        &[
            row(1, &[text("A1", "a"), text("B1", "b")]),
            row(2, &[text("A2", "1"), text("C2", "stray")]),
            row(3, &[text("A3", "1"), "<c r=\"XFD3\" s=\"0\"/>".into()]),
        ]
        .concat(),
    );
    check(
        &book,
        "
XLSX, sheet \"People\" | 1: a|b
2: 1|
  row.ragged WhenMapped: beyond the 2 columns of the header stands People!C2 \"stray\"
3: 1|
2 rows, 0 blank",
    );
}

#[test]
fn the_first_visible_sheet_with_a_value_is_read() {
    let one = row(1, &[text("A1", "x")]);
    let book = Book::default()
        .sheet("Secret", "hidden", &one)
        .sheet("Empty", "", "<row r=\"1\"><c r=\"A1\"/></row>")
        .sheet("People", "", &one)
        .sheet("More", "", &row(1, &[text("A1", "more")]));
    check(&book, "XLSX, sheet \"People\"; not read: \"More\" | 1: x\n0 rows, 0 blank");
    let choose = |sheet| {
        let options = SourceOptions { sheet: Some(sheet), ..SourceOptions::default() };
        told_with(&book.bytes(), &options).lines().next().unwrap().to_owned()
    };
    assert_eq!(choose(SheetChoice::Name("more".into())), "XLSX, sheet \"More\" | 1: more");
    assert_eq!(choose(SheetChoice::Number(1)), "XLSX, sheet \"Secret\" | 1: x");
    assert_eq!(
        choose(SheetChoice::Number(9)),
        "has no sheet 9; its sheets are \"Secret\" (hidden), \"Empty\", \"People\", \"More\""
    );
    assert_eq!(choose(SheetChoice::Number(2)), "has no row with any value, so there are no column names");
    let book = Book::default().sheet("Secret", "veryHidden", &one);
    check(&book, "has no visible sheet with any value; its sheets are \"Secret\" (hidden)");
}

#[test]
fn the_header_row_can_be_said() {
    let book =
        Book::of(&[row(1, &[text("A1", "Export")]), row(3, &[text("A3", "a")]), row(4, &[text("A4", "1")])].concat());
    let with = |header_row| {
        told_with(&book.bytes(), &SourceOptions { header_row: Some(header_row), ..SourceOptions::default() })
    };
    assert_eq!(with(3), "XLSX, sheet \"People\" | 3: a\n4: 1\n1 rows, 0 blank");
    assert_eq!(with(2), "has no column names in row 2: that row is blank");
    assert_eq!(with(8), "has no column names in row 8: the last row is 4");
}

#[test]
fn old_mac_workbooks_count_their_days_from_1904() {
    let mut book = Book::of(&[row(1, &[text("A1", "Day")]), row(2, &[number("A2", 1, "44481")])].concat())
        .formats(&["yyyy-mm-dd"]);
    book.is_1904 = true;
    check(&book, "XLSX, sheet \"People\" | 1: Day\n2: 2025-10-13\n1 rows, 0 blank");
}

#[test]
fn a_workbook_with_prefixes_and_a_wrong_dimension_is_read() {
    let mut book = Book::of("");
    book.sheets[0].2 = format!(
        "<x:worksheet xmlns:x=\"{MAIN}\"><x:dimension ref=\"A1\"/><x:sheetData><x:row r=\"1\"><x:c r=\"A1\" t=\"str\"><x:v>a</x:v></x:c></x:row>\
         <x:row r=\"2\"><x:c r=\"A2\" t=\"zz\"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    );
    check(
        &book,
        "XLSX, sheet \"People\" | 1: a\n2: 1\n  cell.unreadable WhenMapped: People!A2 cannot be read: \"1\"\n1 rows, 0 blank",
    );
}

#[test]
fn both_editions_of_the_standard_and_any_encoding_are_read() {
    let cells = "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>Åsa</v></c></row>";
    let mut strict = Book::of("");
    strict.sheets[0].2 = format!(
        "<worksheet xmlns=\"http://purl.oclc.org/ooxml/spreadsheetml/main\"><sheetData>{cells}</sheetData></worksheet>"
    );
    check(&strict, "XLSX, sheet \"People\" | 1: Åsa\n0 rows, 0 blank");
    let mut book = Book::of("");
    book.sheets.clear();
    book.sheets.push(("People".into(), String::new(), String::new()));
    let xml = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-16\"?><worksheet><sheetData>{cells}</sheetData></worksheet>"
    );
    let wide: Vec<u8> = xml.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(book.bytes())).unwrap();
    let mut other = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for at in 0..zip.len() {
        let entry = zip.by_index_raw(at).unwrap();
        if !entry.name_raw().ends_with(b"sheet1.xml") {
            other.raw_copy_file(entry).unwrap();
        }
    }
    other.start_file("xl/worksheets/sheet1.xml", SimpleFileOptions::default()).unwrap();
    other.write_all(&wide).unwrap();
    let told = told_with(&other.finish().unwrap().into_inner(), &SourceOptions::default());
    assert_eq!(told, "XLSX, sheet \"People\" | 1: Åsa\n0 rows, 0 blank");
}

#[test]
fn parts_are_found_however_they_are_named() {
    let cells = "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>a</v></c></row>";
    let renamed = |book: &Book, relations: Option<&str>| {
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(book.bytes())).unwrap();
        let mut other = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for at in 0..zip.len() {
            let entry = zip.by_index_raw(at).unwrap();
            if !entry.name_raw().ends_with(b"workbook.xml.rels") {
                other.raw_copy_file(entry).unwrap();
            }
        }
        if let Some(target) = relations {
            other.start_file("xl/_rels/workbook.xml.rels", SimpleFileOptions::default()).unwrap();
            let relation = format!("<Relationship Id=\"rId1\" Type=\"{OFFICE}/worksheet\" Target=\"{target}\"/>");
            write!(other, "<Relationships>{relation}</Relationships>").unwrap();
        }
        told_with(&other.finish().unwrap().into_inner(), &SourceOptions::default())
    };
    let targets = [
        "worksheets/sheet1.xml",
        "/xl/Worksheets/Sheet1.XML",
        "..\\xl\\worksheets\\sheet1.xml",
        "\\xl\\worksheets\\sheet1.xml",
        "xl/worksheets/sheet1.xml",
    ];
    for relations in targets.into_iter().map(Some).chain([None]) {
        let said = renamed(&Book::of(cells), relations);
        assert_eq!(said, "XLSX, sheet \"People\" | 1: a\n0 rows, 0 blank", "{relations:?}");
    }
    // Where nothing says what is what, texts and formats are found, too.
    let cells = ["<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>".into(), row(2, &[number("A2", 1, "45291")])];
    let strings = Some("<sst><si><t>Född</t></si></sst>".to_owned());
    let book = Book { strings, ..Book::of(&cells.concat()).formats(&["yyyy-mm-dd"]) };
    assert_eq!(renamed(&book, None), "XLSX, sheet \"People\" | 1: Född\n2: 2023-12-31\n1 rows, 0 blank");
}

#[test]
fn the_text_of_merged_header_cells_names_their_first_column() {
    let mut book = Book::of("");
    book.sheets[0].2 = format!(
        "<worksheet xmlns=\"{MAIN}\"><sheetData>{}{}</sheetData><mergeCells><mergeCell ref=\"A1:B1\"/></mergeCells></worksheet>",
        row(1, &[text("A1", "Name"), "<c r=\"B1\"/>".into(), text("C1", "Town")]),
        row(2, &[text("A2", "Åsa"), text("B2", "Öberg"), text("C2", "Lund")]),
    );
    check(&book, "XLSX, sheet \"People\" | 1: Name||Town\n2: Åsa|Öberg|Lund\n1 rows, 0 blank");
}

#[test]
fn values_in_sections_and_between_comments_are_whole() {
    let book = Book::of(
        "<row r=\"1\"><c r=\"A1\" t=\"str\"><v><![CDATA[a & b]]></v></c><c r=\"B1\"><v>1<!-- x -->2</v></c></row>\
         <row r=\"2\"><c r=\"A2\" t=\"s\"><v>-1</v></c><c r=\"B2\"><v>nan</v></c></row>",
    );
    check(
        &book,
        "
XLSX, sheet \"People\" | 1: a & b|12
2: -1|nan
  cell.unreadable WhenMapped: People!A2 cannot be read: \"-1\"
1 rows, 0 blank",
    );
}

#[test]
fn a_reference_outside_any_sheet_is_damage_and_never_wraps() {
    for at in ["MWLQKXA2", "A4294967298", "XFE1", "A0", "1A"] {
        let book = Book::of(&[row(1, &[text("A1", "a")]), format!("<row><c r=\"{at}\"><v>1</v></c></row>")].concat());
        let said = told_with(&book.bytes(), &SourceOptions::default());
        assert!(said.ends_with(&format!("is damaged: sheet \"People\" has a cell \"{at}\"")), "{said}");
    }
}

#[test]
fn a_stray_corner_costs_nothing() {
    let book = Book::of(&[row(1, &[text("A1", "a")]), row(1_048_576, &[text("XFD1048576", "x")])].concat());
    let said = told_with(&book.bytes(), &SourceOptions::default());
    assert!(said.ends_with("1 rows, 1048574 blank"), "{said}");
    let book = Book::of(&[row(1, &[text("A1", "a")]), row(1_048_577, &[text("A1048577", "x")])].concat());
    let said = told_with(&book.bytes(), &SourceOptions::default());
    assert!(said.contains("is damaged: sheet \"People\" has a row \"1048577\""), "{said}");
}

#[test]
fn what_is_no_workbook_or_no_longer_one_is_named() {
    let whole = Book::of(&row(1, &[text("A1", "a")])).bytes();
    for cut in [10, whole.len() / 2, whole.len() - 10] {
        let said = told_with(&whole[..cut], &SourceOptions::default());
        assert!(said.starts_with("is damaged: its zip is cut short or broken"), "{cut}: {said}");
    }
    let zip = |name: &str, content: &str| {
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
        told_with(&zip.finish().unwrap().into_inner(), &SourceOptions::default())
    };
    assert_eq!(zip("word/document.xml", "x"), "is a Word document");
    assert_eq!(
        zip("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        "is damaged: its part content.xml is missing"
    );
    assert_eq!(zip("people.csv", "a,b"), "is a zip archive with a spreadsheet inside");
    assert_eq!(zip("people.txt", "a,b"), "is a zip archive without a workbook");
}

#[test]
fn hostile_workbooks_are_refused_before_they_cost_anything() {
    let mut book = Book::of(&row(1, &[text("A1", "a")]));
    book.strings = Some(format!("<sst xmlns=\"{MAIN}\" uniqueCount=\"4000000000\"/>"));
    check(&book, "XLSX, sheet \"People\" | 1: a\n0 rows, 0 blank");

    let mut book = Book::of(&row(1, &[text("A1", "a")]));
    book.strings = Some("<!DOCTYPE x [<!ENTITY a \"b\">]><sst/>".into());
    check(
        &book,
        "is refused: its part xl/sharedStrings.xml declares a document type, which no spreadsheet program writes",
    );

    let mut book = Book::of(&row(1, &[text("A1", "a")]));
    book.more = (0..10_001).map(|at| (format!("junk/{at}"), Vec::new())).collect();
    let said = told_with(&book.bytes(), &SourceOptions::default());
    assert!(said.contains("parts, more than 10000"), "{said}");
}

#[test]
fn a_reader_can_be_told_to_stop() {
    let data: String = (1..50).map(|at| row(at, &[number(&format!("A{at}"), 0, "1")])).collect();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&Book::of(&data).bytes()).unwrap();
    let table = open(&Input::File(file.path().to_owned()), &SourceOptions::default()).unwrap();
    let mut rows = 0;
    let end = table
        .read(&mut |_| {
            rows += 1;
            if rows == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!((end.rows, end.stopped), (3, true));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 300, ..Default::default() })]

    #[test]
    fn a_broken_workbook_never_stumbles(changes in proptest::collection::vec((0usize..4000, 0u8..), 1..4)) {
        let data = [row(1, &[text("A1", "a"), text("B1", "b")]), row(2, &[number("A2", 1, "1"), number("B2", 0, "2")])].concat();
        let mut bytes = Book::of(&data).formats(&["00000"]).bytes();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        told_with(&bytes, &SourceOptions::default());
    }

    #[test]
    fn any_sheet_is_read_or_refused(picks in proptest::collection::vec(0usize..24, 0..30)) {
        let bits = [
            "<row>", "</row>", "<row r=\"1\">", "<row r=\"0\">", "<row r=\"99999999999\">", "<row r=\"B2\"/>", "<c>", "</c>", "<c/>",
            "<c r=\"A1\">", "<c r=\"B2\" t=\"s\">", "<c r=\"ZZZZZZZZZ9\">", "<c t=\"e\">", "<c t=\"inlineStr\">", "<c r=\"\">",
            "<v>1</v>", "<v>#X</v>", "<v/>", "<v>", "<f>A1</f>", "<is><t>x</t></is>", "<is>", "&amp;", "</sheetData>",
        ];
        let data: String = picks.into_iter().map(|at| bits[at]).collect();
        told_with(&Book::of(&data).bytes(), &SourceOptions::default());
    }
}
