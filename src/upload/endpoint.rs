//! Where cards are posted to: server and workspace, checked at the wall.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;
use thiserror::Error;
use url::Host;

/// `https://<server>/s/<workspace>/capi/json/c3_contact_cards`: always https, or a loopback address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
}

/// Why a server or workspace cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EndpointError {
    /// Not a URL at all.
    #[error("the server {0:?} is not a web address: write it as https://api.example.com")]
    NotAUrl(String),
    /// Plain http to another machine.
    #[error(
        "the server {0:?} would get token and contacts unencrypted: use https:// (http:// is for this machine only)"
    )]
    Unencrypted(String),
    /// Something behind the address that does not belong to a server.
    #[error("the server {0:?} must be an address only, without user, password, query or fragment")]
    Decorated(String),
    /// The whole endpoint where only the server belongs.
    #[error("the server {0:?} holds the whole path: give https://… up to the domain, and the rest by --workspace")]
    WholePath(String),
    /// A workspace that is not one path segment.
    #[error("the workspace {0:?} is not a name: it is the part between /s/ and /capi/ of your Cention address")]
    Workspace(String),
}

impl Endpoint {
    /// The endpoint of a workspace on a server (API page, "Contact Cards").
    pub fn new(server: &str, workspace: &str) -> Result<Endpoint, EndpointError> {
        let server = server.trim();
        // What stands before an @ may be a secret: it is not repeated.
        let shown = server.rsplit_once('@').map_or(server, |(_, host)| host);
        let mut url = Url::parse(server).map_err(|_| EndpointError::NotAUrl(shown.to_owned()))?;
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            // The user name or query may be a secret: it is not repeated.
            return Err(EndpointError::Decorated(format!("{}://{}", url.scheme(), url.host_str().unwrap_or("…"))));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(EndpointError::Unencrypted(server.to_owned())),
            _ => return Err(EndpointError::NotAUrl(shown.to_owned())),
        }
        if url.path().contains("/capi/") || url.path().starts_with("/s/") {
            return Err(EndpointError::WholePath(server.to_owned()));
        }
        let bad = workspace.is_empty()
            || workspace == "."
            || workspace == ".."
            || workspace.trim() != workspace
            || workspace.contains(|c: char| matches!(c, '/' | '\\' | '?' | '#') || c.is_control());
        if bad {
            return Err(EndpointError::Workspace(workspace.to_owned()));
        }
        url.path_segments_mut().map_err(|()| EndpointError::NotAUrl(server.to_owned()))?.pop_if_empty().extend([
            "s",
            workspace,
            "capi",
            "json",
            "c3_contact_cards",
        ]);
        Ok(Endpoint { url })
    }

    /// The URL to post to.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Host, and port if it is not the usual one.
    pub fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether what is sent there is encrypted on its way.
    pub fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether it is this machine: then plain http is fine, and no proxy is asked.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(server: &str, workspace: &str) -> String {
        Endpoint::new(server, workspace).expect("a good endpoint").to_string()
    }

    #[test]
    fn the_vendors_example_comes_out() {
        let expected = "https://apid.cention.com/s/demo/capi/json/c3_contact_cards";
        assert_eq!(url("https://apid.cention.com", "demo"), expected);
        assert_eq!(url(" https://apid.cention.com/ ", "demo"), expected);
        assert_eq!(
            url("https://host:8443/cention/", "två ord%"),
            "https://host:8443/cention/s/tv%C3%A5%20ord%25/capi/json/c3_contact_cards"
        );
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for server in ["http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:1", "http://localhost:80"] {
            assert!(Endpoint::new(server, "demo").is_ok(), "{server}");
        }
        for server in ["http://10.0.0.1", "http://example.com", "http://localhost.example.com", "http://[::2]"] {
            assert_eq!(Endpoint::new(server, "demo"), Err(EndpointError::Unencrypted(server.into())));
        }
    }

    #[test]
    fn what_is_no_server_is_told_so() {
        for server in ["", "apid.cention.com", "ftp://x", "https://", "file:///etc"] {
            assert!(matches!(Endpoint::new(server, "demo"), Err(EndpointError::NotAUrl(_))), "{server}");
        }
        for server in ["https://user:secret@host", "https://host/?token=secret", "https://host/#secret"] {
            let error = Endpoint::new(server, "demo").expect_err("decorated").to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        let error = Endpoint::new("user:secret@host", "demo").expect_err("no scheme").to_string();
        assert!(!error.contains("secret"), "{error}");
        let whole = "https://h/s/demo/capi/json/c3_contact_cards";
        assert_eq!(Endpoint::new(whole, "demo"), Err(EndpointError::WholePath(whole.into())));
    }

    #[test]
    fn a_workspace_is_one_path_segment() {
        for workspace in ["", ".", "..", "../admin", "a/b", "demo?x=", "a#b", "a\\b", " demo", "a\nb"] {
            assert_eq!(Endpoint::new("https://h", workspace), Err(EndpointError::Workspace(workspace.into())));
        }
    }
}
