//! `c3import sandbox`, and the sandbox inside `import --sandbox`.

use std::net::SocketAddr;
use std::thread;

use secrecy::SecretString;
use tokio::net::TcpListener;

use super::{Exit, Failure, Failures};
use crate::cli::{FaultArgs, SandboxArgs};
use crate::sandbox::{Sandbox, SandboxSettings};
use crate::ui::Terminal;
use crate::upload::Endpoint;

/// The workspace and token that the in-process sandbox knows; both mean nothing anywhere else.
const WORKSPACE: &str = "demo";
const TOKEN: &str = "sandbox";

/// Serves until it is interrupted.
pub fn sandbox(terminal: &Terminal, args: SandboxArgs) -> Result<Exit, Failures> {
    let broken = |error: std::io::Error| Failures::from(Failure::machine(format!("the sandbox cannot run: {error}")));
    if !args.listen.ip().is_loopback() {
        let message = format!("the sandbox is for this machine only, and {} is not a loopback address", args.listen);
        return Err(Failure::unusable(message).hint("say --listen 127.0.0.1:0").into());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
    runtime.block_on(async {
        let listener = TcpListener::bind(args.listen).await.map_err(|error| {
            Failure::unusable(format!("{} cannot be listened on: {error}", args.listen)).hint("try another --listen")
        })?;
        let url = format!("http://{}", listener.local_addr().map_err(broken)?);
        terminal.data(format!("{url}\n").as_bytes()).map_err(broken)?;
        terminal.say(&format!(
            "any token and workspace will do, such as:\n  C3IMPORT_TOKEN=x c3import import FILE -m MAPPING --server {url} \
             --workspace demo\nwhat it holds: {url}/_sandbox/cards   what came in: {url}/_sandbox/requests\nCtrl-C ends it"
        ));
        let sandbox = Sandbox::new(SandboxSettings { faults: args.faults.plan(), ..SandboxSettings::default() });
        tokio::select! {
            served = sandbox.serve(listener) => served.map_err(broken)?,
            _ = tokio::signal::ctrl_c() => {}
        }
        Ok(Exit::Landed)
    })
}

/// A sandbox on a thread of this process. It ends with the process.
pub struct InProcess {
    address: SocketAddr,
    sandbox: Sandbox,
}

impl InProcess {
    /// Starts it on any free port.
    pub fn start(faults: &FaultArgs) -> Result<InProcess, Failures> {
        let broken =
            |error: std::io::Error| Failures::from(Failure::machine(format!("the sandbox cannot run: {error}")));
        let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).map_err(broken)?;
        listener.set_nonblocking(true).map_err(broken)?;
        let address = listener.local_addr().map_err(broken)?;
        let sandbox = Sandbox::new(SandboxSettings {
            token: Some(TOKEN.to_owned()),
            workspace: Some(WORKSPACE.to_owned()),
            faults: faults.plan(),
            requests_kept: 1,
            ..SandboxSettings::default()
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
        let serving = sandbox.clone();
        let serve = move || {
            let served = runtime.block_on(async { serving.serve(TcpListener::from_std(listener)?).await });
            if let Err(error) = served {
                tracing::error!("the sandbox ended: {error}");
            }
        };
        thread::Builder::new().name("sandbox".to_owned()).spawn(serve).map_err(broken)?;
        Ok(InProcess { address, sandbox })
    }

    /// Where it takes cards.
    pub fn endpoint(&self) -> Result<Endpoint, Failures> {
        let endpoint = Endpoint::new(&format!("http://{}", self.address), WORKSPACE);
        endpoint.map_err(|error| Failure::machine(error.to_string()).into())
    }

    /// The only token it takes.
    pub fn token(&self) -> SecretString {
        SecretString::from(TOKEN)
    }

    /// How many cards it holds.
    pub fn cards(&self) -> u64 {
        self.sandbox.cards().len() as u64
    }
}
