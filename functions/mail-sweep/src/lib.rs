//! Mailboxes into tickets: each mail exactly once, whatever breaks in between (MAIL.md, 'A sweep').
//!
//! A sweep goes in rounds, each one POP3 session: [`round`] lists, fetches and deletes; [`window`] keeps the messages that are under way in
//! their order; [`message`] takes one message from its bytes to the table. What a message becomes is decided in [`judge`], which does no I/O.

mod connect;
mod content;
mod due;
mod fetch;
mod files;
mod judge;
mod listing;
mod lookup;
mod message;
mod prepare;
mod round;
mod run;
mod sweep;
mod trouble;
mod window;
mod words;
mod write;

use std::sync::Arc;

use chamada_domain::{MailboxId, SweepId};
use chamada_platform::{HandlerError, Platform};
use chamada_pop3::rustls::ClientConfig;
use chamada_store::{Store, StoreError};
use futures::FutureExt;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

/// Sweeps mailboxes: answers the schedule's event and that of an asked sweep. Cheap to call concurrently.
#[derive(Clone)]
pub struct Handler {
    pub(crate) platform: Platform,
    pub(crate) store: Store,
    pub(crate) tls: Arc<ClientConfig>,
}

/// What keeps the function from starting.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The file of extra certificates cannot be read.
    #[error("the file of extra certificates (EXTRA_CA_FILE) cannot be read")]
    ExtraCa(#[source] std::io::Error),
    /// It holds no usable certificate.
    #[error("the extra certificates (EXTRA_CA_FILE) cannot be used")]
    Certificates(#[source] chamada_pop3::Error),
}

/// An event of EventBridge, as far as it matters.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "detail-type")]
    detail_type: String,
    #[serde(default)]
    detail: Value,
}

/// What `sweep.asked` says.
#[derive(Deserialize)]
struct Asked {
    mailbox: MailboxId,
    sweep: SweepId,
}

impl Handler {
    /// A handler on this platform.
    ///
    /// # Errors
    /// Where the extra certificates cannot be read.
    pub fn new(platform: Platform) -> Result<Self, SetupError> {
        let pem = platform.config().extra_ca_file.as_ref().map(std::fs::read);
        let pem = pem.transpose().map_err(SetupError::ExtraCa)?;
        let tls = chamada_pop3::tls_config(pem.as_deref()).map_err(SetupError::Certificates)?;
        let config = platform.config();
        let store = Store::new(platform.dynamodb().clone(), config.table_name.as_str(), u32::from(config.shards));
        Ok(Self { platform, store, tls })
    }

    /// Handles the schedule's `sweep.due` (asks a sweep of every enabled mailbox whose turn has come) or `sweep.asked` (carries one out, until
    /// 60 s before `deadline`).
    ///
    /// # Errors
    /// To be retried where the table does not answer, or another sweep holds the mailbox. A mailbox that cannot be read is no error: its sweep
    /// says so.
    pub async fn handle(&self, event: Value, deadline: OffsetDateTime) -> Result<Value, HandlerError> {
        let event: Event = serde_json::from_value(event).map_err(|error| HandlerError::poison("no event of the bus").caused_by(error))?;
        match event.detail_type.as_str() {
            "sweep.due" => self.ask_for_sweeps().await.map_err(unavailable),
            "sweep.asked" => {
                let asked: Asked =
                    serde_json::from_value(event.detail).map_err(|error| HandlerError::poison("no asked sweep").caused_by(error))?;
                // Boxed: with all that a sweep awaits inside, the future is large, and its type too deep for the compiler.
                self.sweep(&asked.mailbox, &asked.sweep, deadline).boxed().await
            }
            _ => Err(HandlerError::poison("an event of another kind")),
        }
    }

    /// Frees every mailbox for a machine that starts and knows that it runs alone: whatever held a lease is dead.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn free_leases(&self) -> Result<(), StoreError> {
        for mailbox in self.store.mailboxes().await? {
            self.store.free_lease(&mailbox.id).await?;
            self.store.forget_sweep_under_way(&mailbox.id).await?;
        }
        Ok(())
    }

    pub(crate) fn now(&self) -> chamada_domain::Timestamp {
        chamada_domain::Timestamp::new(self.platform.clock().now())
    }
}

pub(crate) fn unavailable(error: StoreError) -> HandlerError {
    HandlerError::retry("the table did not do what a sweep asked").caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_events_are_read() {
        let due: Event = serde_json::from_str(include_str!("../../../events/mail-sweep/sweep-due.json")).unwrap();
        assert_eq!(due.detail_type, "sweep.due");
        let asked: Event = serde_json::from_str(include_str!("../../../events/mail-sweep/sweep-asked.json")).unwrap();
        assert_eq!(asked.detail_type, "sweep.asked");
        let asked: Asked = serde_json::from_value(asked.detail).unwrap();
        assert_eq!(
            (asked.mailbox.as_str(), asked.sweep.as_str()),
            ("mbx_0123456789abcdef0123", "swp_0123456789abcdef0123")
        );
    }
}
