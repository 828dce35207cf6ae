//! What nobody needs any longer goes, every hour: what no request and no expiry of the table tidies up.
//!
//! Each duty has a module of its own. A duty reads what is due from an index, a page at a time, and leaves what it does not get done to the next
//! run; done twice, or by two runs at once, it does no harm.

mod uploads;

use chamada_domain::Timestamp;
use chamada_platform::{HandlerError, Platform};
use chamada_store::{Store, StoreError};
use serde::Deserialize;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

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
}

impl Handler {
    /// A handler on this platform.
    #[must_use]
    pub fn new(platform: Platform) -> Self {
        let config = platform.config();
        let store = Store::new(platform.dynamodb().clone(), config.table_name.as_str(), u32::from(config.shards));
        Self { platform, store }
    }

    /// Handles the schedule's `housekeeping.due`: does what is due, beginning nothing new in the last minute before `deadline`. The answer says what
    /// was done, and whether more is left for the next run.
    ///
    /// # Errors
    /// To be retried where the table or the bucket does not answer, after all else was done; poison where this is another event.
    pub async fn handle(&self, event: Value, deadline: OffsetDateTime) -> Result<Value, HandlerError> {
        let event: Event =
            serde_json::from_value(event).map_err(|error| HandlerError::poison("no event of the schedule").caused_by(error))?;
        if event.detail_type != "housekeeping.due" {
            return Err(HandlerError::poison("an event of another kind"));
        }
        let uploads = uploads::tidy(self, deadline - IN_HAND).await?;
        Ok(json!({ "ended": uploads.ended, "forgotten": uploads.forgotten, "more": uploads.more }))
    }

    fn now(&self) -> Timestamp {
        Timestamp::new(self.platform.clock().now())
    }

    /// Whether there is time to begin something.
    fn has_time(&self, until: OffsetDateTime) -> bool {
        self.platform.clock().now() < until
    }
}

fn table(error: StoreError) -> HandlerError {
    HandlerError::retry("the table did not do what housekeeping asked").caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_event_is_read() {
        let due: Event = serde_json::from_str(include_str!("../../../events/housekeeping/housekeeping-due.json")).unwrap();
        assert_eq!(due.detail_type, "housekeeping.due");
    }
}
