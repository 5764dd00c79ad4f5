//! How fast rows become cards, with the rows in memory already.
//!
//! `cargo bench --bench mapping [-- [ROWS] [WORD]]`; a word keeps only the ways whose name holds it
#![expect(clippy::print_stdout, reason = "a bench prints what it found")]

mod support;

use std::hint::black_box;

use c3import::jsonapi;
use c3import::mapping::{Mapper, Mapping, Scraps};
use c3import::model::{Header, Mapped, NameAt, Row, RowNumber};

use support::people::{self, Crowd};
use support::rounds::{Way, compare};
use support::{Outcome, mapping};

/// A Google Contacts export has these, and some more that nobody fills in.
const GOOGLE: [&str; 24] = [
    "First Name",
    "Middle Name",
    "Last Name",
    "Nickname",
    "Organization Name",
    "Organization Title",
    "Birthday",
    "Notes",
    "Labels",
    "E-mail 1 - Label",
    "E-mail 1 - Value",
    "E-mail 2 - Label",
    "E-mail 2 - Value",
    "Phone 1 - Label",
    "Phone 1 - Value",
    "Phone 2 - Label",
    "Phone 2 - Value",
    "Address 1 - Label",
    "Address 1 - Formatted",
    "Address 1 - City",
    "Address 1 - Country",
    "Website 1 - Value",
    "Custom Field 1 - Label",
    "Custom Field 1 - Value",
];

fn main() -> Outcome {
    let rows = support::rows(100_000);
    let own = Mapping::parse(mapping::TEXT).and_then(|mapping| mapping.compile(&header(&people::HEADER)));
    let own = own.map_err(|problems| format!("the mapping does not fit: {problems:?}"))?;
    let google = Mapping::parse(include_str!("../mappings/google-contacts.toml"))
        .and_then(|mapping| mapping.compile(&header(&GOOGLE)))
        .map_err(|problems| format!("the mapping does not fit: {problems:?}"))?;
    let made = |cells: &dyn Fn(u64) -> Vec<String>| (0..rows).map(|at| row(at, &cells(at))).collect::<Vec<Row>>();
    let people = made(&|at| people::cells(at, Crowd::Mixed).to_vec());
    let contacts = made(&contact);
    compare(
        &format!("{rows} rows in memory, one thread"),
        None,
        vec![
            Way::new("people, mapped", || Ok(map(&own, &people, |_| {}))),
            Way::new("people, mapped and encoded", || {
                Ok(map(&own, &people, |mapped| {
                    if let Mapped::Card { card, .. } = mapped {
                        black_box(jsonapi::encode(card, NameAt::Contacts));
                    }
                }))
            }),
            Way::new("Google Contacts, mapped", || Ok(map(&google, &contacts, |_| {}))),
        ],
    )
}

fn header(names: &[&str]) -> Header {
    Header { row: RowNumber(1), names: names.iter().map(|&name| name.to_owned()).collect() }
}

fn row(at: u64, cells: &[String]) -> Row {
    let mut row = Row::new(RowNumber(at + 2));
    cells.iter().for_each(|cell| row.push(cell));
    row.clean = cells.iter().all(|cell| c3import::model::is_clean(cell.as_bytes()));
    row
}

/// The same people, as Google exports them.
fn contact(at: u64) -> Vec<String> {
    let [number, first, last, email, mobile, phone, street, postal_code, city, since, note] =
        people::cells(at, Crowd::Mixed);
    GOOGLE
        .map(|column| match column {
            "First Name" => first.clone(),
            "Last Name" => last.clone(),
            "Birthday" => since.clone(),
            "Notes" => note.clone(),
            "Labels" => "* myContacts ::: Kunder".to_owned(),
            "E-mail 1 - Label" => "* Work".to_owned(),
            "E-mail 1 - Value" => email.clone(),
            "Phone 1 - Label" => "Mobile".to_owned(),
            "Phone 1 - Value" => mobile.clone(),
            "Phone 2 - Value" => phone.clone(),
            "Address 1 - Formatted" => format!("{street}\n{postal_code} {city}"),
            "Address 1 - City" => city.clone(),
            "Address 1 - Country" => "Sweden".to_owned(),
            "Custom Field 1 - Label" => "Customer No".to_owned(),
            "Custom Field 1 - Value" => number.clone(),
            _ => String::new(),
        })
        .to_vec()
}

/// In the memory of the cards before, as a dry run does.
fn map(mapper: &Mapper, rows: &[Row], mut see: impl FnMut(&Mapped)) -> u64 {
    let mut scraps = Scraps::default();
    for row in rows {
        let mapped = mapper.map_with(black_box(row), &mut scraps);
        see(black_box(&mapped));
        if let Mapped::Card { card, .. } = mapped {
            scraps.take_back(card);
        }
    }
    rows.len() as u64
}
