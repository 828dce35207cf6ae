//! What all messages of one sweep share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chamada_domain::mailbox::Mailbox;
use chamada_domain::{EmailAddress, Role, Timestamp, User};
use chamada_mail::MailKey;
use chamada_store::{Configuration, Lease, Store, StoreError};

use crate::Handler;

/// How many senders are remembered; a mailbox may bring mail of as many as it likes.
const MOST_SENDERS: usize = 5_000;

/// The counter of tickets that a sender opened by mail.
const OPENED: &str = "mail";

/// One sweep's mailbox, lease, keys and settings.
pub(crate) struct Run {
    pub(crate) handler: Handler,
    pub(crate) mailbox: Mailbox,
    pub(crate) lease: Lease,
    pub(crate) key: MailKey,
    pub(crate) configuration: Arc<Configuration>,
    senders: Mutex<HashMap<EmailAddress, Sender>>,
}

/// What is known of a sender.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sender {
    /// The account.
    pub(crate) user: Option<User>,
    /// Tickets opened by mail in this hour.
    pub(crate) opened: u64,
}

impl Run {
    pub(crate) fn new(handler: Handler, mailbox: Mailbox, lease: Lease, key: MailKey, configuration: Arc<Configuration>) -> Self {
        Self {
            handler,
            mailbox,
            lease,
            key,
            configuration,
            senders: Mutex::default(),
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.handler.store
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.handler.now()
    }

    fn senders(&self) -> MutexGuard<'_, HashMap<EmailAddress, Sender>> {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of the sender with this address. Customers are looked up once in a sweep; staff each time, since their rights may change.
    pub(crate) async fn sender(&self, email: &EmailAddress) -> Result<Sender, StoreError> {
        let known = self.senders().get(email).cloned();
        if let Some(known) = known.filter(|known| known.user.as_ref().is_some_and(|user| user.role == Role::User)) {
            return Ok(known);
        }
        let user = self.store().user_by_email(email).await?;
        let opened = self.store().uses(OPENED, email.as_str(), self.now()).await?;
        let sender = Sender { user, opened };
        self.remember(email, sender.clone());
        Ok(sender)
    }

    fn remember(&self, email: &EmailAddress, sender: Sender) {
        let mut senders = self.senders();
        if senders.len() >= MOST_SENDERS {
            senders.clear();
        }
        senders.insert(email.clone(), sender);
    }

    /// Counts a ticket that `user` opened by mail. The count keeps a flood away; a crash may lose one.
    pub(crate) async fn count_ticket(&self, user: &User) -> Result<(), StoreError> {
        let opened = self.store().count_use(OPENED, user.email.as_str(), self.now()).await?;
        self.remember(
            &user.email,
            Sender {
                user: Some(user.clone()),
                opened,
            },
        );
        Ok(())
    }
}
