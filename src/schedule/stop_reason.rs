//! Why no more rows are sent.

use std::fmt;
use std::time::Duration;

use crate::model::{FatalReason, figures};

/// In seconds.
const DAY: u64 = 86_400;

/// Why no more rows are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// No card can succeed until a person changes something.
    Fatal(FatalReason),
    /// The server's first answers say that the address, the token's rights or the request itself is wrong.
    SetUp {
        /// The status of the answer.
        status: u16,
        /// What the server said.
        message: String,
    },
    /// Nothing but failures for a while.
    Failing {
        /// How many in a row.
        in_a_row: u32,
        /// The last one, as a sentence.
        reason: String,
    },
    /// The server cannot be reached; why.
    Unreachable(String),
    /// The server asked for a longer pause than the policy grants.
    PauseTooLong {
        /// What it asked for.
        asked: Duration,
        /// What is granted.
        granted: Duration,
    },
    /// More rows went wrong than the user allows.
    TooManyErrors {
        /// Invalid, refused and uncertain ones.
        wrong: u64,
        /// Of so many that had ended.
        rows: u64,
    },
    /// As many rows were sent as the user allows.
    RowsSpent(u64),
    /// Rows were sent for as long as the user allows.
    TimeUp(Duration),
    /// Nobody knows whether a row was stored, and the user wants to stop then. Why.
    Uncertain(String),
    /// The answers show that the server recognises people by something we do not know of. How.
    Strangers(String),
    /// Whoever runs the schedule said so.
    Told,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StopReason::Fatal(reason) => reason.fmt(f),
            StopReason::SetUp { status, message } => {
                let meaning = match status {
                    403 => "the server forbids it: the token needs the claim \"Access and create customer contacts\"",
                    404 => "the server knows no such address or workspace",
                    407 => "a proxy on the way asks for a login",
                    _ => "the server does not take cards like these",
                };
                write!(f, "{meaning} (HTTP {status})")?;
                if message.is_empty() { Ok(()) } else { write!(f, ": {message}") }
            }
            StopReason::Failing { in_a_row, reason } => {
                write!(f, "{in_a_row} requests in a row failed; the last one: {reason}")
            }
            StopReason::Unreachable(reason) => write!(f, "the server cannot be reached: {reason}"),
            StopReason::PauseTooLong { asked, granted } => {
                let granted = granted.as_secs();
                match asked.as_secs() / DAY {
                    0 | 1 => write!(f, "the server asks us to wait {} s", asked.as_secs()),
                    days @ 2..=999 => write!(f, "the server asks us to wait {days} days"),
                    _ => f.write_str("the server asks us to wait for years"),
                }?;
                write!(f, ", longer than the {granted} s that are granted")
            }
            StopReason::TooManyErrors { wrong, rows } => {
                write!(f, "{wrong} of {} went wrong, more than --max-errors allows", figures::rows(*rows))
            }
            StopReason::RowsSpent(1) => f.write_str("1 card was sent, as many as --max-rows allows"),
            StopReason::RowsSpent(cards) => write!(f, "{cards} cards were sent, as many as --max-rows allows"),
            StopReason::TimeUp(limit) => write!(f, "the {} s of --max-duration are over", limit.as_secs_f64()),
            StopReason::Uncertain(reason) => write!(f, "nobody knows whether a row was stored: {reason}"),
            StopReason::Strangers(how) => write!(f, "the server puts strangers on one card: {how}"),
            StopReason::Told => f.write_str("the run was stopped"),
        }
    }
}
