//! How a connection to the server comes about: straight or through a proxy, with TLS or, on this machine, without.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::Uri;
use hyper::body::Bytes;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::rt::{Read, Write};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tower_service::Service;

use super::ClientError;
use super::Endpoint;
use super::line::Line;

/// What a cause is here.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A peer that vanishes without a word is noticed after this long, give or take.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// Opens connections to one server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Dialer {
    server: Uri,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    /// To this machine.
    Open(HttpConnector),
    Secure(HttpsConnector<HttpConnector>),
    /// Through a proxy that sees only where to, and how much.
    Tunnelled(Box<HttpsConnector<Tunnel<HttpsConnector<HttpConnector>>>>),
}

impl Dialer {
    /// A dialer for this server. A connection may take so long; `authorities` are PEM certificates to trust beside the
    /// system's.
    pub fn new(endpoint: &Endpoint, within: Duration, authorities: Option<&[u8]>) -> Result<Dialer, ClientError> {
        let build = |cause: &dyn std::fmt::Display| ClientError::Build(cause.to_string());
        let server: Uri = endpoint.to_string().parse().map_err(|cause: hyper::http::uri::InvalidUri| build(&cause))?;
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(within));
        http.set_keepalive(Some(KEEPALIVE));
        http.set_keepalive_interval(Some(KEEPALIVE));
        let authorities = authorities.map_or_else(|| Ok(Vec::new()), certificates)?;
        if !endpoint.is_encrypted() {
            // Without https no certificates are needed, which a bare machine may not have.
            return Ok(Dialer { server, way: Way::Open(http) });
        }
        let trust = trust(authorities).map_err(|cause| build(&cause))?;
        // What a proxy may be asked for goes through TLS too, if the proxy speaks it.
        let secure = HttpsConnector::from((http, Arc::clone(&trust)));
        let way = match endpoint.intercept() {
            None => Way::Secure(secure),
            Some(proxy) => {
                let mut tunnel = Tunnel::new(proxy.uri().clone(), secure);
                if let Some(login) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(login.clone());
                }
                Way::Tunnelled(Box::new(HttpsConnector::from((tunnel, trust))))
            }
        };
        Ok(Dialer { server, way })
    }

    /// Opens a connection.
    pub async fn dial(&self) -> Result<Line, Cause> {
        let server = self.server.clone();
        match self.way.clone() {
            Way::Open(mut way) => shake_hands(way.call(server).await?).await,
            Way::Secure(mut way) => shake_hands(way.call(server).await?).await,
            Way::Tunnelled(mut way) => shake_hands(way.call(server).await?).await,
        }
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|cause| ClientError::Authorities(cause.to_string()))?;
    if found.is_empty() {
        return Err(ClientError::Authorities("the file holds none".to_owned()));
    }
    Ok(found)
}

/// Trusts whom the system trusts, and these.
fn trust(authorities: Vec<CertificateDer<'static>>) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        rustls_platform_verifier::Verifier::new_with_extra_roots(authorities, Arc::clone(&provider)).map(Arc::new)?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

async fn shake_hands(stream: impl Read + Write + Unpin + Send + 'static) -> Result<Line, Cause> {
    let (requests, connection): (SendRequest<Full<Bytes>>, _) = Builder::new()
        // An untidy head is an answer all the same: without it nobody would know what became of the card.
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .handshake(stream)
        .await?;
    Ok(Line::new(requests, connection))
}
