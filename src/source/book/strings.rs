//! Strings that cells share, in one piece of memory.

use crate::source::SourceError;
use crate::source::limits::{SHARED_STRINGS_MAX, SHARED_TEXT_BYTES_MAX};

/// All shared strings of a workbook.
#[derive(Default)]
pub(in crate::source) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    /// The string of this number, counted from zero.
    pub(in crate::source) fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)? as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        self.text.get(start..end)
    }

    /// Adds a string, which `write` appends.
    ///
    /// # Errors
    /// Those of `write`, and when there are too many or they are too long.
    pub(in crate::source) fn add(
        &mut self,
        path: &str,
        write: impl FnOnce(&mut String) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        let refuse = |detail: String| Err(SourceError::BeyondLimit { path: path.to_owned(), detail });
        write(&mut self.text)?;
        if self.text.len() > SHARED_TEXT_BYTES_MAX {
            return refuse(format!("its shared strings are longer than {} MiB", SHARED_TEXT_BYTES_MAX >> 20));
        }
        if self.ends.len() == SHARED_STRINGS_MAX {
            return refuse(format!("it has more than {SHARED_STRINGS_MAX} shared strings"));
        }
        self.ends.push(self.text.len() as u32);
        Ok(())
    }

    /// Gives back memory that was set aside.
    pub(in crate::source) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}
