//! No answer at all: was the request sent, or not, or does nobody know?

use std::error::Error;
use std::io;

use rustls::CertificateError;

use super::dialer::Cause;
use crate::model::{FatalReason, Verdict, excerpt};

/// How much of a cause is told, in characters.
const CAUSE_CHARS_MAX: usize = 300;

/// Why there is no answer.
#[derive(Debug)]
pub enum Mishap {
    /// No connection came about, or none that took a byte of the request.
    NoConnection(Cause),
    /// Connecting took too long.
    NoConnectionInTime,
    /// The connection broke when the request was on its way, or may have been.
    Lost(hyper::Error),
    /// Nothing came in time.
    NoAnswer,
}

/// What a request without an answer means (API facts: DNS, connect and TLS failures are "not sent"; anything after
/// that is unknown).
///
/// `peer` is who was to be connected to, for people.
pub fn verdict(mishap: &Mishap, peer: &str) -> Verdict {
    let not_sent =
        |why: &str| Verdict::NotProcessed { status: None, retry_after: None, reason: format!("{peer}: {why}") };
    let unknown = |reason: String| Verdict::Unknown { status: None, reason };
    match mishap {
        Mishap::NoConnection(cause) => {
            let cause: &(dyn Error + 'static) = &**cause;
            // Only while connecting: a secure connection that breaks later may have carried the card across.
            if let Some(tls) = causes(cause).find_map(tls_distrust) {
                return Verdict::Fatal { status: None, reason: FatalReason::Tls(tls) };
            }
            if causes(cause).any(took_too_long) { not_sent(TOO_LONG) } else { not_sent(&chain(cause)) }
        }
        Mishap::NoConnectionInTime => not_sent(TOO_LONG),
        Mishap::Lost(error) => unknown(chain(error)),
        Mishap::NoAnswer => unknown("no answer in time".to_owned()),
    }
}

const TOO_LONG: &str = "connecting took too long";

fn took_too_long(cause: &(dyn Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
}

/// The deepest cause in words.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let deepest = causes(error).last().map(ToString::to_string).unwrap_or_default();
    excerpt(&deepest, CAUSE_CHARS_MAX)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause| below(*cause))
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
