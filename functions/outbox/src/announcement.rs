//! What is said on the bus: which ticket, which entry, whom it concerns. No words of anyone.

use chamada_domain::chain::ChainedEntry;
use chamada_domain::entry::Event;
use chamada_domain::{BundleId, LinkId, MailboxId, SweepId, TicketNumber, UserId};
use chamada_store::DayHead;
use serde_json::{Map, Value, json};
use time::Date;

/// An event for the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announcement {
    /// Its `detail-type`.
    pub(crate) detail_type: String,
    /// Its `detail`.
    pub(crate) detail: Value,
    /// The entry as its ticket's head, where it tells of one.
    pub(crate) head: Option<DayHead>,
}

impl Announcement {
    /// A new entry of a ticket's history.
    pub(crate) fn of_entry(ticket: TicketNumber, entry: &ChainedEntry) -> Self {
        let kind = entry.entry.event.type_name();
        Self {
            detail_type: format!("ticket.{kind}"),
            detail: json!({ "ticket": ticket, "seq": entry.entry.seq, "type": kind, "ids": ids(entry) }),
            head: Some(DayHead {
                ticket,
                seq: entry.entry.seq,
                hash: entry.hash.clone(),
            }),
        }
    }

    /// A sweep that was asked for.
    pub(crate) fn of_sweep(mailbox: &MailboxId, sweep: &SweepId) -> Self {
        Self {
            detail_type: "sweep.asked".into(),
            detail: json!({ "mailbox": mailbox, "sweep": sweep }),
            head: None,
        }
    }

    /// A bundle of evidence that was asked for.
    pub(crate) fn of_bundle(ticket: TicketNumber, bundle: &BundleId) -> Self {
        Self {
            detail_type: "bundle.asked".into(),
            detail: json!({ "ticket": ticket, "bundle": bundle }),
            head: None,
        }
    }

    /// The root of a day that was made.
    pub(crate) fn of_root(date: Date) -> Self {
        Self {
            detail_type: "root.made".into(),
            detail: json!({ "date": date.to_string() }),
            head: None,
        }
    }

    /// A link that was asked for.
    pub(crate) fn of_link(link: &LinkId) -> Self {
        Self {
            detail_type: "link.asked".into(),
            detail: json!({ "link": link }),
            head: None,
        }
    }

    /// A person who is to be erased from every ticket.
    pub(crate) fn of_erasure(person: &UserId) -> Self {
        Self {
            detail_type: "erasure.asked".into(),
            detail: json!({ "person": person }),
            head: None,
        }
    }
}

/// Whom an entry concerns, by role.
fn ids(entry: &ChainedEntry) -> Value {
    let mut ids = Map::new();
    let mut name = |role: &str, id: Option<&UserId>| {
        if let Some(id) = id {
            ids.insert(role.to_owned(), Value::String(id.to_string()));
        }
    };
    name("author", entry.entry.author.as_ref().and_then(|author| author.id.as_ref()));
    match &entry.entry.event {
        Event::Opened(opened) => name("requester", Some(&opened.requester.id)),
        Event::Assigned(change) => name("assignee", change.to.as_ref().map(|member| &member.id)),
        Event::Erased(erasure) => name("person", erasure.person.as_ref()),
        Event::Message(_)
        | Event::Note(_)
        | Event::Status(_)
        | Event::Due(_)
        | Event::Priority(_)
        | Event::Classified(_)
        | Event::Title(_)
        | Event::Cc(_)
        | Event::Reopened(_)
        | Event::Delivery(_)
        | Event::Rated(_)
        | Event::Linked(_)
        | Event::Merged(_)
        | Event::Deleted {}
        | Event::Restored {} => {}
    }
    Value::Object(ids)
}
