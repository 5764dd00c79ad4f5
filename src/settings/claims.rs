//! What a token says about itself: read to warn, never to refuse, and never trusted.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// In the year 5138; as milliseconds, in 1973.
const SECONDS_MAX: f64 = 1e11;

/// The claims of a JWT that matter to us (RFC 7519, 4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// `exp`: the token is no good from then on.
    pub expires: Option<SystemTime>,
    /// `nbf`: the token is no good before then.
    pub not_before: Option<SystemTime>,
    /// The names of all claims, sorted.
    pub names: Vec<String>,
}

impl Claims {
    /// Reads the middle part of a JWT; `None` when the token is none. That is no fault: what a token looks like is the
    /// server's business.
    pub fn read(token: &SecretString) -> Option<Claims> {
        let mut parts = token.expose_secret().split('.');
        let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
        let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        let Value::Object(claims) = serde_json::from_slice(&bytes).ok()? else { return None };
        let moment = |name: &str| {
            let number = match claims.get(name)? {
                Value::String(digits) => digits.parse().ok()?,
                other => other.as_f64()?,
            };
            // Many a maker of tokens counts milliseconds; as seconds these would be thousands of years.
            let seconds = if number > SECONDS_MAX { number / 1000.0 } else { number };
            SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
        };
        let mut names: Vec<String> = claims.keys().cloned().collect();
        names.sort_unstable();
        Some(Claims { expires: moment("exp"), not_before: moment("nbf"), names })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(payload: &str) -> Option<Claims> {
        Claims::read(&SecretString::from(format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload))))
    }

    #[test]
    fn the_expiry_is_read_where_there_is_one() {
        let at = |seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        assert_eq!(claims(r#"{"exp":1800000000,"sub":"x"}"#).and_then(|c| c.expires), at(1_800_000_000));
        assert_eq!(claims(r#"{"exp":1800000000.5}"#).and_then(|c| c.not_before), None);
        for payload in [r#"{"exp":"1800000000"}"#, r#"{"exp":1800000000000}"#, r#"{"exp":"1800000000000"}"#] {
            assert_eq!(claims(payload).and_then(|c| c.expires), at(1_800_000_000), "{payload}");
        }
        for payload in
            ["{}", r#"{"exp":"soon"}"#, r#"{"exp":"inf"}"#, r#"{"exp":true}"#, r#"{"exp":-1}"#, r#"{"exp":1e300}"#]
        {
            assert_eq!(claims(payload).map(|c| c.expires), Some(None), "{payload}");
        }
    }

    #[test]
    fn what_is_no_jwt_is_no_fault() {
        for token in ["opaque", "a.b.c", "e30.%%%.x", ""] {
            assert_eq!(Claims::read(&SecretString::from(token)), None, "{token}");
        }
        assert_eq!(claims("[1]"), None);
    }
}
