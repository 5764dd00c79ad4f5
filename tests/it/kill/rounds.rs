//! Which rounds are played.

use std::ops::Range;
use std::panic;

/// The seeds to play: so many usually, as many as `C3IMPORT_KILL_ROUNDS` says, or the one in `C3IMPORT_KILL_SEED`.
pub fn seeds(usually: u64) -> Range<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    match number("C3IMPORT_KILL_SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..1 + number("C3IMPORT_KILL_ROUNDS").unwrap_or(usually),
    }
}

/// Plays a round for each seed; says which one failed.
pub fn play(seeds: impl Iterator<Item = u64>, round: fn(u64)) {
    for seed in seeds {
        if let Err(panic) = panic::catch_unwind(|| round(seed)) {
            // Said even where a test's own words are swallowed.
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
            panic!("C3IMPORT_KILL_SEED={seed}: {said}");
        }
    }
}
