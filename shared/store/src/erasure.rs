//! Taking the words out of a history that an entry says are erased. Repeating it changes nothing, so that whoever was interrupted begins again.

use chamada_domain::chain::ChainedEntry;
use chamada_domain::draft::Draft;
use chamada_domain::entry::Event;
use chamada_domain::erase::{Addresses, without_words_erased_at};
use chamada_domain::verify::Found;
use chamada_domain::{EmailAddress, Refusal, Ticket, TicketNumber, Timestamp, User, UserId};
use futures::future::try_join_all;

use crate::error::StoreError;
use crate::history::read_entry;
use crate::item::{Item, ItemExt, keyed, s, to_json};
use crate::keys;
use crate::lists::{Index, Position};
use crate::retry::Pauses;
use crate::store::Store;
use crate::tickets::{Outcome, With};
use crate::transaction::{Guard, Transaction};

/// How many entries are written at once.
const AT_ONCE: usize = 16;

/// An erasure whose words, files and records are still to be taken away. It is written with the erasure, and goes when all else is gone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Erasure {
    /// What the `erased` entry of a ticket names.
    Ticket {
        /// The ticket.
        ticket: TicketNumber,
        /// The entry.
        seq: u64,
    },
    /// Whatever there is of a person, in every ticket.
    Person(UserId),
}

impl Erasure {
    fn key(&self) -> (String, String) {
        match self {
            Self::Ticket { ticket, seq } => (keys::ticket_erasure(*ticket), keys::entry(*seq)),
            Self::Person(id) => (keys::person_erasure(id), keys::ASKED.to_owned()),
        }
    }

    fn of_key(pk: &str, sk: &str) -> Option<Self> {
        match keys::erasure_of(pk)? {
            Ok(ticket) => Some(Self::Ticket {
                ticket,
                seq: keys::entry_seq(sk)?,
            }),
            Err(person) => Some(Self::Person(person)),
        }
    }

    fn item(&self, at: Timestamp) -> Item {
        let (pk, sk) = self.key();
        keyed(pk, sk)
            .with("list_pk", s(keys::ERASURES))
            .with("updated_at", s(at.to_string()))
    }
}

/// A person whose words are being erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasing {
    /// Where they read mail; nothing where that was forgotten, and words of theirs came to light afterwards.
    pub address: Option<EmailAddress>,
    /// Since when.
    pub since: Timestamp,
}

impl Store {
    /// Erasures whose words, files and records are still to be taken away, the oldest first, and where the next page begins.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn erasures(&self, start: Option<Position>, limit: u16) -> Result<(Vec<Erasure>, Option<Position>), StoreError> {
        let page = self.index_page(Index::Updated, keys::ERASURES, true, start, limit).await?;
        let read = |item: &Item| {
            Erasure::of_key(item.text("pk")?, item.text("sk")?).ok_or(StoreError::Corrupt {
                what: "an erasure's key names none",
            })
        };
        Ok((page.items.iter().map(read).collect::<Result<_, _>>()?, page.next))
    }

    /// Takes an erasure off the list, of which nothing is left to be done. A ticket's is remembered: should a double of one of its mails come, it begins
    /// again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_erasure(&self, erasure: &Erasure) -> Result<(), StoreError> {
        let (pk, sk) = erasure.key();
        if let Erasure::Person(_) = erasure {
            return self.remove(&pk, &sk).await;
        }
        self.write(keyed(pk, sk)).await
    }

    /// Has what was erased of a ticket be looked for again.
    pub(crate) async fn begin_erasures_again(
        &self,
        transaction: &mut Transaction,
        ticket: TicketNumber,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for item in self.all(&keys::ticket_erasure(ticket), None).await? {
            if let Some(erasure) = Erasure::of_key(item.text("pk")?, item.text("sk")?) {
                transaction.put(&self.table, Guard::Other, erasure.item(now), None);
            }
        }
        Ok(())
    }

    /// A person who is being erased; nothing where that is over, or nobody asked for it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn erasing(&self, person: &UserId) -> Result<Option<Erasing>, StoreError> {
        let item = self.read(&keys::person_erasure(person), keys::ASKED, true).await?;
        let read = |item: Item| {
            let corrupt = |_| StoreError::Corrupt { what: "an erasure" };
            Ok(Erasing {
                address: item.text("address").ok().map(str::parse).transpose().map_err(corrupt)?,
                since: item
                    .text("updated_at")?
                    .parse()
                    .map_err(|_| StoreError::Corrupt { what: "an erasure" })?,
            })
        };
        item.map(read).transpose()
    }

    /// Writes down, with the account's own erasure, that whatever else there is of the person has to go.
    pub(crate) fn add_erasing(&self, transaction: &mut Transaction, before: &User, now: Timestamp) {
        let item = Erasure::Person(before.id.clone()).item(now);
        let item = item.with("address", s(before.email.as_str()));
        transaction.put(&self.table, Guard::Other, item, None);
    }

    /// Writes down, with every `erased` entry of a draft, what has to go with it.
    pub(crate) fn add_erasures(&self, transaction: &mut Transaction, draft: &Draft) {
        let erased = draft.entries.iter().filter(|entry| matches!(entry.entry.event, Event::Erased(_)));
        for chained in erased {
            let erasure = Erasure::Ticket {
                ticket: draft.ticket.number,
                seq: chained.entry.seq,
            };
            transaction.put(&self.table, Guard::Other, erasure.item(chained.entry.at), None);
        }
    }

    /// The tickets in which there are words of a person.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn tickets_with(&self, person: &UserId) -> Result<Vec<TicketNumber>, StoreError> {
        let read = |item: &Item| {
            keys::part_of(item.text("sk")?).ok_or(StoreError::Corrupt {
                what: "a person's ticket has no number",
            })
        };
        let items = self.all(&keys::user(person), Some(keys::PARTS)).await?;
        items.iter().map(read).collect()
    }

    /// Notes in which tickets there are words of whom. What was noted before costs a read alone. Whoever is erased is looked for again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn note_parts(&self, parts: &[(UserId, TicketNumber)], now: Timestamp) -> Result<(), StoreError> {
        for chunk in parts.chunks(100) {
            let wanted: Vec<_> = chunk
                .iter()
                .map(|(person, ticket)| (keys::user(person), keys::part(*ticket)))
                .collect();
            let there = self.read_all(&wanted).await?;
            let missing = chunk.iter().zip(there).filter(|(_, item)| item.is_none()).map(|(part, _)| part);
            try_join_all(missing.map(|(person, ticket)| self.note_part(person, *ticket, now))).await?;
        }
        Ok(())
    }

    async fn note_part(&self, person: &UserId, ticket: TicketNumber, now: Timestamp) -> Result<(), StoreError> {
        self.write(keyed(keys::user(person), keys::part(ticket))).await?;
        let user = match self.user(person).await {
            Ok(user) => user,
            Err(StoreError::NotFound) => return Ok(()),
            Err(error) => return Err(error),
        };
        if user.is_erased() {
            // Written at the very moment of the erasure, or told of days later: looked for again, where that is over.
            self.write_new(Erasure::Person(person.clone()).item(now)).await?;
        }
        Ok(())
    }

    /// Forgets that there are words of a person in a ticket.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_part(&self, person: &UserId, ticket: TicketNumber) -> Result<(), StoreError> {
        self.remove(&keys::user(person), &keys::part(ticket)).await
    }

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

    /// Rewrites every entry of a ticket without the words that its `erased` entry at `seq` names, and without what names the erased person by address.
    /// Each is written on the condition that it is what was read: of two who do this at once, neither brings back what the other took out.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where an entry cannot be read, [`StoreError::Unavailable`]; [`StoreError::Raced`] where others rewrite it without end.
    pub async fn take_erased_words_out(&self, number: TicketNumber, seq: u64, addresses: &Addresses) -> Result<(), StoreError> {
        let mut pauses = Pauses::default();
        loop {
            let items = self.all(&keys::ticket(number), Some(keys::ENTRIES)).await?;
            let before = items.iter().map(read_entry).collect::<Result<Vec<_>, _>>()?;
            let after = without_words_erased_at(&before, seq, addresses);
            let changed = items
                .iter()
                .zip(before.iter().zip(&after))
                .filter(|(_, (before, after))| before != after);
            let changed: Vec<_> = changed.map(|(item, (_, after))| (item, after)).collect();
            let mut raced = false;
            for chunk in changed.chunks(AT_ONCE) {
                let rewritten = try_join_all(chunk.iter().map(|(item, after)| self.rewrite_entry(number, item, after))).await?;
                raced |= rewritten.contains(&false);
            }
            if !raced {
                return Ok(());
            }
            if !pauses.wait().await {
                return Err(StoreError::Raced);
            }
        }
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

    /// Whether it was still what was read.
    async fn rewrite_entry(&self, number: TicketNumber, before: &Item, after: &ChainedEntry) -> Result<bool, StoreError> {
        let key = (keys::ticket(number), keys::entry(after.entry.seq));
        self.rewrite((&key.0, &key.1), "e", before.text("e")?, &to_json(&after.entry)?)
            .await
    }

    /// Writes another text into an attribute that is still what was read; whether it was.
    pub(crate) async fn rewrite(&self, key: (&str, &str), attribute: &str, before: &str, after: &str) -> Result<bool, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .key("pk", s(key.0))
            .key("sk", s(key.1))
            .update_expression("SET #attribute = :after")
            .condition_expression("#attribute = :before")
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_values(":before", s(before))
            .expression_attribute_values(":after", s(after));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(false),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }
}
