//! A file that takes its name when it is whole.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// A file that grows under a temporary name beside its own, `results.partial.csv`, and takes its name when it is whole.
/// Whoever reads the temporary one finds whole rows, from the first one on; what an earlier session left under the name
/// stays until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    whole: PathBuf,
    partial: PathBuf,
}

impl OutputFile {
    /// The file with this path.
    pub fn new(whole: PathBuf) -> OutputFile {
        let mut name = whole.file_stem().map_or_else(|| OsString::from("output"), OsString::from);
        name.push(".partial");
        if let Some(extension) = whole.extension() {
            name.push(".");
            name.push(extension);
        }
        OutputFile { partial: whole.with_file_name(name), whole }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.whole
    }

    /// The file while it grows.
    pub fn partial(&self) -> &Path {
        &self.partial
    }

    /// Starts it anew, readable by its owner alone.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(&self) -> io::Result<File> {
        remove(&self.partial)?;
        private_file().create_new(true).write(true).open(&self.partial)
    }

    /// It is whole and on disk: it takes its name.
    ///
    /// # Errors
    /// When it cannot be renamed, as when a spreadsheet program has the old one open.
    pub fn publish(&self) -> io::Result<()> {
        fs::rename(&self.partial, &self.whole)
    }

    /// There is nothing to tell: the one of an earlier session goes.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self) -> io::Result<()> {
        remove(&self.partial)?;
        remove(&self.whole)
    }
}

/// Removes a file if it is there.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Readable by its owner alone: it will hold personal data.
#[cfg(unix)]
pub(super) fn private_file() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Other systems have no such bits; a folder passes on who may read it.
#[cfg(not(unix))]
pub(super) fn private_file() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_its_name_when_it_is_whole() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let file = OutputFile::new(home.path().join("people of today.csv"));
        assert_eq!(file.partial(), home.path().join("people of today.partial.csv"));
        for text in ["one", "two"] {
            let mut partial = file.create().expect("made");
            io::Write::write_all(&mut partial, text.as_bytes()).expect("written");
            drop(partial);
            file.publish().expect("renamed");
            assert_eq!(fs::read_to_string(file.path()).expect("there"), text);
            assert!(!file.partial().exists());
        }
        file.remove().expect("removed");
        file.remove().expect("gone already");
        assert!(!file.path().exists());
        assert_eq!(OutputFile::new("x".into()).partial(), Path::new("x.partial"));
    }
}
