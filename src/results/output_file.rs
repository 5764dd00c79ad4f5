//! A file that takes its name when it is whole.

use std::ffi::OsString;
use std::fs::{self, File, FileType, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// How many links are followed; systems give up at as many.
const LINKS_MAX: usize = 40;

/// A file that grows under a temporary name beside its own, `results.partial.csv`, and takes its name when it is whole.
/// Whoever reads the temporary one finds whole rows, from the first one on; what an earlier session left under the name
/// stays until then. Where the name is a link, it is the file that it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    named: PathBuf,
    whole: PathBuf,
    partial: PathBuf,
}

impl OutputFile {
    /// The file with this path.
    pub fn new(named: PathBuf) -> OutputFile {
        let whole = followed(&named);
        let mut name = whole.file_stem().map_or_else(|| OsString::from("output"), OsString::from);
        name.push(".partial");
        if let Some(extension) = whole.extension() {
            name.push(".");
            name.push(extension);
        }
        OutputFile { partial: whole.with_file_name(name), whole, named }
    }

    /// The file, as it was named.
    pub fn path(&self) -> &Path {
        &self.named
    }

    /// The file while it grows.
    pub fn partial(&self) -> &Path {
        &self.partial
    }

    /// Whether its name can be had: nothing but a file may lie there, since nothing else can be replaced by one.
    ///
    /// # Errors
    /// When there is something else, such as a folder, a pipe or a device.
    pub fn refuse_others(&self) -> io::Result<()> {
        match fs::metadata(&self.named) {
            Ok(found) if found.is_file() => Ok(()),
            Ok(found) => Err(no_file(found.file_type())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Starts it anew, readable by its owner alone.
    ///
    /// # Errors
    /// When it cannot be made, or there is something that is no file.
    pub fn create(&self) -> io::Result<File> {
        self.refuse_others()?;
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

/// Where a name leads, by way of links; also to a file that is not there yet.
pub fn followed(named: &Path) -> PathBuf {
    let mut path = named.to_owned();
    for _ in 0..LINKS_MAX {
        match fs::read_link(&path) {
            // What a link says is meant from its own folder.
            Ok(target) => path = path.with_file_name("").join(target),
            Err(_) => break,
        }
    }
    path
}

/// Whether what it gets is passed on as it comes: named pipes, terminals and the like.
#[cfg(unix)]
pub(super) fn is_stream(found: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    found.is_fifo() || found.is_char_device()
}

/// Other systems name such things in other ways.
#[cfg(not(unix))]
pub(super) fn is_stream(_: FileType) -> bool {
    false
}

fn no_file(found: FileType) -> io::Error {
    let (kind, what) = match found {
        found if found.is_dir() => (io::ErrorKind::IsADirectory, "it is a directory"),
        found if is_stream(found) => (
            io::ErrorKind::InvalidInput,
            "it is a pipe or a device, and this needs a file that can be replaced as a whole",
        ),
        _ => (io::ErrorKind::InvalidInput, "it is no file"),
    };
    io::Error::new(kind, what)
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

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_leads_to_what_is_new() {
        use std::os::unix::fs::symlink;
        let home = tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| home.path().join(name);
        fs::create_dir(at("store")).expect("made");
        symlink("store/people.csv", at("people.csv")).expect("linked");
        symlink(at("people.csv"), at("again.csv")).expect("linked");
        for text in ["made", "replaced"] {
            let file = OutputFile::new(at("again.csv"));
            assert_eq!((file.path(), file.partial()), (&*at("again.csv"), &*at("store/people.partial.csv")));
            io::Write::write_all(&mut file.create().expect("made"), text.as_bytes()).expect("written");
            file.publish().expect("renamed");
            assert_eq!(fs::read_to_string(at("store/people.csv")).expect("there"), text);
        }
        OutputFile::new(at("again.csv")).remove().expect("removed");
        assert!(!at("store/people.csv").exists() && at("again.csv").is_symlink() && at("people.csv").is_symlink());

        symlink("round.csv", at("round.csv")).expect("linked");
        assert!(OutputFile::new(at("round.csv")).create().is_err(), "it leads nowhere");
    }

    #[cfg(unix)]
    #[test]
    fn nothing_but_a_file_is_replaced() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let path = home.path().join("people.csv");
        let _listens = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
        let file = OutputFile::new(path.clone());
        assert_eq!(file.create().expect_err("refused").to_string(), "it is no file");
        assert!(!file.partial().exists() && !path.symlink_metadata().expect("there").is_file());
        let folder = OutputFile::new(home.path().to_owned());
        assert_eq!(folder.create().expect_err("refused").to_string(), "it is a directory");
    }
}
