//! The wish to stop, as the system tells it.

use std::io;

/// Ctrl-C and what else asks a program to end on this system.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    streams: [tokio::signal::unix::Signal; 3],
    #[cfg(windows)]
    ctrl_c: tokio::signal::windows::CtrlC,
    #[cfg(windows)]
    ctrl_break: tokio::signal::windows::CtrlBreak,
}

impl Signals {
    /// Listens from now on. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// When the system lets us install no handler.
    #[cfg(unix)]
    pub fn listen() -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        let streams = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let [interrupt, terminate, hangup] = streams.map(signal);
        Ok(Signals { streams: [interrupt?, terminate?, hangup?] })
    }

    /// Returns at the next signal.
    #[cfg(unix)]
    pub async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.streams;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }

    /// Listens from now on. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// When the system lets us install no handler.
    #[cfg(windows)]
    pub fn listen() -> io::Result<Signals> {
        Ok(Signals { ctrl_c: tokio::signal::windows::ctrl_c()?, ctrl_break: tokio::signal::windows::ctrl_break()? })
    }

    /// Returns at the next signal.
    #[cfg(windows)]
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.ctrl_c.recv() => {}
            _ = self.ctrl_break.recv() => {}
        }
    }
}
