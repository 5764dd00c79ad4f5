//! The HTTP client: every default that would surprise an importer is switched off.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderValue, LOCATION};
use reqwest::{RequestBuilder, Response};
use secrecy::SecretString;
use thiserror::Error;

use super::bearer::Bearer;
use super::reply::{self, Reply};
use super::{Endpoint, transport};
use crate::jsonapi::MEDIA_TYPE;
use crate::model::Verdict;

/// How much of an answer is read, after decompression. A card that many rows were appended to is echoed whole.
const BODY_BYTES_MAX: usize = 1 << 20;
/// How long connecting may take, at most.
const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(10);
/// Idle connections are dropped before most servers drop them (some after 2 s, many after 5): a POST on a connection that
/// the server is just closing would end unknown.
const IDLE_TIMEOUT: Duration = Duration::from_millis(1_500);

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
    /// How many connections are kept open.
    pub concurrency: usize,
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
    /// One that is open, if there is one.
    Any,
    /// One of its own, for a document that may not be sent twice: a server that closes an idle connection just when a
    /// request sets out leaves nobody knowing what became of it.
    Fresh,
}

/// Posts documents, one attempt at a time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client(Arc<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    http: reqwest::Client,
    /// The same, but it keeps no connection open.
    fresh: reqwest::Client,
    endpoint: Endpoint,
    /// Who is connected to: the server, or a proxy.
    peer: String,
    bearer: Bearer,
    time_of_day: fn() -> SystemTime,
}

impl Client {
    /// A client that follows no redirect, retries nothing by itself, and speaks HTTP/1.1.
    pub fn new(settings: ClientSettings) -> Result<Client, ClientError> {
        // Fails when a provider is installed already, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let bearer = Bearer::new(settings.token.clone()).ok_or(ClientError::Token)?;
        let http = Client::http(&settings, settings.concurrency)?;
        let fresh = Client::http(&settings, 0)?;
        let ClientSettings { endpoint, time_of_day, .. } = settings;
        let peer = endpoint.proxy().map_or_else(|| endpoint.authority(), |proxy| format!("the proxy {proxy}"));
        Ok(Client(Arc::new(Parts { http, fresh, endpoint, peer, bearer, time_of_day })))
    }

    fn http(settings: &ClientSettings, connections_kept: usize) -> Result<reqwest::Client, ClientError> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            // An untidy head is an answer all the same: without it nobody would know what became of the card.
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_ignore_invalid_headers_in_responses(true)
            // Shorter than the whole, or nobody could tell a connection that never stood from an answer that never came.
            .connect_timeout((settings.timeout / 2).min(CONNECT_TIMEOUT_MAX))
            .timeout(settings.timeout)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(connections_kept)
            .user_agent(concat!("c3import/", env!("CARGO_PKG_VERSION")));
        if settings.endpoint.is_loopback() {
            // No proxy between us and ourselves; and without https no certificates are needed, which a bare machine
            // may not have.
            builder = builder.no_proxy();
        }
        if settings.endpoint.url().scheme() == "http" {
            builder = builder.tls_certs_only([]);
        }
        if let Some(pem) = &settings.authorities {
            let unfit = |error: reqwest::Error| ClientError::Authorities(transport::chain(&error));
            let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(unfit)?;
            if certificates.is_empty() {
                return Err(ClientError::Authorities("the file holds none".to_owned()));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        builder.build().map_err(|error| ClientError::Build(transport::chain(&error)))
    }

    /// The same client with another token.
    ///
    /// # Errors
    /// When no header can carry the token.
    pub fn with_token(&self, token: SecretString) -> Result<Client, ClientError> {
        let bearer = Bearer::new(token).ok_or(ClientError::Token)?;
        Ok(Client(Arc::new(Parts { bearer, ..Parts::clone(&self.0) })))
    }

    /// The same client, which lets no two documents go on one connection.
    #[must_use]
    pub fn apart(&self) -> Client {
        Client(Arc::new(Parts { http: self.0.fresh.clone(), ..Parts::clone(&self.0) }))
    }

    /// Whether this is the token it uses.
    pub fn uses(&self, token: &SecretString) -> bool {
        self.0.bearer.is(token)
    }

    /// Asks the endpoint for what it never gives, to see whether somebody is there: a GET, which stores nothing.
    pub async fn knock(&self) -> Knock {
        let asked = self.asking(self.0.http.get(self.0.endpoint.url().clone())).send().await;
        let told = |answer: &reqwest::Response| {
            let date = answer.headers().get(DATE)?.to_str().ok()?;
            Some((httpdate::parse_http_date(date).ok()?, (self.0.time_of_day)()))
        };
        let clocks = asked.as_ref().ok().and_then(told);
        Knock { verdict: self.hear(asked).await.verdict, clocks }
    }

    /// Posts one document, and says what came of it.
    pub async fn post(&self, document: Bytes, connection: Connection) -> Heard {
        let http = match connection {
            Connection::Any => &self.0.http,
            Connection::Fresh => &self.0.fresh,
        };
        let request = self.asking(http.post(self.0.endpoint.url().clone()));
        self.hear(request.header(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)).body(document).send().await).await
    }

    /// With the headers that every request has.
    fn asking(&self, request: RequestBuilder) -> RequestBuilder {
        let accept = HeaderValue::from_static(MEDIA_TYPE);
        request.header(AUTHORIZATION, self.0.bearer.header()).header(ACCEPT, accept)
    }

    /// Reads an answer to its end, and says what it means.
    async fn hear(&self, answer: reqwest::Result<Response>) -> Heard {
        let mut answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Heard { verdict: transport::verdict(&error, &self.0.peer), quiet_for: None },
        };
        let mut body = Bytes::new();
        let broken = loop {
            match answer.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > BODY_BYTES_MAX => {
                    break Some(format!("the answer is longer than {BODY_BYTES_MAX} bytes"));
                }
                Ok(Some(chunk)) => body = joined(body, chunk),
                Ok(None) => break None,
                Err(error) => break Some(format!("the answer broke off: {}", transport::chain(&error))),
            }
        };
        let location = answer.headers().get(LOCATION).map(|target| self.0.bearer.blotted(target.as_bytes()));
        let reply = Reply {
            status: answer.status().as_u16(),
            headers: answer.headers(),
            location: location.as_deref().and_then(|target| std::str::from_utf8(target).ok()),
            body: &self.0.bearer.blotted(&body),
            broken: broken.as_deref(),
            received: (self.0.time_of_day)(),
        };
        Heard { verdict: reply::verdict(&reply), quiet_for: reply::quiet_for(&reply) }
    }
}

/// One body of two pieces. Nearly every answer comes in one, which is not copied.
fn joined(body: Bytes, next: Bytes) -> Bytes {
    if body.is_empty() {
        return next;
    }
    let mut both = BytesMut::from(body);
    both.extend_from_slice(&next);
    both.freeze()
}
