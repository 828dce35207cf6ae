//! Tickets that a stranger opened in somebody's name: held until that somebody comes.
//!
//! A held ticket stands in its requester's own list and in the list of held ones, and in no list that staff read. That it is held is an attribute of
//! its item, so that coming is one conditional write and no entry of its history.

use chamada_domain::{Ticket, TicketNumber};

use crate::error::StoreError;
use crate::item::n;
use crate::retry::Pauses;
use crate::store::Store;
use crate::ticket_item::ticket_item;

impl Store {
    /// Releases a ticket, if it is held: from now on it is one like all others. Whoever writes into it at the same moment, having read it as held, has
    /// to read it again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Raced`] where others write into it without end.
    pub async fn release_ticket(&self, number: TicketNumber) -> Result<(), StoreError> {
        let mut pauses = Pauses::default();
        loop {
            let ticket = self.ticket(number).await?;
            if !ticket.held {
                return Ok(());
            }
            let put = self
                .client
                .put_item()
                .table_name(&*self.table)
                .condition_expression("attribute_exists(held) AND last_seq = :seq")
                .expression_attribute_values(":seq", n(ticket.last_seq));
            let released = Ticket { held: false, ..ticket };
            match put.set_item(Some(ticket_item(&released, self.shards)?)).send().await {
                Ok(_) => return Ok(()),
                Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                    if !pauses.wait().await {
                        return Err(StoreError::Raced);
                    }
                }
                Err(error) => return Err(StoreError::unavailable(error)),
            }
        }
    }
}
