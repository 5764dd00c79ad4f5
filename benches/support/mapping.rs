//! How the made-up people become cards.

use std::fs;
use std::path::{Path, PathBuf};

use c3import::mapping::{Mapper, Mapping};
use c3import::model::{Input, SourceOptions};
use c3import::source::{self, Table};

use super::Outcome;
use super::files;

/// Uses every column.
pub const TEXT: &str = r#"version = 1
[card]
name = "{First Name} {Last Name}"
email = "E-mail"
voice = [{ column = "Mobile", country = "SE" }, { column = "Phone", country = "SE" }]
[card.custom]
"ID" = "Customer No"
"Address" = "{Street}, {Postal code} {City}"
"Customer since" = "Customer since"
"Note" = "Notes"
"#;

/// As a file, for the program.
pub fn file() -> Outcome<PathBuf> {
    let path = files::place("people.toml");
    fs::write(&path, TEXT)?;
    Ok(path)
}

/// A table of made-up people, open, and the mapping held against it.
pub fn open(path: &Path) -> Outcome<(Table, Mapper)> {
    let table = source::open(&Input::File(path.to_owned()), &SourceOptions::default())?;
    let mapper = Mapping::parse(TEXT).and_then(|mapping| mapping.compile(table.header()));
    Ok((table, mapper.map_err(|problems| format!("the mapping does not fit: {problems:?}"))?))
}
