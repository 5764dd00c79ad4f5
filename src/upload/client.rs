//! The HTTP client: every default that would surprise an importer is switched off.

use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::reply::{self, Reply};
use super::{Endpoint, transport};
use crate::jsonapi::MEDIA_TYPE;
use crate::model::{FatalReason, Verdict};

/// How much of an answer is read, after decompression. A card that many rows were appended to is echoed whole.
const BODY_BYTES_MAX: usize = 1 << 20;
/// How long connecting may take, at most.
const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(10);
/// Idle connections are dropped before most servers drop them: a POST on a connection that the server is just closing
/// would end unknown.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// What stands where a server repeated the token.
const BLOT: &str = "***";

/// What the client needs to know.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// Where to post.
    pub endpoint: Endpoint,
    /// The bearer token.
    pub token: SecretString,
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
    /// TLS or proxy could not be set up.
    #[error("the HTTPS client could not be set up: {0}")]
    Build(String),
}

/// What came of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What it means for the card.
    pub verdict: Verdict,
    /// How long the server wants everybody to be quiet, whatever became of the card.
    pub quiet_for: Option<Duration>,
}

/// Posts documents, one attempt at a time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    endpoint: Endpoint,
    authorization: HeaderValue,
    token: SecretString,
    time_of_day: fn() -> SystemTime,
}

impl Client {
    /// A client that follows no redirect, retries nothing by itself, and speaks HTTP/1.1.
    pub fn new(settings: ClientSettings) -> Result<Client, ClientError> {
        // Fails when a provider is installed already, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", settings.token.expose_secret()))
            .map_err(|_| ClientError::Token)?;
        authorization.set_sensitive(true);
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .connect_timeout(settings.timeout.min(CONNECT_TIMEOUT_MAX))
            .timeout(settings.timeout)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(settings.concurrency)
            .user_agent(concat!("c3import/", env!("CARGO_PKG_VERSION")));
        if settings.endpoint.is_loopback() {
            // No proxy between us and ourselves; and without https no certificates are needed, which a bare machine
            // may not have.
            builder = builder.no_proxy();
        }
        if settings.endpoint.url().scheme() == "http" {
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|error| ClientError::Build(transport::chain(&error)))?;
        let ClientSettings { endpoint, token, time_of_day, .. } = settings;
        Ok(Client { http, endpoint, authorization, token, time_of_day })
    }

    /// Posts one document, and says what came of it.
    pub async fn post(&self, document: Bytes) -> Heard {
        let sent = self
            .http
            .post(self.endpoint.url().clone())
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))
            .header(ACCEPT, HeaderValue::from_static(MEDIA_TYPE))
            .body(document)
            .send()
            .await;
        let mut answer = match sent {
            Ok(answer) => answer,
            Err(error) => return Heard { verdict: transport::verdict(&error), quiet_for: None },
        };
        let mut body = BytesMut::new();
        let broken = loop {
            match answer.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > BODY_BYTES_MAX => {
                    break Some(format!("the answer is longer than {BODY_BYTES_MAX} bytes"));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break None,
                Err(error) => break Some(format!("the answer broke off: {}", transport::chain(&error))),
            }
        };
        let status = answer.status();
        let body = if status.is_success() { body.freeze() } else { self.blotted(&body) };
        let reply = Reply {
            status: status.as_u16(),
            headers: answer.headers(),
            body: &body,
            broken: broken.as_deref(),
            received: (self.time_of_day)(),
        };
        Heard { verdict: self.without_token(reply::verdict(&reply)), quiet_for: reply::quiet_for(&reply) }
    }

    /// A body, with the token blotted out: some servers repeat the request in their errors.
    fn blotted(&self, body: &[u8]) -> Bytes {
        let token = self.token.expose_secret();
        match body.windows(token.len()).any(|window| window == token.as_bytes()) {
            true => Bytes::from(String::from_utf8_lossy(body).replace(token, BLOT)),
            false => Bytes::copy_from_slice(body),
        }
    }

    /// The verdict, with the token blotted out of what came by headers or in odd answers.
    fn without_token(&self, mut verdict: Verdict) -> Verdict {
        let blot = |text: &mut String| {
            if text.contains(self.token.expose_secret()) {
                *text = text.replace(self.token.expose_secret(), BLOT);
            }
        };
        match &mut verdict {
            Verdict::Stored { oddity, .. } => oddity.iter_mut().for_each(blot),
            Verdict::Refused { errors, .. } => errors.iter_mut().for_each(|error| {
                blot(&mut error.message);
                error.pointer.iter_mut().for_each(blot);
            }),
            Verdict::NotProcessed { reason, .. } | Verdict::Unknown { reason, .. } => blot(reason),
            Verdict::Fatal { reason, .. } => match reason {
                FatalReason::Unauthorized(text)
                | FatalReason::Redirect(text)
                | FatalReason::WebPage(text)
                | FatalReason::Tls(text) => blot(text),
            },
        }
        verdict
    }
}
