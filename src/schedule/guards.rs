//! Limits that the user sets on a run: rows, errors, time.

use std::time::Duration;

use super::StopReason;
use crate::model::{Status, Tally};

/// A share of errors says nothing before this many rows have ended.
const ROWS_FOR_SHARE_MIN: u64 = 100;

/// How many rows may go wrong before the run stops.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ErrorLimit {
    /// So many.
    Rows(u64),
    /// Such a part of all that have ended, from 0 to 1; counted from the hundredth row on.
    Share(f64),
}

/// What the user allows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Guards {
    /// Rows sent at most.
    pub rows_max: Option<u64>,
    /// Rows that may be invalid, refused or uncertain.
    pub errors_max: Option<ErrorLimit>,
    /// How long rows are sent.
    pub duration_max: Option<Duration>,
}

impl Guards {
    /// Whether so many rows gone wrong are too many.
    pub fn errors(&self, tally: &Tally) -> Option<StopReason> {
        let wrong = [Status::Invalid, Status::Refused, Status::Uncertain].iter().map(|&status| tally.of(status)).sum();
        let rows = tally.rows();
        let over = match self.errors_max? {
            ErrorLimit::Rows(limit) => wrong > limit,
            ErrorLimit::Share(share) => rows >= ROWS_FOR_SHARE_MIN && wrong as f64 > share * rows as f64,
        };
        over.then_some(StopReason::TooManyErrors { wrong, rows })
    }
}

impl std::str::FromStr for ErrorLimit {
    type Err = String;

    /// `20`, or `5%`.
    fn from_str(text: &str) -> Result<ErrorLimit, String> {
        let share = |text: &str| text.trim().parse::<f64>().ok().filter(|percent| (0.0..=100.0).contains(percent));
        match text.strip_suffix('%') {
            Some(percent) => share(percent).map(|percent| ErrorLimit::Share(percent / 100.0)),
            None => text.parse().ok().map(ErrorLimit::Rows),
        }
        .ok_or_else(|| "say a number of rows such as 20, or a share such as 5%".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_counted_from_the_hundredth_row_on() {
        let guards = |limit: &str| Guards { errors_max: Some(limit.parse().expect("a limit")), ..Guards::default() };
        let mut tally = Tally::default();
        tally.add_many(Status::Refused, 3);
        assert!(guards("3").errors(&tally).is_none());
        assert!(guards("2").errors(&tally).is_some());
        assert!(guards("1%").errors(&tally).is_none(), "3 of 3, but too early to tell");
        tally.add_many(Status::Stored, 97);
        assert!(guards("2.5%").errors(&tally).is_some());
        assert!(guards("3%").errors(&tally).is_none());
        for text in ["", "-1", "x", "101%", "nan%"] {
            assert!(text.parse::<ErrorLimit>().is_err(), "{text}");
        }
    }
}
