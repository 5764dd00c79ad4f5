//! Serial days of spreadsheets as dates.

/// The first day that does not exist in a spreadsheet, 10000-01-01, counted from 1900 and from 1904.
pub(super) const DAYS_END: (f64, f64) = (2_958_466.0, 2_957_004.0);

/// A whole day, counted as spreadsheets do, as `YYYY-MM-DD`.
///
/// Lotus 1-2-3 held 1900 to be a leap year and Excel still shows its 60th day as 29 February
/// (ECMA-376 part 1, 18.17.4.1).
pub(super) fn date(serial: i64, is_1904: bool) -> String {
    let since_1970 = match (is_1904, serial) {
        (true, _) => serial - 24_107,
        (false, 60) => return "1900-02-29".to_owned(),
        (false, ..60) => serial - 25_568,
        (false, _) => serial - 25_569,
    };
    let (year, month, day) = civil(since_1970);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Days since 1970-01-01 in the Gregorian calendar, in eras of 400 years that begin in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_excel_does() {
        let of_1900 = |serial| date(serial, false);
        assert_eq!(
            [of_1900(1), of_1900(59), of_1900(60), of_1900(61)],
            ["1900-01-01", "1900-02-28", "1900-02-29", "1900-03-01"]
        );
        assert_eq!([of_1900(45_943), of_1900(36_585), of_1900(2_958_465)], ["2025-10-13", "2000-02-29", "9999-12-31"]);
        assert_eq!(
            [date(44_481, true), date(0, true), date(2_957_003, true)],
            ["2025-10-13", "1904-01-01", "9999-12-31"]
        );
    }
}
