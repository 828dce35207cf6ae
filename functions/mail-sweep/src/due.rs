//! The schedule: a sweep asked for each mailbox whose turn has come.

use chamada_domain::mailbox::{Mailbox, Sweep, SweepCounts, SweepState};
use chamada_domain::{SweepId, Timestamp};
use chamada_platform::random;
use chamada_store::StoreError;
use serde_json::{Value, json};

use crate::Handler;

/// A new sweep's id. It begins with the time, since a mailbox's sweeps are listed by their ids, newest first.
fn new_id(now: Timestamp) -> SweepId {
    let ms = now.as_offset().unix_timestamp_nanos() / 1_000_000;
    let time = u64::try_from(ms).unwrap_or(0).to_be_bytes();
    let mut id = [0; 10];
    id[..6].copy_from_slice(&time[2..]);
    id[6..].copy_from_slice(&random::<4>());
    SweepId::from_random(id)
}

/// Whether a mailbox is swept now.
fn is_due(mailbox: &Mailbox, now: Timestamp) -> bool {
    let not_before = mailbox.last_sweep.as_ref().and_then(|last| last.next_attempt_at);
    mailbox.enabled && not_before.is_none_or(|at| at <= now)
}

impl Handler {
    /// Asks for the sweeps that are due; the table's stream brings each of them back as an event of its own.
    pub(crate) async fn ask_for_sweeps(&self) -> Result<Value, StoreError> {
        let now = self.now();
        let mut asked = 0;
        for mailbox in self.store.mailboxes().await?.iter().filter(|mailbox| is_due(mailbox, now)) {
            let sweep = Sweep {
                id: new_id(now),
                mailbox: mailbox.id.clone(),
                state: SweepState::Asked,
                asked_at: now,
                started_at: None,
                ended_at: None,
                counts: SweepCounts::default(),
                error: None,
            };
            match self.store.ask_sweep(&sweep, None).await {
                Ok(id) => asked += u64::from(id == sweep.id),
                // Somebody else asked at the same moment.
                Err(StoreError::Raced) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(json!({ "asked": asked }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time() {
        let early: Timestamp = "2026-11-22T05:07:31.411Z".parse().unwrap();
        let late: Timestamp = "2026-11-22T05:07:31.412Z".parse().unwrap();
        assert!(new_id(early) < new_id(late));
        assert_ne!(new_id(late), new_id(late));
    }
}
