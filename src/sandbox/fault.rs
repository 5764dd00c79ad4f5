//! Scripted faults: for which requests, and what goes wrong. How they are written stands in `grammar`.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU64;
use std::ops::RangeInclusive;
use std::time::Duration;

/// What goes wrong in the course of a run.
///
/// Every fault that fits a request adds its latency; the first one that says more than a latency decides the rest.
///
/// # How it is written
/// ```text
/// plan   = fault *( ";" fault )                 line breaks do as well
/// fault  = when ":" what
/// when   = selector *( "," selector )           all of them must fit
/// what   = item *( "," item )
/// ```
/// | selector | fits |
/// | --- | --- |
/// | `*` | every request |
/// | `3`, `5-8`, `9-` | the third request, the fifth to the eighth, all from the ninth; several numbers: any of them |
/// | `every=10` | every tenth request |
/// | `match=TEXT` | a request whose body contains TEXT |
/// | `attempt=1`, `attempt=1-2` | the first (and second) time that a body of these very bytes comes |
/// | `times=2` | at most two requests in all, of those that fit otherwise |
///
/// Requests are counted from 1 as their heads come in; pages for people are not counted.
///
/// | item | what happens |
/// | --- | --- |
/// | `latency=200ms` | the card is looked up at once, and stored and answered after that time, even if the client has left |
/// | `commit`, `no-commit` | the card is stored, is not stored, against what the other items would do |
/// | `reset=before`, `reset=during`, `reset=after` | the connection is reset: nothing is stored; at once, and stored after the latency; after storing, before the answer |
/// | `drop=before`, `drop=during`, `drop=after` | the same, closed in good order (FIN) instead of reset (RST) |
/// | `hang` | nothing is stored and no answer ever comes (`hang,commit`: stored) |
/// | `status=503` | this status; from 300 on nothing is stored and the body is a JSON:API error |
/// | `title=TEXT`, `detail=TEXT`, `pointer=TEXT` | members of that error; 422 unless `status` says otherwise |
/// | `body=TEXT`, `type=TEXT` | this body, and its media type (`text/plain`); nothing is stored; 200 unless `status` says otherwise |
/// | `html` | 200 and a login page; nothing is stored |
/// | `redirect=URL` | 307 to there; nothing is stored |
/// | `empty` | no body |
/// | `location-only` | 201, no body, and the vendor's odd `Location: //x//c3_contact_cards/13` |
/// | `no-id`, `numeric-id`, `ids-differ`, `other-id=7`, `wrong-type`, `half-json` | the echo has no ids, a number for an id, two different ids, another card's id, another type, or ends in the middle |
/// | `forget=email` | the echo lacks this member of `contacts` (also `name`, `custom`, `all`) |
/// | `huge`, `huge=BYTES` | 64 MiB, or that much, before the id |
/// | `retry-after=TEXT` | this header, as it stands: seconds, a date, nonsense; 503 unless `status` says otherwise |
/// | `retry-after-date=2s` | the same with the date in two seconds, rounded up to a whole one |
/// | `header="NAME: VALUE"` | one more header |
/// | `early-hints` | a 103 answer before the real one |
/// | `chunked`, `gzip` | the body in chunks; compressed |
/// | `slow=10ms` | the answer drips, that long for a byte |
/// | `truncate` | the connection is closed in the middle of the body |
/// | `garbage` | stored, and answered by bytes that are no HTTP |
/// | `close` | `Connection: close` after the answer |
/// | `cut` | the connection is closed after the answer without having said so |
///
/// TEXT, URL and BYTES end at the next `,` or `;` (in a selector at `,` or `:`), or stand in double quotes, within
/// which `\"`, `\\` and `\n` mean what they mean elsewhere. Times are `500ms`, `5s`, `0.5s`, `2m`, up to a day.
///
/// ```
/// # fn main() -> Result<(), c3import::sandbox::FaultError> {
/// use c3import::sandbox::FaultPlan;
/// let plan: FaultPlan = "3:status=503,retry-after=2; 5-8:reset=after; *:latency=20ms".parse()?;
/// assert_eq!(plan.faults.len(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultPlan {
    /// In the order in which they are asked.
    pub faults: Vec<Fault>,
}

/// One thing that goes wrong, perhaps many times.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// For which requests.
    pub when: When,
    /// What happens to them.
    pub what: What,
    /// As it was written, for the log; empty when it was not.
    pub written: String,
}

/// Which requests. All parts must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// By number, counted from 1.
    pub numbers: Numbers,
    /// Every n-th.
    pub every: Option<NonZeroU64>,
    /// By what the body contains.
    pub contains: Option<String>,
    /// By how many times the same body has come, this time included.
    pub attempt: Option<RangeInclusive<u64>>,
    /// At most so many times.
    pub times: Option<u64>,
}

/// A choice of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Numbers {
    /// All.
    #[default]
    All,
    /// Those in any of the ranges.
    In(Vec<RangeInclusive<u64>>),
}

/// What happens to a request. The default is nothing out of the ordinary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct What {
    /// Between looking the card up and storing it.
    pub latency: Duration,
    /// Whether the card is stored; `None`: as the rest implies, see [`What::commits`].
    pub commit: Option<bool>,
    /// Whether it is answered.
    pub fate: Fate,
    /// The status, if not the usual one.
    pub status: Option<u16>,
    /// The body.
    pub content: Content,
    /// When to come again.
    pub retry_after: Option<RetryAfter>,
    /// More headers, name and value.
    pub headers: Vec<(String, String)>,
    /// How the answer goes out.
    pub wire: Wire,
}

/// Whether a request is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// It is.
    #[default]
    Answered,
    /// The connection ends and nothing is stored.
    LostBefore(Ending),
    /// The connection ends at once; the card is stored after the latency.
    LostDuring(Ending),
    /// The card is stored, then the connection ends.
    LostAfter(Ending),
    /// Nothing ever comes.
    Hangs,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// It does not: another request may follow.
    #[default]
    Open,
    /// In good order after `Connection: close`.
    Announced,
    /// In good order, unannounced.
    Closed,
    /// By a reset.
    Reset,
}

/// What an answer holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// The echo or the errors that the request has earned.
    #[default]
    Usual,
    /// The echo, not quite right.
    Twisted(Twist),
    /// One JSON:API error.
    Error {
        /// Its title.
        title: Option<String>,
        /// Its detail.
        detail: Option<String>,
        /// Its `source.pointer`.
        pointer: Option<String>,
    },
    /// Any text.
    Text {
        /// The body.
        body: String,
        /// Its media type.
        media_type: String,
    },
    /// A login page.
    Html,
    /// A redirect to this address.
    Redirect(String),
    /// No body.
    Empty,
    /// No body, and a `Location`.
    LocationOnly,
}

/// What is not right about an echo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Twist {
    /// It has neither `id` nor `c3_id`.
    NoId,
    /// `id` is a number.
    NumericId,
    /// `c3_id` is one more than `id`.
    IdsDiffer,
    /// Both ids are this one.
    OtherId(u64),
    /// Its type is another.
    WrongType,
    /// It ends in the middle, though its length is right.
    HalfJson,
    /// It lacks this member of `contacts`; `all` for every one.
    Forgets(String),
    /// So many bytes stand before the id.
    Huge(u64),
}

/// A `Retry-After` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// As it stands.
    Text(String),
    /// The date in so much time.
    DateIn(Duration),
}

/// How an answer goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wire {
    /// A 103 goes before it.
    pub early_hints: bool,
    /// In chunks.
    pub chunked: bool,
    /// Compressed.
    pub gzip: bool,
    /// Half of the body, then the end of the connection.
    pub truncated: bool,
    /// No HTTP at all.
    pub garbage: bool,
    /// Time for a byte.
    pub slow: Option<Duration>,
    /// What becomes of the connection.
    pub ending: Ending,
}

impl What {
    /// Whether the card is stored.
    pub fn commits(&self) -> bool {
        let implied = match (self.fate, &self.content) {
            (Fate::LostBefore(_) | Fate::Hangs, _) => false,
            (Fate::LostDuring(_) | Fate::LostAfter(_), _) => true,
            (Fate::Answered, Content::Error { .. } | Content::Text { .. } | Content::Html | Content::Redirect(_)) => {
                false
            }
            (Fate::Answered, Content::Usual | Content::Twisted(_) | Content::Empty | Content::LocationOnly) => {
                self.scripted_status().is_none_or(|status| status < 300)
            }
        };
        self.commit.unwrap_or(implied)
    }

    /// The status, where the script rather than the request decides it.
    pub(super) fn scripted_status(&self) -> Option<u16> {
        self.status.or(match &self.content {
            Content::Error { .. } => Some(422),
            Content::Text { .. } | Content::Html => Some(200),
            Content::Redirect(_) => Some(307),
            Content::LocationOnly => Some(201),
            Content::Usual | Content::Twisted(_) | Content::Empty => self.retry_after.as_ref().map(|_| 503),
        })
    }

    /// Whether there is nothing to it but waiting.
    fn only_waits(&self) -> bool {
        *self == What { latency: self.latency, ..What::default() }
    }
}

impl Numbers {
    fn fits(&self, number: u64) -> bool {
        match self {
            Numbers::All => true,
            Numbers::In(ranges) => ranges.iter().any(|range| range.contains(&number)),
        }
    }
}

/// A plan at work: what it has done so far.
#[derive(Debug)]
pub(super) struct Script {
    plan: FaultPlan,
    fired: Vec<u64>,
    /// How many times a body has come, by its digest; kept only when a fault asks for it.
    attempts: Option<HashMap<u64, u64>>,
}

/// What the plan has in store for one request.
#[derive(Debug, Default)]
pub(super) struct Scripted {
    pub what: What,
    /// The faults as they were written, for the log.
    pub written: Option<String>,
}

impl Script {
    pub fn new(plan: FaultPlan) -> Script {
        Script {
            fired: vec![0; plan.faults.len()],
            attempts: plan.faults.iter().any(|fault| fault.when.attempt.is_some()).then(HashMap::new),
            plan,
        }
    }

    /// What happens to the request with this number and body.
    pub fn next(&mut self, number: u64, body: &[u8]) -> Scripted {
        let attempt = self.attempts.as_mut().map_or(1, |attempts| {
            let mut hasher = DefaultHasher::new();
            body.hash(&mut hasher);
            let count = attempts.entry(hasher.finish()).or_insert(0);
            *count += 1;
            *count
        });
        let (mut scripted, mut written, mut latency) = (Scripted::default(), Vec::new(), Duration::ZERO);
        let mut decided = false;
        for (fault, fired) in self.plan.faults.iter().zip(&mut self.fired) {
            let when = &fault.when;
            let fits = when.numbers.fits(number)
                && when.every.is_none_or(|every| number % every == 0)
                && when.attempt.as_ref().is_none_or(|attempts| attempts.contains(&attempt))
                && when.times.is_none_or(|times| *fired < times)
                && when.contains.as_ref().is_none_or(|text| contains(body, text.as_bytes()));
            if !fits || (decided && fault.what.latency.is_zero()) {
                continue;
            }
            *fired += 1;
            latency = latency.saturating_add(fault.what.latency);
            written.push(fault.written.as_str());
            if !decided && !fault.what.only_waits() {
                decided = true;
                scripted.what = fault.what.clone();
            }
        }
        scripted.what.latency = latency;
        scripted.written = (!written.is_empty()).then(|| written.join("; "));
        scripted
    }
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The faults that each of the bodies meets, in turn.
    fn meets(plan: &str, bodies: &[&str]) -> Vec<String> {
        let mut script = Script::new(plan.parse().unwrap());
        let met = |(n, body): (usize, &&str)| script.next(n as u64 + 1, body.as_bytes()).written.unwrap_or_default();
        bodies.iter().enumerate().map(met).collect()
    }

    #[test]
    fn a_fault_meets_the_requests_it_names() {
        assert_eq!(meets("2:hang", &["a"; 3]), ["", "2:hang", ""]);
        assert_eq!(meets("1,3-:hang", &["a"; 4]), ["1,3-:hang", "", "1,3-:hang", "1,3-:hang"]);
        assert_eq!(meets("every=2:hang", &["a"; 4]), ["", "every=2:hang", "", "every=2:hang"]);
        assert_eq!(meets("match=b:hang", &["a", "abc", "c"]), ["", "match=b:hang", ""]);
        assert_eq!(meets("match=a,times=1:hang", &["b", "a", "a"]), ["", "match=a,times=1:hang", ""]);
        assert_eq!(
            meets("attempt=2:hang", &["a", "b", "b", "a", "a"]),
            ["", "", "attempt=2:hang", "attempt=2:hang", ""]
        );
    }

    #[test]
    fn latencies_add_up_and_the_first_real_fault_decides() {
        let mut script = Script::new("*:latency=1s; 1:hang; 1:status=500; 1:latency=2s,close".parse().unwrap());
        let Scripted { what, written } = script.next(1, b"");
        assert_eq!((what.latency, what.fate, what.status), (Duration::from_secs(3), Fate::Hangs, None));
        assert_eq!(what.wire.ending, Ending::Open);
        assert_eq!(written.as_deref(), Some("*:latency=1s; 1:hang; 1:latency=2s,close"));
    }

    #[test]
    fn a_request_that_another_fault_decides_does_not_use_up_its_times() {
        assert_eq!(meets("1:hang; times=1:close", &["a"; 3]), ["1:hang", "times=1:close", ""]);
    }

    #[test]
    fn whether_a_card_is_stored_follows_from_the_fault_unless_said() {
        let stores = |what: &str| format!("*:{what}").parse::<FaultPlan>().unwrap().faults[0].what.commits();
        for what in
            ["latency=1s", "reset=during", "drop=after", "no-id", "status=202,empty", "garbage", "location-only"]
        {
            assert!(stores(what), "{what}");
            assert!(!stores(&format!("{what},no-commit")), "{what}");
        }
        for what in
            ["reset=before", "hang", "status=500", "html", "redirect=http://x", "retry-after=1", "body=x", "detail=x"]
        {
            assert!(!stores(what), "{what}");
            assert!(stores(&format!("{what},commit")), "{what}");
        }
    }
}
