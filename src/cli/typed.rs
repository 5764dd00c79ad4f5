//! The words of an import as they were typed, so that a later session can type them again.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory};

use super::Cli;

/// How the table is read.
const READING: [&str; 4] = ["sheet", "header_row", "delimiter", "encoding"];

/// Paths, which mean something else elsewhere.
const PATHS: [&str; 4] = ["ca_file", "results", "failed", "report"];

/// What is remembered in another form, or never: what is about the token, and how to talk.
const LEFT_OUT: [&str; 16] = [
    "file",
    "mapping",
    "server",
    "workspace",
    "token_file",
    "insecure_token_file",
    "token_command",
    "sandbox",
    "faults",
    "name_at",
    "dry_run",
    "run_dir",
    "fresh",
    "quiet",
    "verbose",
    "log_format",
];

/// An import's flags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedFlags {
    /// How the table is read.
    pub reading: Vec<String>,
    /// How fast, how often, how long, and the like. Nothing about the token.
    pub other: Vec<String>,
}

impl TypedFlags {
    /// The flags of `c3import import …`, in one form however they were typed; none for any other command.
    pub fn of(words: impl IntoIterator<Item = OsString>) -> TypedFlags {
        let mut typed = TypedFlags::default();
        let command = Cli::command();
        let Some(import) = command.find_subcommand("import").cloned() else { return typed };
        let Ok(matches) = command.try_get_matches_from(words) else { return typed };
        let Some(("import", matches)) = matches.subcommand() else { return typed };
        for argument in import.get_arguments() {
            let id = argument.get_id().as_str();
            let Some(flag) = argument.get_long() else { continue };
            if LEFT_OUT.contains(&id) || matches.value_source(id) != Some(ValueSource::CommandLine) {
                continue;
            }
            let into = if READING.contains(&id) { &mut typed.reading } else { &mut typed.other };
            if argument.get_action().takes_values() {
                into.extend(values(matches, id).map(|value| format!("--{flag}={value}")));
            } else {
                into.push(format!("--{flag}"));
            }
        }
        typed
    }
}

fn values<'a>(matches: &'a ArgMatches, id: &'a str) -> impl Iterator<Item = String> + 'a {
    let text = |value: &OsStr| value.to_string_lossy().into_owned();
    matches.get_raw(id).into_iter().flatten().map(move |value| {
        if !PATHS.contains(&id) {
            return text(value);
        }
        std::path::absolute(Path::new(value)).map_or_else(|_| text(value), |path| text(path.as_os_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &str) -> TypedFlags {
        TypedFlags::of(words.split(' ').map(OsString::from))
    }

    #[test]
    fn flags_are_remembered_in_one_form_and_the_token_never() {
        let flags = typed(
            "c3import -q import a.csv -m m.toml --server https://a.se --workspace w --token-file secret --rate 5 \
             --concurrency=2 --match-custom --fresh --delimiter ; -v",
        );
        assert_eq!(flags.reading, ["--delimiter=;"]);
        let mut other = flags.other;
        other.sort();
        assert_eq!(other, ["--concurrency=2", "--match-custom", "--rate=5"]);
    }

    #[test]
    fn other_commands_have_none() {
        assert_eq!(typed("c3import check a.csv -m m.toml --delimiter ;"), TypedFlags::default());
        assert_eq!(typed("c3import import"), TypedFlags::default());
    }
}
