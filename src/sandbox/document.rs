//! A request's body, bytes → contacts, with every reason why it cannot be.

use serde_json::{Map, Value};

use super::{Contacts, Custom, NamePlace, Rules};
use crate::model::{Channel, excerpt};

/// The one resource type there is.
pub(super) const TYPE: &str = "c3_contact_cards";

/// One reason why a request is turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The status it asks for.
    pub status: u16,
    /// RFC 6901, into the request.
    pub pointer: Option<String>,
    /// A sentence.
    pub detail: String,
}

impl Refusal {
    /// A reason that no single member is to blame for.
    pub fn whole(status: u16, detail: impl Into<String>) -> Refusal {
        Refusal { status, pointer: None, detail: detail.into() }
    }

    fn at(status: u16, pointer: &str, detail: impl Into<String>) -> Refusal {
        Refusal { status, pointer: Some(pointer.to_owned()), detail: detail.into() }
    }
}

/// Reads a body by JSON:API 1.0 ("Creating Resources") and the API page's field tables.
///
/// # Errors
/// Every reason at once, at least one.
pub(super) fn read(body: &[u8], rules: &Rules) -> Result<Contacts, Vec<Refusal>> {
    let root: Value = serde_json::from_slice(body).map_err(|error| {
        vec![Refusal::whole(
            rules.bad_json_status,
            format!("the body is not JSON: {}", excerpt(&error.to_string(), 120)),
        )]
    })?;
    let mut reader = Reader { rules, refusals: Vec::new() };
    let contacts = reader.document(&root).unwrap_or_default();
    if reader.refusals.is_empty() { Ok(contacts) } else { Err(reader.refusals) }
}

struct Reader<'a> {
    rules: &'a Rules,
    refusals: Vec<Refusal>,
}

impl Reader<'_> {
    /// `None` when there is no sense in looking further; then a reason stands in the refusals.
    fn document(&mut self, root: &Value) -> Option<Contacts> {
        let root = self.object(root, "")?;
        self.only(root, "", &["data", "jsonapi", "meta"]);
        let data = match root.get("data") {
            None => return self.refuse(400, "", "\"data\" is missing"),
            Some(Value::Array(_)) => {
                return self.refuse(400, "/data", "one card a request: \"data\" cannot be an array");
            }
            Some(data) => self.object(data, "/data")?,
        };
        self.only(data, "/data", &["type", "id", "attributes"]);
        match data.get("type") {
            None => self.add(400, "/data/type", "the type is missing"),
            Some(Value::String(name)) if name == TYPE => {}
            Some(_) => self.add(409, "/data/type", format!("only {TYPE:?} is known here")),
        }
        if data.contains_key("id") {
            self.add(403, "/data/id", "ids are made by the server");
        }
        let Some(attributes) = data.get("attributes") else {
            return self.refuse(422, "/data", "\"attributes\" is missing");
        };
        let attributes = self.object(attributes, "/data/attributes")?;
        self.only(attributes, "/data/attributes", &["contacts", "name"]);
        let Some(contacts) = attributes.get("contacts") else {
            return self.refuse(422, "/data/attributes", "\"contacts\" is missing");
        };
        let is_named_beside = attributes.contains_key("name") && self.rules.name_at != NamePlace::Contacts;
        let mut contacts = self.contacts(contacts, is_named_beside)?;
        let beside = attributes.get("name").and_then(|name| self.text(name, "/data/attributes/name"));
        contacts.name = match self.rules.name_at {
            NamePlace::Contacts => contacts.name,
            NamePlace::Attributes => beside,
            NamePlace::Both => contacts.name.or(beside),
        };
        Some(contacts)
    }

    fn contacts(&mut self, value: &Value, is_named_beside: bool) -> Option<Contacts> {
        const AT: &str = "/data/attributes/contacts";
        let members = self.object(value, AT)?;
        let known: Vec<&str> = Channel::ALL.into_iter().map(Channel::as_str).chain(["custom", "name"]).collect();
        self.only(members, AT, &known);
        if self.rules.strict_document && members.is_empty() && !is_named_beside {
            self.add(422, AT, "there is nothing in it");
        }
        let mut contacts = Contacts::default();
        if let Some(name) = members.get("name") {
            contacts.name = self.text(name, &format!("{AT}/name"));
        }
        for channel in Channel::ALL {
            let Some(value) = members.get(channel.as_str()) else { continue };
            let at = format!("{AT}/{}", channel.as_str());
            let mut entries: Vec<String> = Vec::new();
            for (n, item) in self.array(value, &at).iter().enumerate() {
                let at = format!("{at}/{n}");
                let Some(entry) = self.text(item, &at) else { continue };
                if self.rules.strict_document && entries.contains(&entry) {
                    self.add(422, &at, "the entry is there twice");
                }
                if self.rules.strict_document && channel == Channel::Voice && !is_phone(&entry) {
                    self.add(422, &at, "a phone number starts with a plus sign, and digits follow");
                }
                entries.push(entry);
            }
            *contacts.channel_mut(channel) = entries;
        }
        if let Some(value) = members.get("custom") {
            let at = format!("{AT}/custom");
            for (n, item) in self.array(value, &at).iter().enumerate() {
                let at = format!("{at}/{n}");
                let Some(field) = self.custom(item, &at) else { continue };
                if self.rules.strict_document && contacts.custom.contains(&field) {
                    self.add(422, &at, "the pair is there twice");
                }
                contacts.custom.push(field);
            }
        }
        Some(contacts)
    }

    fn custom(&mut self, value: &Value, at: &str) -> Option<Custom> {
        let members = self.object(value, at)?;
        self.only(members, at, &["label", "value"]);
        let mut part = |key: &str| match members.get(key) {
            Some(part) => self.text(part, &format!("{at}/{key}")),
            None => self.refuse(422, at, &format!("{key:?} is missing")),
        };
        let (label, value) = (part("label"), part("value"));
        Some(Custom { label: label?, value: value? })
    }

    fn text(&mut self, value: &Value, at: &str) -> Option<String> {
        let Value::String(text) = value else { return self.refuse(422, at, "this has to be a string") };
        if self.rules.strict_document {
            if text.trim().is_empty() {
                self.add(422, at, "the string is empty");
            } else if text.trim() != text {
                self.add(422, at, "there is white space around the string");
            }
            if text.contains(['\0', '\u{fffd}']) {
                self.add(422, at, "a character was lost: NUL or U+FFFD");
            }
        }
        Some(text.clone())
    }

    fn array<'v>(&mut self, value: &'v Value, at: &str) -> &'v [Value] {
        let Value::Array(items) = value else {
            self.add(422, at, "this has to be an array");
            return &[];
        };
        if self.rules.strict_document && items.is_empty() {
            self.add(422, at, "the array is empty");
        }
        items
    }

    fn object<'v>(&mut self, value: &'v Value, at: &str) -> Option<&'v Map<String, Value>> {
        match value {
            Value::Object(members) => Some(members),
            _ => self.refuse(if at.is_empty() || at == "/data" { 400 } else { 422 }, at, "this has to be an object"),
        }
    }

    /// Refuses members beyond the known ones. The vendor's published library drops them, so a misspelt one would be
    /// lost without a word: a stand-in is of more use when it says so.
    fn only(&mut self, members: &Map<String, Value>, at: &str, known: &[&str]) {
        if !self.rules.strict_document {
            return;
        }
        for key in members.keys().filter(|key| !known.contains(&key.as_str())) {
            let pointer = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
            self.add(422, &pointer, "the member is not known");
        }
    }

    fn add(&mut self, status: u16, pointer: &str, detail: impl Into<String>) {
        self.refusals.push(Refusal::at(status, pointer, detail));
    }

    fn refuse<T>(&mut self, status: u16, pointer: &str, detail: &str) -> Option<T> {
        self.add(status, pointer, detail);
        None
    }
}

/// Plus, then digits with at most the usual separators between them (API page: "Phone number (with plus sign)").
fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit() || c == '(')
            && rest.contains(|c: char| c.is_ascii_digit())
            && rest.chars().all(|c| c.is_ascii_digit() || " -.()/".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a card whose `contacts` are this JSON, and tells the refusals as `status pointer`.
    fn refusals(body: &str) -> Vec<String> {
        let told = |refusal: &Refusal| format!("{} {}", refusal.status, refusal.pointer.as_deref().unwrap_or("-"));
        read(body.as_bytes(), &Rules::default()).err().iter().flatten().map(told).collect()
    }

    fn card(contacts: &str) -> String {
        format!(r#"{{"data":{{"type":"c3_contact_cards","attributes":{{"contacts":{contacts}}}}}}}"#)
    }

    fn untidy(contacts: &str) -> Vec<String> {
        refusals(&card(contacts)).iter().map(|told| told.replace("/data/attributes/contacts", "…")).collect()
    }

    #[test]
    fn the_sample_of_the_page_is_taken() {
        let body = card(
            r#"{"email":["tester.c3@cention.se","tester.c3.2@cention.se"],"facebook":["12345@facebook.com"],
                "custom":[{"label":"ID","value":"AB07090"}],"name":"Tester Cention","voice":["+46 (0)70-1"]}"#,
        );
        let contacts = read(body.as_bytes(), &Rules::default()).unwrap();
        assert_eq!(contacts.name.as_deref(), Some("Tester Cention"));
        assert_eq!(contacts.email.len(), 2);
        assert_eq!(contacts.custom, [Custom { label: "ID".into(), value: "AB07090".into() }]);
        assert_eq!(contacts.identities()[3], "voice:460701");
    }

    #[test]
    fn what_is_no_resource_is_refused_by_its_own_status() {
        assert_eq!(refusals("{"), ["406 -"]);
        assert_eq!(refusals("[]"), ["400 "]);
        assert_eq!(refusals("{}"), ["400 "]);
        assert_eq!(refusals(r#"{"data":[]}"#), ["400 /data"]);
        assert_eq!(
            refusals(r#"{"data":{"type":"people","id":"1","attributes":{"contacts":{"email":["a"]}}}}"#),
            ["409 /data/type", "403 /data/id"]
        );
        assert_eq!(refusals(r#"{"data":{"type":"c3_contact_cards"}}"#), ["422 /data"]);
    }

    #[test]
    fn untidy_contacts_are_refused_with_every_place_at_once() {
        assert_eq!(untidy("{}"), ["422 …"]);
        assert_eq!(
            untidy(r#"{"email":["a"," b","a",""],"vk":[],"line":"x","voice":["070"],"fax~/":["1"],"name":null}"#),
            [
                "422 …/fax~0~1",
                "422 …/name",
                "422 …/email/1",
                "422 …/email/2",
                "422 …/email/3",
                "422 …/vk",
                "422 …/line",
                "422 …/voice/0"
            ]
        );
        assert_eq!(
            untidy(r#"{"custom":[{"label":"ID"},{"label":"A","value":1},{"label":"A","value":"\ufffd","x":1}]}"#),
            ["422 …/custom/0", "422 …/custom/1/value", "422 …/custom/2/x", "422 …/custom/2/value"]
        );
    }

    #[test]
    fn a_lenient_server_drops_what_it_does_not_know() {
        let rules = Rules { strict_document: false, ..Rules::default() };
        let contacts = read(card(r#"{"email":[" a"],"fax":1,"vk":[]}"#).as_bytes(), &rules).unwrap();
        assert_eq!(contacts, Contacts { email: vec![" a".into()], ..Contacts::default() });
    }

    #[test]
    fn the_name_is_taken_from_where_the_rule_says() {
        let body = r#"{"data":{"type":"c3_contact_cards","attributes":{"name":"Beside","contacts":{"email":["a"],"name":"Inside"}}}}"#;
        let name = |name_at| read(body.as_bytes(), &Rules { name_at, ..Rules::default() }).unwrap().name;
        assert_eq!(name(NamePlace::Contacts).as_deref(), Some("Inside"));
        assert_eq!(name(NamePlace::Attributes).as_deref(), Some("Beside"));
        assert_eq!(name(NamePlace::Both).as_deref(), Some("Inside"));
        // A name beside is something, where it is looked for.
        let alone = r#"{"data":{"type":"c3_contact_cards","attributes":{"name":"Beside","contacts":{}}}}"#;
        let is_taken = |name_at| read(alone.as_bytes(), &Rules { name_at, ..Rules::default() }).is_ok();
        assert_eq!([NamePlace::Contacts, NamePlace::Attributes].map(is_taken), [false, true]);
    }

    #[test]
    fn no_bytes_make_it_fall_over() {
        for body in [&b""[..], b"\xff\xfe", b"null", b"\"x\"", &[b'['; 100_000]] {
            assert!(read(body, &Rules::default()).is_err());
        }
    }
}
