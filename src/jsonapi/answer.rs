//! An answer's body: a resource, error objects, or something else.

use std::borrow::Cow;

use serde_json::Value;

use super::usual;
use crate::model::{Channel, Echo, ServerError, excerpt};

/// How much of a server's text is kept, in characters.
const MESSAGE_CHARS_MAX: usize = 300;
/// How many of a server's errors are kept.
const ERRORS_MAX: usize = 20;

/// What a body turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document<'a> {
    /// A resource object in `data`.
    Resource(Resource<'a>),
    /// Error objects, or what stands for them; at least one.
    Errors(Vec<ServerError>),
    /// An object, but neither.
    Other,
    /// JSON, but not even an object.
    Value,
}

/// What the answer says of the card. Ids as text, whether written as number or string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource<'a> {
    /// `data.type`.
    pub kind: Option<Cow<'a, str>>,
    /// `data.id`.
    pub id: Option<Cow<'a, str>>,
    /// `data.attributes.c3_id`.
    pub c3_id: Option<Cow<'a, str>>,
    /// The card itself, if `data.attributes.contacts` is there.
    pub echo: Option<Echo>,
}

/// Reads a body; `None` when it is not JSON.
///
/// Tolerates unknown members, a byte order mark, characters that are no UTF-8, and error bodies in every shape seen:
/// JSON:API `errors` (with `detail` a string or a list), `{"errors": {"email": ["…"]}}`, `{"error": "…"}`,
/// `{"message": "…"}` (API facts, "error bodies").
pub fn read(body: &[u8]) -> Option<Document<'_>> {
    usual::resource(body).map(Document::Resource).or_else(|| read_anything(body))
}

/// The same, whatever it looks like.
pub(super) fn read_anything(body: &[u8]) -> Option<Document<'static>> {
    let text = String::from_utf8_lossy(body);
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    if !value.is_object() {
        return Some(Document::Value);
    }
    let errors = match value.get("errors") {
        Some(Value::Array(errors)) => errors.iter().take(ERRORS_MAX).filter_map(error_object).collect(),
        Some(other) => error_object(other).map_or_else(|| by_member(other), |error| vec![error]),
        None => Vec::new(),
    };
    if !errors.is_empty() {
        return Some(Document::Errors(errors));
    }
    if let Some(data @ Value::Object(_)) = value.get("data") {
        return Some(Document::Resource(Resource {
            kind: scalar(data.get("type")).map(Cow::Owned),
            id: data.get("id").and_then(id).map(Cow::Owned),
            c3_id: data.pointer("/attributes/c3_id").and_then(id).map(Cow::Owned),
            echo: data.get("attributes").and_then(echo),
        }));
    }
    Some(match error_object(&value) {
        Some(error) => Document::Errors(vec![error]),
        None if says_no(&value) => Document::Errors(vec![ServerError::default()]),
        None => Document::Other,
    })
}

/// Whether an object without any text says that it failed: `{"status": "error"}`, `{"success": false}`.
fn says_no(value: &Value) -> bool {
    let failed = |text: &str| ["error", "fail", "failed", "failure"].contains(&text.to_ascii_lowercase().as_str());
    value.get("status").and_then(Value::as_str).is_some_and(failed)
        || ["success", "ok"].iter().any(|member| value.get(member) == Some(&Value::Bool(false)))
}

fn echo(attributes: &Value) -> Option<Echo> {
    let contacts = attributes.get("contacts").filter(|contacts| contacts.is_object())?;
    let list = |name: &str| contacts.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut echo = Echo::default();
    for channel in Channel::ALL {
        let values = list(channel.as_str()).iter().filter_map(|value| scalar(Some(value)));
        values.for_each(|value| echo.add_entry(channel, &value));
    }
    for pair in list("custom") {
        if let (Some(label), Some(value)) = (scalar(pair.get("label")), scalar(pair.get("value"))) {
            echo.add_custom(&label, &value);
        }
    }
    if let Some(name) = scalar(contacts.get("name")).or_else(|| scalar(attributes.get("name"))) {
        echo.set_name(&name);
    }
    Some(echo)
}

fn error_object(value: &Value) -> Option<ServerError> {
    if let Value::String(text) = value {
        return Some(ServerError { message: excerpt(text, MESSAGE_CHARS_MAX), pointer: None });
    }
    let mut said: Vec<String> = Vec::new();
    for member in ["title", "detail", "error", "error_description", "message", "reason"] {
        for text in texts(value.get(member)) {
            if !said.iter().any(|earlier| earlier.contains(&text)) {
                said.push(text);
            }
        }
    }
    if said.is_empty() {
        said.extend(scalar(value.get("code")).map(|code| format!("code {code}")));
    }
    let pointer = scalar(value.pointer("/source/pointer")).filter(|pointer| !pointer.is_empty());
    let pointer = pointer.map(|pointer| excerpt(&pointer, MESSAGE_CHARS_MAX));
    if said.is_empty() && pointer.is_none() {
        return None;
    }
    Some(ServerError { message: excerpt(&said.join(": "), MESSAGE_CHARS_MAX), pointer })
}

/// What is said of each member: `{"email": ["is invalid", "is taken"]}`.
fn by_member(errors: &Value) -> Vec<ServerError> {
    let members = errors.as_object().into_iter().flatten().take(ERRORS_MAX);
    let said = members.map(|(name, said)| (name, texts(Some(said)))).filter(|(_, said)| !said.is_empty());
    said.map(|(name, said)| ServerError {
        message: excerpt(&format!("{name}: {}", said.join(", ")), MESSAGE_CHARS_MAX),
        pointer: Some(excerpt(name, MESSAGE_CHARS_MAX)),
    })
    .collect()
}

/// A string, or the strings of a list; blank ones left out.
fn texts(value: Option<&Value>) -> Vec<String> {
    let list = match value {
        Some(Value::Array(list)) => list.iter().filter_map(|item| scalar(Some(item))).collect(),
        other => scalar(other).into_iter().collect::<Vec<_>>(),
    };
    list.into_iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

/// An id as text; a whole number without its `.0`, which some languages give to all their numbers.
fn id(value: &Value) -> Option<String> {
    let text = scalar(Some(value))?;
    Some(if value.is_number() { text.trim_end_matches(".0").to_owned() } else { text })
}

fn scalar(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(body: &str) -> Vec<(String, Option<String>)> {
        match read(body.as_bytes()) {
            Some(Document::Errors(errors)) => errors.into_iter().map(|e| (e.message, e.pointer)).collect(),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn ids_are_text_whether_number_or_string() {
        let body = r#"{"data":{"type":"c3_contact_cards","id":13,"attributes":{"c3_id":"13","x":[]}},"meta":1}"#;
        let expected = Resource {
            kind: Some("c3_contact_cards".into()),
            id: Some("13".into()),
            c3_id: Some("13".into()),
            echo: None,
        };
        assert_eq!(read(body.as_bytes()), Some(Document::Resource(expected.clone())));
        let marked = format!("\u{feff}{}", body.replace(":13,", ":13.0,"));
        assert_eq!(read(marked.as_bytes()), Some(Document::Resource(expected)));
        assert!(matches!(read(b"{\"data\":{\"id\":1,\"name\":\"\xc5sa\"}}"), Some(Document::Resource(_))), "Latin-1");
    }

    #[test]
    fn the_card_is_read_back() {
        let body = r#"{"data":{"id":"13","attributes":{"name":"A","contacts":{"email":["a@x.se",7,null],"vk":"x",
            "custom":[{"label":"ID","value":1},{"label":"x"},3]}}}}"#;
        let Some(Document::Resource(resource)) = read(body.as_bytes()) else { panic!("a resource") };
        let mut expected = Echo::default();
        expected.set_name("A");
        expected.add_entry(Channel::Email, "a@x.se");
        expected.add_entry(Channel::Email, "7");
        expected.add_custom("ID", "1");
        assert_eq!(resource.echo, Some(expected));
    }

    #[test]
    fn errors_are_found_in_every_shape() {
        let pointer = "/data/attributes/contacts/email/0";
        assert_eq!(
            errors(&format!(
                r#"{{"errors":[{{"status":"422","title":"Bad","detail":["no @","no dot"],"source":{{"pointer":"{pointer}"}}}}]}}"#
            )),
            [("Bad: no @: no dot".to_owned(), Some(pointer.to_owned()))]
        );
        assert_eq!(errors(r#"{"error":"boom\u001b[31m"}"#), [("boom\\u{1b}[31m".to_owned(), None)]);
        assert_eq!(errors(r#"{"errors":["a","b"]}"#).len(), 2);
        assert_eq!(errors(r#"{"errors":{"message":"m"}}"#), [("m".to_owned(), None)]);
        assert_eq!(errors(r#"{"errors":[{"code":17}]}"#), [("code 17".to_owned(), None)]);
        assert_eq!(
            errors(r#"{"errors":{"email":["is invalid","is taken"]}}"#),
            [("email: is invalid, is taken".to_owned(), Some("email".to_owned()))]
        );
    }

    #[test]
    fn what_is_neither_is_said_to_be_neither() {
        assert_eq!(read(b"<html>"), None);
        assert_eq!(read(b"{}"), Some(Document::Other));
        assert_eq!(read(b"[1]"), Some(Document::Value));
        assert!(matches!(read(br#"{"success":false}"#), Some(Document::Errors(_))));
    }
}
