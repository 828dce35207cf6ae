//! What a mail says, as the sweep needs it.

use chamada_domain::{EmailAddress, Locale};
use time::OffsetDateTime;

/// An address as a header gives it: the name is what the sender says, the address is not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The display name, decoded, on one line.
    pub name: Option<String>,
    /// The address as written; it holds an `@`, and may still be none that Chamada takes.
    pub address: String,
}

impl Address {
    /// The address as Chamada's key; none where it is one that Chamada does not take (quoted local parts, address literals).
    #[must_use]
    pub fn email(&self) -> Option<EmailAddress> {
        self.address.parse().ok()
    }
}

/// Why a mail counts as sent by a machine, most telling reason first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Automatic {
    /// Somebody is away.
    OutOfOffice,
    /// Some other automatic reply (`Auto-Submitted: auto-replied`, `X-Autoreply`, `Precedence: auto_reply`; RFC 3834).
    Reply,
    /// A receipt or complaint report (`multipart/report` that is no delivery status; RFC 8098, RFC 5965).
    Report,
    /// Made by a program (`Auto-Submitted: auto-generated`, `X-Auto-Response-Suppress`), or sent from nobody (`Return-Path: <>`).
    Generated,
    /// Sent through a list (`List-Id`, RFC 2919; `Precedence: list`).
    List,
    /// Sent in bulk (`Precedence: bulk` or `junk`).
    Bulk,
}

/// What became of a mail sent before (RFC 3464).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryReport {
    /// The Message-ID of the mail that it is about, where it is enclosed.
    pub original_message_id: Option<String>,
    /// `failed`, `delayed`, `delivered`, `relayed` or `expanded`, in lower case.
    pub action: Option<String>,
    /// The status code, `5.1.1` (RFC 3463).
    pub status: Option<String>,
    /// Whom it was not, or was, delivered to.
    pub recipient: Option<String>,
}

/// A file that came with a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// A harmless file name: decoded, without paths, control characters and direction marks, at most 200 bytes, never empty.
    pub name: String,
    /// The media type: what the bytes look like, or else what the sender declared.
    pub content_type: String,
    /// The Content-ID without angle brackets, for `cid:` images.
    pub content_id: Option<String>,
    /// Whether it is part of the HTML text and no file of its own.
    pub inline: bool,
    /// The content, transfer encoding undone.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .field("content_id", &self.content_id)
            .field("inline", &self.inline)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// A mail, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingMail {
    /// Message-ID without angle brackets; none where it is empty or absurd, and then it threads nothing.
    pub message_id: Option<String>,
    /// The Message-IDs of In-Reply-To.
    pub in_reply_to: Vec<String>,
    /// The Message-IDs of References, oldest first, bounded.
    pub references: Vec<String>,
    /// The author: the first address of the first From field. What it says proves nothing.
    pub from: Option<Address>,
    /// The first address of Reply-To.
    pub reply_to: Option<Address>,
    /// To, groups opened.
    pub to: Vec<Address>,
    /// Cc, groups opened.
    pub cc: Vec<Address>,
    /// Addresses that the receiving side names: Delivered-To, X-Original-To, Envelope-To.
    pub delivered_to: Vec<String>,
    /// Date, in UTC; none where it is missing or names no moment. It may lie in the future: senders say what they like.
    pub date: Option<OffsetDateTime>,
    /// Subject, on one line; empty where there is none.
    pub subject: String,
    /// What the author wrote now, without quote and signature. All of it: bounds are the caller's.
    pub text: String,
    /// The signature below the text, empty where none was told.
    pub signature: String,
    /// What is quoted from earlier mails, with the line that introduces it; empty where nothing is.
    pub quoted: String,
    /// Whether the mail has an HTML body.
    pub has_html: bool,
    /// The HTML body made harmless: no scripts, styles, forms or remote images; `cid:` images are left. None where there is no HTML, or
    /// where it is too long or too deep to be looked at; the text is there then.
    pub html: Option<String>,
    /// The files, in order.
    pub attachments: Vec<Attachment>,
    /// Whether a machine sent it, and why that is thought.
    pub automatic: Option<Automatic>,
    /// What it reports of a mail sent before, where it is a delivery report.
    pub delivery: Option<DeliveryReport>,
    /// The value of our loop header; [`crate::MailKey::is_own`] says whether it is genuine.
    pub loop_tag: Option<String>,
    /// The values of Authentication-Results, topmost first.
    pub authentication_results: Vec<String>,
    /// The language that the new text seems to be in.
    pub language: Option<Locale>,
    /// SHA-256 over the decoded text and the attachments: two copies of one mail agree in it, however they were encoded on the way.
    pub body_digest: [u8; 32],
    /// Whether a bound of [`crate::Limits`] was met, so that the raw file holds more than this.
    pub truncated: bool,
}

/// Why a mail is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The raw message is larger than the limit.
    #[error("the message has {size} bytes, more than the {limit} that are read")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
}
