//! Tickets that go on in others.

use std::collections::BTreeMap;

use chamada_domain::{Ticket, TicketNumber};

use crate::error::StoreError;
use crate::history::read_ticket;
use crate::keys;
use crate::sessions::HeldKey;
use crate::store::Store;

/// How many merges in a row are followed.
const MOST_MERGES: usize = 8;

impl Store {
    /// The ticket in which this one goes on, or itself, if it is not deleted.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn ticket_going_on(&self, number: TicketNumber) -> Result<Ticket, StoreError> {
        let mut ticket = self.ticket(number).await?;
        for _ in 0..MOST_MERGES {
            match ticket.merged_into {
                Some(next) => ticket = self.ticket(next).await?,
                None if ticket.deleted_at.is_some() => return Err(StoreError::NotFound),
                None => return Ok(ticket),
            }
        }
        Err(StoreError::NotFound)
    }

    /// Those of these keys whose tickets go on in `target`, however many merges away. One round trip for each step.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn keys_leading_to(&self, held: &[HeldKey], target: TicketNumber) -> Result<Vec<HeldKey>, StoreError> {
        let mut at: BTreeMap<TicketNumber, Vec<&HeldKey>> = BTreeMap::new();
        for key in held {
            at.entry(key.ticket).or_default().push(key);
        }
        let mut arrived = Vec::new();
        for _ in 0..MOST_MERGES {
            if at.is_empty() {
                break;
            }
            let wanted: Vec<_> = at.keys().map(|number| (keys::ticket(*number), keys::META.to_owned())).collect();
            let items = self.read_all(&wanted).await?;
            let mut next: BTreeMap<TicketNumber, Vec<&HeldKey>> = BTreeMap::new();
            for ((number, held), item) in at.into_iter().zip(items) {
                let ticket = item.map(|item| read_ticket(&item, number)).transpose()?;
                match ticket.and_then(|ticket| ticket.merged_into) {
                    Some(into) if into == target => arrived.extend(held.into_iter().cloned()),
                    Some(into) => next.entry(into).or_default().extend(held),
                    None => {}
                }
            }
            at = next;
        }
        Ok(arrived)
    }
}
