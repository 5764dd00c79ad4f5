//! What people see. The only room that prints.

pub mod diagnostics;
