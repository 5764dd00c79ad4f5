//! The command line program: words in, an exit code out.

use std::ffi::OsString;
use std::process::ExitCode;

use c3import::cli::Cli;
use c3import::commands::{self, Exit};
use c3import::settings::looks_like_token;
use c3import::ui::{Terminal, start_logging};
use clap::Parser;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    if words.iter().any(|word| word.to_str().is_some_and(looks_like_token)) {
        Terminal::new(false).complain(
            "error: a token does not belong on the command line, where every user of this machine can read it\n  hint: put \
             it into the variable C3IMPORT_TOKEN, or into a file and say --token-file FILE; and make a new one",
        );
        return ExitCode::from(Exit::Unusable.code());
    }
    let cli = Cli::parse_from(&words);
    let terminal = Terminal::new(cli.talk.quiet);
    start_logging(&terminal, cli.talk);
    ExitCode::from(commands::run(&terminal, cli.command, words).code())
}
