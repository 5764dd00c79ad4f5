//! Questions about the columns of a table, for `c3import guess --interactive`.

use std::io;

use crate::mapping::{Pinned, Role, Said, is_country, seems, suggest};
use crate::model::{Header, Row, excerpt};

/// How much of a header and of a cell a question shows.
const NAME_CHARS: usize = 40;
const CELL_CHARS: usize = 24;

/// How many cells a question shows.
const CELLS: usize = 3;

/// What the author has said.
pub struct Known {
    /// Whose the national phone numbers are.
    pub country: Option<String>,
    /// What columns hold.
    pub said: Vec<Said>,
}

/// Puts a question and waits for the answer; nothing when there are no more answers.
type Ask<'a> = dyn FnMut(&str) -> io::Result<Option<String>> + 'a;

/// Asks about every column with values, and whose phone numbers they are if nobody has said so.
///
/// # Errors
/// Those of `put`.
pub fn ask(header: &Header, sample: &[Row], mut known: Known, put: &mut Ask<'_>) -> io::Result<Known> {
    let words: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    let words = words.join(", ");
    let mut before = format!(
        "What does each column hold? Enter takes what stands in brackets; or type one of\n  {words},\n\
         or no to leave it out; a full stop takes all that is left as it is.\n\n"
    );
    'columns: for (column, role) in seems(header, sample) {
        let cells: Vec<String> = sample
            .iter()
            .map(|row| row.cell(column).trim())
            .filter(|cell| !cell.is_empty())
            .take(CELLS)
            .map(|cell| excerpt(cell, CELL_CHARS))
            .collect();
        let name = excerpt(&header.label(column), NAME_CHARS);
        let proposed = role.map_or("no", Role::as_str);
        let question = format!("{} {name}: {} [{proposed}] ", column.letters(), cells.join(" · "));
        loop {
            let Some(answer) = put(&format!("{}{question}", std::mem::take(&mut before)))? else { break 'columns };
            let said = match answer.trim().to_lowercase().as_str() {
                "" => role,
                "." => break 'columns,
                "no" | "n" | "-" => None,
                word => match Role::ALL.into_iter().find(|role| role.as_str() == word) {
                    Some(role) => Some(role),
                    None => {
                        before = format!("  \"{}\" is none of {words}, no\n", excerpt(word, NAME_CHARS));
                        continue;
                    }
                },
            };
            known.said.push((column, said));
            break;
        }
    }
    let found = suggest(header, sample, &Pinned::default(), known.country.as_deref(), &known.said);
    let mut before = String::new();
    while known.country.is_none() && found.phones_without_country > 0 {
        let question = format!(
            "{before}{} phone numbers name no country. Whose are they? Two letters such as SE, or Enter if that differs: ",
            found.phones_without_country
        );
        match put(&question)?.map(|answer| answer.trim().to_uppercase()) {
            Some(answer) if is_country(&answer) => known.country = Some(answer),
            Some(answer) if !answer.is_empty() => before = "  no country is known by these letters\n".to_owned(),
            Some(_) | None => break,
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ColumnIndex, RowNumber};

    /// What was said, with these answers to the questions; and the questions.
    fn told(answers: &[&str]) -> (Known, Vec<String>) {
        let names = ["Namn", "Kontakt", "Mobil", "Tom"].map(str::to_owned).to_vec();
        let header = Header { row: RowNumber(1), names };
        let mut row = Row::new(RowNumber(2));
        ["Åsa Öberg", "asa@example.com", "070-174 06 05", ""].iter().for_each(|cell| row.push(cell));
        let mut answers = answers.iter();
        let mut questions = Vec::new();
        let known = ask(&header, &[row], Known { country: None, said: Vec::new() }, &mut |question| {
            questions.push(question.to_owned());
            Ok(answers.next().map(|answer| (*answer).to_owned()))
        });
        (known.expect("nothing fails"), questions)
    }

    #[test]
    fn every_column_with_values_is_asked_about_and_then_the_country() {
        let (known, questions) = told(&["", "EMAIL", "", "se"]);
        assert!(questions[0].starts_with("What does each column hold?"), "{questions:?}");
        assert!(questions[0].ends_with("A Namn: Åsa Öberg [name] "), "{questions:?}");
        assert_eq!(questions[2], "C Mobil: 070-174 06 05 [phone] ");
        assert!(questions[3].starts_with("1 phone numbers name no country."), "{questions:?}");
        assert_eq!(questions.len(), 4);
        assert_eq!(known.said[1], (ColumnIndex(1), Some(Role::Email)));
        assert_eq!(known.country.as_deref(), Some("SE"));
    }

    #[test]
    fn what_cannot_be_understood_is_asked_again() {
        let (known, questions) = told(&["nope", "no", ".", "Sverige", ""]);
        assert!(questions[1].starts_with("  \"nope\" is none of name, first,"), "{questions:?}");
        assert_eq!(known.said, [(ColumnIndex(0), None)]);
        assert!(questions[4].contains("no country is known"), "{questions:?}");
        assert_eq!(known.country, None);
    }

    #[test]
    fn the_end_of_the_answers_takes_all_proposals() {
        let (known, questions) = told(&[]);
        assert!(known.said.is_empty() && known.country.is_none());
        assert_eq!(questions.len(), 2);
    }
}
