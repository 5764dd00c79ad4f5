//! The JSON Schema of the language, made of the same table of keys that the parser knows, for editors that complete and
//! check while a mapping is written.

use serde_json::{Map, Value, json};

use super::keys::{self, Key, Kind};
use crate::model::Code;

/// The schema, in the draft that TOML editors read (draft 7). It is stricter in form than in sense: which option goes
/// with which field is for `mapping check` to say.
pub fn schema() -> Value {
    let mut root = object(keys::ROOT);
    let about = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A c3import mapping, version 1",
        "description": "How the columns of a table become Cention contact cards.",
        "required": ["version", "card"],
        "definitions": {
            "source": source(),
            "sources": {
                "anyOf": [
                    { "$ref": "#/definitions/source" },
                    { "type": "array", "minItems": 1, "items": { "$ref": "#/definitions/source" } },
                ],
            },
            "condition": condition(),
        },
    });
    if let (Some(root), Value::Object(about)) = (root.as_object_mut(), about) {
        root.extend(about);
    }
    root
}

fn object(keys: &[Key]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| {
            let mut value = kind(key.kind);
            // A reference stands alone in this draft.
            if value.get("$ref").is_some() {
                value = json!({ "allOf": [value] });
            }
            if let Some(value) = value.as_object_mut() {
                value.insert("description".to_owned(), key.about.into());
            }
            (key.name.to_owned(), value)
        })
        .collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn kind(kind: Kind) -> Value {
    let text = || json!({ "type": "string", "minLength": 1 });
    let any_text = || json!({ "type": "string" });
    match kind {
        Kind::Version => json!({ "const": 1 }),
        Kind::Text => text(),
        Kind::AnyText => any_text(),
        Kind::Truth => json!({ "type": "boolean" }),
        Kind::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::NameOrNumber => json!({ "anyOf": [text(), { "type": "integer", "minimum": 1 }] }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Texts => json!({ "type": "array", "minItems": 1, "items": any_text() }),
        Kind::TextOrTexts => json!({ "anyOf": [text(), { "type": "array", "minItems": 1, "items": text() }] }),
        Kind::Pairs => {
            let pair = json!({ "type": "array", "items": any_text(), "minItems": 2, "maxItems": 2 });
            json!({ "type": "array", "items": pair })
        }
        Kind::TextByText => json!({ "type": "object", "additionalProperties": any_text() }),
        Kind::Country => {
            let mut table = object(keys::COUNTRY);
            table["required"] = json!(["column"]);
            json!({ "anyOf": [{ "type": "string", "pattern": "^[A-Z]{2}$" }, table] })
        }
        Kind::Source => json!({ "$ref": "#/definitions/source" }),
        Kind::Sources => json!({ "$ref": "#/definitions/sources" }),
        Kind::Custom => json!({ "type": "object", "additionalProperties": { "$ref": "#/definitions/sources" } }),
        Kind::Conditions => json!({
            "anyOf": [
                { "$ref": "#/definitions/condition" },
                { "type": "array", "minItems": 1, "items": { "$ref": "#/definitions/condition" } },
            ],
        }),
        Kind::Findings => {
            let level = |code: &Code| match super::settings::is_bearable(*code) {
                true => json!({ "enum": ["error", "warn"] }),
                false => json!({ "const": "error" }),
            };
            let codes: Map<String, Value> =
                Code::ALL.iter().map(|code| (code.as_str().to_owned(), level(code))).collect();
            json!({ "type": "object", "properties": codes, "additionalProperties": false })
        }
        Kind::Table(keys) => object(keys),
    }
}

/// A text, or a table that says once where its value comes from.
fn source() -> Value {
    let mut table = object(keys::SOURCE);
    table["oneOf"] = ["column", "template", "value"].map(|key| json!({ "required": [key] })).to_vec().into();
    json!({ "anyOf": [{ "type": "string", "minLength": 1 }, table] })
}

/// A column and one question.
fn condition() -> Value {
    let mut table = object(keys::CONDITION);
    table["required"] = json!(["column"]);
    table["oneOf"] = ["equals", "in", "blank", "matches"].map(|key| json!({ "required": [key] })).to_vec().into();
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Mapping;

    #[test]
    fn the_committed_schema_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/mappings/mapping.schema.json");
        let committed = std::fs::read_to_string(path).expect("it is committed");
        let committed: Value = serde_json::from_str(&committed).expect("it is JSON");
        assert!(committed == schema(), "make it anew: c3import mapping schema > mappings/mapping.schema.json");
    }

    /// Every key with a value that its kind allows is taken, and one that it forbids is not: so the table is true of
    /// the parser. Only what stands in the wrong place for its sense is told then.
    #[test]
    fn the_parser_knows_every_key_and_its_kind() {
        let problems = |text: &str| match Mapping::parse(text) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.into_iter().map(|problem| problem.message).collect::<Vec<String>>(),
        };
        let of_form = |message: &String| {
            ["has no key", "must be", "cannot be", "is empty", "is not a", "takes pairs"]
                .iter()
                .any(|words| message.contains(words))
        };
        for (keys, before, after) in [
            (keys::SOURCE_TABLE, "version = 1\ncard.email = \"E\"\n[source]\n", ""),
            (keys::ROWS, "version = 1\ncard.email = \"E\"\n[rows]\n", ""),
            (keys::CARD, "version = 1\n[card]\n", ""),
            (keys::SOURCE, "version = 1\ncard.email = \"E\"\ncard.custom.L = { ", " }"),
            (keys::SOURCE, "version = 1\ncard.voice = { ", " }"),
            (keys::CONDITION, "version = 1\ncard.email = \"E\"\nrows.skip_if = { ", " }"),
            (keys::COUNTRY, "version = 1\ncard.voice = { column = \"V\", country = { ", " } }"),
        ] {
            for key in keys {
                let good = match (key.name, key.kind) {
                    ("delimiter", _) => "\";\"",
                    ("encoding", _) => "\"utf-8\"",
                    ("date_format", _) => "\"DD.MM.YYYY\"",
                    ("default", _) if keys.len() == keys::COUNTRY.len() => "\"SE\"",
                    ("values", _) if keys.len() == keys::COUNTRY.len() => "{ a = \"SE\" }",
                    ("template", _) => "\"{A}\"",
                    (_, Kind::Text | Kind::AnyText | Kind::NameOrNumber | Kind::TextOrTexts) => "\"a\"",
                    (_, Kind::Truth) => "true",
                    (_, Kind::Number(..) | Kind::Version) => "1",
                    (_, Kind::Word(words)) => &format!("\"{}\"", words[0]),
                    (_, Kind::Texts) => "[\"a\"]",
                    (_, Kind::Pairs) => "[[\"a\", \"b\"]]",
                    (_, Kind::TextByText) => "{ a = \"b\" }",
                    (_, Kind::Country) => "\"SE\"",
                    (_, Kind::Source | Kind::Sources) => "{ column = \"A\" }",
                    (_, Kind::Custom) => "{ L = \"A\" }",
                    (_, Kind::Conditions) => "{ column = \"A\", blank = true }",
                    (_, Kind::Findings) => "{ \"email.syntax\" = \"warn\" }",
                    (_, Kind::Table(_)) => "{}",
                };
                let told = problems(&format!("{before}{} = {good}{after}", key.name));
                let for_all = told.iter().any(|told| told.contains("for everybody"));
                let of_form_here = |told: &String| of_form(told) && !told.contains("contact entries cannot be joined");
                assert!(for_all || !told.iter().any(of_form_here), "{} = {good}: {told:?}", key.name);
                let told = problems(&format!("{before}{} = 1979-05-27{after}", key.name));
                let out_of_place = |message: &String| {
                    ["no meaning", "cannot have", "cannot be joined", "contact entries"]
                        .iter()
                        .any(|words| message.contains(words))
                };
                assert!(told.iter().any(|told| of_form(told) || out_of_place(told)), "{} = a date: {told:?}", key.name);
            }
        }
    }
}
