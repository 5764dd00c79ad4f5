//! Commands to type next, as a shell takes them.

use std::path::Path;

use crate::cli::SourceArgs;
use crate::model::Input;

/// `c3import COMMAND FILE -m MAPPING` with the flags that say how the file is read.
pub fn job(command: &str, source: &SourceArgs, mapping: &Path) -> String {
    let file = match source.input() {
        Input::File(path) => quoted(&path),
        Input::Stdin => "-".to_owned(),
    };
    format!("c3import {command} {file} -m {}{}", quoted(mapping), source.retyped())
}

/// The command that is running, with one more flag unless it is there already.
pub fn typed_again(flag: &str) -> String {
    let mut words: Vec<String> = std::env::args_os().skip(1).map(|word| quoted(Path::new(&word))).collect();
    if !words.iter().any(|word| word == flag) {
        words.push(flag.to_owned());
    }
    format!("c3import {}", words.join(" "))
}

/// A word as a shell takes it.
pub fn quoted(word: &Path) -> String {
    let text = word.display().to_string();
    let plain =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+:,@%=\\".contains(&byte));
    if plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_the_shell() {
        let word = |text: &str| quoted(Path::new(text));
        assert_eq!(
            [word("a/b.csv"), word("my file.csv"), word("it's"), word("")],
            ["a/b.csv", "'my file.csv'", "'it'\\''s'", "''"]
        );
    }
}
