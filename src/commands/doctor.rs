//! `c3import doctor`: is the server there, and would it take us? Posts nothing.

use std::time::{Duration, SystemTime};

use super::goal::Goal;
use super::{Exit, Failure, Failures};
use crate::cli::DoctorArgs;
use crate::model::{Verdict, excerpt};
use crate::pipeline::time_of_day;
use crate::settings::Claims;
use crate::ui::{Mark, Terminal, doctor_line, span};
use crate::upload::Route;

/// How far the clocks may be apart before it matters to a token's expiry.
const SKEW_MAX: Duration = Duration::from_secs(120);

/// A token that ends sooner than this is worth a word.
const EXPIRY_SOON: Duration = Duration::from_secs(3600);

/// Looks at address, connection, clock and token, a line each.
pub fn doctor(terminal: &Terminal, args: &DoctorArgs) -> Result<Exit, Failures> {
    let goal = Goal::server(&args.server, args.timeout, 1)?;
    let mut findings = vec![(Mark::Good, "address", goal.endpoint.to_string())];
    let broken =
        |error: std::io::Error| Failures::from(Failure::machine(format!("no connection can be made: {error}")));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
    findings.push(route(&runtime.block_on(goal.endpoint.route())));
    findings.extend(token(Claims::read(&goal.token).as_ref(), time_of_day()));
    // Behind a name that nobody knows there is nobody to knock at.
    if findings.iter().all(|(mark, what, _)| (*mark, *what) != (Mark::Bad, "name")) {
        let knock = runtime.block_on(goal.client.knock());
        if goal.endpoint.is_encrypted() && was_reached(&knock.verdict) {
            findings.push((Mark::Good, "tls", "the connection is encrypted, and the certificate is good".to_owned()));
        }
        let (mark, words) = answer(&knock.verdict);
        findings.push((mark, "server", words));
        findings.extend(knock.clocks.map(clocks).map(|(mark, words)| (mark, "clock", words)));
    }
    runtime.shutdown_background();
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

fn route(route: &Route) -> Finding {
    match route {
        Route::Proxy(proxy) => (Mark::Good, "proxy", format!("{proxy} stands in between; NO_PROXY would leave it out")),
        Route::Straight(addresses) => {
            let shown: Vec<String> = addresses.iter().take(4).map(ToString::to_string).collect();
            (Mark::Good, "name", format!("is found at {}", shown.join(", ")))
        }
        Route::Nowhere(why) => {
            let message =
                format!("cannot be found: {}; is it spelled right, and is there a network?", excerpt(why, 200));
            (Mark::Bad, "name", message)
        }
    }
}

/// Whether there was an answer.
fn was_reached(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Stored { .. } | Verdict::Refused { .. } => true,
        Verdict::NotProcessed { status, .. } | Verdict::Unknown { status, .. } | Verdict::Fatal { status, .. } => {
            status.is_some()
        }
    }
}

fn answer(verdict: &Verdict) -> (Mark, String) {
    match verdict {
        // A GET is what the endpoint does not do: 405 says that address and token got past the door.
        Verdict::Refused { status: 405, .. } => (Mark::Good, "is there (HTTP 405 to a GET)".to_owned()),
        // Somebody who says yes to everything may not be who we are looking for.
        Verdict::Stored { status, .. } => (
            Mark::Odd,
            format!("is there, but answers HTTP {status} to a GET, which Cention does not: is the address right?"),
        ),
        Verdict::Refused { status: 403, .. } => (
            Mark::Bad,
            "forbids it (HTTP 403): has the token the claim \"Access and create customer contacts\"?".to_owned(),
        ),
        Verdict::Refused { status: 404, .. } => {
            (Mark::Odd, "knows no such address or workspace, or does not tell to a GET (HTTP 404)".to_owned())
        }
        Verdict::Refused { status: 407, .. } => {
            (Mark::Bad, "is behind a proxy that asks for a login (HTTP 407)".to_owned())
        }
        Verdict::Refused { status, .. } => (Mark::Odd, format!("is there, and answers HTTP {status} to a GET")),
        Verdict::NotProcessed { status: None, reason, .. } => (Mark::Bad, format!("cannot be reached: {reason}")),
        Verdict::NotProcessed { status: Some(_), reason, .. } => (Mark::Odd, format!("is there, but {reason}")),
        Verdict::Unknown { status: None, reason } => (Mark::Bad, format!("was reached, but gave no answer: {reason}")),
        Verdict::Unknown { status: Some(200..=299), reason } => (Mark::Odd, format!("is there, but {reason}")),
        Verdict::Unknown { status: Some(_), reason } => (Mark::Bad, format!("is in trouble: {reason}")),
        Verdict::Fatal { reason, .. } => (Mark::Bad, reason.to_string()),
    }
}

/// Whether this machine's clock and the server's agree, which the end of a token is told by.
fn clocks((theirs, ours): (SystemTime, SystemTime)) -> (Mark, String) {
    let apart = ours.duration_since(theirs).unwrap_or_else(|ahead| ahead.duration());
    if apart > SKEW_MAX {
        (Mark::Odd, format!("is {} apart from the server's", span(apart)))
    } else {
        (Mark::Good, "agrees with the server's".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FatalReason;

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
        let refused = |status| answer(&Verdict::Refused { status, errors: Vec::new() }).0;
        assert_eq!([refused(405), refused(404), refused(403)], [Mark::Good, Mark::Odd, Mark::Bad]);
        let yes = Verdict::Stored { status: 200, id: None, oddity: None, echo: None };
        assert_eq!(answer(&yes).0, Mark::Odd, "whoever says yes to that may say yes to anything");
        let elsewhere = FatalReason::Redirect("https://h/login".into());
        assert_eq!(answer(&Verdict::Fatal { status: Some(302), reason: elsewhere }).0, Mark::Bad);
        let skewed = |seconds| clocks((now(), now() + Duration::from_secs(seconds))).0;
        assert_eq!([skewed(1), skewed(600)], [Mark::Good, Mark::Odd]);
    }
}
