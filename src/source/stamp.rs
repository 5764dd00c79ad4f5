//! What a file looks like from outside, to notice that it has changed.

use std::fs;
use std::time::UNIX_EPOCH;

use crate::model::Input;

/// The input's length and when it was written; nothing for standard input, or a file that is gone.
pub fn stamp(input: &Input) -> Option<String> {
    let Input::File(path) = input else { return None };
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let written = metadata.modified().ok()?;
    // A clock may stand before 1970; then it stands apart from every honest one.
    let nanos = written.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    Some(format!("{} bytes, written {nanos}", metadata.len()))
}
