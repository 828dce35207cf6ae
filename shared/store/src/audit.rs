//! The audit: who changed what, written in the transaction that changes it, a partition a month.

use chamada_domain::audit::{AuditChange, AuditRecord, AuditTarget};
use chamada_domain::{AuditAction, Timestamp, UserId};

use crate::error::{Made, StoreError};
use crate::idempotency::Idempotency;
use crate::item::{Item, ItemExt, keyed};
use crate::keys;
use crate::retry::Pauses;
use crate::store::{Range, Store};
use crate::transaction::{Failure, Guard, Transaction};

/// How many characters of a moment name its month: `2026-11`.
const MONTH: usize = 7;

/// A change that somebody makes: the request, where they named it, and what the audit says of who makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// What the caller named with `Idempotency-Key`.
    pub request: Option<Idempotency>,
    /// Who; nobody where an operator does it at the machine.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// Tells records of one moment apart.
    nonce: String,
    /// What changes besides, and does not stand in what is written.
    besides: Vec<AuditChange>,
    import: bool,
    /// What a repeated request is answered with, where that is more than what was written.
    pub(crate) answer: Option<Made>,
}

impl Deed {
    /// A change by this person, or by an operator at the machine; the bytes are random, which the caller draws.
    #[must_use]
    pub fn new(by: Option<UserId>, at: Timestamp, random: [u8; 8]) -> Self {
        Self {
            request: None,
            by,
            at,
            nonce: format!("{:016x}", u64::from_be_bytes(random)),
            besides: Vec::new(),
            import: false,
            answer: None,
        }
    }

    /// The same, as an import.
    #[must_use]
    pub fn as_import(self) -> Self {
        Self { import: true, ..self }
    }

    /// The same, with what a repeated request is answered with.
    #[must_use]
    pub fn answering(self, answer: Made) -> Self {
        Self {
            answer: Some(answer),
            ..self
        }
    }

    pub(crate) fn is_import(&self) -> bool {
        self.import
    }

    /// The same, as a request that may come again.
    #[must_use]
    pub fn once(self, request: Option<Idempotency>) -> Self {
        Self { request, ..self }
    }

    /// The same, with something that changes and does not stand in what is written: a secret, or what was counted.
    #[must_use]
    pub fn besides(mut self, change: AuditChange) -> Self {
        self.besides.push(change);
        self
    }
}

/// What the audit says of one change.
pub(crate) struct Note {
    pub(crate) action: AuditAction,
    pub(crate) target: AuditTarget,
    pub(crate) changes: Vec<AuditChange>,
}

/// The request of a deed, where it was named.
pub(crate) fn request_of(deed: Option<&Deed>) -> Option<&Idempotency> {
    deed.and_then(|deed| deed.request.as_ref())
}

impl Store {
    /// Adds what the audit says of a change to the transaction that carries it out; nothing, where nothing is different.
    pub(crate) async fn note(&self, transaction: &mut Transaction, deed: Option<&Deed>, mut note: Note) -> Result<(), StoreError> {
        let Some(deed) = deed else { return Ok(()) };
        note.changes.extend(deed.besides.iter().cloned());
        if note.changes.is_empty() && note.action.is_change() {
            return Ok(());
        }
        let at = deed.at.to_string();
        let month = &at[..MONTH];
        self.begin_month(month).await?;
        let place = note.target.id.as_deref().unwrap_or(note.target.kind.as_str());
        let item = keyed(keys::audit(month), keys::audit_record(&at, &deed.nonce, place));
        let record = AuditRecord {
            at: deed.at,
            by: deed.by.clone(),
            action: note.action,
            target: note.target,
            changes: note.changes,
        };
        transaction.put(&self.table, Guard::Other, item.with_json("record", &record)?, None);
        Ok(())
    }

    /// Writes down that this month has records, once in each process: so that reading never looks into months without any.
    async fn begin_month(&self, month: &str) -> Result<(), StoreError> {
        if self.conf.lock().await.months.contains(month) {
            return Ok(());
        }
        self.write_new(keyed(keys::AUDIT_MONTHS, month)).await?;
        self.conf.lock().await.months.insert(month.to_owned());
        Ok(())
    }

    /// Writes a record alone, with the request that it ends: for what was done in several steps.
    ///
    /// # Errors
    /// [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn note_alone(&self, deed: &Deed, action: AuditAction, target: AuditTarget) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        let note = Note {
            action,
            target,
            changes: Vec::new(),
        };
        self.note(&mut transaction, Some(deed), note).await?;
        let made = deed.answer.clone().unwrap_or_default();
        self.remember(&mut transaction, deed.request.as_ref(), &made)?;
        self.carry_out(transaction, deed.request.as_ref(), |_| None).await
    }

    /// Carries a deed's transaction out. `means` says what a failed condition of it means; where it says nothing, others were faster, unless it was this
    /// very request, sent twice at the same moment.
    ///
    /// # Errors
    /// [`StoreError::Replayed`] or [`StoreError::KeyReused`]; what `means` says; [`StoreError::Raced`].
    pub(crate) async fn carry_out(
        &self,
        transaction: Transaction,
        request: Option<&Idempotency>,
        means: impl FnOnce(Guard) -> Option<StoreError>,
    ) -> Result<(), StoreError> {
        self.carry_out_within(transaction, request, means, &mut Pauses::default()).await
    }

    /// The same for a caller who tries again in other ways too: with the pauses that are left of `pauses`.
    pub(crate) async fn carry_out_within(
        &self,
        transaction: Transaction,
        request: Option<&Idempotency>,
        means: impl FnOnce(Guard) -> Option<StoreError>,
        pauses: &mut Pauses,
    ) -> Result<(), StoreError> {
        let meaning = match transaction.run_within(&self.client, pauses).await {
            Ok(()) => return Ok(()),
            Err(Failure::Store(error)) => return Err(error),
            Err(Failure::Contention) => None,
            Err(Failure::Condition(guard, _)) => means(guard),
        };
        self.replay(request).await?;
        Err(meaning.unwrap_or(StoreError::Raced))
    }

    /// The audit's records, newest first, each with its place; `before` is the place of the last one of the page before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn audit(&self, before: Option<&str>, limit: u16) -> Result<Vec<(String, AuditRecord)>, StoreError> {
        let mut records = Vec::new();
        for month in self.months_of_audit(before).await? {
            let pk = keys::audit(&month);
            let mut start = before.filter(|place| place.starts_with(&month)).map(|place| keyed(&pk, place));
            loop {
                let rest = usize::from(limit) - records.len();
                let range = Range {
                    pk: &pk,
                    between: None,
                    forward: false,
                    consistent: true,
                    limit: i32::try_from(rest).ok(),
                    start,
                };
                let page = self.page(range).await?;
                for item in &page.items {
                    records.push((item.text("sk")?.to_owned(), item.json("record")?));
                }
                if records.len() >= usize::from(limit) {
                    return Ok(records);
                }
                start = page.next;
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(records)
    }

    /// The months that have records, newest first, from that of `before` on.
    async fn months_of_audit(&self, before: Option<&str>) -> Result<Vec<String>, StoreError> {
        let items = self.all(keys::AUDIT_MONTHS, None).await?;
        let name = |item: &Item| item.text("sk").map(str::to_owned);
        let mut months: Vec<String> = items.iter().map(name).collect::<Result<_, _>>()?;
        months.retain(|month| before.is_none_or(|place| place.get(..MONTH).is_some_and(|newest| month.as_str() <= newest)));
        months.reverse();
        Ok(months)
    }
}
