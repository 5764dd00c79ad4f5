//! Whether a request may come in at all: path, workspace, token, method, media types. In this order.

use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName};
use hyper::{Method, http::request::Parts};

use super::SandboxSettings;
use super::document::{Refusal, TYPE};

/// JSON:API's media type.
pub(super) const MEDIA_TYPE: &str = "application/vnd.api+json";

/// Where a request leads to.
pub(super) enum Door {
    /// To the endpoint.
    Open,
    /// To the same address without its trailing slash.
    Slash(String),
    /// Nowhere.
    Closed(Refusal),
}

/// Judges everything but the body.
pub(super) fn door(parts: &Parts, settings: &SandboxSettings) -> Door {
    let path = parts.uri.path();
    let (bare, slash) = match path.strip_suffix('/') {
        Some(bare) => (bare, true),
        None => (path, false),
    };
    let Some(workspace) = workspace(bare) else {
        return Door::Closed(Refusal::whole(404, format!("cards are made at /s/WORKSPACE/capi/json/{TYPE}")));
    };
    if slash {
        return match settings.rules.slash_redirects {
            true => Door::Slash(bare.to_owned()),
            false => Door::Closed(Refusal::whole(404, "there is nothing behind the trailing slash")),
        };
    }
    if settings.workspace.as_ref().is_some_and(|known| *known != workspace) {
        return Door::Closed(Refusal::whole(404, "there is no such workspace"));
    }
    if !knows(settings.token.as_deref(), bearer(&parts.headers)) {
        return Door::Closed(Refusal::whole(401, "the token is missing or not valid"));
    }
    if parts.method != Method::POST {
        return Door::Closed(Refusal::whole(405, "cards can only be posted"));
    }
    if !speaks(header(&parts.headers, &CONTENT_TYPE), settings.rules.strict_media_type) {
        return Door::Closed(Refusal::whole(415, format!("the body has to be {MEDIA_TYPE}, without parameters")));
    }
    if !accepts(header(&parts.headers, &ACCEPT)) {
        return Door::Closed(Refusal::whole(406, format!("answers are {MEDIA_TYPE}")));
    }
    Door::Open
}

/// A header's text, several lines of it joined as RFC 9110, 5.3 says; `None` when absent, unreadable bytes replaced.
pub(super) fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Vec<_> = headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

fn workspace(path: &str) -> Option<String> {
    let name = path.strip_prefix("/s/")?.strip_suffix("/capi/json/c3_contact_cards")?;
    if name.is_empty() || name.contains('/') { None } else { percent_decoded(name) }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                (digit(bytes.next())? * 16 + digit(bytes.next())?) as u8
            }
            _ => byte,
        });
    }
    String::from_utf8(out).ok()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn knows(expected: Option<&str>, given: Option<&str>) -> bool {
    match (expected, given) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(expected), Some(given)) => expected == given,
    }
}

fn speaks(content_type: Option<String>, strict: bool) -> bool {
    let Some(content_type) = content_type else { return false };
    let essence = match strict {
        true => content_type.as_str(),
        false => content_type.split(';').next().unwrap_or_default(),
    };
    essence.trim().eq_ignore_ascii_case(MEDIA_TYPE)
}

/// RFC 9110, 12.5.1, as far as it matters for one media type; JSON:API 1.0 wants it named without parameters.
fn accepts(accept: Option<String>) -> bool {
    let Some(accept) = accept else { return true };
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().unwrap_or_default().to_ascii_lowercase();
        let fits = matches!(named.as_str(), "*/*" | "application/*" | MEDIA_TYPE);
        fits && parts.all(|parameter| match parameter.to_ascii_lowercase().split_once('=') {
            Some(("q", weight)) => weight.parse::<f32>().is_ok_and(|weight| weight > 0.0),
            _ => named != MEDIA_TYPE,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knock(line: &str, headers: &[(&str, &str)], settings: &SandboxSettings) -> String {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = hyper::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        match door(&parts, settings) {
            Door::Open => "open".to_owned(),
            Door::Slash(target) => target,
            Door::Closed(refusal) => refusal.status.to_string(),
        }
    }

    #[test]
    fn each_thing_that_is_not_right_has_its_status() {
        let settings = SandboxSettings {
            token: Some("secret".into()),
            workspace: Some("åre demo".into()),
            ..SandboxSettings::default()
        };
        let path = "POST /s/%C3%A5re%20demo/capi/json/c3_contact_cards";
        let (token, json) = (("authorization", "Bearer secret"), ("content-type", MEDIA_TYPE));
        let check = |line: &str, headers: &[(&str, &str)], expected: &str| {
            assert_eq!(knock(line, headers, &settings), expected, "{line} {headers:?}");
        };
        check(path, &[token, json], "open");
        check(path, &[token, json, ("accept", "text/html, application/vnd.api+json")], "open");
        check(path, &[token, json, ("accept", "*/*;q=0.1")], "open");
        check(path, &[token, json, ("accept", "application/json")], "406");
        check(path, &[token, json, ("accept", "application/vnd.api+json;q=0")], "406");
        check(path, &[token, ("content-type", "application/vnd.api+json; charset=utf-8")], "415");
        check(path, &[token], "415");
        check(path, &[json], "401");
        check(path, &[("authorization", "Bearer other"), json], "401");
        check(path, &[("authorization", "Basic secret"), json], "401");
        check(&path.replace("POST", "GET"), &[token], "405");
        check("POST /s/other/capi/json/c3_contact_cards", &[token, json], "404");
        check("POST /s/a/b/capi/json/c3_contact_cards", &[token, json], "404");
        check("POST /s/%zz/capi/json/c3_contact_cards", &[token, json], "404");
        check("POST /", &[token, json], "404");
        check(&format!("{path}/"), &[token, json], &path["POST ".len()..]);
    }

    #[test]
    fn without_settings_any_workspace_and_any_token_do() {
        let settings = SandboxSettings::default();
        let headers = [("authorization", "bearer x"), ("content-type", "APPLICATION/vnd.api+json")];
        assert_eq!(knock("POST /s/demo/capi/json/c3_contact_cards", &headers, &settings), "open");
    }
}
