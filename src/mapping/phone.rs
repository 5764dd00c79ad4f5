//! Phone numbers: what is sent for what stands in a cell, always E.164 with a plus sign.
//!
//! A number that begins with a plus sign, or with `00`, says its country itself. Any other number is national, and is
//! read by the rules of the source's `country`; without one it is refused, never guessed. Spaces, dots, dashes,
//! slashes, brackets, `(0)` and `tel:` are understood. Letters, extensions and numbers that a spreadsheet has turned
//! into sums are refused, because what would be sent is not what stood there.
//!
//! The rules of the world's numbering plans come from libphonenumber. A number must have a *possible* length; whether
//! its range is in use changes too often to refuse people over it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, Region, ValidationError,
};

use super::cell::EXCERPT_CHARS;
use super::fault::Fault;
use super::phone_plan::{self, Left, Misfits};
use super::phone_text::{self, Written};
use crate::model::{Code, excerpt};

/// A country whose numbering plan is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Country {
    region: Region,
    /// Its simple plan, if it has one.
    pub(super) plan: Option<usize>,
}

impl Country {
    /// By its two letters of ISO 3166-1, upper case.
    pub fn from_code(code: &str) -> Option<Country> {
        let region = Region::from_code(code).ok().filter(|region| region.as_region_str().as_str() == code)?;
        let plan = phone_plan::of(code);
        // The library, which takes long to begin, need not be asked for those whose plan is known.
        let is_supported = |region| PHONE_NUMBER_UTIL.get_supported_regions().any(|known| known == region);
        (plan.is_some() || is_supported(region)).then_some(Country { region, plan })
    }

    /// Its two letters.
    pub fn letters(self) -> String {
        self.region.as_region_str().as_str().to_owned()
    }
}

/// Writes the number in a trimmed, non-empty text, as E.164 with a plus sign, when it is a plain one beyond doubt; else
/// nothing. National numbers are read as `country`'s.
pub(super) fn write_plain(text: &str, country: Option<Country>, out: &mut String) -> bool {
    phone_plan::write(text, country, out).is_ok()
}

/// Digits with the calling code (ITU-T E.164, 6.1). Some plans of the library go beyond.
pub(super) const E164_DIGITS_MAX: usize = 15;

/// How many digits of an international number may be gone, because they are dialled only within a country: `(0)`, Hungary's
/// `06`, Belarus's `80`, and `0` and `15` in Argentina, for which a `9` comes. The library would also take five for the code
/// of a carrier, and so make a shorter number of one that is too long.
const TRUNK_DIGITS_MAX: usize = 2;

/// What the library has said of numbers of a length that their plan has not: a table may have a million of them, and each
/// question takes as long as a hundred rows. A plan has some 15 such lengths.
static SAID: LazyLock<Mutex<HashMap<Misfits, Refusal>>> = LazyLock::new(Mutex::default);

/// The same for any text, and why it is no number.
pub(super) fn write(text: &str, country: Option<Country>, out: &mut String) -> Result<(), Fault> {
    let read = match phone_plan::write(text, country, out) {
        Ok(()) => return Ok(()),
        Err(Left::Doubtful) => read_by_library(text, country),
        Err(Left::Length(misfits)) => {
            // Whoever panicked with it has left whole answers in it.
            let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
            match said.get(&misfits) {
                Some(refusal) => Err(refusal.clone()),
                None => read_by_library(text, country).inspect_err(|refusal| {
                    said.insert(misfits, refusal.clone());
                }),
            }
        }
    };
    let number =
        read.map_err(|(code, why)| Fault { code, message: format!("\"{}\" {why}", excerpt(text, EXCERPT_CHARS)) })?;
    out.push_str(&number);
    Ok(())
}

/// Why a text is no number, as the end of a sentence that begins with it.
type Refusal = (Code, Cow<'static, str>);

/// The number in a text by libphonenumber alone, which knows every plan.
fn read_by_library(text: &str, country: Option<Country>) -> Result<String, Refusal> {
    let number = match phone_text::read(text).map_err(|why| (Code::PhoneSyntax, why.as_str().into()))? {
        Written::International(digits) => parse_abroad(&digits),
        Written::National(digits) => match (digits.strip_prefix("00"), country) {
            (Some(rest), None) => parse_abroad(rest),
            (Some(rest), Some(country)) => match (parse_dialled(&digits, country), parse_abroad(rest)) {
                // In some countries `00` and a digit or two choose a carrier: Singapore's 004 6701234567 is Timor,
                // not Sweden. Where both readings make sense, only the author can tell.
                (Some(dialled), Ok(plain)) if dialled != plain => {
                    let why = format!(
                        "can be read as {} or as {}; write it with a plus sign",
                        written(&plain),
                        written(&dialled)
                    );
                    return Err((Code::PhoneSyntax, why.into()));
                }
                // The same reading, so that digits are lost in it as well.
                (Some(dialled), Err(why)) if parse(&format!("+{rest}"), None).is_ok_and(|plain| plain == dialled) => {
                    Err(why)
                }
                (Some(dialled), Err(_)) => Ok(dialled),
                (_, plain) => plain,
            },
            (None, Some(country)) => parse(&digits, Some(country.region)),
            (None, None) => {
                let why = "has no country: write it with a plus sign and the country's code, \
                           or say in the mapping which country's numbers these are, such as country = \"SE\"";
                return Err((Code::PhoneCountry, why.into()));
            }
        },
    };
    let (code, why) = match number {
        Ok(number) if written(&number).len() > E164_DIGITS_MAX + 1 => {
            let why = format!(
                "is too long for a phone number: with its country's code it has more than {E164_DIGITS_MAX} digits"
            );
            (Code::PhoneLength, why.into())
        }
        Ok(number) => return Ok(written(&number)),
        Err(Misfit::CallingCode) => {
            (Code::PhoneSyntax, "is not a phone number: no country has a calling code like that".into())
        }
        Err(Misfit::NotANumber) => (Code::PhoneSyntax, "is not a phone number".into()),
        Err(Misfit::TooShort(plan)) => (Code::PhoneLength, format!("is too short for a phone number{plan}").into()),
        Err(Misfit::TooLong(plan)) => {
            let why = format!(
                "is too long for a phone number{plan}; if the cell holds several numbers, set split in the mapping"
            );
            (Code::PhoneLength, why.into())
        }
        Err(Misfit::Length(plan)) => {
            (Code::PhoneLength, format!("has a number of digits that no phone number{plan} has").into())
        }
        Err(Misfit::Local(plan)) => {
            (Code::PhoneLength, format!("is too short for a phone number{plan}: its area code is missing").into())
        }
    };
    Err((code, why))
}

/// Why digits are no phone number. The texts say of which plan, such as ` of +46`.
enum Misfit {
    CallingCode,
    NotANumber,
    TooShort(String),
    TooLong(String),
    Length(String),
    Local(String),
}

/// A number that begins with its calling code, of which no more digits are lost than are dialled within its country.
fn parse_abroad(digits: &str) -> Result<PhoneNumber, Misfit> {
    let number = parse(&format!("+{digits}"), None)?;
    if written(&number).len() + TRUNK_DIGITS_MAX < digits.len() + 1 {
        return Err(Misfit::TooLong(format!(" of +{}", number.country_code)));
    }
    Ok(number)
}

/// A number of possible length.
fn parse(digits: &str, region: Option<Region>) -> Result<PhoneNumber, Misfit> {
    let plan = || region.map_or_else(String::new, |region| format!(" in {region}"));
    let number = PHONE_NUMBER_UTIL.parse(digits, region).map_err(|error| match error {
        ParseError::InvalidCountryCode => Misfit::CallingCode,
        ParseError::NotANumber(_) if digits.len() < 4 => Misfit::TooShort(plan()),
        ParseError::NotANumber(_) => Misfit::NotANumber,
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn => Misfit::TooShort(plan()),
        ParseError::TooLongNsn => Misfit::TooLong(plan()),
    })?;
    let plan = || format!(" of +{}", number.country_code);
    match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) {
        Ok(NumberLengthType::IsPossible) if !keeps_trunk_prefix(&number) => Ok(number),
        Ok(NumberLengthType::IsPossible) => {
            let rest = PhoneNumber { italian_leading_zero: None, number_of_leading_zeros: None, ..number };
            match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&rest) {
                Err(ValidationError::TooShort) => Err(Misfit::TooShort(format!(" of +{}", rest.country_code))),
                _ => Err(Misfit::Length(format!(" of +{}", rest.country_code))),
            }
        }
        Ok(NumberLengthType::IsPossibleLocalOnly) => Err(Misfit::Local(plan())),
        Err(ValidationError::InvalidCountryCode) => Err(Misfit::CallingCode),
        Err(ValidationError::TooShort) => Err(Misfit::TooShort(plan())),
        Err(ValidationError::TooLong) => Err(Misfit::TooLong(plan())),
        Err(ValidationError::InvalidLength) => Err(Misfit::Length(plan())),
    }
}

/// Whether the digit that is dialled only within a country still stands before the number. The library leaves it there
/// when the rest alone would be too short; `+46 0123 45` has a possible length then, and would reach nobody.
fn keeps_trunk_prefix(number: &PhoneNumber) -> bool {
    // A zero that belongs to the number, as in Italy, makes a valid one; the library counts zeros as a flag.
    if !number.italian_leading_zero() || PHONE_NUMBER_UTIL.is_valid_number(number) {
        return false;
    }
    // The library does not tell the prefix, but writes it: 08-12 34 56 for Sweden's 8123456.
    let national = |example: PhoneNumber| PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::National).into_owned();
    PHONE_NUMBER_UTIL
        .get_region_for_country_code(number.country_code)
        .and_then(|region| PHONE_NUMBER_UTIL.get_example_number(region).ok())
        .filter(|example| !example.italian_leading_zero())
        .is_some_and(|example| national(example).trim_start_matches('(').starts_with('0'))
}

/// A number that begins with the prefix by which one dials abroad from `country`.
fn parse_dialled(digits: &str, country: Country) -> Option<PhoneNumber> {
    use rlibphonenumber::CountryCodeSource::FromNumberWithIdd;
    let dialled = PHONE_NUMBER_UTIL.parse_and_keep_raw_input(digits, Some(country.region)).ok()?;
    if dialled.country_code_source() != FromNumberWithIdd {
        return None;
    }
    // Parsed once more without the raw input, so that equal numbers are equal.
    parse(digits, Some(country.region)).ok()
}

fn written(number: &PhoneNumber) -> String {
    PHONE_NUMBER_UTIL.format(number, PhoneNumberFormat::E164).into_owned()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub fn read(text: &str, country: Option<Country>) -> Result<String, Fault> {
        let mut out = String::new();
        write(text, country, &mut out).map(|()| out)
    }

    fn read_by_plan(text: &str, country: Option<Country>) -> Option<String> {
        let mut out = String::new();
        phone_plan::write(text, country, &mut out).ok().map(|()| out)
    }

    /// Both ways, each with what is said of a text that is no number.
    fn both_ways(text: &str, country: Option<Country>) -> [Result<String, String>; 2] {
        let library = read_by_library(text, country).map_err(|(_, why)| format!("\"{text}\" {why}"));
        [read(text, country).map_err(|fault| fault.message), library]
    }

    fn country(code: &str) -> Option<Country> {
        Some(Country::from_code(code).expect("a country"))
    }

    fn sent(text: &str, code: &str) -> String {
        let [sent, library] = both_ways(text, country(code));
        assert_eq!(sent, library, "two readings of {text}");
        sent.unwrap_or_else(|message| message)
    }

    fn refused(text: &str, code: Option<&str>) -> (Code, String) {
        let fault = read(text, code.and_then(country)).expect_err(text);
        (fault.code, fault.message)
    }

    #[test]
    fn national_numbers_of_many_countries_become_international() {
        for (code, text, expected) in [
            ("SE", "070-123 45 67", "+46701234567"),
            ("SE", "08-123 456", "+468123456"),
            ("NO", "912 34 567", "+4791234567"),
            ("DK", "32 12 34 56", "+4532123456"),
            ("FI", "040 123 4567", "+358401234567"),
            ("DE", "030/123456", "+4930123456"),
            ("DE", "0171 1234567", "+491711234567"),
            ("AT", "0664 1234567", "+436641234567"),
            ("CH", "044 668 18 00", "+41446681800"),
            ("GB", "020 7946 0958", "+442079460958"),
            ("GB", "07400 123456", "+447400123456"),
            ("FR", "06 12 34 56 78", "+33612345678"),
            ("ES", "612 34 56 78", "+34612345678"),
            ("IT", "06 1234 5678", "+390612345678"),
            ("IT", "347 123 4567", "+393471234567"),
            ("NL", "06-12345678", "+31612345678"),
            ("BE", "0470 12 34 56", "+32470123456"),
            ("PL", "512 345 678", "+48512345678"),
            ("US", "(212) 555-0100", "+12125550100"),
            ("US", "1-212-555-0100", "+12125550100"),
            ("CA", "604.555.0100", "+16045550100"),
            ("AR", "011 15-2345-6789", "+5491123456789"),
            ("BR", "(11) 96123-4567", "+5511961234567"),
            ("JP", "090-1234-5678", "+819012345678"),
            ("RU", "8 (912) 345-67-89", "+79123456789"),
            ("HU", "06 20 123 4567", "+36201234567"),
        ] {
            assert_eq!(sent(text, code), expected, "{code} {text}");
        }
    }

    #[test]
    fn a_number_with_its_country_needs_none() {
        for text in [
            "+46701234567",
            "+46 70 123 45 67",
            "0046 70 123 45 67",
            "+46 (0)70-123 45 67",
            "tel:+46-70-123.45.67",
            "＋４６ ７０ 1234567",
            "+46\u{a0}70\u{2011}123\u{202f}45\u{200b}67",
            "'+46701234567",
            "(+46) 70/1234567",
        ] {
            assert_eq!(read(text, None).as_deref(), Ok("+46701234567"), "{text}");
            assert_eq!(sent(text, "US"), "+46701234567", "{text}");
            assert_eq!(sent(text, "SE"), "+46701234567", "{text}");
        }
        assert_eq!(read("+39 06 1234 5678", None).as_deref(), Ok("+390612345678"));
        assert_eq!(read("+36 (06) 20 123 4567", None).as_deref(), Ok("+36201234567"));
        assert_eq!(read("+54 (0)11 15 2345-6789", None).as_deref(), Ok("+5491123456789"));
        assert_eq!(read("+800 1234 5678", None).as_deref(), Ok("+80012345678"));
    }

    #[test]
    fn a_national_number_without_a_country_is_never_guessed() {
        for text in ["070-123 45 67", "46701234567", "5550100"] {
            assert_eq!(refused(text, None).0, Code::PhoneCountry);
        }
        assert!(refused("070-1", None).1.starts_with("\"070-1\" has no country: write it with a plus sign"));
    }

    #[test]
    fn lengths_are_held_against_the_plan() {
        let (code, message) = refused("070-12", Some("SE"));
        assert_eq!((code, &*message), (Code::PhoneLength, "\"070-12\" is too short for a phone number of +46"));
        assert_eq!(refused("012345", Some("SE")).0, Code::PhoneLength, "the trunk zero is not part of the number");
        assert_eq!(refused("+46012345", None).0, Code::PhoneLength);
        assert_eq!(
            refused("070-123 45 6789", Some("SE")).1,
            "\"070-123 45 6789\" has a number of digits that no phone number of +46 has"
        );
        assert!(refused("555-0100", Some("US")).1.ends_with("its area code is missing"));
        assert!(refused("+4670123456789012", None).1.contains("is too long for a phone number of +46"));
        assert!(refused("+49301234567890123", None).1.ends_with("with its country's code it has more than 15 digits"));
        for text in ["+8612345678901234567", "008612345678901234567"] {
            assert!(refused(text, None).1.contains("is too long for a phone number of +86"), "{text}");
            assert!(refused(text, Some("SE")).1.contains("is too long for a phone number of +86"), "{text}");
        }
        assert!(refused("070-123 45 67, 08-12 34 56", Some("SE")).1.contains("several phone numbers"));
        assert!(refused("070-123 45 67 08-12 34 56", Some("SE")).1.contains("set split"));
        assert_eq!(refused("0", Some("SE")).0, Code::PhoneLength);
        assert_eq!(refused("+4", None).0, Code::PhoneLength);
    }

    #[test]
    fn what_is_no_number_is_told_why() {
        for (text, reason) in [
            ("call me", "it holds letters"),
            ("1-800-FLOWERS", "it holds letters"),
            ("08-123 456 ext. 12", "an extension cannot be sent"),
            ("08-123456 x12", "an extension cannot be sent"),
            ("08-123456#12", "an extension cannot be sent"),
            ("4.67E+10", "a spreadsheet has turned it into a sum"),
            ("4,67E+10", "a spreadsheet has turned it into a sum"),
            ("46701234567.0", "a spreadsheet has turned it into a sum"),
            ("-4670123", "a spreadsheet has turned it into a sum"),
            ("08-123456 / 070-1234567", "several phone numbers"),
            ("+46701234567+4681234567", "several phone numbers"),
            ("---", "it has no digits"),
            ("+999 123 456 789", "no country has a calling code"),
            ("08-12*34", "has no place in it"),
        ] {
            let (code, message) = refused(text, Some("SE"));
            assert_eq!(code, Code::PhoneSyntax, "{text}: {message}");
            assert!(message.contains(reason), "{text}: {message}");
        }
    }

    #[test]
    fn where_double_zero_has_two_meanings_neither_is_taken() {
        let (code, message) = refused("0046701234567", Some("SG"));
        assert_eq!(code, Code::PhoneSyntax);
        assert!(message.contains("+46701234567 or as +6701234567"), "{message}");
    }

    #[test]
    fn countries_are_known_by_two_letters() {
        assert!(Country::from_code("SE").is_some());
        for code in ["se", "UK", "ZZ", "001", "Sweden", ""] {
            assert!(Country::from_code(code).is_none(), "{code}");
        }
    }

    /// Every beginning with a stride, every length, in all the ways a number is dialled.
    #[test]
    fn the_short_way_and_the_library_agree_on_every_plan() {
        let mut short = 0;
        for (salt, code) in phone_plan::COUNTRIES_FOR_TESTS.iter().enumerate() {
            let home = country(code);
            let calling = home.and_then(|home| PHONE_NUMBER_UTIL.get_country_code_for_region(home.region));
            let calling = calling.expect("a supported country has a calling code");
            for start in (salt..1000).step_by(13) {
                for length in 0..13 {
                    let tail: String = (0..length).map(|at| ((start * 7 + at * 3 + salt) % 10).to_string()).collect();
                    let number = format!("{start:03}{tail}");
                    for (text, country) in [
                        (format!("+{calling}{number}"), None),
                        (format!("+{calling}0{number}"), None),
                        (format!("0{number}"), home),
                        (format!("1{number}"), home),
                        (number, home),
                    ] {
                        let [sent, library] = both_ways(&text, country);
                        assert_eq!(sent, library, "{code} {text}");
                        short += usize::from(read_by_plan(&text, country).is_some());
                    }
                }
            }
        }
        assert!(short > 30_000, "the short way is hardly taken: {short}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

        /// Every country with a plan of its own and some without, digits near and far from real ones.
        #[test]
        fn the_short_way_and_the_library_agree(
            code in proptest::sample::select(phone_plan::COUNTRIES_FOR_TESTS),
            lead in "\\+|00|0|011|1|\\(|",
            calling in proptest::sample::select(&["", "46", "47", "44", "1", "49", "358", "39", "420", "7", "54"][..]),
            trunk in "0?|\\(0\\)|1",
            rest in "[0-9][0-9 -]{2,14}",
        ) {
            let text = format!("{lead}{calling}{trunk}{rest}");
            let text = super::super::cell::trim(&text);
            let country = Country::from_code(code);
            for country in [country, None] {
                let [sent, library] = both_ways(text, country);
                prop_assert_eq!(sent, library);
            }
        }

        #[test]
        fn any_text_is_a_number_or_told_why(text in "[+0-9a-eEx(). ,/#'-]{1,20}|\\PC{1,10}") {
            let text = super::super::cell::trim(&text);
            if let Ok(number) = read(text, country("SE")) {
                prop_assert!(number.len() > 4 && number.starts_with('+'));
                prop_assert!(number[1..].bytes().all(|byte| byte.is_ascii_digit()));
                prop_assert_eq!(read(&number, None), Ok(number.clone()), "sent again as it is");
            }
        }
    }
}
