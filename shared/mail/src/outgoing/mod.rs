//! Mails to people: what they are about, and how one is put together.

mod links;
mod message;
mod page;
mod words;

use chamada_domain::{EmailAddress, LinkId, Locale, Status, TicketNumber, Timestamp, UserId};
use time::UtcOffset;

use crate::token::MailKey;

/// Whom a mail goes to.
#[derive(Debug, Clone, Copy)]
pub struct Recipient<'a> {
    /// The person.
    pub person: &'a UserId,
    /// What they are called; may be empty.
    pub name: &'a str,
    /// Where the mail goes.
    pub address: &'a EmailAddress,
    /// The language they read.
    pub locale: Locale,
}

/// What all mails of a site have in common, and to whom this one goes.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// The site's name, as From shows it: `Mesa de ayuda de Grupo Andino`.
    pub site_name: &'a str,
    /// The site's address from the configuration, never from a request: `https://help.example.com`.
    pub site_url: &'a str,
    /// What stands before a ticket's number: `CH`.
    pub prefix: &'a str,
    /// The address in From; answers go to it, with a token.
    pub sender: &'a EmailAddress,
    /// Whom it goes to.
    pub recipient: Recipient<'a>,
    /// The moment of sending; the Date header, and what is `today`.
    pub date: Timestamp,
    /// How far the shown times are from UTC.
    pub utc_offset: UtcOffset,
    /// What is shown behind times so that nobody mistakes their zone, `UTC`; empty where the recipient lives in it.
    pub zone_label: &'a str,
}

/// The ticket that a mail is about.
#[derive(Debug, Clone, Copy)]
pub struct Ticket<'a> {
    /// Its number.
    pub number: TicketNumber,
    /// The history entry that the mail tells of; with ticket and person it makes the Message-ID.
    pub seq: u64,
    /// Its title.
    pub title: &'a str,
    /// Where it stands.
    pub status: Status,
    /// When it is to be done.
    pub due: Option<Timestamp>,
    /// Who attends to it.
    pub specialist: Option<&'a str>,
    /// Where it is: `Farmacias Luz, Providencia 1208`.
    pub site: Option<&'a str>,
    /// The hash of the newest history entry, in hex; stands in the foot, so that a copy of the mail proves the history up to it.
    pub head: Option<&'a str>,
    /// The recipient's key for this ticket, if the mail is to open it without a password; mails to staff have none.
    pub key: Option<&'a str>,
    /// How many days the key is good for.
    pub key_days: u16,
    /// The Message-IDs of the ticket so far, oldest first, without angle brackets.
    pub references: &'a [String],
}

/// What has happened to a ticket.
#[derive(Debug, Clone, Copy)]
pub enum News<'a> {
    /// It was opened; the requester is told so.
    Received {
        /// What the requester wrote.
        text: &'a str,
    },
    /// Somebody, perhaps another, opened it in the requester's name: staff hear of it when the requester opens it. None of its words go out under
    /// the site's name before that.
    ToConfirm,
    /// Somebody of the staff has answered.
    Reply {
        /// Who.
        author: &'a str,
        /// When.
        at: Timestamp,
        /// The whole answer.
        text: &'a str,
    },
    /// Somebody who follows it as a customer has written; told to the recipient, who attends to it.
    Answer {
        /// Who.
        author: &'a str,
        /// When.
        at: Timestamp,
        /// What they wrote.
        text: &'a str,
    },
    /// It was resolved.
    Resolved {
        /// Who resolved it.
        author: &'a str,
        /// When.
        at: Timestamp,
        /// The answer that came with it, empty for none.
        text: &'a str,
    },
    /// Its status was changed to the one it has.
    StatusChanged,
    /// Its due date was changed to the one it has.
    DueChanged,
    /// It was assigned to the recipient, who is staff.
    Assigned {
        /// Who assigned it, empty where the recipient or Chamada did.
        by: &'a str,
        /// Who asks.
        requester: &'a str,
        /// What the requester wrote.
        text: &'a str,
    },
}

/// The kinds of mail.
#[derive(Debug, Clone, Copy)]
pub enum Kind<'a> {
    /// News of a ticket.
    News(Ticket<'a>, News<'a>),
    /// A link that signs the recipient in.
    SignIn {
        /// The link's id, for the Message-ID.
        link: &'a LinkId,
        /// The secret that the link carries.
        secret: &'a str,
        /// How many minutes it is good for.
        minutes: u16,
    },
    /// A new link to a ticket, whose old one had expired; the ticket carries the new key.
    TicketLink {
        /// The link's id, for the Message-ID.
        link: &'a LinkId,
        /// The ticket with its new key.
        ticket: Ticket<'a>,
    },
    /// The root of a day, told to those who keep it outside the house.
    Root(DayRoot<'a>),
}

/// The root of a day.
#[derive(Debug, Clone, Copy)]
pub struct DayRoot<'a> {
    /// The day, UTC: `2026-11-22`.
    pub date: &'a str,
    /// Its root, in hex.
    pub root: &'a str,
    /// The root before, in hex.
    pub previous_root: &'a str,
}

/// A mail ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The whole message (RFC 5322), lines ended by CRLF and at most 78 long where their content lets them, 7-bit.
    pub raw: Vec<u8>,
    /// Its Message-ID without angle brackets: the same each time it is made of the same event for the same person.
    pub message_id: String,
    /// Whom it goes to.
    pub to: EmailAddress,
    /// Its subject, for lists of what was sent.
    pub subject: String,
}

impl std::fmt::Debug for Outgoing {
    /// Without the message: it carries a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing")
            .field("message_id", &self.message_id)
            .field("bytes", &self.raw.len())
            .finish_non_exhaustive()
    }
}

/// Why a mail cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// The site's address is no http or https address.
    #[error("the site's address must begin with http:// or https://")]
    SiteUrl,
    /// A link's secret holds what no URL takes as it stands.
    #[error("the link's secret must be URL-safe base64")]
    Secret,
    /// A template or the writer failed; neither does on any input known.
    #[error("the mail could not be written")]
    Write,
}

/// Makes the mail of `kind` in the recipient's language. The same values give the same bytes.
///
/// # Errors
/// [`ComposeError`] where the site's address or the secret is no part of a URL.
pub fn compose(key: &MailKey, envelope: &Envelope<'_>, kind: &Kind<'_>) -> Result<Outgoing, ComposeError> {
    let page = page::Page::new(envelope, kind)?;
    message::write(key, envelope, kind, &page)
}
