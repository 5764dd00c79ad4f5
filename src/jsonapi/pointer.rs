//! A server's `source.pointer`, led back to the field of the card that it means.

use crate::model::{Channel, Field};

/// The field that an RFC 6901 pointer into our request means; `None` when it points at none of our values.
/// A pointer at a whole list means its first entry.
pub fn field(pointer: &str) -> Option<Field> {
    let path = pointer.trim_start_matches('#').strip_prefix('/')?;
    let mut parts = path.split('/').map(|part| part.replace("~1", "/").replace("~0", "~"));
    if parts.next()? != "data" || parts.next()? != "attributes" {
        return None;
    }
    let mut part = parts.next()?;
    if part == "contacts" {
        part = parts.next()?;
    }
    let at = match parts.next() {
        Some(index) => index.parse().ok()?,
        None => 0,
    };
    match part.as_str() {
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
