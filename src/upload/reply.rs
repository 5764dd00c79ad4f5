//! Status, headers and body → verdict: one table (API facts, "What the server may answer").

use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER};

use crate::jsonapi::{self, Document, Resource};
use crate::model::{C3Id, FatalReason, ServerError, Verdict, excerpt};

/// How much of a server's free text is told, in characters.
const TEXT_CHARS_MAX: usize = 200;

/// How much of a body is looked at to say what it is.
const GLIMPSE_BYTES: usize = 4096;

/// An answer as it came in.
#[derive(Debug)]
pub struct Reply<'a> {
    pub status: u16,
    pub headers: &'a HeaderMap,
    /// `Location`, without secrets.
    pub location: Option<&'a str>,
    pub body: &'a [u8],
    /// Why the body is not whole, if it is not.
    pub broken: Option<&'a str>,
    /// The time of day at which it came.
    pub received: SystemTime,
}

/// How long everybody should be quiet because the quota is used up, whatever became of this card: `RateLimit-*` in its
/// three spellings (draft-ietf-httpapi-ratelimit-headers, versions 3 and 8, and the `X-` form before them).
pub fn quiet_for(reply: &Reply<'_>) -> Option<Duration> {
    // Few servers have a quota, and every answer is asked.
    if !reply.headers.keys().any(|name| name.as_str().contains("ratelimit")) {
        return None;
    }
    let number = |name: &'static str| whole_number(header(reply, HeaderName::from_static(name))?);
    let parameter = |list: &str, names: [&str; 2]| {
        list.split([',', ';']).find_map(|item| {
            let (name, value) = item.split_once('=')?;
            names.contains(&name.trim()).then(|| whole_number(value))?
        })
    };
    // Version 8 has a list of quotas, each with parameters of its own; version 7 has one, as a list of parameters.
    let quotas = reply.headers.get_all("ratelimit").iter().filter_map(|list| list.to_str().ok()).flat_map(|list| {
        let apart = if list.contains("remaining") { '\n' } else { ',' };
        list.split(apart)
            .filter_map(|quota| Some((parameter(quota, ["remaining", "r"])?, parameter(quota, ["reset", "t"])?)))
    });
    let single = |prefix: [&'static str; 2]| Some((number(prefix[0])?, number(prefix[1])?));
    let spent = quotas
        .chain(single(["ratelimit-remaining", "ratelimit-reset"]))
        .chain(single(["x-ratelimit-remaining", "x-ratelimit-reset"]))
        .filter(|(left, _)| *left == 0);
    let seconds = spent.map(|(_, seconds)| seconds).max()?;
    // Some write the moment instead of the wait: no wait is longer than a year, no moment of ours is within the first.
    let now = reply.received.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let wait = if seconds > 365 * 86_400 {
        Duration::from_secs(seconds).saturating_sub(now)
    } else {
        Duration::from_secs(seconds)
    };
    (!wait.is_zero()).then_some(wait)
}

/// What the answer means.
pub fn verdict(reply: &Reply<'_>) -> Verdict {
    let status = reply.status;
    match status {
        200..=299 => success(reply),
        301 | 302 | 303 | 307 | 308 => {
            let target = reply.location.unwrap_or("an address it does not name");
            Verdict::Fatal { status: Some(status), reason: FatalReason::Redirect(excerpt(target, TEXT_CHARS_MAX)) }
        }
        401 => Verdict::Fatal { status: Some(status), reason: FatalReason::Unauthorized(said(reply)) },
        425 | 429 => not_processed(reply),
        503 if reply.headers.contains_key(RETRY_AFTER) => not_processed(reply),
        // The server gave up waiting for the request, or for itself.
        408 => unknown(reply),
        // No such function, no such protocol: said without looking at the card.
        501 | 505 => refused(reply),
        400..=499 => refused(reply),
        _ => unknown(reply),
    }
}

fn success(reply: &Reply<'_>) -> Verdict {
    let status = reply.status;
    if let Some(broken) = reply.broken {
        return Verdict::Unknown { status: Some(status), reason: broken.to_owned() };
    }
    let stored = |id: Option<C3Id>, oddity: Option<String>| Verdict::Stored { status, id, oddity, echo: None };
    let located = || reply.location.and_then(id_of_location);
    if reply.body.iter().all(u8::is_ascii_whitespace) {
        return match located() {
            Some(id) => stored(Some(id), None),
            None => stored(None, Some("stored, but the answer is empty and names no id".to_owned())),
        };
    }
    match jsonapi::read(reply.body) {
        None => match web_page(reply.body).or_else(|| typed_page(reply)) {
            Some(page) => Verdict::Fatal { status: Some(status), reason: FatalReason::WebPage(page) },
            None => {
                let reason = format!("the answer is no JSON: {}", glimpse(reply.body));
                Verdict::Unknown { status: Some(status), reason }
            }
        },
        Some(Document::Errors(errors)) => Verdict::Unknown {
            status: Some(status),
            reason: format!("the answer says both yes and no: {}", join(&errors)),
        },
        Some(Document::Resource(resource)) => {
            let (id, oddity) = match id_of(&resource) {
                Ok(id) => match id.or_else(located) {
                    Some(id) => (Some(id), None),
                    None => (None, Some("stored, but the answer names no id".to_owned())),
                },
                Err(oddity) => (None, Some(oddity)),
            };
            Verdict::Stored { status, id, oddity, echo: resource.echo.map(Box::new) }
        }
        Some(Document::Value) => Verdict::Unknown {
            status: Some(status),
            reason: format!("the answer is JSON, but no document: {}", glimpse(reply.body)),
        },
        Some(Document::Other) => match located() {
            Some(id) => stored(Some(id), None),
            None => stored(None, Some("stored, but the answer holds no card".to_owned())),
        },
    }
}

/// `attributes.c3_id`, else `id`; an oddity when they disagree or belong to something else.
fn id_of(resource: &Resource<'_>) -> Result<Option<C3Id>, String> {
    if let Some(kind) = resource.kind.as_deref().filter(|kind| *kind != "c3_contact_cards") {
        return Err(format!("stored, but the answer is about {:?}, not a contact card", excerpt(kind, 40)));
    }
    let read = |text: &str| C3Id::new(text).ok_or_else(|| format!("stored, but {:?} is no id", excerpt(text, 40)));
    match (resource.c3_id.as_deref(), resource.id.as_deref()) {
        (Some(c3_id), Some(id)) if c3_id != id => {
            let (c3_id, id) = (read(c3_id)?, read(id)?);
            Err(format!("stored, but the answer names two ids: c3_id {c3_id} and id {id}"))
        }
        (c3_id, id) => c3_id.or(id).map(read).transpose(),
    }
}

/// The last path segment. The vendor's library builds `//x//c3_contact_cards/13`: read, never followed.
fn id_of_location(location: &str) -> Option<C3Id> {
    let path = location.split(['?', '#']).next()?;
    let last = path.trim_end_matches('/').rsplit('/').next()?;
    C3Id::new(last).filter(|id| id.as_str().bytes().all(|b| b.is_ascii_digit()))
}

fn refused(reply: &Reply<'_>) -> Verdict {
    let errors = match jsonapi::read(reply.body) {
        Some(Document::Errors(errors)) => errors,
        _ => vec![ServerError { message: glimpse(reply.body), pointer: None }],
    };
    Verdict::Refused { status: reply.status, errors }
}

fn not_processed(reply: &Reply<'_>) -> Verdict {
    let reason = with_text("asked to wait", reply);
    Verdict::NotProcessed { status: Some(reply.status), retry_after: retry_after(reply), reason }
}

fn unknown(reply: &Reply<'_>) -> Verdict {
    Verdict::Unknown { status: Some(reply.status), reason: with_text("answered", reply) }
}

fn with_text(what: &str, reply: &Reply<'_>) -> String {
    match said(reply) {
        text if text.is_empty() => format!("the server {what} (HTTP {})", reply.status),
        text => format!("the server {what} (HTTP {}): {text}", reply.status),
    }
}

/// `Retry-After` in both its forms (RFC 9110, 10.2.3). A date is compared with the server's own clock where it tells
/// it; one in the past is no wait.
fn retry_after(reply: &Reply<'_>) -> Option<Duration> {
    let value = header(reply, RETRY_AFTER)?.trim();
    if let Some(seconds) = whole_number(value) {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = header(reply, DATE).and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(reply.received);
    Some(until.duration_since(now).unwrap_or_default())
}

/// A number of any length; one that is too long for us is as long as can be.
fn whole_number(text: &str) -> Option<u64> {
    let digits = text.trim();
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().unwrap_or(u64::MAX))
}

fn header<'a>(reply: &Reply<'a>, name: HeaderName) -> Option<&'a str> {
    reply.headers.get(name)?.to_str().ok()
}

/// What the server said, as one line; empty when it said nothing.
fn said(reply: &Reply<'_>) -> String {
    match jsonapi::read(reply.body) {
        Some(Document::Errors(errors)) => join(&errors),
        _ => glimpse(reply.body),
    }
}

fn join(errors: &[ServerError]) -> String {
    errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ")
}

/// The beginning of a body that is not what it should be; of a web page, its title.
fn glimpse(body: &[u8]) -> String {
    web_page(body).unwrap_or_else(|| {
        let text = String::from_utf8_lossy(&body[..body.len().min(GLIMPSE_BYTES)]);
        excerpt(&text.split_whitespace().collect::<Vec<_>>().join(" "), TEXT_CHARS_MAX)
    })
}

/// `a web page titled "Login"`, when the body is one.
fn web_page(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(GLIMPSE_BYTES)]);
    let text = text.trim_start_matches('\u{feff}').trim();
    let lower = text.to_ascii_lowercase();
    (lower.starts_with("<!doctype html") || lower.starts_with("<html")).then(|| page(text, &lower))
}

/// The same for markup that begins otherwise, with a comment or in the middle, and is said to be a web page.
fn typed_page(reply: &Reply<'_>) -> Option<String> {
    let kind = header(reply, CONTENT_TYPE)?.trim_start().to_ascii_lowercase();
    let text = String::from_utf8_lossy(&reply.body[..reply.body.len().min(GLIMPSE_BYTES)]);
    let text = text.trim_start_matches('\u{feff}').trim();
    let is_page = (kind.starts_with("text/html") || kind.starts_with("application/xhtml")) && text.starts_with('<');
    is_page.then(|| page(text, &text.to_ascii_lowercase()))
}

/// A web page by its title; `lower` is `text` in lower case.
fn page(text: &str, lower: &str) -> String {
    let title = lower.find("<title>").map(|at| at + "<title>".len()).and_then(|from| {
        let len = lower[from..].find("</title>")?;
        Some(text[from..from + len].trim())
    });
    match title {
        Some(title) => format!("a web page titled \"{}\"", excerpt(title, 80)),
        None => "a web page".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(status: u16, headers: &[(&str, &str)], body: &str) -> Verdict {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().expect("name"), value.parse().expect("value")))
            .collect();
        let received = httpdate::parse_http_date("Mon, 23 Nov 2026 12:00:00 GMT").expect("a date");
        let location = headers.get("location").and_then(|target| target.to_str().ok());
        verdict(&Reply { status, headers: &headers, location, body: body.as_bytes(), broken: None, received })
    }

    fn stored(verdict: Verdict) -> (Option<String>, Option<String>) {
        match verdict {
            Verdict::Stored { id, oddity, .. } => (id.map(|id| id.to_string()), oddity),
            other => panic!("not stored: {other:?}"),
        }
    }

    fn card(id: &str, c3_id: &str) -> String {
        format!(r#"{{"data":{{"type":"c3_contact_cards","id":{id},"attributes":{{"c3_id":{c3_id}}}}}}}"#)
    }

    #[test]
    fn every_2xx_with_an_id_is_stored() {
        for status in [200, 201, 202, 203, 299] {
            assert_eq!(stored(ask(status, &[], &card("\"13\"", "13"))), (Some("13".into()), None));
        }
        assert_eq!(stored(ask(201, &[], &card("13", "\"13\""))).0, Some("13".into()));
        let only_id = r#"{"data":{"id":"7"}}"#;
        assert_eq!(stored(ask(201, &[], only_id)).0, Some("7".into()));
    }

    #[test]
    fn the_id_may_stand_in_the_location_only() {
        for location in ["//x//c3_contact_cards/13", "https://h/13?x=1", "/13/"] {
            assert_eq!(stored(ask(204, &[("location", location)], "")), (Some("13".into()), None), "{location}");
        }
        let (id, oddity) = stored(ask(204, &[("location", "/c3_contact_cards/")], ""));
        assert!(id.is_none() && oddity.is_some());
        assert_eq!(stored(ask(201, &[("location", "/13")], "{}")).0, Some("13".into()));
    }

    #[test]
    fn stored_but_odd_is_stored_and_says_so() {
        for body in [card("\"13\"", "14"), "{}".into(), r#"{"data":{"type":"users","id":"13"}}"#.into(), String::new()]
        {
            let (id, oddity) = stored(ask(201, &[], &body));
            assert!(id.is_none() && oddity.is_some(), "{body}");
        }
    }

    #[test]
    fn a_2xx_nobody_can_read_is_unknown() {
        for body in [
            "<p>",
            "false",
            "[]",
            "\"ok\"",
            r#"{"status":"error","reason":"x"}"#,
            r#"{"data":{"#,
            r#"{"errors":[{"title":"x"}]}"#,
        ] {
            assert!(matches!(ask(200, &[], body), Verdict::Unknown { status: Some(200), .. }), "{body}");
        }
    }

    #[test]
    fn a_web_page_in_place_of_an_answer_is_no_success() {
        let page = "<!DOCTYPE html><html><title> Log\x07in </title>";
        let reason = FatalReason::WebPage("a web page titled \"Log\\u{7}in\"".to_owned());
        assert_eq!(ask(200, &[], page), Verdict::Fatal { status: Some(200), reason });
        assert!(matches!(ask(502, &[], page), Verdict::Unknown { .. }), "a gateway's error page is an error");
    }

    #[test]
    fn a_used_up_quota_asks_for_quiet() {
        let quiet = |headers: &[(&str, &str)]| {
            let headers: HeaderMap = headers
                .iter()
                .map(|(name, value)| (name.parse::<HeaderName>().expect("name"), value.parse().expect("value")))
                .collect();
            let received = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
            quiet_for(&Reply { status: 201, headers: &headers, location: None, body: b"", broken: None, received })
                .map(|d| d.as_secs())
        };
        assert_eq!(quiet(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "7")]), Some(7));
        assert_eq!(quiet(&[("ratelimit-remaining", "1"), ("ratelimit-reset", "7")]), None);
        assert_eq!(quiet(&[("ratelimit", "limit=10, remaining=0, reset=5")]), Some(5));
        assert_eq!(quiet(&[("ratelimit", "\"default\";r=0;t=9")]), Some(9));
        assert_eq!(quiet(&[("ratelimit", "\"burst\";r=5;t=1, \"day\";r=0;t=60, \"hour\";r=0;t=7")]), Some(60));
        assert_eq!(quiet(&[("ratelimit", "\"burst\";r=5;t=1, \"day\";r=7;t=60")]), None);
        assert_eq!(quiet(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795000030")]), Some(30));
        assert_eq!(quiet(&[("x-ratelimit-limit", "100")]), None, "a success that names its quota is a success");
        assert_eq!(quiet(&[]), None);
    }

    #[test]
    fn a_broken_body_makes_only_a_success_unknown() {
        let headers = HeaderMap::new();
        let mut reply = Reply {
            status: 201,
            headers: &headers,
            location: None,
            body: b"{}",
            broken: Some("broke off"),
            received: SystemTime::UNIX_EPOCH,
        };
        assert!(matches!(verdict(&reply), Verdict::Unknown { .. }));
        reply.status = 422;
        assert!(matches!(verdict(&reply), Verdict::Refused { .. }));
    }

    #[test]
    fn each_status_has_its_meaning() {
        for status in [400, 403, 404, 405, 406, 407, 409, 410, 413, 415, 418, 422, 501] {
            assert!(matches!(ask(status, &[], ""), Verdict::Refused { .. }), "{status}");
        }
        for status in [408, 500, 502, 503, 504, 520, 599, 304, 300] {
            assert!(matches!(ask(status, &[], ""), Verdict::Unknown { .. }), "{status}");
        }
        assert!(matches!(ask(401, &[], ""), Verdict::Fatal { reason: FatalReason::Unauthorized(_), .. }));
        for status in [301, 302, 303, 307, 308] {
            let verdict = ask(status, &[("location", "https://elsewhere/")], "");
            let expected = FatalReason::Redirect("https://elsewhere/".into());
            assert_eq!(verdict, Verdict::Fatal { status: Some(status), reason: expected });
        }
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let wait = |status, headers: &[(&str, &str)]| match ask(status, headers, "") {
            Verdict::NotProcessed { status: Some(_), retry_after, .. } => retry_after.map(|wait| wait.as_secs()),
            other => panic!("{other:?}"),
        };
        let in_half_a_minute = "Mon, 23 Nov 2026 12:00:30 GMT";
        assert_eq!(wait(429, &[("retry-after", "7")]), Some(7));
        assert_eq!(wait(503, &[("retry-after", in_half_a_minute)]), Some(30));
        let date = ("date", "Mon, 23 Nov 2026 12:00:20 GMT");
        assert_eq!(wait(429, &[("retry-after", in_half_a_minute), date]), Some(10));
        assert_eq!(wait(429, &[("retry-after", "Mon, 23 Nov 2020 12:00:30 GMT")]), Some(0));
        assert_eq!(wait(429, &[("retry-after", "99999999999999999999999")]), Some(u64::MAX));
        assert_eq!(wait(429, &[("retry-after", "-5")]), None);
        assert_eq!(wait(429, &[]), None);
    }

    #[test]
    fn a_refusal_keeps_the_servers_words_and_pointer() {
        let body = r#"{"errors":[{"detail":"bad","source":{"pointer":"/data/attributes/contacts/email/1"}}]}"#;
        let expected = ServerError { message: "bad".into(), pointer: Some("/data/attributes/contacts/email/1".into()) };
        assert_eq!(ask(422, &[], body), Verdict::Refused { status: 422, errors: vec![expected] });
        let Verdict::Refused { errors, .. } = ask(400, &[], "plain\n  text") else { panic!("refused") };
        assert_eq!(errors[0].message, "plain text");
    }
}
