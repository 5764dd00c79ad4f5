//! The answer in the form that nearly all have, read straight into what is wanted of it: no tree of values is built to
//! be taken apart again. Whatever is not quite so is left to [`read`](super::read), which takes anything.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, Visitor};

use super::answer::Resource;
use crate::model::{Channel, Echo};

/// The resource in a body, as [`read`](super::read) would find it; nothing when the body is of another form.
pub(super) fn resource(body: &[u8]) -> Option<Resource> {
    // Looked at once as a whole, instead of string by string.
    let Body { data, errors } = serde_json::from_str(simdutf8::basic::from_utf8(body).ok()?).ok()?;
    if errors.is_some() {
        return None;
    }
    let Data { kind, id, attributes: Attributes { c3_id, name, contacts } } = data;
    let echo = contacts.map(|contacts| {
        let Contacts { name: own_name, email, facebook, vk, line, voice, custom } = contacts;
        let lists = Channel::ALL.into_iter().zip([email, facebook, vk, line, voice]);
        let entries = lists.flat_map(|(channel, list)| list.0.into_iter().map(move |entry| (channel, entry.0)));
        Echo {
            name: own_name.or(name).map(|name| name.0),
            entries: entries.collect(),
            custom: custom.0.into_iter().map(|pair| (pair.label.0, pair.value.0)).collect(),
        }
    });
    Some(Resource { kind: kind.map(|kind| kind.0), id: id.map(|id| id.0), c3_id: c3_id.map(|id| id.0), echo })
}

#[derive(Deserialize)]
struct Body {
    data: Data,
    #[serde(default, deserialize_with = "there")]
    errors: Option<()>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "type")]
    kind: Option<Scalar>,
    id: Option<Scalar>,
    attributes: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    c3_id: Option<Scalar>,
    name: Option<Scalar>,
    contacts: Option<Contacts>,
}

#[derive(Deserialize)]
struct Contacts {
    name: Option<Scalar>,
    #[serde(default)]
    email: List<Scalar>,
    #[serde(default)]
    facebook: List<Scalar>,
    #[serde(default)]
    vk: List<Scalar>,
    #[serde(default)]
    line: List<Scalar>,
    #[serde(default)]
    voice: List<Scalar>,
    #[serde(default)]
    custom: List<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    label: Scalar,
    value: Scalar,
}

/// A list, and nothing but a list.
struct List<T>(Vec<T>);

/// A string or a whole number, as text.
struct Scalar(String);

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(List)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a whole number")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(text.to_owned()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

/// Whether a member is there, whatever it holds.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<()>, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| Some(()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jsonapi::answer::{Document, read_anything};
    use proptest::prelude::*;

    #[test]
    fn the_form_that_nearly_all_have_is_read() {
        let body = r#"{"data":{"type":"c3_contact_cards","id":"13","links":{"self":"x"},"attributes":{"c3_id":13,
            "contacts":{"name":"Åsa","email":["a@b.se"],"custom":[{"label":"ID","value":7}]}}},"jsonapi":{}}"#;
        let resource = resource(body.as_bytes()).expect("it is of that form");
        assert_eq!(read_anything(body.as_bytes()), Some(Document::Resource(resource)));
    }

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "\"[a1å\\\\n]{0,3}\"",
            (-3i64..30).prop_map(|n| n.to_string()),
            prop::sample::select(vec!["null", "true", "1.5", "{}", "[]", "18446744073709551616"])
                .prop_map(str::to_owned),
        ];
        let leaf = leaf.boxed();
        let member = |name: &'static str, value: BoxedStrategy<String>| {
            prop_oneof![
                1 => Just(String::new()),
                4 => value.prop_map(move |value| format!("\"{name}\":{value},")),
            ]
            .boxed()
        };
        let object = |members: Vec<BoxedStrategy<String>>| {
            members.prop_shuffle().prop_map(|members| format!("{{{}}}", members.concat().trim_end_matches(','))).boxed()
        };
        let list = |item: BoxedStrategy<String>| {
            prop::collection::vec(item, 0..3).prop_map(|items| format!("[{}]", items.join(","))).boxed()
        };
        let pair = object(vec![member("label", leaf.clone()), member("value", leaf.clone())]);
        let entries = prop_oneof![9 => list(leaf.clone()), 1 => leaf.clone()].boxed();
        let contacts = object(vec![
            member("name", leaf.clone()),
            member("email", entries.clone()),
            member("email", entries),
            member("custom", prop_oneof![9 => list(pair), 1 => leaf.clone()].boxed()),
        ]);
        let attributes = object(vec![
            member("c3_id", leaf.clone()),
            member("name", leaf.clone()),
            member("contacts", prop_oneof![9 => contacts, 1 => leaf.clone()].boxed()),
        ]);
        let data = object(vec![
            member("type", leaf.clone()),
            member("id", leaf.clone()),
            member("attributes", prop_oneof![9 => attributes, 1 => leaf.clone()].boxed()),
        ]);
        object(vec![member("data", data), prop_oneof![9 => Just(String::new()), 1 => member("errors", leaf)].boxed()])
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

        #[test]
        fn the_short_way_agrees_with_the_long_one(body in json()) {
            if let Some(resource) = resource(body.as_bytes()) {
                prop_assert_eq!(read_anything(body.as_bytes()), Some(Document::Resource(resource)), "{}", body);
            }
        }
    }
}
