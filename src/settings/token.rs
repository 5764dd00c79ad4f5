//! Where the token comes from: the environment, a file, a command. Never from what is typed.

use std::fs;
use std::io::{self, Read};
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
    /// The text of a file, which nobody but its owner may read unless `insecure`.
    File {
        /// Which.
        path: PathBuf,
        /// Whether others may read it.
        insecure: bool,
    },
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
    /// Others can read the file.
    #[error("others can read the token file {}", .0.display())]
    Readable(PathBuf),
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
            TokenError::Readable(_) => "chmod 600 it, or say --insecure-token-file",
            TokenError::File { .. } => "check the path and who may read it",
            TokenError::Command(_) => "run the command by hand: it must print the token and exit with 0",
            TokenError::Unfit(_) => "it must be the token alone, on one line",
        }
    }
}

impl TokenSource {
    /// Whether another look may find another token: a nightly rotation changes files and what commands print.
    pub fn may_change(&self) -> bool {
        match self {
            TokenSource::Environment => false,
            TokenSource::File { .. } | TokenSource::Command(_) => true,
        }
    }

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
            TokenSource::File { path, insecure } => {
                if !insecure && others_can_read(path) {
                    return Err(TokenError::Readable(path.clone()));
                }
                let text = read_start(path).map_err(|error| TokenError::File { path: path.clone(), error })?;
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

/// As much of a file as a token can be, and a little more.
fn read_start(path: &std::path::Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(TOKEN_BYTES_MAX as u64 + 2).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(unix)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(line);
    command
}

#[cfg(windows)]
fn shell(line: &str) -> Command {
    use std::os::windows::process::CommandExt;
    let mut command = Command::new("cmd");
    command.arg("/C").raw_arg(line);
    command
}

/// Whether the file's mode lets others read it. Pipes, such as a shell's `<(…)`, are nobody else's.
#[cfg(unix)]
fn others_can_read(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o044 != 0)
}

#[cfg(not(unix))]
fn others_can_read(_path: &std::path::Path) -> bool {
    false
}

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
    fn a_token_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().expect("a temporary directory");
        let path = home.path().join("token");
        fs::write(&path, "abc\n").expect("written");
        let load = |mode, insecure| {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changed");
            TokenSource::File { path: path.clone(), insecure }.load().map(|secret| secret.expose_secret().to_owned())
        };
        assert!(matches!(load(0o644, false), Err(TokenError::Readable(_))));
        assert!(matches!(load(0o640, false), Err(TokenError::Readable(_))));
        assert_eq!(load(0o600, false).ok().as_deref(), Some("abc"));
        assert_eq!(load(0o644, true).ok().as_deref(), Some("abc"));
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
