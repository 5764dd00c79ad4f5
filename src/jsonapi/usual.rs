//! The answer in the form that nearly all have, read straight into what is wanted of it: no tree of values is built to
//! be taken apart again. Whatever is not quite so is left to [`read`](super::read), which takes anything.

use std::borrow::Cow;

use super::answer::Resource;
use super::cursor::Cursor;
use crate::model::{Channel, Echo};

/// The resource in a body, as [`read`](super::read) would find it; nothing when the body is of another form.
pub(super) fn resource(body: &[u8]) -> Option<Resource<'_>> {
    let mut cursor = Cursor::new(simdutf8::basic::from_utf8(body).ok()?);
    let mut data = None;
    cursor.object(|cursor, name| match name {
        "data" => once(&mut data, read_data(cursor)?),
        "errors" => None,
        _ => cursor.skip(),
    })?;
    cursor.end()?;
    data
}

fn read_data<'a>(cursor: &mut Cursor<'a>) -> Option<Resource<'a>> {
    let (mut kind, mut id, mut attributes) = (None, None, None);
    cursor.object(|cursor, name| match name {
        "type" => once(&mut kind, nullable(cursor)?),
        "id" => once(&mut id, nullable(cursor)?),
        "attributes" => once(&mut attributes, read_attributes(cursor)?),
        _ => cursor.skip(),
    })?;
    let (c3_id, echo) = attributes.unwrap_or_default();
    Some(Resource { kind: kind.flatten(), id: id.flatten(), c3_id, echo })
}

/// The id among the attributes, and the card.
fn read_attributes<'a>(cursor: &mut Cursor<'a>) -> Option<(Option<Cow<'a, str>>, Option<Echo>)> {
    let (mut c3_id, mut name, mut contacts) = (None, None, None);
    cursor.object(|cursor, member| match member {
        "c3_id" => once(&mut c3_id, nullable(cursor)?),
        "name" => once(&mut name, nullable(cursor)?),
        "contacts" if cursor.null() => once(&mut contacts, None),
        "contacts" => once(&mut contacts, Some(read_contacts(cursor)?)),
        _ => cursor.skip(),
    })?;
    let mut echo = contacts.flatten();
    if let (Some(echo), Some(name)) = (&mut echo, name.flatten())
        && echo.name().is_none()
    {
        echo.set_name(&name);
    }
    Some((c3_id.flatten(), echo))
}

fn read_contacts(cursor: &mut Cursor<'_>) -> Option<Echo> {
    let mut echo = Echo::with_room(cursor.left());
    let mut name = None;
    cursor.object(|cursor, member| match member {
        "name" => once(&mut name, nullable(cursor)?),
        "custom" if echo.custom().len() == 0 => cursor.array(|cursor| read_pair(cursor, &mut echo)),
        "custom" => None,
        _ => match Channel::ALL.into_iter().find(|channel| channel.as_str() == member) {
            None => cursor.skip(),
            Some(channel) if echo.entries().any(|(earlier, _)| earlier == channel) => None,
            Some(channel) => cursor.array(|cursor| {
                echo.add_entry(channel, &cursor.scalar()?);
                Some(())
            }),
        },
    })?;
    if let Some(name) = name.flatten() {
        echo.set_name(&name);
    }
    Some(echo)
}

fn read_pair(cursor: &mut Cursor<'_>, echo: &mut Echo) -> Option<()> {
    let (mut label, mut value) = (None, None);
    cursor.object(|cursor, name| match name {
        "label" => once(&mut label, cursor.scalar()?),
        "value" => once(&mut value, cursor.scalar()?),
        _ => cursor.skip(),
    })?;
    echo.add_custom(&label?, &value?);
    Some(())
}

fn nullable<'a>(cursor: &mut Cursor<'a>) -> Option<Option<Cow<'a, str>>> {
    if cursor.null() { Some(None) } else { cursor.scalar().map(Some) }
}

/// Of members with one name, it is not for us to say which counts.
fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    let first = place.is_none();
    *place = Some(value);
    first.then_some(())
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
            "\"(a|å|\\\\u00e5|\\\\\"|\\\\/|\\\\ud83d\\\\ude00|\\\\ud83d){0,3}\"",
            (-3i64..30).prop_map(|n| n.to_string()),
            prop::sample::select(vec![
                "null",
                "true",
                "1.5",
                "{}",
                "[]",
                "18446744073709551616",
                "-0",
                "007",
                "1e3",
                " 7 ",
                "[[1],{\"a\":[]}]",
            ])
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

        #[test]
        fn nor_is_a_damaged_body_read_otherwise(body in json(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut damaged = body.into_bytes();
            let at = at.index(damaged.len());
            prop_assert!(resource(&damaged[..at]).is_none(), "a torn one is no document");
            damaged[at] = byte;
            if let Some(resource) = resource(&damaged) {
                prop_assert_eq!(read_anything(&damaged), Some(Document::Resource(resource)));
            }
        }
    }
}
