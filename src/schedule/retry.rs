//! May this row be sent again, and when? The table of the API facts, "May a row be sent again?".

use std::time::Duration;

use super::jitter::Jitter;
use super::{Policy, RowState};
use crate::model::{Status, Verdict};

/// What becomes of the row.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is sent again after this pause, at the earliest.
    Again {
        /// How long to wait.
        after: Duration,
    },
    /// It has ended.
    End(Status),
}

/// Decides on a verdict, and counts it against the row.
pub fn decide(policy: &Policy, jitter: &mut Jitter, row: &mut RowState, verdict: &Verdict) -> Decision {
    match verdict {
        Verdict::Stored { .. } => Decision::End(Status::Stored),
        Verdict::Refused { .. } => Decision::End(Status::Refused),
        // The run stops, or pauses as a whole; neither counts against the row.
        Verdict::Fatal { .. } | Verdict::NotProcessed { .. } => Decision::Again { after: Duration::ZERO },
        Verdict::Unknown { .. } => {
            row.failures += 1;
            let hopeless = row.failures >= policy.failures_max || row.same_failure >= policy.same_failure_max;
            if !row.resend || hopeless {
                return Decision::End(Status::Uncertain);
            }
            let spread = doubled(policy.uncertain_pause, row.failures, policy.pause_max.max(policy.uncertain_pause));
            Decision::Again { after: policy.uncertain_pause + jitter.up_to(spread) }
        }
    }
}

/// `first`, doubled with every failure after the first, at most `max`.
fn doubled(first: Duration, failures: u32, max: Duration) -> Duration {
    first.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(max)
}
