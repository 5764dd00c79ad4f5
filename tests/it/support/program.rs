//! Runs the built program in a clean environment and collects what it said.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use super::place::Place;
use super::server::Server;

/// Longer than any story takes; a program that is still there has hung.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program before it starts.
pub struct Call<'a> {
    place: &'a Place,
    command: Command,
    stdin: Vec<u8>,
}

/// The program while it runs.
pub struct Running {
    id: u32,
    said: String,
    stdout: Option<BufReader<ChildStdout>>,
    ended: mpsc::Receiver<Done>,
    over: Arc<AtomicBool>,
    words: String,
}

/// The program when it has ended.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    words: String,
}

impl<'a> Call<'a> {
    pub(super) fn new(place: &'a Place, arguments: &[&str]) -> Call<'a> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_c3import"));
        command.args(arguments).current_dir(place.path()).env_clear();
        // What a process needs to live, and a home without settings. LLVM_PROFILE_FILE is for coverage.
        for name in ["PATH", "SystemRoot", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        for name in ["HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "XDG_CONFIG_HOME", "APPDATA"] {
            command.env(name, place.path());
        }
        for name in ["XDG_STATE_HOME", "LOCALAPPDATA"] {
            command.env(name, place.state());
        }
        Call { place, command, stdin: Vec::new() }
    }

    /// More words.
    pub fn and(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sends to this server, with the token that it knows, as fast as it goes, and with short pauses.
    pub fn to(self, server: &Server) -> Self {
        let quick = ["--rate", "100000", "--retry-pause", "10ms", "--uncertain-pause", "10ms"];
        self.at(&server.url()).token(Server::TOKEN).and(&quick)
    }

    /// Sends to the tests' workspace on any server, without a token.
    pub fn at(self, url: &str) -> Self {
        self.and(&["--server", url, "--workspace", Server::WORKSPACE])
    }

    /// Puts the token where the program looks for it first.
    pub fn token(self, token: &str) -> Self {
        self.env("C3IMPORT_TOKEN", token)
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// What comes in through standard input; nothing otherwise.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Lets no file grow beyond so many blocks of the shell's: a disk that is full, for every file in turn. A write
    /// beyond fails, and does not kill.
    #[cfg(unix)]
    pub fn with_files_up_to(mut self, blocks: u32) -> Self {
        let mut limited = Command::new("sh");
        let line = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        limited.args(["-c", &line]).arg(self.command.get_program()).args(self.command.get_args());
        limited.current_dir(self.place.path()).env_clear();
        limited.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        self.command = limited;
        self
    }

    /// Runs to the end.
    pub fn run(self) -> Done {
        self.start().finish()
    }

    /// Starts, and leaves it running.
    pub fn start(mut self) -> Running {
        let words = format!("{:?}", self.command.get_args().collect::<Vec<_>>());
        let command = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|cause| panic!("the program does not start in {}: {cause}", self.place.path().display()));
        let id = child.id();
        let mut stdin = child.stdin.take().expect("it is piped");
        // A program that has said no already has closed its end.
        thread::spawn(move || drop(stdin.write_all(&self.stdin)));
        let stdout = child.stdout.take().expect("it is piped");
        let (send, ended) = mpsc::channel();
        let told = words.clone();
        let over = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&over);
        thread::spawn(move || {
            let output = child.wait_with_output().expect("a child can be waited for");
            is_over.store(true, Ordering::Release);
            let stderr = String::from_utf8(output.stderr).expect("all that is said is UTF-8");
            // Nobody listens any more when a story failed half-way.
            drop(send.send(Done { code: output.status.code(), stdout: String::new(), stderr, words: told }));
        });
        Running { id, said: String::new(), stdout: Some(BufReader::new(stdout)), ended, over, words }
    }
}

impl Running {
    /// The next line on its standard output; waits for it.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        let stdout = self.stdout.as_mut().expect("it is there until the end");
        stdout.read_line(&mut line).expect("standard output is UTF-8");
        self.said.push_str(&line);
        line.trim_end().to_owned()
    }

    /// Sends it a signal: `INT`, `TERM`.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.id.to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{} is gone before the signal", self.words);
    }

    #[cfg(unix)]
    fn has_ended(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Kills it without a word as soon as this says so, unless it ends before. Asks again and again.
    #[cfg(unix)]
    pub fn kill_when(self, mut now: impl FnMut() -> bool) -> Done {
        while !self.has_ended() && !now() {
            thread::park_timeout(Duration::from_micros(200));
        }
        // It may have ended a moment ago.
        drop(Command::new("kill").args(["-KILL", &self.id.to_string()]).stderr(Stdio::null()).status());
        self.finish()
    }

    /// Sends it these signals, one after another, as soon as this says so, unless it ends before.
    #[cfg(unix)]
    pub fn signal_when(self, names: &[&str], now: &mut dyn FnMut() -> bool) -> Done {
        while !self.has_ended() && !now() {
            thread::park_timeout(Duration::from_micros(200));
        }
        for name in names {
            drop(Command::new("kill").args([&format!("-{name}"), &self.id.to_string()]).stderr(Stdio::null()).status());
        }
        self.finish()
    }

    /// Whether it would hear SIGINT, and not be ended by it.
    #[cfg(target_os = "linux")]
    pub fn hears_ctrl_c(id: u32) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let caught = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigCgt:")?.trim(), 16).ok());
        caught.is_some_and(|mask| mask & 0b10 != 0)
    }

    /// By which the system knows it.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Sends it this signal again and again, as impatient people do, until it ends.
    #[cfg(unix)]
    pub fn signal_until_it_ends(self, name: &str) -> Done {
        while !self.has_ended() {
            drop(Command::new("kill").args([&format!("-{name}"), &self.id.to_string()]).stderr(Stdio::null()).status());
            thread::park_timeout(Duration::from_millis(50));
        }
        self.finish()
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Done {
        let mut stdout = self.stdout.take().expect("this is the only place that takes it");
        let (send, rest) = mpsc::channel();
        thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).expect("standard output is UTF-8");
            drop(send.send(text));
        });
        match self.ended.recv_timeout(PATIENCE) {
            Ok(done) => {
                let rest = rest.recv().expect("standard output ends with the program");
                Done { stdout: self.said + &rest, ..done }
            }
            Err(_) => {
                drop(Command::new("kill").args(["-KILL", &self.id.to_string()]).status());
                panic!("{} did not end within {PATIENCE:?}", self.words)
            }
        }
    }
}

impl Done {
    /// Asserts the exit code, and shows all that was said if it is another.
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Done {
        assert_eq!(self.code, Some(code), "\n{self}");
        self
    }

    /// Asserts that these words stand on standard error, in any order.
    #[track_caller]
    pub fn tells(&self, words: &[&str]) -> &Done {
        for word in words {
            assert!(self.stderr.contains(word), "standard error does not say {word:?}\n{self}");
        }
        self
    }

    /// Asserts that nothing went to standard output, which is for data.
    #[track_caller]
    pub fn leaves_stdout_empty(&self) -> &Done {
        assert!(self.stdout.is_empty(), "standard output is for data\n{self}");
        self
    }

    /// The last line on standard error that is not empty.
    pub fn last_line(&self) -> &str {
        self.stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default()
    }
}

impl std::fmt::Display for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Done { code, stdout, stderr, words } = self;
        write!(f, "c3import {words}\nexit {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---")
    }
}
