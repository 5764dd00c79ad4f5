//! The schedule alone: rows without contents, and answers that come at once and in turn.

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Duration;

use c3import::model::{C3Id, CardDigest, IdentityKey, Ordinal, RowNumber, Verdict};
use c3import::schedule::{Admission, Policy, Schedule, Step};

use super::Outcome;

/// As many rows as the pipeline lets into the house.
const IN_THE_HOUSE: u64 = 4096;

/// Takes rows in, lets them go and ends them. Every so many share an identity with an earlier one.
pub fn decide(rows: u64, concurrency: usize, shares_every: u64) -> Outcome<u64> {
    let policy = Policy { concurrency, rate: None, first_alone: Duration::ZERO, ..Policy::default() };
    let mut schedule = Schedule::new(policy);
    let (mut admitted, mut settled) = (0, 0);
    let mut flying = VecDeque::new();
    let mut now = Duration::ZERO;
    loop {
        while admitted < rows && admitted - settled < IN_THE_HOUSE {
            schedule.admit(admission(admitted, shares_every));
            admitted += 1;
            if admitted == rows {
                schedule.close_input();
            }
        }
        now += Duration::from_micros(1);
        match schedule.step(now) {
            Step::Send { row } => flying.push_back(row),
            Step::Settle { row, ending } => {
                black_box((row, ending));
                settled += 1;
            }
            Step::Wait { .. } => {
                let row: Ordinal = flying.pop_front().ok_or("it waits for nobody")?;
                let id = C3Id::new(&(row.0 + 1).to_string());
                schedule.reply(row, Verdict::Stored { status: 201, id, oddity: None, echo: None }, now);
            }
            Step::Finished if settled == rows => return Ok(rows),
            Step::Finished => return Err(format!("{settled} of {rows} rows were settled").into()),
        }
    }
}

fn admission(at: u64, shares_every: u64) -> Admission {
    let spread = |n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let shares = shares_every > 0 && at % shares_every == shares_every - 1;
    let own = spread(at * 2);
    let other = if shares { spread((at - 10) * 2) } else { spread(at * 2 + 1) };
    Admission {
        row: Ordinal(at),
        number: RowNumber(at + 2),
        identities: vec![IdentityKey(own), IdentityKey(other)],
        resend: true,
        digest: CardDigest([(own >> 32) as u32, own as u32, 1]),
        sent_before: false,
    }
}
