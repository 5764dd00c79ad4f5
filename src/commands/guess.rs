//! `c3import guess`: a mapping proposed.

use super::{Exit, Failure, Failures};
use crate::cli::GuessArgs;
use crate::ui::Terminal;

/// Proposes a mapping.
pub fn guess(_terminal: &Terminal, _args: GuessArgs) -> Result<Exit, Failures> {
    Err(Failure::unusable("not yet").into())
}
