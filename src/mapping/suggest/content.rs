//! What the cells of a column look like, counted over a sample.

use super::super::{cell, email, phone_text};
use crate::model::{ColumnIndex, Row};

/// What may stand between several values in a cell, the most telling first.
const SEPARATORS: [&str; 5] = [":::", ";", "|", ",", " / "];

/// Fewer digits are no phone number, more are an account or a code.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 6..=17;

/// The counts of one column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// Cells that are not blank.
    pub filled: usize,
    /// Of them, those that hold nothing but e-mail addresses.
    pub emails: usize,
    /// Nothing but phone numbers.
    pub phones: usize,
    /// Of these, with a plus sign or 00.
    pub international: usize,
    /// Nothing with a letter in it.
    pub letterless: usize,
    /// Two capital letters, as countries are coded.
    pub country_codes: usize,
    /// What stands between several values, and in how many cells.
    pub separator: Option<&'static str>,
}

impl Content {
    /// Looks at one column of a sample.
    pub fn of(column: ColumnIndex, sample: &[Row]) -> Content {
        let mut content = Content::default();
        let mut separated = [0usize; SEPARATORS.len()];
        for row in sample {
            let text = cell::trim(row.cell(column));
            if text.is_empty() {
                continue;
            }
            content.filled += 1;
            let (parts, separator) = parts(text);
            if parts.iter().all(|part| email::read(part).is_ok()) {
                content.emails += 1;
            } else if parts.iter().all(|part| is_phone(part)) {
                content.phones += 1;
                let is_international = |part: &&str| part.starts_with('+') || part.starts_with("00");
                content.international += usize::from(parts.iter().all(is_international));
            } else {
                content.letterless += usize::from(!text.chars().any(char::is_alphabetic));
                content.country_codes +=
                    usize::from(text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()));
                continue;
            }
            content.letterless += usize::from(!text.chars().any(char::is_alphabetic));
            if let Some(at) = separator {
                separated[at] += 1;
            }
        }
        let most = separated.iter().enumerate().max_by_key(|(at, count)| (**count, std::cmp::Reverse(*at)));
        content.separator = most.filter(|(_, count)| **count > 0).map(|(at, _)| SEPARATORS[at]);
        content
    }

    /// Hundredths of the filled cells.
    pub fn percent(&self, count: usize) -> usize {
        (count * 100).checked_div(self.filled).unwrap_or(0)
    }
}

/// The values in a cell, and what stands between them.
fn parts(text: &str) -> (Vec<&str>, Option<usize>) {
    for (at, separator) in SEPARATORS.iter().enumerate() {
        if text.contains(separator) {
            let parts: Vec<&str> = text.split(separator).map(cell::trim).filter(|part| !part.is_empty()).collect();
            if parts.len() > 1 && parts.iter().all(|part| email::read(part).is_ok() || is_phone(part)) {
                return (parts, Some(at));
            }
        }
    }
    (vec![text], None)
}

fn is_phone(text: &str) -> bool {
    // A date is no phone number, though it has as many digits.
    let is_date = matches!(text.as_bytes(), [_, _, _, _, b'-', _, _, b'-', _, _]);
    let read = phone_text::read(text);
    !is_date
        && match read {
            Ok(phone_text::Written::International(digits) | phone_text::Written::National(digits)) => {
                PHONE_DIGITS.contains(&digits.len())
            }
            Err(_) => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RowNumber;

    fn content(cells: &[&str]) -> Content {
        let rows: Vec<Row> = cells
            .iter()
            .map(|cell| {
                let mut row = Row::new(RowNumber(2));
                row.push(cell);
                row
            })
            .collect();
        Content::of(ColumnIndex(0), &rows)
    }

    #[test]
    fn cells_are_counted_by_what_they_are() {
        let found = content(&["a@b.se", "", "a@b.se; c@d.se", "yes", "å@ö.se"]);
        assert_eq!((found.filled, found.emails, found.separator), (4, 3, Some(";")));
        let found = content(&["070-174 06 05", "+46 70-174 06 05 / +46 70-174 06 06", "2026-01-01", "12", "SE"]);
        assert_eq!((found.phones, found.international, found.separator), (2, 1, Some(" / ")));
        assert_eq!((found.letterless, found.country_codes), (4, 1));
        assert_eq!(content(&[]).percent(0), 0);
        assert_eq!(content(&["éé-éé", "abcd-é日"]).phones, 0);
    }
}
