//! How far each person has read each ticket.

use chamada_domain::{TicketNumber, UserId};

use crate::error::StoreError;
use crate::item::{ItemExt, keyed, n};
use crate::keys;
use crate::store::Store;

impl Store {
    /// Remembers that somebody has read a ticket as far as entry `seq`. What they read before stays read.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn mark_read(&self, user: &UserId, number: TicketNumber, seq: u64) -> Result<(), StoreError> {
        let (pk, sk) = (keys::user(user), keys::read_mark(number));
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(keyed(&pk, &sk).with("seq", n(seq))))
            .condition_expression("attribute_not_exists(pk) OR seq < :seq")
            .expression_attribute_values(":seq", n(seq));
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// How far somebody has read each of these tickets, 0 where not at all; in the order of the numbers, which must be distinct and 100 at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn read_marks(&self, user: &UserId, numbers: &[TicketNumber]) -> Result<Vec<u64>, StoreError> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<_> = numbers.iter().map(|number| (keys::user(user), keys::read_mark(*number))).collect();
        let items = self.read_all(&wanted).await?;
        items
            .iter()
            .map(|item| item.as_ref().map_or(Ok(0), |item| item.number("seq")))
            .collect()
    }
}
