//! A card as the document that is posted (API page, "Sample HTTP POST request body").

use crate::model::{Channel, ContactCard, NameAt};

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
    out.extend_from_slice(br#"{"data":{"type":"c3_contact_cards","attributes":{"contacts":{"#);
    let mut contacts = Members::default();
    for channel in Channel::ALL {
        let entries = card.channel(channel);
        if !entries.is_empty() {
            contacts.name(channel.as_str(), out);
            list(entries, out, |entry, out| string(&entry.value, out));
        }
    }
    if !card.custom.is_empty() {
        contacts.name("custom", out);
        list(&card.custom, out, |field, out| {
            out.extend_from_slice(br#"{"label":"#);
            string(&field.label, out);
            out.extend_from_slice(br#","value":"#);
            string(&field.value, out);
            out.push(b'}');
        });
    }
    let name = card.name.as_ref().map(|entry| entry.value.as_str());
    if let (NameAt::Contacts | NameAt::Both, Some(name)) = (name_at, name) {
        contacts.name("name", out);
        string(name, out);
    }
    out.push(b'}');
    if let (NameAt::Attributes | NameAt::Both, Some(name)) = (name_at, name) {
        out.extend_from_slice(br#","name":"#);
        string(name, out);
    }
    out.extend_from_slice(b"}}}");
}

/// The members of an object as they are written.
#[derive(Default)]
struct Members {
    begun: bool,
}

impl Members {
    /// A member's name, for the value that comes next; one that needs no escapes.
    fn name(&mut self, name: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.begun { b",\"" } else { b"\"" });
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        self.begun = true;
    }
}

fn list<T>(items: &[T], out: &mut Vec<u8>, write: impl Fn(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

/// A string with its quotes (RFC 8259, section 7).
fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    // Without branches, so that many bytes are looked at together.
    let escapes = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    if text.bytes().fold(false, |any, byte| any | escapes(byte)) {
        text.bytes().for_each(|byte| escaped(byte, out));
    } else {
        out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
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
    use crate::model::{CustomField, Entry, Origin};
    use proptest::prelude::*;

    fn entry(value: &str) -> Entry {
        Entry { value: value.to_owned(), origin: Origin(0) }
    }

    fn text(card: &ContactCard, name_at: NameAt) -> String {
        String::from_utf8(encode(card, name_at)).expect("JSON is UTF-8")
    }

    proptest! {
        #[test]
        fn strings_are_those_of_serde_json(text in "[a-cå漢\"\\\\/\\x00-\\x1f\u{7f}\u{2028}]{0,12}") {
            let mut out = Vec::new();
            string(&text, &mut out);
            prop_assert_eq!(String::from_utf8(out).ok(), serde_json::to_string(&text).ok());
        }
    }

    #[test]
    fn a_card_is_written_as_in_the_vendors_sample() {
        let card = ContactCard {
            name: Some(entry("Tester Cention")),
            email: vec![entry("tester.c3@cention.se"), entry("tester.c3.2@cention.se")],
            facebook: vec![entry("12345@facebook.com")],
            custom: vec![CustomField { label: "ID".into(), value: "AB07090".into(), origin: Origin(1) }],
            ..ContactCard::default()
        };
        assert_eq!(
            text(&card, NameAt::Contacts),
            concat!(
                r#"{"data":{"type":"c3_contact_cards","attributes":{"contacts":{"#,
                r#""email":["tester.c3@cention.se","tester.c3.2@cention.se"],"facebook":["12345@facebook.com"],"#,
                r#""custom":[{"label":"ID","value":"AB07090"}],"name":"Tester Cention"}}}}"#
            )
        );
    }

    #[test]
    fn the_name_goes_where_the_setting_says() {
        let card = ContactCard { name: Some(entry("Åsa \"A\"")), voice: vec![entry("+4670")], ..Default::default() };
        let head = r#"{"data":{"type":"c3_contact_cards","attributes":{"contacts":{"voice":["+4670"]"#;
        assert_eq!(text(&card, NameAt::Attributes), format!(r#"{head}}},"name":"Åsa \"A\""}}}}}}"#));
        assert_eq!(text(&card, NameAt::Both), format!(r#"{head},"name":"Åsa \"A\""}},"name":"Åsa \"A\""}}}}}}"#));
    }
}
