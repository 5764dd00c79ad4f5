//! A server's `source.pointer`, led back to the field of the card that it means.

use crate::model::{Channel, Field};

/// The field that a pointer into our request means; `None` when it points at none of our values.
/// A pointer at a whole list means its first entry.
///
/// RFC 6901 is what the format asks for; servers also write paths (`data.attributes.contacts.email[1]`), pointers as
/// fragments, and pointers that begin somewhere below the root.
pub fn field(pointer: &str) -> Option<Field> {
    // None of our member names holds any of these, so there is nothing to unescape.
    let mut parts = pointer.split(['/', '.', '[', ']', '"', '\'']).filter(|part| !["", "#", "$"].contains(part));
    let part = parts.find(|part| !["data", "attributes", "contacts"].contains(part))?;
    let at = match parts.next() {
        Some(index) => index.parse().ok()?,
        None => 0,
    };
    match part {
        "name" => Some(Field::Name),
        "custom" => Some(Field::Custom(at)),
        other => Channel::ALL.into_iter().find(|c| c.as_str() == other).map(|c| Field::Channel(c, at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_into_our_request_become_fields() {
        let cases = [
            ("/data/attributes/contacts/email/1", Some(Field::Channel(Channel::Email, 1))),
            ("/data/attributes/contacts/voice", Some(Field::Channel(Channel::Voice, 0))),
            ("/data/attributes/contacts/custom/2/value", Some(Field::Custom(2))),
            ("/data/attributes/contacts/name", Some(Field::Name)),
            ("#/data/attributes/name", Some(Field::Name)),
            ("/data/attributes/email/2", Some(Field::Channel(Channel::Email, 2))),
            ("data.attributes.contacts.email[1]", Some(Field::Channel(Channel::Email, 1))),
            ("$['data']['attributes'].contacts.voice.3", Some(Field::Channel(Channel::Voice, 3))),
            ("contacts/line/0", Some(Field::Channel(Channel::Line, 0))),
            ("/data/relationships/email/1", None),
            ("/data/attributes/contacts/fax/0", None),
            ("/data/attributes/contacts/email/x", None),
            ("/data", None),
            ("", None),
        ];
        for (pointer, expected) in cases {
            assert_eq!(field(pointer), expected, "{pointer}");
        }
    }
}
