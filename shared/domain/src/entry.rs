//! Entries of a ticket's history: what happened, who did it, in whose words.

use serde::{Deserialize, Serialize};

use crate::word::{Salts, Word};
use crate::{
    AttachmentId, Authentication, CategoryId, Channel, EmailAddress, Kind, Priority, Role, StaffMember, Status, Timestamp, UnitId, UserId,
    Via, Watcher,
};

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
        }
    }

    /// Whether staff alone may read it; customers get its hash.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        match self {
            Self::Note(_) | Self::Delivery(_) => true,
            Self::Opened(_)
            | Self::Message(_)
            | Self::Status(_)
            | Self::Assigned(_)
            | Self::Due(_)
            | Self::Priority(_)
            | Self::Classified(_)
            | Self::Title(_)
            | Self::Cc(_)
            | Self::Reopened(_) => false,
        }
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
            | Self::Delivery(_) => &[],
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

/// What a ticket is about, and where: kind, category and organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Incident or requirement.
    pub kind: Kind,
    /// The category, of that kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryId>,
    /// The subcategory, under that category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subcategory_id: Option<CategoryId>,
    /// The corporation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corporation_id: Option<UnitId>,
    /// The company, under that corporation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<UnitId>,
    /// The site, under that company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_id: Option<UnitId>,
    /// The cost centre, under that company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_centre_id: Option<UnitId>,
}

impl Place {
    /// The categories and units that it names.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        let categories = [&self.category_id, &self.subcategory_id];
        let units = [&self.corporation_id, &self.company_id, &self.site_id, &self.cost_centre_id];
        let categories = categories.into_iter().flatten().map(ToString::to_string);
        categories.chain(units.into_iter().flatten().map(ToString::to_string)).collect()
    }

    /// A place that names its kind alone.
    #[must_use]
    pub fn unclassified(kind: Kind) -> Self {
        Self {
            kind,
            category_id: None,
            subcategory_id: None,
            corporation_id: None,
            company_id: None,
            site_id: None,
            cost_centre_id: None,
        }
    }
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

/// What a mail said of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailFacts {
    /// From.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Word>,
    /// To.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Word>,
    /// Cc.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Word>,
    /// Subject.
    pub subject: Word,
    /// Whether it has an HTML part to show.
    pub has_html: bool,
    /// What our provider says of the sender.
    pub authentication: Authentication,
    /// SHA-256 of the original file, lower-case hex: where the `.eml` lies.
    pub digest: String,
    /// Attachments that stay in the original file, because of their type or number.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_in_original: u64,
    /// Whether a machine sent it: nothing is mailed back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What a mail server reported (RFC 3464).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
    pub action: DeliveryAction,
    /// The recipient it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Word>,
    /// The enhanced status code, `5.1.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Word>,
    /// SHA-256 of the original file, lower-case hex.
    pub digest: String,
}

/// What became of a mail (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryAction {
    /// It will not arrive.
    Failed,
    /// It has not arrived yet.
    Delayed,
    /// It arrived.
    Delivered,
    /// It went on to a server that reports nothing.
    Relayed,
    /// It went on to several recipients.
    Expanded,
}
