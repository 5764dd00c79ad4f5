//! `c3import preview`: the documents of the first rows, as they would be sent.

use serde_json::Value;

use crate::support::{Done, Place, fixture, mapping};

/// The documents on standard output, however they are laid out.
fn documents(done: &Done) -> Vec<Value> {
    serde_json::Deserializer::from_str(&done.stdout)
        .into_iter()
        .map(|document| document.unwrap_or_else(|cause| panic!("{cause}\n{done}")))
        .collect()
}

#[test]
fn the_document_has_the_shape_of_the_vendors_sample() {
    let place = Place::with_table(&["Åsa Öberg,asa@example.com,070-174 06 05,\"a \"\"b\"\"\"", "Bo,bo@example.com,,"]);
    let done = place.c3import(&["preview", "people.csv", "-m", "m.toml"]).run();
    done.exits(0);
    let expected: [Value; 2] = [
        serde_json::json!({"data": {"type": "c3_contact_cards", "attributes": {"contacts": {
            "email": ["asa@example.com"],
            "voice": ["+46701740605"],
            "custom": [{"label": "Note", "value": "a \"b\""}],
            "name": "Åsa Öberg",
        }}}}),
        serde_json::json!({"data": {"type": "c3_contact_cards", "attributes": {"contacts": {
            "email": ["bo@example.com"],
            "name": "Bo",
        }}}}),
    ];
    assert_eq!(documents(&done), expected, "blank cells are not sent\n{done}");
    assert_eq!(place.names(), ["m.toml", "people.csv"], "a preview leaves nothing behind");
}

#[test]
fn five_documents_unless_another_number_is_said() {
    for file in ["people.csv", "people.xlsx"] {
        let place = Place::new();
        let preview = || place.c3import(&["preview", &fixture(file), "-m", &mapping("people.toml")]);
        assert_eq!(documents(preview().run().exits(0)).len(), 5);
        assert_eq!(documents(preview().and(&["-n", "2"]).run().exits(0)).len(), 2);
        assert_eq!(documents(preview().and(&["-n", "1000"]).run().exits(0)).len(), 320);
    }
}

#[test]
fn csv_and_workbook_become_the_same_documents() {
    let place = Place::new();
    let all = |file: &str| {
        let done = place.c3import(&["preview", &fixture(file), "-m", &mapping("people.toml"), "-n", "1000"]).run();
        documents(done.exits(0))
    };
    let (csv, xlsx) = (all("people.csv"), all("people.xlsx"));
    assert_eq!((csv.len(), xlsx.len()), (320, 320));
    for (at, (csv, xlsx)) in csv.into_iter().zip(xlsx).enumerate() {
        assert_eq!(csv, xlsx, "row {}", at + 2);
    }
}

#[test]
fn a_row_that_would_not_be_sent_is_told_instead() {
    let place = Place::with_table(&["Bo,bo.example.com,,", "Åsa,asa@example.com,,"]);
    let done = place.c3import(&["preview", "people.csv", "-m", "m.toml"]).run();
    assert_eq!(documents(&done).len(), 1, "{done}");
    done.tells(&["row 2", "bo.example.com", "email.syntax"]);
}
