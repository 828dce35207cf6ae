//! What the table knows of a message.

use chamada_domain::{EmailAddress, TicketNumber};
use chamada_mail::{IncomingMail, id_hash};
use chamada_store::{KnownMessage, MessageIdentity, StoreError};
use sha2::{Digest, Sha256};

use crate::judge::Thread;
use crate::prepare::{Prepared, Reading};
use crate::run::{Run, Sender};
use crate::window::Key;

/// How many of a mail's Message-IDs are looked up: In-Reply-To and the newest of References.
const MOST_IDS: usize = 12;

/// What the table knows.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) duplicate_of: Option<TicketNumber>,
    pub(crate) report: Option<Option<TicketNumber>>,
    pub(crate) thread: Option<Thread>,
    pub(crate) sender: Sender,
}

/// What tells a mail from every other; nothing where it has no usable Message-ID.
pub(crate) fn identity(mail: &IncomingMail) -> Option<MessageIdentity> {
    let from = mail.from.as_ref().map(|from| from.address.to_lowercase()).unwrap_or_default();
    let date = mail.date.map(time::OffsetDateTime::unix_timestamp).unwrap_or_default();
    let fingerprint = Sha256::new()
        .chain_update(from.as_bytes())
        .chain_update(b"\0")
        .chain_update(date.to_be_bytes())
        .chain_update(mail.body_digest)
        .finalize();
    mail.message_id.as_deref().map(|id| MessageIdentity {
        id_hash: id_hash(id),
        fingerprint: hex::encode(fingerprint),
    })
}

/// The sender's address, where it can have an account.
pub(crate) fn sender(mail: &IncomingMail) -> Option<EmailAddress> {
    mail.from.as_ref().and_then(chamada_mail::Address::email)
}

/// The Message-IDs of what a mail answers, the likeliest first.
fn answered(mail: &IncomingMail) -> impl Iterator<Item = &str> {
    let ids = mail.in_reply_to.iter().chain(mail.references.iter().rev());
    ids.map(String::as_str).take(MOST_IDS)
}

/// What a message has to do with, so that others with any of it wait. Answers wait for each other: two of them may turn out to belong to one
/// ticket.
pub(crate) fn keys(prepared: &Prepared) -> Vec<Key> {
    let mut keys = vec![Key::new("digest", &prepared.digest)];
    let Ok(reading) = &prepared.reading else { return keys };
    let mail = &reading.mail;
    keys.extend(sender(mail).map(|email| Key::new("from", email.as_str())));
    keys.extend(mail.message_id.iter().map(|id| Key::new("id", id)));
    keys.extend(answered(mail).map(|id| Key::new("id", id)));
    if !reading.threads.is_empty() || mail.delivery.is_some() || answered(mail).next().is_some() {
        keys.push(Key::new("answer", ""));
    }
    keys
}

/// Asks the table all that the decision needs.
pub(crate) async fn look_up(run: &Run, reading: &Reading) -> Result<Known, StoreError> {
    let mail = &reading.mail;
    if reading.own {
        return Ok(Known::default());
    }
    let sender = match sender(mail) {
        Some(email) => run.sender(&email).await?,
        None => Sender::default(),
    };
    let duplicate_of = match identity(mail) {
        Some(identity) => duplicate(run, &identity).await?,
        None => None,
    };
    let report = match &mail.delivery {
        Some(report) => Some(reported(run, report.original_message_id.as_deref()).await?),
        None => None,
    };
    let thread = if report.is_none() {
        thread(run, reading, &sender).await?
    } else {
        None
    };
    Ok(Known {
        duplicate_of,
        report,
        thread,
        sender,
    })
}

/// The ticket that this very message is in already.
pub(crate) async fn duplicate(run: &Run, identity: &MessageIdentity) -> Result<Option<TicketNumber>, StoreError> {
    let known = run.store().messages_of_id(&identity.id_hash).await?;
    let same = |message: &&KnownMessage| message.fingerprint.as_ref() == Some(&identity.fingerprint);
    Ok(known.iter().find(same).map(|message| message.ticket))
}

/// The ticket of one of our mails that a delivery report encloses, if the ticket is there.
async fn reported(run: &Run, id: Option<&str>) -> Result<Option<TicketNumber>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    let number = match run.key.thread_of_message_id(id) {
        Some(thread) => Some(thread.ticket),
        // A service that rewrites Message-IDs told us its own: such an entry has no fingerprint.
        None => {
            let known = run.store().messages_of_id(&id_hash(id)).await?;
            known
                .iter()
                .find(|message| message.fingerprint.is_none())
                .map(|message| message.ticket)
        }
    };
    let Some(number) = number else { return Ok(None) };
    match going_on(run, number).await {
        // What is reported on was sent from this very ticket, wherever it goes on.
        Ok(()) => Ok(Some(number)),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Lets those tickets pass that are there, and so is the one in which they go on.
async fn going_on(run: &Run, number: TicketNumber) -> Result<(), StoreError> {
    let ticket = run.store().ticket(number).await?;
    match ticket.merged_into {
        _ if ticket.deleted_at.is_some() => Err(StoreError::NotFound),
        Some(into) => run.store().ticket_going_on(into).await.map(drop),
        None => Ok(()),
    }
}

/// The ticket that a mail answers: by our tokens first, then by the Message-IDs it names. One that is there goes before one that was deleted.
async fn thread(run: &Run, reading: &Reading, sender: &Sender) -> Result<Option<Thread>, StoreError> {
    let mut deleted = None;
    for token in &reading.threads {
        let found = find(run, token.ticket, Some(&token.person)).await?;
        if found.ticket.is_some() {
            return Ok(Some(found));
        }
        deleted.get_or_insert(found);
    }
    for id in answered(&reading.mail) {
        let mut tickets: Vec<TicketNumber> = run
            .store()
            .messages_of_id(&id_hash(id))
            .await?
            .iter()
            .map(|known| known.ticket)
            .collect();
        tickets.sort_unstable();
        tickets.dedup();
        let mut first = None;
        // Anybody can send a mail under a Message-ID that is taken: the sender's own ticket goes before others that have it.
        for number in tickets.into_iter().take(MOST_IDS) {
            let found = find(run, number, None).await?;
            let own = found.ticket.as_ref().zip(sender.user.as_ref());
            let own = own.is_some_and(|(ticket, user)| ticket.requester.id == user.id || ticket.is_watched_by(&user.id));
            match (found.ticket.is_some(), own) {
                (true, true) => return Ok(Some(found)),
                (true, false) => drop(first.get_or_insert(found)),
                (false, _) => drop(deleted.get_or_insert(found)),
            }
        }
        if first.is_some() {
            return Ok(first);
        }
    }
    Ok(deleted)
}

/// The ticket of a thread, or the one in which it goes on.
async fn find(run: &Run, number: TicketNumber, person: Option<&chamada_domain::UserId>) -> Result<Thread, StoreError> {
    let ticket = match run.store().ticket_going_on(number).await {
        Ok(ticket) => Some(ticket),
        Err(StoreError::NotFound) => None,
        Err(error) => return Err(error),
    };
    Ok(Thread {
        number,
        ticket,
        person: person.cloned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity_of(raw: &str) -> Option<MessageIdentity> {
        identity(&chamada_mail::read(raw.as_bytes(), &chamada_mail::Limits::default()).unwrap())
    }

    #[test]
    fn the_same_message_id_alone_is_no_duplicate() {
        let mail = |from: &str, date: &str, body: &str| {
            identity_of(&format!("From: {from}\r\nDate: {date}\r\nMessage-ID: <x@y>\r\n\r\n{body}\r\n")).unwrap()
        };
        let (monday, tuesday) = ("Mon, 02 Mar 2026 10:00:00 +0000", "Tue, 03 Mar 2026 10:00:00 +0000");
        let one = mail("a@b.c", monday, "hola");
        assert_eq!(one, mail("A@B.c", "Mon, 02 Mar 2026 11:00:00 +0100", "hola"));
        for other in [
            mail("z@b.c", monday, "hola"),
            mail("a@b.c", tuesday, "hola"),
            mail("a@b.c", monday, "adios"),
        ] {
            assert_eq!(one.id_hash, other.id_hash);
            assert_ne!(one.fingerprint, other.fingerprint);
        }
        assert_eq!(identity_of("From: a@b.c\r\n\r\nhola\r\n"), None);
    }
}
