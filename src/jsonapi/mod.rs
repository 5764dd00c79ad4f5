//! The wire format: a card in, its request document out; an answer's bytes in, a resource or error objects out; an
//! error's pointer in, a field of the card out. Touches nothing: no network, no files, no clock.

mod answer;
mod cursor;
mod pointer;
mod request;
mod usual;

pub use answer::{Document, Resource, read};
pub use pointer::field;
pub use request::{MEDIA_TYPE, document_len, encode};
