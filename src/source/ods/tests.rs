use std::io::Write as _;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::model::{SheetChoice, SourceOptions};
use crate::source::tests::told_of;

/// A flat document of these tables.
fn flat(tables: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<office:document office:mimetype=\"application/vnd.oasis.opendocument.spreadsheet\">\n\
         <office:automatic-styles><style:style style:name=\"ta2\" style:family=\"table\"><style:table-properties \
         table:display=\"false\"/></style:style></office:automatic-styles>\n<office:body><office:spreadsheet>\n{tables}\n\
         </office:spreadsheet></office:body></office:document>"
    )
}

fn table(rows: &str) -> String {
    flat(&format!("<table:table table:name=\"T\">{rows}</table:table>"))
}

fn text(text: &str) -> String {
    format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
}

fn row(cells: &[String]) -> String {
    format!("<table:table-row>{}</table:table-row>", cells.concat())
}

fn value(kind: &str, value: &str, shown: &str) -> String {
    let name = match kind {
        "date" | "time" | "boolean" => format!("{kind}-value"),
        _ => "value".to_owned(),
    };
    format!(
        "<table:table-cell office:value-type=\"{kind}\" office:{name}=\"{value}\"><text:p>{shown}</text:p></table:table-cell>"
    )
}

#[track_caller]
fn check(document: &str, expected: &str) {
    let told = told_of(document, &SourceOptions::default());
    assert_eq!(told.strip_prefix("flat ODS, sheet \"T\" | ").unwrap_or(&told), expected);
}

#[test]
fn values_become_the_one_text() {
    let document = table(
        &[
            row(&[text("a"), text("b"), text("c"), text("d")]),
            row(&[
                value("float", "701740605", "0701740605"),
                value("float", "12345", "12 345"),
                value("percentage", "0.25", "25 %"),
                value("currency", "5", "0005 kr"),
            ]),
            row(&[
                value("date", "2025-10-13", "13.10.2025"),
                value("date", "2025-10-13T12:59:02.5", "13.10.25 12:59"),
                value("time", "PT36H05M00S", "36:05"),
                value("boolean", "true", "SANT"),
            ]),
            row(&[
                value("date", "2025-10-13T12:59:02", "13.10.2025"),
                value("date", "2025-10-13", "13.10.2025 00:00"),
                value("float", "abc", "abc"),
                "<table:table-cell table:formula=\"of:=1+1\"/>".into(),
            ]),
        ]
        .concat(),
    );
    check(
        &document,
        "a|b|c|d\n2: 0701740605|12345|0.25|5\n3: 2025-10-13|2025-10-13T12:59:02|36:05:00|TRUE\n\
         4: 2025-10-13|2025-10-13T00:00:00|abc|\n  T!C4 cannot be read: \"abc\"\n  T!D4 holds a formula whose result was never saved\n\
         3 rows, 0 blank",
    );
}

#[test]
fn white_space_counts_where_it_is_written_as_elements() {
    let document = table(
        &[
            row(&[text("  a\n   b  "), text("c")]),
            row(&[
                text("<text:s text:c=\"2\"/>x<text:tab/>y<text:line-break/>z <text:span>w</text:span><text:s/>"),
                "<table:table-cell><office:annotation><text:p>note</text:p></office:annotation>\n<text:p>1</text:p>\n\
                 <text:p>2</text:p><draw:frame><text:p>no</text:p></draw:frame></table:table-cell>"
                    .into(),
            ]),
        ]
        .concat(),
    );
    check(&document, "a b|c\n2:   x\\ty\\nz w |1\\n2\n1 rows, 0 blank");
}

#[test]
fn what_repeats_is_there_as_often_as_it_says_and_what_is_blank_costs_nothing() {
    let document = table(&format!(
        "\n<table:table-column table:number-columns-repeated=\"16384\"/>\n<table:table-header-rows>\n{}\n</table:table-header-rows>\n\
         <table:table-row table:number-rows-repeated=\"3\">\n<table:table-cell table:number-columns-repeated=\"2\" \
         office:value-type=\"string\">\n<text:p>x</text:p>\n</table:table-cell>\n<table:covered-table-cell/>\n\
         <table:table-cell table:number-columns-repeated=\"16380\"/></table:table-row>\n\
         <table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell/></table:table-row><table:table-row-group>{}</table:table-row-group>",
        row(&[text("a"), text("b"), text("c")]),
        row(&["<table:table-cell/>".into(), text("last")]),
    ));
    check(&document, "a|b|c\n2: x|x|\n3: x|x|\n4: x|x|\n1000005: |last|\n4 rows, 1000000 blank");
}

#[test]
fn what_repeats_beyond_all_bounds_is_refused() {
    let repeated = |columns: &str, rows: &str| {
        let cell = text("x")
            .replace("<table:table-cell", &format!("<table:table-cell table:number-columns-repeated=\"{columns}\""));
        let rows = format!(
            "{}<table:table-row table:number-rows-repeated=\"{rows}\">{cell}</table:table-row>",
            row(&[text("a")])
        );
        told_of(table(&rows), &SourceOptions::default())
    };
    assert!(repeated("16384", "1000000").ends_with("says \"the same again\" for more than 33554432 cells"));
    assert!(repeated("1", "4294967295").ends_with("has a cell beyond 1048576 rows or 16384 columns"));
    assert!(repeated("16385", "1").ends_with("has a cell beyond 1048576 rows or 16384 columns"));
    let spaces = table(&row(&[text("<text:s text:c=\"4000000000\"/>x")]));
    assert!(told_of(spaces, &SourceOptions::default()).ends_with("has a cell that is larger than any honest one"));
}

#[test]
fn only_tables_of_the_document_are_sheets() {
    let document = flat(&format!(
        "<table:tracked-changes><table:table-cell><text:p>old</text:p></table:table-cell></table:tracked-changes>\
         <table:table table:name=\"Hidden\" table:style-name=\"ta2\">{0}</table:table>\
         <table:table table:name=\"Empty\"/>\
         <table:table table:name=\"'file:///x.ods'#$S\" table:style-name=\"ta_extref\">{0}</table:table>\
         <table:table table:name=\"R&amp;D\">{0}</table:table><table:table table:name=\"More\">{0}</table:table>",
        row(&[text("a")])
    ));
    assert_eq!(
        told_of(&document, &SourceOptions::default()),
        "flat ODS, sheet \"R&D\"; not read: \"More\" | a\n0 rows, 0 blank"
    );
    let ninth = SourceOptions { sheet: Some(SheetChoice::Number(9)), ..SourceOptions::default() };
    assert_eq!(
        told_of(&document, &ninth),
        "has no sheet 9; its sheets are \"Hidden\" (hidden), \"Empty\", \"R&D\", \"More\""
    );
}

#[test]
fn a_protected_a_cut_and_a_hostile_document_are_named() {
    let packed = |manifest: &str, content: &str| {
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, text) in [
            ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
            ("META-INF/manifest.xml", manifest),
            ("content.xml", content),
        ] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        told_of(zip.finish().unwrap().into_inner(), &SourceOptions::default())
    };
    assert_eq!(packed("<manifest:encryption-data/>", "\u{1}\u{2}"), "is password-protected");
    assert!(packed("", &table(&row(&[text("a")]))).starts_with("ODS, sheet \"T\" | a"));
    assert_eq!(packed("", "<office:document-content/>"), "is damaged: its part content.xml is no spreadsheet");
    let cut = table(&row(&[text("a")]));
    assert_eq!(
        packed("", &cut[..cut.find("</table:table-row>").unwrap()]),
        "is damaged: its part content.xml ends in the middle of a table"
    );
    assert!(packed("", "<!DOCTYPE a [<!ENTITY b \"c\">]><a/>").contains("declares a document type"));
    assert!(packed("", &table(&row(&[text("&b;")]))).contains("uses an entity that XML does not know"));
}
