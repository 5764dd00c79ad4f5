//! Log lines, on standard error, never through the progress bar.

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::Terminal;
use crate::cli::{LogFormat, TalkArgs};

/// Starts logging for the whole process. `C3IMPORT_LOG` overrides what the flags say.
pub fn start_logging(terminal: &Terminal, talk: TalkArgs) {
    // Libraries are kept at `warn`: at `debug` some would name hosts and paths. What the verifier of certificates has to
    // say, the run says itself.
    let wanted = match (talk.quiet, talk.verbose) {
        (true, _) => "error,rustls_platform_verifier=off",
        (false, 0) => "warn,rustls_platform_verifier=off",
        (false, 1) => "warn,rustls_platform_verifier=off,c3import=info",
        (false, _) => "warn,rustls_platform_verifier=off,c3import=debug",
    };
    let filter = std::env::var("C3IMPORT_LOG").ok().and_then(|spec| EnvFilter::try_new(spec).ok());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|| EnvFilter::new(wanted)))
        .with_writer(BesideTheBar(terminal.clone()))
        .with_ansi(terminal.colour());
    let started = match talk.log_format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    if let Err(error) = started {
        terminal.complain(&format!("logging could not be started: {error}"));
    }
}

/// Lifts the bar while a line is written.
#[derive(Clone, Debug)]
struct BesideTheBar(Terminal);

impl<'a> MakeWriter<'a> for BesideTheBar {
    type Writer = BesideTheBar;

    fn make_writer(&'a self) -> BesideTheBar {
        self.clone()
    }
}

impl Write for BesideTheBar {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.complain(&String::from_utf8_lossy(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
