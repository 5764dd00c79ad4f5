//! A card as the document that is posted (API page, "Sample HTTP POST request body").

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::model::{Channel, ContactCard, CustomField, Entry, NameAt};

/// The media type of requests and answers, without parameters: a strict server answers 415 to `; charset=`
/// (JSON:API 1.0, "Content Negotiation").
pub const MEDIA_TYPE: &str = "application/vnd.api+json";

/// The request document, as UTF-8 JSON. Members that would be empty are left out.
pub fn encode(card: &ContactCard, name_at: NameAt) -> Vec<u8> {
    let document =
        RequestDocument { data: RequestData { kind: "c3_contact_cards", attributes: Attributes { card, name_at } } };
    let mut bytes = Vec::with_capacity(512);
    serde_json::to_writer(&mut bytes, &document).expect("strings and maps always serialise into memory");
    bytes
}

#[derive(Serialize)]
struct RequestDocument<'a> {
    data: RequestData<'a>,
}

#[derive(Serialize)]
struct RequestData<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    attributes: Attributes<'a>,
}

struct Attributes<'a> {
    card: &'a ContactCard,
    name_at: NameAt,
}

struct Contacts<'a> {
    card: &'a ContactCard,
    with_name: bool,
}

struct Values<'a>(&'a [Entry]);

#[derive(Serialize)]
struct Pair<'a> {
    label: &'a str,
    value: &'a str,
}

struct Pairs<'a>(&'a [CustomField]);

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let with_name = matches!(self.name_at, NameAt::Contacts | NameAt::Both);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("contacts", &Contacts { card: self.card, with_name })?;
        if let (NameAt::Attributes | NameAt::Both, Some(name)) = (self.name_at, &self.card.name) {
            map.serialize_entry("name", &name.value)?;
        }
        map.end()
    }
}

impl Serialize for Contacts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for channel in Channel::ALL {
            let entries = self.card.channel(channel);
            if !entries.is_empty() {
                map.serialize_entry(channel.as_str(), &Values(entries))?;
            }
        }
        if !self.card.custom.is_empty() {
            map.serialize_entry("custom", &Pairs(&self.card.custom))?;
        }
        if let (true, Some(name)) = (self.with_name, &self.card.name) {
            map.serialize_entry("name", &name.value)?;
        }
        map.end()
    }
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|entry| &entry.value))
    }
}

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|field| Pair { label: &field.label, value: &field.value }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;

    fn entry(value: &str) -> Entry {
        Entry { value: value.to_owned(), origin: Origin(0) }
    }

    fn text(card: &ContactCard, name_at: NameAt) -> String {
        String::from_utf8(encode(card, name_at)).expect("JSON is UTF-8")
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
