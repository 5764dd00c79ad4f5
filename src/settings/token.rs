//! Where the token comes from: the environment, a file, a command. Never from what is typed.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// The variable that may hold the token.
const VARIABLE: &str = "C3IMPORT_TOKEN";

/// A token of more than this is something else.
const TOKEN_BYTES_MAX: usize = 64 * 1024;

/// Where to look for the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// `C3IMPORT_TOKEN`.
    Environment,
    /// The first line of a file.
    File(PathBuf),
    /// The first line that a command prints.
    Command(String),
}

/// Why there is no token.
#[derive(Debug, Error)]
pub enum TokenError {
    /// Nowhere to be found.
    #[error("there is no token")]
    Missing,
    /// The file cannot be read.
    #[error("the token file {} cannot be read: {error}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The command could not be run, or failed.
    #[error("the token command failed: {0}")]
    Command(String),
    /// There is something, but no token in it.
    #[error("{0} holds no token: it is empty, or more than one word")]
    Unfit(String),
}

impl TokenError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            TokenError::Missing => {
                "make one in Cention under Administration → API → Access Tokens, with \"Access and create customer \
                 contacts\", and put it into C3IMPORT_TOKEN or a file named by --token-file"
            }
            TokenError::File { .. } => "check the path and who may read it",
            TokenError::Command(_) => "run the command by hand: it must print the token and exit with 0",
            TokenError::Unfit(_) => "it must be the token alone, on one line",
        }
    }
}

impl TokenSource {
    /// Fetches the token, trimmed.
    ///
    /// # Errors
    /// See [`TokenError`]; none of them repeats what was read.
    pub fn load(&self) -> Result<SecretString, TokenError> {
        match self {
            TokenSource::Environment => match std::env::var(VARIABLE) {
                Ok(text) if !text.trim().is_empty() => fit(text, VARIABLE),
                Ok(_) | Err(std::env::VarError::NotPresent) => Err(TokenError::Missing),
                Err(std::env::VarError::NotUnicode(_)) => Err(TokenError::Unfit(VARIABLE.to_owned())),
            },
            TokenSource::File(path) => {
                let text = fs::read_to_string(path).map_err(|error| TokenError::File { path: path.clone(), error })?;
                warn_when_others_can_read(path);
                fit(text, &format!("the token file {}", path.display()))
            }
            TokenSource::Command(line) => {
                let output = shell(line)
                    .env_remove(VARIABLE)
                    .stdin(Stdio::null())
                    .stderr(Stdio::inherit())
                    .output()
                    .map_err(|error| TokenError::Command(error.to_string()))?;
                if !output.status.success() {
                    let why =
                        output.status.code().map_or_else(|| output.status.to_string(), |code| format!("exit {code}"));
                    return Err(TokenError::Command(why));
                }
                fit(String::from_utf8_lossy(&output.stdout).into_owned(), "what the token command printed")
            }
        }
    }
}

/// Whether a word on the command line looks like a JWT: then it must not be repeated in an error.
pub fn looks_like_token(word: &str) -> bool {
    let word = word.split_once('=').map_or(word, |(_, value)| value);
    let word = word.strip_prefix("Bearer ").unwrap_or(word);
    word.starts_with("eyJ") && word.len() >= 20 && word.bytes().filter(|&byte| byte == b'.').count() == 2
}

fn fit(text: String, origin: &str) -> Result<SecretString, TokenError> {
    let secret = SecretString::from(text);
    let word = secret.expose_secret().trim_start_matches('\u{feff}').trim();
    let word = word.strip_prefix("Bearer ").unwrap_or(word);
    if word.is_empty() || word.len() > TOKEN_BYTES_MAX || word.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(TokenError::Unfit(origin.to_owned()));
    }
    Ok(SecretString::from(word.to_owned()))
}

#[cfg(unix)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(line);
    command
}

#[cfg(not(unix))]
fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd");
    command.arg("/C").arg(line);
    command
}

#[cfg(unix)]
fn warn_when_others_can_read(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    let open = fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0);
    if open {
        tracing::warn!("others can read the token file {}: chmod 600 it", path.display());
    }
}

#[cfg(not(unix))]
fn warn_when_others_can_read(_path: &std::path::Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word() {
        let token = |text: &str| fit(text.to_owned(), "it").map(|secret| secret.expose_secret().to_owned()).ok();
        assert_eq!(token("\u{feff} abc.def \r\n"), Some("abc.def".into()));
        assert_eq!(token("Bearer abc"), Some("abc".into()));
        for text in ["", " \n", "two words", "two\nlines", "a\0b"] {
            assert_eq!(token(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_token_is_never_shown() {
        let secret = fit("eyJsecret".to_owned(), "it").expect("a token");
        assert!(!format!("{secret:?}").contains("eyJsecret"));
        let error = fit("eyJsecret two".to_owned(), "it").expect_err("two words");
        assert!(!format!("{error} {error:?}").contains("eyJ"));
    }

    #[test]
    fn what_looks_like_a_token_is_recognised_in_the_arguments() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjF9.c2lnbmF0dXJl";
        assert!(looks_like_token(jwt) && looks_like_token(&format!("--token={jwt}")));
        assert!(!looks_like_token("people.csv") && !looks_like_token("eyJ.x.y"));
    }

    #[cfg(unix)]
    #[test]
    fn a_command_can_tell_the_token() {
        let said = |line: &str| TokenSource::Command(line.to_owned()).load();
        assert_eq!(said("echo abc").expect("a token").expose_secret(), "abc");
        assert!(matches!(said("exit 3"), Err(TokenError::Command(_))));
        assert!(matches!(said("true"), Err(TokenError::Unfit(_))));
    }
}
