//! How much memory the program takes at most, for small and for large files.
//!
//! `cargo bench --bench memory [-- ROWS]`
#![expect(clippy::print_stdout, reason = "a bench prints what it found")]

mod support;

use std::time::Duration;

use support::canned::{self, Canned};
use support::people::Crowd;
use support::program::Program;
use support::{Outcome, files, mapping};

fn main() -> Outcome {
    canned::answer_if_asked()?;
    let large = support::rows(1_000_000);
    let small = (large / 100).max(1);
    let tables = [files::csv(small, Crowd::Mixed)?, files::csv(large, Crowd::Mixed)?];
    let server = Canned::start(Duration::ZERO)?;
    let program = Program::new(mapping::file()?, server.url());

    println!("\npeak memory, MiB");
    println!("{:<28} {:>14} {:>14} {:>10}", "", format!("{small} rows"), format!("{large} rows"), "more");
    for (name, words) in [
        ("check", vec!["check"]),
        ("import, 4 in flight", vec!["import", "--rate", "unlimited", "--concurrency", "4"]),
        ("import, 128 in flight", vec!["import", "--rate", "unlimited", "--concurrency", "128"]),
    ] {
        let [small, large] = tables.each_ref().map(|table| program.peak(&words, table));
        let (small, large) = (small?, large?);
        let more = small.zip(large).map(|(small, large)| large - small);
        println!("{name:<28} {:>14} {:>14} {:>10}", shown(small), shown(large), shown(more));
    }
    Ok(())
}

fn shown(number: Option<f64>) -> String {
    number.map_or_else(|| "n/a".to_owned(), |number| format!("{number:.1}"))
}
