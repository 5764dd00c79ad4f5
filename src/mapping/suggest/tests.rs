//! Tables in, proposals out.

use super::*;
use crate::mapping::Mapping;
use crate::model::RowNumber;
use proptest::prelude::*;

fn table(lines: &[&[&str]]) -> (Header, Vec<Row>) {
    let names = lines[0].iter().map(|name| (*name).to_owned()).collect();
    let rows = lines[1..].iter().zip(2..).map(|(cells, number)| {
        let mut row = Row::new(RowNumber(number));
        cells.iter().for_each(|cell| row.push(cell));
        row
    });
    (Header { row: RowNumber(1), names }, rows.collect())
}

fn proposed(lines: &[&[&str]], country: Option<&str>) -> String {
    let (header, rows) = table(lines);
    let suggestion = suggest(&header, &rows, &Pinned::default(), country, &[]);
    if suggestion.has_contact {
        Mapping::parse(&suggestion.text).expect("it can be read").compile(&header).expect("it fits");
    }
    let from = suggestion.text.find("[card]").expect("a card");
    suggestion.text[from..].to_owned()
}

#[test]
fn names_and_contents_agree_on_a_proposal() {
    let proposal = proposed(
        &[
            &[
                "Förnamn",
                "Efternamn",
                "E-post",
                "Mobil",
                "Kundnr",
                "Gatuadress",
                "Postnr",
                "Ort",
                "Email consent",
                "Saldo",
            ],
            &["Åsa", "Öberg", "a@b.se; c@d.se", "070-174 06 05", "17", "Storgatan 1", "90320", "Umeå", "yes", "12,50"],
            &["Bo", "Ek", "", "+46 70-174 06 06", "18", "", "", "", "no", "0"],
        ],
        Some("SE"),
    );
    assert_eq!(
        proposal,
        "[card]
name = \"{Förnamn} {Efternamn}\"    # 90%: called so
email = [
    { column = \"E-post\", split = \";\" },    # 99%: called so, and 1 of 1 cells are e-mail addresses
]
voice = [
    { column = \"Mobil\", country = \"SE\" },    # 99%: called so, and 2 of 2 cells are phone numbers
]

[card.custom]
\"Kundnr\" = \"Kundnr\"    # 90%: called so
\"Address\" = \"{Gatuadress}, {Postnr} {Ort}\"    # 80%: its parts are called so

# Not sent. To keep one as a custom value, move its line to [card.custom] and take the # away.
# \"Email consent\" = \"Email consent\"    # its name says \"consent\", so it is no contact of the person
# \"Saldo\" = \"Saldo\"    # its name says nothing about people
"
    );
}

#[test]
fn content_has_a_veto_and_a_voice() {
    let proposal =
        proposed(&[&["Email", "Kontaktväg", "Name"], &["yes", "a@b.se", "123"], &["no", "c@d.se", "456"]], None);
    assert!(
        proposal.contains("\"Kontaktväg\",    # 60%: not called so, but 2 of 2 cells are e-mail addresses"),
        "{proposal}"
    );
    assert!(proposal.contains("# called so, but only 0 of 2 cells are e-mail addresses"), "{proposal}");
    assert!(proposal.contains("# called like a name, but its cells are none"), "{proposal}");
}

#[test]
fn numbered_columns_become_a_family() {
    let proposal = proposed(
        &[&["E-mail 1 - Type", "E-mail 1 - Value", "E-mail 2 - Value"], &["Work", "a@b.se", "c@d.se ::: e@f.se"]],
        None,
    );
    assert!(proposal.contains("{ column = \"E-mail * - Value\", split = \":::\" },"), "{proposal}");
}

#[test]
fn a_country_is_taken_from_its_column_and_never_guessed() {
    let lines: [&[&str]; 2] = [&["Phone", "Country"], &["070-174 06 05", "SE"]];
    assert!(proposed(&lines, None).contains("country = { column = \"Country\" }"));
    let lines: [&[&str]; 2] = [&["Phone", "Country"], &["070-174 06 05", "Narnia"]];
    let (header, rows) = table(&lines);
    let suggestion = suggest(&header, &rows, &Pinned::default(), None, &[]);
    assert_eq!(suggestion.phones_without_country, 1);
    assert!(suggestion.text.contains("1 of them name no country: add country = \"…\", two letters"));
}

#[test]
fn what_has_no_name_of_its_own_goes_by_its_place() {
    let proposal =
        proposed(&[&["E-mail", "E-mail", "", "{x} \"Phone\""], &["a@b.se", "c@d.se", "e@f.se", "+46701740605"]], None);
    assert!(
        proposal.contains("    \"#A\",") && proposal.contains("    \"#B\",") && proposal.contains("    \"#C\","),
        "{proposal}"
    );
    assert!(proposal.contains("{ column = \"{x} \\\"Phone\\\"\" }"), "{proposal}");
}

#[test]
fn the_reading_is_pinned() {
    let (header, rows) = table(&[&["E-mail", "a\tb"], &["a@b.se", ""]]);
    let pinned = Pinned { sheet: None, delimiter: Some(b'\t'), encoding: Some("windows-1252".to_owned()) };
    let text = suggest(&header, &rows, &pinned, None, &[]).text;
    assert!(text.contains("[source]\nheader_row = 1\ndelimiter = \"tab\"\nencoding = \"windows-1252\"\n"), "{text}");
    assert!(text.contains("# expect_columns = [\"E-mail\", \"a\\u0009b\"]"), "{text}");
    let uncommented = text.replace("# expect_columns", "expect_columns");
    Mapping::parse(&uncommented).expect("it can be read").compile(&header).expect("it fits");
}

proptest! {
    #[test]
    fn whatever_the_table_the_proposal_can_be_used(
        names in proptest::collection::vec("(E-mail|Phone|Name|First name|ID|Ort|#B)?[ 1-3*\"{}\\\\\u{0}a#]{0,3}", 1..6),
        cells in proptest::collection::vec("a@b\\.se|070-174 06 05|\\PC{0,4}", 1..6),
    ) {
        let header = Header { row: RowNumber(1), names: names.clone() };
        let mut row = Row::new(RowNumber(2));
        names.iter().zip(cells.iter().cycle()).for_each(|(_, cell)| row.push(cell));
        let suggestion = suggest(&header, &[row], &Pinned::default(), None, &[]);
        if suggestion.has_contact {
            let mapping = Mapping::parse(&suggestion.text);
            prop_assert!(mapping.is_ok(), "{:?}\n{}", mapping.err(), suggestion.text);
            if let Ok(mapping) = mapping {
                let compiled = mapping.compile(&header);
                prop_assert!(compiled.is_ok(), "{:?}\n{}", compiled.err(), suggestion.text);
            }
        }
    }
}

#[test]
fn a_name_is_put_together_from_what_its_columns_hold() {
    let name = |lines: &[&[&str]]| proposed(lines, None).lines().nth(1).unwrap_or_default().to_owned();
    let spanish: &[&[&str]] = &[&["Nombre", "Apellidos", "Correo"], &["José", "Muñoz", "j@example.com"]];
    assert_eq!(name(spanish), "name = \"{Nombre} {Apellidos}\"    # 90%: called so");
    let whole: &[&[&str]] = &[&["Name", "Surname", "E-mail"], &["Åsa Öberg", "Öberg", "a@example.com"]];
    assert_eq!(name(whole), "name = \"Name\"    # 90%: called so");
    let french: &[&[&str]] = &[&["Nom", "Prénom", "Mail"], &["Lefèvre", "Hélène", "h@example.com"]];
    assert_eq!(name(french), "name = \"{Prénom} {Nom}\"    # 90%: called so");
}

#[test]
fn what_the_author_says_goes_above_what_is_found() {
    let (header, rows) = table(&[&["Namn", "Kontakt", ""], &["Åsa", "asa@example.com", "x"]]);
    let said = [(ColumnIndex(0), None), (ColumnIndex(2), Some(Role::Custom))];
    let text = suggest(&header, &rows, &Pinned::default(), None, &said).text;
    assert!(text.contains("\"#C\" = \"#C\"    # 100%: you said so"), "{text}");
    assert!(text.contains("# \"Namn\" = \"Namn\"    # you said so"), "{text}");
    assert!(!text.contains("\nname"), "{text}");
    Mapping::parse(&text).expect("it can be read").compile(&header).expect("it fits");
}

#[test]
fn a_column_of_country_names_tells_whose_the_phone_numbers_are() {
    let table: &[&[&str]] = &[
        &["Name", "Mobile", "Land"],
        &["Åsa", "070-174 06 05", "Sverige"],
        &["Jörg", "0171 39200 12", "Deutschland"],
        &["Bo", "070-174 06 06", "Sverige"],
    ];
    let proposal = proposed(table, None);
    let values = "country = { column = \"Land\", values = { \"Deutschland\" = \"DE\", \"Sverige\" = \"SE\" } }";
    assert!(proposal.contains(values), "{proposal}");
    let table: &[&[&str]] = &[&["Mobile", "Land"], &["070-174 06 05", "Sverige"], &["0171 39200 12", "Atlantis"]];
    assert!(!proposed(table, None).contains("values ="));
}
