//! The table's stream onto the bus: what was written is announced, in no one's words (DATA.md, 'What follows a write').
//!
//! A record says which item was written; what is announced is read from the table as it is now, so that a late record brings back nothing
//! erased. Announcing twice does no harm: consumers ask the table, and remember what they did.

mod announcement;
mod record;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use chamada_domain::chain::ChainedEntry;
use chamada_domain::erase::people;
use chamada_domain::{TicketNumber, Timestamp, UserId};
use chamada_platform::{HandlerError, Platform};
use chamada_store::{DayHead, Store, StoreError, Written};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::announcement::Announcement;
use crate::record::{Batch, Record};

/// The most entries of one `PutEvents` call.
const PUT_EVENTS: usize = 10;

/// How many heads are written at once.
const AT_ONCE: usize = 8;

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
        let (ready, failed) = self.announcements(&batch.records).await;
        if let Err(error) = self.note_heads(&ready).await {
            error.log();
            return Ok(failed_from(ready.first().map(|(record, _)| *record)));
        }
        let refused = self.publish(&ready).await;
        Ok(failed_from(refused.or(failed)))
    }

    /// Writes down, for the root of the day, the newest of what is announced of each ticket. Which day it is, this clock says: what is announced late
    /// belongs to the day of its announcement, whose root is yet to be made.
    async fn note_heads(&self, ready: &[(&Record, Announcement)]) -> Result<(), HandlerError> {
        let today = self.platform.clock().now().date();
        let mut newest: BTreeMap<TicketNumber, &DayHead> = BTreeMap::new();
        for head in ready.iter().filter_map(|(_, announcement)| announcement.head.as_ref()) {
            let known = newest.entry(head.ticket).or_insert(head);
            if known.seq < head.seq {
                *known = head;
            }
        }
        let heads: Vec<DayHead> = newest.into_values().cloned().collect();
        let notes = stream::iter(heads).map(|head| async move { self.store.note_head(today, &head).await });
        let noted = notes.buffer_unordered(AT_ONCE).try_collect::<()>().await;
        noted.map_err(|error| HandlerError::retry("the table did not take a day's head").caused_by(error))
    }

    /// What the records are announced as, in their order, up to the first that could not be read, and which that is. What stands there twice is
    /// announced once.
    async fn announcements<'a>(&self, records: &'a [Record]) -> (Vec<(&'a Record, Announcement)>, Option<&'a Record>) {
        let mut seen = HashSet::new();
        let news: Vec<(&Record, Written)> = records
            .iter()
            .filter_map(|record| Some((record, record.news()?)))
            .filter(|(_, written)| seen.insert(written.clone()))
            .collect();
        let mut ready = Vec::with_capacity(news.len());
        let mut entries = match self.entries(&news).await {
            Ok(entries) => entries.into_iter(),
            Err(error) => {
                error.log();
                return (ready, news.first().map(|(record, _)| *record));
            }
        };
        for (record, written) in news {
            let announcement = match written {
                Written::Sweep { mailbox, sweep } => Announcement::of_sweep(&mailbox, &sweep),
                Written::Link { link } => Announcement::of_link(&link),
                Written::Erasure { person } => Announcement::of_erasure(&person),
                Written::Bundle { ticket, bundle } => Announcement::of_bundle(ticket, &bundle),
                Written::Root { date } => Announcement::of_root(date),
                Written::Entry { ticket, .. } => match entries.next() {
                    Some(Ok(entry)) => Announcement::of_entry(ticket, &entry),
                    // Erased or never there: there is nothing left to announce.
                    Some(Err(StoreError::NotFound)) | None => continue,
                    Some(Err(error)) => {
                        HandlerError::poison("an entry cannot be read").caused_by(error).log();
                        return (ready, Some(record));
                    }
                },
            };
            ready.push((record, announcement));
        }
        (ready, None)
    }

    /// The entries among what was written, as they are now.
    async fn entries(&self, news: &[(&Record, Written)]) -> Result<Vec<Result<ChainedEntry, StoreError>>, HandlerError> {
        let places: Vec<(TicketNumber, u64)> = news
            .iter()
            .filter_map(|(_, written)| match written {
                Written::Entry { ticket, seq } => Some((*ticket, *seq)),
                Written::Sweep { .. } | Written::Link { .. } | Written::Erasure { .. } | Written::Bundle { .. } | Written::Root { .. } => {
                    None
                }
            })
            .collect();
        let silent = |error| HandlerError::retry("the table did not answer").caused_by(error);
        let entries = self.store.entries_at(&places).await.map_err(silent)?;
        let read = places
            .iter()
            .zip(&entries)
            .filter_map(|((ticket, _), entry)| Some((ticket, entry.as_ref().ok()?)));
        let now = Timestamp::new(self.platform.clock().now());
        self.store.note_parts(&parts(read), now).await.map_err(silent)?;
        Ok(entries)
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

/// Whose words stand in which ticket: noted, so that a person can be erased from all of them.
fn parts<'a>(entries: impl Iterator<Item = (&'a TicketNumber, &'a ChainedEntry)>) -> Vec<(UserId, TicketNumber)> {
    let parts: BTreeSet<(UserId, TicketNumber)> = entries
        .flat_map(|(ticket, chained)| people(&chained.entry).into_iter().map(|person| (person, *ticket)))
        .collect();
    parts.into_iter().collect()
}

/// The answer that has all records come again from this one on.
fn failed_from(record: Option<&Record>) -> Value {
    let first = record.map(|record| json!({ "itemIdentifier": record.dynamodb.sequence_number }));
    json!({ "batchItemFailures": first.into_iter().collect::<Vec<_>>() })
}
