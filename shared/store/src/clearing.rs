//! What goes with erased words: the records of mails, sendings, links and evidence. Repeating any of it changes nothing.

use chamada_domain::mailbox::LedgerEntry;
use chamada_domain::{EmailAddress, MailboxId, TicketNumber, Timestamp, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::item::{Item, ItemExt, to_json};
use crate::keys;
use crate::retry::Pauses;
use crate::sendings::Sending;
use crate::store::Store;

/// A mail that a ticket was made of, or a double of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailOfTicket {
    /// The mailbox that brought it.
    pub mailbox: MailboxId,
    /// Its name in the mailbox's ledger.
    pub uidl: String,
    /// SHA-256 of the original, lower-case hex.
    pub digest: String,
    /// The first entry that was made of it; nothing for a double.
    pub seq: Option<u64>,
}

impl Store {
    /// The mails that a ticket was made of, and their doubles.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn mails_of(&self, number: TicketNumber) -> Result<Vec<MailOfTicket>, StoreError> {
        let items = self.all(&keys::ticket(number), Some(keys::MAILS)).await?;
        items.iter().map(read_mail).collect()
    }

    /// Takes subject and sender of a mail out of its mailbox's ledger, which keeps what became of it, and forgets where its ticket has it. A row of another
    /// mail, to which the server gave the same name, stays.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Raced`] where something else became of the mail meanwhile.
    pub async fn forget_mail(&self, number: TicketNumber, mail: &MailOfTicket) -> Result<(), StoreError> {
        let (pk, sk) = (keys::mailbox(&mail.mailbox), keys::ledger(&mail.uidl));
        let blank = |entry: LedgerEntry| {
            let own = entry.digest == mail.digest;
            own.then(|| LedgerEntry {
                subject: String::new(),
                sender: String::new(),
                ..entry
            })
        };
        self.blank(&pk, &sk, "row", blank).await?;
        let name = keys::mail(&mail.mailbox, &mail.digest, &mail.uidl);
        self.remove(&keys::ticket(number), &name).await
    }

    /// Who sent a mail, as the ledger has it; nothing where it forgot that.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn sender_of(&self, mail: &MailOfTicket) -> Result<Option<String>, StoreError> {
        let item = self.read(&keys::mailbox(&mail.mailbox), &keys::ledger(&mail.uidl), true).await?;
        let entry: Option<LedgerEntry> = item.map(|item| item.json("row")).transpose()?;
        Ok(entry.filter(|entry| entry.digest == mail.digest).map(|entry| entry.sender))
    }

    /// Takes the addresses out of the records of a ticket's mails: all, or those of one person. The records stay, so that none is sent twice.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Raced`] where one is being sent.
    pub async fn forget_recipients(&self, number: TicketNumber, person: Option<&UserId>, now: Timestamp) -> Result<(), StoreError> {
        let pk = keys::sendings(number);
        for item in self.all(&pk, None).await? {
            let sk = item.text("sk")?;
            if person.is_some_and(|person| !sk.ends_with(&keys::sending_to(person))) {
                continue;
            }
            let sending: Sending = item.json("sending")?;
            if sending.is_under_way(now) {
                // Its end would write the address again.
                return Err(StoreError::Raced);
            }
            let blank = |sending| {
                Some(Sending {
                    to: EmailAddress::erased(),
                    ..sending
                })
            };
            self.blank(&pk, sk, "sending", blank).await?;
        }
        Ok(())
    }

    /// Forgets the evidence that was put together of a ticket.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_bundles(&self, number: TicketNumber) -> Result<(), StoreError> {
        let pk = keys::ticket(number);
        for item in self.all(&pk, Some(keys::BUNDLES)).await? {
            self.remove(&pk, item.text("sk")?).await?;
        }
        Ok(())
    }

    /// Takes words out of a value, if it is there. Another who did it in the same moment did no less.
    async fn blank<T>(&self, pk: &str, sk: &str, attribute: &str, blank: impl Fn(T) -> Option<T>) -> Result<(), StoreError>
    where
        T: Serialize + DeserializeOwned,
    {
        let mut pauses = Pauses::default();
        loop {
            let Some(item) = self.read(pk, sk, true).await? else {
                return Ok(());
            };
            let Some(after) = blank(item.json(attribute)?) else { return Ok(()) };
            let (before, after) = (item.text(attribute)?, to_json(&after)?);
            if before == after || self.rewrite((pk, sk), attribute, before, &after).await? {
                return Ok(());
            }
            if !pauses.wait().await {
                return Err(StoreError::Raced);
            }
        }
    }
}

fn read_mail(item: &Item) -> Result<MailOfTicket, StoreError> {
    let (mailbox, digest, uidl) = keys::mail_of(item.text("sk")?).ok_or(StoreError::Corrupt {
        what: "a ticket's mail names no mailbox",
    })?;
    Ok(MailOfTicket {
        mailbox,
        uidl: uidl.to_owned(),
        digest: digest.to_owned(),
        seq: item.contains_key("seq").then(|| item.number("seq")).transpose()?,
    })
}
