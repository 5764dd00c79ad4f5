//! Whether the asked rate is kept: on the whole, and in every second as the server sees it.
//!
//! `cargo bench --bench pacing [-- WORD]`; a word keeps only the ways whose name holds it
#![expect(clippy::print_stdout, reason = "a bench prints what it found")]

mod support;

use std::ops::Range;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use c3import::model::ServerRules;
use c3import::pipeline::{self, Delivery, Plan, Progress, SideFiles};
use c3import::sandbox::{FaultPlan, Sandbox, SandboxSettings};
use c3import::schedule::Policy;
use c3import::upload::{Client, ClientSettings, Endpoint};
use secrecy::SecretString;

use support::people::Crowd;
use support::{Outcome, files, is_wanted, mapping};

/// How fast, how many rows, how many in flight.
const RATES: [(f64, u64, usize); 7] = [
    (0.2, 4, 4),
    (1.0, 8, 4),
    (10.0, 80, 4),
    (50.0, 400, 4),
    (500.0, 3_000, 8),
    (1_000.0, 6_000, 16),
    (5_000.0, 30_000, 32),
];

fn main() -> Outcome {
    println!("\n{:<34} {:>8} {:>9} {:>7} {:>8} {:>8}", "", "asked/s", "kept/s", "off", "worst 1s", "allowed");
    for (rate, rows, concurrency) in RATES {
        line("all goes well", rate, rows, concurrency, "", 0..10)?;
    }
    for (rate, rows, concurrency) in RATES.into_iter().filter(|(rate, ..)| *rate >= 10.0) {
        // The last ones wait for their pauses alone.
        let faults = "every=5,attempt=1:status=429,retry-after=0; every=7,attempt=1:status=502";
        line("a third is sent again", rate, rows * 3 / 4, concurrency, faults, 0..9)?;
    }
    for (rate, rows, concurrency) in RATES.into_iter().filter(|(rate, ..)| *rate >= 10.0) {
        let held = rows / 2;
        let stall = format!("{held}-{}:latency=2s", held + concurrency as u64 - 1);
        line("after a stall of 2 s", rate, rows, concurrency, &stall, 6..10)?;
    }
    Ok(())
}

/// `of`: which tenths of the run the kept rate is told of; the worst second is that of the whole.
fn line(name: &str, rate: f64, rows: u64, concurrency: usize, faults: &str, of: Range<usize>) -> Outcome {
    if !is_wanted(name) {
        return Ok(());
    }
    let arrivals = arrivals(rate, rows, concurrency, faults.parse()?)?;
    let second = Duration::from_secs(1);
    let within = |from: usize| arrivals.partition_point(|&at| at <= arrivals[from] + second) - from;
    let worst = (0..arrivals.len()).map(within).max().unwrap_or_default();
    let allowed = (rate * 1.02 + 1.0).floor();
    let tenths = |n: usize| (arrivals.len() - 1) * n / 10;
    let (from, to) = (tenths(of.start), tenths(of.end));
    let kept = (to - from) as f64 / (arrivals[to] - arrivals[from]).as_secs_f64();
    let off = format!("{:+.2}%", (kept / rate - 1.0) * 100.0);
    println!("{name:<34} {rate:>8} {kept:>9.2} {off:>7} {worst:>8} {allowed:>8}");
    Ok(())
}

/// When each request of an import came in, by the server's clock.
fn arrivals(rate: f64, rows: u64, concurrency: usize, faults: FaultPlan) -> Outcome<Vec<Duration>> {
    let sandbox = Sandbox::new(SandboxSettings { faults, ..SandboxSettings::default() });
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let endpoint = Endpoint::new(&format!("http://{}", listener.local_addr()?), "bench")?;
    let serving = sandbox.clone();
    // It ends with the bench.
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async { serving.serve(tokio::net::TcpListener::from_std(listener)?).await })
    });
    let (table, mapper) = mapping::open(&files::csv(rows, Crowd::Distinct)?)?;
    let client = Client::new(ClientSettings {
        authorities: None,
        endpoint,
        token: SecretString::from("made.up.token"),
        timeout: Duration::from_secs(60),
        concurrency,
        time_of_day: SystemTime::now,
    })?;
    pipeline::run(Plan {
        table,
        mapper,
        rules: ServerRules::default(),
        policy: Policy {
            concurrency,
            rate: Some(rate),
            uncertain_pause: Duration::from_millis(100),
            ..Policy::default()
        },
        delivery: Delivery::Live { client, renew: None },
        results: None,
        memoir: None,
        sample: None,
        side: SideFiles::default(),
        bad_rows_kept: 0,
        plans_merges: false,
        merge: None,
        grace: Duration::ZERO,
        progress: Arc::new(Progress::default()),
    })?;
    Ok(sandbox.requests().iter().map(|seen| Duration::from_micros(seen.arrived_us)).collect())
}
