//! No answer at all: was the request sent, or not, or does nobody know?

use std::error::Error;
use std::io;

use rustls::CertificateError;

use crate::model::{FatalReason, Verdict, excerpt};

/// How much of a cause is told, in characters.
const CAUSE_CHARS_MAX: usize = 300;

/// What a request without an answer means (API facts: DNS, connect and TLS failures are "not sent"; anything after
/// that is unknown).
///
/// `peer` is who was to be connected to, for people.
pub fn verdict(error: &reqwest::Error, peer: &str) -> Verdict {
    // Only while connecting: a secure connection that breaks later may have carried the card across.
    if let Some(tls) = causes(error).find_map(tls_distrust).filter(|_| error.is_connect()) {
        return Verdict::Fatal { status: None, reason: FatalReason::Tls(tls) };
    }
    if error.is_connect() || error.is_builder() {
        let why = if error.is_timeout() { "connecting took too long".to_owned() } else { chain(error) };
        let reason = format!("{peer}: {why}");
        return Verdict::NotProcessed { status: None, retry_after: None, reason };
    }
    let reason = if error.is_timeout() { "no answer in time".to_owned() } else { chain(error) };
    Verdict::Unknown { status: None, reason }
}

/// The deepest cause in words, without the URL (it names the workspace, and is told elsewhere).
pub fn chain(error: &reqwest::Error) -> String {
    let deepest = causes(error).last().map(ToString::to_string).unwrap_or_default();
    excerpt(&deepest, CAUSE_CHARS_MAX)
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(Some(error as &(dyn Error + 'static)), |cause| below(*cause))
}

/// The cause of a cause. An `io::Error` hides what it wraps from `source`, so it is asked first.
fn below<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let wrapped = cause.downcast_ref::<io::Error>().and_then(|io| io.get_ref());
    wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| cause.source())
}

/// A certificate or handshake that cannot be trusted; waiting does not mend it.
fn tls_distrust(cause: &(dyn Error + 'static)) -> Option<String> {
    cause.downcast_ref::<rustls::Error>().map(|error| match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "its certificate is vouched for by nobody that this machine trusts; --ca-file adds an authority".to_owned()
        }
        other => excerpt(&other.to_string(), CAUSE_CHARS_MAX),
    })
}
