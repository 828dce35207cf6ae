//! Rating, deleting, merging, tying together.

use chamada_domain::bin::{RESTORABLE_DAYS, delete, is_due_for_erasure, restore};
use chamada_domain::draft::Draft;
use chamada_domain::merge::{MAX_LINKS, link, merge, unlink};
use chamada_domain::rating::rate;
use chamada_domain::{Refusal, Role, Status, Ticket, TicketNumber};

use crate::fixtures::{NUMBER, at, opened, pen, plain, salts, user, watcher};

const DAY: i64 = 86_400;

fn ticket(number: u64) -> Ticket {
    let mut ticket = opened(plain(), &mut salts()).ticket;
    ticket.number = TicketNumber(number);
    ticket
}

fn resolved() -> Ticket {
    Ticket {
        status: Status::Resolved,
        resolved_at: Some(at(0)),
        resolved_by: Some(user(8)),
        ..ticket(NUMBER.0)
    }
}

fn types(draft: &Draft) -> Vec<&'static str> {
    draft.entries.iter().map(|entry| entry.entry.event.type_name()).collect()
}

fn field<T>(outcome: Result<T, Refusal>) -> (String, &'static str) {
    match outcome.err() {
        Some(Refusal::Invalid(errors)) => (errors[0].field.to_string(), errors[0].code),
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_what_is_resolved_is_rated() {
    let give = |ticket, stars, comment| rate(ticket, stars, comment, &pen(9, 1, Role::User), &mut salts());
    for status in Status::ALL {
        let outcome = give(
            Ticket {
                status: *status,
                ..resolved()
            },
            3,
            None,
        );
        let wanted = if *status == Status::Resolved {
            None
        } else {
            Some(Refusal::Conflict("not_resolved"))
        };
        assert_eq!(outcome.err(), wanted, "{status}");
    }
    let first = give(resolved(), 3, Some("bien")).unwrap();
    assert_eq!(types(&first), ["rated"]);
    assert_eq!(first.ticket.version, resolved().version + 1);
    assert!(give(first.ticket.clone(), 3, Some("bien")).unwrap().is_empty(), "the same again");
    let second = give(first.ticket, 5, None).unwrap();
    let rating = second.ticket.rating.clone().unwrap();
    assert_eq!((rating.stars, rating.comment, rating.at), (5, None, at(9_000)));
}

#[test]
fn a_rating_is_of_the_resolution_that_stands() {
    use chamada_domain::status::Deed;
    let rated = rate(resolved(), 2, None, &pen(9, 1, Role::User), &mut salts()).unwrap().ticket;
    let mut draft = Draft::of(rated);
    draft.step(&pen(10, 9, Role::Administrator), Deed::Set(Status::OnHold), &mut salts());
    assert_eq!(
        (draft.ticket.rating, draft.ticket.resolved_at, draft.ticket.resolved_by),
        (None, None, None)
    );
}

#[test]
fn what_is_deleted_comes_back_as_it_was_for_thirty_days() {
    let gone = delete(ticket(1), &pen(10, 9, Role::Administrator), &mut salts());
    assert_eq!(types(&gone), ["deleted"]);
    assert_eq!(gone.ticket.deleted_at, Some(at(10_000)));
    assert!(delete(gone.ticket.clone(), &pen(11, 9, Role::Administrator), &mut salts()).is_empty());
    let (seen, shown) = (ticket(1), &gone.ticket);
    assert_eq!(
        (seen.version, seen.updated_at, seen.public_head()),
        (shown.version, shown.updated_at, shown.public_head())
    );
    let back = |after: i64| restore(gone.ticket.clone(), &pen(10 + after, 9, Role::Administrator), &mut salts());
    assert_eq!(back(RESTORABLE_DAYS * DAY - 1).unwrap().ticket.deleted_at, None);
    assert_eq!(back(RESTORABLE_DAYS * DAY).err(), Some(Refusal::Conflict("erased")));
    assert!(!is_due_for_erasure(&gone.ticket, at(1000 * (10 + RESTORABLE_DAYS * DAY - 1))));
    assert!(is_due_for_erasure(&gone.ticket, at(1000 * (10 + RESTORABLE_DAYS * DAY))));
    assert!(
        restore(ticket(1), &pen(9, 9, Role::Administrator), &mut salts())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_merged_ticket_is_closed_and_its_people_follow_the_other() {
    let root = pen(10, 9, Role::Administrator);
    let (mut source, mut target) = (ticket(1), ticket(2));
    source.requester.id = user(4);
    source.cc = vec![watcher(2), watcher(5), watcher(6)];
    target.cc = vec![watcher(6)];
    let (away, onto) = merge(source, target, 0, &root, &mut salts()).unwrap();
    assert_eq!((types(&away), types(&onto)), (vec!["merged", "status"], vec!["merged", "cc"]));
    assert_eq!(
        (away.ticket.merged_into, away.ticket.status),
        (Some(TicketNumber(2)), Status::Cancelled)
    );
    let people: Vec<_> = onto.ticket.cc.iter().map(|watcher| watcher.id.clone()).collect();
    assert_eq!(people, [user(6), user(4), user(2), user(5)]);
    assert_eq!((onto.ticket.status, onto.ticket.merged_into), (Status::New, None));
    let again = merge(away.ticket.clone(), ticket(3), 0, &root, &mut salts());
    assert_eq!(again.err(), Some(Refusal::Conflict("merged")));
    let circle = merge(onto.ticket, away.ticket, 0, &root, &mut salts());
    assert_eq!(circle.err(), Some(Refusal::Conflict("merged")));
}

#[test]
fn a_resolved_ticket_stays_resolved_where_it_is_merged() {
    let (away, onto) = merge(resolved(), ticket(2), 0, &pen(10, 9, Role::Administrator), &mut salts()).unwrap();
    assert_eq!((types(&away), away.ticket.status), (vec!["merged"], Status::Resolved));
    assert_eq!(types(&onto), ["merged"], "its people are the same");
}

#[test]
fn what_cannot_be_merged() {
    let root = pen(10, 9, Role::Administrator);
    let itself = merge(ticket(1), ticket(1), 0, &root, &mut salts());
    assert_eq!(field(itself), ("into".to_owned(), "same_ticket"));
    let mut crowded = ticket(2);
    crowded.cc = (10..30).map(watcher).collect();
    let crowd = merge(ticket(1), crowded, 0, &root, &mut salts());
    assert_eq!(field(crowd), ("into".to_owned(), "too_many_watchers"));
}

#[test]
fn tickets_are_tied_on_both_sides() {
    let root = pen(10, 9, Role::Administrator);
    let (one, two) = link(ticket(1), ticket(2), &root, &mut salts()).unwrap();
    assert_eq!(
        (one.ticket.links.as_slice(), two.ticket.links.as_slice()),
        (&[TicketNumber(2)][..], &[TicketNumber(1)][..])
    );
    assert_eq!(
        (one.ticket.version, one.ticket.updated_at),
        (ticket(1).version, ticket(1).updated_at),
        "staff alone see it"
    );
    let (again, too) = link(one.ticket.clone(), two.ticket.clone(), &root, &mut salts()).unwrap();
    assert!(again.is_empty() && too.is_empty());
    let (one, two) = unlink(one.ticket, two.ticket, &root, &mut salts());
    assert!(one.ticket.links.is_empty() && two.ticket.links.is_empty());
    assert_eq!(
        field(link(ticket(1), ticket(1), &root, &mut salts())),
        ("number".to_owned(), "same_ticket")
    );
    let mut full = ticket(1);
    full.links = (100..).take(MAX_LINKS).map(TicketNumber).collect();
    assert_eq!(
        field(link(ticket(2), full.clone(), &root, &mut salts())),
        ("number".to_owned(), "too_many")
    );
    let known = TicketNumber(100);
    let other = Ticket {
        number: known,
        ..ticket(3)
    };
    assert!(link(full, other, &root, &mut salts()).is_ok());
}
