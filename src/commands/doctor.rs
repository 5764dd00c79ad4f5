//! `c3import doctor`: is the server there, and would it take us? Posts nothing.

use std::time::{Duration, SystemTime};

use super::import::Goal;
use super::{Exit, Failure, Failures};
use crate::cli::DoctorArgs;
use crate::model::{Verdict, excerpt};
use crate::pipeline::time_of_day;
use crate::settings::Claims;
use crate::ui::{Mark, Terminal, doctor_line, span};
use crate::upload::Knock;

/// How far the clocks may be apart before it matters to a token's expiry.
const SKEW_MAX: Duration = Duration::from_secs(120);

/// A token that ends sooner than this is worth a word.
const EXPIRY_SOON: Duration = Duration::from_secs(3600);

/// Looks at address, connection, clock and token, a line each.
pub fn doctor(terminal: &Terminal, args: &DoctorArgs) -> Result<Exit, Failures> {
    let goal = Goal::server(&args.server, args.timeout, 1)?;
    let mut findings = vec![(Mark::Good, "address", goal.endpoint.to_string())];
    findings.extend(token(Claims::read(&goal.token).as_ref(), time_of_day()));
    let broken =
        |error: std::io::Error| Failures::from(Failure::machine(format!("no connection can be made: {error}")));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
    let knocked = runtime.block_on(goal.client.knock());
    runtime.shutdown_background();
    match knocked {
        Ok(knock) => findings.extend(answer(&knock)),
        Err(verdict) => findings.push((Mark::Bad, "server", silence(&verdict))),
    }
    let text: String = findings.iter().map(|(mark, what, words)| doctor_line(*mark, what, words)).collect();
    let said = terminal.data(text.as_bytes());
    said.map_err(|error| Failure::machine(format!("standard output cannot be written: {error}")))?;
    let bad = findings.iter().any(|(mark, ..)| *mark == Mark::Bad);
    Ok(if bad { Exit::Server } else { Exit::Landed })
}

type Finding = (Mark, &'static str, String);

fn token(claims: Option<&Claims>, now: SystemTime) -> Vec<Finding> {
    let Some(claims) = claims else {
        return vec![(Mark::Odd, "token", "is no JSON Web Token; the server may take it all the same".to_owned())];
    };
    let mut found = Vec::new();
    if let Some(begins) = claims.not_before.and_then(|begins| begins.duration_since(now).ok()) {
        found.push((Mark::Odd, "token", format!("is not good for another {}", span(begins))));
    }
    found.push(match claims.expires.map(|expires| expires.duration_since(now)) {
        None => (Mark::Good, "token", "is a JSON Web Token without an end".to_owned()),
        Some(Err(over)) => (Mark::Bad, "token", format!("ended {} ago; make a new one", span(over.duration()))),
        Some(Ok(left)) if left < EXPIRY_SOON => (Mark::Odd, "token", format!("ends in {}", span(left))),
        Some(Ok(left)) => (Mark::Good, "token", format!("is good for another {}", span(left))),
    });
    if !claims.names.is_empty() {
        found.push((Mark::Good, "claims", excerpt(&claims.names.join(", "), 200)));
    }
    found
}

fn answer(knock: &Knock) -> Vec<Finding> {
    let status = knock.status;
    let server = match status {
        // A GET is what the endpoint does not do: 405 says that address and token got past the door.
        405 | 200..=299 => (Mark::Good, format!("is there (HTTP {status} to a GET)")),
        401 => (Mark::Bad, "does not accept the token (HTTP 401)".to_owned()),
        403 => (
            Mark::Bad,
            "forbids it (HTTP 403): has the token the claim \"Access and create customer contacts\"?".to_owned(),
        ),
        404 => (Mark::Odd, "knows no such address or workspace, or does not tell to a GET (HTTP 404)".to_owned()),
        300..=399 => {
            let target = knock.location.as_deref().unwrap_or("an address it does not name");
            (Mark::Bad, format!("sends us elsewhere (HTTP {status}), to {target}"))
        }
        500..=599 => (Mark::Bad, format!("is in trouble (HTTP {status})")),
        _ => (Mark::Odd, format!("is there, and answers HTTP {status} to a GET")),
    };
    let mut found = vec![(server.0, "server", server.1)];
    if let Some(date) = knock.date {
        let apart = knock.received.duration_since(date).unwrap_or_else(|ahead| ahead.duration());
        found.push(if apart > SKEW_MAX {
            (Mark::Odd, "clock", format!("is {} apart from the server's", span(apart)))
        } else {
            (Mark::Good, "clock", "agrees with the server's".to_owned())
        });
    }
    found
}

fn silence(verdict: &Verdict) -> String {
    match verdict {
        Verdict::NotProcessed { reason, .. } => format!("cannot be reached: {reason}"),
        Verdict::Unknown { reason, .. } => format!("was reached, but gave no answer: {reason}"),
        Verdict::Fatal { reason, .. } => reason.to_string(),
        Verdict::Stored { .. } | Verdict::Refused { .. } => "gave an answer nobody asked for".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    fn marks(findings: &[Finding]) -> Vec<(Mark, &'static str)> {
        findings.iter().map(|(mark, what, _)| (*mark, *what)).collect()
    }

    #[test]
    fn a_token_is_told_by_how_long_it_lasts() {
        let ends = |at: SystemTime| marks(&token(Some(&Claims { expires: Some(at), ..Claims::default() }), now()))[0].0;
        let seconds = Duration::from_secs;
        assert_eq!(
            [ends(now() - seconds(5)), ends(now() + seconds(60)), ends(now() + seconds(90_000))],
            [Mark::Bad, Mark::Odd, Mark::Good]
        );
        assert_eq!(marks(&token(None, now())), [(Mark::Odd, "token")]);
    }

    #[test]
    fn a_405_is_good_news_and_clocks_are_compared() {
        let knock = |status, skew: u64| Knock {
            status,
            date: now().checked_sub(Duration::from_secs(skew)),
            location: None,
            received: now(),
        };
        assert_eq!(marks(&answer(&knock(405, 1))), [(Mark::Good, "server"), (Mark::Good, "clock")]);
        assert_eq!(marks(&answer(&knock(401, 600))), [(Mark::Bad, "server"), (Mark::Odd, "clock")]);
        assert_eq!(marks(&answer(&knock(302, 0)))[0].0, Mark::Bad);
    }
}
