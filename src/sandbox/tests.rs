//! The room as a whole, over a real socket on loopback.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::{Rules, Sandbox, SandboxSettings, Seen};

const ANNA: &str = r#"{"email":["anna@x.se"],"name":"Anna"}"#;

/// Opens a sandbox with these faults.
async fn open(faults: &str) -> (Sandbox, SocketAddr) {
    open_with(SandboxSettings { faults: faults.parse().unwrap(), ..SandboxSettings::default() }).await
}

async fn open_with(settings: SandboxSettings) -> (Sandbox, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let sandbox = Sandbox::new(settings);
    tokio::spawn(sandbox.clone().serve(listener));
    (sandbox, at)
}

fn document(contacts: &str) -> String {
    format!(r#"{{"data":{{"type":"c3_contact_cards","attributes":{{"contacts":{contacts}}}}}}}"#)
}

fn request(contacts: &str, more: &str) -> String {
    let body = document(contacts);
    format!(
        "POST /s/demo/capi/json/c3_contact_cards HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n\
         Content-Type: application/vnd.api+json\r\nContent-Length: {}\r\n{more}\r\n{body}",
        body.len()
    )
}

/// Everything that comes back until the connection ends, or how it broke.
async fn exchange(at: SocketAddr, request: &str) -> Result<String, ErrorKind> {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(request.as_bytes()).await.map_err(|error| error.kind())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.map_err(|error| error.kind())?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

async fn post(at: SocketAddr, contacts: &str) -> Result<String, ErrorKind> {
    exchange(at, &request(contacts, "Connection: close\r\n")).await
}

async fn get(at: SocketAddr, path: &str) -> String {
    exchange(at, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await.unwrap()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

fn statuses(sandbox: &Sandbox) -> Vec<Option<u16>> {
    sandbox.requests().iter().map(|seen| seen.status).collect()
}

#[tokio::test]
async fn a_card_is_made_then_appended_to_and_can_be_looked_at() {
    let (sandbox, at) = open("").await;
    let made = post(at, ANNA).await.unwrap();
    assert!(made.starts_with("HTTP/1.1 201 Created\r\n"), "{made}");
    assert!(made.contains("content-type: application/vnd.api+json\r\n"), "{made}");
    let appended = post(at, r#"{"email":["ANNA@x.se"],"voice":["+4670"]}"#).await.unwrap();
    let contacts = r#"{"name":"Anna","email":["anna@x.se"],"voice":["+4670"]}"#;
    assert_eq!(
        body(&appended),
        format!(
            r#"{{"data":{{"type":"c3_contact_cards","id":"13","attributes":{{"c3_id":13,"contacts":{contacts}}}}}}}"#
        )
    );
    assert_eq!(sandbox.cards().len(), 1);

    assert!(body(&get(at, "/").await).contains("sandbox"));
    let cards = get(at, "/_sandbox/cards").await;
    assert_eq!(body(&cards), format!(r#"{{"count":1,"cards":[{{"id":13,"contacts":{contacts}}}]}}"#));
    let requests = get(at, "/_sandbox/requests").await;
    assert!(body(&requests).starts_with(r#"{"in_flight_max":1,"overlaps":0,"requests":[{"ordinal":1,"#));
    assert!(!requests.contains("Bearer"));
    let Seen { ordinal, connection, authorization, body_bytes, identities, card, status, left_us, .. } =
        &sandbox.requests()[1];
    assert_eq!((*ordinal, *connection, *authorization, *card, *status), (2, 2, true, Some(13), Some(201)));
    assert_eq!(*identities, ["email:anna@x.se", "voice:4670"]);
    assert!(*body_bytes > 100 && left_us.is_some());
}

#[tokio::test]
async fn what_is_not_right_is_turned_away_and_recorded() {
    let settings = SandboxSettings {
        token: Some("secret".into()),
        rules: Rules { body_max: 1000, ..Rules::default() },
        ..SandboxSettings::default()
    };
    let (sandbox, at) = open_with(settings).await;
    let right = request(ANNA, "Connection: close\r\n").replace("Bearer t", "Bearer secret");
    let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(1000));
    let long = request(&long, "Connection: close\r\n").replace("Bearer t", "Bearer secret");
    for (request, expected) in [
        (right.clone(), "201"),
        (right.replace("secret", "other"), "401"),
        (right.replace("POST", "PUT"), "405"),
        (right.replace("capi", "api"), "404"),
        (right.replace("cards HTTP", "cards/ HTTP"), "307"),
        (right.replace("api+json\r", "api+json;charset=utf-8\r"), "415"),
        (right.replace("{\"data", "{,data"), "406"),
        (right.replace("email", "phone"), "422"),
        (long, "413"),
    ] {
        let answer = exchange(at, &request).await.unwrap();
        assert_eq!(status(&answer), expected, "{request}\n{answer}");
    }
    assert_eq!(statuses(&sandbox), [201, 401, 405, 404, 307, 415, 406, 422, 413].map(Some));
    assert_eq!(sandbox.cards().len(), 1);
    // What is no HTTP at all gets hyper's own 400 and is no request.
    assert_eq!(status(&exchange(at, "hello\r\n\r\n").await.unwrap()), "400");
    assert_eq!(sandbox.requests().len(), 9);
}

#[tokio::test(start_paused = true)]
async fn every_fault_does_what_it_says() {
    let whole = |answer: &str| {
        let length =
            answer.split("\r\n").find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        length == Some(body(answer).len())
    };
    // fault, what comes back, cards in the server
    type Expected<'a> = &'a dyn Fn(Result<&str, ErrorKind>) -> bool;
    let cases: [(&str, Expected, usize); 22] = [
        ("reset=before", &|answer| answer == Err(ErrorKind::ConnectionReset), 0),
        ("reset=after", &|answer| answer == Err(ErrorKind::ConnectionReset), 1),
        ("drop=before", &|answer| answer == Ok(""), 0),
        ("drop=after", &|answer| answer == Ok(""), 1),
        ("status=500", &|answer| answer.is_ok_and(|answer| status(answer) == "500" && whole(answer)), 0),
        ("status=500,commit", &|answer| answer.is_ok_and(|answer| status(answer) == "500"), 1),
        ("status=520", &|answer| answer.is_ok_and(|answer| status(answer) == "520"), 0),
        ("no-commit", &|answer| answer.is_ok_and(|answer| status(answer) == "201"), 0),
        ("status=204", &|answer| answer.is_ok_and(|answer| status(answer) == "204" && body(answer).is_empty()), 1),
        ("retry-after=2", &|answer| answer.is_ok_and(|answer| answer.contains("retry-after: 2\r\n")), 0),
        ("retry-after-date=2s", &|answer| answer.is_ok_and(|answer| answer.contains(" GMT\r\n")), 0),
        ("redirect=http://y/", &|answer| answer.is_ok_and(|answer| answer.contains("location: http://y/\r\n")), 0),
        ("html", &|answer| answer.is_ok_and(|answer| answer.contains("<title>Login</title>")), 0),
        ("truncate", &|answer| answer.is_ok_and(|answer| !whole(answer) && body(answer).starts_with("{\"data\"")), 1),
        ("truncate,chunked", &|answer| answer.is_ok_and(|answer| !answer.contains("\r\n0\r\n")), 1),
        ("chunked", &|answer| answer.is_ok_and(|answer| answer.ends_with("\r\n0\r\n\r\n")), 1),
        ("garbage", &|answer| answer.is_ok_and(|answer| !answer.starts_with("HTTP")), 1),
        ("slow=10ms", &|answer| answer.is_ok_and(whole), 1),
        (
            "early-hints",
            &|answer| answer.is_ok_and(|answer| answer.contains("/1.1 103 Early") && answer.contains("/1.1 201 C")),
            1,
        ),
        ("cut", &|answer| answer.is_ok_and(|answer| whole(answer) && !answer.contains("onnection: close")), 1),
        (
            "close,latency=1s",
            &|answer| answer.is_ok_and(|answer| whole(answer) && answer.contains("onnection: close")),
            1,
        ),
        ("huge=200000", &|answer| answer.is_ok_and(|answer| whole(answer) && answer.len() > 200_000), 1),
    ];
    for (fault, expected, cards) in cases {
        let (sandbox, at) = open(&format!("1:{fault}")).await;
        let answer = match timeout(Duration::from_secs(60), post(at, ANNA)).await {
            Ok(answer) => answer,
            Err(_) => panic!("{fault}: nothing came"),
        };
        assert!(expected(answer.as_deref().map_err(|error| *error)), "{fault}: {answer:?}");
        assert_eq!(sandbox.cards().len(), cards, "{fault}");
        let seen = &sandbox.requests()[0];
        assert_eq!(seen.fault.as_deref(), Some(format!("1:{fault}").as_str()));
        assert!(seen.left_us.is_some(), "{fault}");
        // The next request finds the server in its right mind.
        assert_eq!(status(&post(at, ANNA).await.unwrap()), "201", "{fault}");
        assert_eq!(sandbox.cards().len(), 1, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hanging_request_is_there_until_its_client_leaves() {
    for (fault, cards) in [("1:hang", 0), ("1:hang,commit", 1)] {
        let (sandbox, at) = open(fault).await;
        assert!(timeout(Duration::from_secs(5), post(at, ANNA)).await.is_err());
        assert_eq!(sandbox.cards().len(), cards);
        assert_eq!(status(&post(at, ANNA).await.unwrap()), "201");
        assert_eq!(statuses(&sandbox), [None, Some(201)]);
        assert!(sandbox.requests()[0].left_us.is_some());
        assert_eq!(sandbox.overlaps(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn two_at_once_that_share_an_identity_make_two_cards() {
    for (race, cards) in [(true, 2), (false, 1)] {
        let rules = Rules { race, ..Rules::default() };
        let faults = "*:latency=1s".parse().unwrap();
        let (sandbox, at) = open_with(SandboxSettings { rules, faults, ..SandboxSettings::default() }).await;
        let (one, two) = tokio::join!(post(at, ANNA), post(at, r#"{"email":["Anna@X.se"],"line":["l"]}"#));
        assert_eq!((status(&one.unwrap()), status(&two.unwrap())), ("201", "201"));
        assert_eq!(sandbox.cards().len(), cards);
        assert_eq!((sandbox.overlaps(), sandbox.in_flight_max()), (1, 2));
        assert!(sandbox.requests()[0].overlaps.contains(&2) && sandbox.requests()[1].overlaps.contains(&1));
        // One after another they do not.
        assert_eq!(status(&post(at, ANNA).await.unwrap()), "201");
        assert_eq!((sandbox.cards().len(), sandbox.overlaps()), (cards, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_comes_too_soon_races_its_own_abandoned_attempt() {
    for fault in ["1:reset=during,latency=2s", "1:latency=2s"] {
        let (sandbox, at) = open(fault).await;
        assert!(!matches!(timeout(Duration::from_secs(1), post(at, ANNA)).await, Ok(Ok(_))), "{fault}");
        assert_eq!(sandbox.cards().len(), 0);
        assert_eq!(status(&post(at, ANNA).await.unwrap()), "201");
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(sandbox.cards().len(), 2, "{fault}");
        assert_eq!(sandbox.overlaps(), 1, "{fault}");
        assert_eq!(statuses(&sandbox), [None, Some(201)], "{fault}");
    }
}

#[tokio::test]
async fn a_connection_is_kept_alive_also_after_answers_written_by_hand() {
    let (sandbox, at) = open("1:early-hints; 2:gzip,chunked").await;
    let mut stream = TcpStream::connect(at).await.unwrap();
    let mut answers = String::new();
    for _ in 0..3 {
        stream.write_all(request(ANNA, "").as_bytes()).await.unwrap();
        let mut piece = vec![0; 4096];
        loop {
            let count = stream.read(&mut piece).await.unwrap();
            assert!(count > 0, "{answers}");
            answers.push_str(&String::from_utf8_lossy(&piece[..count]));
            if answers.ends_with("}}}") || answers.ends_with("\r\n0\r\n\r\n") {
                break;
            }
        }
    }
    assert_eq!(answers.matches("HTTP/1.1 201 Created").count(), 3);
    assert!(sandbox.requests().iter().all(|seen| seen.connection == 1));
}

#[tokio::test]
async fn a_real_client_reads_interim_chunked_compressed_and_huge_answers() {
    // A second test in this process may have been faster; either way a provider is there.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        assert!(rustls::crypto::CryptoProvider::get_default().is_some());
    }
    let (_, at) =
        open("1:early-hints,chunked; 2:gzip; 3:gzip,huge=100000; 4:chunked,gzip,early-hints,close; 6:huge=100000")
            .await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for n in 1..=6 {
        let answer = client
            .post(format!("http://{at}/s/demo/capi/json/c3_contact_cards"))
            .header("authorization", "Bearer t")
            .header("content-type", "application/vnd.api+json")
            .body(document(ANNA))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 201, "{n}");
        let echo: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(echo["data"]["id"], "13", "{n}");
    }
}

#[tokio::test]
async fn a_request_whose_body_breaks_off_is_recorded_and_stores_nothing() {
    let (sandbox, at) = open("").await;
    let whole = request(ANNA, "");
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(&whole.as_bytes()[..whole.len() - 5]).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(statuses(&sandbox), [None]);
    assert!(sandbox.cards().is_empty());
}
