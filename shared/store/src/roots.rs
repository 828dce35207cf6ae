//! The heads of a day and the roots made of them: what lets each root cover every head there ever was by reading one day's changes alone.

use chamada_domain::audit::{AuditChange, AuditTarget};
use chamada_domain::{AuditAction, AuditKind, TicketNumber, Timestamp};
use serde::{Deserialize, Serialize};
use time::Date;

use crate::audit::{Deed, Note};
use crate::error::StoreError;
use crate::item::{Item, ItemExt, keyed, n, s, to_json};
use crate::keys;
use crate::store::Store;
use crate::transaction::{Condition, Guard, Transaction};

/// The newest entry of a ticket that was announced in a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayHead {
    /// The ticket.
    pub ticket: TicketNumber,
    /// The entry's place.
    pub seq: u64,
    /// Its hash, lower-case hex.
    pub hash: String,
}

/// Where the making of roots goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootsAt {
    /// The first day that was not looked at.
    pub next: Date,
    /// The newest root.
    pub previous_root: String,
}

/// A root that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootRecord {
    /// The root, lower-case hex.
    pub root: String,
    /// The root before it.
    pub previous_root: String,
    /// How many heads it was made of.
    pub heads: u64,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Writes down that an entry was announced in a day, unless a newer one of its ticket was.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn note_head(&self, day: Date, head: &DayHead) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .key("pk", s(keys::day(day)))
            .key("sk", s(keys::ticket(head.ticket)))
            .update_expression("SET seq = :seq, h = :hash")
            .condition_expression("attribute_not_exists(pk) OR seq < :seq")
            .expression_attribute_values(":seq", n(head.seq))
            .expression_attribute_values(":hash", s(&head.hash));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// The heads of a day, by ticket number.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn heads_of(&self, day: Date) -> Result<Vec<DayHead>, StoreError> {
        self.all(&keys::day(day), None).await?.iter().map(read_head).collect()
    }

    /// Those of `days` whose root is made, each with what it names of the ticket; two items a day, in one round trip for 50 of them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rooted_heads(&self, ticket: TicketNumber, days: &[Date]) -> Result<Vec<(Date, DayHead)>, StoreError> {
        let mut found = Vec::new();
        for chunk in days.chunks(50) {
            let wanted: Vec<(String, String)> = chunk
                .iter()
                .flat_map(|day| {
                    let head = (keys::day(*day), keys::ticket(ticket));
                    [head, (keys::ROOTS.to_owned(), day.to_string())]
                })
                .collect();
            let items = self.read_all(&wanted).await?;
            for (day, pair) in chunk.iter().zip(items.chunks(2)) {
                if let [Some(head), Some(_)] = pair {
                    found.push((*day, read_head(head)?));
                }
            }
        }
        Ok(found)
    }

    /// Where the making of roots goes on; nothing before the first look. One item, read without waiting for the newest: an hour later it is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn roots_at(&self) -> Result<Option<RootsAt>, StoreError> {
        let item = self.read(keys::ROOTS, keys::ROOTS_AT, false).await?;
        item.map(|item| item.json("stands")).transpose()
    }

    /// Goes on behind days that nothing changed in; `before` is where it stood, nothing for the first time.
    ///
    /// # Errors
    /// [`StoreError::Raced`] where another went on.
    pub async fn pass_days(&self, before: Option<&RootsAt>, after: &RootsAt) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        self.go_on(&mut transaction, before, after)?;
        self.carry_out(transaction, None, |_| None).await
    }

    /// Records the root of a day, with the audit's record, and goes on behind it.
    ///
    /// # Errors
    /// [`StoreError::Raced`] where another recorded it.
    pub async fn record_root(
        &self,
        before: &RootsAt,
        day: Date,
        after: &RootsAt,
        record: &RootRecord,
        deed: &Deed,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        self.go_on(&mut transaction, Some(before), after)?;
        let item = keyed(keys::ROOTS, day.to_string()).with_json("root", record)?;
        transaction.put(&self.table, Guard::Other, item, Some(Condition::absent()));
        let note = Note {
            action: AuditAction::RootMade,
            target: AuditTarget::one(AuditKind::Root, day),
            changes: vec![AuditChange::to("root", record.root.as_str())],
        };
        self.note(&mut transaction, Some(deed), note).await?;
        self.carry_out(transaction, None, |_| None).await
    }

    /// A root that was made.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn root_record(&self, day: Date) -> Result<RootRecord, StoreError> {
        let item = self.read(keys::ROOTS, &day.to_string(), true).await?;
        item.ok_or(StoreError::NotFound)?.json("root")
    }

    fn go_on(&self, transaction: &mut Transaction, before: Option<&RootsAt>, after: &RootsAt) -> Result<(), StoreError> {
        let condition = match before {
            Some(before) => Condition::new("stands = :before", vec![(":before", s(to_json(before)?))]),
            None => Condition::absent(),
        };
        let item = keyed(keys::ROOTS, keys::ROOTS_AT).with_json("stands", after)?;
        transaction.put(&self.table, Guard::Ticket, item, Some(condition));
        Ok(())
    }
}

fn read_head(item: &Item) -> Result<DayHead, StoreError> {
    let ticket = keys::ticket_number(item.text("sk")?).ok_or(StoreError::Corrupt {
        what: "a day's head names no ticket",
    })?;
    Ok(DayHead {
        ticket,
        seq: item.number("seq")?,
        hash: item.text("h")?.to_owned(),
    })
}
