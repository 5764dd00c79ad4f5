//! c3import brings people's contacts from spreadsheets into Cention, one row at a time, without doubles and without
//! losses.

pub mod jsonapi;
pub mod mapping;
pub mod model;
pub mod results;
pub mod sandbox;
pub mod schedule;
pub mod source;
pub mod upload;
