//! Secure connections: whom the program trusts, and what it makes of one that breaks.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

use crate::faults_stage::{ONE, Say, Told, nameless, people, send};
use crate::support::Place;

/// An authority of our own, as PEM, and a server's set-up that it vouches for: for this address, or another name.
fn authority(name: &str) -> (String, Arc<ServerConfig>) {
    let key = || KeyPair::generate().expect("a key can be made");
    let mut params = CertificateParams::new(Vec::new()).expect("no names are good names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, key()).expect("an authority can sign itself");
    let server_key = key();
    let params = CertificateParams::new(vec![name.to_owned()]).expect("the name can stand in a certificate");
    let certificate = params.signed_by(&server_key, &authority).expect("an authority can sign");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows the usual versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(server_key.serialize_der()).expect("rcgen writes keys as rustls reads them"),
        )
        .expect("key and certificate belong together");
    (authority.pem(), Arc::new(config))
}

const TRUSTING: [&str; 6] = ["--ca-file", "ca.pem", "--rate", "unlimited", "--concurrency", "1"];

/// The place, with the authority in it.
fn trusting(place: Place, ca: &str) -> Place {
    place.put("ca.pem", ca);
    place
}

#[test]
fn a_server_that_nobody_vouches_for_gets_nothing() {
    let (ca, config) = authority("127.0.0.1");
    let server = Told::tls(config, |ask| Say::stored(ask.number));
    let place = people(4);
    let done = send(&place, &server.secure_url(), &[]);
    done.exits(3).tells(&["cannot be trusted", "certificate", "--ca-file"]);
    assert_eq!(place.results("people.c3run").tally(), BTreeMap::from([("not_sent", 4)]));
    assert_eq!(place.results("people.c3run").column("c3_attempts"), [""; 4], "nothing left this machine");
    assert_eq!(place.summary("people.c3run")["requests"], 0);
    assert_eq!((server.asked().len(), server.connections()), (0, 1));

    let place = trusting(people(4), &ca);
    send(&place, &server.secure_url(), &TRUSTING).exits(0);
    assert_eq!(place.results("people.c3run").tally(), BTreeMap::from([("stored", 4)]));
    assert_eq!((server.asked().len(), server.connections()), (4, 2), "one connection for all rows");
}

#[test]
fn a_certificate_for_another_name_or_by_another_authority_is_not_trusted() {
    let (ca, config) = authority("elsewhere.example");
    let (other_ca, _) = authority("127.0.0.1");
    let server = Told::tls(config, |ask| Say::stored(ask.number));
    for pem in [ca, other_ca] {
        let place = trusting(people(2), &pem);
        send(&place, &server.secure_url(), &TRUSTING).exits(3).tells(&["cannot be trusted"]);
        assert_eq!(place.results("people.c3run").tally(), BTreeMap::from([("not_sent", 2)]));
    }
    assert!(server.asked().is_empty());
}

#[test]
fn a_server_that_speaks_no_tls_gets_no_token_and_no_person() {
    let server = Told::plain(|ask| Say::stored(ask.number));
    let place = people(2);
    send(&place, &server.secure_url(), &[&ONE[..], &["--rate", "unlimited", "--timeout", "2s"]].concat()).exits(3);
    assert_eq!(place.results("people.c3run").tally(), BTreeMap::from([("not_sent", 2)]));
    assert!(server.asked().is_empty());
}

#[test]
fn a_connection_that_breaks_after_the_request_leaves_the_row_open() {
    // Closed without the good-bye that TLS has for it; ended by bytes that are no TLS; broken off in mid-answer.
    let breaks: [fn() -> Say; 3] = [
        || Say::Last(Vec::new()),
        || Say::Past(b"this is no TLS record, and long enough to be taken for one".to_vec()),
        || Say::Last(b"HTTP/1.1 201 Created\r\nContent-Length: 400\r\n\r\n{\"data\":".to_vec()),
    ];
    for (n, broken) in breaks.into_iter().enumerate() {
        let (ca, config) = authority("127.0.0.1");
        let script = move |ask: &crate::faults_stage::Ask| match ask.number {
            2 => broken(),
            number => Say::stored(number),
        };
        let server = Told::tls(Arc::clone(&config), script);
        let place = trusting(people(3), &ca);
        send(&place, &server.secure_url(), &TRUSTING).exits(0);
        let results = place.results("people.c3run");
        assert_eq!(results.tally(), BTreeMap::from([("stored", 3)]), "break {n}");
        assert_eq!(results.row(3)["c3_attempts"], "2", "break {n}");
        assert_eq!(results.row(3)["c3_code"], "delivery.resent", "break {n}");
        assert_eq!(server.asked().len(), 4, "break {n}");

        let server = Told::tls(config, script);
        let place = trusting(nameless(3), &ca);
        send(&place, &server.secure_url(), &TRUSTING).exits(1);
        let results = place.results("people.c3run");
        assert_eq!(results.column("c3_status"), ["stored", "uncertain", "stored"], "break {n}");
        assert_eq!(server.asked().len(), 3, "break {n}");
    }
}

#[test]
fn a_ca_file_without_a_certificate_is_told_before_anything_is_sent() {
    let (_, config) = authority("127.0.0.1");
    let server = Told::tls(config, |ask| Say::stored(ask.number));
    let place = trusting(people(2), "there is nothing in here\n");
    send(&place, &server.secure_url(), &TRUSTING).exits(2).tells(&["certificate"]);
    let place = people(2);
    send(&place, &server.secure_url(), &TRUSTING).exits(2).tells(&["ca.pem"]);
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_handshake_that_never_ends_is_a_server_that_was_not_reached() {
    // The system takes the connection; nobody ever speaks.
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let url = format!("https://{}", listener.local_addr().expect("it is bound"));
    let place = nameless(3);
    let done = send(&place, &url, &[&ONE[..], &["--rate", "unlimited", "--timeout", "300ms"]].concat());
    done.exits(3).tells(&["connecting took too long"]);
    let results = place.results("people.c3run");
    assert_eq!(results.tally(), BTreeMap::from([("not_sent", 3)]), "nothing was sent, so nothing is uncertain");
    assert_eq!(place.summary("people.c3run")["requests"], 0);
}

#[test]
fn a_proxy_that_lets_nobody_through_is_named_and_nothing_is_sent() {
    for refusal in ["407 Proxy Authentication Required", "403 Forbidden", "502 Bad Gateway"] {
        let proxy = Told::plain(move |_| Say::http(refusal, "", ""));
        let place = people(3);
        let address = proxy.url()["http://".len()..].to_owned();
        let words = ["import", "people.csv", "-m", "m.toml", "--retry-pause", "1ms", "--rate", "unlimited"];
        let call = place.c3import(&words).at("https://api.example.com").token("nobody.s.token");
        let done = call.env("HTTPS_PROXY", &format!("http://me:hunter2@{address}")).run();
        done.exits(3).tells(&["cannot be reached", &format!("the proxy {address}")]);
        assert!(!done.stderr.contains("hunter2"), "{done}");
        let results = place.results("people.c3run");
        assert_eq!((results.tally(), results.column("c3_attempts")), (BTreeMap::from([("not_sent", 3)]), vec![""; 3]));
        let asked = proxy.asked();
        assert!(asked.iter().all(|ask| ask.head.starts_with("CONNECT ") && !ask.head.contains("nobody")), "{asked:?}");
    }
}

#[test]
fn a_proxy_sees_where_cards_go_and_nothing_of_them() {
    let (ca, config) = authority("api.example.com");
    let server = Told::tls(config, |ask| Say::stored(ask.number));
    let port = server.port();
    let proxy = Told::plain(move |_| Say::Through(b"HTTP/1.1 200 Connection established\r\n\r\n".to_vec(), port));
    let place = trusting(people(4), &ca);
    let words = ["import", "people.csv", "-m", "m.toml"];
    let call = place.c3import(&words).at("https://api.example.com").token("nobody.s.token").and(&TRUSTING);
    call.env("HTTPS_PROXY", &proxy.url().replace("http://", "http://me:hunter2@")).run().exits(0);
    assert_eq!(place.results("people.c3run").tally(), BTreeMap::from([("stored", 4)]));
    let [asked] = proxy.asked().try_into().expect("one connection for all rows");
    assert!(asked.head.starts_with("CONNECT api.example.com:443 HTTP/1.1\r\n"), "{asked:?}");
    assert!(asked.head.contains("Basic bWU6aHVudGVyMg==") && !asked.head.contains("nobody"), "{asked:?}");
    assert_eq!((server.asked().len(), server.connections()), (4, 1));
    assert!(server.asked()[0].head.contains("host: api.example.com\r\n"), "{:?}", server.asked()[0]);
}
