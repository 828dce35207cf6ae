//! Tickets that go on in others.

use std::collections::{BTreeMap, BTreeSet};

use chamada_domain::entry::{Event, Merged};
use chamada_domain::merge::MAX_MERGES;
use chamada_domain::verify::Found;
use chamada_domain::{Ticket, TicketNumber};
use futures::future::try_join_all;

use crate::error::StoreError;
use crate::history::read_ticket;
use crate::keys;
use crate::sessions::HeldKey;
use crate::store::Store;

/// The tickets that go on in one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leading {
    /// All of them, however many merges away.
    pub tickets: Vec<TicketNumber>,
    /// How many merges in a row lead to it.
    pub merges: usize,
}

impl Store {
    /// The ticket in which this one goes on, or itself, if it is not deleted.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn ticket_going_on(&self, number: TicketNumber) -> Result<Ticket, StoreError> {
        let mut ticket = self.ticket(number).await?;
        for _ in 0..=MAX_MERGES {
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
        for _ in 0..MAX_MERGES {
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

    /// The tickets that go on in this one, as its history and theirs tell. One round trip for each merge in a row.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn leading_to(&self, number: TicketNumber) -> Result<Leading, StoreError> {
        let (mut seen, mut level, mut merges) = (BTreeSet::new(), vec![number], 0);
        loop {
            let found = try_join_all(level.iter().map(|number| self.merged_from(*number))).await?;
            // A history that names a ticket twice, or itself, ends.
            level = found.into_iter().flatten().filter(|from| seen.insert(*from)).collect();
            if level.is_empty() {
                break;
            }
            merges += 1;
        }
        Ok(Leading {
            tickets: seen.into_iter().filter(|from| *from != number).collect(),
            merges,
        })
    }

    /// The tickets that were merged into this one itself.
    async fn merged_from(&self, number: TicketNumber) -> Result<Vec<TicketNumber>, StoreError> {
        let from = |found| {
            let Found::Entry(entry) = found else { return None };
            let Event::Merged(Merged::From(from)) = entry.entry.event else {
                return None;
            };
            Some(from)
        };
        Ok(self.history(number).await?.into_iter().filter_map(from).collect())
    }
}
