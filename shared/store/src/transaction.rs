//! One transaction: several writes that are all done or none, each with a name by which a failed condition is told.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use crate::error::StoreError;
use crate::item::{Item, s};
use crate::retry::Pauses;

/// Which of a transaction's conditions failed. Where several did, the first in this order is the cause of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Guard {
    /// The idempotency key was used.
    Idempotency,
    /// The lease is another's.
    Lease,
    /// The message is in the ledger.
    Ledger,
    /// Another mailbox brought the message.
    Message,
    /// The ticket is no longer what was read.
    Ticket,
    /// An entry of that place is there already.
    Entry,
    /// An upload is gone, another's, or hangs on a ticket.
    Upload,
    /// The address belongs to somebody.
    Email,
    /// The last active administrator would go.
    Administrators,
    /// Anything else that was not as it should be.
    Other,
}

/// Why a transaction was not carried out.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A condition failed; with the item as it is, where that was asked for.
    Condition(Guard, Option<Item>),
    /// Other transactions on the same items were under way, time after time.
    Contention,
    /// The table is unavailable.
    Store(StoreError),
}

/// A transaction being put together.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    items: Vec<(Guard, TransactWriteItem)>,
}

/// A condition with its values.
pub(crate) struct Condition<'a> {
    pub(crate) expression: &'a str,
    pub(crate) values: Vec<(&'static str, AttributeValue)>,
}

impl<'a> Condition<'a> {
    pub(crate) fn absent() -> Self {
        Self {
            expression: "attribute_not_exists(pk)",
            values: Vec::new(),
        }
    }

    pub(crate) fn new(expression: &'a str, values: Vec<(&'static str, AttributeValue)>) -> Self {
        Self { expression, values }
    }
}

impl Transaction {
    pub(crate) fn put(&mut self, table: &str, guard: Guard, item: Item, condition: Option<Condition<'_>>) {
        let mut put = Put::builder().table_name(table).set_item(Some(item));
        if let Some(condition) = condition {
            put = put
                .condition_expression(condition.expression)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            for (name, value) in condition.values {
                put = put.expression_attribute_values(name, value);
            }
        }
        if let Ok(put) = put.build() {
            self.items.push((guard, TransactWriteItem::builder().put(put).build()));
        }
    }

    /// Alters an item, or makes it; `change` is the update expression with its values.
    pub(crate) fn update(&mut self, table: &str, guard: Guard, key: (&str, &str), change: Condition<'_>, condition: Option<&str>) {
        let mut update = Update::builder()
            .table_name(table)
            .key("pk", s(key.0))
            .key("sk", s(key.1))
            .update_expression(change.expression)
            .set_condition_expression(condition.map(str::to_owned));
        for (name, value) in change.values {
            update = update.expression_attribute_values(name, value);
        }
        if let Ok(update) = update.build() {
            self.items.push((guard, TransactWriteItem::builder().update(update).build()));
        }
    }

    pub(crate) fn delete(&mut self, table: &str, guard: Guard, pk: String, sk: String, condition: Option<Condition<'_>>) {
        let mut delete = Delete::builder().table_name(table).key("pk", s(pk)).key("sk", s(sk));
        if let Some(condition) = condition {
            delete = delete.condition_expression(condition.expression);
            for (name, value) in condition.values {
                delete = delete.expression_attribute_values(name, value);
            }
        }
        if let Ok(delete) = delete.build() {
            self.items.push((guard, TransactWriteItem::builder().delete(delete).build()));
        }
    }

    pub(crate) fn check(&mut self, table: &str, guard: Guard, key: (String, String), condition: Condition<'_>) {
        let mut check = ConditionCheck::builder()
            .table_name(table)
            .key("pk", s(key.0))
            .key("sk", s(key.1))
            .condition_expression(condition.expression);
        for (name, value) in condition.values {
            check = check.expression_attribute_values(name, value);
        }
        if let Ok(check) = check.build() {
            self.items
                .push((guard, TransactWriteItem::builder().condition_check(check).build()));
        }
    }

    /// Carries it out; again where others were at the same items and nothing was written, until they are done.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        self.run_within(client, &mut Pauses::default()).await
    }

    /// The same for a caller who tries again in other ways too: with the pauses that are left of `pauses`.
    pub(crate) async fn run_within(self, client: &Client, pauses: &mut Pauses) -> Result<(), Failure> {
        let guards: Vec<Guard> = self.items.iter().map(|(guard, _)| *guard).collect();
        let items: Vec<_> = self.items.into_iter().map(|(_, item)| item).collect();
        loop {
            let outcome = client.transact_write_items().set_transact_items(Some(items.clone())).send().await;
            let Err(error) = outcome else { return Ok(()) };
            match classify(error, &guards) {
                Failure::Contention if pauses.wait().await => {}
                failure => return Err(failure),
            }
        }
    }
}

fn classify(error: SdkError<TransactWriteItemsError>, guards: &[Guard]) -> Failure {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        // One of them says that an earlier attempt of this very request is under way, which the SDK has waited for: it may yet be done.
        return Failure::Store(StoreError::unavailable(error));
    };
    let reasons = cancelled.cancellation_reasons();
    let failures = reasons
        .iter()
        .zip(guards)
        .filter(|(reason, _)| reason.code() == Some("ConditionalCheckFailed"));
    let failed = failures.min_by_key(|(_, guard)| **guard);
    if let Some((reason, guard)) = failed {
        return Failure::Condition(*guard, reason.item().cloned());
    }
    let contended = |code: Option<&str>| {
        matches!(
            code,
            Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
        )
    };
    if reasons.iter().any(|reason| contended(reason.code())) {
        return Failure::Contention;
    }
    Failure::Store(StoreError::unavailable(error))
}
