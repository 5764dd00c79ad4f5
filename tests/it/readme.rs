//! The README says what is true: its commands exist, its mapping works, its message is the one people see.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::Place;

/// The README's text.
fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("there is a README")
}

/// The first fenced block of this language.
fn block<'a>(readme: &'a str, language: &str) -> &'a str {
    let fence = format!("```{language}\n");
    let begin = readme.find(&fence).expect("the README has such a block") + fence.len();
    let length = readme[begin..].find("```").expect("the block ends");
    &readme[begin..begin + length]
}

/// Every word that follows the program's name.
fn commands(readme: &str) -> BTreeSet<String> {
    let after_name = readme.split("c3import ").skip(1);
    let words = after_name.map(|rest| rest.split_whitespace().next().unwrap_or_default());
    let is_word = |word: &&str| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_lowercase());
    words.map(|word| word.trim_matches('`')).filter(is_word).map(str::to_owned).collect()
}

#[test]
fn every_command_is_told_of_and_every_command_told_of_exists() {
    let place = Place::new();
    let help = place.c3import(&["--help"]).run();
    let listed = help.stdout.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| line.starts_with("  "));
    let existing: BTreeSet<String> = listed
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().map(str::to_owned))
        .filter(|word| !word.is_empty())
        .collect();
    assert!(existing.contains("import"), "{help}");
    assert_eq!(commands(&readme()), existing);
}

#[test]
fn the_mapping_shown_can_be_used_as_it_stands() {
    let place = Place::new();
    place.put("m.toml", block(&readme(), "toml"));
    let header = "First Name,Last Name,E-mail,Other e-mails,Mobile,Facebook,Customer No,Street,Postal code,City\n";
    place.put(
        "people.csv",
        format!("{header}Ylva,Ek,ylva@example.org,a@example.org;b@example.org,070-174 06 05,,007,,,Malmö\n"),
    );
    place.c3import(&["mapping", "check", "m.toml", "people.csv"]).run().exits(0);
    let done = place.c3import(&["preview", "people.csv", "-m", "m.toml"]).run();
    done.exits(0);
    for sent in ["+46701740605", r#""b@example.org""#, r#""Malmö""#, r#""007""#, "migration 2026"] {
        assert!(done.stdout.contains(sent), "{sent} in {done}");
    }
}

#[test]
fn the_message_shown_is_what_people_see() {
    let readme = readme();
    let shown = readme.split("```text\n").find(|text| text.starts_with("error: ")).expect("an error is shown");
    let shown = shown.split("```").next().expect("it ends");
    let place = Place::new();
    place.put("people.csv", "Mobile,Name\n070-174 06 05,Ylva\n");
    place.put("people.toml", "version = 1\n[card]\nvoice = [{ column = \"Mobil\", country = \"SE\" }]\n");
    let done = place.c3import(&["check", "people.csv", "-m", "people.toml"]).run();
    done.exits(2);
    assert_eq!(done.stderr, shown);
}

#[test]
fn the_mapping_of_the_language_page_can_be_used_as_it_stands() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/README.md");
    let page = fs::read_to_string(page).expect("the language has a page");
    let place = Place::new();
    place.put("m.toml", block(&page, "toml"));
    let header = "Name,E-mail,Phone 1 - Type,Phone 1 - Value,Land,Since,Level,Status\n";
    let rows = "Ylva,a@example.org,Work,070-174 06 05,Sverige,03.02.2020,Ja,\nBo,b@example.org,,,,,,test\n";
    place.put("people.csv", format!("{header}{rows}"));
    place.c3import(&["mapping", "check", "m.toml", "people.csv"]).run().exits(0);
    let done = place.c3import(&["preview", "people.csv", "-m", "m.toml"]).run();
    done.exits(0);
    for sent in ["+46701740605", "2020-02-03", r#""yes""#, r#""Work""#] {
        assert!(done.stdout.contains(sent), "{sent} in {done}");
    }
    assert!(!done.stdout.contains("b@example.org"), "{done}");
}

/// Every key that the language knows, by its schema, is on its page.
#[test]
fn the_language_page_tells_of_every_key() {
    fn keys(schema: &serde_json::Value, found: &mut BTreeSet<String>) {
        match schema {
            serde_json::Value::Object(members) => {
                if let Some(properties) = members.get("properties").and_then(|it| it.as_object()) {
                    found.extend(properties.keys().cloned());
                }
                members.values().for_each(|member| keys(member, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
            _ => {}
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("it is there");
    let schema = serde_json::from_str(&read("mapping.schema.json")).expect("the schema is JSON");
    let mut known = BTreeSet::new();
    keys(&schema, &mut known);
    // Codes of findings are explained by the program.
    known.retain(|key| !key.contains('.'));
    let page = read("README.md");
    assert!(known.len() > 30, "{known:?}");
    let missing: Vec<_> = known.iter().filter(|key| !page.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "not told of: {missing:?}");
}
