use std::io::Write as _;
use std::ops::ControlFlow;

use proptest::prelude::*;

use crate::model::{Code, DelimiterChoice, EncodingChoice, Input, SourceOptions};
use crate::source::{ReadEnd, SourceError, Table, open};

fn table(bytes: &[u8], options: &SourceOptions) -> Result<Table, SourceError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    open(&Input::File(file.path().to_owned()), options)
}

/// The table as text: one line for the shape and the header, one for each row, its issues beneath it, the end.
fn told(bytes: &[u8], options: &SourceOptions) -> String {
    let table = match table(bytes, options) {
        Ok(table) => table,
        Err(error) => return tell_error(&error),
    };
    let mut out =
        format!("{} | {}: {}\n", table.shape().description, table.header().row, table.header().names.join("|"));
    let mut each = |row: &mut crate::model::Row| {
        let cells: Vec<_> = row.cells().collect();
        out.push_str(&format!("{} line {}: {}\n", row.number, row.line.unwrap(), cells.join("|").escape_debug()));
        for issue in &row.issues {
            let column = issue.column.map(|column| format!(" {}", column.letters())).unwrap_or_default();
            out.push_str(&format!("  {}{column} {:?}: {}\n", issue.code, issue.binding, issue.message));
        }
        ControlFlow::Continue(())
    };
    match table.read(&mut each) {
        Ok(end) => out.push_str(&format!("{} rows, {} blank", end.rows, end.blank_lines)),
        Err(error) => out.push_str(&tell_error(&error)),
    }
    out
}

/// An error without its path, which differs from run to run.
fn tell_error(error: &SourceError) -> String {
    let text = error.to_string();
    let after_path = text.split_once(' ').unwrap().1;
    assert!(!text.ends_with('.'), "{text}");
    after_path.to_owned()
}

#[track_caller]
fn check(bytes: impl AsRef<[u8]>, expected: &str) {
    assert_eq!(told(bytes.as_ref(), &SourceOptions::default()), expected.trim_start());
}

#[test]
fn a_plain_table_is_read() {
    check(
        "Name,Email\nÅsa,a@b.se\nBo,\n",
        "
CSV, UTF-8, comma | 1: Name|Email
2 line 2: Åsa|a@b.se
3 line 3: Bo|
2 rows, 0 blank",
    );
}

#[test]
fn rows_are_numbered_as_a_spreadsheet_shows_them() {
    check(
        "\r\nName;Note\r\n\r\nÅsa;\"two\r\nlines\"\r\n;;\r\nBo;x\r\n\r\n",
        "
CSV, UTF-8, semicolon | 2: Name|Note
4 line 4: Åsa|two\\r\\nlines
5 line 6: |
6 line 7: Bo|x
3 rows, 3 blank",
    );
}

#[test]
fn a_header_alone_is_a_table() {
    check("Name,Email\n", "CSV, UTF-8, comma | 1: Name|Email\n0 rows, 0 blank");
    check("Name", "CSV, UTF-8, comma | 1: Name\n0 rows, 0 blank");
}

#[test]
fn nothing_is_said_to_be_nothing() {
    check("", "is empty");
    check("\n\r\n", "is empty");
    check("\u{feff}", "is empty");
    check(",,\n , \n", "has no row with any value, so there are no column names");
}

#[test]
fn ragged_rows_say_how_much_and_what() {
    check(
        "a,b\n1\n1,2,\n1,2,3,\"x\ny\"\n   \n",
        "
CSV, UTF-8, comma | 1: a|b
2 line 2: 1|
  row.ragged Always: 1 cell, but the header has 2
3 line 3: 1|2
4 line 4: 1|2
  row.ragged Always: 4 cells, but the header has 2; beyond the header: \"3\", \"x\\ny\"; the record runs from line 4 to 5, so a quote may be missing
3 rows, 1 blank",
    );
}

#[test]
fn a_column_without_a_name_stays() {
    check("a,,\n1,2,3\n", "CSV, UTF-8, comma | 1: a||\n2 line 2: 1|2|3\n1 rows, 0 blank");
}

#[test]
fn an_unclosed_quote_takes_one_row_and_says_where_it_opened() {
    check(
        "a,b\n1,2\n3,\"4\n5,6\n",
        "
CSV, UTF-8, comma | 1: a|b
2 line 2: 1|2
3 line 3: 3|4\\n5,6\\n
  row.unclosed_quote Always: a quote opens a cell on line 3 and is never closed, so the rest of the file stands in it
2 rows, 0 blank",
    );
    check("a,\"b\n1,2\n", "line 1: a quote opens a cell here and is not closed before the file ends");
}

#[test]
fn a_late_quote_that_never_closes_stops_a_large_file() {
    let mut text = b"a,b\n1,2\n3,\"".to_vec();
    text.resize(5 << 20, b'x');
    let said = told(&text, &SourceOptions::default());
    assert!(said.ends_with("line 3: a quote opens a cell here and is not closed within 4 MiB"), "{}", said.len());
    assert!(said.contains("\n2 line 2: 1|2\n"));
}

#[test]
fn odd_characters_are_said_and_kept() {
    check(
        "a,b\nx\0y,\u{fffd}\n\u{1b}[31m,\u{85}\n\u{1a}",
        "
CSV, UTF-8, comma | 1: a|b
2 line 2: x\\0y|\u{fffd}
  cell.control A WhenMapped: the control character NUL has no place in a cell
  cell.replacement B WhenMapped: a replacement character (U+FFFD): a character was lost before the file came here
3 line 3: \\u{1b}[31m|\\u{85}
  cell.control A WhenMapped: the control character U+001B has no place in a cell
  cell.control B WhenMapped: the control character U+0085 has no place in a cell
2 rows, 1 blank",
    );
}

#[test]
fn a_broken_byte_in_utf_8_spoils_its_row_only() {
    check(
        b"a,b\n\xC3\x85sa,\"x\n\xE4y\xFF\"\n\xC3\xB6,2\n",
        "
CSV, UTF-8, comma | 1: a|b
2 line 2: Åsa|x\\n\u{fffd}y\u{fffd}
  cell.encoding B Always: line 3: byte 0xE4 is not UTF-8, and 1 more in this cell
3 line 4: ö|2
2 rows, 0 blank",
    );
}

#[test]
fn a_character_broken_over_two_cells_is_no_character() {
    let said = told(b"a,b\n\xC3\x85\xC3\x85\xC3\x85,1\n\xC3,\x85\n", &SourceOptions::default());
    assert!(said.contains("3 line 3: \u{fffd}|\u{fffd}\n"), "{said}");
    assert!(said.contains("cell.encoding A Always: line 3: byte 0xC3 is not UTF-8"), "{said}");
    assert!(said.contains("cell.encoding B Always: line 3: byte 0x85 is not UTF-8"), "{said}");
}

#[test]
fn windows_1252_is_told_even_by_a_late_byte() {
    check(
        b"Namn;Ort\n\xC5sa;Malm\xF6\n",
        "CSV, windows-1252 (not UTF-8 on line 2; Å ö as in Western European text), semicolon | 1: Namn|Ort\n2 line 2: Åsa|Malmö\n1 rows, 0 blank",
    );
    let mut text = b"name,town\n".to_vec();
    while text.len() < 900_000 {
        text.extend(b"Anna,Lund\n");
    }
    text.extend(b"\xC5sa,Malm\xF6\n");
    let said = told(&text, &SourceOptions::default());
    assert!(
        said.starts_with("CSV, windows-1252 (not UTF-8 on line 90001; Å ö as in Western European text), comma"),
        "{said:.80}"
    );
    assert!(said.contains("Åsa|Malmö"));
}

#[test]
fn a_file_that_begins_as_utf_8_stays_so_and_late_bytes_are_told() {
    let mut text = b"name,town\n".to_vec();
    while text.len() < 900_000 {
        text.extend("Åsa,Malmö\n".as_bytes());
    }
    let row = text.iter().filter(|&&byte| byte == b'\n').count() + 1;
    text.extend(b"\xC5ke,Lund\n");
    let said = told(&text, &SourceOptions::default());
    assert!(said.starts_with("CSV, UTF-8, comma"), "{said:.80}");
    assert!(said.contains(&format!("  cell.encoding A Always: line {row}: byte 0xC5 is not UTF-8\n")));
}

#[test]
fn bytes_that_windows_1252_leaves_open_are_said() {
    let options =
        SourceOptions { encoding: Some(EncodingChoice::Named(encoding_rs::WINDOWS_1252)), ..SourceOptions::default() };
    let said = told(b"a\n\x81\n", &options);
    assert!(said.contains("cell.encoding A Always: line 2: byte 0x81 is not windows-1252"), "{said}");
}

#[test]
fn marks_and_other_encodings_are_read() {
    check(b"\xEF\xBB\xBF\"a\",b\n1,2\n", "CSV, UTF-8, comma | 1: a|b\n2 line 2: 1|2\n1 rows, 0 blank");
    let text = "Namn\tOrt\r\nÅsa\tMalmö 😀\r\n";
    let expected = "CSV, UTF-16LE, tab | 1: Namn|Ort\n2 line 2: Åsa|Malmö 😀\n1 rows, 0 blank";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    check([b"\xFF\xFE", &little[..]].concat(), expected);
    check(&little, expected);
    check([&b"\xFF\xFE\0\0a\0\0\0"[..]].concat(), "is text in UTF-32, which is not read");
    check(
        [b"\xFF\xFE", &"a\nx".encode_utf16().chain([0xD801, 0x79]).flat_map(u16::to_le_bytes).collect::<Vec<_>>()[..]]
            .concat(),
        "
CSV, UTF-16LE, comma | 1: a
2 line 2: x\u{fffd}y
  cell.encoding A Always: line 2: bytes 0x01 0xD8 are not UTF-16LE
1 rows, 0 blank",
    );
}

#[test]
fn results_look_like_the_input() {
    let dialect = |bytes: &[u8]| table(bytes, &SourceOptions::default()).unwrap().shape().dialect;
    assert_eq!((dialect(b"a;b\n").delimiter, dialect(b"a;b\n").wants_bom), (b';', false));
    assert!(dialect(b"\xEF\xBB\xBFa;b\n").wants_bom);
    assert!(dialect(b"a;\xE5\n").wants_bom);
}

#[test]
fn excels_sep_line_is_honoured_and_counted() {
    check("sep=|\r\na|b;c\r\n1|2\r\n", "CSV, UTF-8, pipe | 2: a|b;c\n3 line 3: 1|2\n1 rows, 0 blank");
}

#[test]
fn what_is_said_wins_over_what_is_guessed() {
    let options =
        SourceOptions { header_row: Some(3), delimiter: Some(DelimiterChoice::Byte(b',')), ..SourceOptions::default() };
    assert_eq!(
        told(b"Export; 2024\n\na,b;c\n1,2;3\n", &options),
        "CSV, UTF-8, comma | 3: a|b;c\n4 line 4: 1|2;3\n1 rows, 1 blank"
    );
    let row = |row| SourceOptions { header_row: Some(row), ..SourceOptions::default() };
    assert_eq!(told(b"a\n\nb\n", &row(2)), "has no column names in row 2: that row is blank");
    assert_eq!(told(b"a\nb\n", &row(9)), "has no column names in row 9: the last row is 2");
}

#[test]
fn what_only_pretends_is_refused_by_name() {
    check("%PDF-1.7\n", "is a PDF document");
    check("<html><body><table>", "is a web page (HTML) without a table");
    check(b"\xFF\xFE<\0h\0t\0m\0l\0>\0", "is a web page (HTML) without a table");
    check(
        (0..4000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>(),
        "is not a spreadsheet: it is neither text nor a workbook",
    );
}

#[test]
fn a_reader_can_be_told_to_stop() {
    let table = table(b"a\n1\n2\n3\n", &SourceOptions::default()).unwrap();
    assert_eq!(table.shape().size_hint, Some(8));
    let mut positions = Vec::new();
    let end = table
        .read(&mut |row| {
            positions.push(row.position);
            if positions.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(end, ReadEnd { rows: 2, blank_lines: 0, stopped: true });
    assert_eq!(positions, [4, 6]);
}

#[test]
fn a_table_can_move_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Table>();
    is_send::<SourceError>();
}

#[test]
fn a_stream_is_read_without_seeking() {
    let mut text = b"name;town\n".to_vec();
    while text.len() < 400_000 {
        text.extend("Åsa;Malmö\n".as_bytes());
    }
    text.extend(b"x;\xFF\n");
    let beginning = |bytes: &[u8]| super::Beginning {
        path: "standard input".into(),
        head: bytes[..100_001].to_vec(),
        complete: false,
        rest: super::Rest::Stream(Box::new(std::io::Cursor::new(bytes[100_001..].to_vec()))),
        size: None,
    };
    let table = super::open(beginning(&text), &SourceOptions::default()).unwrap();
    let (mut rows, mut last) = (0, None);
    table
        .read(&mut |row| {
            rows += 1;
            last = Some(row.clone());
            ControlFlow::Continue(())
        })
        .unwrap();
    let last = last.unwrap();
    assert_eq!((last.number.0, last.issues[0].code), (rows + 1, Code::CellEncoding));
    assert_eq!(last.position, text.len() as u64);
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zåöéA-Z0-9@.+ ]{0,12}",
        1 => "[a-z\"',;\t|\r\n€ ]{0,8}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_table_reads_back_the_same(
        rows in (1usize..6).prop_flat_map(|width| prop::collection::vec(prop::collection::vec(cell(), width), 1..12)),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        line_end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        encoding in prop::sample::select(vec!["utf-8", "utf-8 marked", "utf-16le", "utf-16be", "utf-16le plain",
            "windows-1252", "macintosh", "iso-8859-15", "gb18030"]),
        quote_style in prop::sample::select(vec![csv::QuoteStyle::Always, csv::QuoteStyle::Necessary]),
    ) {
        let width = rows[0].len();
        let names: Vec<String> = (0..width).map(|at| format!("column{at}")).collect();
        let terminator = match line_end {
            "\r\n" => csv::Terminator::CRLF,
            other => csv::Terminator::Any(other.as_bytes()[0]),
        };
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(terminator)
            .quote_style(quote_style)
            .from_writer(Vec::new());
        writer.write_record(&names).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let wide = |mark: [u8; 2], to: fn(u16) -> [u8; 2]| -> Vec<u8> {
            mark.into_iter().chain(text.encode_utf16().flat_map(to)).collect()
        };
        let (bytes, named) = match encoding {
            "utf-8 marked" => ([b"\xEF\xBB\xBF", text.as_bytes()].concat(), None),
            "utf-16le" => (wide([0xFF, 0xFE], u16::to_le_bytes), None),
            "utf-16be" => (wide([0xFE, 0xFF], u16::to_be_bytes), None),
            "utf-16le plain" => (text.encode_utf16().flat_map(u16::to_le_bytes).collect(), None),
            "utf-8" => (text.clone().into_bytes(), None),
            other => {
                let encoding = encoding_rs::Encoding::for_label(other.as_bytes()).unwrap();
                (encoding.encode(&text).0.into_owned(), Some(encoding))
            }
        };
        let options = SourceOptions {
            delimiter: Some(DelimiterChoice::Byte(delimiter)),
            encoding: named.map(EncodingChoice::Named),
            ..SourceOptions::default()
        };
        let table = table(&bytes, &options).unwrap();
        prop_assert_eq!(&table.header().names, &names);
        let mut read: Vec<Vec<String>> = Vec::new();
        let mut number = 1;
        let end = table.read(&mut |row| {
            number += 1;
            assert_eq!(row.number.0, number);
            assert_eq!(&row.issues, &[]);
            read.push(row.cells().map(str::to_owned).collect());
            ControlFlow::Continue(())
        }).unwrap();
        prop_assert_eq!(end.rows as usize, rows.len());
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(prop::sample::select(
        b"a1,;\t|\"\"\r\n\n\0\xC3\x85\xFF\xFE\xEF\xBB\xBF \x1A<=".to_vec()), 0..120)) {
        told(&bytes, &SourceOptions::default());
    }
}

#[test]
fn a_quote_that_swallowed_rows_is_told_even_when_the_cells_add_up() {
    check(
        "A,B,C\n1,\"2,3\n4,5,6\n7,\"8\",9\n10,\"11\nx\" ,12\n",
        "
CSV, UTF-8, comma | 1: A|B|C
2 line 2: 1|2,3\\n4,5,6\\n7,8\\\"|9
  row.unclosed_quote Always: a quote opens a cell on line 2, and the next one on line 4 does not end it: a quote is missing or one too many
3 line 5: 10|11\\nx |12
2 rows, 0 blank",
    );
}

#[test]
fn zeros_at_the_end_are_no_row() {
    let zeros = [b"A,B\n1,2\n".to_vec(), vec![0; 500]].concat();
    check(zeros, "CSV, UTF-8, comma | 1: A|B\n2 line 2: 1|2\n1 rows, 1 blank");
}

#[test]
fn a_first_record_without_an_end_is_refused_as_what_it_is() {
    let told = told(&[b'x'; 8_000_000], &SourceOptions::default());
    assert_eq!(told, "is refused: its record on line 1 is larger than any honest header");
}

#[test]
fn text_of_two_bytes_a_character_is_no_broken_utf_8() {
    let text = "名前,メール,都市\n田中太郎,t@example.com,東京\n鈴木花子,s@example.com,大阪\n";
    let (bytes, _, lossy) = encoding_rs::EUC_JP.encode(text);
    assert!(!lossy);
    let told = told(&bytes, &SourceOptions::default());
    assert!(told.starts_with("CSV, EUC-JP (") && told.contains("2 line 2: 田中太郎|t@example.com|東京"), "{told}");
}

#[test]
fn a_column_without_a_name_at_the_end_is_not_needed() {
    check(
        "A;B;\n1;2\n3;4;\n5;6;7\n8\n9;10;11;  \n",
        "
CSV, UTF-8, semicolon | 1: A|B|
2 line 2: 1|2|
3 line 3: 3|4|
4 line 4: 5|6|7
5 line 5: 8||
  row.ragged Always: 1 cell, but the header has 3
6 line 6: 9|10|11
5 rows, 0 blank",
    );
}

#[test]
fn a_line_of_zeros_at_the_end_of_a_block_is_a_row_like_any_other() {
    let mut text = b"A,B\n".to_vec();
    let line_of_zeros = b"\0\0\0\n";
    let block_bytes = crate::source::limits::CHUNK_BYTES;
    while text.len() < block_bytes - line_of_zeros.len() - 8 {
        text.extend(b"1,2\n");
    }
    text.extend(vec![b'x'; block_bytes - line_of_zeros.len() - text.len() - 3]);
    text.extend(b",y\n");
    text.extend(line_of_zeros);
    assert_eq!(text.len(), block_bytes);
    let zeros_at = text.iter().filter(|byte| **byte == b'\n').count() as u64;
    text.extend(b"3,4\n");
    let mut last = Vec::new();
    let end = table(&text, &SourceOptions::default())
        .unwrap()
        .read(&mut |row| {
            if row.number.0 >= zeros_at {
                last.push(format!("{} {:?} {:?}", row.number, row.cells().collect::<Vec<_>>(), row.issues.len()));
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(last, [format!("{zeros_at} [\"\\0\\0\\0\", \"\"] 2"), format!("{} [\"3\", \"4\"] 0", zeros_at + 1)]);
    assert_eq!(end.blank_lines, 0);
}
