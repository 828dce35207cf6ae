//! Ticket numbers: an atomic counter, asked once for all who wait.

use aws_sdk_dynamodb::types::ReturnValue;
use chamada_domain::TicketNumber;
use tokio::sync::Mutex;

use crate::error::StoreError;
use crate::item::{ItemExt, n, s};
use crate::store::Store;

/// Hands out numbers to those who wait in this process. While one asks the counter, the others queue; the next to ask takes a number for
/// each of them. A lone caller takes one, so that no gap arises without a failure.
#[derive(Debug, Default)]
pub(crate) struct Dispenser {
    waiting: std::sync::atomic::AtomicU64,
    /// The numbers that were taken and not handed out yet: next, end.
    block: Mutex<(u64, u64)>,
}

impl Store {
    /// The next ticket number.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn next_number(&self) -> Result<TicketNumber, StoreError> {
        use std::sync::atomic::Ordering::SeqCst;
        self.numbers.waiting.fetch_add(1, SeqCst);
        let mut block = self.numbers.block.lock().await;
        let waiting = self.numbers.waiting.fetch_sub(1, SeqCst);
        if block.0 == block.1 {
            let end = self.take_numbers(waiting).await? + 1;
            *block = (end - waiting, end);
        }
        let number = TicketNumber(block.0);
        block.0 += 1;
        Ok(number)
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
