//! A mailbox's lease: one sweep at a time, and a rising fence that keeps a sweep which lost it from writing.

use aws_sdk_dynamodb::types::ReturnValue;
use chamada_domain::timestamp::seconds;
use chamada_domain::{MailboxId, Timestamp};

use crate::error::StoreError;
use crate::item::{ItemExt, n, s};
use crate::keys;
use crate::store::Store;
use crate::transaction::Condition;

/// For how many seconds a lease holds unless renewed.
pub const LEASE_SECONDS: i64 = 90;

/// A lease that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Of which mailbox.
    pub mailbox: MailboxId,
    /// By whom.
    pub owner: String,
    /// Higher than every fence before it.
    pub fence: u64,
}

impl Lease {
    /// That it still holds, as a condition of a transaction.
    pub(crate) fn check(&self, now: Timestamp) -> ((String, String), Condition<'static>) {
        let values = vec![
            (":owner", s(&self.owner)),
            (":fence", n(self.fence)),
            (":now", n(now.unix_seconds())),
        ];
        let holds = Condition::new("lease_owner = :owner AND fence = :fence AND lease_until > :now", values);
        ((keys::mailbox(&self.mailbox), "LEASE".to_owned()), holds)
    }
}

impl Store {
    /// Takes a mailbox's lease; nothing where another holds it. `owner` is one call's own name: who has it already repeats a request whose answer
    /// was lost.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn take_lease(&self, mailbox: &MailboxId, owner: &str, now: Timestamp) -> Result<Option<Lease>, StoreError> {
        let taken = self
            .client
            .update_item()
            .table_name(&*self.table)
            .key("pk", s(keys::mailbox(mailbox)))
            .key("sk", s("LEASE"))
            .update_expression("SET lease_owner = :owner, lease_until = :until ADD fence :one")
            .condition_expression("attribute_not_exists(pk) OR lease_until <= :now OR lease_owner = :owner")
            .expression_attribute_values(":owner", s(owner))
            .expression_attribute_values(":until", n(now.plus(seconds(LEASE_SECONDS)).unix_seconds()))
            .expression_attribute_values(":now", n(now.unix_seconds()))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match taken {
            Ok(answer) => {
                let fence = answer.attributes.unwrap_or_default().number("fence")?;
                Ok(Some(Lease {
                    mailbox: mailbox.clone(),
                    owner: owner.to_owned(),
                    fence,
                }))
            }
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(None),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Holds a lease for another [`LEASE_SECONDS`].
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn renew_lease(&self, lease: &Lease, now: Timestamp) -> Result<(), StoreError> {
        self.set_lease(lease, now.plus(seconds(LEASE_SECONDS))).await
    }

    /// Gives a lease back.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.set_lease(lease, Timestamp::from_unix_seconds(0)).await
    }

    async fn set_lease(&self, lease: &Lease, until: Timestamp) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .key("pk", s(keys::mailbox(&lease.mailbox)))
            .key("sk", s("LEASE"))
            .update_expression("SET lease_until = :until")
            .condition_expression("lease_owner = :owner AND fence = :fence")
            .expression_attribute_values(":owner", s(&lease.owner))
            .expression_attribute_values(":fence", n(lease.fence))
            .expression_attribute_values(":until", n(until.unix_seconds()));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Err(StoreError::LeaseLost),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Frees a mailbox's lease whoever holds it: for a machine that starts and knows that it runs alone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn free_lease(&self, mailbox: &MailboxId) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .key("pk", s(keys::mailbox(mailbox)))
            .key("sk", s("LEASE"))
            .update_expression("SET lease_until = :until")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":until", n(0));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }
}
