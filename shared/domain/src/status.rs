//! Where a ticket may go from where, and what writing into it does: the whole rule as one table (ADR 0014).

use crate::Status;
use crate::message::Voice;

/// What somebody does that may move a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// An administrator sets a status.
    Set(Status),
    /// Somebody writes what everyone reads.
    Message {
        /// In what part.
        voice: Voice,
        /// Whether they mark the ticket resolved; staff alone.
        resolve: bool,
        /// Whether somebody attends to the ticket.
        assigned: bool,
    },
    /// The ticket goes on in another one.
    MergedAway,
}

/// Where a deed leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Nowhere.
    Stays,
    /// To this status, as an entry `status`.
    To(Status),
    /// To this status because the customer answered, as an entry `reopened`.
    Reopens(Status),
}

/// Where `deed` leads a ticket that stands at `from`.
///
/// | from | set | staff | staff, resolving | customer | unverified, automatic | merged away |
/// |---|---|---|---|---|---|---|
/// | New | as set | In process | Resolved | – | – | Cancelled |
/// | In process, On hold | as set | – | Resolved | – | – | Cancelled |
/// | Resolved | as set | – | – | reopened: In process, or New where nobody attends | – | – |
/// | Cancelled | as set | – | Resolved | – | – | – |
///
/// `resolved_at` is set by each way into Resolved and cleared by each way out of it, and with it who resolved the ticket and how that was rated.
#[must_use]
pub fn step(from: Status, deed: Deed) -> Move {
    match deed {
        Deed::Set(to) if to != from => Move::To(to),
        Deed::MergedAway if from.is_pending() => Move::To(Status::Cancelled),
        Deed::Set(_) | Deed::MergedAway => Move::Stays,
        Deed::Message { voice, resolve, assigned } => match (voice, from) {
            (Voice::Staff, Status::Resolved) => Move::Stays,
            (Voice::Staff, _) if resolve => Move::To(Status::Resolved),
            (Voice::Staff, Status::New) => Move::To(Status::InProcess),
            (Voice::Customer, Status::Resolved) if assigned => Move::Reopens(Status::InProcess),
            (Voice::Customer, Status::Resolved) => Move::Reopens(Status::New),
            (Voice::Staff | Voice::Customer | Voice::Unverified | Voice::Automatic, _) => Move::Stays,
        },
    }
}
