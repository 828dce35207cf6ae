//! Writing into a history: the one place where entries are numbered, linked and applied.

use crate::chain::{ChainedEntry, GENESIS};
use crate::entry::{Author, Change, Entry, Event};
use crate::status::{Deed, Move, step};
use crate::word::{Salts, Word};
use crate::{Role, Ticket, TicketNumber, Timestamp, User, UserId, Via};

/// Who writes, when and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pen {
    /// The moment.
    pub at: Timestamp,
    /// The way.
    pub via: Via,
    /// The person; nobody where Chamada writes.
    pub author: Option<Writer>,
}

/// A person who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// Who; nobody known where a stranger wrote by mail.
    pub id: Option<UserId>,
    /// What they are called.
    pub name: String,
    /// With whose rights they write here.
    pub role: Role,
}

impl Writer {
    /// A person with an account, in the role that the account has.
    #[must_use]
    pub fn of(user: &User) -> Self {
        Self {
            id: Some(user.id.clone()),
            name: user.name.clone(),
            role: user.role,
        }
    }
}

/// A change of a ticket that is not written yet: the state before and after, and the entries that lead from one to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The ticket as it was read; nothing where it is new.
    pub before: Option<Ticket>,
    /// The ticket as it will be.
    pub ticket: Ticket,
    /// What is added to its history, oldest first.
    pub entries: Vec<ChainedEntry>,
}

impl Draft {
    /// A draft that changes nothing yet.
    #[must_use]
    pub fn of(ticket: Ticket) -> Self {
        Self {
            before: Some(ticket.clone()),
            ticket,
            entries: Vec::new(),
        }
    }

    /// A draft of a new ticket; nothing where `opened` is another event.
    #[must_use]
    pub fn opening(number: TicketNumber, pen: &Pen, opened: Event, body: Option<Word>, salts: Salts<'_>) -> Option<Self> {
        let first = ChainedEntry::link(entry(1, pen, opened, body, salts), GENESIS);
        let ticket = Ticket::opened(number, &first)?;
        Some(Self {
            before: None,
            ticket,
            entries: vec![first],
        })
    }

    /// Adds an entry behind the newest one.
    pub fn append(&mut self, pen: &Pen, event: Event, body: Option<Word>, salts: Salts<'_>) {
        let next = ChainedEntry::link(entry(self.ticket.last_seq + 1, pen, event, body, salts), &self.ticket.head_hash);
        self.ticket.apply(&next);
        self.entries.push(next);
    }

    /// Moves the ticket to where `deed` leads it.
    pub fn step(&mut self, pen: &Pen, deed: Deed, salts: Salts<'_>) {
        let from = self.ticket.status;
        let event = match step(from, deed) {
            Move::Stays => return,
            Move::To(to) => Event::Status(Change { from, to }),
            Move::Reopens(to) => Event::Reopened(Change { from, to }),
        };
        self.append(pen, event, None, salts);
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn entry(seq: u64, pen: &Pen, event: Event, body: Option<Word>, salts: Salts<'_>) -> Entry {
    let author = pen.author.as_ref().map(|writer| Author {
        id: writer.id.clone(),
        name: Word::new(&writer.name, salts),
        role: writer.role,
    });
    Entry {
        seq,
        at: pen.at,
        via: pen.via,
        author,
        event,
        body,
    }
}
