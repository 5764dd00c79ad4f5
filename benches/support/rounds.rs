//! Ways to do the same work, taking turns in one process, and a table that holds them against the first.

use std::time::{Duration, Instant};

use super::{Outcome, is_wanted, readings};

/// How often each has its turn, after one that does not count.
const ROUNDS: usize = 5;

/// One way to do the work.
pub struct Way<'a> {
    name: &'static str,
    work: Box<dyn FnMut() -> Outcome<u64> + 'a>,
    turns: Vec<Turn>,
}

/// One turn.
#[derive(Clone, Copy, Debug)]
struct Turn {
    rows: u64,
    wall: Duration,
    cpu: Option<Duration>,
}

impl<'a> Way<'a> {
    /// A way by its name. The work says how many rows it saw.
    pub fn new(name: &'static str, work: impl FnMut() -> Outcome<u64> + 'a) -> Way<'a> {
        Way { name, work: Box::new(work), turns: Vec::new() }
    }

    fn turn(&mut self) -> Outcome<Turn> {
        let (began, cpu_before) = (Instant::now(), readings::cpu());
        let rows = (self.work)()?;
        let (wall, cpu_after) = (began.elapsed(), readings::cpu());
        Ok(Turn { rows, wall, cpu: cpu_after.zip(cpu_before).map(|(after, before)| after.saturating_sub(before)) })
    }

    fn median(&self, of: impl Fn(&Turn) -> Option<f64>) -> Option<f64> {
        median(self.turns.iter().map(of).collect::<Option<Vec<f64>>>()?)
    }
}

/// Lets all take turns, and prints medians. `÷` is the median of the ratios within each round, so that a machine that
/// slows down for a while slows both sides. With the input's size, its throughput is told too.
pub fn compare(title: &str, bytes: Option<u64>, mut ways: Vec<Way<'_>>) -> Outcome {
    ways.retain(|way| is_wanted(way.name));
    if ways.is_empty() {
        return Ok(());
    }
    for way in &mut ways {
        way.turn()?;
    }
    for _ in 0..ROUNDS {
        for way in &mut ways {
            let turn = way.turn()?;
            way.turns.push(turn);
        }
    }
    println!("\n{title}");
    println!(
        "{:<30} {:>10} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "", "rows/s", "MB/s", "wall s", "CPU s", "µs/row", "wall ÷", "CPU ÷"
    );
    let base = ways.first().map(|way| way.turns.clone()).unwrap_or_default();
    for way in &ways {
        let wall = |turn: &Turn| Some(turn.wall.as_secs_f64());
        let cpu = |turn: &Turn| turn.cpu.map(|cpu| cpu.as_secs_f64());
        let over_base = |of: &dyn Fn(&Turn) -> Option<f64>| {
            let ratios = way.turns.iter().zip(&base).map(|(turn, base)| Some(of(turn)? / of(base)?));
            median(ratios.collect::<Option<Vec<f64>>>()?)
        };
        let megabytes = |turn: &Turn| bytes.map(|bytes| bytes as f64 / 1e6 / turn.wall.as_secs_f64());
        println!(
            "{:<30} {:>10} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
            way.name,
            shown(way.median(|turn| Some(turn.rows as f64 / turn.wall.as_secs_f64())), 0),
            shown(way.median(megabytes), 0),
            shown(way.median(wall), 3),
            shown(way.median(cpu), 2),
            shown(way.median(|turn| cpu(turn).map(|cpu| cpu * 1e6 / turn.rows as f64)), 2),
            shown(over_base(&wall), 2),
            shown(over_base(&cpu), 2),
        );
    }
    Ok(())
}

fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

fn shown(number: Option<f64>, decimals: usize) -> String {
    number.filter(|number| number.is_finite()).map_or_else(|| "n/a".to_owned(), |number| format!("{number:.decimals$}"))
}
