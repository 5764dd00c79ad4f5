//! What uploading costs, beside a bare reqwest loop that posts one and the same body, and what part of it is deciding and
//! writing down.
//!
//! `cargo bench --bench upload [-- [ROWS] [WORD]]`; a word keeps only the ways whose name holds it
#![expect(clippy::print_stdout, reason = "a bench prints what it found")]

mod support;

use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use c3import::journal::{Journal, RunFacts, SessionStart};
use c3import::jsonapi;
use c3import::model::{Digester, Header, Mapped, NameAt, ServerRules, Status};
use c3import::pipeline::{self, Delivery, Ending, Errand, Memoir, Plan, Progress, SideFiles};
use c3import::results::{Form, OutputFile, Outputs, Records, RunDir};
use c3import::schedule::Policy;
use c3import::upload::{Client, ClientSettings, Endpoint};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use secrecy::SecretString;
use tokio::task::JoinSet;

use support::canned::{self, Canned};
use support::decisions::decide;
use support::people::Crowd;
use support::rounds::{Way, compare};
use support::threads::{self, Taken};
use support::{Outcome, files, mapping};

/// Nobody's.
const TOKEN: &str = "made.up.token";
const TIMEOUT: Duration = Duration::from_secs(60);

/// How often threads are looked at.
const THREAD_ROUNDS: usize = 3;

fn main() -> Outcome {
    canned::answer_if_asked()?;
    let rows = support::rows(100_000);
    let at_once = Canned::start(Duration::ZERO)?;
    for (concurrency, share) in [(32, 1), (128, 1), (8, 1), (1, 4)] {
        beside_bare(&at_once, "at once", concurrency, rows / share)?;
    }
    let slow = Canned::start(Duration::from_millis(5))?;
    beside_bare(&slow, "after 5 ms", 32, rows / 5)?;
    by_thread(&at_once, 32, rows)
}

fn beside_bare(server: &Canned, answers: &str, concurrency: usize, rows: u64) -> Outcome {
    let table = files::csv(rows, Crowd::Distinct)?;
    let document = document(&table)?;
    let endpoint = Endpoint::new(&server.url(), "bench")?;
    compare(
        &format!("{rows} rows, {concurrency} in flight, answers {answers}, {} B a document", document.len()),
        None,
        vec![
            Way::new("reqwest, bare loop", || bare(&endpoint, &document, concurrency, rows)),
            Way::new("import, nothing is kept", || import(&endpoint, &table, concurrency, Keeps::Nothing)),
            Way::new("import without a journal", || import(&endpoint, &table, concurrency, Keeps::Results)),
            Way::new("import", || import(&endpoint, &table, concurrency, Keeps::All)),
        ],
    )
}

/// What the threads of an import take, and what part of it goes into schedule, results and progress: the recorder's
/// thread, which does nothing else, and the schedule, which shares the sending thread with the network and is measured
/// alone, with warm caches.
fn by_thread(server: &Canned, concurrency: usize, rows: u64) -> Outcome {
    if !support::is_wanted("by thread") {
        return Ok(());
    }
    let table = files::csv(rows, Crowd::Distinct)?;
    let document = document(&table)?;
    let endpoint = Endpoint::new(&server.url(), "bench")?;
    println!("\nCPU by thread, µs a row, {rows} rows, {concurrency} in flight, answers at once");
    println!(
        "{:>10} {:>8} {:>8} {:>8} {:>8} {:>10} {:>26}",
        "bare loop", "sending", "feed", "scribe", "record", "schedule", "schedule, results, progress"
    );
    for _ in 0..THREAD_ROUNDS {
        let (_, bare) = threads::taken(|| bare(&endpoint, &document, concurrency, rows))?;
        let (_, import) = threads::taken(|| import(&endpoint, &table, concurrency, Keeps::All))?;
        let (_, alone) = threads::taken(|| decide(rows, concurrency, 100))?;
        let (Some(bare), Some(import), Some(alone)) = (bare, import, alone) else {
            println!("the system does not tell");
            return Ok(());
        };
        let of = |taken: &Taken, name: &str| taken.get(name).map_or(0.0, |cpu| cpu.as_secs_f64() * 1e6 / rows as f64);
        let [sending, feed, scribe, record] = ["", "feed", "scribe", "record"].map(|name| of(&import, name));
        let schedule = of(&alone, "");
        let whole: f64 = import.keys().map(|name| of(&import, name)).sum();
        println!(
            "{:>10.2} {sending:>8.2} {feed:>8.2} {scribe:>8.2} {record:>8.2} {schedule:>10.2} {:>24.1} %",
            of(&bare, ""),
            (schedule + record) / whole * 100.0
        );
    }
    Ok(())
}

/// The first row's.
fn document(path: &Path) -> Outcome<Bytes> {
    let (table, mapper) = mapping::open(path)?;
    let mut document = None;
    table.read(&mut |row| {
        if let Mapped::Card { card, .. } = mapper.map(row) {
            document = Some(Bytes::from(jsonapi::encode(&card, NameAt::Contacts)));
        }
        ControlFlow::Break(())
    })?;
    document.ok_or_else(|| "the first row is no card".into())
}

/// As many loops as requests may be in flight, on one thread; each answer is read to its end.
fn bare(endpoint: &Endpoint, document: &Bytes, concurrency: usize, rows: u64) -> Outcome<u64> {
    // Fails when it is there already, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .timeout(TIMEOUT)
        .connect_timeout(Duration::from_secs(10))
        .pool_idle_timeout(Duration::from_secs(15))
        .pool_max_idle_per_host(concurrency)
        .user_agent("bench")
        .no_proxy()
        .tls_certs_only([])
        .build()?;
    let url: reqwest::Url = endpoint.to_string().parse()?;
    let authorization = HeaderValue::try_from(format!("Bearer {TOKEN}"))?;
    let begun = Arc::new(AtomicU64::new(0));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stored = runtime.block_on(async {
        let mut loops = JoinSet::new();
        for _ in 0..concurrency {
            let (http, url, document, begun) = (http.clone(), url.clone(), document.clone(), Arc::clone(&begun));
            let authorization = authorization.clone();
            loops.spawn(async move {
                let mut stored = 0;
                while begun.fetch_add(1, Ordering::Relaxed) < rows {
                    let answer = http
                        .post(url.clone())
                        .header(AUTHORIZATION, authorization.clone())
                        .header(CONTENT_TYPE, HeaderValue::from_static(jsonapi::MEDIA_TYPE))
                        .header(ACCEPT, HeaderValue::from_static(jsonapi::MEDIA_TYPE))
                        .body(document.clone())
                        .send()
                        .await?;
                    stored += u64::from(answer.status().is_success());
                    black_box(answer.bytes().await?);
                }
                Ok::<u64, reqwest::Error>(stored)
            });
        }
        let mut stored = 0;
        while let Some(ended) = loops.join_next().await {
            stored += ended??;
        }
        Outcome::Ok(stored)
    })?;
    all(rows, stored)
}

/// What an import leaves behind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeps {
    Nothing,
    Results,
    All,
}

/// The same as `c3import import --rate unlimited`, without the terminal.
fn import(endpoint: &Endpoint, path: &Path, concurrency: usize, keeps: Keeps) -> Outcome<u64> {
    let (table, mapper) = mapping::open(path)?;
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let run_dir = RunDir::claim(&place.path().join("bench.c3run"), None)?;
    let form = Form::of_results(table.shape().dialect);
    let [results, failed] = [run_dir.results(), run_dir.failed()].map(OutputFile::new);
    let outputs = Outputs { results, results_form: form, failed, failed_form: form };
    let results = (keeps != Keeps::Nothing).then(|| Records::start(outputs, table.header())).transpose()?;
    let client = Client::new(ClientSettings {
        authorities: None,
        endpoint: endpoint.clone(),
        token: SecretString::from(TOKEN),
        timeout: TIMEOUT,
        concurrency,
        time_of_day: SystemTime::now,
    })?;
    let memoir = if keeps == Keeps::All { Some(remember(&run_dir, table.header())?) } else { None };
    let report = pipeline::run(Plan {
        table,
        mapper,
        rules: ServerRules::default(),
        policy: Policy { concurrency, rate: None, ..Policy::default() },
        delivery: Delivery::Live { client, renew: None },
        results,
        memoir,
        grace: Duration::ZERO,
        side: SideFiles::default(),
        bad_rows_kept: 0,
        plans_merges: false,
        merge: None,
        sample: None,
        progress: Arc::new(Progress::default()),
    })?;
    match &report.ending {
        Ending::Finished => all(report.read.map_or(0, |end| end.rows), report.tally.of(Status::Stored)),
        ending => Err(format!("the import ended early: {ending:?}").into()),
    }
}

/// A journal that remembers nothing yet.
fn remember(run_dir: &RunDir, header: &Header) -> Outcome<Memoir> {
    let facts = RunFacts {
        program: "bench".to_owned(),
        input: "-".to_owned(),
        reading: Vec::new(),
        mapping_name: String::new(),
        mapping: String::new(),
        destination: None,
        name_at: NameAt::Contacts.as_str().to_owned(),
        words: Vec::new(),
    };
    let mut journal = Journal::create(&run_dir.journal(), facts, |key| Digester::new(key).digest(b""))?;
    let recall = journal.recall(header)?;
    journal.begin(&SessionStart { command: "import", began: 0 }, None)?;
    Ok(Memoir { journal, recall, errand: Errand::go_on(), unsettled: false })
}

/// A bench that leaves rows behind measures something else.
fn all(rows: u64, stored: u64) -> Outcome<u64> {
    if rows == stored { Ok(rows) } else { Err(format!("{stored} of {rows} rows were stored").into()) }
}
