//! A file that somebody asked for by name: whole or not there, and readable by its owner alone, since it holds personal
//! data.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::OutputFile;
use super::output_file::is_stream;

/// Is written under another name, and gets its own when it is whole; or goes through a pipe as it comes.
#[derive(Debug)]
pub struct SideFile {
    path: PathBuf,
    /// None of a pipe.
    partial: Option<Partial>,
    writer: BufWriter<File>,
}

/// What is not whole is removed.
#[derive(Debug)]
struct Partial(OutputFile);

impl Drop for Partial {
    fn drop(&mut self) {
        // After the last step it has its own name, and is not found here any more.
        drop(fs::remove_file(self.0.partial()));
    }
}

impl SideFile {
    /// Begins it. An earlier file of that name stays until the new one is whole. A pipe or a terminal stays what it is,
    /// and gets what is written; a named pipe waits for its reader.
    ///
    /// # Errors
    /// When nothing can be written there, or there is something that is neither.
    pub fn create(path: &Path) -> io::Result<SideFile> {
        match fs::metadata(path) {
            Ok(found) if is_stream(found.file_type()) => {
                let stream = OpenOptions::new().write(true).open(path)?;
                Ok(SideFile::new(path, None, stream))
            }
            Ok(_) | Err(_) => SideFile::create_whole(path),
        }
    }

    /// Begins what must be a file, because it is not written from its beginning to its end.
    ///
    /// # Errors
    /// When nothing can be written there, or there is something that is no file.
    pub fn create_whole(path: &Path) -> io::Result<SideFile> {
        let partial = Partial(OutputFile::new(path.to_owned()));
        let file = partial.0.create()?;
        Ok(SideFile::new(path, Some(partial), file))
    }

    fn new(path: &Path, partial: Option<Partial>, file: File) -> SideFile {
        SideFile { path: path.to_owned(), partial, writer: BufWriter::with_capacity(64 * 1024, file) }
    }

    /// The name that it will have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where to write.
    pub fn writer(&mut self) -> &mut BufWriter<File> {
        &mut self.writer
    }

    /// Makes sure that it is on disk, and gives it its name.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn finish(mut self) -> io::Result<()> {
        self.writer.flush()?;
        let Some(partial) = &self.partial else { return Ok(()) };
        self.writer.get_ref().sync_all()?;
        partial.0.publish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_the_old_one() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let path = home.path().join("check.html");
        fs::write(&path, "old").expect("written");
        let read = || fs::read_to_string(&path).expect("it is there");
        let mut file = SideFile::create(&path).expect("begun");
        file.writer().write_all(b"new").expect("written");
        assert_eq!(read(), "old");
        file.finish().expect("finished");
        assert_eq!(read(), "new");
        assert!(SideFile::create(home.path()).is_err());
        assert!(SideFile::create(&home.path().join("nowhere/check.html")).is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o077, 0, "others can read it");
        }
    }
}
