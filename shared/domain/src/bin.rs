//! Deleting a ticket, bringing it back, and erasing it for good.

use crate::chain::ChainedEntry;
use crate::draft::{Draft, Pen};
use crate::entry::{Erasure, Event};
use crate::timestamp::days;
use crate::word::Salts;
use crate::{Refusal, Ticket, Timestamp, UserId};

/// For how many days a deleted ticket can be brought back.
pub const RESTORABLE_DAYS: i64 = 30;

/// Drafts a ticket's deletion; nothing where it is deleted.
#[must_use]
pub fn delete(ticket: Ticket, pen: &Pen, salts: Salts<'_>) -> Draft {
    let mut draft = Draft::of(ticket);
    if draft.ticket.deleted_at.is_none() {
        draft.append(pen, Event::Deleted {}, None, salts);
    }
    draft
}

/// Drafts a ticket's return; nothing where it is not deleted.
///
/// # Errors
/// `erased` where its words are gone, or about to go since its days are over.
pub fn restore(ticket: Ticket, pen: &Pen, salts: Salts<'_>) -> Result<Draft, Refusal> {
    if ticket.erased || is_due_for_erasure(&ticket, pen.at) {
        return Err(Refusal::Conflict("erased"));
    }
    let mut draft = Draft::of(ticket);
    if draft.ticket.deleted_at.is_some() {
        draft.append(pen, Event::Restored {}, None, salts);
    }
    Ok(draft)
}

/// Whether a ticket was deleted so long ago that its words go.
#[must_use]
pub fn is_due_for_erasure(ticket: &Ticket, now: Timestamp) -> bool {
    ticket.deleted_at.is_some_and(|at| at.plus(days(RESTORABLE_DAYS)) <= now)
}

/// Drafts the erasure of all words of a ticket, which is deleted with them; nothing where that was done.
///
/// # Errors
/// [`Refusal::Stale`] where `history` has not as many entries as the ticket names; `history_broken` where they do not add up to it.
pub fn erase(ticket: Ticket, history: &[ChainedEntry], pen: &Pen, salts: Salts<'_>) -> Result<Draft, Refusal> {
    if ticket.erased {
        return Ok(Draft::of(ticket));
    }
    let mut draft = delete(ticket, pen, salts);
    draft.append(pen, Event::Erased(Erasure { person: None }), None, salts);
    settle(draft, history)
}

/// Drafts the erasure of a ticket that nobody wants any more: deleted so long ago that it cannot come back, or opened by a stranger in the name of
/// somebody who did not come within `held_days`. Nothing where it is neither.
///
/// # Errors
/// As [`erase`].
pub fn expire(ticket: Ticket, history: &[ChainedEntry], held_days: u16, pen: &Pen, salts: Salts<'_>) -> Result<Draft, Refusal> {
    let never_released = ticket.held && ticket.created_at.plus(days(held_days.into())) <= pen.at;
    if is_due_for_erasure(&ticket, pen.at) || never_released {
        erase(ticket, history, pen, salts)
    } else {
        Ok(Draft::of(ticket))
    }
}

/// Drafts the erasure of one person's words from a ticket.
///
/// # Errors
/// As [`erase`].
pub fn erase_person(ticket: Ticket, history: &[ChainedEntry], person: &UserId, pen: &Pen, salts: Salts<'_>) -> Result<Draft, Refusal> {
    let mut draft = Draft::of(ticket);
    let erasure = Erasure {
        person: Some(person.clone()),
    };
    draft.append(pen, Event::Erased(erasure), None, salts);
    settle(draft, history)
}

/// An erasure changes what earlier entries add up to, so the ticket is counted anew.
fn settle(mut draft: Draft, history: &[ChainedEntry]) -> Result<Draft, Refusal> {
    if draft.before.as_ref().is_none_or(|before| before.last_seq != history.len() as u64) {
        return Err(Refusal::Stale);
    }
    let whole: Vec<ChainedEntry> = history.iter().chain(&draft.entries).cloned().collect();
    let (head, held) = (draft.ticket.head_hash.clone(), draft.ticket.held);
    let recounted = Ticket::recount(draft.ticket.number, &whole).filter(|recounted| recounted.head_hash == head);
    draft.ticket = recounted.ok_or(Refusal::Conflict("history_broken"))?;
    draft.ticket.held = held;
    Ok(draft)
}
