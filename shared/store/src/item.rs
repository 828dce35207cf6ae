//! Reading and writing attributes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chamada_domain::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;

/// An item as DynamoDB has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// An item that begins with its key.
pub(crate) fn keyed(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))])
}

pub(crate) trait ItemExt: Sized {
    fn with(self, name: &str, value: AttributeValue) -> Self;
    fn with_json(self, name: &str, value: &impl Serialize) -> Result<Self, StoreError>;
    fn expiring(self, at: Timestamp) -> Self;
    fn text(&self, name: &str) -> Result<&str, StoreError>;
    fn number(&self, name: &str) -> Result<u64, StoreError>;
    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError>;
    fn has_expired(&self, now: Timestamp) -> bool;
}

impl ItemExt for Item {
    fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.insert(name.to_owned(), value);
        self
    }

    fn with_json(self, name: &str, value: &impl Serialize) -> Result<Self, StoreError> {
        Ok(self.with(name, s(to_json(value)?)))
    }

    fn expiring(self, at: Timestamp) -> Self {
        self.with("expires_at", n(at.unix_seconds()))
    }

    fn text(&self, name: &str) -> Result<&str, StoreError> {
        match self.get(name) {
            Some(AttributeValue::S(text)) => Ok(text),
            _ => Err(StoreError::Corrupt { what: "a text is missing" }),
        }
    }

    fn number(&self, name: &str) -> Result<u64, StoreError> {
        match self.get(name) {
            Some(AttributeValue::N(number)) => number.parse().map_err(|_| StoreError::Corrupt {
                what: "a number is unreadable",
            }),
            _ => Err(StoreError::Corrupt {
                what: "a number is missing",
            }),
        }
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        serde_json::from_str(self.text(name)?).map_err(|_| StoreError::Corrupt {
            what: "stored JSON is unreadable",
        })
    }

    /// Expiry counts here; DynamoDB's own deletion tidies up days later. An item without the attribute never expires.
    fn has_expired(&self, now: Timestamp) -> bool {
        self.number("expires_at")
            .is_ok_and(|at| i64::try_from(at).is_ok_and(|at| at <= now.unix_seconds()))
    }
}

pub(crate) fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt {
        what: "a value has no JSON form",
    })
}
