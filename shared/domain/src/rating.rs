//! Rating how a ticket was attended to.

use crate::draft::{Draft, Pen};
use crate::entry::{Event, Rated};
use crate::word::{Salts, Word};
use crate::{Refusal, Status, Ticket};

/// The most stars.
pub const MOST_STARS: u8 = 5;

/// The longest comment, in characters: it stands in the ticket's row, which every index repeats.
pub const MAX_COMMENT: usize = 500;

/// Drafts a rating of the resolution that stands; nothing where it is the one already given.
///
/// # Errors
/// `not_resolved` where the ticket is not Resolved now.
pub fn rate(ticket: Ticket, stars: u8, comment: Option<&str>, pen: &Pen, salts: Salts<'_>) -> Result<Draft, Refusal> {
    if ticket.status != Status::Resolved {
        return Err(Refusal::Conflict("not_resolved"));
    }
    let mut draft = Draft::of(ticket);
    let given = draft.ticket.rating.as_ref().map(|rating| (rating.stars, rating.comment.as_deref()));
    if given != Some((stars, comment)) {
        let rated = Rated {
            stars,
            comment: comment.map(|text| Word::new(text, salts)),
            specialist: draft.ticket.resolved_by.clone(),
        };
        draft.append(pen, Event::Rated(rated), None, salts);
    }
    Ok(draft)
}
