//! What the benches share: made-up people, files of them, a server that always says yes, and readings.
#![allow(dead_code, reason = "every bench uses its own part of it")]

pub mod canned;
pub mod decisions;
pub mod files;
pub mod mapping;
pub mod people;
pub mod program;
pub mod readings;
pub mod rounds;
pub mod threads;
pub mod watch;
pub mod workbook;

use std::error::Error;

/// Whatever goes wrong ends the bench with a sentence.
pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// How many rows: the first number among the arguments, else `usually`.
pub fn rows(usually: u64) -> u64 {
    std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(usually)
}

/// Whether this way of doing the work is wanted: all are, unless a word among the arguments names one, for a profiler.
pub fn is_wanted(name: &str) -> bool {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word.starts_with(char::is_alphabetic)).collect();
    words.is_empty() || words.iter().any(|word| name.contains(word.as_str()))
}
