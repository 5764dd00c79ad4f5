//! c3import brings people's contacts from spreadsheets into Cention, one row at a time, without doubles and without
//! losses.

pub mod cli;
pub mod commands;
pub mod jsonapi;
pub mod mapping;
pub mod model;
pub mod pipeline;
pub mod plan;
pub mod results;
pub mod sandbox;
pub mod schedule;
pub mod settings;
pub mod source;
pub mod ui;
pub mod upload;
