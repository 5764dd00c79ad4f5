//! A card as the document that is posted (API page, "Sample HTTP POST request body").

use crate::model::{Channel, ContactCard, Entry, Member, NameAt};

/// The media type of requests and answers, without parameters: a strict server answers 415 to `; charset=`
/// (JSON:API 1.0, "Content Negotiation").
pub const MEDIA_TYPE: &str = "application/vnd.api+json";

/// The request document, as UTF-8 JSON. Members that would be empty are left out.
pub fn encode(card: &ContactCard, name_at: NameAt) -> Vec<u8> {
    let mut document = Vec::with_capacity(512);
    encode_into(card, name_at, &mut document);
    document
}

/// The same, added to what is there. Written by hand: a dry run does it for every row, and the document has one shape.
pub fn encode_into(card: &ContactCard, name_at: NameAt, out: &mut Vec<u8>) {
    let escapes = if card.has_byte(is_escaped) { Escapes::Some } else { Escapes::None };
    out.extend_from_slice(br#"{"data":{"type":"c3_contact_cards","attributes":{"contacts":{"#);
    let mut before = None;
    for entry in card.entries() {
        let Entry { member, label, value, .. } = entry;
        if member == Member::Name {
            break;
        }
        out.extend_from_slice(between(before, member));
        if member == Member::Custom {
            text(label, escapes, out);
            out.extend_from_slice(br#"","value":""#);
        }
        text(value, escapes, out);
        before = Some(member);
    }
    out.extend_from_slice(match before {
        None => b"",
        Some(Member::Custom) => b"\"}]",
        Some(_) => b"\"]",
    });
    let name = card.name();
    if let (NameAt::Contacts | NameAt::Both, Some(name)) = (name_at, name) {
        out.extend_from_slice(if before.is_some() { br#","name":""# } else { br#""name":""# });
        text(name, escapes, out);
        out.push(b'"');
    }
    out.push(b'}');
    if let (NameAt::Attributes | NameAt::Both, Some(name)) = (name_at, name) {
        out.extend_from_slice(br#","name":""#);
        text(name, escapes, out);
        out.push(b'"');
    }
    out.extend_from_slice(b"}}}");
}

/// What stands between the text of one entry and that of the next: in one piece, because there are many.
fn between(before: Option<Member>, member: Member) -> &'static [u8] {
    match (before, member) {
        (Some(Member::Custom), _) => br#""},{"label":""#,
        (Some(before), _) if before == member => br#"",""#,
        (None, Member::Channel(Channel::Email)) => br#""email":[""#,
        (None, Member::Channel(Channel::Facebook)) => br#""facebook":[""#,
        (None, Member::Channel(Channel::Vk)) => br#""vk":[""#,
        (None, Member::Channel(Channel::Line)) => br#""line":[""#,
        (None, Member::Channel(Channel::Voice)) => br#""voice":[""#,
        (None, Member::Custom) => br#""custom":[{"label":""#,
        (Some(_), Member::Channel(Channel::Email)) => br#""],"email":[""#,
        (Some(_), Member::Channel(Channel::Facebook)) => br#""],"facebook":[""#,
        (Some(_), Member::Channel(Channel::Vk)) => br#""],"vk":[""#,
        (Some(_), Member::Channel(Channel::Line)) => br#""],"line":[""#,
        (Some(_), Member::Channel(Channel::Voice)) => br#""],"voice":[""#,
        (Some(_), Member::Custom) => br#""],"custom":[{"label":""#,
        // The last of a card, and not in a list.
        (_, Member::Name) => b"",
    }
}

/// Whether there is anything to escape on a card. Looked for once, over all its text: most cards have nothing.
#[derive(Clone, Copy)]
enum Escapes {
    None,
    Some,
}

fn is_escaped(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// The inside of a string (RFC 8259, section 7).
#[inline]
fn text(text: &str, escapes: Escapes, out: &mut Vec<u8>) {
    match escapes {
        Escapes::None => out.extend_from_slice(text.as_bytes()),
        Escapes::Some => text.bytes().for_each(|byte| escaped(byte, out)),
    }
}

fn escaped(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0C => b'f',
        0x00..0x20 => {
            const HEX: [u8; 16] = *b"0123456789abcdef";
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0xF)]);
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            return;
        }
        _ => {
            out.push(byte);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;
    use proptest::prelude::*;

    fn card(entries: &[(Member, &str, &str)]) -> ContactCard {
        let mut card = ContactCard::default();
        entries.iter().for_each(|&(member, label, value)| card.add(Entry { member, label, value, origin: Origin(0) }));
        card
    }

    fn written(card: &ContactCard, name_at: NameAt) -> String {
        String::from_utf8(encode(card, name_at)).expect("JSON is UTF-8")
    }

    const EMAIL: Member = Member::Channel(Channel::Email);
    const VOICE: Member = Member::Channel(Channel::Voice);

    proptest! {
        #[test]
        fn strings_are_those_of_serde_json(
            label in "[a-cå漢\"\\\\/\\x00-\\x1f\u{7f}\u{2028}]{0,12}",
            value in "[a-cå漢]{0,12}[\"\\\\/\\x00-\\x1f\u{7f}\u{2028}]?",
        ) {
            let json = |text: &str| serde_json::to_string(text).expect("a text is JSON");
            let written = written(&card(&[(Member::Custom, &label, &value)]), NameAt::Contacts);
            let expected = format!(r#""custom":[{{"label":{},"value":{}}}]}}}}}}}}"#, json(&label), json(&value));
            prop_assert_eq!(written.split_once(r#"{"contacts":{"#).map(|(_, rest)| rest), Some(&*expected));
        }
    }

    #[test]
    fn a_card_is_written_as_in_the_vendors_sample() {
        let card = card(&[
            (Member::Name, "", "Tester Cention"),
            (EMAIL, "", "tester.c3@cention.se"),
            (EMAIL, "", "tester.c3.2@cention.se"),
            (Member::Channel(Channel::Facebook), "", "12345@facebook.com"),
            (Member::Custom, "ID", "AB07090"),
        ]);
        assert_eq!(
            written(&card, NameAt::Contacts),
            concat!(
                r#"{"data":{"type":"c3_contact_cards","attributes":{"contacts":{"#,
                r#""email":["tester.c3@cention.se","tester.c3.2@cention.se"],"facebook":["12345@facebook.com"],"#,
                r#""custom":[{"label":"ID","value":"AB07090"}],"name":"Tester Cention"}}}}"#
            )
        );
    }

    #[test]
    fn the_name_goes_where_the_setting_says() {
        let named = card(&[(Member::Name, "", "Åsa \"A\""), (VOICE, "", "+4670")]);
        let head = r#"{"data":{"type":"c3_contact_cards","attributes":{"contacts":{"voice":["+4670"]"#;
        assert_eq!(written(&named, NameAt::Attributes), format!(r#"{head}}},"name":"Åsa \"A\""}}}}}}"#));
        assert_eq!(written(&named, NameAt::Both), format!(r#"{head},"name":"Åsa \"A\""}},"name":"Åsa \"A\""}}}}}}"#));
        let nameless = card(&[(Member::Name, "", "Bo")]);
        let head = r#"{"data":{"type":"c3_contact_cards","attributes":{"contacts":{"#;
        assert_eq!(written(&nameless, NameAt::Contacts), format!(r#"{head}"name":"Bo"}}}}}}}}"#));
        assert_eq!(written(&ContactCard::default(), NameAt::Both), format!("{head}}}}}}}}}"));
    }
}
