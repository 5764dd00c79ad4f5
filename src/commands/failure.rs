//! How a process ends, and what it says when it cannot go on.

/// The exit codes (README, "Exit codes").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Every row landed.
    Landed,
    /// Finished, but not every row landed.
    SomeRows,
    /// Usage, settings, mapping or input cannot be used; nothing was sent.
    Unusable,
    /// Stopped by the server's state or a guard.
    Server,
    /// Stopped by this machine.
    Machine,
    /// Interrupted.
    Interrupted,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Exit::Landed => 0,
            Exit::SomeRows => 1,
            Exit::Unusable => 2,
            Exit::Server => 3,
            Exit::Machine => 4,
            Exit::Interrupted => 5,
        }
    }
}

/// One thing that keeps a command from going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How the process ends because of it.
    pub exit: Exit,
    /// What is wrong, as a sentence; or whole diagnostics, when `drawn`.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// Whether the message is drawn already, with its own "error:".
    pub drawn: bool,
}

/// All of them at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failures(pub Vec<Failure>);

impl Failure {
    /// Something about usage, settings, mapping or input.
    pub fn unusable(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Unusable, message: message.into(), hint: None, drawn: false }
    }

    /// Something about this machine.
    pub fn machine(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Machine, ..Failure::unusable(message) }
    }

    /// With what to do.
    pub fn hint(self, hint: impl Into<String>) -> Failure {
        Failure { hint: Some(hint.into()), ..self }
    }

    /// As it is said.
    pub fn render(&self) -> String {
        let mut text = if self.drawn { self.message.clone() } else { format!("error: {}", self.message) };
        if let Some(hint) = &self.hint {
            text.push_str("\n  hint: ");
            text.push_str(hint);
        }
        text
    }
}

impl Failures {
    /// How the process ends: as the first failure says.
    pub fn exit(&self) -> Exit {
        self.0.first().map_or(Exit::Machine, |failure| failure.exit)
    }
}

impl From<Failure> for Failures {
    fn from(failure: Failure) -> Failures {
        Failures(vec![failure])
    }
}
