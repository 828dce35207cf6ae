//! The table, and the few calls that everything else is made of.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use chamada_domain::Timestamp;
use tokio::sync::Mutex;

use crate::conf::ConfCache;
use crate::error::StoreError;
use crate::item::{Item, s};
use crate::numbers::Dispenser;

/// How often a BatchGet asks again for keys that the table left out under load.
const BATCH_ATTEMPTS: usize = 5;

/// The help desk's one table. Cheap to clone; clones share the caches.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) client: Client,
    pub(crate) table: Arc<str>,
    pub(crate) shards: u32,
    pub(crate) numbers: Arc<Dispenser>,
    pub(crate) conf: Arc<Mutex<ConfCache>>,
}

impl Store {
    /// The table of this name; `shards` is how many partitions each list is spread over (1 until the table outgrows 1,000 writes a second).
    #[must_use]
    pub fn new(client: Client, table: impl Into<Arc<str>>, shards: u32) -> Self {
        Self {
            client,
            table: table.into(),
            shards: shards.max(1),
            numbers: Arc::default(),
            conf: Arc::default(),
        }
    }

    /// A read that warms the connection up, so that the first request need not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn warm_up(&self) -> Result<(), StoreError> {
        self.read("COUNTER", "TICKET", false).await.map(|_| ())
    }

    pub(crate) async fn read(&self, pk: &str, sk: &str, consistent: bool) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&*self.table)
            .key("pk", s(pk))
            .key("sk", s(sk))
            .consistent_read(consistent)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(answer.item)
    }

    /// Reads up to 100 items at once, consistently; in the order of the keys, nothing where there is none.
    pub(crate) async fn read_all(&self, keys: &[(String, String)]) -> Result<Vec<Option<Item>>, StoreError> {
        let mut found: Vec<Item> = Vec::with_capacity(keys.len());
        let mut wanted: Vec<Item> = keys.iter().map(|(pk, sk)| crate::item::keyed(pk, sk)).collect();
        for _ in 0..BATCH_ATTEMPTS {
            let request = KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .consistent_read(true)
                .build()
                .map_err(StoreError::unavailable)?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&*self.table, request)
                .send()
                .await
                .map_err(StoreError::unavailable)?;
            found.extend(
                answer
                    .responses
                    .and_then(|mut tables| tables.remove(&*self.table))
                    .unwrap_or_default(),
            );
            wanted = answer
                .unprocessed_keys
                .and_then(|mut tables| tables.remove(&*self.table))
                .map(|rest| rest.keys)
                .unwrap_or_default();
            if wanted.is_empty() {
                return Ok(keys.iter().map(|key| take(&mut found, key)).collect());
            }
        }
        Err(StoreError::Raced)
    }

    /// Writes one item, whatever was there.
    pub(crate) async fn write(&self, item: Item) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(item))
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(())
    }

    /// Writes one item where there is none; whether there was none.
    pub(crate) async fn write_new(&self, item: Item) -> Result<bool, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)");
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(false),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    pub(crate) async fn remove(&self, pk: &str, sk: &str) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&*self.table).key("pk", s(pk)).key("sk", s(sk));
        delete.send().await.map_err(StoreError::unavailable)?;
        Ok(())
    }

    /// One page of a partition, by the sort key's order or against it.
    pub(crate) async fn page(&self, range: Range<'_>) -> Result<Page, StoreError> {
        let mut query = self
            .client
            .query()
            .table_name(&*self.table)
            .scan_index_forward(range.forward)
            .consistent_read(range.consistent)
            .expression_attribute_values(":pk", s(range.pk));
        query = match range.between {
            Some((from, to)) => query
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":from", s(from))
                .expression_attribute_values(":to", s(to)),
            None => query.key_condition_expression("pk = :pk"),
        };
        let answer = query
            .set_limit(range.limit)
            .set_exclusive_start_key(range.start)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(Page {
            items: answer.items.unwrap_or_default(),
            next: answer.last_evaluated_key,
        })
    }

    /// Every item of a range, page after page.
    pub(crate) async fn all(&self, pk: &str, between: Option<(&str, &str)>) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .page(Range {
                    pk,
                    between,
                    forward: true,
                    consistent: true,
                    limit: None,
                    start,
                })
                .await?;
            items.extend(page.items);
            start = page.next;
            if start.is_none() {
                return Ok(items);
            }
        }
    }
}

fn take(found: &mut Vec<Item>, (pk, sk): &(String, String)) -> Option<Item> {
    let is = |item: &Item, name: &str, value: &str| matches!(item.get(name), Some(AttributeValue::S(text)) if text == value);
    let place = found.iter().position(|item| is(item, "pk", pk) && is(item, "sk", sk))?;
    Some(found.swap_remove(place))
}

/// A part of one partition of the table.
pub(crate) struct Range<'a> {
    pub(crate) pk: &'a str,
    /// From and to, both included.
    pub(crate) between: Option<(&'a str, &'a str)>,
    pub(crate) forward: bool,
    pub(crate) consistent: bool,
    pub(crate) limit: Option<i32>,
    pub(crate) start: Option<Item>,
}

/// What a Query answered.
pub(crate) struct Page {
    pub(crate) items: Vec<Item>,
    pub(crate) next: Option<Item>,
}

/// Whether a stored moment has passed.
pub(crate) fn passed(at: Timestamp, now: Timestamp) -> bool {
    at <= now
}
