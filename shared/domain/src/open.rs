//! Opening a ticket.

use crate::draft::{Draft, Pen};
use crate::entry::{AttachedFile, Event, MailFacts, Opened, Place, Requester, WatcherWord};
use crate::word::{Salts, Word};
use crate::{Channel, Person, Priority, TicketNumber, Watcher};

/// What a new ticket is made of, already checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTicket {
    /// How it came in.
    pub channel: Channel,
    /// The title.
    pub title: String,
    /// The first message.
    pub body: String,
    /// Whose it is.
    pub requester: Person,
    /// What it is about, and where.
    pub place: Place,
    /// How much it presses.
    pub priority: Priority,
    /// Who gets copies.
    pub cc: Vec<Watcher>,
    /// Its files.
    pub attachments: Vec<AttachedFile>,
    /// What the mail said of itself.
    pub mail: Option<MailFacts>,
    /// What the mail quoted.
    pub quoted: Option<String>,
    /// The older ticket that it goes on from.
    pub continues: Option<TicketNumber>,
}

/// Drafts a new ticket.
#[must_use]
pub fn open(number: TicketNumber, new: NewTicket, pen: &Pen, salts: Salts<'_>) -> Option<Draft> {
    let event = Event::Opened(Box::new(Opened {
        ticket: Some(number),
        channel: new.channel,
        title: Word::new(new.title, salts),
        requester: Requester {
            id: new.requester.id,
            name: Word::new(new.requester.name, salts),
            email: Word::new(new.requester.email.as_str(), salts),
        },
        priority: new.priority,
        place: new.place,
        cc: new.cc.iter().map(|watcher| WatcherWord::new(watcher, salts)).collect(),
        attachments: new.attachments,
        mail: new.mail,
        quoted: new.quoted.filter(|text| !text.is_empty()).map(|text| Word::new(text, salts)),
        continues: new.continues.map(|number| number.0),
    }));
    let body = Word::new(new.body, salts);
    Draft::opening(number, pen, event, Some(body), salts)
}
