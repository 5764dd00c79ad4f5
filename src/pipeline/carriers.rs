//! Those who carry documents to the server: as many tasks as were ever in flight at once, each of which takes the next
//! document when it has brought back an answer. A task for every attempt would cost an allocation of some kilobytes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;

use crate::model::Ordinal;
use crate::upload::{Client, Connection, Heard};

/// Which token of the run, counted from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(pub u32);

/// A document on its way.
#[derive(Debug)]
pub struct Load {
    pub row: Ordinal,
    pub token: Token,
    /// When it is sent, counted from the start of the run.
    pub sent_at: Duration,
    pub client: Client,
    pub document: Bytes,
    pub connection: Connection,
}

/// What came of one.
#[derive(Debug)]
pub struct Answer {
    pub row: Ordinal,
    pub token: Token,
    pub sent_at: Duration,
    pub heard: Heard,
    carrier: usize,
}

/// All carriers.
#[derive(Debug)]
pub struct Carriers {
    tasks: JoinSet<()>,
    doors: Vec<Arc<Door>>,
    idle: Vec<usize>,
    to_us: UnboundedSender<Answer>,
    answers: UnboundedReceiver<Answer>,
}

impl Default for Carriers {
    fn default() -> Carriers {
        let (to_us, answers) = mpsc::unbounded_channel();
        Carriers { tasks: JoinSet::new(), doors: Vec::new(), idle: Vec::new(), to_us, answers }
    }
}

impl Carriers {
    /// Lets one go. Needs a tokio runtime around it.
    pub fn send(&mut self, load: Load) {
        let carrier = self.idle.pop().unwrap_or_else(|| self.hire());
        self.doors[carrier].put(load);
    }

    /// The next answer. Waits for ever when nobody is on the way.
    pub async fn answer(&mut self) -> Answer {
        let answer = tokio::select! {
            biased;
            answer = self.answers.recv() => answer,
            // Carriers end with us, and are never cancelled, so this is a panic, and it is ours.
            Some(Err(error)) = self.tasks.join_next() => std::panic::resume_unwind(error.into_panic()),
        };
        let answer = answer.expect("we hold a sender ourselves");
        self.idle.push(answer.carrier);
        answer
    }

    /// An answer that is there already.
    pub fn another(&mut self) -> Option<Answer> {
        let answer = self.answers.try_recv().ok()?;
        self.idle.push(answer.carrier);
        Some(answer)
    }

    fn hire(&mut self) -> usize {
        let carrier = self.doors.len();
        let door = Arc::new(Door::default());
        self.doors.push(Arc::clone(&door));
        let to_us = self.to_us.clone();
        self.tasks.spawn(async move {
            loop {
                let Load { row, token, sent_at, client, document, connection } = door.take().await;
                let heard = client.post(document, connection).await;
                if to_us.send(Answer { row, token, sent_at, heard, carrier }).is_err() {
                    return;
                }
            }
        });
        carrier
    }
}

/// Where a carrier finds its next document: one place, used again and again, where a channel would go through fresh
/// memory with every document.
#[derive(Debug, Default)]
struct Door {
    load: Mutex<Option<Load>>,
    knock: Notify,
}

impl Door {
    fn put(&self, load: Load) {
        let before = self.load().replace(load);
        assert!(before.is_none(), "only who is idle gets a document");
        self.knock.notify_one();
    }

    async fn take(&self) -> Load {
        loop {
            if let Some(load) = self.load().take() {
                return load;
            }
            self.knock.notified().await;
        }
    }

    fn load(&self) -> MutexGuard<'_, Option<Load>> {
        // Nothing inside can panic.
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
