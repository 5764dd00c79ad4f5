//! The documents that an import would post, one a line, in input order.

use std::io::{self, Write};
use std::path::Path;

use super::side_file::SideFile;
use crate::model::{CardDigest, CompactEntry, CompactMap};

/// Writes them as they come. Remembers 8 bytes of each, because the very same card is posted once.
#[derive(Debug)]
pub struct Documents {
    file: SideFile,
    posted: CompactMap<Posted>,
    error: Option<io::Error>,
}

/// The digest of a card, but for its shard.
#[derive(Clone, Copy, Debug)]
struct Posted([u32; 2]);

impl CompactEntry for Posted {
    type Key = [u32; 2];

    fn key(&self) -> [u32; 2] {
        self.0
    }
}

impl Documents {
    /// Begins the file.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: &Path) -> io::Result<Documents> {
        Ok(Documents { file: SideFile::create(path)?, posted: CompactMap::default(), error: None })
    }

    /// A document that is ready to be sent; documents have no line ends in them. After a failure nothing is written any
    /// more, and [`Documents::finish`] tells of it.
    pub fn add(&mut self, document: &[u8], digest: CardDigest) {
        let (shard, rest) = digest.short();
        if self.error.is_some() || self.posted.get(shard, &rest).is_some() {
            return;
        }
        self.posted.insert(shard, Posted(rest));
        let writer = self.file.writer();
        if let Err(error) = writer.write_all(document).and_then(|()| writer.write_all(b"\n")) {
            self.error = Some(error);
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn finish(self) -> io::Result<()> {
        match self.error {
            Some(error) => Err(error),
            None => self.file.finish(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.file.path()
    }
}
