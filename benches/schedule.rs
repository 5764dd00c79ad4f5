//! How many rows a second the schedule takes in, lets go and ends, when answers come at once.
//!
//! `cargo bench --bench schedule [-- ROWS]`
#![expect(clippy::print_stdout, reason = "a bench prints what it found")]

mod support;

use support::Outcome;
use support::decisions::decide;
use support::rounds::{Way, compare};

fn main() -> Outcome {
    let rows = support::rows(1_000_000);
    compare(
        &format!("{rows} rows with two identities each"),
        None,
        vec![
            Way::new("none shared, 32 in flight", || decide(rows, 32, 0)),
            Way::new("1 % shared, 32 in flight", || decide(rows, 32, 100)),
            Way::new("1 % shared, 128 in flight", || decide(rows, 128, 100)),
        ],
    )
}
