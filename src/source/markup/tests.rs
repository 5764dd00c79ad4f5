use crate::model::{SheetChoice, SourceOptions};
use crate::source::tests::told_of;

#[track_caller]
fn check(page: impl AsRef<[u8]>, expected: &str) {
    assert_eq!(told_of(page, &SourceOptions::default()), expected);
}

#[test]
fn a_table_is_read_as_a_browser_shows_it() {
    check(
        "<html><head><style>td > a {}</style></head><body><h1>Export</h1><TABLE border=1>\n<thead><tr><th>Name</th><th>Phone\n\
         number</th><th>Note</th></tr></thead>\n<tr><td> &Aring;sa&nbsp;&Ouml;berg </td><td>0701740605<td>1<br>2</tr>\n<!-- <tr><td>no</td> -->\
         <tr><td>&nbsp;</td></tr><tr><td><b>Bo</b> <i>Ek</i><td x:err='#N/A'>#N/A<td><p>a</p><p>b</p></table></body></html>",
        "HTML, sheet \"Table 1\" | Name|Phone number|Note\n2: Åsa\\u{a0}Öberg|0701740605|1\\n2\n4: Bo Ek|#N/A|a\\nb\n  \
         Table 1!B4 shows #N/A\n2 rows, 1 blank",
    );
}

#[test]
fn cells_that_span_keep_the_others_in_their_columns() {
    check(
        "<table><tr><td rowspan=2>a</td><td colspan=2>b</td><td>d</td></tr><tr><td>x</td><td>y</td><td>z</td></tr>\
         <tr><td>1</td><td>2</td></tr></table>",
        "HTML, sheet \"Table 1\" | a|b||d\n2: |x|y|z\n3: 1|2||\n2 rows, 0 blank",
    );
}

#[test]
fn the_first_table_with_a_value_is_read_and_nested_ones_are_tables_of_their_own() {
    let page =
        "<table><tr><td> </td></tr></table><table><tr><td>out<table><tr><td>in</td></tr></table>side</td></tr></table>";
    check(page, "HTML, sheet \"Table 2\"; not read: \"Table 3\" | outside\n0 rows, 0 blank");
    let in_a_row = "<table><tr><td>a<td>b<tr><td>1<td><table><tr><td>in</table></table>";
    check(
        in_a_row,
        "HTML, sheet \"Table 1\"; not read: \"Table 2\" | a|b\n2: 1|\n  Table 1!B2 holds a table of its own, which is Table 2\n\
         1 rows, 0 blank",
    );
    let third = SourceOptions { sheet: Some(SheetChoice::Number(3)), ..SourceOptions::default() };
    assert_eq!(told_of(page, &third), "HTML, sheet \"Table 3\" | in\n0 rows, 0 blank");
}

#[test]
fn a_page_is_in_the_encoding_it_says_or_in_that_of_windows() {
    check(b"<table><tr><td>\xC5sa</td>", "HTML, sheet \"Table 1\" | Åsa\n0 rows, 0 blank");
    let late = [b"<table><tr><td>a".to_vec(), vec![b' '; 300_000], b"<tr><td>\xC5sa</table>".to_vec()].concat();
    check(late, "HTML, sheet \"Table 1\" | a\n2: Åsa\n1 rows, 0 blank");
    check(b"<meta charset=iso-8859-2><table><tr><td>\xB1</tr>", "HTML, sheet \"Table 1\" | ą\n0 rows, 0 blank");
    let wide: Vec<u8> = "\u{feff}<html><table><tr><td>å</table>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(wide, "HTML, sheet \"Table 1\" | å\n0 rows, 0 blank");
    check("<table><tr><td>a</td></tr><tr><td>b", "is damaged: its table 1 ends in the middle of a cell");
    check("<html><form>Log in</form></html>", "is a web page (HTML) without a table");
}

const URN: &str = "urn:schemas-microsoft-com:office:spreadsheet";

#[test]
fn excel_2003_xml_is_read_by_its_types_and_formats() {
    check(
        format!(
            "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>\n<Workbook xmlns=\"{URN}\" xmlns:ss=\"{URN}\">\n<Styles>\
             <Style ss:ID=\"z\"><NumberFormat ss:Format=\"0000000000\"/></Style><Style ss:ID=\"d\"><NumberFormat ss:Format=\"Short Date\"/>\
             </Style><Style ss:ID=\"h\"><NumberFormat ss:Format=\"[h]:mm:ss\"/></Style></Styles>\n\
             <Worksheet ss:Name=\"Old\"><Table><Row><Cell><Data ss:Type=\"String\">x</Data></Cell></Row></Table>\
             <WorksheetOptions><Visible>SheetHidden</Visible></WorksheetOptions></Worksheet>\n\
             <Worksheet ss:Name=\"People\"><Table>\n<Row><Cell ss:MergeAcross=\"1\"><Data ss:Type=\"String\">a</Data></Cell><Cell><Data \
             ss:Type=\"String\">c</Data><Comment><ss:Data>note</ss:Data></Comment></Cell><Cell><Data ss:Type=\"String\">d</Data></Cell></Row>\n\
             <Row ss:Index=\"4\"><Cell ss:StyleID=\"z\"><Data ss:Type=\"Number\">701740605</Data></Cell><Cell ss:Index=\"3\" \
             ss:StyleID=\"d\"><Data ss:Type=\"DateTime\">2025-10-13T00:00:00.000</Data></Cell><Cell ss:StyleID=\"h\"><Data \
             ss:Type=\"DateTime\">1900-01-01T12:05:00.000</Data></Cell></Row>\n\
             <Row><Cell><ss:Data ss:Type=\"String\"><B>bo</B>ld&#10;&amp;</ss:Data></Cell><Cell><Data ss:Type=\"Boolean\">1</Data></Cell>\
             <Cell><Data ss:Type=\"Error\">#N/A</Data></Cell><Cell ss:Formula=\"=1+1\"/></Row></Table></Worksheet></Workbook>"
        ),
        "Excel 2003 XML, sheet \"People\" | a||c|d\n4: 0701740605||2025-10-13|36:05:00\n5: bold\\n&|TRUE|#N/A|\n  People!C5 shows #N/A\n  \
         People!D5 holds a formula whose result was never saved\n2 rows, 2 blank",
    );
}

#[test]
fn excel_2003_xml_that_is_cut_short_is_named() {
    check(
        format!("<?xml version=\"1.0\"?><Workbook xmlns=\"{URN}\"><Worksheet ss:Name=\"S\"><Table><Row><Cell>"),
        "is damaged: its XML ends in the middle of a cell",
    );
}
