//! What a run is: enough to go on with it, and to see that a command means another one.

use serde::{Deserialize, Serialize};

/// What a run is, in the words of its first command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFacts {
    /// The program's version.
    pub program: String,
    /// The input's absolute path; `-` for standard input.
    pub input: String,
    /// The flags that say how the input is read.
    pub reading: Vec<String>,
    /// The mapping file, as it was named.
    pub mapping_name: String,
    /// The mapping file's text.
    pub mapping: String,
    /// Where cards go; nowhere that lasts, if it is the sandbox inside the program.
    pub destination: Option<Destination>,
    /// Where names go in the document.
    pub name_at: String,
    /// Every other flag. Never one about the token.
    pub words: Vec<String>,
}

/// Where cards go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The server's address, as typed.
    pub server: String,
    /// The workspace.
    pub workspace: String,
    /// Both as one address.
    pub endpoint: String,
}

/// A session begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionStart {
    /// The command: `import`, `resume`, `retry`.
    pub command: &'static str,
    /// When, in seconds since 1970.
    pub began: i64,
}

/// A session ends in good order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEnd {
    /// When, in seconds since 1970.
    pub ended: i64,
    /// What is to be said of rows that were not sent, if it ended early.
    pub stopped: Option<String>,
    /// Requests sent.
    pub requests: u64,
    /// Rows read.
    pub rows: u64,
    /// Whether every row of the input has its ending, so that there is nothing to go on with.
    pub finished: bool,
    /// What the input looked like, when it was read to its end and did not change meanwhile: its bytes and when it was
    /// written. Then all its rows are known, and a change is noticed.
    pub stamp: Option<String>,
}
