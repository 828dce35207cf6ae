//! What goes with erased words: the records of mails, sendings, links and evidence. Repeating any of it changes nothing.

use chamada_domain::mailbox::LedgerEntry;
use chamada_domain::{EmailAddress, MailboxId, TicketNumber, UserId};

use crate::error::StoreError;
use crate::item::{Item, ItemExt, s, to_json};
use crate::keys;
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

    /// Takes subject and sender of a mail out of its mailbox's ledger, which keeps what became of it, and forgets where its ticket has it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Raced`] where something else became of the mail meanwhile.
    pub async fn forget_mail(&self, number: TicketNumber, mail: &MailOfTicket) -> Result<(), StoreError> {
        if let Some(entry) = self.mail_record(mail).await? {
            let blank = LedgerEntry {
                subject: String::new(),
                sender: String::new(),
                ..entry.clone()
            };
            self.rewrite_row(&keys::mailbox(&mail.mailbox), &keys::ledger(&mail.uidl), ("row", &entry, &blank))
                .await?;
        }
        self.remove(&keys::ticket(number), &keys::mail(&mail.mailbox, &mail.uidl)).await
    }

    /// What the ledger has of a mail; nothing where it forgot it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn mail_record(&self, mail: &MailOfTicket) -> Result<Option<LedgerEntry>, StoreError> {
        let item = self.read(&keys::mailbox(&mail.mailbox), &keys::ledger(&mail.uidl), true).await?;
        item.map(|item| item.json("row")).transpose()
    }

    /// Takes the addresses out of the records of a ticket's mails: all, or those of one person. The records stay, so that none is sent twice.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Raced`] where one is being sent.
    pub async fn forget_recipients(&self, number: TicketNumber, person: Option<&UserId>) -> Result<(), StoreError> {
        let pk = keys::sendings(number);
        for item in self.all(&pk, None).await? {
            let sk = item.text("sk")?;
            let theirs = person.is_none_or(|person| sk.ends_with(&keys::sending_to(person)));
            let sending: Sending = item.json("sending")?;
            if theirs && sending.to != EmailAddress::erased() {
                let blank = Sending {
                    to: EmailAddress::erased(),
                    ..sending.clone()
                };
                self.rewrite_row(&pk, sk, ("sending", &sending, &blank)).await?;
            }
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

    /// Writes another value into an attribute that is still what was read.
    async fn rewrite_row<T: serde::Serialize>(&self, pk: &str, sk: &str, row: (&str, &T, &T)) -> Result<(), StoreError> {
        let (name, before, after) = row;
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .key("pk", s(pk))
            .key("sk", s(sk))
            .update_expression("SET #row = :after")
            .condition_expression("#row = :before")
            .expression_attribute_names("#row", name)
            .expression_attribute_values(":before", s(to_json(before)?))
            .expression_attribute_values(":after", s(to_json(after)?));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Err(StoreError::Raced),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }
}

fn read_mail(item: &Item) -> Result<MailOfTicket, StoreError> {
    let (mailbox, uidl) = keys::mail_of(item.text("sk")?).ok_or(StoreError::Corrupt {
        what: "a ticket's mail names no mailbox",
    })?;
    Ok(MailOfTicket {
        mailbox,
        uidl: uidl.to_owned(),
        digest: item.text("digest")?.to_owned(),
        seq: item.contains_key("seq").then(|| item.number("seq")).transpose()?,
    })
}
