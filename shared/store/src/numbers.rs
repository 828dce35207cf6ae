//! Ticket numbers: an atomic counter, asked once for all who wait.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;

use aws_sdk_dynamodb::types::ReturnValue;
use chamada_domain::TicketNumber;
use tokio::sync::Mutex;

use crate::error::StoreError;
use crate::item::{ItemExt, n, s};
use crate::store::Store;

/// Hands out numbers to those who queue in this process: who finds none left asks the counter for one for each of the queue. A lone caller
/// takes one, so that no gap arises without a failure.
#[derive(Debug, Default)]
pub(crate) struct Dispenser {
    waiting: AtomicU64,
    /// The numbers that were taken and not handed out yet: next, end.
    block: Mutex<(u64, u64)>,
}

/// A place in the queue for a ticket number. Given up after another drew for it, its number waits for the next ticket of this process.
#[derive(Debug)]
#[must_use = "the number is handed out by `take`"]
pub struct Queued<'a> {
    store: &'a Store,
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.store.numbers.waiting.fetch_sub(1, SeqCst);
    }
}

impl Queued<'_> {
    /// The next number. Places need not be taken up in the order in which they were given.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn take(self) -> Result<TicketNumber, StoreError> {
        let store = self.store;
        let mut block = store.numbers.block.lock().await;
        if block.0 == block.1 {
            let waiting = store.numbers.waiting.load(SeqCst);
            let end = store.take_numbers(waiting).await? + 1;
            *block = (end - waiting, end);
        }
        let number = TicketNumber(block.0);
        block.0 += 1;
        // Served: counted no longer before the next one counts.
        drop(self);
        Ok(number)
    }
}

impl Store {
    /// Queues for a number. Whoever knows that they will need one, and must wait for something else first, spares the others a round trip.
    pub fn queue_for_number(&self) -> Queued<'_> {
        self.numbers.waiting.fetch_add(1, SeqCst);
        Queued { store: self }
    }

    /// The next ticket number.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn next_number(&self) -> Result<TicketNumber, StoreError> {
        self.queue_for_number().take().await
    }

    /// Takes so many numbers at once; the last of them.
    async fn take_numbers(&self, count: u64) -> Result<u64, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&*self.table)
            .key("pk", s("COUNTER"))
            .key("sk", s("TICKET"))
            .update_expression("ADD last_number :count")
            .expression_attribute_values(":count", n(count))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        answer.attributes.unwrap_or_default().number("last_number")
    }

    /// The highest number that was ever taken; 0 before the first ticket.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn last_number(&self) -> Result<u64, StoreError> {
        match self.read("COUNTER", "TICKET", true).await? {
            Some(item) => item.number("last_number"),
            None => Ok(0),
        }
    }
}
