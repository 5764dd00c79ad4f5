//! E-mail addresses: what is sent for what stands in a cell.
//!
//! Accepted is what mail programs accept when a person types it: one address of RFC 5321's dot-atom form, also with
//! letters beyond ASCII (RFC 6531), at a domain with at least one dot. `Name <address>`, `<address>` and `mailto:` are
//! unwrapped. Legal curiosities (quoted local parts, comments, address literals) are refused: in a spreadsheet they are
//! mistakes.
//!
//! The local part is sent untouched, since only its own server may say what case means in it (RFC 5321, 2.4). The
//! domain is sent lower-cased, in the script in which it was typed: `ÅSA@EXÄMPLE.se` as `ÅSA@exämple.se`, and
//! `xn--…` stays what it is. That is the form in which mail programs show and store an address.

use std::borrow::Cow;

use super::cell::{self, EXCERPT_CHARS};
use super::fault::Fault;
use crate::model::{Code, eight_of, excerpt};

/// Octets before the @ (RFC 5321, 4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;

/// Octets in all (RFC 5321, 4.5.3.1.3: a path of 256, less its angle brackets).
const ADDRESS_BYTES_MAX: usize = 254;

/// Octets of one label of a domain (RFC 1035, 2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// The address in a trimmed, non-empty text. Borrowed when it is sent as it stands.
pub(super) fn read(text: &str) -> Result<Cow<'_, str>, Fault> {
    if is_plain(text) {
        return Ok(Cow::Borrowed(text));
    }
    let address = unwrap(text);
    check(address).map_err(|why| {
        let shown = excerpt(text, EXCERPT_CHARS);
        Fault { code: Code::EmailSyntax, message: format!("\"{shown}\" {why}") }
    })
}

/// Whether a text is an address that is sent as it stands, of the kind nearly all are: letters, digits, hyphens,
/// underscores and single dots, the domain short and in lower case. The same result as [`check`] for all it accepts, and
/// nothing is in it that a value may not hold.
pub(super) fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Where the domain begins; where the part between two dots does; and what stands behind a hyphen of the domain.
    let (mut domain, mut label, mut behind_hyphen) = (0, 0, 0);
    let (words, rest) = bytes.as_chunks::<8>();
    let last = match bytes.last_chunk::<8>() {
        // Moved down, so that it begins where the other words end; letters above are none of the text's.
        Some(last) => other_than_usual(u64::from_le_bytes(*last)).unbounded_shr(8 * (8 - rest.len() as u32)),
        None => other_than_usual(rest.iter().rev().fold(eight_of(b'a'), |word, byte| word << 8 | u64::from(*byte))),
    };
    let marks = words.iter().map(|word| other_than_usual(u64::from_le_bytes(*word))).chain([last]);
    for (mut marks, begin) in marks.zip((0..).step_by(8)) {
        while marks != 0 {
            let at = begin + marks.trailing_zeros() as usize / 8;
            marks &= marks - 1;
            match bytes[at] {
                // A dot beside a dot or at an end, or behind a hyphen.
                b'.' if at == label || at == behind_hyphen => return false,
                b'.' => label = at + 1,
                b'@' if domain > 0 || at == label || at > LOCAL_BYTES_MAX => return false,
                b'@' => (domain, label) = (at + 1, at + 1),
                b'-' if domain > 0 && at == label => return false,
                b'-' if domain > 0 => behind_hyphen = at + 1,
                b'-' | b'_' | b'+' | b'A'..=b'Z' if domain == 0 => {}
                _ => return false,
            }
        }
    }
    // The last label stands behind a dot, and has a letter in it.
    let ends_well = label > domain && domain > 0 && bytes.len() > label && bytes.len() != behind_hyphen;
    ends_well && bytes.len() - domain <= LABEL_BYTES_MAX && bytes[label..].iter().any(u8::is_ascii_lowercase)
}

/// The uppermost bit of every byte that is neither a small letter nor a digit.
fn other_than_usual(word: u64) -> u64 {
    let low = word & eight_of(0x7F);
    let from = |byte: u8| low + eight_of(0x80 - byte);
    let usual = from(b'a') & !from(b'z' + 1) | from(b'0') & !from(b'9' + 1);
    (word | !usual) & eight_of(0x80)
}

/// Without `mailto:`, `Name <…>`, `<…>`.
fn unwrap(text: &str) -> &str {
    let text = without_mailto(text);
    let Some(inner) = text.strip_suffix('>') else { return text };
    match inner.split_once('<') {
        Some((_, address)) if !address.contains(['<', '>']) => without_mailto(cell::trim(address)),
        _ => text,
    }
}

fn without_mailto(text: &str) -> &str {
    match text.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => {
            // What follows a question mark is a subject and the like (RFC 6068).
            cell::trim(text[7..].split('?').next().unwrap_or_default())
        }
        _ => text,
    }
}

/// The address, or why it is none, as the end of a sentence that begins with the cell's text.
fn check(address: &str) -> Result<Cow<'_, str>, Cow<'static, str>> {
    let mut parts = address.splitn(3, '@');
    let (local, domain) = match (parts.next(), parts.next(), parts.next()) {
        (Some(local), Some(domain), None) => (local, domain),
        (_, Some(_), Some(_)) if address.contains([';', ',', ' ', '|', '/', '\n', '\t']) => {
            return Err(
                "holds several addresses; say in the mapping what stands between them, such as split = \";\"".into()
            );
        }
        (_, Some(_), Some(_)) => return Err("is not an e-mail address: it has more than one @".into()),
        _ => return Err("is not an e-mail address: it has no @".into()),
    };
    if address.contains([';', ',']) && !local.is_empty() {
        return Err("is not an e-mail address: it holds a comma or semicolon; \
                    if the cell holds several addresses, set split in the mapping"
            .into());
    }
    check_local(local)?;
    if address.len() > ADDRESS_BYTES_MAX {
        return Err(
            format!("is too long for an e-mail address: {} bytes, where 254 are the most", address.len()).into()
        );
    }
    if domain.is_ascii() {
        check_domain(domain)?;
        if !domain.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Ok(Cow::Borrowed(address));
        }
        return Ok(Cow::Owned(format!("{local}@{}", domain.to_ascii_lowercase())));
    }
    // Checked in the form that goes over the wire, sent in the form that people read.
    let not_a_domain = "is not an e-mail address: what follows the @ is not a domain";
    let wire = idna::domain_to_ascii_strict(domain).map_err(|_| not_a_domain)?;
    check_domain(&wire)?;
    if local.len() + 1 + wire.len() > ADDRESS_BYTES_MAX {
        return Err("is too long for an e-mail address: more than 254 bytes".into());
    }
    let (domain, result) = idna::domain_to_unicode(domain);
    result.map_err(|_| not_a_domain)?;
    Ok(Cow::Owned(format!("{local}@{domain}")))
}

/// RFC 5321's dot-string, with RFC 6531's letters.
fn check_local(local: &str) -> Result<(), &'static str> {
    if local.is_empty() {
        return Err("is not an e-mail address: nothing stands before the @");
    }
    if local.len() > LOCAL_BYTES_MAX {
        return Err("is not an e-mail address: more than 64 bytes stand before the @");
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err("is not an e-mail address: before the @ a dot must stand between other characters");
    }
    for c in local.chars() {
        let fits = match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' => true,
            c if c.is_ascii() => "!#$%&'*+-/=?^_`{|}~".contains(c),
            c => !c.is_control() && !cell::is_blank(c) && c != '\u{fffd}',
        };
        if !fits {
            return Err(match c {
                '"' => "is not an e-mail address: quotation marks cannot stand before the @",
                c if cell::is_blank(c) => {
                    "is not an e-mail address: it has white space or an invisible character in it"
                }
                _ => "is not an e-mail address: a character before the @ has no place there",
            });
        }
    }
    Ok(())
}

/// An ASCII domain of at least two labels of letters, digits and hyphens (RFC 1035, RFC 1123).
fn check_domain(domain: &str) -> Result<(), &'static str> {
    if domain.is_empty() {
        return Err("is not an e-mail address: nothing follows the @");
    }
    if domain.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return Err("is not an e-mail address: it has white space in it");
    }
    let mut labels = 0;
    let mut last = "";
    for label in domain.split('.') {
        if label.is_empty() {
            return Err("is not an e-mail address: after the @ a dot must stand between other characters");
        }
        if label.len() > LABEL_BYTES_MAX {
            return Err("is not an e-mail address: a part of its domain has more than 63 characters");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err("is not an e-mail address: a part of its domain begins or ends with a hyphen");
        }
        if !label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err("is not an e-mail address: a character after the @ has no place in a domain");
        }
        labels += 1;
        last = label;
    }
    if labels < 2 {
        return Err("is not an e-mail address: its domain has no dot");
    }
    if !last.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return Err("is not an e-mail address: its domain ends in digits");
    }
    Ok(())
}

/// Whether the server might take two addresses for the same: compared without regard to case, as
/// [`Identity`](crate::model::Identity) does.
pub(super) fn same(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sent(text: &str) -> String {
        read(text).expect(text).into_owned()
    }

    fn why(text: &str) -> String {
        let fault = read(text).expect_err(text);
        assert_eq!(fault.code, Code::EmailSyntax);
        fault.message
    }

    #[test]
    fn addresses_people_have_are_sent() {
        for text in ["asa@example.se", "o'brien+x@a-b.example.co.uk", "a@123.se", "åsa@example.se", "a.b_c@x.museum"] {
            assert_eq!(sent(text), text);
        }
        assert!(matches!(read("Asa@example.se"), Ok(Cow::Borrowed("Asa@example.se"))));
    }

    #[test]
    fn the_domain_is_lower_cased_the_local_part_is_not() {
        assert_eq!(sent("Åsa.Öberg@EXAMPLE.se"), "Åsa.Öberg@example.se");
        assert_eq!(sent("ÅSA@EXÄMPLE.se"), "ÅSA@exämple.se");
        assert_eq!(sent("a@XN--EXMPLE-CUA.se"), "a@xn--exmple-cua.se");
    }

    #[test]
    fn wrappings_are_taken_off() {
        assert_eq!(sent("Åsa Öberg <asa@example.se>"), "asa@example.se");
        assert_eq!(sent("\"asa@example.se\" <asa@example.se>"), "asa@example.se");
        assert_eq!(sent("<asa@example.se>"), "asa@example.se");
        assert_eq!(sent("MailTo:asa@example.se?subject=hej"), "asa@example.se");
        assert_eq!(sent("Åsa <mailto:asa@example.se>"), "asa@example.se");
    }

    #[test]
    fn what_is_no_address_is_told_why() {
        assert_eq!(why("asa"), "\"asa\" is not an e-mail address: it has no @");
        assert_eq!(why("asa@localhost"), "\"asa@localhost\" is not an e-mail address: its domain has no dot");
        for (text, reason) in [
            ("@b.se", "nothing stands before the @"),
            ("a@", "nothing follows the @"),
            ("a@@b.se", "more than one @"),
            (".a@b.se", "before the @ a dot"),
            ("a..b@b.se", "before the @ a dot"),
            ("a@b..se", "after the @ a dot"),
            ("a@b.se.", "after the @ a dot"),
            ("a b@c.se", "white space"),
            ("a@b .se", "white space"),
            ("a\u{200b}b@c.se", "invisible character"),
            ("\"a b\"@c.se", "quotation marks"),
            ("a(b)@c.se", "a character before the @"),
            ("a@b_c.se", "has no place in a domain"),
            ("a@-b.se", "hyphen"),
            ("a@1.2.3.4", "ends in digits"),
            ("a@exa\u{fffd}mple.se", "is not a domain"),
            ("a@b,se", "comma"),
            ("a@[127.0.0.1]", "no place in a domain"),
        ] {
            assert!(why(text).contains(reason), "{text}: {}", why(text));
        }
        assert!(why(&format!("{}@b.se", "a".repeat(65))).contains("more than 64 bytes"));
        assert!(why(&format!("a@{}.se", "b".repeat(64))).contains("more than 63 characters"));
        assert!(why(&format!("a@{}.se", "b23456789.".repeat(26))).contains("254"));
    }

    #[test]
    fn several_addresses_in_a_cell_are_told_of_split() {
        for text in ["a@b.se; c@d.se", "a@b.se,c@d.se", "a@b.se c@d.se", "A <a@b.se>, C <c@d.se>"] {
            assert!(why(text).contains("split = \";\""), "{}", why(text));
        }
    }

    #[test]
    fn case_makes_no_second_address() {
        assert!(same("Asa@Example.se", "asa@example.se"));
        assert!(same("ÅSA@example.se", "åsa@example.se"));
        assert!(!same("asa@example.se", "åsa@example.se"));
    }

    proptest! {
        #[test]
        fn the_short_way_agrees_with_the_long_one(text in "[a-bA1_+.-]{0,4}[b-]{0,9}@?[aA1.-]{0,5}\\.?[a1]{0,3}(@a\\.b)?") {
            if is_plain(&text) {
                prop_assert_eq!(check(unwrap(&text)), Ok(Cow::Borrowed(&*text)));
            } else if let Ok(Cow::Borrowed(address)) = check(unwrap(&text)) {
                prop_assert!(address != text, "{} is plain", text);
            }
        }

        #[test]
        fn what_is_sent_is_sent_again_as_it_is(text in "[aÅ.@<> -]{0,8}(@[aB.ä-]{1,8}\\.[sE]{1,3})?>?") {
            let text = cell::trim(&text);
            if let Ok(address) = read(text) {
                prop_assert_eq!(read(&address), Ok(Cow::Borrowed(&*address)));
                prop_assert_eq!(address.matches('@').count(), 1);
            }
        }
    }
}
