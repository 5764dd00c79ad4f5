//! What the middle stage tells those behind it, several rows at once: to wake another thread takes as long as a row.

use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::time::Instant;

use crate::model::ContactCard;
use crate::pipeline::scribe::{Ended, Opening, Outlet};

/// So many news are told together, if they come within this time.
const TOLD_TOGETHER: usize = 64;
pub const TOLD_WITHIN: Duration = Duration::from_millis(20);

/// What is yet to be told.
#[derive(Debug)]
pub struct News {
    pub openings: Vec<Opening>,
    pub outcomes: Vec<Ended>,
    /// Cards that have ended, and go home to the thread that made them: it makes others of them.
    pub spent: Vec<ContactCard>,
    home: Sender<Vec<ContactCard>>,
    /// When these are to be told at the latest.
    by: Option<Instant>,
}

impl News {
    /// With the way home.
    pub fn new(home: Sender<Vec<ContactCard>>) -> News {
        News { openings: Vec::new(), outcomes: Vec::new(), spent: Vec::new(), home, by: None }
    }

    /// When something must be told, if there is anything.
    pub fn due(&self) -> Option<Instant> {
        self.by
    }

    /// Tells at once which rows go.
    pub fn tell_openings(&mut self, outlet: &Outlet) {
        if !self.openings.is_empty() {
            outlet.opening(std::mem::take(&mut self.openings));
        }
    }

    /// Tells everything, if there is enough of it, or it is time, or somebody waits for it: always when `is_idle`, since
    /// nothing more may come.
    pub fn tell(&mut self, outlet: &Outlet, is_idle: bool) {
        let count = self.openings.len() + self.outcomes.len();
        if count == 0 {
            return;
        }
        let now = Instant::now();
        let by = *self.by.get_or_insert(now + TOLD_WITHIN);
        let urgent = is_idle || self.openings.iter().any(|opening| opening.waits);
        if !urgent && count < TOLD_TOGETHER && now < by {
            return;
        }
        self.by = None;
        self.tell_openings(outlet);
        if !self.outcomes.is_empty() {
            outlet.outcomes(std::mem::take(&mut self.outcomes));
        }
        if !self.spent.is_empty() && self.home.send(std::mem::take(&mut self.spent)).is_err() {
            tracing::trace!("nobody makes cards any more");
        }
    }
}
