//! The short way for phone numbers in ASCII of countries with a simple numbering plan; the same result as the library's,
//! for about a tenth of its cost.
//!
//! Simple is a plan that libphonenumber's metadata describes so: what is dialled before a national number is nothing
//! or one digit, no number begins with that digit, and nothing is rewritten. Then the number is what follows that
//! digit, and only its length remains to be checked. Whatever does not fit is left to the library: the short way never
//! refuses. A test holds the two against each other.

use super::phone::Country;

/// A simple numbering plan.
struct Plan {
    calling_code: u16,
    /// The same behind a plus sign.
    prefix: &'static str,
    /// The main country with this calling code.
    country: &'static str,
    /// The digit that is dialled before a number within the country, and with which no number begins.
    trunk: Option<u8>,
    /// How many digits a number may have after the calling code: bit n is set for n of them.
    lengths: u32,
}

/// From libphonenumber's metadata (9.0): `nationalPrefixForParsing` is empty or one digit, `generalDesc` begins with
/// another, there is no `nationalPrefixTransformRule`, and `internationalPrefix` begins with two zeros or is 011. The
/// lengths are those of the library's `possibleLength` up to what E.164 allows. A test holds them against it; to ask it
/// here takes as long as to read a hundred thousand numbers, and few tables need it. Great Britain's also strips
/// `180020`, so that numbers that begin with 18 are left to the library.
static PLANS: [Plan; 33] = [
    plan("+1", "US", Some(b'1'), &[10]),
    plan("+27", "ZA", Some(b'0'), &[5, 6, 7, 8, 9, 10]),
    plan("+30", "GR", None, &[10, 11, 12]),
    plan("+31", "NL", Some(b'0'), &[5, 6, 7, 8, 9, 10, 11]),
    plan("+32", "BE", Some(b'0'), &[8, 9]),
    plan("+33", "FR", Some(b'0'), &[9]),
    plan("+34", "ES", None, &[9]),
    plan("+39", "IT", None, &[6, 7, 8, 9, 10, 11, 12]),
    plan("+40", "RO", Some(b'0'), &[6, 9]),
    plan("+41", "CH", Some(b'0'), &[9, 12]),
    plan("+43", "AT", Some(b'0'), &[4, 5, 6, 7, 8, 9, 10, 11, 12, 13]),
    plan("+44", "GB", Some(b'0'), &[7, 9, 10]),
    plan("+45", "DK", None, &[8]),
    plan("+46", "SE", Some(b'0'), &[6, 7, 8, 9, 10, 12]),
    plan("+47", "NO", None, &[5, 8]),
    plan("+48", "PL", None, &[6, 7, 8, 9, 10]),
    plan("+49", "DE", Some(b'0'), &[4, 5, 6, 7, 8, 9, 10, 11, 12, 13]),
    plan("+90", "TR", Some(b'0'), &[7, 10, 12, 13]),
    plan("+351", "PT", None, &[9]),
    plan("+353", "IE", Some(b'0'), &[7, 8, 9, 10]),
    plan("+356", "MT", None, &[8]),
    plan("+357", "CY", None, &[8]),
    plan("+358", "FI", Some(b'0'), &[5, 6, 7, 8, 9, 10, 11, 12]),
    plan("+371", "LV", None, &[8]),
    plan("+372", "EE", None, &[7, 8, 10]),
    plan("+380", "UA", Some(b'0'), &[9, 10]),
    plan("+381", "RS", Some(b'0'), &[6, 7, 8, 9, 10, 11, 12]),
    plan("+385", "HR", Some(b'0'), &[7, 8, 9]),
    plan("+386", "SI", Some(b'0'), &[5, 6, 7, 8]),
    plan("+387", "BA", Some(b'0'), &[8, 9]),
    plan("+420", "CZ", None, &[9, 10, 11, 12]),
    plan("+421", "SK", Some(b'0'), &[6, 7, 9]),
    plan("+971", "AE", Some(b'0'), &[5, 6, 7, 8, 9, 10, 11, 12]),
];

const fn plan(prefix: &'static str, country: &'static str, trunk: Option<u8>, possible: &[u32]) -> Plan {
    let (digits, mut calling_code, mut at) = (prefix.as_bytes(), 0, 1);
    while at < digits.len() {
        calling_code = calling_code * 10 + (digits[at] - b'0') as u16;
        at += 1;
    }
    let (mut lengths, mut at) = (0, 0);
    while at < possible.len() {
        lengths |= 1 << possible[at];
        at += 1;
    }
    Plan { calling_code, prefix, country, trunk, lengths }
}

/// Stands for a calling code without a simple plan.
const NO_PLAN: u8 = u8::MAX;

/// For every calling code, the place of its plan.
static BY_CODE: [u8; 1000] = {
    let (mut places, mut at) = ([NO_PLAN; 1000], 0);
    while at < PLANS.len() {
        places[PLANS[at].calling_code as usize] = at as u8;
        at += 1;
    }
    places
};

/// More digits than any plan has (E.164: 15 with the calling code), plus `00` and a trunk digit.
const DIGITS_MAX: usize = 18;

/// The longest text that is looked at: a digit may have something before and after it.
const TEXT_BYTES_MAX: usize = 32;

/// The plan of a country, by its two letters.
pub(super) fn of(code: &str) -> Option<usize> {
    // Canada shares its plan with the United States.
    let code = if code == "CA" { "US" } else { code };
    PLANS.iter().position(|plan| plan.country == code)
}

/// Whether a zero is dialled before the national numbers of a plan.
pub(super) fn dials_zero(plan: usize) -> bool {
    PLANS[plan].trunk == Some(b'0')
}

/// Why the short way writes no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// It is for the library to weigh.
    Doubtful,
    /// Too many digits for its plan, or too few, whichever they are.
    Length(Misfits),
}

/// Numbers of which the library says the same, because it looks at nothing but their length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Misfits {
    plan: usize,
    /// By whose rules they are read; none behind a plus sign.
    country: Option<Country>,
    /// Whether the trunk digit stands before them.
    has_trunk: bool,
    length: usize,
}

/// Writes the number as E.164, when it is one beyond doubt; else nothing.
pub(super) fn write(text: &str, country: Option<Country>, out: &mut String) -> Result<(), Left> {
    let mut buffer = [0u8; TEXT_BYTES_MAX];
    let (international, digits) = collect(text, &mut buffer).ok_or(Left::Doubtful)?;
    let home = country.and_then(|country| country.plan);
    let found = if international { find(digits) } else { home.map(|plan| (plan, digits)) };
    let (at, digits) = found.ok_or(Left::Doubtful)?;
    let plan = &PLANS[at];
    let number = match digits {
        [first, rest @ ..] if Some(*first) == plan.trunk => rest,
        _ if international => {
            if plan.calling_code == 44 && digits.starts_with(b"18") {
                return Err(Left::Doubtful);
            }
            digits
        }
        // Without its trunk zero a national number may have been written with its calling code, and so may one that
        // begins with the digits of that code: for the library to weigh. And 00 or 011 dials abroad.
        _ if plan.trunk == Some(b'0') || find(digits).is_some_and(|(code, _)| code == at) => {
            return Err(Left::Doubtful);
        }
        [b'0', next, ..] if *next == b'0' || plan.trunk.is_some() => return Err(Left::Doubtful),
        _ => digits,
    };
    let length = number.len();
    if number.first().is_none_or(|first| Some(*first) == plan.trunk) || number.iter().all(|digit| *digit == b'0') {
        return Err(Left::Doubtful);
    }
    if plan.lengths & (1 << length) == 0 {
        // What is dialled first in North America is its calling code as well.
        if plan.trunk == Some(b'1') {
            return Err(Left::Doubtful);
        }
        let country = country.filter(|_| !international);
        return Err(Left::Length(Misfits { plan: at, country, has_trunk: length < digits.len(), length }));
    }
    let number = std::str::from_utf8(number).map_err(|_| Left::Doubtful)?;
    out.push_str(plan.prefix);
    out.push_str(number);
    Ok(())
}

/// Whether there is a plus sign, and the digits; `None` for anything beyond the plainest writing.
fn collect<'a>(text: &str, buffer: &'a mut [u8; TEXT_BYTES_MAX]) -> Option<(bool, &'a [u8])> {
    let (international, text) = match text.as_bytes() {
        [b'+', rest @ ..] => (true, rest),
        rest @ [b'0'..=b'9' | b'(', ..] => (false, rest),
        _ => return None,
    };
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    // Without branches: how numbers are grouped nobody can guess.
    let (mut count, mut kinds) = (0, KNOWN);
    for &byte in text {
        let kind = KINDS[usize::from(byte)];
        buffer[count % TEXT_BYTES_MAX] = byte;
        count += usize::from(kind & DIGIT);
        kinds &= kind;
    }
    (kinds & KNOWN != 0 && count <= DIGITS_MAX).then(|| (international, &buffer[..count]))
}

/// What may stand in a plain number: digits, and what people put between them.
const DIGIT: u8 = 1;
const KNOWN: u8 = 2;

static KINDS: [u8; 256] = {
    let (mut kinds, mut byte) = ([0; 256], 0);
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'0'..=b'9' => KNOWN | DIGIT,
            b' ' | b'-' | b'(' | b')' => KNOWN,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

/// The plan whose calling code begins the digits, and what follows. Calling codes are prefix-free (ITU-T E.164).
fn find(digits: &[u8]) -> Option<(usize, &[u8])> {
    if digits.first() == Some(&b'0') {
        return None;
    }
    let mut code = 0u16;
    for (length, digit) in digits.iter().take(3).enumerate() {
        code = code * 10 + u16::from(digit - b'0');
        let at = BY_CODE[usize::from(code)];
        if at != NO_PLAN {
            return Some((usize::from(at), &digits[length + 1..]));
        }
    }
    None
}

/// Countries for the test that holds this against the library: simple plans, and the hardest of the others.
#[cfg(test)]
pub(super) const COUNTRIES_FOR_TESTS: &[&str] = &[
    "US", "ZA", "GR", "NL", "BE", "FR", "ES", "IT", "RO", "CH", "AT", "GB", "DK", "SE", "NO", "PL", "DE", "TR", "PT",
    "IE", "MT", "CY", "FI", "LV", "EE", "UA", "RS", "HR", "SI", "BA", "CZ", "SK", "AE", "CA", "AR", "BR", "JP", "RU",
    "HU", "LU", "SM", "SG", "MX", "GG",
];

#[cfg(test)]
mod tests {
    use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, Region};

    use super::super::phone;
    use super::*;

    fn read(text: &str, country: Option<Country>) -> Option<String> {
        let mut out = String::new();
        write(text, country, &mut out).ok().map(|()| out)
    }

    #[test]
    fn plans_are_in_order_and_those_of_the_library() {
        assert!(PLANS.is_sorted_by_key(|plan| plan.calling_code));
        for plan in &PLANS {
            let is_possible = |length: &u32| {
                let number = PhoneNumber {
                    country_code: i32::from(plan.calling_code),
                    national_number: 10u64.pow(length - 1),
                    ..PhoneNumber::default()
                };
                PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) == Ok(NumberLengthType::IsPossible)
            };
            let length_max = (phone::E164_DIGITS_MAX + 1 - plan.prefix.len()) as u32;
            let lengths: Vec<u32> = (1..=length_max).filter(is_possible).collect();
            let known: Vec<u32> = (0..u32::BITS).filter(|length| plan.lengths & (1 << length) != 0).collect();
            assert_eq!(known, lengths, "{}", plan.prefix);
            let is_supported = |region| PHONE_NUMBER_UTIL.get_supported_regions().any(|known| known == region);
            assert!(Region::from_code(plan.country).is_ok_and(is_supported), "{}", plan.country);
        }
        assert!(
            COUNTRIES_FOR_TESTS.iter().take(PLANS.len()).all(|code| PLANS.iter().any(|plan| plan.country == *code))
        );
    }

    #[test]
    fn common_numbers_take_the_short_way() {
        let sweden = Country::from_code("SE");
        assert_eq!(read("+46701234567", None).as_deref(), Some("+46701234567"));
        assert_eq!(read("070-123 45 67", sweden).as_deref(), Some("+46701234567"));
        assert_eq!(read("+46 (0)70-123 45 67", None).as_deref(), Some("+46701234567"));
        assert_eq!(read("2125550100", Country::from_code("US")).as_deref(), Some("+12125550100"));
    }

    #[test]
    fn the_rest_is_left_to_the_library() {
        let sweden = Country::from_code("SE");
        for text in ["070", "0046701234567", "70 123 45 67", "+999123456", "+46x", "", "+", "+46", "+03110000"] {
            assert_eq!(read(text, sweden), None, "{text}");
        }
        assert_eq!(read("0701234567", None), None);
    }
}
