//! A ticket as it stands now: what its history adds up to.

use serde::{Deserialize, Serialize};

use crate::chain::{ChainedEntry, GENESIS};
use crate::entry::{Event, Merged, Opened, Place, StaffWord, WatcherWord};
use crate::erase::without_erased_words;
use crate::{Channel, EmailAddress, Person, Priority, StaffMember, Status, TicketNumber, Timestamp, UserId, Watcher};

/// The present state of a ticket. Nothing changes it but [`Ticket::opened`] and [`Ticket::apply`], so that a recount of the history always
/// arrives at the same fields.
///
/// Its JSON form is what the table holds and every index repeats, hence the short keys: a row under 1 KB costs one unit less in each index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Its number.
    #[serde(rename = "n")]
    pub number: TicketNumber,
    /// Raised by every change of its fields, not by messages.
    #[serde(rename = "v")]
    pub version: u64,
    /// The title, 1 to 200 characters.
    #[serde(rename = "t")]
    pub title: String,
    /// What it is about, and where.
    #[serde(flatten, with = "short_place")]
    pub place: Place,
    /// Where it stands.
    #[serde(rename = "s")]
    pub status: Status,
    /// How much it presses.
    #[serde(rename = "p")]
    pub priority: Priority,
    /// Whose it is.
    #[serde(rename = "r")]
    pub requester: Person,
    /// Who attends to it.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<StaffMember>,
    /// When that last changed.
    #[serde(rename = "aa", default, skip_serializing_if = "Option::is_none")]
    pub assigned_at: Option<Timestamp>,
    /// Who gets copies.
    #[serde(rename = "cc", default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Watcher>,
    /// The estimated date.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When it was opened.
    #[serde(rename = "o")]
    pub created_at: Timestamp,
    /// The last time that something happened which its requester may see.
    #[serde(rename = "u")]
    pub updated_at: Timestamp,
    /// When it was resolved, while it is.
    #[serde(rename = "ra", default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// Who resolved it, while it is.
    #[serde(rename = "rb", default, skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<UserId>,
    /// How its requester found that it was attended to, while it is resolved.
    #[serde(rename = "rt", default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<Rating>,
    /// The tickets that have to do with it, as staff tied them.
    #[serde(rename = "l", default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<TicketNumber>,
    /// The ticket in which it goes on.
    #[serde(rename = "mi", default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<TicketNumber>,
    /// When it was deleted, while it is.
    #[serde(rename = "da", default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// Whether its words are erased for good.
    #[serde(rename = "er", default, skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
    /// How it came in.
    #[serde(rename = "ch")]
    pub channel: Channel,
    /// Messages that the requester may see, the first one included.
    #[serde(rename = "mc")]
    pub message_count: u64,
    /// Files that the requester may see.
    #[serde(rename = "ac", default)]
    pub attachment_count: u64,
    /// Files that staff alone may see.
    #[serde(rename = "hc", default, skip_serializing_if = "is_zero")]
    pub hidden_attachment_count: u64,
    /// The newest entry.
    #[serde(rename = "ls")]
    pub last_seq: u64,
    /// Its hash.
    #[serde(rename = "h")]
    pub head_hash: String,
    /// The newest entry that the requester may see.
    #[serde(rename = "ps")]
    pub public_seq: u64,
    /// Its hash, where it is not the newest of all.
    #[serde(rename = "ph", default, skip_serializing_if = "Option::is_none")]
    pub public_hash: Option<String>,
    /// Whether a stranger opened it in its requester's name, who has not come yet: staff know nothing of it until then. Part neither of the row nor of
    /// what the history adds up to: the table keeps it beside both.
    #[serde(skip)]
    pub held: bool,
}

/// How a requester found that their ticket was attended to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// 1 to 5.
    #[serde(rename = "s")]
    pub stars: u8,
    /// What they said of it.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When.
    #[serde(rename = "a")]
    pub at: Timestamp,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// [`Place`] under short keys, for the row alone: in entries the names are spelt out, since they are part of what is hashed.
mod short_place {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::entry::Place;
    use crate::{CategoryId, Kind, UnitId};

    #[derive(Serialize, Deserialize)]
    struct Short {
        k: Kind,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        c: Option<CategoryId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sc: Option<CategoryId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cp: Option<UnitId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        co: Option<UnitId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        si: Option<UnitId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ce: Option<UnitId>,
    }

    pub(super) fn serialize<S: Serializer>(place: &Place, serializer: S) -> Result<S::Ok, S::Error> {
        let place = place.clone();
        Short {
            k: place.kind,
            c: place.category_id,
            sc: place.subcategory_id,
            cp: place.corporation_id,
            co: place.company_id,
            si: place.site_id,
            ce: place.cost_centre_id,
        }
        .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Place, D::Error> {
        let short = Short::deserialize(deserializer)?;
        Ok(Place {
            kind: short.k,
            category_id: short.c,
            subcategory_id: short.sc,
            corporation_id: short.cp,
            company_id: short.co,
            site_id: short.si,
            cost_centre_id: short.ce,
        })
    }
}

impl Ticket {
    /// The ticket that an `opened` entry makes; nothing where the entry is another one or
    /// another ticket's, or its requester's address is unreadable.
    #[must_use]
    pub fn opened(number: TicketNumber, first: &ChainedEntry) -> Option<Self> {
        let Event::Opened(opened) = &first.entry.event else { return None };
        if opened.ticket.is_some_and(|own| own != number) {
            return None;
        }
        let mut ticket = Self::blank(number, opened, first.entry.at)?;
        ticket.advance(first);
        Some(ticket)
    }

    fn blank(number: TicketNumber, opened: &Opened, at: Timestamp) -> Option<Self> {
        let requester = Person {
            id: opened.requester.id.clone(),
            name: opened.requester.name.text_or_empty(),
            email: match opened.requester.email.text() {
                Some(address) => address.parse().ok()?,
                None => EmailAddress::erased(),
            },
        };
        Some(Self {
            number,
            version: 1,
            title: opened.title.text_or_empty(),
            place: opened.place.clone(),
            status: Status::New,
            priority: opened.priority,
            requester,
            assignee: None,
            assigned_at: None,
            cc: watchers(&opened.cc),
            due_at: None,
            created_at: at,
            updated_at: at,
            resolved_at: None,
            resolved_by: None,
            rating: None,
            links: Vec::new(),
            merged_into: None,
            deleted_at: None,
            erased: false,
            channel: opened.channel,
            message_count: 1,
            attachment_count: opened.attachments.len() as u64,
            hidden_attachment_count: 0,
            last_seq: 0,
            head_hash: GENESIS.to_owned(),
            public_seq: 0,
            public_hash: None,
            held: false,
        })
    }

    /// Brings the state up to the next entry of the history.
    pub fn apply(&mut self, next: &ChainedEntry) {
        let at = next.entry.at;
        let author = next.entry.author.as_ref().and_then(|author| author.id.clone());
        // Whoever goes on writing as the requester came by what was mailed to their address, or has signed in with it.
        if author.as_ref() == Some(&self.requester.id) {
            self.held = false;
        }
        match &next.entry.event {
            Event::Opened(_) | Event::Delivery(_) => {}
            Event::Message(message) => {
                self.message_count += 1;
                self.attachment_count += message.attachments.len() as u64;
            }
            Event::Note(note) => self.hidden_attachment_count += note.attachments.len() as u64,
            Event::Status(change) | Event::Reopened(change) => self.set_status(change.to, at, author),
            Event::Assigned(change) => {
                self.assignee = change.to.as_ref().map(staff_member);
                self.assigned_at = Some(at);
            }
            Event::Due(change) => self.due_at = change.to,
            Event::Priority(change) => self.priority = change.to,
            Event::Classified(change) => self.place = change.to.clone(),
            Event::Title(change) => self.title = change.to.text_or_empty(),
            Event::Cc(change) => self.cc = watchers(&change.to),
            Event::Rated(rated) => {
                self.rating = Some(Rating {
                    stars: rated.stars,
                    comment: rated.comment.as_ref().and_then(|comment| comment.text()).map(str::to_owned),
                    at,
                });
            }
            Event::Linked(link) => {
                self.links.retain(|there| *there != link.ticket);
                if !link.removed {
                    self.links.push(link.ticket);
                }
            }
            Event::Merged(Merged::Into(other)) => self.merged_into = Some(*other),
            Event::Merged(Merged::From(_)) => {}
            Event::Deleted {} => self.deleted_at = Some(at),
            Event::Restored {} => self.deleted_at = None,
            Event::Erased(erasure) => self.erased |= erasure.person.is_none(),
        }
        if changes_fields(&next.entry.event) {
            self.version += 1;
        }
        self.advance(next);
    }

    fn set_status(&mut self, status: Status, at: Timestamp, by: Option<UserId>) {
        self.status = status;
        // What was rated was the resolution that is undone, or done anew.
        self.rating = None;
        (self.resolved_at, self.resolved_by) = if status == Status::Resolved { (Some(at), by) } else { (None, None) };
    }

    fn advance(&mut self, next: &ChainedEntry) {
        let hidden = next.entry.event.is_hidden();
        if hidden {
            let before = self.head_hash.clone();
            self.public_hash.get_or_insert(before);
        } else {
            self.public_seq = next.entry.seq;
            self.public_hash = None;
            self.updated_at = self.updated_at.max(next.entry.at);
        }
        self.last_seq = next.entry.seq;
        next.hash.clone_into(&mut self.head_hash);
    }

    /// The hash of the newest entry that the requester may see.
    #[must_use]
    pub fn public_head(&self) -> &str {
        self.public_hash.as_deref().unwrap_or(&self.head_hash)
    }

    /// Whether `user` gets copies.
    #[must_use]
    pub fn is_watched_by(&self, user: &UserId) -> bool {
        self.cc.iter().any(|watcher| watcher.id == *user)
    }

    /// Whether `user` attends to it.
    #[must_use]
    pub fn is_assigned_to(&self, user: &UserId) -> bool {
        self.assignee.as_ref().is_some_and(|assignee| assignee.id == *user)
    }

    /// What the whole history adds up to; nothing where it does not begin with `opened`. Words that an entry says are erased count as such, be they
    /// gone from the table already or not yet.
    #[must_use]
    pub fn recount(number: TicketNumber, history: &[ChainedEntry]) -> Option<Self> {
        let history = without_erased_words(history);
        let (first, rest) = history.split_first()?;
        let mut ticket = Self::opened(number, first)?;
        rest.iter().for_each(|entry| ticket.apply(entry));
        Some(ticket)
    }
}

/// Whether an entry changes a field that `version` guards.
fn changes_fields(event: &Event) -> bool {
    match event {
        Event::Opened(_) | Event::Message(_) | Event::Note(_) | Event::Delivery(_) => false,
        // Staff alone see these: a customer's version must not tell of them.
        Event::Linked(_) | Event::Merged(Merged::From(_)) | Event::Deleted {} | Event::Restored {} | Event::Erased(_) => false,
        Event::Status(_)
        | Event::Reopened(_)
        | Event::Assigned(_)
        | Event::Due(_)
        | Event::Priority(_)
        | Event::Classified(_)
        | Event::Title(_)
        | Event::Cc(_)
        | Event::Rated(_)
        | Event::Merged(Merged::Into(_)) => true,
    }
}

fn staff_member(word: &StaffWord) -> StaffMember {
    StaffMember {
        id: word.id.clone(),
        name: word.name.text_or_empty(),
    }
}

fn watchers(words: &[WatcherWord]) -> Vec<Watcher> {
    words.iter().filter_map(WatcherWord::as_watcher).collect()
}
