//! One importer at a time: in a run directory, and towards a server and workspace. Two that send to one workspace would
//! race outside each other's lanes, and make two cards of one person.

use std::fs;
use std::path::Path;

use super::{Failure, Failures};
use crate::pipeline::time_of_day;
use crate::results::{LockError, OsLock};
use crate::settings::state_dir;

/// The longest name of a lock: short enough for every file system.
const NAME_CHARS_MAX: usize = 120;

/// Who we are, for others to read.
pub fn who(run_dir: &Path) -> String {
    let place = std::path::absolute(run_dir).unwrap_or_else(|_| run_dir.to_owned());
    let since = httpdate::fmt_http_date(time_of_day());
    format!("c3import, process {}, since {since}, with {}", std::process::id(), place.display())
}

/// The only one of this user on this machine that sends to an endpoint, as long as the value lives.
pub fn of_server(endpoint: &str, run_dir: &Path) -> Result<OsLock, Failures> {
    let folder = state_dir();
    let unwritable = |error| Failure::machine(format!("{} cannot be made: {error}", folder.display())).hint(NO_LOCK);
    fs::create_dir_all(&folder).map_err(unwritable)?;
    let address = endpoint.split_once("://").map_or(endpoint, |(_, address)| address);
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let name: String = address.replace("/capi/json/c3_contact_cards", "").chars().map(plain).collect();
    let name: String = name.chars().take(NAME_CHARS_MAX).collect();
    OsLock::take(&folder.join(format!("{name}.lock")), &who(run_dir)).map_err(|error| {
        let failure = match error {
            LockError::Held(who) => Failure::machine(format!("another import sends to {endpoint}: {who}"))
                .hint("wait for it; two at once could make two cards of one person. --no-lock sends all the same"),
            LockError::Io { .. } => Failure::machine(error.to_string()).hint(NO_LOCK),
        };
        failure.into()
    })
}

/// What to do where no lock can be had.
pub const NO_LOCK: &str = "--no-lock goes on without, if you are sure that no other import is at work";
