//! What nobody needs any longer goes, every hour: what no request and no expiry of the table tidies up.
//!
//! Each duty has a module of its own. A duty reads what is due from an index, a page at a time, and leaves what it does not get done to the next
//! run; done twice, or by two runs at once, it does no harm.

mod clear;
mod erasures;
mod expired;
mod uploads;

use chamada_domain::{TicketNumber, Timestamp, UserId};
use chamada_platform::{HandlerError, Platform, ServiceError};
use chamada_store::{Erasure, Store, StoreError};
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
    detail: Value,
}

/// That words of a ticket were erased.
#[derive(Deserialize)]
struct TicketErased {
    ticket: TicketNumber,
    seq: u64,
}

/// That somebody is to be erased from every ticket.
#[derive(Deserialize)]
struct ErasureAsked {
    person: UserId,
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
    /// was done, and whether more is left for the next run. And handles what the bus tells of erasures: carries that one out, which else would wait
    /// for the next hour.
    ///
    /// # Errors
    /// To be retried where the table or a bucket does not answer, after all else was done; poison where this is another event.
    pub async fn handle(&self, event: Value, deadline: OffsetDateTime) -> Result<Value, HandlerError> {
        let event: Event =
            serde_json::from_value(event).map_err(|error| HandlerError::poison("no event of the schedule").caused_by(error))?;
        let until = deadline - IN_HAND;
        let erasure = match event.detail_type.as_str() {
            "housekeeping.due" => return self.tidy(until).await,
            "ticket.erased" => {
                let TicketErased { ticket, seq } = read(event.detail)?;
                Erasure::Ticket { ticket, seq }
            }
            "erasure.asked" => Erasure::Person(read::<ErasureAsked>(event.detail)?.person),
            _ => return Err(HandlerError::poison("an event of another kind")),
        };
        let done = erasures::carry_out(self, &erasure, until).await?;
        Ok(json!({ "erased": u64::from(done) }))
    }

    /// Every duty, whatever becomes of the others; the first failure is told at the end.
    async fn tidy(&self, until: OffsetDateTime) -> Result<Value, HandlerError> {
        let uploads = uploads::tidy(self, until).await;
        let expired = expired::erase(self, until).await;
        let erasures = erasures::finish(self, until).await;
        let (uploads, (expired, unexpired), erasures) = (uploads?, expired?, erasures?);
        Ok(json!({
            "ended": uploads.ended,
            "forgotten": uploads.forgotten,
            "expired": expired,
            "erased": erasures.done,
            "more": uploads.more || unexpired || erasures.more,
        }))
    }

    fn now(&self) -> Timestamp {
        Timestamp::new(self.platform.clock().now())
    }

    /// Whether there is time to begin something.
    fn has_time(&self, until: OffsetDateTime) -> bool {
        self.platform.clock().now() < until
    }
}

fn read<T: serde::de::DeserializeOwned>(detail: Value) -> Result<T, HandlerError> {
    serde_json::from_value(detail).map_err(|error| HandlerError::poison("an event that does not say of what").caused_by(error))
}

fn bucket(error: ServiceError) -> HandlerError {
    HandlerError::retry("a bucket did not delete what housekeeping asked").caused_by(error)
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
