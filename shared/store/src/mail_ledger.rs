//! Which messages a mailbox has brought and what became of them: written in one transaction with the ticket, under the mailbox's lease.

use std::collections::HashMap;

use chamada_domain::draft::Draft;
use chamada_domain::mailbox::{LedgerEntry, Verdict};
use chamada_domain::timestamp::days;
use chamada_domain::{AttachmentId, MailboxId, TicketNumber, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::{Made, StoreError};
use crate::idempotency::Idempotency;
use crate::item::{Item, ItemExt, keyed, n, s};
use crate::keys;
use crate::leases::Lease;
use crate::lists::{Index, Position};
use crate::store::Store;
use crate::transaction::{Condition, Failure, Guard, Transaction};

/// For how many days the ledger remembers a message that the server no longer lists.
const KEPT_DAYS: i64 = 90;

/// A message that is being imported.
#[derive(Debug, Clone)]
pub struct Import {
    /// The lease under which it happens.
    pub lease: Lease,
    /// Its name in the ledger: the UIDL, or a digest where the server has none or names two messages alike.
    pub uidl: String,
    /// What it was and what becomes of it; the ticket's number is filled in.
    pub entry: LedgerEntry,
    /// Its Message-ID, where it has a usable one.
    pub message_id: Option<MessageIdentity>,
    /// The parcel of the files that hang on the ticket with it ([`Store::announce_parcel`]).
    pub parcel: Option<AttachmentId>,
}

/// What tells a message from every other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageIdentity {
    /// SHA-256 of the Message-ID, lower-case hex.
    pub id_hash: String,
    /// SHA-256 over From, Date and body digest: the same id alone is no duplicate (MAIL.md).
    pub fingerprint: String,
}

/// A message that a ticket knows by its Message-ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownMessage {
    /// The ticket.
    pub ticket: TicketNumber,
    /// From, Date and body digest of an imported one; nothing for our own mails.
    pub fingerprint: Option<String>,
}

/// A ledger entry with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedLedgerEntry {
    /// Its name in the ledger.
    pub id: String,
    /// What it was and what became of it.
    #[serde(flatten)]
    pub entry: LedgerEntry,
}

impl Store {
    pub(crate) fn add_import(&self, transaction: &mut Transaction, import: &Import, draft: &Draft) -> Result<(), StoreError> {
        let mut import = import.clone();
        import.entry.ticket = Some(draft.ticket.number);
        self.add_ledger(transaction, &import)?;
        self.add_mail(transaction, &import, draft.entries.first().map(|entry| entry.entry.seq));
        if let Some(identity) = &import.message_id {
            let first = draft.entries.first().map_or(0, |entry| entry.entry.seq);
            let item = keyed(keys::message_id(&identity.id_hash), keys::fingerprint(&identity.fingerprint))
                .with("ticket", n(draft.ticket.number.0))
                .with("seq", n(first));
            transaction.put(&self.table, Guard::Message, item, Some(Condition::absent()));
        }
        Ok(())
    }

    fn add_ledger(&self, transaction: &mut Transaction, import: &Import) -> Result<(), StoreError> {
        let unless = Condition::new("attribute_not_exists(pk) OR ended = :yes", vec![(":yes", n(1))]);
        transaction.put(&self.table, Guard::Ledger, ledger_item(import)?, Some(unless));
        let (key, condition) = import.lease.check(import.entry.at);
        transaction.check(&self.table, Guard::Lease, key, condition);
        Ok(())
    }

    /// Has the ticket remember its mail, and mails that turned out to be doubles: erasing it takes subject and sender out of the ledger too.
    fn add_mail(&self, transaction: &mut Transaction, import: &Import, seq: Option<u64>) {
        let Some(ticket) = import.entry.ticket else { return };
        let name = keys::mail(&import.lease.mailbox, &import.entry.digest, &import.uidl);
        let item = keyed(keys::ticket(ticket), name);
        let item = match seq {
            Some(seq) => item.with("seq", n(seq)),
            None => item,
        };
        transaction.put(&self.table, Guard::Other, item, None);
    }

    /// The first entry that was made of a mail, of which this one is a double.
    async fn entry_of(&self, double: &Import) -> Result<Option<u64>, StoreError> {
        let Some(identity) = &double.message_id else { return Ok(None) };
        let name = keys::fingerprint(&identity.fingerprint);
        let item = self.read(&keys::message_id(&identity.id_hash), &name, true).await?;
        item.map(|item| item.number("seq")).transpose()
    }

    /// Writes what became of a message that changed no ticket. A double goes with the words of what it is a double of, should those be erased.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or [`StoreError::Conflict`] `in_ledger`.
    pub async fn record_message(&self, import: &Import) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        self.add_ledger(&mut transaction, import)?;
        if let Some(ticket) = import.entry.ticket {
            self.add_mail(&mut transaction, import, self.entry_of(import).await?);
            self.begin_erasures_again(&mut transaction, ticket, import.entry.at).await?;
        }
        match transaction.run(&self.client).await {
            Ok(()) => Ok(()),
            Err(Failure::Condition(Guard::Lease, _)) => Err(StoreError::LeaseLost),
            Err(Failure::Condition(..)) => Err(StoreError::Conflict("in_ledger")),
            Err(Failure::Contention) => Err(StoreError::Raced),
            Err(Failure::Store(error)) => Err(error),
        }
    }

    /// What the ledger has of these names; what it no longer counts is left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ledger(&self, mailbox: &MailboxId, uidls: &[String]) -> Result<HashMap<String, LedgerEntry>, StoreError> {
        let mut known = HashMap::new();
        for chunk in uidls.chunks(100) {
            let wanted: Vec<_> = chunk.iter().map(|uidl| (keys::mailbox(mailbox), keys::ledger(uidl))).collect();
            for (uidl, item) in chunk.iter().zip(self.read_all(&wanted).await?) {
                if let Some(item) = item.filter(|item| !item.contains_key("ended")) {
                    known.insert(uidl.clone(), item.json("row")?);
                }
            }
        }
        Ok(known)
    }

    /// Forgets names that the server no longer lists: it may give them to other messages. What became of the messages stays to be read.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_ledger(&self, mailbox: &MailboxId, uidls: &[String], now: Timestamp) -> Result<(), StoreError> {
        for uidl in uidls {
            let update = self
                .client
                .update_item()
                .table_name(&*self.table)
                .key("pk", s(keys::mailbox(mailbox)))
                .key("sk", s(keys::ledger(uidl)))
                .update_expression("SET ended = :yes, expires_at = :until")
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_values(":yes", n(1))
                .expression_attribute_values(":until", n(now.plus(days(KEPT_DAYS)).unix_seconds()));
            match update.send().await {
                Ok(_) => {}
                Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {}
                Err(error) => return Err(StoreError::unavailable(error)),
            }
        }
        Ok(())
    }

    /// One message of a mailbox.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn ledger_entry(&self, mailbox: &MailboxId, id: &str) -> Result<LedgerEntry, StoreError> {
        let item = self
            .read(&keys::mailbox(mailbox), &keys::ledger(id), true)
            .await?
            .ok_or(StoreError::NotFound)?;
        item.json("row")
    }

    /// Gives a quarantined message up: it counts as ignored from now on, and is not fetched again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] `not_quarantined`; [`StoreError::Raced`] where something else became of it meanwhile;
    /// [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn discard_message(
        &self,
        mailbox: &MailboxId,
        id: &str,
        reason: &str,
        request: Option<&Idempotency>,
    ) -> Result<(), StoreError> {
        self.replay(request).await?;
        let item = self
            .read(&keys::mailbox(mailbox), &keys::ledger(id), true)
            .await?
            .ok_or(StoreError::NotFound)?;
        let mut entry: LedgerEntry = item.json("row")?;
        if entry.state != Verdict::Quarantined {
            // By this very request, perhaps, sent twice at the same moment.
            self.replay(request).await?;
            return Err(StoreError::Conflict("not_quarantined"));
        }
        let was = Condition::new("status_pk = :was", vec![(":was", s(keys::verdicts(mailbox, entry.state.as_str())))]);
        entry.state = Verdict::Ignored;
        entry.reason = Some(reason.to_owned());
        let item = item
            .with_json("row", &entry)?
            .with("status_pk", s(keys::verdicts(mailbox, entry.state.as_str())));
        let mut transaction = Transaction::default();
        transaction.put(&self.table, Guard::Ledger, item, Some(was));
        let made = Made {
            id: Some(id.to_owned()),
            ..Made::default()
        };
        self.remember(&mut transaction, request, &made)?;
        let judged = |guard| (guard == Guard::Ledger).then_some(StoreError::Conflict("not_quarantined"));
        self.carry_out(transaction, request, judged).await
    }

    /// Messages of a mailbox, newest first: all, or those of one verdict.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn messages(
        &self,
        mailbox: &MailboxId,
        state: Option<Verdict>,
        start: Option<Position>,
        limit: u16,
    ) -> Result<(Vec<NamedLedgerEntry>, Option<Position>), StoreError> {
        let (index, partition) = match state {
            Some(state) => (Index::Status, keys::verdicts(mailbox, state.as_str())),
            None => (Index::Updated, keys::verdicts(mailbox, "all")),
        };
        let page = self.index_page(index, &partition, false, start, limit).await?;
        let name = |item: &Item| -> Result<String, StoreError> { Ok(item.text("sk")?.strip_prefix("UID#").unwrap_or_default().to_owned()) };
        let rows = page.items.iter().map(|item| {
            Ok(NamedLedgerEntry {
                id: name(item)?,
                entry: item.json("row")?,
            })
        });
        Ok((rows.collect::<Result<_, StoreError>>()?, page.next))
    }

    /// The tickets that know a Message-ID.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn messages_of_id(&self, id_hash: &str) -> Result<Vec<KnownMessage>, StoreError> {
        let items = self.all(&keys::message_id(id_hash), None).await?;
        items
            .iter()
            .map(|item| {
                let fingerprint = item.text("sk")?.strip_prefix("FP#").map(str::to_owned);
                Ok(KnownMessage {
                    ticket: TicketNumber(item.number("ticket")?),
                    fingerprint,
                })
            })
            .collect()
    }
}

fn ledger_item(import: &Import) -> Result<Item, StoreError> {
    let mailbox = &import.lease.mailbox;
    Ok(keyed(keys::mailbox(mailbox), keys::ledger(&import.uidl))
        .with_json("row", &import.entry)?
        .with("updated_at", s(import.entry.at.to_string()))
        .with("list_pk", s(keys::verdicts(mailbox, "all")))
        .with("status_pk", s(keys::verdicts(mailbox, import.entry.state.as_str()))))
}
