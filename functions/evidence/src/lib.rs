//! What proves the tickets outside the house: the bundle of a ticket that somebody asked for, and the root of each day.
//!
//! Both may be begun twice, or killed midway, and are done again from the start: a bundle is an object that nobody sees before it is whole, a root is
//! written once and gone by ever after.

mod archive;
mod bundle;
mod root;

use chamada_domain::{BundleId, TicketNumber, Timestamp};
use chamada_platform::{HandlerError, ObjectError, Platform};
use chamada_store::{Store, StoreError};
use serde::Deserialize;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

pub use archive::{Archive, ArchiveError, Parts};

/// What is kept in hand for what is under way when the time is over.
const IN_HAND: Duration = Duration::seconds(60);

/// The function.
pub struct Handler {
    platform: Platform,
    store: Store,
}

/// An event of EventBridge, as far as it matters.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Value,
}

/// Which bundle somebody asked for.
#[derive(Deserialize)]
struct Asked {
    ticket: TicketNumber,
    bundle: BundleId,
}

impl Handler {
    /// A handler on this platform.
    #[must_use]
    pub fn new(platform: Platform) -> Self {
        let config = platform.config();
        let store = Store::new(platform.dynamodb().clone(), config.table_name.as_str(), u32::from(config.shards));
        Self { platform, store }
    }

    /// Makes the bundle that `bundle.asked` names, or the roots that are due when the schedule says `root.due`, beginning none in the last minute
    /// before `deadline`.
    ///
    /// # Errors
    /// To be retried where the table or a bucket does not answer; poison where this is another event, or what lies in a bucket is not what it was.
    pub async fn handle(&self, event: Value, deadline: OffsetDateTime) -> Result<Value, HandlerError> {
        let unreadable = |error: serde_json::Error| HandlerError::poison("this event cannot be read").caused_by(error);
        let event: Event = serde_json::from_value(event).map_err(unreadable)?;
        match event.detail_type.as_str() {
            "bundle.asked" => {
                let asked: Asked = serde_json::from_value(event.detail).map_err(unreadable)?;
                bundle::make(self, asked.ticket, &asked.bundle).await?;
                Ok(json!({}))
            }
            "root.due" => {
                let made = root::make_due(self, deadline - IN_HAND).await?;
                Ok(json!({ "made": made }))
            }
            _ => Err(HandlerError::poison("an event of another kind")),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::new(self.platform.clock().now())
    }
}

/// What a failed read or write of the table means.
fn table(error: StoreError) -> HandlerError {
    match error {
        StoreError::Corrupt { .. } => HandlerError::poison("an item cannot be read").caused_by(error),
        error => HandlerError::retry("the table did not answer").caused_by(error),
    }
}

/// What a failed read or write of a bucket means.
fn bucket(error: impl Into<ObjectError>) -> HandlerError {
    HandlerError::retry("a bucket did not do what was asked").caused_by(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_events_are_read() {
        let due: Event = serde_json::from_str(include_str!("../../../events/evidence/root-due.json")).unwrap();
        assert_eq!(due.detail_type, "root.due");
        let asked: Event = serde_json::from_str(include_str!("../../../events/evidence/bundle-asked.json")).unwrap();
        assert_eq!(asked.detail_type, "bundle.asked");
        assert!(serde_json::from_value::<Asked>(asked.detail).is_ok());
    }
}
