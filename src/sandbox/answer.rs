//! Answers: what a request has earned, and what is scripted instead → status, headers, body.

use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::document::{Refusal, TYPE};
use super::fault::{Content, RetryAfter, Twist, What};
use super::request::MEDIA_TYPE;
use super::{Card, Contacts, IdShape, NamePlace, Rules};

/// An answer before it goes out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// The body: these bytes, …
    pub head: Vec<u8>,
    /// … then so many times `x`, …
    pub filler: u64,
    /// … then these.
    pub tail: Vec<u8>,
}

/// What a request has earned.
#[derive(Clone, Debug)]
pub(super) enum Earned {
    /// A card as answers show it.
    Card {
        /// The card.
        card: Card,
        /// Whether it is a new one.
        created: bool,
    },
    /// Reasons why not; at least one.
    Refusals(Vec<Refusal>),
    /// The address to use.
    Moved(String),
}

/// The answer to a request.
pub(super) fn reply(earned: &Earned, what: &What, rules: &Rules) -> Reply {
    let mut reply = match (earned, what.scripted_status()) {
        // A request that is no good stays so, unless the script has another error in mind.
        (Earned::Refusals(refusals), _) if what.commits() => refused(refusals),
        (Earned::Moved(target), _) if what.commits() => Reply::empty(307).with("Location", target),
        (_, status) => scripted(earned, status, what, rules),
    };
    match &what.retry_after {
        Some(RetryAfter::Text(text)) => reply = reply.with("Retry-After", text),
        Some(RetryAfter::DateIn(time)) => reply = reply.with("Retry-After", &http_date_in(*time)),
        None => {}
    }
    for (name, value) in &what.headers {
        reply = reply.with(name, value);
    }
    reply
}

fn scripted(earned: &Earned, status: Option<u16>, what: &What, rules: &Rules) -> Reply {
    let failed = status.filter(|&status| status >= 300);
    let twist = match &what.content {
        Content::Twisted(twist) => Some(twist),
        Content::Usual => match (earned, failed) {
            (_, Some(status)) => return error(status, None, None, None),
            (Earned::Refusals(refusals), None) => return refused(refusals),
            (Earned::Moved(target), None) => return Reply::empty(307).with("Location", target),
            (Earned::Card { .. }, None) => None,
        },
        Content::Error { title, detail, pointer } => {
            return error(status.unwrap_or(422), title.as_deref(), detail.as_deref(), pointer.as_deref());
        }
        Content::Text { body, media_type } => return Reply::text(status.unwrap_or(200), media_type, body),
        Content::Html => return Reply::text(status.unwrap_or(200), "text/html; charset=utf-8", LOGIN_PAGE),
        Content::Redirect(target) => return Reply::empty(status.unwrap_or(307)).with("Location", target),
        Content::Empty => return Reply::empty(status.unwrap_or(usual_status(earned, rules))),
        Content::LocationOnly => {
            let reply = Reply::empty(status.unwrap_or(201));
            return match earned {
                Earned::Card { card, .. } => reply.with("Location", &location(card.id)),
                Earned::Refusals(_) | Earned::Moved(_) => reply,
            };
        }
    };
    match earned {
        Earned::Card { card, .. } => echo(status.unwrap_or(usual_status(earned, rules)), card, twist, rules),
        Earned::Refusals(refusals) => refused(refusals),
        Earned::Moved(target) => Reply::empty(307).with("Location", target),
    }
}

fn usual_status(earned: &Earned, rules: &Rules) -> u16 {
    match earned {
        Earned::Card { created: true, .. } => rules.created_status,
        Earned::Card { created: false, .. } => rules.updated_status,
        Earned::Refusals(_) | Earned::Moved(_) => 201,
    }
}

/// The vendor's published library builds it so; it leads nowhere.
fn location(id: u64) -> String {
    format!("//x//{TYPE}/{id}")
}

#[derive(Serialize)]
struct EchoDocument {
    data: Resource,
}

#[derive(Serialize)]
struct Resource {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Id>,
    attributes: Attributes,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(u64),
}

#[derive(Serialize)]
struct Attributes {
    #[serde(skip_serializing_if = "Option::is_none")]
    c3_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contacts: Option<Contacts>,
}

fn echo(status: u16, card: &Card, twist: Option<&Twist>, rules: &Rules) -> Reply {
    let mut contacts = card.contacts.clone();
    let name = match rules.name_at {
        NamePlace::Attributes => contacts.name.take(),
        NamePlace::Contacts | NamePlace::Both => None,
    };
    let id = match rules.id_shape {
        IdShape::Text => Id::Text(card.id.to_string()),
        IdShape::Number => Id::Number(card.id),
    };
    let attributes = Attributes { c3_id: Some(card.id), name, contacts: Some(contacts) };
    let mut resource = Resource { r#type: TYPE, id: Some(id), attributes };
    match twist {
        Some(Twist::NoId) => (resource.id, resource.attributes.c3_id) = (None, None),
        Some(Twist::NumericId) => resource.id = Some(Id::Number(card.id)),
        Some(Twist::IdsDiffer) => resource.attributes.c3_id = Some(card.id.wrapping_add(1)),
        Some(Twist::OtherId(other)) => {
            (resource.id, resource.attributes.c3_id) = (Some(Id::Text(other.to_string())), Some(*other));
        }
        Some(Twist::WrongType) => resource.r#type = "people",
        Some(Twist::Forgets(member)) => forget(&mut resource.attributes, member),
        None | Some(Twist::HalfJson | Twist::Huge(_)) => {}
    }
    let mut reply = Reply::json(status, MEDIA_TYPE, &EchoDocument { data: resource });
    match twist {
        None if status == 201 => reply = reply.with("Location", &location(card.id)),
        Some(Twist::HalfJson) => reply.head.truncate(reply.head.len() / 2),
        Some(Twist::Huge(bytes)) => {
            let document = std::mem::replace(&mut reply.head, br#"{"meta":{"filler":""#.to_vec());
            reply.filler = *bytes;
            reply.tail = [br#""},"#, &document[1..]].concat();
        }
        Some(_) | None => {}
    }
    reply
}

fn forget(attributes: &mut Attributes, member: &str) {
    if member == "all" {
        (attributes.contacts, attributes.name) = (None, None);
    }
    if member == "name" {
        attributes.name = None;
    }
    let Some(contacts) = &mut attributes.contacts else { return };
    match member {
        "name" => contacts.name = None,
        "custom" => contacts.custom.clear(),
        _ => {
            for channel in crate::model::Channel::ALL.into_iter().filter(|channel| channel.as_str() == member) {
                contacts.channel_mut(channel).clear();
            }
        }
    }
}

#[derive(Serialize)]
struct ErrorDocument<'a> {
    errors: Vec<ErrorObject<'a>>,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source<'a>>,
}

#[derive(Serialize)]
struct Source<'a> {
    pointer: &'a str,
}

impl<'a> ErrorObject<'a> {
    fn new(status: u16, title: Option<&'a str>, detail: Option<&'a str>, pointer: Option<&'a str>) -> ErrorObject<'a> {
        ErrorObject { status: status.to_string(), title, detail, source: pointer.map(|pointer| Source { pointer }) }
    }
}

fn error(status: u16, title: Option<&str>, detail: Option<&str>, pointer: Option<&str>) -> Reply {
    let title = title.or_else(|| reason_phrase(status));
    Reply::json(status, MEDIA_TYPE, &ErrorDocument { errors: vec![ErrorObject::new(status, title, detail, pointer)] })
}

/// All reasons in one document. Several different statuses become 400 (JSON:API 1.0, "Processing Errors").
fn refused(refusals: &[Refusal]) -> Reply {
    let first = refusals.first().map_or(400, |refusal| refusal.status);
    let status = if refusals.iter().all(|refusal| refusal.status == first) { first } else { 400 };
    let errors = refusals
        .iter()
        .map(|refusal| {
            let title = reason_phrase(refusal.status);
            ErrorObject::new(refusal.status, title, Some(&refusal.detail), refusal.pointer.as_deref())
        })
        .collect();
    let reply = Reply::json(status, MEDIA_TYPE, &ErrorDocument { errors });
    match status {
        401 => reply.with("WWW-Authenticate", "Bearer"),
        405 => reply.with("Allow", "POST"),
        _ => reply,
    }
}

/// The usual words for a status.
pub(super) fn reason_phrase(status: u16) -> Option<&'static str> {
    hyper::StatusCode::from_u16(status).ok()?.canonical_reason()
}

/// The date in so much time, rounded up to a whole second, as RFC 9110 writes it. The one place that reads the wall
/// clock: such a header means nothing without it. At most a century, for the format ends with the year 9999.
pub(super) fn http_date_in(time: Duration) -> String {
    let exact = SystemTime::now() + time.min(Duration::from_secs(100 * 365 * 24 * 60 * 60));
    let part = exact.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    let up = if part > 0 { Duration::from_secs(1) } else { Duration::ZERO };
    httpdate::fmt_http_date(exact + up)
}

impl Reply {
    /// Without a body.
    pub fn empty(status: u16) -> Reply {
        Reply { status, ..Reply::default() }
    }

    /// With a text.
    pub fn text(status: u16, media_type: &str, body: &str) -> Reply {
        Reply { head: body.as_bytes().to_vec(), ..Reply::empty(status) }.with("Content-Type", media_type)
    }

    /// With a document.
    pub fn json(status: u16, media_type: &str, document: &impl Serialize) -> Reply {
        let body = serde_json::to_string(document).expect("plain structs with text keys always serialise");
        Reply::text(status, media_type, &body)
    }

    /// With one more header.
    pub fn with(mut self, name: &str, value: &str) -> Reply {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

const LOGIN_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Login</title></head>\
    <body><form method=\"post\"><input name=\"user\"><input name=\"password\" type=\"password\"></form></body></html>\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::{Custom, Fault};

    fn card() -> Earned {
        let contacts = Contacts {
            name: Some("Anna".into()),
            email: vec!["a@x.se".into()],
            custom: vec![Custom { label: "ID".into(), value: "1".into() }],
            ..Contacts::default()
        };
        Earned::Card { card: Card { id: 13, contacts }, created: true }
    }

    fn answered(earned: &Earned, fault: &str, rules: &Rules) -> (u16, String, Reply) {
        let what = if fault.is_empty() { What::default() } else { format!("*:{fault}").parse::<Fault>().unwrap().what };
        let reply = reply(earned, &what, rules);
        (reply.status, String::from_utf8(reply.head.clone()).unwrap(), reply)
    }

    fn check(fault: &str, status: u16, body: &str) {
        let (got_status, got_body, _) = answered(&card(), fault, &Rules::default());
        assert_eq!((got_status, got_body.as_str()), (status, body), "{fault}");
    }

    #[test]
    fn the_echo_is_the_one_of_the_page() {
        check(
            "",
            201,
            r#"{"data":{"type":"c3_contact_cards","id":"13","attributes":{"c3_id":13,"contacts":{"name":"Anna","email":["a@x.se"],"custom":[{"label":"ID","value":"1"}]}}}}"#,
        );
    }

    #[test]
    fn echoes_can_be_wrong_in_many_ways() {
        let usual = answered(&card(), "", &Rules::default()).1;
        check("no-id", 201, &usual.replace(r#","id":"13""#, "").replace(r#""c3_id":13,"#, ""));
        check("numeric-id,status=200", 200, &usual.replace(r#""13""#, "13"));
        check("ids-differ", 201, &usual.replace(r#""c3_id":13"#, r#""c3_id":14"#));
        check("other-id=7", 201, &usual.replace("13", "7"));
        check("wrong-type", 201, &usual.replace("c3_contact_cards", "people"));
        check("forget=name", 201, &usual.replace(r#""name":"Anna","#, ""));
        check("forget=email", 201, &usual.replace(r#""email":["a@x.se"],"#, ""));
        check("half-json", 201, &usual[..usual.len() / 2]);
        check("empty", 201, "");
        let (_, head, reply) = answered(&card(), "huge=5", &Rules::default());
        let whole = head + "xxxxx" + std::str::from_utf8(&reply.tail).unwrap();
        assert_eq!(whole, usual.replacen('{', r#"{"meta":{"filler":"xxxxx"},"#, 1));
        let (status, body, reply) = answered(&card(), "location-only", &Rules::default());
        assert_eq!((status, body.as_str()), (201, ""));
        assert_eq!(reply.headers, [("Location".to_owned(), "//x//c3_contact_cards/13".to_owned())]);
    }

    #[test]
    fn errors_have_the_shape_of_the_standard_or_any_other() {
        check("status=503", 503, r#"{"errors":[{"status":"503","title":"Service Unavailable"}]}"#);
        check("retry-after=2", 503, r#"{"errors":[{"status":"503","title":"Service Unavailable"}]}"#);
        check(
            "pointer=/data,detail=no,title=T",
            422,
            r#"{"errors":[{"status":"422","title":"T","detail":"no","source":{"pointer":"/data"}}]}"#,
        );
        check(r#"status=500,body="{\"error\": \"x\"}""#, 500, r#"{"error": "x"}"#);
        check("html", 200, LOGIN_PAGE);
        check("redirect=http://x/", 307, "");
        let (_, _, reply) = answered(&card(), "status=429,retry-after=-1,header=\"X-A: 1\"", &Rules::default());
        assert_eq!(reply.headers[1..], [("Retry-After".into(), "-1".into()), ("X-A".into(), "1".into())]);
    }

    #[test]
    fn a_bad_request_stays_bad_whatever_would_have_happened_to_a_good_one() {
        let refusal = |status, pointer: &str| Refusal { status, pointer: Some(pointer.into()), detail: "no".into() };
        let one = Earned::Refusals(vec![refusal(422, "/data")]);
        for fault in ["", "numeric-id", "location-only", "status=200"] {
            assert_eq!(answered(&one, fault, &Rules::default()).0, 422, "{fault}");
        }
        assert_eq!(answered(&one, "status=503", &Rules::default()).0, 503);
        let mixed = Earned::Refusals(vec![refusal(409, "/data/type"), refusal(403, "/data/id")]);
        let (status, body, _) = answered(&mixed, "", &Rules::default());
        assert_eq!(status, 400);
        assert!(body.contains(r#""status":"409""#) && body.contains(r#"{"pointer":"/data/id"}"#));
    }

    #[test]
    fn rules_change_status_id_and_place_of_the_name() {
        let rules = Rules {
            created_status: 200,
            id_shape: IdShape::Number,
            name_at: NamePlace::Attributes,
            ..Rules::default()
        };
        let (status, body, _) = answered(&card(), "", &rules);
        assert_eq!(status, 200);
        assert!(body.contains(r#""id":13,"attributes":{"c3_id":13,"name":"Anna","contacts":{"email""#), "{body}");
    }

    #[test]
    fn a_date_to_come_again_is_never_too_early() {
        let before = SystemTime::now();
        let date = httpdate::parse_http_date(&http_date_in(Duration::from_millis(1500))).unwrap();
        let wait = date.duration_since(before).unwrap();
        assert!(wait >= Duration::from_millis(1500) && wait <= Duration::from_secs(3), "{wait:?}");
    }
}
