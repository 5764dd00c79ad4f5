//! May this row be sent again, and when? The table of the API facts, "May a row be sent again?".

use std::time::Duration;

use super::jitter::Jitter;
use super::{OnUncertain, Policy, RowState};
use crate::model::{Status, Verdict};

/// How many rows stored earn one resend.
const STORED_PER_RESEND: u32 = 5;

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
pub fn decide(policy: &Policy, jitter: &mut Jitter, row: &mut RowState, verdict: &Verdict, now: Duration) -> Decision {
    match verdict {
        Verdict::Stored { .. } => Decision::End(Status::Stored),
        // Whether the card is there is for the lost attempt to say, not for the one that was refused.
        Verdict::Refused { .. } if row.unknown_before => Decision::End(Status::Uncertain),
        Verdict::Refused { .. } => Decision::End(Status::Refused),
        // The run stops, or pauses as a whole; neither counts against the row.
        Verdict::Fatal { .. } | Verdict::NotProcessed { .. } => Decision::Again { after: Duration::ZERO },
        Verdict::Unknown { .. } => {
            row.failures += 1;
            let hopeless = row.failures >= policy.failures_max || row.same_failure >= policy.same_failure_max;
            let late = now.saturating_sub(row.first_sent_at) >= policy.row_deadline;
            if !row.resend || hopeless || late || policy.on_uncertain != OnUncertain::Retry {
                return Decision::End(Status::Uncertain);
            }
            let longest = policy.pause_max.max(policy.uncertain_pause);
            let doubled = policy.uncertain_pause.saturating_mul(1 << (row.failures - 1).min(16));
            Decision::Again { after: policy.uncertain_pause + jitter.up_to(doubled.min(longest)) }
        }
    }
}

/// How many resends the run has left.
#[derive(Debug)]
pub struct Budget {
    spare: u32,
    max: u32,
    stored: u32,
}

impl Budget {
    /// A full one.
    pub fn new(max: u32) -> Budget {
        Budget { spare: max, max, stored: 0 }
    }

    /// A row was stored.
    pub fn earn(&mut self) {
        self.stored += 1;
        if self.stored >= STORED_PER_RESEND {
            self.stored = 0;
            self.spare = (self.spare + 1).min(self.max);
        }
    }

    /// A row will be sent again; `false` when there is nothing left to pay it with.
    pub fn spend(&mut self) -> bool {
        let paid = self.spare > 0;
        self.spare = self.spare.saturating_sub(1);
        paid
    }
}
