//! Where cards go, and who brings them there: server, workspace and token, or the sandbox inside the program.

use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;

use super::sandbox::InProcess;
use super::{Failure, Failures};
use crate::cli::{DestinationArgs, ImportArgs};
use crate::journal::Destination;
use crate::pipeline::{self, Renew};
use crate::settings::TokenError;
use crate::upload::{Client, ClientSettings, Endpoint};

/// Where cards go, and who brings them there.
pub struct Goal {
    /// Where.
    pub endpoint: Endpoint,
    /// Who.
    pub client: Client,
    /// The token, for what it says about itself.
    pub token: SecretString,
    /// Fetches the token once more.
    pub renew: Option<Renew>,
    /// The server itself, if it is inside this program.
    pub sandbox: Option<InProcess>,
    /// The same for later sessions; nothing for a sandbox that ends with the program.
    pub destination: Option<Destination>,
}

impl Goal {
    /// What the command line and the environment say.
    pub fn find(args: &ImportArgs) -> Result<Goal, Failures> {
        if !args.server.sandbox && !args.server.faults.is_empty() {
            return Err(Failure::unusable("--fault is for the sandbox only")
                .hint("add --sandbox, or leave it out")
                .into());
        }
        let (timeout, in_flight) = (args.pace.timeout, args.pace.in_flight_max());
        if !args.server.sandbox {
            return Goal::server(&args.server.destination, timeout, in_flight);
        }
        let sandbox = InProcess::start(&args.server.faults)?;
        let (endpoint, token) = (sandbox.endpoint()?, sandbox.token());
        let client = client(&endpoint, &token, None, timeout, in_flight)?;
        Ok(Goal { endpoint, client, token, renew: None, sandbox: Some(sandbox), destination: None })
    }

    /// The server that flags and environment name, with the token from where they say.
    pub fn server(args: &DestinationArgs, timeout: Duration, in_flight: usize) -> Result<Goal, Failures> {
        let source = args.token_source();
        // Address and token may both be missing; then both are told.
        let (endpoint, token) = match (address(args), source.load().map_err(|error| token_failure(&error))) {
            (Ok(endpoint), Ok(token)) => (endpoint, token),
            (Err(address), Err(token)) => return Err(Failures(vec![address, token])),
            (Err(failure), Ok(_)) | (Ok(_), Err(failure)) => return Err(failure.into()),
        };
        let client = client(&endpoint, &token, args.ca_file.as_deref(), timeout, in_flight)?;
        let complain = |error: &TokenError| tracing::warn!("no other token can be had: {error}");
        let renew = source.may_change().then(|| Renew(Box::new(move || source.load().inspect_err(complain).ok())));
        let destination = Destination {
            server: args.server().unwrap_or_default(),
            workspace: args.workspace().unwrap_or_default(),
            endpoint: endpoint.to_string(),
        };
        Ok(Goal { endpoint, client, token, renew, sandbox: None, destination: Some(destination) })
    }
}

fn client(
    endpoint: &Endpoint,
    token: &SecretString,
    ca_file: Option<&Path>,
    timeout: Duration,
    concurrency: usize,
) -> Result<Client, Failure> {
    let read = |path: &Path| {
        let unreadable = |error| Failure::unusable(format!("the CA file {} cannot be read: {error}", path.display()));
        std::fs::read(path).map_err(unreadable)
    };
    let settings = ClientSettings {
        endpoint: endpoint.clone(),
        token: token.clone(),
        authorities: ca_file.map(read).transpose()?,
        timeout,
        concurrency,
        time_of_day: pipeline::time_of_day,
    };
    Client::new(settings).map_err(|error| Failure::unusable(error.to_string()))
}

fn address(server: &DestinationArgs) -> Result<Endpoint, Failure> {
    let missing = match (server.server(), server.workspace()) {
        (Some(url), Some(workspace)) => {
            return Endpoint::new(&url, &workspace).map_err(|error| Failure::unusable(error.to_string()));
        }
        (None, None) => "--server and --workspace are",
        (None, Some(_)) => "--server is",
        (Some(_), None) => "--workspace is",
    };
    Err(Failure::unusable(format!("{missing} missing"))
        .hint("say where to send, such as --server https://apid.cention.com --workspace demo; c3import import --sandbox needs neither"))
}

fn token_failure(error: &TokenError) -> Failure {
    Failure::unusable(error.to_string()).hint(error.hint())
}
