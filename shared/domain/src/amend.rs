//! Changing a ticket's fields: each change an entry of its own.

use crate::draft::{Draft, Pen};
use crate::entry::{Change, Event, OptionalChange, Place, StaffWord, WatcherWord};
use crate::permission::Action;
use crate::status::Deed;
use crate::word::{Salts, Word};
use crate::{Priority, StaffMember, Status, Ticket, Timestamp, Watcher};

/// New values of some fields, already checked; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Amendment {
    /// The title.
    pub title: Option<String>,
    /// The status.
    pub status: Option<Status>,
    /// The priority.
    pub priority: Option<Priority>,
    /// Kind, category and place, whole.
    pub place: Option<Place>,
    /// Who attends to it; `Some(None)` for nobody.
    pub assignee: Option<Option<StaffMember>>,
    /// The estimated date; `Some(None)` for none.
    pub due_at: Option<Option<Timestamp>>,
    /// The watchers, all of them.
    pub cc: Option<Vec<Watcher>>,
}

impl Amendment {
    /// What its author must be permitted to do.
    #[must_use]
    pub fn actions(&self) -> Vec<Action> {
        let wanted = [
            (self.title.is_some(), Action::Title),
            (self.status.is_some(), Action::Status),
            (self.priority.is_some(), Action::Priority),
            (self.place.is_some(), Action::Classify),
            (self.assignee.is_some(), Action::Assign),
            (self.due_at.is_some(), Action::Due),
            (self.cc.is_some(), Action::Cc),
        ];
        wanted.into_iter().filter_map(|(wanted, action)| wanted.then_some(action)).collect()
    }
}

/// Drafts the change of every field whose new value differs from the present one.
#[must_use]
pub fn amend(ticket: Ticket, change: Amendment, pen: &Pen, salts: Salts<'_>) -> Draft {
    let mut draft = Draft::of(ticket);
    let mut events = Vec::new();
    let now = &draft.ticket;
    if let Some(to) = change.title.filter(|to| *to != now.title) {
        events.push(Event::Title(Change {
            from: Word::new(&now.title, salts),
            to: Word::new(to, salts),
        }));
    }
    if let Some(to) = change.place.filter(|to| *to != now.place) {
        events.push(Event::Classified(Box::new(Change {
            from: now.place.clone(),
            to,
        })));
    }
    if let Some(to) = change.priority.filter(|to| *to != now.priority) {
        events.push(Event::Priority(Change { from: now.priority, to }));
    }
    if let Some(to) = change
        .assignee
        .filter(|to| to.as_ref().map(|s| &s.id) != now.assignee.as_ref().map(|s| &s.id))
    {
        let mut word = |member: &StaffMember| StaffWord::new(member, salts);
        let from = now.assignee.as_ref().map(&mut word);
        events.push(Event::Assigned(OptionalChange {
            from,
            to: to.as_ref().map(&mut word),
        }));
    }
    if let Some(to) = change.due_at.filter(|to| *to != now.due_at) {
        events.push(Event::Due(OptionalChange { from: now.due_at, to }));
    }
    if let Some(to) = change.cc.filter(|to| *to != now.cc) {
        let mut words = |watchers: &[Watcher]| watchers.iter().map(|watcher| WatcherWord::new(watcher, salts)).collect();
        events.push(Event::Cc(Change {
            from: words(&now.cc),
            to: words(&to),
        }));
    }
    for event in events {
        draft.append(pen, event, None, salts);
    }
    if let Some(to) = change.status {
        draft.step(pen, Deed::Set(to), salts);
    }
    draft
}
