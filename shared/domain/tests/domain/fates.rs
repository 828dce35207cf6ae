//! Who may do what to a ticket that goes on in another, or that is deleted: API.md's table, and what is left of it.

use chamada_domain::permission::{Action, Standing, require};
use chamada_domain::{Refusal, Ticket, TicketNumber};

use crate::fixtures::at;
use crate::permission::{Cell, expected, literals, scene, ticket};

/// What somebody of a column is to the ticket after this became of it.
fn standing(cell: &Cell, fate: impl Fn(&mut Ticket)) -> Standing {
    let (viewer, assignee) = scene(&cell.column);
    let mut ticket = ticket(assignee, cell.circumstances.resolved);
    fate(&mut ticket);
    Standing::of(&viewer, &ticket)
}

/// Compares every cell with the rest of the table that `left` says; how many still say yes, how many are refused because of `fate`, how many for
/// other reasons.
fn compare(fate: fn(&mut Ticket), why: &'static str, left: impl Fn(&Cell) -> bool) -> (usize, usize, usize) {
    let table = expected(&literals());
    let mut counts = (0, 0, 0);
    for cell in &table {
        let settings = cell.circumstances.settings();
        let sees = |other: &Cell| {
            other.action == Action::See
                && other.column == cell.column
                && other.circumstances == cell.circumstances
                && other.allowed
                && left(other)
        };
        let wanted = match (cell.allowed && left(cell), table.iter().any(sees), cell.allowed) {
            (true, ..) => Ok(()),
            (false, true, true) => Err(Refusal::Conflict(why)),
            (false, true, false) => Err(Refusal::Forbidden),
            (false, false, _) => Err(Refusal::NotFound),
        };
        let standing = standing(cell, fate);
        assert_eq!(standing.permits(cell.action, &settings), wanted.is_ok(), "{cell:?}");
        assert_eq!(require(standing, cell.action, &settings), wanted, "{cell:?}");
        match wanted {
            Ok(()) => counts.0 += 1,
            Err(Refusal::Conflict(_)) => counts.1 += 1,
            Err(_) => counts.2 += 1,
        }
    }
    counts
}

#[test]
fn a_merged_ticket_is_read_and_deleted_and_nothing_else() {
    let left = |cell: &Cell| matches!(cell.action, Action::See | Action::Delete | Action::Keys);
    let counts = compare(|ticket| ticket.merged_into = Some(TicketNumber(7)), "merged", left);
    assert!(counts.0 > 100 && counts.1 > 100 && counts.2 > 100, "{counts:?}");
}

#[test]
fn a_deleted_ticket_is_there_for_administrators_alone() {
    let left = |cell: &Cell| matches!(cell.action, Action::See | Action::Delete) && cell.column.starts_with("a_");
    let counts = compare(|ticket| ticket.deleted_at = Some(at(0)), "deleted", left);
    assert!(counts.0 > 40 && counts.1 > 100 && counts.2 > 100, "{counts:?}");
}
