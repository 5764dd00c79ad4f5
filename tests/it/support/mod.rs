//! What the stories share: a place to stand in, the program to run in it, its results to read, a server to talk to.

mod chance;
mod place;
mod program;
mod results;
mod server;

pub use chance::Chance;
pub use place::{Place, fixture, mapping};
pub use program::{Call, Done, Running};
pub use results::{Results, added_columns, counts};
pub use server::Server;
