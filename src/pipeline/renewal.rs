//! The token of the run, and how another is come by when the server no longer takes it: on a thread of its own, because a
//! command may take its time, and nobody is deaf meanwhile.

use std::future;
use std::time::Duration;

use secrecy::SecretString;
use tokio::task::JoinHandle;

use super::Renew;
use super::carriers::Token;
use crate::model::{FatalReason, Ordinal, Verdict};

/// Knows which token the run is at.
#[derive(Debug)]
pub struct Renewal {
    /// Fetches another. Away while it is at work.
    renew: Option<Renew>,
    at_work: Option<JoinHandle<(Renew, Option<SecretString>)>>,
    token: Token,
    /// Whether the token was fetched in this run, and the server has taken nothing with it so far.
    fresh: bool,
    /// Rows whose token was not taken, each with that verdict, until another is there.
    waiting: Vec<(Ordinal, Verdict)>,
}

impl Renewal {
    /// At the first token.
    pub fn new(renew: Option<Renew>) -> Renewal {
        Renewal { renew, at_work: None, token: Token(0), fresh: false, waiting: Vec::new() }
    }

    /// Which token cards are sent with now.
    pub fn token(&self) -> Token {
        self.token
    }

    /// Whether another is being fetched. Nothing should be sent with this one.
    pub fn is_at_work(&self) -> bool {
        self.at_work.is_some()
    }

    /// What a verdict is worth: a 401 to an old token says nothing of the new one, so that the row goes again; one to this
    /// token waits until another is there, and is `None`. The first has it fetched, if the token is the first of the run or
    /// the server has taken it before. Needs a tokio runtime around it.
    pub fn weigh(&mut self, row: Ordinal, token: Token, verdict: Verdict) -> Option<Verdict> {
        // Who is told what is wrong with a card was let in.
        if matches!(verdict, Verdict::Stored { .. } | Verdict::Refused { .. }) && token == self.token {
            self.fresh = false;
        }
        if !matches!(verdict, Verdict::Fatal { reason: FatalReason::Unauthorized(_), .. }) {
            return Some(verdict);
        }
        if token != self.token {
            return Some(again(verdict));
        }
        if !self.is_at_work() {
            // A new token that is not taken either would be followed by others without end.
            let Some(mut renew) = self.renew.take_if(|_| !self.fresh) else { return Some(verdict) };
            self.at_work = Some(tokio::task::spawn_blocking(move || {
                let token = (renew.0)();
                (renew, token)
            }));
        }
        self.waiting.push((row, verdict));
        None
    }

    /// Another token, or none; waits for ever when none is being fetched.
    pub async fn fetched(&mut self) -> Option<SecretString> {
        let Some(at_work) = &mut self.at_work else { return future::pending().await };
        // It is never cancelled, so this is a panic, and it is ours.
        let (renew, token) = at_work.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        (self.renew, self.at_work) = (Some(renew), None);
        token
    }

    /// Goes on with another token. Gives those who waited for it, each with the verdict that lets it go again.
    pub fn go_on(&mut self) -> Vec<(Ordinal, Verdict)> {
        self.token.0 += 1;
        self.fresh = true;
        self.let_go()
    }

    /// No other token is waited for. Gives those who did, as rows that were not processed.
    pub fn let_go(&mut self) -> Vec<(Ordinal, Verdict)> {
        self.waiting.drain(..).map(|(row, verdict)| (row, again(verdict))).collect()
    }

    /// There is no other token. Gives those who waited for it, each with what the server said.
    pub fn give_up(&mut self) -> Vec<(Ordinal, Verdict)> {
        std::mem::take(&mut self.waiting)
    }
}

/// Not processed, and free to go again.
fn again(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Fatal { status, reason: FatalReason::Unauthorized(reason) } => {
            Verdict::NotProcessed { status, retry_after: Some(Duration::ZERO), reason }
        }
        other => other,
    }
}
