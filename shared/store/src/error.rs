//! What can go wrong between a function and its table.

use std::error::Error;

use chamada_domain::Refusal;
use serde::{Deserialize, Serialize};

/// Why the store did not do as it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such item.
    #[error("there is no such item")]
    NotFound,
    /// The domain refused the change after the present state had been read.
    #[error("the domain refuses it: {0}")]
    Refused(#[from] Refusal),
    /// What is there already does not allow it; the word says why.
    #[error("what is there does not allow it: {0}")]
    Conflict(&'static str),
    /// The same request was carried out before; this is what it made.
    #[error("this request was carried out before")]
    Replayed(Made),
    /// The `Idempotency-Key` was used before with another body.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Others changed the same thing at the same moment, again and again.
    #[error("others keep changing the same item")]
    Raced,
    /// The lease under which this was to be written is no longer ours.
    #[error("the lease was lost")]
    LeaseLost,
    /// The table could not be reached or does not answer.
    #[error("the table is unavailable")]
    Unavailable {
        /// What the SDK says.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// An item is not what this program writes.
    #[error("an item is damaged: {what}")]
    Corrupt {
        /// Which kind of item, and what is wrong with it; no personal data.
        what: &'static str,
    },
}

/// What a request made: enough to answer its repetition with the same resource.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Made {
    /// The ticket.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<u64>,
    /// The entry of its history.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The id of anything else.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl StoreError {
    pub(crate) fn unavailable(source: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable { source: Box::new(source) }
    }
}
