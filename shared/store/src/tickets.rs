//! Writing a ticket and its history: a draft whole or not at all.

use chamada_domain::chain::ChainedEntry;
use chamada_domain::draft::Draft;
use chamada_domain::{AttachmentId, Refusal, Ticket, TicketNumber, UserId};
use futures::future;

use crate::attachments::attachment_item;
use crate::error::{Made, StoreError};
use crate::idempotency::{Idempotency, judge};
use crate::item::{Item, ItemExt, keyed, n, s, to_json};
use crate::keys;
use crate::mail_ledger::Import;
use crate::retry::Pauses;
use crate::store::Store;
use crate::ticket_item::ticket_item;
use crate::transaction::{Condition, Failure, Guard, Transaction};

/// What is written together with a draft.
#[derive(Debug, Clone, Default)]
pub struct With<'a> {
    /// The request's idempotency key.
    pub idempotency: Option<&'a Idempotency>,
    /// Uploads that this attaches, and who uploaded them.
    pub uploads: Option<&'a Uploads>,
    /// The mail that this was made of.
    pub import: Option<&'a Import>,
}

/// Uploads that become attachments.
#[derive(Debug, Clone)]
pub struct Uploads {
    /// Who uploaded them.
    pub owner: String,
    /// Which.
    pub ids: Vec<AttachmentId>,
}

impl Store {
    /// Writes a new ticket.
    ///
    /// # Errors
    /// [`StoreError::Replayed`] or [`StoreError::KeyReused`] by its idempotency key, `upload_gone`, [`StoreError::LeaseLost`], or
    /// [`StoreError::Conflict`] `in_ledger`.
    pub async fn open_ticket(&self, draft: &Draft, with: &With<'_>) -> Result<(), StoreError> {
        let mut pauses = Pauses::default();
        loop {
            match self.commit(std::slice::from_ref(draft), with, &mut pauses).await? {
                Outcome::Done => return Ok(()),
                Outcome::Raced if pauses.wait().await => {}
                Outcome::Raced => return Err(StoreError::Raced),
            }
        }
    }

    /// Changes a ticket: reads it, lets `decide` draft the change, writes the draft; and again where another change came between.
    ///
    /// # Errors
    /// What `decide` refuses, [`StoreError::NotFound`], or what [`Store::open_ticket`] names.
    pub async fn change_ticket<D>(&self, number: TicketNumber, with: &With<'_>, mut decide: D) -> Result<Draft, StoreError>
    where
        D: FnMut(Ticket) -> Result<Draft, Refusal>,
    {
        self.change_ticket_knowing(number, with, future::ok(()), |ticket, ()| decide(ticket))
            .await
    }

    /// The same where the decision needs something else of the table: `beside` reads it while the ticket is read, in the same round trip.
    ///
    /// # Errors
    /// As [`Store::change_ticket`], and what `beside` fails with.
    pub async fn change_ticket_knowing<K, D>(
        &self,
        number: TicketNumber,
        with: &With<'_>,
        beside: impl Future<Output = Result<K, StoreError>>,
        mut decide: D,
    ) -> Result<Draft, StoreError>
    where
        D: FnMut(Ticket, &K) -> Result<Draft, Refusal>,
    {
        let read = || future::join(self.replay(with.idempotency), self.ticket(number));
        let (first, known) = future::join(read(), beside).await;
        let known = known?;
        let (mut now, mut pauses) = (Some(first), Pauses::default());
        loop {
            let (replayed, ticket) = match now.take() {
                Some(first) => first,
                None => read().await,
            };
            replayed?;
            let draft = decide(ticket?, &known)?;
            if draft.is_empty() {
                // Remembered as well: what its repetition would change came later.
                self.remember_alone(with.idempotency, &made(std::slice::from_ref(&draft))).await?;
                return Ok(draft);
            }
            match self.commit(std::slice::from_ref(&draft), with, &mut pauses).await? {
                Outcome::Done => return Ok(draft),
                Outcome::Raced if pauses.wait().await => {}
                Outcome::Raced => return Err(StoreError::Raced),
            }
        }
    }

    /// Changes two tickets at once: as [`Store::change_ticket`], and both or neither. `decide` is told where the second is not there.
    ///
    /// # Errors
    /// As [`Store::change_ticket`]; [`StoreError::NotFound`] where the first is not there.
    pub async fn change_tickets<D>(
        &self,
        numbers: (TicketNumber, TicketNumber),
        with: &With<'_>,
        mut decide: D,
    ) -> Result<(Draft, Draft), StoreError>
    where
        D: FnMut(Ticket, Option<Ticket>) -> Result<(Draft, Draft), Refusal>,
    {
        let mut pauses = Pauses::default();
        loop {
            let (replayed, one, other) = future::join3(self.replay(with.idempotency), self.ticket(numbers.0), self.ticket(numbers.1)).await;
            replayed?;
            let other = match other {
                Err(StoreError::NotFound) => None,
                other => Some(other?),
            };
            let (one, other) = decide(one?, other)?;
            let drafts: Vec<Draft> = [&one, &other].into_iter().filter(|draft| !draft.is_empty()).cloned().collect();
            if drafts.is_empty() {
                self.remember_alone(with.idempotency, &made(std::slice::from_ref(&one))).await?;
                return Ok((one, other));
            }
            match self.commit(&drafts, with, &mut pauses).await? {
                Outcome::Done => return Ok((one, other)),
                Outcome::Raced if pauses.wait().await => {}
                Outcome::Raced => return Err(StoreError::Raced),
            }
        }
    }

    pub(crate) async fn commit(&self, drafts: &[Draft], with: &With<'_>, pauses: &mut Pauses) -> Result<Outcome, StoreError> {
        let mut transaction = Transaction::default();
        for draft in drafts {
            self.add_ticket(&mut transaction, draft)?;
            self.add_erasures(&mut transaction, draft);
            self.add_watchers(&mut transaction, draft)?;
            self.add_attachments(&mut transaction, draft, with)?;
        }
        self.end_uploads(&mut transaction, with);
        if let (Some(import), Some(draft)) = (with.import, drafts.first()) {
            self.add_import(&mut transaction, import, draft)?;
        }
        self.remember(&mut transaction, with.idempotency, &made(drafts))?;
        match transaction.run_within(&self.client, pauses).await {
            Ok(()) => Ok(Outcome::Done),
            Err(Failure::Contention) => Err(StoreError::Raced),
            Err(Failure::Store(error)) => Err(error),
            Err(Failure::Condition(guard, item)) => settle(guard, item.as_ref(), drafts, with),
        }
    }

    fn add_ticket(&self, transaction: &mut Transaction, draft: &Draft) -> Result<(), StoreError> {
        let meta = ticket_item(&draft.ticket, self.shards)?;
        let unchanged = match &draft.before {
            // Released meanwhile, it must not be written as if it were not.
            Some(before) if before.held => Condition::new("last_seq = :seq AND attribute_exists(held)", vec![(":seq", n(before.last_seq))]),
            Some(before) => Condition::new("last_seq = :seq", vec![(":seq", n(before.last_seq))]),
            None => Condition::absent(),
        };
        transaction.put(&self.table, Guard::Ticket, meta, Some(unchanged));
        for entry in &draft.entries {
            transaction.put(
                &self.table,
                Guard::Entry,
                entry_item(draft.ticket.number, entry)?,
                Some(Condition::absent()),
            );
        }
        Ok(())
    }

    /// Moves the ticket to the top of its watchers' lists.
    fn add_watchers(&self, transaction: &mut Transaction, draft: &Draft) -> Result<(), StoreError> {
        let row = |ticket: &Ticket, user: &UserId| (keys::user(user), keys::watched(ticket.updated_at, ticket.number));
        let followers = |ticket: &Ticket| {
            if ticket.deleted_at.is_some() {
                Vec::new()
            } else {
                ticket.cc.clone()
            }
        };
        let rows = |ticket: &Ticket| followers(ticket).iter().map(|watcher| row(ticket, &watcher.id)).collect::<Vec<_>>();
        let after = rows(&draft.ticket);
        for (pk, sk) in draft.before.as_ref().map(rows).unwrap_or_default() {
            if !after.contains(&(pk.clone(), sk.clone())) {
                transaction.delete(&self.table, Guard::Other, pk, sk, None);
            }
        }
        for (pk, sk) in after {
            transaction.put(&self.table, Guard::Other, keyed(pk, sk).with_json("row", &draft.ticket)?, None);
        }
        Ok(())
    }

    /// Hangs the new entries' files on the ticket.
    fn add_attachments(&self, transaction: &mut Transaction, draft: &Draft, with: &With<'_>) -> Result<(), StoreError> {
        for entry in &draft.entries {
            for file in entry.entry.event.attachments() {
                let item = attachment_item(draft.ticket.number, entry, file, with)?;
                transaction.put(&self.table, Guard::Other, item, None);
            }
        }
        Ok(())
    }

    /// Uploads that become attachments end, and only their owner's do.
    fn end_uploads(&self, transaction: &mut Transaction, with: &With<'_>) {
        for id in with.uploads.iter().flat_map(|uploads| &uploads.ids) {
            let owner = with.uploads.map(|uploads| uploads.owner.clone()).unwrap_or_default();
            let own = Condition::new("stored_owner = :owner", vec![(":owner", s(owner))]);
            transaction.delete(&self.table, Guard::Upload, keys::upload(id), keys::UPLOAD.into(), Some(own));
        }
        for id in with.import.iter().filter_map(|import| import.parcel.as_ref()) {
            let waiting = Condition::new("attribute_exists(pk) AND attribute_not_exists(ended_at)", Vec::new());
            transaction.delete(&self.table, Guard::Upload, keys::upload(id), keys::UPLOAD.into(), Some(waiting));
        }
    }
}

/// What a request that wrote these made: the first entry tells.
fn made(drafts: &[Draft]) -> Made {
    let first = drafts.first();
    Made {
        ticket: first.map(|draft| draft.ticket.number.0),
        seq: first.and_then(|draft| draft.entries.first()).map(|entry| entry.entry.seq),
        id: None,
    }
}

/// What became of a transaction.
pub(crate) enum Outcome {
    /// It is written.
    Done,
    /// Another change came between.
    Raced,
}

/// What a failed condition means.
fn settle(guard: Guard, item: Option<&Item>, drafts: &[Draft], with: &With<'_>) -> Result<Outcome, StoreError> {
    match guard {
        Guard::Idempotency => {
            if let (Some(record), Some(request)) = (item, with.idempotency) {
                judge(record, request)?;
            }
            Ok(Outcome::Raced)
        }
        // A lost answer, asked again after the table forgot the request's token: what is there is what this wrote.
        Guard::Ticket => {
            let there = item.and_then(|item| item.json::<Ticket>("row").ok());
            let written = |there: Ticket| {
                let same = |draft: &Draft| draft.ticket.number == there.number && draft.ticket.head_hash == there.head_hash;
                drafts.iter().any(same)
            };
            Ok(if there.is_some_and(written) {
                Outcome::Done
            } else {
                Outcome::Raced
            })
        }
        Guard::Entry => Ok(Outcome::Raced),
        Guard::Upload => Err(StoreError::Conflict("upload_gone")),
        Guard::Ledger => Err(StoreError::Conflict("in_ledger")),
        Guard::Message => Err(StoreError::Conflict("duplicate")),
        Guard::Lease => Err(StoreError::LeaseLost),
        Guard::Email => Err(StoreError::Conflict("email_taken")),
        Guard::Administrators => Err(StoreError::Conflict("last_administrator")),
        Guard::Other => Err(StoreError::Corrupt {
            what: "an unguarded write failed its condition",
        }),
    }
}

fn entry_item(number: TicketNumber, entry: &ChainedEntry) -> Result<Item, StoreError> {
    Ok(keyed(keys::ticket(number), keys::entry(entry.entry.seq))
        .with("e", s(to_json(&entry.entry)?))
        .with("p", s(&entry.previous_hash))
        .with("h", s(&entry.hash)))
}
