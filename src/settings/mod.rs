//! Words as typed in, decisions out: durations, rates, the token. Reads the environment and token files.

mod claims;
mod duration;
mod rate;
mod state_dir;
mod token;

pub use claims::Claims;
pub use duration::parse_duration;
pub use rate::Rate;
pub use state_dir::state_dir;
pub use token::{TokenError, TokenSource, looks_like_token};

/// A variable of the environment; unset and blank are the same.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}
