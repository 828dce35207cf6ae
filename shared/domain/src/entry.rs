//! Entries of a ticket's history: what happened, who did it, in whose words.

mod lifecycle;
mod mail;
mod place;

use serde::{Deserialize, Serialize};

use crate::word::{Salts, Word, each_word};
use crate::{AttachmentId, Channel, EmailAddress, Priority, Role, StaffMember, Status, TicketNumber, Timestamp, UserId, Via, Watcher};

pub use lifecycle::{Erasure, Linked, Merged, Rated};
pub use mail::{Delivery, DeliveryAction, MailFacts};
pub use place::Place;

/// One entry of a history. What is hashed (`core`) is derived from it by [`crate::chain`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place: 1, 2, 3 … without a gap.
    pub seq: u64,
    /// When it was made.
    pub at: Timestamp,
    /// How it was made.
    pub via: Via,
    /// Who made it; nobody where Chamada did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
    /// What happened: the members `type` and `data`.
    #[serde(flatten)]
    pub event: Event,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Word>,
}

impl Entry {
    /// Whether a word of it is known by its commitment alone. Whatever it was made of still holds that word.
    #[must_use]
    pub fn has_erased_words(&self) -> bool {
        let mut erased = false;
        each_word(self, &mut |word| erased |= word.text().is_none());
        erased
    }
}

/// Who made an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The person; nobody's where a stranger wrote into a thread by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<UserId>,
    /// What they were called then.
    pub name: Word,
    /// What they were then.
    pub role: Role,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// The ticket was opened, with the body as its first message.
    Opened(Box<Opened>),
    /// A message that everyone who sees the ticket reads.
    Message(Message),
    /// A message that staff alone read.
    Note(Message),
    /// The status changed.
    Status(Change<Status>),
    /// Somebody else, or nobody, attends to it now.
    Assigned(Assignment),
    /// The estimated date changed.
    Due(OptionalChange<Timestamp>),
    /// The priority changed.
    Priority(Change<Priority>),
    /// Kind, category or place changed.
    Classified(Box<Classification>),
    /// The title changed.
    Title(Change<Word>),
    /// The watchers changed.
    Cc(Change<Vec<WatcherWord>>),
    /// The customer's answer opened a resolved ticket again.
    Reopened(Change<Status>),
    /// What a mail server reported of a mail that we sent.
    Delivery(Delivery),
    /// Its requester rated how it was attended to.
    Rated(Rated),
    /// It was tied to another ticket, or untied.
    Linked(Linked),
    /// It became one with another.
    Merged(Merged),
    /// It was deleted: gone from every list and link.
    Deleted {},
    /// It is back.
    Restored {},
    /// Words were erased from it.
    Erased(Erasure),
}

impl Event {
    /// The word for it in the API and on the bus.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::Message(_) => "message",
            Self::Note(_) => "note",
            Self::Status(_) => "status",
            Self::Assigned(_) => "assigned",
            Self::Due(_) => "due",
            Self::Priority(_) => "priority",
            Self::Classified(_) => "classified",
            Self::Title(_) => "title",
            Self::Cc(_) => "cc",
            Self::Reopened(_) => "reopened",
            Self::Delivery(_) => "delivery",
            Self::Rated(_) => "rated",
            Self::Linked(_) => "linked",
            Self::Merged(_) => "merged",
            Self::Deleted {} => "deleted",
            Self::Restored {} => "restored",
            Self::Erased(_) => "erased",
        }
    }

    /// Whether staff alone may read it; customers get its hash.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        match self {
            Self::Note(_)
            | Self::Delivery(_)
            | Self::Linked(_)
            | Self::Merged(Merged::From(_))
            | Self::Deleted {}
            | Self::Restored {}
            | Self::Erased(_) => true,
            Self::Opened(_)
            | Self::Message(_)
            | Self::Status(_)
            | Self::Assigned(_)
            | Self::Due(_)
            | Self::Priority(_)
            | Self::Classified(_)
            | Self::Title(_)
            | Self::Cc(_)
            | Self::Reopened(_)
            | Self::Rated(_)
            | Self::Merged(Merged::Into(_)) => false,
        }
    }

    /// What the mail said of itself that it was made of.
    #[must_use]
    pub fn mail(&self) -> Option<&MailFacts> {
        match self {
            Self::Opened(opened) => opened.mail.as_ref(),
            Self::Message(message) | Self::Note(message) => message.mail.as_ref(),
            Self::Status(_)
            | Self::Assigned(_)
            | Self::Due(_)
            | Self::Priority(_)
            | Self::Classified(_)
            | Self::Title(_)
            | Self::Cc(_)
            | Self::Reopened(_)
            | Self::Delivery(_)
            | Self::Rated(_)
            | Self::Linked(_)
            | Self::Merged(_)
            | Self::Deleted {}
            | Self::Restored {}
            | Self::Erased(_) => None,
        }
    }

    /// SHA-256 of the original mail that it was made of, lower-case hex.
    #[must_use]
    pub fn original(&self) -> Option<&str> {
        if let Self::Delivery(delivery) = self {
            return Some(&delivery.digest);
        }
        self.mail().map(|mail| mail.digest.as_str())
    }

    /// The files that came with it.
    #[must_use]
    pub fn attachments(&self) -> &[AttachedFile] {
        match self {
            Self::Opened(opened) => &opened.attachments,
            Self::Message(message) | Self::Note(message) => &message.attachments,
            Self::Status(_)
            | Self::Assigned(_)
            | Self::Due(_)
            | Self::Priority(_)
            | Self::Classified(_)
            | Self::Title(_)
            | Self::Cc(_)
            | Self::Reopened(_)
            | Self::Delivery(_)
            | Self::Rated(_)
            | Self::Linked(_)
            | Self::Merged(_)
            | Self::Deleted {}
            | Self::Restored {}
            | Self::Erased(_) => &[],
        }
    }
}

/// From what to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change<T> {
    /// Before.
    pub from: T,
    /// After.
    pub to: T,
}

/// From what or nothing to what or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionalChange<T> {
    /// Before.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub from: Option<T>,
    /// After.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub to: Option<T>,
}

fn none<T>() -> Option<T> {
    None
}

/// Who attended before and who does now.
pub type Assignment = OptionalChange<StaffWord>;

/// A member of staff in an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffWord {
    /// Who.
    pub id: UserId,
    /// What they were called then.
    pub name: Word,
}

impl StaffWord {
    /// The entry's form of a member of staff.
    #[must_use]
    pub fn new(member: &StaffMember, salts: Salts<'_>) -> Self {
        Self {
            id: member.id.clone(),
            name: Word::new(&member.name, salts),
        }
    }
}

/// A watcher in an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatcherWord {
    /// Who.
    pub id: UserId,
    /// The address.
    pub email: Word,
}

impl WatcherWord {
    /// The entry's form of a watcher.
    #[must_use]
    pub fn new(watcher: &Watcher, salts: Salts<'_>) -> Self {
        Self {
            id: watcher.id.clone(),
            email: Word::new(watcher.email.as_str(), salts),
        }
    }

    /// The watcher, unless the address was erased.
    #[must_use]
    pub fn as_watcher(&self) -> Option<Watcher> {
        let email: EmailAddress = self.email.text()?.parse().ok()?;
        Some(Watcher {
            id: self.id.clone(),
            email,
        })
    }
}

/// All that a new ticket states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The ticket's number, so that no history passes for another ticket's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketNumber>,
    /// How it came in.
    pub channel: Channel,
    /// The title.
    pub title: Word,
    /// Whose ticket it is.
    pub requester: Requester,
    /// The priority.
    pub priority: Priority,
    /// What it is about, and where.
    #[serde(flatten)]
    pub place: Place,
    /// Who gets copies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<WatcherWord>,
    /// The files that came with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachedFile>,
    /// What the mail said of itself, where it came by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailFacts>,
    /// What the mail quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Word>,
    /// The older ticket that this one goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<u64>,
}

/// A requester in an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requester {
    /// Who.
    pub id: UserId,
    /// What they were called then.
    pub name: Word,
    /// The address.
    pub email: Word,
}

/// Where a ticket stood and where it stands now.
pub type Classification = Change<Place>;

/// What comes with a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Message {
    /// The files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachedFile>,
    /// What the mail said of itself, where it came by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailFacts>,
    /// What the mail quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Word>,
    /// Whether nothing vouches for the author: the thread chose the ticket, From is not one of its people.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unverified: bool,
    /// Whose link or thread the message came through, where that is not its author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<UserId>,
}

/// A file in an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedFile {
    /// Which.
    pub attachment_id: AttachmentId,
    /// Its name.
    pub name: Word,
    /// Its media type.
    pub content_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, lower-case hex.
    pub sha256: String,
    /// Whether the mail showed it inside its text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inline: bool,
}
