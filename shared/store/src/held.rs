//! Tickets that a stranger opened in somebody's name: held until that somebody comes.
//!
//! A held ticket stands in its requester's own list and in the list of held ones, and in no list that staff read. That it is held is an attribute of
//! its item, so that coming is one conditional write and no entry of its history.

use chamada_domain::bin::RESTORABLE_DAYS;
use chamada_domain::timestamp::days;
use chamada_domain::{Ticket, TicketNumber, Timestamp};

use crate::error::StoreError;
use crate::item::{ItemExt, n};
use crate::keys;
use crate::lists::{Index, Position};
use crate::retry::Pauses;
use crate::store::Store;
use crate::ticket_item::ticket_item;

/// Tickets that wait for something to happen to them, and whose time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    partition: String,
    /// Those that have waited since then, or longer.
    since: String,
}

impl Store {
    /// The lists of tickets whose time is over: deleted ones that cannot come back, and held ones that nobody came for within `held_days`.
    #[must_use]
    pub fn waiting_tickets(&self, now: Timestamp, held_days: u16) -> Vec<Waiting> {
        let since = |age: i64| now.plus(days(-age)).to_string();
        let deleted = (0..self.shards.max(1)).map(|shard| Waiting {
            partition: keys::sharded(keys::DELETED, shard, self.shards),
            since: since(RESTORABLE_DAYS),
        });
        let held = Waiting {
            partition: keys::HELD.to_owned(),
            since: since(held_days.into()),
        };
        deleted.chain([held]).collect()
    }

    /// A page of up to `limit` tickets of one of those lists, the oldest first, and where the next page begins. The list follows a write after
    /// milliseconds: what stands in it may have come back just now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn waiting(
        &self,
        which: &Waiting,
        start: Option<Position>,
        limit: u16,
    ) -> Result<(Vec<TicketNumber>, Option<Position>), StoreError> {
        let page = self.index_page(Index::Updated, &which.partition, true, start, limit).await?;
        let mut numbers = Vec::with_capacity(page.items.len());
        for item in &page.items {
            if item.text("updated_at")? > which.since.as_str() {
                return Ok((numbers, None));
            }
            let number = keys::ticket_number(item.text("pk")?);
            numbers.push(number.ok_or(StoreError::Corrupt {
                what: "a ticket's key names none",
            })?);
        }
        Ok((numbers, page.next))
    }

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
