//! What a spreadsheet's number format does to a value, as far as it carries data: leading zeros and the other marks of
//! numbers that are names (`00000`, `000 00`, `"+"0`), dates and times. Money, percent, thousands and decimals only
//! dress a number, and are taken off again. Format codes are described in ECMA-376 part 1, 18.8.31.

/// How the values of a format are to be written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Format {
    /// The number itself.
    Plain,
    /// Digits in their places, for whole numbers that are not negative.
    Masked(Vec<Section>),
    /// A calendar day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time.
    DateTime,
    /// Hours beyond 24 are hours.
    Duration,
}

/// One of the up to four parts of a format code, each for some values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Section {
    condition: Option<(Comparison, f64)>,
    mask: Option<Vec<Place>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    Unequal,
}

/// A place of a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// `0`: a digit, or a zero.
    Zero,
    /// `#`: a digit, or nothing.
    Digit,
    /// `?`: a digit, or a space.
    Padded,
    /// This character.
    Literal(char),
}

/// Letters are read this far; Excel allows 255.
const CODE_CHARS_MAX: usize = 1024;

impl Format {
    /// Reads a format code.
    pub(super) fn parse(code: &str) -> Format {
        let plain_names = ["", "general", "standard", "@"];
        if plain_names.contains(&code.trim().to_ascii_lowercase().as_str()) {
            return Format::Plain;
        }
        let sections: Vec<Parts> = split(code).iter().map(|section| Parts::read(section)).collect();
        if let Some(format) = sections.iter().find_map(Parts::as_moment) {
            return format;
        }
        let mut sections: Vec<Section> =
            sections.into_iter().map(|parts| Section { condition: parts.condition, mask: parts.into_mask() }).collect();
        if sections.iter().all(|section| section.condition.is_none()) {
            // The second section is for negative numbers and the fourth for text, which masks do not touch.
            for (at, section) in sections.iter_mut().enumerate() {
                if !matches!(at, 0 | 2) {
                    section.mask = None;
                }
            }
        }
        if sections.iter().any(|section| section.mask.is_some()) { Format::Masked(sections) } else { Format::Plain }
    }
}

impl Format {
    /// The format behind a number that stands for one (ECMA-376 part 1, 18.8.30; 27–36 and 50–58 are East Asian,
    /// 71–81 Thai).
    pub(super) fn builtin(id: u32) -> Format {
        match id {
            14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 | 71..=74 | 81 => Format::Date,
            18..=21 | 32..=35 | 45 | 47 | 55 | 56 | 75 | 76 | 78 | 80 => Format::Time,
            22 | 77 => Format::DateTime,
            46 | 79 => Format::Duration,
            _ => Format::Plain,
        }
    }
}

/// A whole number through the mask that applies to it; `None` when none does.
pub(super) fn masked(sections: &[Section], value: u64) -> Option<String> {
    let by_condition =
        |section: &&Section| section.condition.is_some_and(|(comparison, bound)| comparison.holds(value as f64, bound));
    let section = if sections.iter().any(|section| section.condition.is_some()) {
        sections.iter().find(by_condition).or_else(|| sections.iter().rfind(|section| section.condition.is_none()))
    } else if value == 0 && sections.len() > 2 {
        sections.get(2)
    } else {
        sections.first()
    };
    let places = section?.mask.as_ref()?;
    let mut digits = if value == 0 { String::new() } else { value.to_string() };
    let leftmost = places.iter().position(|place| !matches!(place, Place::Literal(_)))?;
    let mut reversed = String::with_capacity(places.len() + digits.len());
    for (at, place) in places.iter().enumerate().rev() {
        match (place, digits.pop()) {
            (Place::Literal(literal), digit) => {
                digits.extend(digit);
                reversed.push(*literal);
            }
            (_, Some(digit)) => reversed.push(digit),
            (Place::Zero, None) => reversed.push('0'),
            (Place::Padded, None) => reversed.push(' '),
            (Place::Digit, None) => {}
        }
        if at == leftmost {
            reversed.extend(std::mem::take(&mut digits).chars().rev());
        }
    }
    Some(reversed.chars().rev().collect::<String>().trim().to_owned())
}

impl Comparison {
    fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Comparison::Less => value < bound,
            Comparison::AtMost => value <= bound,
            Comparison::More => value > bound,
            Comparison::AtLeast => value >= bound,
            Comparison::Equal => value == bound,
            Comparison::Unequal => value != bound,
        }
    }
}

/// The sections between semicolons that are not quoted.
fn split(code: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let mut chars = code.chars().take(CODE_CHARS_MAX);
    let (mut quoted, mut bracketed) = (false, false);
    while let Some(c) = chars.next() {
        if c == ';' && !quoted && !bracketed {
            sections.push(String::new());
            continue;
        }
        let section = sections.last_mut().expect("there is always a last section");
        section.push(c);
        match c {
            '"' if !bracketed => quoted = !quoted,
            '[' if !quoted => bracketed = true,
            ']' if !quoted => bracketed = false,
            '\\' | '_' | '*' if !quoted => section.extend(chars.next()),
            _ => {}
        }
    }
    sections
}

/// What stands in a section.
#[derive(Default)]
struct Parts {
    condition: Option<(Comparison, f64)>,
    places: Vec<Place>,
    /// A decimal point, thousands, percent, exponent, fraction, currency or text: dress, not data.
    dressed: bool,
    elapsed: bool,
    day_or_year: bool,
    month_or_minute: bool,
    hour_or_second: bool,
}

impl Parts {
    fn read(section: &str) -> Parts {
        let mut parts = Parts::default();
        let chars: Vec<char> = section.chars().collect();
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            at += 1;
            match c {
                '\\' => {
                    parts.places.extend(chars.get(at).map(|&literal| Place::Literal(literal)));
                    at += 1;
                }
                // The width of a character, and a character to fill with: nothing to read.
                '_' | '*' => at += 1,
                '"' => {
                    let end = chars[at..].iter().position(|&c| c == '"').map_or(chars.len(), |len| at + len);
                    parts.places.extend(chars[at..end].iter().map(|&literal| Place::Literal(literal)));
                    at = end + 1;
                }
                '[' => {
                    let end = chars[at..].iter().position(|&c| c == ']').map_or(chars.len(), |len| at + len);
                    parts.bracket(&chars[at..end].iter().collect::<String>());
                    at = end + 1;
                }
                '0' => parts.places.push(Place::Zero),
                '#' => parts.places.push(Place::Digit),
                '?' => parts.places.push(Place::Padded),
                '.' | ',' | '%' | '@' | '$' | '€' | '£' | '¥' => {
                    parts.dressed = true;
                    parts.places.push(Place::Literal(c));
                }
                'E' | 'e' if matches!(chars.get(at), Some('+' | '-')) => parts.dressed = true,
                'G' | 'g' if chars[at - 1..].iter().take(7).collect::<String>().eq_ignore_ascii_case("general") => {
                    parts.dressed = true;
                    at += 6;
                }
                'A' | 'a' if matches!(chars.get(at), Some('M' | 'm' | '/')) => {
                    let meridiem: String = chars[at - 1..].iter().take(5).collect::<String>().to_ascii_uppercase();
                    let len = if meridiem == "AM/PM" { 5 } else { 3 };
                    parts.hour_or_second |= len == 5 || meridiem.starts_with("A/P");
                    at += len - 1;
                }
                'y' | 'Y' | 'd' | 'D' | 'e' | 'E' | 'g' | 'G' | 'b' | 'B' => parts.day_or_year = true,
                'm' | 'M' => parts.month_or_minute = true,
                'h' | 'H' | 's' | 'S' => parts.hour_or_second = true,
                // Between digits a slash makes a fraction.
                '/' if parts.places.iter().any(|place| !matches!(place, Place::Literal(_))) => parts.dressed = true,
                other => parts.places.push(Place::Literal(other)),
            }
        }
        parts
    }

    fn bracket(&mut self, text: &str) {
        let lower = text.to_ascii_lowercase();
        if !lower.is_empty() && ["h", "m", "s"].iter().any(|unit| lower.trim_start_matches(unit).is_empty()) {
            self.elapsed = true;
            return;
        }
        if let Some(currency) = text.strip_prefix('$') {
            // `[$-41D]` is only a language.
            self.dressed |= !currency.starts_with('-');
            return;
        }
        let comparisons = [
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("<>", Comparison::Unequal),
            ("<", Comparison::Less),
            (">", Comparison::More),
            ("=", Comparison::Equal),
        ];
        for (sign, comparison) in comparisons {
            if let Some(bound) = text.strip_prefix(sign) {
                self.condition = bound.trim().parse().ok().map(|bound: f64| (comparison, bound));
                return;
            }
        }
    }

    fn as_moment(&self) -> Option<Format> {
        if self.elapsed {
            return Some(Format::Duration);
        }
        let date = self.day_or_year || self.month_or_minute && !self.hour_or_second;
        match (date, self.hour_or_second) {
            (true, true) => Some(Format::DateTime),
            (true, false) => Some(Format::Date),
            (false, true) => Some(Format::Time),
            (false, false) => None,
        }
    }

    /// The places, if they say more than the number itself does.
    fn into_mask(self) -> Option<Vec<Place>> {
        let mut places = self.places;
        let blank = |place: Option<&Place>| matches!(place, Some(Place::Literal(c)) if c.is_whitespace());
        while blank(places.last()) {
            places.pop();
        }
        while blank(places.first()) {
            places.remove(0);
        }
        let zeros = places.iter().filter(|place| **place == Place::Zero).count();
        let digits = places.iter().any(|place| !matches!(place, Place::Literal(_)));
        let literals: Vec<char> =
            places.iter().filter_map(|place| if let Place::Literal(c) = place { Some(*c) } else { None }).collect();
        // Marks that stand in phone numbers and post codes. Words stand in amounts too ("0 kr"), so they need zeros
        // that are held open, as in "ID-"0000.
        let of_numbers =
            |c: &char| c.is_ascii_digit() || matches!(c, ' ' | '\u{a0}' | '-' | '(' | ')' | '+' | '/' | '.');
        let marks = !literals.is_empty() && literals.iter().all(of_numbers);
        let masked = digits && !self.dressed && (zeros > 1 || marks) && !is_thousands(&places);
        masked.then_some(places)
    }
}

/// Whether blanks or dots only part a number into thousands: `# ##0`.
fn is_thousands(places: &[Place]) -> bool {
    let parts = |place: &Place| matches!(place, Place::Literal(' ' | '\u{a0}' | '\'' | '.'));
    if !places.iter().any(parts) || places.iter().any(|place| matches!(place, Place::Literal(_)) && !parts(place)) {
        return false;
    }
    let groups: Vec<&[Place]> = places.split(parts).collect();
    let threes = groups[1..].iter().all(|group| group.len() == 3);
    threes && (groups[0] == [Place::Digit] || groups.last() == Some(&&[Place::Digit, Place::Digit, Place::Zero][..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, value: u64, expected: &str) {
        let shown = match Format::parse(code) {
            Format::Masked(sections) => masked(&sections, value).unwrap_or_else(|| value.to_string()),
            Format::Plain => value.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(shown, expected, "{code}");
    }

    #[test]
    fn zeros_that_are_held_open_stay() {
        check("00000", 123, "00123");
        check("0000000000", 701_740_605, "0701740605");
        check("00000", 1_234_567, "1234567");
        check("00000;-00000;00000", 0, "00000");
        check("\"ID-\"0000", 42, "ID-0042");
        check("[$-41D]0000", 42, "0042");
    }

    #[test]
    fn marks_of_phone_numbers_and_post_codes_stay() {
        check("000 00", 11_122, "111 22");
        check("000\\ 00", 1_122, "011 22");
        check("### ##", 11_122, "111 22");
        check("0000-000", 1_234_567, "1234-567");
        check("000000\\-0000", 8_001_011_234, "800101-1234");
        check("\"+\"0", 46_701_740_605, "+46701740605");
        check("\\+0", 46_701_740_605, "+46701740605");
        check("+46#", 701_740_605, "+46701740605");
        check("+0", 46, "+46");
        check("[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", 5_551_234, "555-1234");
        check("[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", 2_025_551_234, "(202) 555-1234");
    }

    #[test]
    fn dress_is_taken_off() {
        for code in [
            "General",
            "0",
            "#",
            "@",
            "0.00",
            "#,##0",
            "# ##0",
            "#\\ ##0",
            "#,##0.00\\ \"kr\"",
            "0%",
            "0\" kr\"",
            "0.00E+00",
            "# ?/?",
            "[$kr-41D]\\ #,##0",
            "_(* #,##0_);_(* (#,##0);_(* \"-\"_);_(@_)",
            "0_ ;[Red]\\-0\\ ",
            "€0",
            "0;-0;;@",
        ] {
            check(code, 12_345, "12345");
        }
    }

    #[test]
    fn dates_and_times_are_told_apart() {
        let format = |code| Format::parse(code);
        for code in
            ["yyyy-mm-dd", "mm-dd-yy", "d-mmm", "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "m\"M\"d\"D\";@", "mmm-yy"]
        {
            assert_eq!(format(code), Format::Date, "{code}");
        }
        for code in ["h:mm", "h:mm AM/PM", "mm:ss", "mmss.0", "hh:mm:ss A/P"] {
            assert_eq!(format(code), Format::Time, "{code}");
        }
        for code in ["m/d/yy h:mm", "yyyy-mm-dd\\ hh:mm:ss", "dd/mm/yyyy\\ h:mm\\ AM/PM"] {
            assert_eq!(format(code), Format::DateTime, "{code}");
        }
        assert_eq!(format("[h]:mm:ss"), Format::Duration);
        assert_eq!(format("[mm]:ss"), Format::Duration);
        assert_eq!(format("\"dagar \"0"), Format::Plain);
        assert_eq!(format("[Red]0;[Blue]-0"), Format::Plain);
    }

    proptest::proptest! {
        #[test]
        fn no_code_makes_it_stumble(code in "[0#?.,;\"\\\\_*\\[\\]$%/@ a-zA-Z<=>+-]{0,24}", value: u64) {
            if let Format::Masked(sections) = Format::parse(&code) {
                masked(&sections, value);
            }
        }
    }
}
