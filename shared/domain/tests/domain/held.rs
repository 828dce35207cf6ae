//! Tickets that strangers opened in somebody's name.

use chamada_domain::amend::{Amendment, amend};
use chamada_domain::message::{Voice, post};
use chamada_domain::permission::{Action, Can, Standing, Viewer};
use chamada_domain::verify::{Found, verify};
use chamada_domain::{Priority, Role, Settings, SpecialistsSee, Ticket, Visibility};

use crate::fixtures::{NUMBER, opened, pen, plain, salts, staff, user, words};

fn held() -> Ticket {
    let mut ticket = opened(plain(), &mut salts()).ticket;
    ticket.held = true;
    ticket
}

#[test]
fn staff_have_no_rights_on_it_and_its_requester_keeps_all() {
    let settings = Settings {
        specialists_see: SpecialistsSee::All,
        specialists_claim: true,
        ..Settings::default()
    };
    let can = |ticket: &Ticket, viewer: &Viewer| {
        let standing = Standing::of(viewer, ticket);
        let sees = standing.permits(Action::See, &settings) || standing.permits(Action::Keys, &settings) || standing.sees_hidden(&settings);
        (sees, Can::of(standing, &settings))
    };
    let signed_in = |who: u8, role: Role| Viewer {
        user: Some((user(who), role)),
        keys: Vec::new(),
    };
    let nothing = can(&held(), &Viewer::default());
    assert!(!nothing.0);
    let mut assigned = held();
    assigned.assignee = Some(staff(8));
    for role in [Role::User, Role::Specialist, Role::Administrator] {
        for ticket in [held(), assigned.clone()] {
            for who in [8, 9] {
                assert_eq!(can(&ticket, &signed_in(who, role)), nothing, "{role:?} {who}");
            }
        }
    }
    let free = Ticket { held: false, ..held() };
    let with_key = Viewer {
        user: None,
        keys: vec![(NUMBER, user(1))],
    };
    for viewer in [with_key, signed_in(1, Role::User)] {
        assert_eq!(can(&held(), &viewer), can(&free, &viewer));
    }
    let own = signed_in(1, Role::Administrator);
    assert_eq!(
        can(&held(), &own),
        can(&free, &signed_in(1, Role::User)),
        "an administrator's own is theirs as a customer"
    );
}

#[test]
fn it_is_held_until_its_requester_writes_and_no_history_or_row_tells_of_it() {
    let mut salts = salts();
    let mut draft = opened(plain(), &mut salts);
    draft.ticket.held = true;
    assert!(!serde_json::to_string(&draft.ticket).unwrap().contains("held"));
    let history: Vec<Found> = draft.entries.iter().map(|entry| Found::Entry(Box::new(entry.clone()))).collect();
    assert!(verify(&draft.ticket, &history).is_valid());
    let urgent = Amendment {
        priority: Some(Priority::Urgent),
        ..Amendment::default()
    };
    let changed = amend(draft.ticket.clone(), urgent, &pen(1, 9, Role::Administrator), &mut salts);
    assert!(changed.ticket.held, "whatever others do");
    let watched = post(
        draft.ticket.clone(),
        words(Voice::Customer, Visibility::Public),
        &pen(1, 2, Role::User),
        &mut salts,
    );
    assert!(watched.ticket.held);
    let written = post(
        draft.ticket,
        words(Voice::Customer, Visibility::Public),
        &pen(1, 1, Role::User),
        &mut salts,
    );
    assert!(!written.ticket.held);
}
