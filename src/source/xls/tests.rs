use crate::model::SourceOptions;
use crate::source::tests::told_of;

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat()
}

fn cell(kind: u16, row: u16, column: u16, rest: &[u8]) -> Vec<u8> {
    record(kind, &[&row.to_le_bytes()[..], &column.to_le_bytes(), &[0, 0], rest].concat())
}

fn label(row: u16, column: u16, text: &[u8]) -> Vec<u8> {
    cell(0x0204, row, column, &[&(text.len() as u16).to_le_bytes()[..], text].concat())
}

/// A worksheet and nothing around it, as a well-known script writes it.
fn bare(cells: &[Vec<u8>]) -> Vec<u8> {
    [record(0x0809, &[0, 0, 0x10, 0, 0, 0, 0, 0]), cells.concat(), record(0x000A, &[])].concat()
}

fn told(bytes: &[u8]) -> String {
    told_of(bytes, &SourceOptions::default())
}

#[test]
fn a_bare_worksheet_is_read_in_the_order_of_its_rows() {
    let number = |row, column, value: f64| cell(0x0203, row, column, &value.to_le_bytes());
    let sheet = bare(&[
        label(0, 0, b"Name"),
        label(0, 1, b"No"),
        label(2, 0, b"\xC5sa"),
        label(1, 0, b"Bo"),
        number(2, 1, 7.0),
    ]);
    assert_eq!(told(&sheet), "XLS, sheet \"Sheet1\" | Name|No\n2: Bo|\n3: Åsa|7\n2 rows, 0 blank");
}

#[test]
fn formulas_give_what_was_saved() {
    let formula = |row, value: [u8; 8], flags: u16| {
        cell(0x0006, row, 0, &[&value[..], &flags.to_le_bytes(), &[0; 4], &[0, 0]].concat())
    };
    let special = |kind, value| [kind, 0, value, 0, 0, 0, 0xFF, 0xFF];
    let sheet = bare(&[
        label(0, 0, b"a"),
        formula(1, special(0, 0), 0),
        record(0x0207, &[2, 0, b'o', b'k']),
        formula(2, special(1, 1), 0),
        formula(3, special(2, 0x2A), 0),
        formula(4, special(3, 0), 3),
        formula(5, 0f64.to_le_bytes(), 3),
        formula(6, 2.5f64.to_le_bytes(), 3),
        formula(7, special(0, 0), 0),
    ]);
    assert_eq!(
        told(&sheet),
        "XLS, sheet \"Sheet1\" | a\n2: ok\n3: TRUE\n4: #N/A\n  Sheet1!A4 shows #N/A\n\
         5: \n  Sheet1!A5 holds a formula whose result was never saved\n6: \n  Sheet1!A6 holds a formula whose result was never saved\n\
         7: 2.5\n8: \n  Sheet1!A8 holds a formula whose result was never saved\n7 rows, 0 blank"
    );
}

#[test]
fn a_protected_a_cut_and_a_lying_stream_are_named() {
    let begin = record(0x0809, &[0, 6, 5, 0, 0, 0, 0, 0]);
    assert_eq!(told(&[begin.clone(), record(0x002F, &[0; 6])].concat()), "is password-protected");
    assert_eq!(told(&begin), "is damaged: it ends before its sheets begin");
    let strings = [begin.clone(), record(0x00FC, &[1, 0, 0, 0, 255, 255, 255, 255]), record(0x000A, &[])].concat();
    assert_eq!(told(&strings), "is damaged: its shared strings are cut short");
    let sheet = |start: u32| {
        let list = [&start.to_le_bytes()[..], &[0, 0, 1, 0, b'S']].concat();
        told(&[begin.clone(), record(0x0085, &list), record(0x000A, &[])].concat())
    };
    assert_eq!(sheet(4_000_000_000), "is damaged: sheet \"S\" does not stand where the workbook says");
    let cut = bare(&[label(0, 0, b"a"), label(1, 0, b"b")]);
    assert_eq!(
        told(&cut[..cut.len() - 4]),
        "XLS, sheet \"Sheet1\" | a\nis damaged: sheet \"Sheet1\" ends before its time"
    );
}

proptest::proptest! {
    #[test]
    fn any_records_are_read_or_refused(picks in proptest::collection::vec((0usize..20, proptest::collection::vec(0u8.., 0..24)), 0..24)) {
        let kinds = [
            0x0006, 0x0203, 0x027E, 0x00BD, 0x00FD, 0x0204, 0x00D6, 0x0205, 0x0207, 0x0809, 0x000A, 0x003C, 0x00FC, 0x0085, 0x041E,
            0x00E0, 0x0200, 0x04BC, 0x0042, 0x0022,
        ];
        for begin in [[0, 6, 5, 0, 0, 0, 0, 0], [0, 5, 0x10, 0, 0, 0, 0, 0]] {
            let records: Vec<u8> = picks.iter().flat_map(|(at, data)| record(kinds[*at], data)).collect();
            let told = told(&[record(0x0809, &begin), records, record(0x000A, &[])].concat());
            proptest::prop_assert!(!told.contains("makes no sense to the reader"), "{}", told);
        }
    }
}
