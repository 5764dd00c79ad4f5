//! Rows and what becomes of them, with a mapping that uses every kind of source.

use super::{Mapper, Mapping, cell};
use crate::model::{Channel, Code, ColumnIndex, Field, Header, Issue, Mapped, Origin, Row, RowNumber, is_clean};
use proptest::prelude::*;

const PEOPLE: &str = r#"
    version = 1
    [card]
    name = "{First} {Last}"
    email = ["E-mail", { column = "Others", split = ";" }]
    voice = { column = "Mobile", country = "SE" }
    vk = "VK"
    [card.custom]
    "Number" = "No"
    "Address" = "{Street}, {City}"
    "About" = ["Note", "No"]
    "Batch" = { value = "2026" }
    "Tags" = { column = "Tags", split = "|" }
"#;

const COLUMNS: [&str; 12] =
    ["First", "Last", "E-mail", "Others", "Mobile", "VK", "No", "Street", "City", "Note", "Tags", "Unused"];

fn mapper(mapping: &str) -> Mapper {
    let header = Header { row: RowNumber(1), names: COLUMNS.map(str::to_owned).to_vec() };
    Mapping::parse(mapping).expect("a mapping").compile(&header).expect("it fits")
}

fn row(cells: &[(&str, &str)]) -> Row {
    let mut row = Row::new(RowNumber(2));
    for name in COLUMNS {
        row.push(cells.iter().find(|(column, _)| *column == name).map_or("", |(_, cell)| cell));
    }
    row
}

fn column(name: &str) -> ColumnIndex {
    ColumnIndex(COLUMNS.iter().position(|column| *column == name).expect("a column") as u32)
}

/// What becomes of a row, as text, one value a word.
fn mapped(mapper: &Mapper, row: &Row) -> String {
    match mapper.map(row) {
        Mapped::Skipped => "skipped".to_owned(),
        Mapped::Excluded(reason) => reason,
        Mapped::Rejected(issues) => {
            let name = |column: Option<ColumnIndex>| column.map_or("the row", |column| COLUMNS[column.index()]);
            let said: Vec<_> = issues.iter().map(|issue| format!("{} in {}", issue.code, name(issue.column))).collect();
            said.join(", ")
        }
        Mapped::Card { card, warnings } => {
            let mut said: Vec<String> = card.name().iter().map(|name| format!("name={name}")).collect();
            for channel in Channel::ALL {
                said.extend(card.channel(channel).map(|entry| format!("{}={}", channel.as_str(), entry.value)));
            }
            said.extend(card.custom().map(|entry| format!("{}:{}", entry.label, entry.value)));
            said.extend(warnings.iter().map(|issue| format!("({})", issue.code)));
            said.join(" / ")
        }
    }
}

fn people(cells: &[(&str, &str)]) -> String {
    mapped(&mapper(PEOPLE), &row(cells))
}

#[test]
fn a_full_row_becomes_a_card_in_the_mappings_order() {
    let cells = [
        ("First", " Åsa "),
        ("Last", "Öberg"),
        ("E-mail", "asa@Example.se"),
        ("Others", "Åsa <asa@work.se>; ;b@c.se"),
        ("Mobile", "070-123 45 67"),
        ("VK", "id1"),
        ("No", "17"),
        ("Street", "Storgatan 1"),
        ("City", "Umeå"),
        ("Note", "likes\nlines"),
        ("Tags", "a | b||a"),
        ("Unused", "\u{0}"),
    ];
    assert_eq!(
        people(&cells),
        "name=Åsa Öberg / email=asa@example.se / email=asa@work.se / email=b@c.se / vk=id1 / voice=+46701234567 / \
         Number:17 / Address:Storgatan 1, Umeå / About:likes\nlines / About:17 / Batch:2026 / Tags:a / Tags:b"
    );
}

#[test]
fn values_know_their_columns() {
    let mapper = mapper(PEOPLE);
    let cells = [("First", "Åsa"), ("Others", "a@b.se"), ("No", "1"), ("City", "Umeå")];
    let Mapped::Card { card, .. } = mapper.map(&row(&cells)) else { panic!("a card") };
    let columns = |origin: Origin| mapper.columns(origin).to_vec();
    assert_eq!(columns(card.origin(Field::Name).expect("a name")), [column("First"), column("Last")]);
    assert_eq!(columns(card.origin(Field::Channel(Channel::Email, 0)).expect("a mailbox")), [column("Others")]);
    let custom = |at: usize| card.custom().nth(at).map(|entry| (entry.label, columns(entry.origin))).expect("a value");
    assert_eq!(custom(0), ("Number", vec![column("No")]));
    assert_eq!(custom(1), ("Address", vec![column("Street"), column("City")]));
    assert_eq!(custom(3), ("Batch", vec![]));
    assert_eq!(columns(Origin(999)), []);
}

#[test]
fn repeated_values_are_sent_once_in_the_order_of_the_first() {
    assert_eq!(
        people(&[("E-mail", "A@b.se"), ("Others", "c@d.se;a@B.se;C@d.se"), ("No", "1"), ("Note", "1")]),
        "email=A@b.se / email=c@d.se / Number:1 / About:1 / Batch:2026"
    );
}

#[test]
fn a_row_of_constants_alone_is_skipped() {
    assert_eq!(people(&[]), "skipped");
    assert_eq!(people(&[("First", "\u{a0}"), ("Others", " ; ;"), ("Unused", "x")]), "skipped");
}

#[test]
fn a_row_without_a_contact_is_refused_unless_allowed() {
    let cells = [("First", "Åsa"), ("No", "1")];
    assert_eq!(people(&cells), "contact.none in the row");
    let Mapped::Rejected(issues) = mapper(PEOPLE).map(&row(&cells)) else { panic!("rejected") };
    assert_eq!(
        issues[0].message,
        "there is nothing to recognise this person by: \"E-mail\", \"Others\", \"Mobile\" and \"VK\" are blank; \
         fill in a contact"
    );
    let free = PEOPLE.replace("[card]\n", "rows.require_identity = false\n[card]\n");
    assert!(mapped(&mapper(&free), &row(&cells)).starts_with("name=Åsa / Number:1"));
}

#[test]
fn every_reason_is_told_at_once_each_once() {
    let cells = [
        ("First", "\u{fffd}sa"),
        ("E-mail", "asa"),
        ("Others", "a@b.se;b@;c@"),
        ("Mobile", "070"),
        ("VK", "a\nb"),
        ("No", "1\u{0}"),
    ];
    assert_eq!(
        people(&cells),
        "cell.replacement in First, email.syntax in E-mail, email.syntax in Others, email.syntax in Others, \
         phone.length in Mobile, cell.control in VK, cell.control in No"
    );
    assert_eq!(people(&[("First", "\u{fffd}")]), "cell.replacement in First, contact.none in the row");
    let mapping =
        "version = 1\n[rows]\nrequire_identity = false\n[card]\nname = \"{First} {Last}\"\ncustom.X = \"Last\"";
    assert_eq!(
        mapped(&mapper(mapping), &row(&[("First", "\u{fffd}"), ("Last", "#N/A")])),
        "cell.replacement in First, cell.error in Last",
        "in the order of the mapping, in whatever order sources are at work"
    );
    assert_eq!(people(&[("Mobile", "x")]), "phone.syntax in Mobile", "a wrong contact is not a missing one");
    let long = "x".repeat(cell::VALUE_CHARS_MAX + 1);
    assert_eq!(people(&[("VK", "id1"), ("Note", &long)]), "value.too_long in Note");
}

#[test]
fn what_the_reader_found_counts_where_it_matters() {
    let good = [("E-mail", "a@b.se"), ("No", "17")];
    let with = |issue: Issue| {
        let mut row = row(&good);
        row.issues.push(issue);
        mapped(&mapper(PEOPLE), &row)
    };
    let error = |name| Issue::cell(Code::CellError, column(name), "#N/A");
    assert_eq!(with(error("Unused").when_mapped()), "email=a@b.se / Number:17 / About:17 / Batch:2026");
    assert_eq!(with(error("No").when_mapped()), "cell.error in No");
    assert_eq!(with(error("Unused")), "cell.error in Unused");
    assert_eq!(with(error("E-mail").when_mapped()), "cell.error in E-mail", "not also without contact");
    assert_eq!(with(Issue::row(Code::RowRagged, "3 cells")), "row.ragged in the row");
}

#[test]
fn a_broken_row_says_nothing_of_its_shifted_cells() {
    let mut row = row(&[("E-mail", "Storgatan 1")]);
    row.issues.push(Issue::row(Code::RowRagged, "13 cells where the header has 12"));
    assert_eq!(mapped(&mapper(PEOPLE), &row), "row.ragged in the row");
}

#[test]
fn a_short_row_is_blank_at_its_end() {
    let mut row = Row::new(RowNumber(2));
    row.push("Åsa");
    assert_eq!(mapped(&mapper(PEOPLE), &row), "contact.none in the row");
}

#[test]
fn mappers_are_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Mapper>();
    is_shared::<Mapping>();
}

proptest! {
    #[test]
    fn what_is_sent_is_trimmed_filled_and_never_repeated(
        cells in proptest::collection::vec("[ a\u{a0}|;@b.seAB+0-7]{0,12}|a@b\\.se(;A@b\\.se)?|070-?12345[67]{2}", COLUMNS.len())
    ) {
        let mut row = Row::new(RowNumber(2));
        cells.iter().for_each(|cell| row.push(cell));
        if let Mapped::Card { card, .. } = mapper(PEOPLE).map(&row) {
            let mut keys: Vec<_> = card.identities().map(|identity| identity.key()).collect();
            let count = keys.len();
            keys.sort_unstable();
            keys.dedup();
            prop_assert!(count > 0);
            prop_assert_eq!(keys.len(), count, "{:?}", card);
            let mut values: Vec<_> = card.custom().map(|entry| (entry.label, entry.value)).collect();
            let count = values.len();
            values.sort_unstable();
            values.dedup();
            prop_assert_eq!(values.len(), count);
            for (_, value) in card.values() {
                prop_assert!(!value.is_empty() && cell::trim(value) == value);
            }
        }
    }

    #[test]
    fn the_short_way_of_a_clean_row_comes_to_the_same(
        cells in proptest::collection::vec(
            "[ a\u{a0}\u{200b}å;,\n\t#1.E+-]{0,6}|#N/A|###|1[.,]5E\\+2?20|[aA.]{1,3}@[bB]\\.se|(\\+46|0)70[ -]?12345[67]{2}",
            COLUMNS.len(),
        )
    ) {
        let mut row = Row::new(RowNumber(2));
        cells.iter().for_each(|cell| row.push(cell));
        let mapper = mapper(PEOPLE);
        let long = mapper.map(&row);
        row.clean = cells.iter().all(|cell| is_clean(cell.as_bytes()));
        prop_assert_eq!(mapper.map(&row), long);
    }
}
