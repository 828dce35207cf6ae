//! A ticket's history as one reader may see it.

use chamada_domain::chain::ChainedEntry;
use chamada_domain::transcript::{Heading, transcript};
use chamada_domain::verify::Found;
use chamada_domain::{Locale, Ticket, TicketNumber, Timestamp};
use serde_json::Value;

use crate::page;

/// What a reader may see of a history.
#[derive(Debug, Clone)]
pub struct Story {
    ticket: TicketNumber,
    head_hash: String,
    entries: Vec<ChainedEntry>,
    sees_hidden: bool,
}

impl Story {
    /// Of a ticket and its whole history. What lies there and is no entry is left out: whoever checks the document finds its place empty. What comes
    /// behind the last entry that the reader may see is left out too; what comes before it stands there by its hashes.
    #[must_use]
    pub fn of(ticket: &Ticket, history: Vec<Found>, sees_hidden: bool) -> Self {
        let last = if sees_hidden { ticket.last_seq } else { ticket.public_seq };
        let readable = |found| match found {
            Found::Entry(entry) => Some(*entry),
            Found::Unreadable { .. } => None,
        };
        Self {
            ticket: ticket.number,
            head_hash: if sees_hidden { &ticket.head_hash } else { ticket.public_head() }.to_owned(),
            entries: history
                .into_iter()
                .filter_map(readable)
                .filter(|entry| entry.entry.seq <= last)
                .collect(),
            sees_hidden,
        }
    }

    /// The entries, those among them that the reader may not see.
    #[must_use]
    pub fn entries(&self) -> &[ChainedEntry] {
        &self.entries
    }

    /// The hash of the newest entry that is not left out.
    #[must_use]
    pub fn head_hash(&self) -> &str {
        &self.head_hash
    }

    /// Whether this entry is not the reader's to see.
    #[must_use]
    pub fn hides(&self, entry: &ChainedEntry) -> bool {
        !self.sees_hidden && entry.entry.event.is_hidden()
    }

    /// The document that proves itself.
    #[must_use]
    pub fn json(&self, site: &str, at: Timestamp) -> Value {
        transcript(&self.heading(site, at), &self.entries, |entry| self.hides(entry))
    }

    /// The page; `shown` is the ticket's number as people know it.
    #[must_use]
    pub fn page(&self, locale: Locale, shown: &str, site: &str, at: Timestamp) -> String {
        page::render(locale, shown, &self.heading(site, at), &self.entries, |entry| self.hides(entry))
    }

    fn heading<'a>(&'a self, site: &'a str, exported_at: Timestamp) -> Heading<'a> {
        Heading {
            site,
            ticket: self.ticket,
            exported_at,
            head_hash: &self.head_hash,
        }
    }
}
