//! The plug is pulled at any moment, and the same command typed again until it ends by itself: every row stands in the
//! results once, as if nothing had happened, and no card is doubled.
//!
//! Rounds are played from seeds: some with the real program, which is really killed; and many more within this process,
//! at the moments that hurt. `C3IMPORT_KILL_ROUNDS=2000 cargo test --test it kill::outside` plays more of the former,
//! with `kill::inside` of the latter; `C3IMPORT_KILL_SEED=17` plays one again.
#![cfg(unix)]

#[cfg(debug_assertions)]
mod inside;
mod outside;
mod promise;
mod rounds;
mod table;
