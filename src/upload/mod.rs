//! Bytes out, a verdict back: one attempt, no second thoughts. Touches the network, and no clock but the one it is given.

mod client;
mod dialer;
mod endpoint;
mod line;
mod reply;
mod route;
mod transport;
mod unpack;

pub use client::{Client, ClientError, ClientSettings, Connection, Heard, IDLE_MAX, Kept, Knock};
pub use endpoint::{Endpoint, EndpointError};
pub use route::Route;
