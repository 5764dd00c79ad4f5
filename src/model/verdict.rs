//! What one attempt at sending a card came to. Says nothing about what to do next: that is the schedule's to decide.

use std::fmt;
use std::time::Duration;

use super::{C3Id, Echo};

/// The meaning of one answer, or of its absence (`facts.md`, "What the server may answer").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The card is in the server.
    Stored {
        /// The status of the answer.
        status: u16,
        /// The card's id, where the answer told it.
        id: Option<C3Id>,
        /// What was odd about the answer, as a sentence.
        oddity: Option<String>,
        /// The card as the answer repeats it, if it does.
        echo: Option<Box<Echo>>,
    },
    /// The server said no to this card.
    Refused {
        /// The status of the answer.
        status: u16,
        /// Why, as far as it said; at least one.
        errors: Vec<ServerError>,
    },
    /// The card was certainly not processed.
    NotProcessed {
        /// The status of the answer; `None` when no request left this machine.
        status: Option<u16>,
        /// How long the server asked everybody to wait.
        retry_after: Option<Duration>,
        /// What happened, as a sentence.
        reason: String,
    },
    /// The card may have been processed, or not.
    Unknown {
        /// The status of the answer, if there was one.
        status: Option<u16>,
        /// What happened, as a sentence.
        reason: String,
    },
    /// No card can succeed until a person changes something.
    Fatal {
        /// The status of the answer, if there was one.
        status: Option<u16>,
        /// What it is.
        reason: FatalReason,
    },
}

impl Verdict {
    /// Whether no request left this machine: what was no attempt is not counted as one.
    pub fn never_left(&self) -> bool {
        matches!(self, Verdict::NotProcessed { status: None, .. } | Verdict::Fatal { status: None, .. })
    }
}

/// One reason that a server gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerError {
    /// In the server's words: bounded, and without control characters.
    pub message: String,
    /// RFC 6901 pointer into our request, where the server named one.
    pub pointer: Option<String>,
}

/// Why no card can succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FatalReason {
    /// 401: the token is missing, expired or withdrawn. In the server's words, if any.
    Unauthorized(String),
    /// A redirect; never followed, because it would carry personal data elsewhere. Names the target.
    Redirect(String),
    /// A web page where an answer should be, such as a login page. Names its title.
    WebPage(String),
    /// The secure connection could not be trusted. Names the cause.
    Tls(String),
}

impl fmt::Display for FatalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FatalReason::Unauthorized(said) if said.is_empty() => {
                f.write_str("the server does not accept the token (HTTP 401)")
            }
            FatalReason::Unauthorized(said) => write!(f, "the server does not accept the token (HTTP 401): {said}"),
            FatalReason::Redirect(target) => write!(f, "the server sends us elsewhere, to {target}"),
            FatalReason::WebPage(page) => {
                write!(f, "in place of an answer there came {page}: is a proxy or login in between?")
            }
            FatalReason::Tls(cause) => write!(f, "the connection to the server cannot be trusted: {cause}"),
        }
    }
}
