//! Tickets and entries as callers read them: staff see all, customers what is theirs to see.

use chamada_domain::chain::{ChainedEntry, readable};
use chamada_domain::entry::AttachedFile;
use chamada_domain::permission::{Can, Standing};
use chamada_domain::{
    AttachmentId, CategoryId, Channel, EmailAddress, Kind, Priority, Settings, Status, Ticket, TicketNumber, Timestamp, UnitId, UserId, Via,
};
use chamada_store::{Attachment, Sending};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::schema;

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ticket)]
pub(crate) struct TicketView {
    number: TicketNumber,
    version: u64,
    title: String,
    kind: Kind,
    status: Status,
    priority: Priority,
    category_id: Option<CategoryId>,
    subcategory_id: Option<CategoryId>,
    corporation_id: Option<UnitId>,
    company_id: Option<UnitId>,
    site_id: Option<UnitId>,
    cost_centre_id: Option<UnitId>,
    requester: RequesterView,
    assignee: Option<AssigneeView>,
    cc: Vec<EmailAddress>,
    due_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    resolved_at: Option<Timestamp>,
    rating: Option<RatingView>,
    /// The tickets that have to do with it; for staff.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<u64>, required = false)]
    links: Vec<TicketNumber>,
    /// The ticket in which it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    merged_into: Option<TicketNumber>,
    /// When it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<Timestamp>,
    /// Whether its words are erased for good.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    erased: bool,
    channel: Channel,
    message_count: u64,
    attachment_count: u64,
    last_seq: u64,
    head_hash: String,
    can: CanView,
}

/// How its requester found that it was attended to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rating)]
pub(crate) struct RatingView {
    #[schema(minimum = 1, maximum = 5)]
    stars: u8,
    comment: Option<String>,
    at: Timestamp,
}

/// Whose ticket it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Requester)]
pub(crate) struct RequesterView {
    id: UserId,
    name: String,
    email: EmailAddress,
}

/// Who attends to it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Assignee)]
pub(crate) struct AssigneeView {
    id: UserId,
    name: String,
}

/// What the caller may do to it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Can)]
#[expect(clippy::struct_excessive_bools, reason = "the API names each right by itself")]
pub(crate) struct CanView {
    message: bool,
    attach: bool,
    note: bool,
    resolve: bool,
    title: bool,
    priority: bool,
    classify: bool,
    due: bool,
    cc: bool,
    status: bool,
    assign: bool,
    claim: bool,
    rate: bool,
    delete: bool,
}

impl From<Can> for CanView {
    fn from(can: Can) -> Self {
        Self {
            message: can.message,
            attach: can.attach,
            note: can.note,
            resolve: can.resolve,
            title: can.title,
            priority: can.priority,
            classify: can.classify,
            due: can.due,
            cc: can.cc,
            status: can.status,
            assign: can.assign,
            claim: can.claim,
            rate: can.rate,
            delete: can.delete,
        }
    }
}

impl TicketView {
    /// The ticket as somebody of this standing reads it.
    pub(crate) fn new(ticket: &Ticket, standing: Standing, settings: &Settings) -> Self {
        let sees_hidden = standing.sees_hidden(settings);
        let ticket = ticket.clone();
        let head_hash = if sees_hidden {
            ticket.head_hash.clone()
        } else {
            ticket.public_head().to_owned()
        };
        let hidden_files = if sees_hidden { ticket.hidden_attachment_count } else { 0 };
        Self {
            number: ticket.number,
            version: ticket.version,
            title: ticket.title,
            kind: ticket.place.kind,
            status: ticket.status,
            priority: ticket.priority,
            category_id: ticket.place.category_id,
            subcategory_id: ticket.place.subcategory_id,
            corporation_id: ticket.place.corporation_id,
            company_id: ticket.place.company_id,
            site_id: ticket.place.site_id,
            cost_centre_id: ticket.place.cost_centre_id,
            requester: RequesterView {
                id: ticket.requester.id,
                name: ticket.requester.name,
                email: ticket.requester.email,
            },
            assignee: ticket.assignee.map(|member| AssigneeView {
                id: member.id,
                name: member.name,
            }),
            cc: ticket.cc.into_iter().map(|watcher| watcher.email).collect(),
            due_at: ticket.due_at,
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
            resolved_at: ticket.resolved_at,
            rating: ticket.rating.map(|rating| RatingView {
                stars: rating.stars,
                comment: rating.comment,
                at: rating.at,
            }),
            links: if sees_hidden { ticket.links } else { Vec::new() },
            merged_into: ticket.merged_into,
            deleted_at: ticket.deleted_at,
            erased: ticket.erased,
            channel: ticket.channel,
            message_count: ticket.message_count,
            attachment_count: ticket.attachment_count + hidden_files,
            last_seq: if sees_hidden { ticket.last_seq } else { ticket.public_seq },
            head_hash,
            can: Can::of(standing, settings).into(),
        }
    }
}

/// An entry of the history. One that the caller may not read has `hidden`, its place and its hashes alone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Entry)]
pub(crate) struct EntryView {
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<Via>,
    /// Who made it; null where Chamada did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Author>)]
    author: Option<Value>,
    /// What happened.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::entry_type)]
    kind: Option<&'static str>,
    /// `{from, to}` of a change; `{attachments}` of a message; all that was stated of an opening.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::EntryData>)]
    data: Option<Value>,
    /// What was said; null once it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    body: Option<Value>,
    /// What a mail quoted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    quoted: Option<Value>,
    /// What a mail said of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::MailFacts>)]
    mail: Option<Value>,
    /// Nothing vouches for the author.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unverified: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    hidden: bool,
    previous_hash: String,
    hash: String,
    /// The mails that announced it; for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    sendings: Option<Vec<SendingView>>,
}

/// A mail that announced an entry.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Sending)]
pub(crate) struct SendingView {
    to: EmailAddress,
    #[schema(schema_with = schema::sending_state)]
    state: chamada_store::SendingState,
    at: Timestamp,
}

impl EntryView {
    /// The entry as those read it who may.
    pub(crate) fn open(entry: &ChainedEntry, sendings: Option<&[Sending]>) -> Self {
        let mut stored = readable(&entry.entry);
        let mut data = stored.get_mut("data").map(Value::take);
        let mut lift = |name: &str| {
            data.as_mut()
                .and_then(Value::as_object_mut)
                .and_then(|data| data.shift_remove(name))
        };
        let (quoted, mut mail, unverified) = (lift("quoted"), lift("mail"), lift("unverified"));
        if let Some(facts) = mail.as_mut().and_then(Value::as_object_mut) {
            facts.shift_remove("digest");
        }
        let own = |sending: &&Sending| sending.seq == entry.entry.seq;
        let shown = |sending: &Sending| SendingView {
            to: sending.to.clone(),
            state: sending.state,
            at: sending.at,
        };
        Self {
            seq: entry.entry.seq,
            at: Some(entry.entry.at),
            via: Some(entry.entry.via),
            author: Some(author(stored.get_mut("author").map(Value::take))),
            kind: Some(entry.entry.event.type_name()),
            data: Some(data.unwrap_or_else(|| Value::Object(Map::new()))),
            body: stored.get_mut("body").map(Value::take),
            quoted,
            mail,
            unverified: unverified == Some(Value::Bool(true)),
            hidden: false,
            previous_hash: entry.previous_hash.clone(),
            hash: entry.hash.clone(),
            sendings: sendings.map(|all| all.iter().filter(own).map(shown).collect()),
        }
    }

    /// The entry as those know it who may not read it.
    pub(crate) fn hidden(entry: &ChainedEntry) -> Self {
        Self {
            seq: entry.entry.seq,
            at: None,
            via: None,
            author: None,
            kind: None,
            data: None,
            body: None,
            quoted: None,
            mail: None,
            unverified: false,
            hidden: true,
            previous_hash: entry.previous_hash.clone(),
            hash: entry.hash.clone(),
            sendings: None,
        }
    }
}

/// An author always names an id, null where nobody known wrote.
fn author(stored: Option<Value>) -> Value {
    match stored {
        Some(Value::Object(mut author)) => {
            author.entry("id").or_insert(Value::Null);
            Value::Object(author)
        }
        _ => Value::Null,
    }
}

/// The entries as somebody reads them: for customers hidden ones are hashes, and those behind the last one they may read are not there yet.
pub(crate) fn entries(ticket: &Ticket, entries: &[ChainedEntry], sees_hidden: bool, sendings: &[Sending]) -> Vec<EntryView> {
    let there = |entry: &&ChainedEntry| sees_hidden || entry.entry.seq <= ticket.public_seq;
    let view = |entry: &ChainedEntry| match (sees_hidden, entry.entry.event.is_hidden()) {
        (true, _) => EntryView::open(entry, Some(sendings)),
        (false, true) => EntryView::hidden(entry),
        (false, false) => EntryView::open(entry, None),
    };
    entries.iter().filter(there).map(view).collect()
}

/// A file of a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttachmentRow)]
pub(crate) struct AttachmentView {
    attachment_id: AttachmentId,
    name: String,
    content_type: String,
    size: u64,
    sha256: String,
    seq: u64,
    inline: bool,
}

impl AttachmentView {
    /// A file as an entry names it.
    pub(crate) fn of_entry(seq: u64, file: &AttachedFile) -> Self {
        Self {
            attachment_id: file.attachment_id.clone(),
            name: file.name.text_or_empty(),
            content_type: file.content_type.clone(),
            size: file.size,
            sha256: file.sha256.clone(),
            seq,
            inline: file.inline,
        }
    }

    /// A file as the table has it.
    pub(crate) fn of_stored(file: Attachment) -> Self {
        Self {
            attachment_id: file.id,
            name: file.name,
            content_type: file.content_type,
            size: file.size,
            sha256: file.sha256,
            seq: file.seq,
            inline: file.inline,
        }
    }
}
