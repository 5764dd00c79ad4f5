//! A card as the document that is posted (API page, "Sample HTTP POST request body").

use crate::model::{ContactCard, Member, NameAt, any_byte};

/// The media type of requests and answers, without parameters: a strict server answers 415 to `; charset=`
/// (JSON:API 1.0, "Content Negotiation").
pub const MEDIA_TYPE: &str = "application/vnd.api+json";

/// The request document, as UTF-8 JSON. Members that would be empty are left out.
pub fn encode(card: &ContactCard, name_at: NameAt) -> Vec<u8> {
    let mut document = Vec::with_capacity(512);
    write(card, name_at, &mut document);
    document
}

/// How long the request document is, in bytes.
pub fn document_len(card: &ContactCard, name_at: NameAt) -> usize {
    let mut length = Length(0);
    write(card, name_at, &mut length);
    length.0
}

/// Where a document goes, piece by piece.
trait Sink {
    fn put(&mut self, piece: &[u8]);

    /// The inside of a string (RFC 8259, section 7), in which something is to be escaped, perhaps.
    fn put_escaped(&mut self, text: &[u8]);
}

impl Sink for Vec<u8> {
    #[inline]
    fn put(&mut self, piece: &[u8]) {
        self.extend_from_slice(piece);
    }

    fn put_escaped(&mut self, text: &[u8]) {
        if !has_escaped(text) {
            return self.put(text);
        }
        let mut rest = text;
        while let Some(at) = rest.iter().position(|byte| is_escaped(*byte)) {
            self.put(&rest[..at]);
            escape(rest[at], self);
            rest = &rest[at + 1..];
        }
        self.put(rest);
    }
}

/// A document of which nobody wants more than its length.
struct Length(usize);

impl Sink for Length {
    #[inline]
    fn put(&mut self, piece: &[u8]) {
        self.0 += piece.len();
    }

    fn put_escaped(&mut self, text: &[u8]) {
        self.0 += text.iter().map(|byte| usize::from(LENGTHS[usize::from(*byte)])).sum::<usize>();
    }
}

/// How long each byte is inside a string.
static LENGTHS: [u8; 256] = {
    let (mut lengths, mut byte) = ([1; 256], 0);
    while byte < 256 {
        lengths[byte] = match byte as u8 {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0C => 2,
            0..0x20 => 6,
            _ => 1,
        };
        byte += 1;
    }
    lengths
};

/// Written by hand: a dry run does it for every row, and the document has one shape.
fn write(card: &ContactCard, name_at: NameAt, out: &mut impl Sink) {
    let escapes = if has_escaped(card.text()) { Escapes::Some } else { Escapes::None };
    out.put(br#"{"data":{"type":"c3_contact_cards","attributes":{"contacts":{"#);
    let mut before = None;
    for (rank, label, value) in card.bytes() {
        if rank == NAME {
            break;
        }
        let way = usize::from(before.is_some()) + usize::from(before == Some(rank));
        out.put(BETWEEN[way][usize::from(rank)]);
        if rank == CUSTOM {
            text(label, escapes, out);
            out.put(br#"","value":""#);
        }
        text(value, escapes, out);
        before = Some(rank);
    }
    out.put(match before {
        None => b"",
        Some(CUSTOM) => b"\"}]",
        Some(_) => b"\"]",
    });
    let name = card.name();
    if let (NameAt::Contacts | NameAt::Both, Some(name)) = (name_at, name) {
        out.put(if before.is_some() { br#","name":""# } else { br#""name":""# });
        text(name.as_bytes(), escapes, out);
        out.put(b"\"");
    }
    out.put(b"}");
    if let (NameAt::Attributes | NameAt::Both, Some(name)) = (name_at, name) {
        out.put(br#","name":""#);
        text(name.as_bytes(), escapes, out);
        out.put(b"\"");
    }
    out.put(b"}}}");
}

const CUSTOM: u8 = Member::Custom.rank();
const NAME: u8 = Member::Name.rank();

/// What stands between the text of one entry and that of the next, in one piece because there are many: before the first
/// entry of all, before the first of another member, and between two of the same; by the rank of the member that follows.
/// The name, the last of a card, stands in no list. Looked up, because which comes next nobody can guess.
static BETWEEN: [[&[u8]; Member::ALL.len()]; 3] = [
    [
        br#""email":[""#,
        br#""facebook":[""#,
        br#""vk":[""#,
        br#""line":[""#,
        br#""voice":[""#,
        br#""custom":[{"label":""#,
        b"",
    ],
    [
        br#""],"email":[""#,
        br#""],"facebook":[""#,
        br#""],"vk":[""#,
        br#""],"line":[""#,
        br#""],"voice":[""#,
        br#""],"custom":[{"label":""#,
        b"",
    ],
    [br#"",""#, br#"",""#, br#"",""#, br#"",""#, br#"",""#, br#""},{"label":""#, b""],
];

/// Whether there is anything to escape on a card. Looked for once, over all its text: most cards have nothing.
#[derive(Clone, Copy)]
enum Escapes {
    None,
    Some,
}

fn has_escaped(text: &[u8]) -> bool {
    any_byte(text, is_escaped)
}

fn is_escaped(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// The inside of a string.
#[inline]
fn text(text: &[u8], escapes: Escapes, out: &mut impl Sink) {
    match escapes {
        Escapes::None => out.put(text),
        Escapes::Some => out.put_escaped(text),
    }
}

/// A byte that must not stand there as it is.
fn escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0C => b'f',
        _ => {
            const HEX: [u8; 16] = *b"0123456789abcdef";
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0xF)]);
            out.put(&[b'\\', b'u', b'0', b'0', high, low]);
            return;
        }
    };
    out.put(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Channel, Entry, Origin};
    use proptest::prelude::*;
    use std::hash::BuildHasher;

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

    /// Cards of a few values, so that two are often alike; their entries come in any order and from anywhere.
    #[test]
    fn every_member_stands_under_its_own_name_whatever_is_before_it() {
        for first in Member::ALL {
            for second in Member::ALL {
                let written =
                    written(&card(&[(first, "", "1"), (first, "", "2"), (second, "", "3")]), NameAt::Contacts);
                let document: serde_json::Value = serde_json::from_str(&written).expect("a document is JSON");
                let contacts = &document["data"]["attributes"]["contacts"];
                for (member, value) in [(first, if first == Member::Name { "2" } else { "1" }), (second, "3")] {
                    let found = match member {
                        Member::Channel(channel) => contacts[channel.as_str()].as_array().cloned().unwrap_or_default(),
                        Member::Custom => {
                            let custom = contacts["custom"].as_array().cloned().unwrap_or_default();
                            custom.into_iter().map(|entry| entry["value"].clone()).collect()
                        }
                        Member::Name => vec![contacts["name"].clone()],
                    };
                    let replaced = first == second && first == Member::Name;
                    assert!(replaced || found.contains(&value.into()), "{first:?} {second:?}: {written}");
                }
            }
        }
    }

    fn cards() -> impl Strategy<Value = ContactCard> {
        let member = prop::sample::select(vec![EMAIL, VOICE, Member::Custom, Member::Name]);
        let entry = (member, "[a\"]{0,1}", "[a\nå]{1,2}", 0u16..3);
        prop::collection::vec(entry, 0..4).prop_map(|entries| {
            let mut card = ContactCard::default();
            for (member, label, value, origin) in &entries {
                let label = if *member == Member::Custom { label } else { "" };
                card.add(Entry { member: *member, label, value, origin: Origin(*origin) });
            }
            card
        })
    }

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
            let length = document_len(&card(&[(Member::Custom, &label, &value)]), NameAt::Contacts);
            prop_assert_eq!(length, written.len());
        }

        #[test]
        fn cards_are_as_long_as_their_documents_and_have_one_hash_if_they_have_one_document(
            one in cards(), other in cards(), name_at in prop::sample::select(vec![NameAt::Contacts, NameAt::Attributes, NameAt::Both]),
        ) {
            let documents = [&one, &other].map(|card| encode(card, name_at));
            prop_assert_eq!(document_len(&one, name_at), documents[0].len());
            let hasher = foldhash::quality::RandomState::default();
            let hashes = [&one, &other].map(|card| hasher.hash_one(card));
            prop_assert_eq!(documents[0] == documents[1], hashes[0] == hashes[1]);
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
