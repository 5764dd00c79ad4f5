//! Phone numbers held against a table that Python's `phonenumbers` made (fixtures/README.md tells how, and where we
//! mean to differ).

use super::phone::{self, Country};

#[test]
fn numbers_of_forty_countries_come_out_as_another_library_has_them() {
    let table = include_str!("../../fixtures/phones.csv");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let (mut rows, mut differences) = (0, Vec::new());
    for record in reader.records() {
        let record = record.expect("the table is sound");
        let (country, input, expected, ours) = (&record[0], &record[1], &record[2], &record[3]);
        let sent = phone::tests::read(input, Country::from_code(country)).unwrap_or_default();
        // Where we mean to differ, the last column says how; a dash is a refusal.
        let wanted = match ours {
            "" => expected,
            "-" => "",
            ours => ours,
        };
        if sent != wanted {
            differences.push(format!("{country},{input},{expected},{ours}: {sent:?}"));
        }
        rows += 1;
    }
    assert!(rows > 3000, "the table is short: {rows}");
    assert!(differences.is_empty(), "{} of {rows}:\n{}", differences.len(), differences.join("\n"));
}
