//! The HTTP client: every default that would surprise an importer is switched off.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, DATE, HOST, HeaderMap, HeaderValue, LOCATION, USER_AGENT,
};
use hyper::http::uri::PathAndQuery;
use hyper::{Method, Request, Response, Uri};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::dialer::Dialer;
use super::line::{Body, Line, Silence, read};
use super::reply::{self, Reply};
use super::transport::{self, Mishap};
use super::{Endpoint, unpack};
use crate::jsonapi::MEDIA_TYPE;
use crate::model::Verdict;

/// How much of an answer is read, after decompression. A card that many rows were appended to is echoed whole.
const BODY_BYTES_MAX: usize = 1 << 20;
/// How long connecting may take, at most.
const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(10);
/// A connection that was idle for longer is not used any more, before most servers drop it (some after 2 s, many after
/// 5): a POST on a connection that the server is just closing would end unknown.
pub const IDLE_MAX: Duration = Duration::from_millis(1_500);

/// What stands where a server repeated the token.
const BLOT: &str = "***";

/// A shorter token is a stand-in for tests, and would be found in any text.
const SECRET_BYTES_MIN: usize = 12;

/// What the client needs to know.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// Where to post.
    pub endpoint: Endpoint,
    /// The bearer token.
    pub token: SecretString,
    /// PEM certificates of authorities to trust beside the system's.
    pub authorities: Option<Vec<u8>>,
    /// How long one attempt may take, from connecting to the last byte of the answer.
    pub timeout: Duration,
    /// Tells the time of day, for `Retry-After` dates.
    pub time_of_day: fn() -> SystemTime,
}

/// Why there can be no client.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The token has characters that no header can carry.
    #[error("the token holds characters that cannot be sent (line breaks or control characters inside it?)")]
    Token,
    /// The certificates given are none.
    #[error("there is no PEM certificate that can be used: {0}")]
    Authorities(String),
    /// TLS or proxy could not be set up.
    #[error("the HTTPS client could not be set up: {0}")]
    Build(String),
}

/// What every request says of itself.
fn headers(endpoint: &Endpoint, token: &SecretString) -> Result<HeaderMap, ClientError> {
    let mut bearer =
        HeaderValue::try_from(format!("Bearer {}", token.expose_secret())).map_err(|_| ClientError::Token)?;
    bearer.set_sensitive(true);
    let host = HeaderValue::try_from(endpoint.authority()).map_err(|cause| ClientError::Build(cause.to_string()))?;
    Ok(HeaderMap::from_iter([
        (HOST, host),
        (AUTHORIZATION, bearer),
        (ACCEPT, HeaderValue::from_static(MEDIA_TYPE)),
        (ACCEPT_ENCODING, HeaderValue::from_static("gzip")),
        (USER_AGENT, HeaderValue::from_static(concat!("c3import/", env!("CARGO_PKG_VERSION")))),
    ]))
}

/// What came of a knock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knock {
    /// What the answer, or its absence, would have meant for a card.
    pub verdict: Verdict,
    /// The server's clock and ours, if it told the time.
    pub clocks: Option<(SystemTime, SystemTime)>,
}

/// What came of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What it means for the card.
    pub verdict: Verdict,
    /// How long the server wants everybody to be quiet, whatever became of the card.
    pub quiet_for: Option<Duration>,
}

/// Which connection carries a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// The one that is open, if there is one.
    Any,
    /// A new one, for a document that may not be sent twice: a server that closes an idle connection just when a request
    /// sets out leaves nobody knowing what became of it.
    Fresh,
}

/// Where one carrier of documents keeps its connection between them.
#[derive(Debug, Default)]
pub struct Kept(Option<Line>);

/// Posts documents, one attempt at a time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client(Arc<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    dialer: Dialer,
    endpoint: Endpoint,
    path: Uri,
    headers: HeaderMap,
    /// Who is connected to: the server, or a proxy.
    peer: String,
    token: SecretString,
    timeout: Duration,
    connect_timeout: Duration,
    time_of_day: fn() -> SystemTime,
}

impl Client {
    /// A client that follows no redirect, sends nothing again by itself once it may have left, and speaks HTTP/1.1.
    pub fn new(settings: ClientSettings) -> Result<Client, ClientError> {
        let ClientSettings { endpoint, token, authorities, timeout, time_of_day } = settings;
        // Shorter than the whole, or nobody could tell a connection that never stood from an answer that never came.
        let connect_timeout = (timeout / 2).min(CONNECT_TIMEOUT_MAX);
        let dialer = Dialer::new(&endpoint, connect_timeout, authorities.as_deref())?;
        let path: PathAndQuery = endpoint
            .path()
            .parse()
            .map_err(|cause: hyper::http::uri::InvalidUri| ClientError::Build(cause.to_string()))?;
        let peer = endpoint.proxy().map_or_else(|| endpoint.authority(), |proxy| format!("the proxy {proxy}"));
        let headers = headers(&endpoint, &token)?;
        let path = path.into();
        Ok(Client(Arc::new(Parts {
            dialer,
            endpoint,
            path,
            headers,
            peer,
            token,
            timeout,
            connect_timeout,
            time_of_day,
        })))
    }

    /// The same client with another token.
    ///
    /// # Errors
    /// When no header can carry the token.
    pub fn with_token(&self, token: SecretString) -> Result<Client, ClientError> {
        Ok(Client(Arc::new(Parts { headers: headers(&self.0.endpoint, &token)?, token, ..Parts::clone(&self.0) })))
    }

    /// Whether this is the token it uses.
    pub fn uses(&self, token: &SecretString) -> bool {
        self.0.token.expose_secret() == token.expose_secret()
    }

    /// Asks the endpoint for what it never gives, to see whether somebody is there: a GET, which stores nothing.
    pub async fn knock(&self) -> Knock {
        let mut request = self.request(Bytes::new());
        *request.method_mut() = Method::GET;
        let mut clocks = None;
        let told = |answer: &Response<Incoming>| {
            let date = answer.headers().get(DATE)?.to_str().ok()?;
            Some((httpdate::parse_http_date(date).ok()?, (self.0.time_of_day)()))
        };
        let heard = self.exchange(&mut Kept::default(), request, |answer| clocks = told(answer)).await;
        Knock { verdict: heard.verdict, clocks }
    }

    /// Posts one document, and says what came of it.
    pub async fn post(&self, kept: &mut Kept, document: Bytes, connection: Connection) -> Heard {
        if connection == Connection::Fresh {
            kept.0 = None;
        }
        let mut request = self.request(document);
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        self.exchange(kept, request, |_| {}).await
    }

    fn request(&self, document: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(document));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.0.path.clone();
        *request.headers_mut() = self.0.headers.clone();
        request
    }

    /// One request and its answer, read to its end. Keeps the connection if it is good for more.
    async fn exchange(
        &self,
        kept: &mut Kept,
        request: Request<Full<Bytes>>,
        look: impl FnOnce(&Response<Incoming>),
    ) -> Heard {
        let mut over = std::pin::pin!(tokio::time::sleep(self.0.timeout));
        let asked = tokio::select! {
            biased;
            asked = self.ask(kept.0.take(), request) => asked,
            () = &mut over => Err(Mishap::NoAnswer),
        };
        let (line, mut answer) = match asked {
            Ok(asked) => asked,
            Err(mishap) => return Heard { verdict: transport::verdict(&mishap, &self.0.peer), quiet_for: None },
        };
        look(&answer);
        let body = tokio::select! {
            biased;
            body = read(answer.body_mut(), BODY_BYTES_MAX) => body,
            () = &mut over => Body::Late,
        };
        let too_long = || format!("the answer is longer than {BODY_BYTES_MAX} bytes");
        let (body, broken) = match body {
            Body::Whole(body) => {
                *kept = Kept(Some(line));
                (body, None)
            }
            Body::TooLong => (BytesMut::new(), Some(too_long())),
            Body::Late => (BytesMut::new(), Some("the answer broke off: it did not end in time".to_owned())),
            Body::Broken(body, error) => (body, Some(format!("the answer broke off: {}", transport::chain(&error)))),
        };
        let (body, broken) = match unpack::unpacked(answer.headers(), &body, BODY_BYTES_MAX) {
            Ok(unpacked) => (unpacked, broken),
            Err(unpack::Failure::TooLong) => (Cow::Borrowed(&[][..]), broken.or_else(|| Some(too_long()))),
            Err(unpack::Failure::Damaged(cause)) => {
                (Cow::Borrowed(&[][..]), broken.or_else(|| Some(format!("the answer broke off: {cause}"))))
            }
        };
        let location = answer.headers().get(LOCATION).map(|target| self.blotted(target.as_bytes()));
        let reply = Reply {
            status: answer.status().as_u16(),
            headers: answer.headers(),
            location: location.as_deref().and_then(|target| std::str::from_utf8(target).ok()),
            body: &self.blotted(&body),
            broken: broken.as_deref(),
            received: (self.0.time_of_day)(),
        };
        Heard { verdict: reply::verdict(&reply), quiet_for: reply::quiet_for(&reply) }
    }

    /// Sends a request, on the connection that was kept if that still stands, and waits for the head of its answer.
    async fn ask(
        &self,
        kept: Option<Line>,
        mut request: Request<Full<Bytes>>,
    ) -> Result<(Line, Response<Incoming>), Mishap> {
        if let Some(mut line) = kept
            && line.is_free().await
        {
            match line.ask(request).await {
                Ok(answer) => return Ok((line, answer)),
                Err(Silence::Lost(error)) => return Err(Mishap::Lost(error)),
                Err(Silence::Unsent(back, _)) => request = *back,
            }
        }
        let dialled = tokio::time::timeout(self.0.connect_timeout, self.0.dialer.dial()).await;
        let mut line = dialled.map_err(|_| Mishap::NoConnectionInTime)?.map_err(Mishap::NoConnection)?;
        match line.ask(request).await {
            Ok(answer) => Ok((line, answer)),
            Err(Silence::Lost(error)) => Err(Mishap::Lost(error)),
            Err(Silence::Unsent(_, error)) => Err(Mishap::NoConnection(error.into())),
        }
    }

    /// What a server said, with the token blotted out before anything is cut or quoted: some repeat the request in their
    /// errors and redirects.
    fn blotted<'a>(&self, said: &'a [u8]) -> Cow<'a, [u8]> {
        let token = self.0.token.expose_secret();
        if token.len() < SECRET_BYTES_MIN {
            return Cow::Borrowed(said);
        }
        if memchr::memmem::find(said, token.as_bytes()).is_some() {
            Cow::Owned(String::from_utf8_lossy(said).replace(token, BLOT).into_bytes())
        } else {
            Cow::Borrowed(said)
        }
    }
}
