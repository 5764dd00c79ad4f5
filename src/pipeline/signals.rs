//! The wish to stop, as the system tells it.

use std::io;

/// Ctrl-C and what else asks a program to end on this system.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    streams: Vec<tokio::signal::unix::Signal>,
    #[cfg(windows)]
    ctrl_c: tokio::signal::windows::CtrlC,
    #[cfg(windows)]
    ctrl_break: tokio::signal::windows::CtrlBreak,
}

impl Signals {
    /// Listens from now on, to what was not told to be ignored: `nohup` and background shells mean it. Needs a tokio
    /// runtime around it.
    ///
    /// # Errors
    /// When the system lets us install no handler.
    #[cfg(unix)]
    pub fn listen() -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let heard = kinds.into_iter().filter(|kind| !is_ignored(kind.as_raw_value()));
        Ok(Signals { streams: heard.map(signal).collect::<io::Result<_>>()? })
    }

    /// Returns at the next signal.
    #[cfg(unix)]
    pub async fn next(&mut self) {
        std::future::poll_fn(|context| {
            let told = self.streams.iter_mut().any(|stream| stream.poll_recv(context).is_ready());
            if told { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
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

/// Whether the process was started with this signal ignored. Told by Linux only; elsewhere no signal is taken to be.
#[cfg(unix)]
fn is_ignored(signal: std::os::raw::c_int) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}
