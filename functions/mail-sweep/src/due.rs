//! The schedule: a sweep asked for each mailbox whose turn has come.

use chamada_domain::Timestamp;
use chamada_domain::mailbox::{Mailbox, Sweep};
use chamada_platform::random;
use chamada_store::StoreError;
use serde_json::{Value, json};

use crate::Handler;

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
            let sweep = Sweep::asked(mailbox.id.clone(), now, random());
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
