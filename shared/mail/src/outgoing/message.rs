//! The bytes of a mail: headers (RFC 5322), two parts (RFC 2046), lines that every server takes.

use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use mail_builder::headers::url::URL;
use mail_builder::mime::MimePart;
use sha2::{Digest, Sha256};

use super::page::{self, Page};
use super::{ComposeError, Envelope, Kind, News, Outgoing, Ticket};
use crate::token::{LOOP_HEADER, MailKey};

/// How many Message-IDs References keeps: the first, which is the thread's root, and the last ones.
const MOST_REFERENCES: usize = 20;

/// What a kind of mail asks of its headers.
struct Manner {
    /// Made by Chamada and not by a person (RFC 3834): vacation programs must not answer.
    automatic: bool,
    /// The recipient may switch it off.
    optional: bool,
}

fn manner(kind: &Kind<'_>) -> Manner {
    let (automatic, optional) = match kind {
        Kind::News(_, News::Reply { .. } | News::Resolved { .. }) => (false, false),
        Kind::News(_, News::Answer { .. }) => (false, true),
        Kind::News(_, News::Received { .. } | News::ToConfirm | News::StatusChanged | News::DueChanged | News::Assigned { .. }) => {
            (true, true)
        }
        Kind::SignIn { .. } | Kind::TicketLink { .. } | Kind::Root(_) => (true, false),
    };
    Manner { automatic, optional }
}

fn ticket<'k, 'a>(kind: &'k Kind<'a>) -> Option<&'k Ticket<'a>> {
    match kind {
        Kind::News(ticket, _) | Kind::TicketLink { ticket, .. } => Some(ticket),
        Kind::SignIn { .. } | Kind::Root(_) => None,
    }
}

fn message_id(key: &MailKey, envelope: &Envelope<'_>, kind: &Kind<'_>) -> String {
    let domain = envelope.sender.domain();
    match kind {
        Kind::News(ticket, _) => key.ticket_message_id(ticket.number, ticket.seq, envelope.recipient.person, domain),
        Kind::SignIn { link, .. } | Kind::TicketLink { link, .. } => key.link_message_id(link, domain),
        Kind::Root(root) => key.root_message_id(root.date, envelope.recipient.person, domain),
    }
}

/// The Message-IDs of the thread that may stand in a header as they are.
fn references<'a>(ticket: &Ticket<'a>) -> Vec<&'a str> {
    let sane = |id: &&str| id.len() <= 500 && id.contains('@') && id.bytes().all(|b| b.is_ascii_graphic() && !b"<>".contains(&b));
    let mut ids: Vec<&str> = ticket.references.iter().map(String::as_str).filter(sane).collect();
    if ids.len() > MOST_REFERENCES {
        let last = ids.len() + 1 - MOST_REFERENCES;
        ids.drain(1..last);
    }
    ids
}

/// Both parts. The boundary is made of the Message-ID, which holds a code that nobody can guess before: no text contains it, and the same
/// mail has the same bytes.
fn parts(page: &Page<'_>, message_id: &str, language: &'static str) -> Result<MimePart<'static>, ComposeError> {
    let boundary = format!("chamada_{}", &hex::encode(Sha256::digest(message_id))[..32]);
    let kind = ContentType::new("multipart/alternative").attribute("boundary", boundary);
    let text = MimePart::new("text/plain", page.plain()?).language(language);
    let html = MimePart::new("text/html", page.html()?).language(language);
    Ok(MimePart::new(kind, vec![text, html]))
}

/// Writes the mail.
pub(super) fn write(key: &MailKey, envelope: &Envelope<'_>, kind: &Kind<'_>, page: &Page<'_>) -> Result<Outgoing, ComposeError> {
    let (recipient, sender) = (&envelope.recipient, envelope.sender);
    let message_id = message_id(key, envelope, kind);
    let site_name = page::header_text(envelope.site_name);
    let name = Some(page::header_text(recipient.name)).filter(|name| !name.is_empty());
    let mut builder = MessageBuilder::new()
        .date(envelope.date.unix_seconds())
        .from(Address::new_address(Some(site_name.clone()), sender.as_str()))
        .to(Address::new_address(name, recipient.address.as_str()))
        .subject(page.subject.clone())
        .message_id(message_id.clone())
        .header("MIME-Version", Raw::new("1.0"))
        .header(LOOP_HEADER, Raw::new(key.loop_value(&message_id)));
    if let Some(ticket) = ticket(kind) {
        if let Some(address) = key.reply_address(sender, ticket.number, recipient.person) {
            builder = builder.reply_to(Address::new_address(Some(site_name), address.as_str().to_owned()));
        }
        let ids = references(ticket);
        if let Some(last) = ids.last() {
            builder = builder
                .in_reply_to(MessageId::new(*last))
                .references(MessageId::new_list(ids.iter().copied()));
        }
    }
    let manner = manner(kind);
    if manner.automatic {
        builder = builder
            .header("Auto-Submitted", Text::new("auto-generated"))
            .header("X-Auto-Response-Suppress", Text::new("OOF, AutoReply"));
    }
    if manner.optional {
        builder = builder.header("List-Unsubscribe", URL::new(page::notices(envelope)?));
    }
    let raw = builder
        .body(parts(page, &message_id, recipient.locale.tag())?)
        .write_to_vec()
        .map_err(|_| ComposeError::Write)?;
    Ok(Outgoing {
        raw,
        message_id,
        to: recipient.address.clone(),
        subject: page.subject.clone(),
    })
}
