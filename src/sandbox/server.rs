//! The sandbox itself: connections in, requests judged one by one, answers out.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::answer::{Earned, Reply, reply};
use super::document::{self, Refusal};
use super::fault::{Ending, Fate, Script, Scripted, Wire};
use super::log::Log;
use super::request::{Door, door, header};
use super::wire::{Act, is_ordinary, perform};
use super::{Card, Contacts, FaultPlan, Rules, Seen, Store};

/// How much of a body beyond the limit is read and thrown away, so that the client gets to see the 413.
const DRAINED_MAX: usize = 64 << 20;

/// What a sandbox is to be like.
#[derive(Clone, Debug)]
pub struct SandboxSettings {
    /// The only token that is let in; `None`: any that is not empty.
    pub token: Option<String>,
    /// The only workspace there is; `None`: any.
    pub workspace: Option<String>,
    /// How the server behaves.
    pub rules: Rules,
    /// What goes wrong.
    pub faults: FaultPlan,
    /// How many requests are remembered, the latest; at least one. Counts go on beyond it.
    pub requests_kept: usize,
    /// Whether their bodies are remembered too.
    pub keeps_bodies: bool,
}

impl Default for SandboxSettings {
    fn default() -> Self {
        SandboxSettings {
            token: None,
            workspace: None,
            rules: Rules::default(),
            faults: FaultPlan::default(),
            requests_kept: 100_000, // some 50 MB at most
            keeps_bodies: false,
        }
    }
}

/// A stand-in for the Contact Cards endpoint. Clones are the same sandbox.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    settings: SandboxSettings,
    made: Instant,
    connections: AtomicUsize,
    state: Mutex<State>,
}

struct State {
    store: Store,
    log: Log,
    script: Script,
}

impl Sandbox {
    /// A sandbox without cards.
    pub fn new(settings: SandboxSettings) -> Sandbox {
        let state = State {
            store: Store::new(settings.rules.clone()),
            log: Log::new(settings.requests_kept),
            script: Script::new(settings.faults.clone()),
        };
        Sandbox {
            inner: Arc::new(Inner {
                settings,
                made: Instant::now(),
                connections: AtomicUsize::new(0),
                state: Mutex::new(state),
            }),
        }
    }

    /// Serves every connection of the listener until the future is dropped; all connections end with it.
    ///
    /// # Errors
    /// When the listener accepts no more.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        let mut connections = JoinSet::new();
        let mut count = 0;
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        count += 1;
                        let line = Line::open(&self.inner);
                        connections.spawn(attend(line, stream, count));
                    }
                    // The client gave up before it was its turn; the next one is none the worse for it.
                    Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => {}
                    Err(error) => return Err(error),
                },
                Some(ended) = connections.join_next() => if let Err(error) = ended {
                    tracing::error!(%error, "a connection of the sandbox failed");
                },
            }
        }
    }

    /// All cards, lowest id first.
    pub fn cards(&self) -> Vec<Card> {
        self.inner.state().store.cards().collect()
    }

    /// The requests, in the order in which they came; see [`SandboxSettings::requests_kept`].
    pub fn requests(&self) -> Vec<Seen> {
        self.inner.state().log.seen()
    }

    /// How many pairs of requests were in the server at the same time though they share an identity. A good client
    /// makes it stay at zero.
    pub fn overlaps(&self) -> u64 {
        self.inner.state().log.overlaps
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.inner.connections.load(Ordering::Relaxed)
    }

    /// The most requests that were in the server at the same time.
    pub fn in_flight_max(&self) -> usize {
        self.inner.state().log.in_flight_max
    }
}

impl Inner {
    /// Never held across an await. A poisoned state is still a consistent one: nothing in it panics half-way.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// A connection, as long as it is open.
struct Line(Arc<Inner>);

impl Line {
    fn open(inner: &Arc<Inner>) -> Line {
        inner.connections.fetch_add(1, Ordering::Relaxed);
        Line(Arc::clone(inner))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request's stay in the server; it leaves when the last holder lets go.
struct Visit {
    inner: Arc<Inner>,
    ordinal: u64,
    identities: Vec<String>,
}

impl Drop for Visit {
    fn drop(&mut self) {
        let now_us = self.inner.now_us();
        self.inner.state().log.leave(self.ordinal, &self.identities, now_us);
    }
}

/// Ends hyper's hold on a connection: what is to be done with it stands in the slot.
#[derive(Debug, thiserror::Error)]
#[error("the connection is taken over")]
struct TakenOver;

/// Where a request leaves what is to be done to its connection; read once hyper has let go of it.
type Slot = Arc<Mutex<Option<Act>>>;

async fn attend(line: Line, stream: TcpStream, connection: u64) {
    // Answers are small and go out at once; where this cannot be set they are merely later.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, connection, "no TCP_NODELAY");
    }
    let mut next = Some(stream);
    while let Some(stream) = next.take() {
        let slot = Slot::default();
        let service = service_fn(|request| answer(line.0.clone(), slot.clone(), connection, request));
        let mut http = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        let ended = (&mut http).await;
        let act = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (act, ended) {
            (Some(act), _) => match perform(http.into_parts().io.into_inner(), act).await {
                Ok(open) => next = open,
                Err(error) => tracing::debug!(%error, connection, "the client left"),
            },
            (None, Err(error)) => tracing::debug!(%error, connection, "the connection broke"),
            (None, Ok(())) => {}
        }
    }
}

async fn answer(
    inner: Arc<Inner>,
    slot: Slot,
    connection: u64,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, TakenOver> {
    if let Some(page) = page(&inner, &request) {
        return Ok(response(page, Ending::Open));
    }
    let last = wants_to_close(&request);
    match judge(inner, connection, request).await {
        Act::Send(reply, wire) if is_ordinary(&reply, &wire) => Ok(response(*reply, wire.ending)),
        mut act => {
            if let (Act::Send(_, Wire { ending: ending @ Ending::Open, .. }), true) = (&mut act, last) {
                *ending = Ending::Announced;
            }
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(act);
            Err(TakenOver)
        }
    }
}

/// Whether the client wants no other answer on this connection (RFC 9112, 9.3). For ordinary answers hyper sees to it.
fn wants_to_close(request: &Request<Incoming>) -> bool {
    let options = header(request.headers(), &CONNECTION).unwrap_or_default();
    let has = |wanted: &str| options.split(',').any(|option| option.trim().eq_ignore_ascii_case(wanted));
    has("close") || (request.version() == Version::HTTP_10 && !has("keep-alive"))
}

/// What to do about one request. The visit is over when this returns, so before any byte of the answer is written.
async fn judge(inner: Arc<Inner>, connection: u64, request: Request<Incoming>) -> Act {
    let (parts, body) = request.into_parts();
    let seen = Seen { connection, arrived_us: inner.now_us(), ..first_look(&parts) };
    let ordinal = inner.state().log.arrive(seen);
    let mut visit = Visit { inner: inner.clone(), ordinal, identities: Vec::new() };

    let rules = &inner.settings.rules;
    let Ok(read) = read(body, rules.body_max).await else { return Act::End(Ending::Closed) };
    let wanted = match door(&parts, &inner.settings) {
        Door::Closed(refusal) => Err(Earned::Refusals(vec![refusal])),
        Door::Slash(target) => Err(Earned::Moved(target)),
        Door::Open if read.too_long => {
            let detail = format!("a body has at most {} bytes", rules.body_max);
            Err(Earned::Refusals(vec![Refusal::whole(413, detail)]))
        }
        Door::Open => document::read(&read.bytes, rules).map_err(Earned::Refusals),
    };
    if let Ok(contacts) = &wanted {
        visit.identities = contacts.identities();
    }
    let scripted = {
        let mut state = inner.state();
        state.log.identify(ordinal, &visit.identities);
        let scripted = state.script.next(ordinal, &read.bytes);
        state.log.note(ordinal, |seen| {
            seen.body_bytes = read.length;
            if inner.settings.keeps_bodies {
                seen.body.clone_from(&read.bytes);
            }
            seen.fault = scripted.written.clone();
        });
        scripted
    };
    tracing::debug!(ordinal, faulted = scripted.written.is_some(), "request");

    let Scripted { what, .. } = scripted;
    let visit = Arc::new(visit);
    let processing = process(visit.clone(), wanted, what.latency, what.commits());
    // A task of its own: a server goes on with what it has begun even when the client has hung up.
    let processing = tokio::spawn(processing);
    if let Fate::LostDuring(ending) = what.fate {
        return Act::End(ending);
    }
    // Only a runtime that is being torn down loses the task.
    let Ok(earned) = processing.await else { return Act::End(Ending::Closed) };
    match what.fate {
        Fate::LostBefore(ending) | Fate::LostDuring(ending) | Fate::LostAfter(ending) => Act::End(ending),
        Fate::Hangs => std::future::pending().await,
        Fate::Answered => {
            let reply = reply(&earned, &what, rules);
            if !what.wire.garbage {
                inner.state().log.note(ordinal, |seen| seen.status = Some(reply.status));
            }
            Act::Send(Box::new(reply), what.wire)
        }
    }
}

/// Looks the card up at once, and stores after the latency: with [`Rules::race`] by what was found at first, so that two
/// who came at the same time make two cards.
async fn process(visit: Arc<Visit>, wanted: Result<Contacts, Earned>, latency: Duration, commits: bool) -> Earned {
    let inner = &visit.inner;
    let found = wanted.as_ref().ok().and_then(|contacts| inner.state().store.find(contacts));
    match latency.is_zero() {
        true => tokio::task::yield_now().await, // a gap all the same: everything that has arrived gets its turn
        false => tokio::time::sleep(latency).await,
    }
    let contacts = match wanted {
        Ok(contacts) => contacts,
        Err(earned) => return earned,
    };
    let mut state = inner.state();
    let found = if inner.settings.rules.race { found } else { state.store.find(&contacts) };
    let upserted = match commits {
        true => state.store.store(found, &contacts),
        false => state.store.merged(found, &contacts),
    };
    if commits {
        state.log.note(visit.ordinal, |seen| seen.card = Some(upserted.card.id));
    }
    let card = Card { id: upserted.card.id, contacts: state.store.echoed(&upserted.card) };
    Earned::Card { card, created: upserted.created }
}

fn first_look(parts: &Parts) -> Seen {
    Seen {
        method: parts.method.to_string(),
        path: parts.uri.path_and_query().map_or_else(|| parts.uri.to_string(), ToString::to_string),
        content_type: header(&parts.headers, &CONTENT_TYPE),
        accept: header(&parts.headers, &ACCEPT),
        authorization: parts.headers.contains_key(AUTHORIZATION),
        ..Seen::default()
    }
}

struct Read {
    bytes: Vec<u8>,
    too_long: bool,
    length: u64,
}

/// Reads a body to its end, keeping at most `max` bytes of it.
async fn read<B>(mut body: B, max: usize) -> Result<Read, B::Error>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut read = Read { bytes: Vec::new(), too_long: false, length: 0 };
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue }; // trailers
        read.length += data.len() as u64;
        if read.length > max as u64 {
            read.too_long = true;
            read.bytes = Vec::new();
        } else {
            read.bytes.extend_from_slice(&data);
        }
        if read.length > max.saturating_add(DRAINED_MAX) as u64 {
            break;
        }
    }
    Ok(read)
}

fn response(reply: Reply, ending: Ending) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    if ending == Ending::Announced {
        response = response.header("Connection", "close");
    }
    response.body(Full::new(Bytes::from(reply.head))).unwrap_or_else(|error| {
        // Only a fault made in code can come here: written ones are checked when they are read.
        let mut failed = Response::new(Full::new(Bytes::from(format!("the scripted answer cannot be sent: {error}"))));
        *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        failed
    })
}

/// The pages for people with curl.
fn page(inner: &Inner, request: &Request<Incoming>) -> Option<Reply> {
    #[derive(Serialize)]
    struct Cards {
        count: usize,
        cards: Vec<Card>,
    }
    #[derive(Serialize)]
    struct Requests {
        in_flight_max: usize,
        overlaps: u64,
        requests: Vec<Seen>,
    }
    let path = request.uri().path();
    if request.method() != Method::GET || !(path == "/" || path.starts_with("/_sandbox/")) {
        return None;
    }
    Some(match path {
        "/" => Reply::text(
            200,
            "text/plain; charset=utf-8",
            "This is the c3import sandbox, a stand-in for Cention's contact cards; see /_sandbox/cards and /_sandbox/requests\n",
        ),
        "/_sandbox/cards" => {
            let cards: Vec<Card> = inner.state().store.cards().collect();
            Reply::json(200, "application/json", &Cards { count: cards.len(), cards })
        }
        "/_sandbox/requests" => {
            let state = inner.state();
            let (in_flight_max, overlaps) = (state.log.in_flight_max, state.log.overlaps);
            Reply::json(200, "application/json", &Requests { in_flight_max, overlaps, requests: state.log.seen() })
        }
        _ => Reply::text(404, "text/plain; charset=utf-8", "There is /_sandbox/cards and /_sandbox/requests\n"),
    })
}
