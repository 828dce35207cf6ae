//! Writing a ticket and its history: a draft whole or not at all.

use chamada_domain::chain::ChainedEntry;
use chamada_domain::draft::Draft;
use chamada_domain::{AttachmentId, Refusal, Ticket, TicketNumber, UserId};
use futures::future;

use crate::attachments::attachment_item;
use crate::error::{Made, StoreError};
use crate::held::held_meta;
use crate::idempotency::{Idempotency, judge};
use crate::item::{Item, ItemExt, keyed, n, s, to_json};
use crate::keys;
use crate::mail_ledger::Import;
use crate::retry::Pauses;
use crate::store::Store;
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
            match self.commit(draft, with, &mut pauses).await? {
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
                return Ok(draft);
            }
            match self.commit(&draft, with, &mut pauses).await? {
                Outcome::Done => return Ok(draft),
                Outcome::Raced if pauses.wait().await => {}
                Outcome::Raced => return Err(StoreError::Raced),
            }
        }
    }

    async fn commit(&self, draft: &Draft, with: &With<'_>, pauses: &mut Pauses) -> Result<Outcome, StoreError> {
        let mut transaction = Transaction::default();
        self.add_ticket(&mut transaction, draft)?;
        self.add_watchers(&mut transaction, draft)?;
        self.add_attachments(&mut transaction, draft, with)?;
        if let Some(import) = with.import {
            self.add_import(&mut transaction, import, draft)?;
        }
        let last = draft.entries.first().map(|entry| entry.entry.seq);
        self.remember(
            &mut transaction,
            with.idempotency,
            &Made {
                ticket: Some(draft.ticket.number.0),
                seq: last,
                id: None,
            },
        )?;
        match transaction.run_within(&self.client, pauses).await {
            Ok(()) => Ok(Outcome::Done),
            Err(Failure::Contention) => Err(StoreError::Raced),
            Err(Failure::Store(error)) => Err(error),
            Err(Failure::Condition(guard, item)) => settle(guard, item.as_ref(), draft, with),
        }
    }

    fn add_ticket(&self, transaction: &mut Transaction, draft: &Draft) -> Result<(), StoreError> {
        let meta = self.meta(&draft.ticket)?;
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

    /// The ticket's own item, with the attributes that put it into each index.
    pub(crate) fn meta(&self, ticket: &Ticket) -> Result<Item, StoreError> {
        if ticket.held {
            return held_meta(ticket);
        }
        let shard = keys::shard_of(ticket.number, self.shards);
        let partition = |name: &str| s(keys::sharded(name, shard, self.shards));
        let openness = keys::openness(ticket.status);
        let mut item = bare_meta(ticket)?
            .with("list_pk", partition(openness))
            .with("status_pk", partition(ticket.status.as_str()))
            .with("requester_pk", s(ticket.requester.id.as_str()))
            .with(
                "assignee_pk",
                s(keys::assignee_partition(
                    ticket.assignee.as_ref().map(|member| &member.id),
                    openness,
                )),
            );
        if ticket.status.is_pending() {
            item = item
                .with("priority_pk", partition(openness))
                .with("priority_sk", s(keys::priority_sort(ticket.priority, ticket.updated_at)))
                .with("due_pk", partition(openness))
                .with("due_sk", s(keys::due_sort(ticket)));
        }
        Ok(item)
    }

    /// Moves the ticket to the top of its watchers' lists.
    fn add_watchers(&self, transaction: &mut Transaction, draft: &Draft) -> Result<(), StoreError> {
        let row = |ticket: &Ticket, user: &UserId| (keys::user(user), keys::watched(ticket.updated_at, ticket.number));
        let rows = |ticket: &Ticket| ticket.cc.iter().map(|watcher| row(ticket, &watcher.id)).collect::<Vec<_>>();
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

    /// Hangs the new entries' files on the ticket; uploads end, and only their owner's do.
    fn add_attachments(&self, transaction: &mut Transaction, draft: &Draft, with: &With<'_>) -> Result<(), StoreError> {
        for entry in &draft.entries {
            for file in entry.entry.event.attachments() {
                let item = attachment_item(draft.ticket.number, entry, file, with)?;
                transaction.put(&self.table, Guard::Other, item, None);
            }
        }
        for id in with.uploads.iter().flat_map(|uploads| &uploads.ids) {
            let owner = with.uploads.map(|uploads| uploads.owner.clone()).unwrap_or_default();
            let own = Condition::new("stored_owner = :owner", vec![(":owner", s(owner))]);
            transaction.delete(&self.table, Guard::Upload, keys::upload(id), keys::UPLOAD.into(), Some(own));
        }
        Ok(())
    }
}

/// The ticket's own item without what puts it into indexes.
pub(crate) fn bare_meta(ticket: &Ticket) -> Result<Item, StoreError> {
    Ok(keyed(keys::ticket(ticket.number), keys::META)
        .with("row", s(to_json(ticket)?))
        .with("last_seq", n(ticket.last_seq))
        .with("version", n(ticket.version))
        .with("updated_at", s(ticket.updated_at.to_string())))
}

enum Outcome {
    Done,
    Raced,
}

/// What a failed condition means.
fn settle(guard: Guard, item: Option<&Item>, draft: &Draft, with: &With<'_>) -> Result<Outcome, StoreError> {
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
            Ok(if there.is_some_and(|there| there.head_hash == draft.ticket.head_hash) {
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
