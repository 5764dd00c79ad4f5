//! The sandbox on a thread of its own and a port that the system chooses.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use c3import::sandbox::{Card, Rules, Sandbox, SandboxSettings, Seen};
use tokio::sync::oneshot;

/// A server that runs until the story ends. It lets one token and one workspace in.
pub struct Server {
    port: u16,
    sandbox: Sandbox,
    thread: Option<thread::JoinHandle<()>>,
    stop: Option<oneshot::Sender<()>>,
}

impl Server {
    /// Long enough to be found again wherever it leaks to.
    pub const TOKEN: &str = "eyJhbGciOiJub25lIn0.canary-8d1f6c2e4b7a.signature";
    pub const WORKSPACE: &str = "demo";

    /// One that is well.
    pub fn start() -> Server {
        Server::with("")
    }

    /// One with faults, written as the sandbox takes them (`3:status=503,retry-after=2`).
    pub fn with(faults: &str) -> Server {
        Server::ruled(Rules::default(), faults)
    }

    /// One with rules of its own as well.
    pub fn ruled(rules: Rules, faults: &str) -> Server {
        Server::listening(TcpListener::bind("127.0.0.1:0").expect("loopback has a free port"), rules, faults)
    }

    /// One on an address that was free a moment ago.
    pub fn on(address: SocketAddr, faults: &str) -> Server {
        Server::listening(TcpListener::bind(address).expect("the address is still free"), Rules::default(), faults)
    }

    fn listening(listener: TcpListener, rules: Rules, faults: &str) -> Server {
        let sandbox = Sandbox::new(SandboxSettings {
            token: Some(Server::TOKEN.to_owned()),
            workspace: Some(Server::WORKSPACE.to_owned()),
            rules,
            faults: faults.parse().unwrap_or_else(|error| panic!("{error}")),
            keeps_bodies: true,
            ..SandboxSettings::default()
        });
        let port = listener.local_addr().expect("it is bound").port();
        listener.set_nonblocking(true).expect("a listener can be made not to block");
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = sandbox.clone();
        let thread = thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("it does not block");
                tokio::select! {
                    ended = serving.serve(listener) => ended.expect("the listener goes on to accept"),
                    _ = stopped => {}
                }
            });
        });
        Server { port, sandbox, thread: Some(thread), stop: Some(stop) }
    }

    /// Where it listens, as `--server` takes it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many requests came.
    pub fn requests(&self) -> usize {
        self.sandbox.requests().len()
    }

    /// How many connections they came on.
    pub fn connections(&self) -> usize {
        self.sandbox.requests().iter().map(|seen| seen.connection).collect::<BTreeSet<_>>().len()
    }

    /// The requests, in the order in which they came.
    pub fn seen(&self) -> Vec<Seen> {
        self.sandbox.requests()
    }

    /// When each request came, counted from the first.
    pub fn arrivals(&self) -> Vec<Duration> {
        let seen = self.sandbox.requests();
        let first = seen.first().map_or(0, |seen| seen.arrived_us);
        seen.iter().map(|seen| Duration::from_micros(seen.arrived_us - first)).collect()
    }

    /// How many pairs of requests that share an identity were in it at once.
    pub fn overlaps(&self) -> u64 {
        self.sandbox.overlaps()
    }

    /// Returns when everything that was sent has been dealt with, and everybody has hung up. Looks again and again.
    pub fn is_at_rest(&self) {
        // Connections are taken in the order in which they were made: who is heard now is the last.
        let mut last = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        last.write_all(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").expect("it hears us");
        last.read_to_end(&mut Vec::new()).expect("it answers");
        let start = Instant::now();
        while self.sandbox.connections() > 0 || self.sandbox.requests().iter().any(|seen| seen.left_us.is_none()) {
            assert!(start.elapsed() < Duration::from_secs(30), "somebody is still there after half a minute");
            thread::park_timeout(Duration::from_micros(100));
        }
    }

    /// All cards, in the order in which they were made.
    pub fn cards(&self) -> Vec<Card> {
        self.sandbox.cards()
    }

    /// Returns when so many requests have come. Looks again every few milliseconds.
    pub fn has_got(&self, requests: usize) {
        let start = Instant::now();
        while self.requests() < requests {
            assert!(start.elapsed() < Duration::from_secs(30), "only {} requests in half a minute", self.requests());
            thread::park_timeout(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !thread::panicking()
        {
            panic!("the sandbox panicked");
        }
    }
}
