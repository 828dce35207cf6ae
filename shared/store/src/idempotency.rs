//! A request that is sent twice has one effect.

use chamada_domain::Timestamp;

use crate::error::{Made, StoreError};
use crate::item::{Item, ItemExt, keyed, s};
use crate::keys;
use crate::store::Store;
use crate::transaction::{Condition, Failure, Guard, Transaction};

/// For how long a request is remembered, in hours.
const REMEMBERED_HOURS: i64 = 24;

/// What a caller named with `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// Who calls: a user's id, or the hash of a guest's session.
    pub caller: String,
    /// The key, 1 to 128 visible ASCII characters.
    pub key: String,
    /// SHA-256 of method, path and body.
    pub digest: String,
    /// Now.
    pub now: Timestamp,
}

impl Store {
    /// Whether this request was carried out before.
    ///
    /// # Errors
    /// [`StoreError::Replayed`] where it was, [`StoreError::KeyReused`] where the key stood for another request.
    pub async fn replay(&self, request: Option<&Idempotency>) -> Result<(), StoreError> {
        let Some(request) = request else { return Ok(()) };
        match self.read(&keys::idempotency(&request.caller, &request.key), "I", true).await? {
            Some(record) => judge(&record, request),
            None => Ok(()),
        }
    }

    /// What was read, unless it is gone by this very request, sent twice at the same moment.
    ///
    /// # Errors
    /// As [`Store::replay`], where there is nothing.
    pub async fn unless_replayed<T>(&self, request: Option<&Idempotency>, read: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(read, Err(StoreError::NotFound)) {
            self.replay(request).await?;
        }
        read
    }

    /// Adds the record of a request to the transaction that carries it out.
    pub(crate) fn remember(&self, transaction: &mut Transaction, request: Option<&Idempotency>, made: &Made) -> Result<(), StoreError> {
        let Some(request) = request else { return Ok(()) };
        let item = keyed(keys::idempotency(&request.caller, &request.key), "I")
            .with("digest", s(&request.digest))
            .with_json("made", made)?
            .expiring(request.now.plus(chamada_domain::timestamp::hours(REMEMBERED_HOURS)));
        let now = crate::item::n(request.now.unix_seconds());
        let unless = Condition::new("attribute_not_exists(pk) OR expires_at <= :now", vec![(":now", now)]);
        transaction.put(&self.table, Guard::Idempotency, item, Some(unless));
        Ok(())
    }

    /// Remembers a request after it was carried out: for what does no harm if a crash in between makes it be carried out again.
    ///
    /// # Errors
    /// [`StoreError::KeyReused`] where the key stood for another request.
    pub async fn remember_alone(&self, request: Option<&Idempotency>, made: &Made) -> Result<(), StoreError> {
        if request.is_none() {
            return Ok(());
        }
        let mut transaction = Transaction::default();
        self.remember(&mut transaction, request, made)?;
        match transaction.run(&self.client).await {
            Ok(()) => Ok(()),
            Err(Failure::Store(error)) => Err(error),
            Err(Failure::Contention | Failure::Condition(..)) => match self.replay(request).await {
                Err(StoreError::Replayed(_)) => Ok(()),
                outcome => outcome,
            },
        }
    }
}

/// What the record of an earlier request means for this one.
pub(crate) fn judge(record: &Item, request: &Idempotency) -> Result<(), StoreError> {
    if record.has_expired(request.now) {
        Ok(())
    } else if record.text("digest")? == request.digest {
        Err(StoreError::Replayed(record.json("made")?))
    } else {
        Err(StoreError::KeyReused)
    }
}
