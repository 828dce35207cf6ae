//! Events of the bus, as far as they are read.

use chamada_domain::{LinkId, TicketNumber};
use chamada_platform::HandlerError;
use serde::Deserialize;
use serde_json::Value;
use time::Date;

/// What an event tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A new entry of a ticket's history.
    Entry {
        /// The ticket.
        ticket: TicketNumber,
        /// The entry.
        seq: u64,
    },
    /// A link that somebody asked for.
    Link {
        /// Which.
        link: LinkId,
    },
    /// The root of a day that was made.
    Root {
        /// The day.
        date: Date,
    },
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Value,
}

#[derive(Deserialize)]
struct EntryDetail {
    ticket: TicketNumber,
    seq: u64,
}

#[derive(Deserialize)]
struct RootDetail {
    date: Date,
}

#[derive(Deserialize)]
struct LinkDetail {
    link: LinkId,
}

impl Event {
    /// Reads an event; nothing where it is of a kind that nobody is mailed about.
    pub(crate) fn read(event: Value) -> Result<Option<Self>, HandlerError> {
        let unreadable = |error: serde_json::Error| HandlerError::poison("this event cannot be read").caused_by(error);
        let envelope: Envelope = serde_json::from_value(event).map_err(unreadable)?;
        match envelope.detail_type.as_str() {
            "ticket.opened" | "ticket.message" | "ticket.status" | "ticket.due" | "ticket.assigned" => {
                let detail: EntryDetail = serde_json::from_value(envelope.detail).map_err(unreadable)?;
                Ok(Some(Self::Entry {
                    ticket: detail.ticket,
                    seq: detail.seq,
                }))
            }
            "link.asked" => {
                let detail: LinkDetail = serde_json::from_value(envelope.detail).map_err(unreadable)?;
                Ok(Some(Self::Link { link: detail.link }))
            }
            "root.made" => {
                let detail: RootDetail = serde_json::from_value(envelope.detail).map_err(unreadable)?;
                Ok(Some(Self::Root { date: detail.date }))
            }
            _ => Ok(None),
        }
    }
}
