//! Mail in and mail out: from the bytes of a mail to what the sweep decides by, and from an event to the bytes that are sent.
//!
//! Pure: no network, no files, no clock, no randomness. [`read`] takes whatever bytes there are and gives a sensible value; it does not
//! panic, and its time grows with the length of the mail. [`compose`] makes a mail from an [`Envelope`] and a [`Kind`].

mod as_sent;
mod attachment;
mod body;
mod classify;
mod conceal;
mod html;
mod incoming;
mod language;
mod limits;
pub mod outgoing;
mod parse;
mod reply;
mod token;

pub use as_sent::{AsSent, as_sent};
pub use incoming::{Address, Attachment, Automatic, DeliveryReport, IncomingMail, ReadError};
pub use limits::Limits;
pub use outgoing::{ComposeError, DayRoot, Envelope, Kind, News, Outgoing, Recipient, Ticket, compose};
pub use token::{LOOP_HEADER, MailKey, Thread, id_hash};

use chamada_domain::{Authentication, TicketNumber};
use conceal::conceal;
use html::Images;
use parse::headers::{Headers, split};
use parse::params::Params;
use parse::structure::Walk;
use parse::{fields, one_line};
use sha2::{Digest, Sha256};

/// How many values of one repeated field are kept.
const MOST_REPEATED: usize = 20;

/// Reads a mail.
///
/// Whatever the bytes are, there is a value: a text without headers becomes a mail without sender, an empty file an empty mail. Where it quotes
/// links of ours, their secrets are left out of its words.
///
/// # Errors
/// [`ReadError::TooLarge`] where `raw` is longer than `limits.bytes`; nothing of it is read then.
pub fn read(raw: &[u8], limits: &Limits) -> Result<IncomingMail, ReadError> {
    let (headers, body_at) = head(raw, limits)?;
    let mut walk = Walk::new(limits);
    let root = walk.node(&headers, raw.get(body_at..).unwrap_or_default(), 0);
    let found = body::read(&root, limits, Images::Enclosed);

    let subject = conceal(&headers.text("subject").unwrap_or_default());
    let from = addresses(&headers, "from", 1).into_iter().next();
    let in_reply_to = identifiers(&headers, "in-reply-to", limits);
    let references = identifiers(&headers, "references", limits);
    let answers = !in_reply_to.is_empty() || !references.is_empty() || begins_like_an_answer(&subject);
    let parts = reply::split(&conceal(&found.text), answers);
    let delivery = classify::delivery(&headers, from.as_ref(), &root, &found.text);
    let declared = headers.text("content-language").or_else(|| headers.text("accept-language"));
    let telling = if parts.text.is_empty() { &subject } else { &parts.text };
    Ok(IncomingMail {
        message_id: identifiers(&headers, "message-id", limits).into_iter().next(),
        reply_to: addresses(&headers, "reply-to", 1).into_iter().next(),
        to: addresses(&headers, "to", limits.addresses),
        cc: addresses(&headers, "cc", limits.addresses),
        delivered_to: delivered_to(&headers),
        date: headers.raw("date").and_then(fields::date),
        language: language::guess(telling, declared.as_deref()),
        automatic: delivery.is_none().then(|| classify::automatic(&headers, &subject, &root)).flatten(),
        loop_tag: headers.text(&LOOP_HEADER.to_ascii_lowercase()),
        authentication_results: headers.texts("authentication-results").into_iter().take(MOST_REPEATED).collect(),
        body_digest: digest(&found),
        truncated: walk.truncated || found.truncated,
        text: parts.text,
        signature: parts.signature,
        quoted: parts.quoted,
        has_html: found.has_html,
        html: found.html.as_deref().map(conceal),
        attachments: found.attachments,
        from,
        in_reply_to,
        references,
        subject,
        delivery,
    })
}

/// The headers of a mail and where its body begins, where it may be read at all.
fn head<'a>(raw: &'a [u8], limits: &Limits) -> Result<(Headers<'a>, usize), ReadError> {
    if raw.len() > limits.bytes {
        return Err(ReadError::TooLarge {
            size: raw.len(),
            limit: limits.bytes,
        });
    }
    let (mut headers, body_at) = split(raw);
    headers.charset = headers
        .raw("content-type")
        .and_then(|raw| Params::read(raw, None).get("charset").map(str::to_owned));
    Ok((headers, body_at))
}

fn addresses(headers: &Headers<'_>, name: &str, most: usize) -> Vec<Address> {
    let Some(raw) = headers.raw(name) else {
        return Vec::new();
    };
    fields::addresses(raw, headers.charset.as_deref(), most)
}

/// The identifiers of a field, the first and the last ones where there are too many (RFC 5322 §3.6.4 lets the middle be cut).
fn identifiers(headers: &Headers<'_>, name: &str, limits: &Limits) -> Vec<String> {
    let mut ids = headers.raw(name).map(fields::message_ids).unwrap_or_default();
    if ids.len() > limits.references {
        let last = ids.len() + 1 - limits.references.max(1);
        ids.drain(1..last);
    }
    ids
}

fn begins_like_an_answer(subject: &str) -> bool {
    let subject = subject.to_lowercase();
    ["re:", "re ", "res:", "rép:", "aw:", "sv:", "r:"]
        .iter()
        .any(|mark| subject.starts_with(mark))
}

fn delivered_to(headers: &Headers<'_>) -> Vec<String> {
    let names = ["delivered-to", "x-original-to", "envelope-to", "x-envelope-to"];
    let values = names.iter().flat_map(|name| headers.texts(name));
    values
        .map(|value| one_line(value.trim_matches(['<', '>'])))
        .filter(|value| value.contains('@'))
        .take(MOST_REPEATED)
        .collect()
}

/// See [`IncomingMail::body_digest`]. Line ends, trailing spaces and empty lines are not counted: gateways change them.
fn digest(found: &body::Body) -> [u8; 32] {
    let mut hash = Sha256::new();
    for line in found.text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    for file in &found.attachments {
        hash.update(b"\0");
        hash.update(Sha256::digest(&file.bytes));
    }
    hash.finalize().into()
}

impl IncomingMail {
    /// What the receiving provider found out about the sender: the verdict of DMARC, or, where DMARC is not named, `pass` if DKIM or SPF passes
    /// and `fail` if one fails and none passes. With `authserv_id`, the name that our provider signs its results with, a
    /// topmost field of any other name says nothing, for then the sender brought it along.
    #[must_use]
    pub fn authentication(&self, authserv_id: Option<&str>) -> Authentication {
        classify::authentication(&self.authentication_results, authserv_id)
    }

    /// The ticket that the subject names, `[CH-1042]`, for the site's prefix `CH`.
    #[must_use]
    pub fn subject_ticket(&self, prefix: &str) -> Option<TicketNumber> {
        let number = classify::subject_tag(&self.subject, prefix)?;
        (1..=TicketNumber::MAX).contains(&number).then_some(TicketNumber(number))
    }
}
