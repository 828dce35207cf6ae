//! Taking the words out of a history that an entry says are erased. Repeating it changes nothing, so that whoever was interrupted begins again.

use chamada_domain::chain::ChainedEntry;
use chamada_domain::draft::Draft;
use chamada_domain::erase::without_erased_words;
use chamada_domain::verify::Found;
use chamada_domain::{Refusal, Ticket, TicketNumber};
use futures::future::try_join_all;

use crate::error::StoreError;
use crate::item::{s, to_json};
use crate::keys;
use crate::retry::Pauses;
use crate::store::Store;
use crate::tickets::{Outcome, With};

/// How many entries are written at once.
const AT_ONCE: usize = 16;

impl Store {
    /// Changes a ticket knowing its whole history: reads both, lets `decide` draft the change, writes the draft; and again where another change came
    /// between, which `decide` tells by [`Refusal::Stale`].
    ///
    /// # Errors
    /// As [`Store::change_ticket`]; [`StoreError::Corrupt`] where an entry cannot be read.
    pub async fn change_whole_ticket<D>(&self, number: TicketNumber, with: &With<'_>, mut decide: D) -> Result<Draft, StoreError>
    where
        D: FnMut(Ticket, &[ChainedEntry]) -> Result<Draft, Refusal>,
    {
        let mut pauses = Pauses::default();
        loop {
            self.replay(with.idempotency).await?;
            let ticket = self.ticket(number).await?;
            let history = self.whole_history(number).await?;
            match decide(ticket, &history) {
                Err(Refusal::Stale) => {}
                Ok(draft) if draft.is_empty() => return Ok(draft),
                Ok(draft) => {
                    if let Outcome::Done = self.commit(std::slice::from_ref(&draft), with, &mut pauses).await? {
                        return Ok(draft);
                    }
                }
                Err(refusal) => return Err(refusal.into()),
            }
            if !pauses.wait().await {
                return Err(StoreError::Raced);
            }
        }
    }

    /// Rewrites every entry of a ticket without its erased words; the entries as they were. Each is written on the condition that its hash is the one
    /// that was read, which no erasure changes.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where an entry cannot be read, [`StoreError::Unavailable`].
    pub async fn take_erased_words_out(&self, number: TicketNumber) -> Result<Vec<ChainedEntry>, StoreError> {
        let before = self.whole_history(number).await?;
        let after = without_erased_words(&before);
        let changed: Vec<_> = before.iter().zip(&after).filter(|(before, after)| before != after).collect();
        for chunk in changed.chunks(AT_ONCE) {
            try_join_all(chunk.iter().map(|(before, after)| self.rewrite_entry(number, before, after))).await?;
        }
        Ok(before)
    }

    /// Every entry of a ticket, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where one cannot be read, [`StoreError::Unavailable`].
    pub async fn whole_history(&self, number: TicketNumber) -> Result<Vec<ChainedEntry>, StoreError> {
        let found = self.history(number).await?;
        let readable = |found| match found {
            Found::Entry(entry) => Ok(*entry),
            Found::Unreadable { .. } => Err(StoreError::Corrupt {
                what: "an entry of a history",
            }),
        };
        found.into_iter().map(readable).collect()
    }

    async fn rewrite_entry(&self, number: TicketNumber, before: &ChainedEntry, after: &ChainedEntry) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .key("pk", s(keys::ticket(number)))
            .key("sk", s(keys::entry(before.entry.seq)))
            .update_expression("SET e = :after")
            .condition_expression("h = :hash")
            .expression_attribute_values(":hash", s(&before.hash))
            .expression_attribute_values(":after", s(to_json(&after.entry)?));
        update.send().await.map_err(StoreError::unavailable)?;
        Ok(())
    }
}
