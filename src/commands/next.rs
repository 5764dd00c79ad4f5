//! Commands to type next, as a shell takes them.

use std::path::Path;

use crate::cli::SourceArgs;
use crate::model::Input;
use crate::settings::looks_like_token;

/// `c3import COMMAND FILE -m MAPPING` with the flags that say how the file is read.
pub fn job(name: &str, source: &SourceArgs, mapping: &Path) -> String {
    format!("c3import {name} {} -m {}{}", file(source), quoted(mapping), source.retyped())
}

/// The same without a mapping.
pub fn command(name: &str, source: &SourceArgs) -> String {
    format!("c3import {name} {}{}", file(source), source.retyped())
}

/// The flag by which rows go together, with a space before it.
pub fn merging(merge_rows: bool) -> &'static str {
    if merge_rows { " --merge-rows" } else { "" }
}

fn file(source: &SourceArgs) -> String {
    match source.input() {
        Input::File(path) => quoted(&path),
        Input::Stdin => "-".to_owned(),
    }
}

/// The command that is running, without some flags (`--name`, or `--name=` for one with a value) and with more words.
pub fn typed_again(without: &[&str], with: &str) -> String {
    again(std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()), without, with)
}

fn again(words: impl Iterator<Item = String>, without: &[&str], with: &str) -> String {
    let mut kept = vec!["c3import".to_owned()];
    let mut skip_value = false;
    for word in words {
        if std::mem::take(&mut skip_value) {
            continue;
        }
        let named =
            |flag: &&&str| word == flag.trim_end_matches('=') || (flag.ends_with('=') && word.starts_with(**flag));
        match without.iter().find(named) {
            Some(flag) => skip_value = flag.ends_with('=') && !word.contains('='),
            None if word.split(['=', ' ', '\'', '"']).any(looks_like_token) => kept.push("…".to_owned()),
            None if with.split(' ').any(|more| more == word) => {}
            None => kept.push(quoted(Path::new(&word))),
        }
    }
    kept.extend((!with.is_empty()).then(|| with.to_owned()));
    kept.join(" ")
}

/// A word as a shell takes it.
pub fn quoted(word: &Path) -> String {
    let text = word.display().to_string();
    let plain =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+:,@%=".contains(&byte));
    if plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_typed_again_without_what_does_not_belong() {
        let typed =
            |words: &str, without: &[&str], with: &str| again(words.split(' ').map(str::to_owned), without, with);
        let rehearsal = "import a.csv -m m.toml --sandbox --fault 3:hang --fault=4:hang --rate 5 --fresh";
        assert_eq!(
            typed(rehearsal, &["--sandbox", "--fault="], "--fresh --server https://…"),
            "c3import import a.csv -m m.toml --rate 5 --fresh --server https://…"
        );
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjF9.c2lnbmF0dXJl";
        let told = again(["--token-command".to_owned(), format!("echo {jwt}")].into_iter(), &[], "--fresh");
        assert_eq!(told, "c3import --token-command … --fresh");
    }

    #[test]
    fn words_survive_the_shell() {
        let word = |text: &str| quoted(Path::new(text));
        assert_eq!(
            [word("a/b.csv"), word("my file.csv"), word("it's"), word("")],
            ["a/b.csv", "'my file.csv'", "'it'\\''s'", "''"]
        );
    }
}
