//! The other end of the wire: requests in, JSON:API answers out, cards kept in memory. A stand-in for the Contact Cards
//! endpoint with its documented merge rules, strict request checks, and faults on demand. Touches a listener, tokio's
//! timer, and the wall clock only for the `Date` and `Retry-After` headers of scripted answers.
//!
//! ```text
//! server ─▶ request (may it come in?) ─▶ document (bytes → contacts) ─▶ store (merge rules, pure) ─▶ answer ─▶ wire
//!    └────▶ fault (what is scripted for this request; written as in `grammar`)
//!    └────▶ log (what came, in which order, and whether it overlapped)
//! ```
//! Every rule that is documented nowhere is one switch of [`Rules`]. The way faults are written is told at [`FaultPlan`].

mod answer;
mod contacts;
mod document;
mod draft;
mod fault;
mod grammar;
mod gzip;
mod log;
mod request;
mod rules;
mod server;
mod store;
#[cfg(test)]
mod tests;
mod wire;

pub use contacts::{Card, Contacts, Custom};
pub use fault::{Content, Ending, Fate, Fault, FaultPlan, Numbers, RetryAfter, Twist, What, When, Wire};
pub use grammar::FaultError;
pub use log::Seen;
pub use rules::{CustomAppend, Echo, IdShape, MatchOn, NameAppend, NamePlace, Rules};
pub use server::{Sandbox, SandboxSettings};
pub use store::{Store, Upserted};
