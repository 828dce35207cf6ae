//! A proxy that holds some requests of one process back until it is told to let them go: what a process does that stood still for a while,
//! and does not know it.

use crate::proxy::{Call, Handler, Outcome, Proxy, Upstream};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// The running proxy; it ends when dropped.
pub struct Gate {
    proxy: Proxy,
    state: Arc<State>,
}

struct State {
    /// What is held: requests of this operation in whose body this text stands.
    held_back: (&'static str, &'static str),
    open: watch::Sender<bool>,
    held: watch::Sender<u64>,
    passed: watch::Sender<u64>,
}

impl Gate {
    /// Starts a proxy before the engine at `upstream`. Transactions that write a message of a mailbox into its ledger are held back, until
    /// [`Self::open`]; all else passes.
    #[must_use]
    pub fn shut(upstream: &str) -> Self {
        Self::shut_to(upstream, "TransactWriteItems", "\"UID#")
    }

    /// The same for requests of this operation in whose body this text stands.
    #[must_use]
    pub fn shut_to(upstream: &str, operation: &'static str, text: &'static str) -> Self {
        let state = Arc::new(State {
            held_back: (operation, text),
            open: watch::Sender::new(false),
            held: watch::Sender::new(0),
            passed: watch::Sender::new(0),
        });
        Self {
            proxy: Proxy::start(Some(upstream.to_owned()), Arc::clone(&state)),
            state,
        }
    }

    /// Where the SDK should send its requests.
    #[must_use]
    pub fn url(&self) -> String {
        self.proxy.url()
    }

    /// Waits until so many requests are held.
    ///
    /// # Panics
    /// Where they do not come within `patience`.
    pub async fn holds(&self, count: u64, patience: Duration) {
        reaches(&self.state.held, count, patience, "held").await;
    }

    /// Lets what is held go, and waits until the engine has answered so many.
    ///
    /// # Panics
    /// Where it does not within `patience`.
    pub async fn open(&self, count: u64, patience: Duration) {
        self.state.open.send_replace(true);
        reaches(&self.state.passed, count, patience, "answered").await;
    }
}

async fn reaches(counter: &watch::Sender<u64>, count: u64, patience: Duration, what: &str) {
    let mut counter = counter.subscribe();
    let reached = tokio::time::timeout(patience, counter.wait_for(|now| *now >= count)).await.is_ok();
    assert!(reached, "of {count} requests {} were {what} within {patience:?}", *counter.borrow());
}

impl Handler for State {
    async fn handle(&self, call: Call, mut upstream: Upstream) -> Outcome {
        let (operation, text) = self.held_back;
        let holds = call.operation == operation && call.body.windows(text.len()).any(|bytes| bytes == text.as_bytes());
        if holds {
            self.held.send_modify(|held| *held += 1);
            self.open.subscribe().wait_for(|open| *open).await.ok();
        }
        let answer = upstream.send(&call).await;
        if holds {
            self.passed.send_modify(|passed| *passed += 1);
        }
        answer.map_or(Outcome::Hangup, Outcome::Answer)
    }
}
