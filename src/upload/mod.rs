//! Bytes out, a verdict back: one attempt, no second thoughts. Touches the network, and no clock but the one it is given.

mod bearer;
mod client;
mod endpoint;
mod reply;
mod route;
mod transport;

pub use client::{Client, ClientError, ClientSettings, Connection, Heard, Knock};
pub use endpoint::{Endpoint, EndpointError};
pub use route::Route;
