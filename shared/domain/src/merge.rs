//! Two tickets that have to do with each other: tied together, or made one.

use std::collections::BTreeSet;

use crate::draft::{Draft, Pen};
use crate::entry::{Change, Event, Linked, Merged, WatcherWord};
use crate::status::Deed;
use crate::word::Salts;
use crate::{FieldError, Refusal, Ticket, TicketNumber, UserId, Watcher};

/// The most tickets that one is tied to: they stand in its row.
pub const MAX_LINKS: usize = 20;

/// How many merges in a row are followed, by whoever holds a key of the first ticket.
pub const MAX_MERGES: usize = 8;

/// The most people who get copies of one ticket.
pub const MAX_WATCHERS: usize = 20;

/// Drafts that `source`, to which `before` merges in a row lead, goes on in `target`: it is closed and points there, and its people follow the other.
///
/// # Errors
/// `same_ticket` of `into`; `merged` where either went on in another before; `too_many_merges` where this would be the ninth in a row;
/// `too_many_watchers` of `into`.
pub fn merge(source: Ticket, target: Ticket, before: usize, pen: &Pen, salts: Salts<'_>) -> Result<(Draft, Draft), Refusal> {
    if source.number == target.number {
        return Err(FieldError::new("into", "same_ticket", "A ticket cannot go on in itself.").into());
    }
    if source.merged_into.is_some() || target.merged_into.is_some() {
        return Err(Refusal::Conflict("merged"));
    }
    if before >= MAX_MERGES {
        return Err(Refusal::Conflict("too_many_merges"));
    }
    let watchers = watchers_of_both(&source, &target);
    if watchers.len() > MAX_WATCHERS.max(target.cc.len()) {
        let sentence = "That ticket would have more than 20 people who get copies.";
        return Err(FieldError::new("into", "too_many_watchers", sentence).into());
    }
    let (from, into) = (source.number, target.number);
    let mut source = Draft::of(source);
    source.append(pen, Event::Merged(Merged::Into(into)), None, salts);
    source.step(pen, Deed::MergedAway, salts);
    let mut target = Draft::of(target);
    target.append(pen, Event::Merged(Merged::From(from)), None, salts);
    if watchers != target.ticket.cc {
        let mut words = |people: &[Watcher]| people.iter().map(|watcher| WatcherWord::new(watcher, salts)).collect();
        let change = Change {
            from: words(&target.ticket.cc),
            to: words(&watchers),
        };
        target.append(pen, Event::Cc(change), None, salts);
    }
    Ok((source, target))
}

/// Who gets copies of `target` when `source` goes on in it: its own watchers, then the requester and the watchers of the other.
fn watchers_of_both(source: &Ticket, target: &Ticket) -> Vec<Watcher> {
    let requester = Watcher {
        id: source.requester.id.clone(),
        email: source.requester.email.clone(),
    };
    let mut seen: BTreeSet<UserId> = [target.requester.id.clone()].into();
    let all = target.cc.iter().chain([&requester]).chain(&source.cc);
    all.filter(|watcher| seen.insert(watcher.id.clone())).cloned().collect()
}

/// Drafts that two tickets have to do with each other; nothing where they do already.
///
/// # Errors
/// `same_ticket` or `too_many` of `number`.
pub fn link(one: Ticket, other: Ticket, pen: &Pen, salts: Salts<'_>) -> Result<(Draft, Draft), Refusal> {
    if one.number == other.number {
        return Err(FieldError::new("number", "same_ticket", "A ticket cannot be tied to itself.").into());
    }
    let full = |ticket: &Ticket, to: TicketNumber| ticket.links.len() >= MAX_LINKS && !ticket.links.contains(&to);
    if full(&one, other.number) || full(&other, one.number) {
        return Err(FieldError::new("number", "too_many", "A ticket can be tied to 20 others at most.").into());
    }
    Ok(tie(one, other, false, pen, salts))
}

/// Drafts that two tickets have nothing to do with each other; nothing where they have not.
#[must_use]
pub fn unlink(one: Ticket, other: Ticket, pen: &Pen, salts: Salts<'_>) -> (Draft, Draft) {
    tie(one, other, true, pen, salts)
}

fn tie(one: Ticket, other: Ticket, removed: bool, pen: &Pen, salts: Salts<'_>) -> (Draft, Draft) {
    let mut half = |ticket: Ticket, to: TicketNumber| {
        let mut draft = Draft::of(ticket);
        if draft.ticket.links.contains(&to) == removed {
            draft.append(pen, Event::Linked(Linked { ticket: to, removed }), None, salts);
        }
        draft
    };
    let (first, second) = (one.number, other.number);
    (half(one, second), half(other, first))
}
