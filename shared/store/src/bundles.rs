//! Bundles of evidence that people asked for: how far each is. The bundle itself lies in the bucket of files.

use chamada_domain::timestamp::{days, hours};
use chamada_domain::{BundleId, Locale, TicketNumber, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::{Made, StoreError};
use crate::idempotency::Idempotency;
use crate::item::{Item, ItemExt, keyed, s, to_json};
use crate::keys;
use crate::store::Store;
use crate::transaction::{Condition, Guard, Transaction};

/// For how many days a bundle can be fetched.
const LIFE_DAYS: i64 = 7;
/// After how many hours one that is still being made has failed: all attempts at it are over, and the last was killed.
const GIVEN_UP_HOURS: i64 = 7;

/// How far a bundle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BundleState {
    /// It is being made.
    Making,
    /// It can be fetched.
    Ready,
    /// It was given up.
    Failed,
}

/// A bundle that somebody asked for. Who is not kept, only what they may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// How far it is.
    pub state: BundleState,
    /// Whether it holds what staff alone read, original mails too.
    pub for_staff: bool,
    /// The language of whoever asked.
    pub locale: Locale,
    /// When they did.
    pub at: Timestamp,
    /// How often making it was begun.
    pub attempts: u32,
    /// The newest entry that it was made of, once it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seq: Option<u64>,
}

/// Under which key a bundle lies in the bucket of files.
#[must_use]
pub fn bundle_object(ticket: TicketNumber, id: &BundleId) -> String {
    format!("{}{id}.zip", bundles_below(ticket))
}

/// Below which name all bundles of a ticket lie there.
#[must_use]
pub fn bundles_below(ticket: TicketNumber) -> String {
    format!("bundles/{ticket}/")
}

impl Store {
    /// Writes down that somebody asked for a bundle; the stream brings it to those who make it.
    ///
    /// # Errors
    /// [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn ask_bundle(
        &self,
        ticket: TicketNumber,
        id: &BundleId,
        bundle: &Bundle,
        request: Option<&Idempotency>,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        let item = bundle_item(ticket, id, bundle)?;
        transaction.put(&self.table, Guard::Other, item, Some(Condition::absent()));
        let made = Made {
            ticket: Some(ticket.0),
            id: Some(id.to_string()),
            ..Made::default()
        };
        self.remember(&mut transaction, request, &made)?;
        self.carry_out(transaction, request, |_| None).await
    }

    /// A bundle as it is now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is none, or its days are over.
    pub async fn bundle(&self, ticket: TicketNumber, id: &BundleId, now: Timestamp) -> Result<Bundle, StoreError> {
        let item = self.read(&keys::ticket(ticket), &keys::bundle(id), true).await?;
        let item = item.filter(|item| !item.has_expired(now)).ok_or(StoreError::NotFound)?;
        let bundle: Bundle = item.json("b")?;
        let given_up = bundle.state == BundleState::Making && bundle.at.plus(hours(GIVEN_UP_HOURS)) <= now;
        Ok(Bundle {
            state: if given_up { BundleState::Failed } else { bundle.state },
            ..bundle
        })
    }

    /// Counts another attempt at a bundle that is being made: the bundle; nothing where nobody waits for it any longer.
    ///
    /// # Errors
    /// [`StoreError::Raced`] where another began at the same moment.
    pub async fn begin_bundle(&self, ticket: TicketNumber, id: &BundleId, now: Timestamp) -> Result<Option<Bundle>, StoreError> {
        let before = match self.bundle(ticket, id, now).await {
            Ok(bundle) if bundle.state == BundleState::Making => bundle,
            Ok(_) | Err(StoreError::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let begun = Bundle {
            attempts: before.attempts + 1,
            ..before.clone()
        };
        if self.replace_bundle(ticket, id, &before, &begun).await? {
            Ok(Some(begun))
        } else {
            Err(StoreError::Raced)
        }
    }

    /// Records what became of a bundle, unless another recorded that already; whether anybody waits for it. Its record goes where words are erased from
    /// its ticket.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_bundle(&self, ticket: TicketNumber, id: &BundleId, ended: &Bundle, now: Timestamp) -> Result<bool, StoreError> {
        loop {
            let before = match self.bundle(ticket, id, now).await {
                Ok(bundle) if bundle.state == BundleState::Making => bundle,
                Ok(_) => return Ok(true),
                Err(StoreError::NotFound) => return Ok(false),
                Err(error) => return Err(error),
            };
            let after = Bundle {
                attempts: before.attempts,
                ..ended.clone()
            };
            if self.replace_bundle(ticket, id, &before, &after).await? {
                return Ok(true);
            }
        }
    }

    /// Whether the bundle was still as it was read.
    async fn replace_bundle(&self, ticket: TicketNumber, id: &BundleId, before: &Bundle, after: &Bundle) -> Result<bool, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(bundle_item(ticket, id, after)?))
            .condition_expression("b = :before")
            .expression_attribute_values(":before", s(to_json(before)?));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(false),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }
}

fn bundle_item(ticket: TicketNumber, id: &BundleId, bundle: &Bundle) -> Result<Item, StoreError> {
    Ok(keyed(keys::ticket(ticket), keys::bundle(id))
        .with_json("b", bundle)?
        .expiring(bundle.at.plus(days(LIFE_DAYS))))
}
