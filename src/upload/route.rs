//! How the server is reached: straight by its name, or through a proxy.

use std::net::IpAddr;

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use super::Endpoint;

/// The way to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// Through this proxy, which looks up the server's name itself. Host and port, never its password.
    Proxy(String),
    /// To these addresses; at least one.
    Straight(Vec<IpAddr>),
    /// The server's name cannot be looked up; why.
    Nowhere(String),
}

impl Endpoint {
    /// The proxy that requests go through, as environment and system say: the same rules as the client's.
    pub fn proxy(&self) -> Option<String> {
        let uri: Uri = self.url().as_str().parse().ok()?;
        let proxy = Matcher::from_system().intercept(&uri).filter(|_| !self.is_loopback())?;
        proxy.uri().authority().map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default().to_owned())
    }

    /// Finds the way. Asks the name server, and nobody else.
    pub async fn route(&self) -> Route {
        if let Some(proxy) = self.proxy() {
            return Route::Proxy(proxy);
        }
        let host = self.url().host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = self.url().port_or_known_default().unwrap_or(443);
        match tokio::net::lookup_host((host, port)).await {
            Ok(found) => {
                let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
                addresses.dedup();
                match addresses.is_empty() {
                    true => Route::Nowhere("the name has no address".to_owned()),
                    false => Route::Straight(addresses),
                }
            }
            Err(error) => Route::Nowhere(error.to_string()),
        }
    }
}
