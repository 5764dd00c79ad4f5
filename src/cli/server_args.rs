//! Where cards go, with which token, and what is assumed of the server.

use std::path::PathBuf;

use clap::Args;

use crate::model::{NameAt, ServerRules};
use crate::sandbox::FaultPlan;
use crate::settings::{TokenSource, variable};

/// Which server, and with which token.
#[derive(Debug, Args)]
pub struct DestinationArgs {
    /// The server's address, such as `https://apid.cention.com` [default: the variable C3IMPORT_SERVER].
    #[arg(long, value_name = "URL", help_heading = "Server")]
    server: Option<String>,
    /// The workspace: the part of your Cention address after /s/ [default: the variable C3IMPORT_WORKSPACE].
    #[arg(long, value_name = "NAME", help_heading = "Server")]
    workspace: Option<String>,
    /// With which token.
    #[command(flatten)]
    pub token: TokenArgs,
    /// Trust the certificate authorities in this PEM file too.
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    pub ca_file: Option<PathBuf>,
}

/// Where the token comes from.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// Read the token from a file [default: from the variable C3IMPORT_TOKEN].
    #[arg(long, value_name = "FILE", help_heading = "Server", conflicts_with = "token_command")]
    token_file: Option<PathBuf>,
    /// Take the token file even if others can read it.
    #[arg(long, help_heading = "Server", requires = "token_file")]
    insecure_token_file: bool,
    /// Let a command print the token.
    #[arg(long, value_name = "COMMAND", help_heading = "Server")]
    token_command: Option<String>,
}

/// Where cards go, and what is assumed of the place.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// Which server, and with which token.
    #[command(flatten)]
    pub destination: DestinationArgs,
    /// Send to a stand-in server inside this process instead: nothing leaves this machine.
    #[arg(long, help_heading = "Server", conflicts_with_all = ["server", "workspace", "token_file", "token_command"])]
    pub sandbox: bool,
    /// What goes wrong in the sandbox.
    #[command(flatten)]
    pub faults: FaultArgs,
    /// What is assumed of the server.
    #[command(flatten)]
    pub rules: RulesArgs,
}

impl DestinationArgs {
    /// The server's address: as typed, else from the environment.
    pub fn server(&self) -> Option<String> {
        self.server.clone().or_else(|| variable("C3IMPORT_SERVER"))
    }

    /// The workspace: as typed, else from the environment.
    pub fn workspace(&self) -> Option<String> {
        self.workspace.clone().or_else(|| variable("C3IMPORT_WORKSPACE"))
    }

    /// Where to look for the token.
    pub fn token_source(&self) -> TokenSource {
        self.token.source()
    }
}

impl TokenArgs {
    /// Where to look for it.
    pub fn source(&self) -> TokenSource {
        match (&self.token_file, &self.token_command) {
            (Some(path), _) => TokenSource::File { path: path.clone(), insecure: self.insecure_token_file },
            (None, Some(command)) => TokenSource::Command(command.clone()),
            (None, None) => TokenSource::Environment,
        }
    }
}

/// What goes wrong in the sandbox.
#[derive(Debug, Args)]
pub struct FaultArgs {
    /// Let the sandbox fail, such as 3:status=503,retry-after=2 for the third request; may be repeated.
    #[arg(long = "fault", value_name = "FAULT", help_heading = "Server")]
    faults: Vec<FaultPlan>,
}

impl FaultArgs {
    /// All of them, in order.
    pub fn plan(&self) -> FaultPlan {
        FaultPlan { faults: self.faults.iter().flat_map(|plan| plan.faults.iter().cloned()).collect() }
    }

    /// Whether nothing goes wrong.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }
}

/// The rules of the server that nobody has documented.
#[derive(Clone, Copy, Debug, Args)]
pub struct RulesArgs {
    /// Where the name goes in the document: contacts, attributes or both.
    #[arg(long, value_name = "PLACE", default_value = "contacts", help_heading = "Server")]
    name_at: NameAt,
    /// Assume that the server recognises people by custom fields too.
    #[arg(long, help_heading = "Server")]
    match_custom: bool,
}

impl RulesArgs {
    /// As one value.
    pub fn rules(self) -> ServerRules {
        ServerRules { name_at: self.name_at, matches_custom: self.match_custom }
    }

    /// The flags that say the same, each with a space before it; nothing for what needs no flag.
    pub fn retyped(self) -> String {
        let place = match self.name_at == NameAt::default() {
            true => String::new(),
            false => format!(" --name-at {}", self.name_at.as_str()),
        };
        let custom = if self.match_custom { " --match-custom" } else { "" };
        place + custom
    }
}
