//! The token: how it is sent, and how it is kept out of everything that is told.

use std::borrow::Cow;
use std::fmt;

use memchr::memmem::Finder;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// What stands where a server repeated the token.
const BLOT: &str = "***";

/// A shorter token is a stand-in for tests, and would be found in any text.
const SECRET_BYTES_MIN: usize = 12;

/// A token, ready to be sent.
#[derive(Clone)]
pub struct Bearer {
    token: SecretString,
    header: HeaderValue,
    /// Finds the token; made once, because every answer is searched.
    finder: Option<Finder<'static>>,
}

impl Bearer {
    /// `None` when the token has characters that no header can carry.
    pub fn new(token: SecretString) -> Option<Bearer> {
        let secret = token.expose_secret();
        let mut header = HeaderValue::try_from(format!("Bearer {secret}")).ok()?;
        header.set_sensitive(true);
        let finder = (secret.len() >= SECRET_BYTES_MIN).then(|| Finder::new(secret.as_bytes()).into_owned());
        Some(Bearer { token, header, finder })
    }

    /// The value of `Authorization`.
    pub fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    /// Whether this is the token.
    pub fn is(&self, token: &SecretString) -> bool {
        self.token.expose_secret() == token.expose_secret()
    }

    /// What a server said, with the token blotted out before anything is cut or quoted: some repeat the request in their
    /// errors and redirects.
    pub fn blotted<'a>(&self, said: &'a [u8]) -> Cow<'a, [u8]> {
        match self.finder.as_ref().and_then(|finder| finder.find(said)) {
            None => Cow::Borrowed(said),
            Some(_) => Cow::Owned(String::from_utf8_lossy(said).replace(self.token.expose_secret(), BLOT).into_bytes()),
        }
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer")
    }
}
