//! What goes with erased words: files, original mails, what the ledgers have of them, links, evidence; and the words themselves.
//!
//! An erasure is on record from the transaction on that wrote its `erased` entry. Whoever clears up takes away everything that the entry names and then
//! the record, so that one who is killed in between leaves it to the next. The words go behind files and mails, some of which are found by them.

use chamada_domain::chain::ChainedEntry;
use chamada_domain::entry::Event;
use chamada_domain::erase::{Addresses, entries_to_clear};
use chamada_domain::{TicketNumber, UserId};
use chamada_platform::HandlerError;
use chamada_store::{Erasure, MailOfTicket, bundles_below};

use crate::{Handler, bucket, table};

/// One ticket's erasure.
struct Clearing<'a> {
    handler: &'a Handler,
    ticket: TicketNumber,
    history: Vec<ChainedEntry>,
    /// Of people who are being erased, as far as they are still known.
    addresses: Addresses,
    /// Whose words go; nobody's where all do.
    person: Option<UserId>,
    seq: u64,
}

/// Takes away what the `erased` entry at `seq` names.
pub(crate) async fn clear(handler: &Handler, ticket: TicketNumber, seq: u64) -> Result<(), HandlerError> {
    let history = handler.store.whole_history(ticket).await.map_err(table)?;
    let event = history.iter().find(|entry| entry.entry.seq == seq).map(|entry| &entry.entry.event);
    let Some(Event::Erased(erasure)) = event else { return Ok(()) };
    let clearing = Clearing {
        handler,
        ticket,
        addresses: addresses(handler, &history).await?,
        person: erasure.person.clone(),
        seq,
        history,
    };
    clearing.run().await?;
    handler.store.end_erasure(&Erasure::Ticket { ticket, seq }).await.map_err(table)
}

/// The addresses of all whom the history says are erased.
async fn addresses(handler: &Handler, history: &[ChainedEntry]) -> Result<Addresses, HandlerError> {
    let mut addresses = Addresses::new();
    for entry in history {
        if let Event::Erased(erasure) = &entry.entry.event
            && let Some(person) = &erasure.person
            && let Some(erasing) = handler.store.erasing(person).await.map_err(table)?
            && let Some(address) = erasing.address
        {
            addresses.insert(person.clone(), address);
        }
    }
    Ok(addresses)
}

impl Clearing<'_> {
    async fn run(&self) -> Result<(), HandlerError> {
        self.clear_files().await?;
        self.clear_mails().await?;
        self.clear_links().await?;
        let (store, ticket) = (&self.handler.store, self.ticket);
        store
            .forget_recipients(ticket, self.person.as_ref(), self.handler.now())
            .await
            .map_err(table)?;
        store
            .take_erased_words_out(ticket, self.seq, &self.addresses)
            .await
            .map_err(table)?;
        // Last: whoever read the words before and makes evidence of them finds nobody waiting for it, and deletes it.
        self.clear_bundles().await
    }

    async fn clear_files(&self) -> Result<(), HandlerError> {
        let (handler, ticket) = (self.handler, self.ticket);
        let cleared = entries_to_clear(&self.history, self.seq, &self.addresses);
        for file in handler.store.attachments(ticket).await.map_err(table)? {
            if cleared.contains(&file.seq) {
                let files = &handler.platform.config().files_bucket;
                handler.platform.objects().purge(files, &file.object).await.map_err(bucket)?;
                handler.store.forget_attachment(ticket, &file.id).await.map_err(table)?;
            }
        }
        Ok(())
    }

    async fn clear_mails(&self) -> Result<(), HandlerError> {
        let (handler, ticket) = (self.handler, self.ticket);
        for mail in handler.store.mails_of(ticket).await.map_err(table)? {
            if self.names(&mail).await? {
                let (mails, original) = (&handler.platform.config().mail_bucket, format!("mail/{}.eml", mail.digest));
                handler.platform.objects().purge(mails, &original).await.map_err(bucket)?;
                handler.store.forget_mail(ticket, &mail).await.map_err(table)?;
            }
        }
        Ok(())
    }

    /// Whether a mail goes: with the entry that was made of it, or, where none was, with its sender.
    async fn names(&self, mail: &MailOfTicket) -> Result<bool, HandlerError> {
        let Some(person) = &self.person else { return Ok(true) };
        if let Some(seq) = mail.seq {
            return Ok(entries_to_clear(&self.history, self.seq, &self.addresses).contains(&seq));
        }
        let sender = self.handler.store.sender_of(mail).await.map_err(table)?;
        let address = self.addresses.get(person);
        Ok(sender.is_some_and(|sender| address.is_some_and(|address| sender.eq_ignore_ascii_case(address.as_str()))))
    }

    async fn clear_links(&self) -> Result<(), HandlerError> {
        let store = &self.handler.store;
        for (hash, key) in store.ticket_keys(self.ticket).await.map_err(table)? {
            if self.person.as_ref().is_none_or(|person| *person == key.person) {
                store.revoke_ticket_key(self.ticket, &hash).await.map_err(table)?;
            }
        }
        Ok(())
    }

    /// All evidence of the ticket: whatever was put together before holds the words.
    async fn clear_bundles(&self) -> Result<(), HandlerError> {
        let (handler, ticket) = (self.handler, self.ticket);
        let files = &handler.platform.config().files_bucket;
        handler.store.forget_bundles(ticket).await.map_err(table)?;
        let gone = handler.platform.objects().purge_below(files, &bundles_below(ticket)).await;
        gone.map_err(bucket)
    }
}
