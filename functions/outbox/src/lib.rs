//! The table's stream onto the bus: what was written is announced, in no one's words (DATA.md, 'What follows a write').
//!
//! A record says which item was written; what is announced is read from the table as it is now, so that a late record brings back nothing
//! erased. Announcing twice does no harm: consumers ask the table, and remember what they did.

mod announcement;
mod record;

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use chamada_platform::{HandlerError, Platform};
use chamada_store::{Store, StoreError, written};
use futures::future::join_all;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::announcement::Announcement;
use crate::record::{Batch, Record};

/// The most entries of one `PutEvents` call.
const PUT_EVENTS: usize = 10;
/// How many entries are read at the same time.
const READS: usize = 8;

/// The function.
pub struct Handler {
    platform: Platform,
    store: Store,
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

    /// Announces what a batch of stream records tells of. From the first record on that could not be announced, all come again.
    ///
    /// # Errors
    /// [`HandlerError`] where the event is no batch of stream records.
    pub async fn handle(&self, event: Value, _deadline: OffsetDateTime) -> Result<Value, HandlerError> {
        let batch: Batch =
            serde_json::from_value(event).map_err(|error| HandlerError::poison("this is no stream event").caused_by(error))?;
        let mut announced = Vec::with_capacity(batch.records.len());
        for chunk in batch.records.chunks(READS) {
            announced.extend(join_all(chunk.iter().map(|record| self.announcement(record))).await);
        }
        let mut ready = Vec::with_capacity(announced.len());
        let mut failed = None;
        for (record, announcement) in batch.records.iter().zip(announced) {
            match announcement {
                Ok(announcement) => ready.extend(announcement.map(|announcement| (record, announcement))),
                Err(error) => {
                    error.log();
                    failed = Some(record);
                    break;
                }
            }
        }
        let refused = self.publish(&ready).await;
        let first = refused
            .or(failed)
            .map(|record| json!({ "itemIdentifier": record.dynamodb.sequence_number }));
        Ok(json!({ "batchItemFailures": first.into_iter().collect::<Vec<_>>() }))
    }

    /// What a record is announced as; nothing where nobody wants to hear of it.
    async fn announcement(&self, record: &Record) -> Result<Option<Announcement>, HandlerError> {
        if !record.is_news() {
            return Ok(None);
        }
        let Some(written) = written(&record.dynamodb.keys.pk.s, &record.dynamodb.keys.sk.s) else {
            return Ok(None);
        };
        match Announcement::of(&self.store, written).await {
            Ok(announcement) => Ok(announcement),
            // Erased or never there: there is nothing left to announce.
            Err(StoreError::NotFound) => Ok(None),
            Err(error @ StoreError::Corrupt { .. }) => Err(HandlerError::poison("an entry cannot be read").caused_by(error)),
            Err(error) => Err(HandlerError::retry("the table did not answer").caused_by(error)),
        }
    }

    /// Puts announcements on the bus, in their order; the record of the first that was not taken.
    async fn publish<'a>(&self, ready: &[(&'a Record, Announcement)]) -> Option<&'a Record> {
        for chunk in ready.chunks(PUT_EVENTS) {
            let entries = chunk.iter().map(|(_, announcement)| self.entry(announcement)).collect();
            match self.platform.events().put_events().set_entries(Some(entries)).send().await {
                Ok(answer) => {
                    let refused = answer.entries().iter().position(|entry| entry.error_code().is_some());
                    if let Some((record, _)) = refused.and_then(|place| chunk.get(place)) {
                        return Some(record);
                    }
                }
                Err(error) => {
                    HandlerError::retry("the bus did not answer").caused_by(error).log();
                    return chunk.first().map(|(record, _)| *record);
                }
            }
        }
        None
    }

    fn entry(&self, announcement: &Announcement) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.platform.config().event_bus_name)
            .source("chamada")
            .detail_type(&announcement.detail_type)
            .detail(announcement.detail.to_string())
            .build()
    }
}
