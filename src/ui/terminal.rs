//! Standard output for data, standard error for talk.

#[cfg(unix)]
use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use indicatif::MultiProgress;

/// Both streams, and the place where a progress bar may stand.
#[derive(Clone, Debug)]
pub struct Terminal {
    voice: Voice,
    bars: MultiProgress,
}

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Voice {
    Full,
    Quiet,
    Mute,
}

impl Terminal {
    /// With `quiet`, only what is wrong is said.
    pub fn new(quiet: bool) -> Terminal {
        Terminal { voice: if quiet { Voice::Quiet } else { Voice::Full }, bars: MultiProgress::new() }
    }

    /// Nothing is said or printed: for a program within another.
    pub fn mute() -> Terminal {
        Terminal { voice: Voice::Mute, bars: MultiProgress::new() }
    }

    /// Says something that can be done without.
    pub fn say(&self, text: &str) {
        if !self.quiet() {
            self.complain(text);
        }
    }

    /// Says what is wrong.
    pub fn complain(&self, text: &str) {
        if self.voice != Voice::Mute {
            self.bars.suspend(|| write_line(io::stderr().lock(), text));
        }
    }

    /// Prints data.
    ///
    /// # Errors
    /// When standard output is gone; a reader that went away early counts as success.
    pub fn data(&self, bytes: &[u8]) -> io::Result<Flow> {
        if self.voice == Voice::Mute {
            return Ok(Flow::On);
        }
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Ok(()) => Ok(Flow::On),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Flow::ReaderGone),
            Err(error) => Err(error),
        }
    }

    /// Whether there is somebody who can be asked.
    pub fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && self.is_watched()
    }

    /// Asks on standard error and waits for a line; nothing at the end of the input.
    ///
    /// # Errors
    /// When the question cannot be put or the answer not be read.
    pub fn ask(&self, question: &str) -> io::Result<Option<String>> {
        let mut err = io::stderr().lock();
        err.write_all(question.as_bytes())?;
        err.flush()?;
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line)?;
        Ok((read > 0).then(|| line.trim().to_owned()))
    }

    /// Whether progress and other niceties are wanted.
    pub fn quiet(&self) -> bool {
        self.voice != Voice::Full
    }

    /// Whether a person is looking at standard error.
    pub fn is_watched(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Whether a person is looking at standard output.
    pub fn data_is_watched(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Whether standard output goes to what has this name. What swallows everything is nobody's.
    #[cfg(unix)]
    pub fn data_goes_to(&self, path: &Path) -> bool {
        use std::os::fd::AsFd;
        use std::os::unix::fs::{FileTypeExt, MetadataExt};
        let out = io::stdout();
        let seen = out.as_fd().try_clone_to_owned().and_then(|out| File::from(out).metadata());
        let (Ok(seen), Ok(named)) = (seen, fs::metadata(path)) else { return false };
        let swallowed = named.file_type().is_char_device() && !out.is_terminal();
        !swallowed && (seen.dev(), seen.ino()) == (named.dev(), named.ino())
    }

    /// Other systems have no name for it.
    #[cfg(not(unix))]
    pub fn data_goes_to(&self, _: &Path) -> bool {
        false
    }

    /// How many columns there are for data: what the terminal says, or `COLUMNS`, or a hundred.
    pub fn width(&self) -> usize {
        let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let seen = || {
            let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(io::stdout())?;
            Some(usize::from(columns))
        };
        said.or_else(seen).unwrap_or(100)
    }

    /// Whether colours are wanted on standard error (<https://no-color.org>).
    pub fn colour(&self) -> bool {
        self.is_watched() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
    }

    pub(super) fn bars(&self) -> &MultiProgress {
        &self.bars
    }
}

/// Whether anybody still reads what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    On,
    /// Whoever read standard output went away.
    ReaderGone,
}

fn write_line(mut out: impl Write, text: &str) {
    // Nobody to talk to is no reason to stop: the results are on disk, and the exit code tells the rest.
    let said =
        out.write_all(text.as_bytes()).and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") });
    drop(said);
}
