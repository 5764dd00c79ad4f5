//! Columns by name: a header exactly, or one that differs only in case, white space and Unicode form; never a guess.

use unicode_normalization::UnicodeNormalization;

use super::cell;
use super::diagnostic::{Diagnostic, either, nearest};
use super::document::ColumnName;
use super::toml_table::SHOWN_CHARS;
use crate::model::{ColumnIndex, Header, excerpt};

/// How many of a table's columns a message lists.
const LISTED_MAX: usize = 12;

/// A header, ready to be searched.
pub(super) struct Columns<'h> {
    header: &'h Header,
    folded: Vec<String>,
}

impl<'h> Columns<'h> {
    pub fn new(header: &'h Header) -> Self {
        Columns { header, folded: header.names.iter().map(|name| fold(name)).collect() }
    }

    /// The column that a mapping names.
    pub fn find(&self, wanted: &ColumnName) -> Result<ColumnIndex, Diagnostic> {
        let exact = self.places(|at| cell::trim(&self.header.names[at]) == wanted.name);
        let found = if exact.is_empty() {
            let folded = fold(&wanted.name);
            self.places(|at| self.folded[at] == folded)
        } else {
            exact
        };
        match found[..] {
            [only] => Ok(only),
            [] => Err(self.missing(wanted)),
            _ => Err(self.ambiguous(wanted, &found)),
        }
    }

    fn places(&self, matches: impl Fn(usize) -> bool) -> Vec<ColumnIndex> {
        // A sheet has at most 16,384 columns, so the index always fits.
        (0..self.header.names.len())
            .filter(|at| matches(*at))
            .filter_map(|at| u32::try_from(at).ok().map(ColumnIndex))
            .collect()
    }

    fn missing(&self, wanted: &ColumnName) -> Diagnostic {
        let names = || self.header.names.iter().map(|name| cell::trim(name)).filter(|name| !name.is_empty());
        let offers: Vec<String> = nearest(&wanted.name, names()).into_iter().map(quoted).collect();
        let help = if offers.is_empty() {
            let mut listed: Vec<String> = names().take(LISTED_MAX).map(quoted).collect();
            match names().count().saturating_sub(LISTED_MAX) {
                0 => {}
                more => listed.push(format!("{more} more")),
            }
            match listed.is_empty() {
                true => "the header row is blank; say which row holds the names with header_row in [source]".to_owned(),
                false => format!("the table has {}", either(&listed).replace(" or ", " and ")),
            }
        } else {
            format!("did you mean {}?", either(&offers))
        };
        let message = format!("the table has no column {}", quoted(&wanted.name));
        let label = format!("not in the header, row {}", self.header.row);
        Diagnostic::at(wanted.span.clone(), message, label).with_help(help)
    }

    fn ambiguous(&self, wanted: &ColumnName, found: &[ColumnIndex]) -> Diagnostic {
        let letters: Vec<String> = found.iter().map(|column| column.letters()).collect();
        let letters = either(&letters).replace(" or ", " and ");
        let message = format!("the table has {} columns {}: {letters}", found.len(), quoted(&wanted.name));
        let help = "give each of these columns a header of its own in the table";
        Diagnostic::at(wanted.span.clone(), message, "which one is meant?").with_help(help)
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", excerpt(name, SHOWN_CHARS))
}

/// A name without regard to case, white space and ways to write the same letter.
fn fold(name: &str) -> String {
    name.nfc().filter(|c| !cell::is_blank(*c)).flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RowNumber;

    fn find(names: &[&str], wanted: &str) -> Result<u32, String> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let header = Header { row: RowNumber(1), names };
        let wanted = ColumnName { name: wanted.to_owned(), span: 0..0 };
        let show = |d: Diagnostic| format!("{}; {}", d.message, d.help.unwrap_or_default());
        Columns::new(&header).find(&wanted).map(|column| column.0).map_err(show)
    }

    #[test]
    fn a_header_is_found_exactly_before_loosely() {
        assert_eq!(find(&["e-mail", " E-mail\u{a0}", "E-MAIL"], "E-mail"), Ok(1));
        assert_eq!(find(&["Name", "FIRST  NAME "], "First Name"), Ok(1));
        assert_eq!(find(&["\u{feff}E-post", "Fo\u{308}retag"], "företag"), Ok(1));
        assert_eq!(find(&["#7", "x"], "#7"), Ok(0));
    }

    #[test]
    fn two_headers_alike_are_not_chosen_between() {
        assert_eq!(
            find(&["E-mail", "Name", "E-mail "], "E-mail").expect_err("twice"),
            "the table has 2 columns \"E-mail\": A and C; give each of these columns a header of its own in the table"
        );
        assert!(find(&["e-mail", "E-MAIL"], "E-mail").is_err());
    }

    #[test]
    fn a_missing_column_brings_the_nearest_or_all() {
        assert_eq!(
            find(&["E-mail", "Mobile"], "Email").expect_err("missing"),
            "the table has no column \"Email\"; did you mean \"E-mail\"?"
        );
        assert_eq!(
            find(&["Name", "Fax"], "Zip").expect_err("missing"),
            "the table has no column \"Zip\"; the table has \"Name\" and \"Fax\""
        );
        assert!(
            find(&[], "Zip")
                .expect_err("missing")
                .ends_with("say which row holds the names with header_row in [source]")
        );
    }
}
