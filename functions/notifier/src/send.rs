//! Handing one mail over, once.

use aws_sdk_sesv2::error::ProvideErrorMetadata;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{EmailContent, RawMessage};
use chamada_domain::chain::ChainedEntry;
use chamada_domain::timestamp::days;
use chamada_domain::{Ticket, Timestamp, User};
use chamada_mail::{Kind, News, Outgoing, compose, id_hash};
use chamada_platform::{HandlerError, Secret, failpoint, secret_hash};
use chamada_store::{Begin, Begun, Sending, SendingState, TicketKey};

use crate::site::Site;
use crate::{Handler, table};

/// A mail to be: which news, to whom.
pub(crate) struct Letter<'a> {
    pub(crate) ticket: &'a Ticket,
    pub(crate) entry: &'a ChainedEntry,
    pub(crate) user: &'a User,
    pub(crate) news: News<'a>,
    pub(crate) with_key: bool,
}

/// Mails one person the news of a ticket: recorded as being sent, handed over, recorded as sent.
pub(crate) async fn send(handler: &Handler, site: &Site, letter: &Letter<'_>) -> Result<(), HandlerError> {
    let (seq, ticket) = (letter.entry.entry.seq, letter.ticket.number);
    let now = handler.now();
    let secret = letter.with_key.then(Secret::generate);
    let mail = compose_letter(site, letter, secret.as_ref())?;
    let mut sending = Sending {
        seq,
        to: letter.user.email.clone(),
        state: SendingState::Sending,
        at: now,
        attempts: 1,
        message_id: mail.message_id.clone(),
        service_id: None,
    };
    let key = secret
        .as_ref()
        .map(|secret| (secret_hash(secret), ticket_key(site, letter.user, now)));
    let own_hash = &id_hash(&mail.message_id);
    let begin = Begin {
        ticket,
        sending: &sending,
        recipient: &letter.user.id,
        key: key.as_ref().map(|(hash, key)| (hash.as_str(), key.clone())),
        id_hash: own_hash,
    };
    match handler.store.begin_sending(&begin).await.map_err(table)? {
        Begun::Yes(attempts) => sending.attempts = attempts,
        Begun::AlreadySent => return Ok(()),
        Begun::Busy => return Err(HandlerError::retry("another is at this mail, or was a moment ago")),
    }
    failpoint::pass("before-send");
    let about = format!("{} {} {}", letter.entry.entry.at, ticket, seq);
    let handed = hand_over(handler, site, &mail, &about).await;
    failpoint::pass("after-send");
    let handed = match handed {
        // It may have been sent: the record stays as it is, and is taken up again when its minute is over.
        Err(Unsent::Unknown(error)) => return Err(error),
        Err(Unsent::Refused(error)) => Err(error),
        Ok(service_id) => Ok(service_id),
    };
    sending.at = handler.now();
    sending.state = if handed.is_ok() { SendingState::Sent } else { SendingState::Failed };
    sending.service_id = handed.as_ref().ok().cloned().flatten();
    // What was begun is found by the id that the mail was written with; a service that gave it another one made another name.
    let service_hash = sending.service_id.as_deref().map(id_hash).filter(|hash| hash != own_hash);
    handler
        .store
        .end_sending(ticket, &letter.user.id, &sending, service_hash.as_deref())
        .await
        .map_err(table)?;
    handed.map(|_| ())
}

/// A key of a ticket for this person, from now on.
pub(crate) fn ticket_key(site: &Site, user: &User, now: Timestamp) -> TicketKey {
    let valid_until = now.plus(days(i64::from(site.configuration.settings.magic_link_days)));
    TicketKey {
        person: user.id.clone(),
        created_at: now,
        valid_until,
    }
}

fn compose_letter(site: &Site, letter: &Letter<'_>, secret: Option<&Secret>) -> Result<Outgoing, HandlerError> {
    let place = site.place(letter.ticket);
    // What the first mail of this ticket to this person is called: all later ones stand under it.
    let root = site
        .key
        .ticket_message_id(letter.ticket.number, 1, &letter.user.id, site.sender.domain());
    let references = [root];
    let ticket = chamada_mail::Ticket {
        number: letter.ticket.number,
        seq: letter.entry.entry.seq,
        title: &letter.ticket.title,
        status: letter.ticket.status,
        due: letter.ticket.due_at,
        specialist: letter.ticket.assignee.as_ref().map(|assignee| assignee.name.as_str()),
        site: place.as_deref(),
        head: Some(letter.ticket.public_head()),
        key: secret.map(Secret::expose),
        key_days: site.configuration.settings.magic_link_days,
        references: if letter.entry.entry.seq == 1 { &[] } else { &references },
    };
    compose_kind(site, letter.user, &Kind::News(ticket, letter.news))
}

/// Writes a mail to somebody.
pub(crate) fn compose_kind(site: &Site, user: &User, kind: &Kind<'_>) -> Result<Outgoing, HandlerError> {
    compose(&site.key, &site.envelope(user), kind).map_err(|error| HandlerError::poison("a mail cannot be written").caused_by(error))
}

/// Why a mail was not handed over.
pub(crate) enum Unsent {
    /// The service said so: nothing was sent.
    Refused(HandlerError),
    /// There was no answer: it may have been sent.
    Unknown(HandlerError),
}

impl From<Unsent> for HandlerError {
    fn from(unsent: Unsent) -> Self {
        match unsent {
            Unsent::Refused(error) | Unsent::Unknown(error) => error,
        }
    }
}

/// Gives a mail to the mail service; what the service calls it. `about` says in the mail itself which entry it announces: moment, ticket and
/// place, for those who keep mails as files.
pub(crate) async fn hand_over(handler: &Handler, site: &Site, mail: &Outgoing, about: &str) -> Result<Option<String>, Unsent> {
    let raw = [format!("X-Chamada-Entry: {about}\r\n").as_bytes(), &mail.raw].concat();
    let message = RawMessage::builder().data(Blob::new(raw)).build();
    let message = message.map_err(|error| Unsent::Refused(HandlerError::poison("a mail cannot be written").caused_by(error)))?;
    let sent = handler
        .platform
        .ses()
        .send_email()
        .from_email_address(site.sender.as_str())
        .destination(aws_sdk_sesv2::types::Destination::builder().to_addresses(mail.to.as_str()).build())
        .content(EmailContent::builder().raw(message).build())
        .send()
        .await;
    match sent {
        Ok(answer) => Ok(answer.message_id),
        Err(error) if error.as_service_error().is_some() => {
            // Its code alone: its words may quote addresses, and this goes to the log.
            let code = error.code().unwrap_or("without a code");
            Err(Unsent::Refused(HandlerError::retry(format!(
                "the mail service did not take a mail: {code}"
            ))))
        }
        Err(error) => Err(Unsent::Unknown(
            HandlerError::retry("the mail service did not answer").caused_by(error),
        )),
    }
}
