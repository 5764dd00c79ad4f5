//! Columns by name: a header exactly, or one that differs only in case, white space and Unicode form; never a guess.

use unicode_normalization::UnicodeNormalization;

use super::cell;
use super::diagnostic::{Diagnostic, all, either, nearest};
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
        self.look(wanted)?.ok_or_else(|| self.missing(wanted))
    }

    /// The column that a mapping names: by its header, exactly; by its place; or by a header that differs only in case,
    /// white space and Unicode form. An error when there are several.
    pub fn look(&self, wanted: &ColumnName) -> Result<Option<ColumnIndex>, Diagnostic> {
        let mut found = self.places(|at| cell::trim(&self.header.names[at]) == wanted.name);
        if found.is_empty() {
            if let Some(column) = position(&wanted.name).filter(|column| column.index() < self.header.names.len()) {
                return Ok(Some(column));
            }
            let folded = fold(&wanted.name);
            found = self.places(|at| self.folded[at] == folded);
        }
        match found[..] {
            [] => Ok(None),
            [only] => Ok(Some(only)),
            _ => Err(self.ambiguous(wanted, &found)),
        }
    }

    /// The numbers for which a family such as `Phone * - Value` has a column, ascending, each as it is written; `None`
    /// when the name is that of a single column or has no `*`.
    pub fn numbers(&self, wanted: &ColumnName) -> Option<Vec<&str>> {
        let (before, after) = wanted.pattern()?;
        if !matches!(self.look(wanted), Ok(None)) {
            return None;
        }
        let (before, after) = (fold(before), fold(after));
        let number = |name: &'_ String| -> Option<std::ops::Range<usize>> {
            let middle = name.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
            let is_number = !middle.is_empty() && middle.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| before.len()..before.len() + middle.len())
        };
        let mut numbers: Vec<&str> = Vec::new();
        for name in &self.folded {
            if let Some(number) = number(name).map(|at| &name[at]).filter(|number| !numbers.contains(number)) {
                numbers.push(number);
            }
        }
        // Digits without leading zeros are in order when the longer are the greater.
        numbers.sort_by_key(|number| (number.trim_start_matches('0').len(), *number));
        Some(numbers)
    }

    fn places(&self, matches: impl Fn(usize) -> bool) -> Vec<ColumnIndex> {
        // A sheet has at most 16,384 columns, so the index always fits.
        (0..self.header.names.len())
            .filter(|at| matches(*at))
            .filter_map(|at| u32::try_from(at).ok().map(ColumnIndex))
            .collect()
    }

    /// What to say of a column or a family that is not there.
    pub fn missing(&self, wanted: &ColumnName) -> Diagnostic {
        let last = self.header.names.len().checked_sub(1).and_then(|at| u32::try_from(at).ok()).map(ColumnIndex);
        if let (Some(_), Some(last)) = (position(&wanted.name), last) {
            let message = format!("the table has no column {}", quoted(&wanted.name));
            let label = format!("no such header, and the last column is {}", last.letters());
            return Diagnostic::at(wanted.span.clone(), message, label);
        }
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
                false => format!("the table has {}", all(&listed)),
            }
        } else {
            format!("did you mean {}?", either(&offers))
        };
        let message = match wanted.pattern() {
            Some(_) => format!("the table has no columns {}, with a number for the *", quoted(&wanted.name)),
            None => format!("the table has no column {}", quoted(&wanted.name)),
        };
        let label = format!("not in the header, row {}", self.header.row);
        Diagnostic::at(wanted.span.clone(), message, label).with_help(help)
    }

    fn ambiguous(&self, wanted: &ColumnName, found: &[ColumnIndex]) -> Diagnostic {
        let letters: Vec<String> = found.iter().map(|column| column.letters()).collect();
        let letters = all(&letters);
        let message = format!("the table has {} columns {}: {letters}", found.len(), quoted(&wanted.name));
        let help = "give each of these columns a header of its own in the table, or name one by its place: #";
        let help = format!("{help}{}", found.first().map(|column| column.letters()).unwrap_or_default());
        Diagnostic::at(wanted.span.clone(), message, "which one is meant?").with_help(help)
    }
}

/// The place that `#7` or `#C` names.
fn position(name: &str) -> Option<ColumnIndex> {
    let place = name.strip_prefix('#')?;
    if let Ok(number) = place.parse::<u32>() {
        return number.checked_sub(1).filter(|_| !place.starts_with(['+', '0'])).map(ColumnIndex);
    }
    // XFD is the last column a spreadsheet has.
    if place.is_empty() || place.len() > 3 || !place.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let number = place.bytes().fold(0, |number, letter| number * 26 + u32::from(letter - b'A') + 1);
    Some(ColumnIndex(number - 1))
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
    fn a_column_may_be_named_by_its_place() {
        let names = ["A", "A", "#c", "#1", "", "#ID"];
        assert_eq!(find(&names, "#1"), Ok(3), "a header wins when it is exact");
        assert_eq!(find(&names, "#2"), Ok(1));
        assert_eq!(find(&names, "#B"), Ok(1));
        assert_eq!(find(&names, "#C"), Ok(2));
        assert_eq!(find(&names, "#E"), Ok(4));
        assert_eq!(find(&names, "#id"), Ok(5));
        assert_eq!(find(&names, "#XFD").expect_err("beyond"), "the table has no column \"#XFD\"; ");
        for wrong in ["#0", "#07", "#+7", "#", "#ABCD", "#G", "#7"] {
            assert!(find(&names, wrong).is_err(), "{wrong}");
        }
        for at in [0, 25, 26, 701, 702, 16_383] {
            assert_eq!(position(&format!("#{}", ColumnIndex(at).letters())), Some(ColumnIndex(at)));
        }
    }

    #[test]
    fn a_family_is_found_by_its_numbers() {
        let numbers = |names: &[&str], wanted: &str| {
            let header = Header { row: RowNumber(1), names: names.iter().map(|name| (*name).to_owned()).collect() };
            let wanted = ColumnName { name: wanted.to_owned(), span: 0..0 };
            Columns::new(&header).numbers(&wanted).map(|found| found.join(" "))
        };
        let names = [
            "Phone 10 - Value",
            "phone 2 - VALUE",
            "Phone 1 - Value",
            "Phone 1 - Type",
            "Phone - Value",
            "Phone x - Value",
        ];
        assert_eq!(numbers(&names, "Phone * - Value").as_deref(), Some("1 2 10"));
        assert_eq!(numbers(&names, "E-mail * - Value").as_deref(), Some(""));
        assert_eq!(numbers(&["E-mail *", "E-mail 1"], "E-mail *"), None, "a header with a star is a header");
        assert_eq!(numbers(&["a"], "a"), None);
        assert_eq!(numbers(&["a1b2"], "a*b*"), None);
    }

    #[test]
    fn two_headers_alike_are_not_chosen_between() {
        assert_eq!(
            find(&["E-mail", "Name", "E-mail "], "E-mail").expect_err("twice"),
            "the table has 2 columns \"E-mail\": A and C; give each of these columns a header of its own in the table, \
             or name one by its place: #A"
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
