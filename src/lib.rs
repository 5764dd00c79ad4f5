//! c3import brings people's contacts from spreadsheets into Cention, one row at a time, without doubles and without
//! losses.

pub mod mapping;
pub mod model;
pub mod sandbox;
pub mod source;
pub mod ui;
