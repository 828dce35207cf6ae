//! Events into mails: each to those whom it concerns, in their language, once (MAIL.md, 'Mail out').
//!
//! An event names a ticket and an entry. What is mailed is read from the table as it is now; who was mailed is recorded before and after, so
//! that an event which comes twice mails nobody twice.

mod event;
mod links;
mod news;
mod roots;
mod send;
mod site;

use chamada_domain::Timestamp;
use chamada_platform::{HandlerError, Platform};
use chamada_store::{Store, StoreError};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::event::Event;

/// The function.
pub struct Handler {
    pub(crate) platform: Platform,
    pub(crate) store: Store,
}

impl Handler {
    /// A handler on this platform.
    #[must_use]
    pub fn new(platform: Platform) -> Self {
        let config = platform.config();
        let store = Store::new(platform.dynamodb().clone(), config.table_name.as_str(), u32::from(config.shards));
        Self { platform, store }
    }

    /// A first read, so that the first event need not wait for a connection.
    pub async fn warm_up(&self) {
        if self.store.warm_up().await.is_err() {
            tracing::warn!("the table did not answer the first read");
        }
    }

    /// Mails what an event of the bus calls for, which may be nothing.
    ///
    /// # Errors
    /// [`HandlerError`] to retry where the table or the mail service did not answer, or another is at the same mail; poison where the event
    /// cannot be read.
    pub async fn handle(&self, event: Value, _deadline: OffsetDateTime) -> Result<Value, HandlerError> {
        match Event::read(event)? {
            Some(Event::Entry { ticket, seq }) => news::tell(self, ticket, seq).await?,
            Some(Event::Link { link }) => links::send(self, &link).await?,
            Some(Event::Root { date }) => roots::tell(self, date).await?,
            None => {}
        }
        Ok(json!({}))
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::new(self.platform.clock().now())
    }
}

/// What a failed read or write means for an event.
pub(crate) fn table(error: StoreError) -> HandlerError {
    match error {
        StoreError::Corrupt { .. } => HandlerError::poison("an item cannot be read").caused_by(error),
        error => HandlerError::retry("the table did not answer").caused_by(error),
    }
}
