//! Who is imported: rows of every kind.

use rust_xlsxwriter::Workbook;

use crate::support::{Chance, Place};

pub const MAPPING: &str = r#"
version = 1
[rows]
require_identity = false
[card]
name = "Name"
email = ["E-mail"]
[card.custom]
"Note" = "Note"
"#;

/// Faults of which each is about a kind of rows.
pub const REFUSED: &str = "match=refused@example.com:status=422,detail=no";

const HEADER: [&str; 3] = ["Name", "E-mail", "Note"];

/// Rows of every kind: name, e-mail, note. A name is a row's own, except where a row repeats another.
pub struct Table {
    pub rows: Vec<[String; 3]>,
    /// Its file.
    pub file: &'static str,
}

impl Table {
    /// So many rows at least, and at most twice as many; one in four is a workbook.
    pub fn any(chance: &mut Chance, least: u64) -> Table {
        let mut rows: Vec<[String; 3]> = Vec::new();
        for n in 0..least + chance.below(least) {
            let name = format!("P{n}");
            let cells = match chance.below(13) {
                0..6 => [name, format!("p{n}@example.com"), String::new()],
                6 => [name, format!("shared{}@example.com", chance.below(3)), format!("note {n}")],
                7 | 8 => [name, String::new(), "nobody can recognise it".to_owned()],
                9 => [name, "refused@example.com".to_owned(), String::new()],
                10 => [name, "no.address".to_owned(), String::new()],
                11 => [String::new(), String::new(), " ".to_owned()],
                _ if rows.is_empty() => [name, "first@example.com".to_owned(), String::new()],
                _ => rows[chance.below(rows.len() as u64) as usize].clone(),
            };
            rows.push(cells);
        }
        Table { rows, file: if chance.below(4) == 0 { "people.xlsx" } else { "people.csv" } }
    }

    /// A place with the table, and a mapping `m.toml` for it.
    pub fn place(&self) -> Place {
        let place = Place::new();
        place.put("m.toml", MAPPING);
        if self.file.ends_with(".csv") {
            let lines: Vec<String> = self.rows.iter().map(|cells| cells.join(",") + "\n").collect();
            place.put(self.file, HEADER.join(",") + "\n" + &lines.concat());
            return place;
        }
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        for (at, cells) in (0..).zip([HEADER.map(str::to_owned)].iter().chain(&self.rows)) {
            for (column, cell) in (0..).zip(cells) {
                sheet.write_string(at, column, cell).expect("it fits");
            }
        }
        workbook.save(place.path().join(self.file)).expect("a file can be put in a temporary folder");
        place
    }
}
