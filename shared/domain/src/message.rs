//! Writing into a ticket, and what that does to its status.

use crate::draft::{Draft, Pen};
use crate::entry::{AttachedFile, Event, MailFacts, Message, OptionalChange};
use crate::status::Deed;
use crate::word::{Salts, Word};
use crate::{Ticket, Timestamp, UserId, Visibility};

/// What is written, already checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// The words.
    pub body: String,
    /// Who reads them.
    pub visibility: Visibility,
    /// The files.
    pub attachments: Vec<AttachedFile>,
    /// What the mail said of itself.
    pub mail: Option<MailFacts>,
    /// What the mail quoted.
    pub quoted: Option<String>,
    /// Whose words they are: this decides what they do to the status.
    pub voice: Voice,
    /// Whether the author marks the ticket resolved; staff alone.
    pub resolve: bool,
    /// The estimated date that the author sets; staff alone. `Some(None)` takes it away.
    pub due_at: Option<Option<Timestamp>>,
    /// Whose link or thread the message came through, where that is not its author.
    pub through: Option<UserId>,
}

/// In what part somebody writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// As one who attends to the ticket.
    Staff,
    /// As the requester or a watcher.
    Customer,
    /// As somebody for whom nothing vouches: kept, shown as such, without effect.
    Unverified,
    /// As a machine: an out-of-office answer and the like. Kept for staff, without effect.
    Automatic,
}

/// Drafts a message and all that it brings about.
#[must_use]
pub fn post(ticket: Ticket, message: NewMessage, pen: &Pen, salts: Salts<'_>) -> Draft {
    let mut draft = Draft::of(ticket);
    let content = Message {
        attachments: message.attachments,
        mail: message.mail,
        quoted: message.quoted.filter(|text| !text.is_empty()).map(|text| Word::new(text, salts)),
        unverified: message.voice == Voice::Unverified,
        through: message.through,
    };
    let internal = message.visibility == Visibility::Internal || message.voice == Voice::Automatic;
    let event = if internal { Event::Note(content) } else { Event::Message(content) };
    let body = Some(message.body)
        .filter(|text| !text.is_empty())
        .map(|text| Word::new(text, salts));
    draft.append(pen, event, body, salts);
    if let Some(to) = message.due_at.filter(|to| *to != draft.ticket.due_at) {
        let from = draft.ticket.due_at;
        draft.append(pen, Event::Due(OptionalChange { from, to }), None, salts);
    }
    if !internal {
        let deed = Deed::Message {
            voice: message.voice,
            resolve: message.resolve,
            assigned: draft.ticket.assignee.is_some(),
        };
        draft.step(pen, deed, salts);
    }
    draft
}
