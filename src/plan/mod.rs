//! Rows in, what they hold out: looks at a table without doing anything with it. Touches nothing: no files, no clock,
//! no network.

mod damage;
mod digits;
mod kind;
mod merge;
mod phone_traces;
mod profile;
mod seen;
mod traces;
mod watch;

pub use kind::CellKind;
pub use merge::{Gathering, MergePlan, RowGroup, Said, SharedIdentities, Sightings};
pub use profile::{ColumnProfile, Distinct, Profile, ProfileBuilder};
pub use watch::Watch;
