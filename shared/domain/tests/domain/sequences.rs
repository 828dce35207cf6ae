//! Whatever is done to a ticket, in whatever order, its history proves it.

use chamada_domain::amend::{Amendment, amend};
use chamada_domain::chain::ChainedEntry;
use chamada_domain::draft::Draft;
use chamada_domain::message::{NewMessage, Voice, post};
use chamada_domain::verify::verify;
use chamada_domain::{Priority, Role, Status, Ticket, Visibility};
use proptest::prelude::*;

use crate::fixtures::{NUMBER, at, file, full_place, opened, pen, plain, salts, staff, watcher};

#[derive(Debug, Clone)]
enum Step {
    Post(Box<NewMessage>, u8),
    Amend(Box<Amendment>),
    Claim(u8),
}

fn message() -> impl Strategy<Value = Step> {
    let voice = prop::sample::select(vec![Voice::Staff, Voice::Customer, Voice::Unverified, Voice::Automatic]);
    let visibility = prop::sample::select(vec![Visibility::Public, Visibility::Internal]);
    let due = prop::option::of(prop::option::of(0_i64..5));
    (voice, visibility, any::<bool>(), due, ".{0,20}", 0_u8..3).prop_map(|(voice, visibility, resolve, due, body, files)| {
        let new = NewMessage {
            body,
            visibility,
            attachments: Vec::new(),
            mail: None,
            quoted: None,
            voice,
            resolve,
            due_at: due.map(|due| due.map(at)),
            through: None,
        };
        Step::Post(Box::new(new), files)
    })
}

fn amendment() -> impl Strategy<Value = Step> {
    (
        prop::option::of(".{1,20}"),
        prop::option::of(prop::sample::select(Status::ALL)),
        prop::option::of(prop::sample::select(Priority::ALL)),
        prop::option::of(0_u8..3),
        prop::option::of(prop::option::of(7_u8..9)),
        prop::option::of(prop::option::of(0_i64..3)),
        prop::option::of(prop::collection::vec(2_u8..6, 0..3)),
    )
        .prop_map(|(title, status, priority, place, assignee, due, cc)| {
            Step::Amend(Box::new(Amendment {
                title,
                status,
                priority,
                place: place.map(full_place),
                assignee: assignee.map(|who| who.map(staff)),
                due_at: due.map(|due| due.map(at)),
                cc: cc.map(|cc| cc.into_iter().map(watcher).collect()),
            }))
        })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![4 => message(), 3 => amendment(), 1 => (7_u8..9).prop_map(Step::Claim)]
}

fn take(ticket: Ticket, step: Step, seconds: i64, salts: &mut dyn FnMut() -> [u8; 16]) -> Draft {
    let pen = pen(seconds, 8, Role::Specialist);
    match step {
        Step::Post(mut new, files) => {
            new.attachments = (0..files).map(|n| file(n, salts)).collect();
            post(ticket, *new, &pen, salts)
        }
        Step::Amend(change) => amend(ticket, *change, &pen, salts),
        Step::Claim(who) => {
            let change = Amendment {
                assignee: Some(Some(staff(who))),
                ..Amendment::default()
            };
            amend(ticket, change, &pen, salts)
        }
    }
}

fn stored_and_read(entry: &ChainedEntry) -> chamada_domain::verify::Found {
    let json = serde_json::to_string(&entry.entry).unwrap();
    ChainedEntry::from_stored(entry.entry.seq, &json, &entry.previous_hash, &entry.hash)
}

/// The types that stand for a change of a field, as API.md has them; all others leave `version` alone.
const FIELDS: [&str; 8] = ["status", "assigned", "due", "priority", "classified", "title", "cc", "reopened"];
const HIDDEN: [&str; 2] = ["note", "delivery"];

fn check_step(before: &Ticket, draft: &Draft) {
    assert_eq!(draft.before.as_ref(), Some(before));
    let types: Vec<&str> = draft.entries.iter().map(|entry| entry.entry.event.type_name()).collect();
    let fields = types.iter().filter(|name| FIELDS.contains(name)).count() as u64;
    assert_eq!(draft.ticket.version, before.version + fields, "{types:?}");
    assert_eq!(draft.ticket.last_seq, before.last_seq + types.len() as u64);
    let messages = types.iter().filter(|name| **name == "message").count() as u64;
    assert_eq!(draft.ticket.message_count, before.message_count + messages);
    if types.iter().all(|name| HIDDEN.contains(name)) {
        let seen = |ticket: &Ticket| {
            (
                ticket.updated_at,
                ticket.public_seq,
                ticket.public_head().to_owned(),
                ticket.attachment_count,
            )
        };
        assert_eq!(seen(&draft.ticket), seen(before));
    } else {
        assert!(draft.ticket.updated_at > before.updated_at);
    }
    let resolved = draft.ticket.status == Status::Resolved;
    assert_eq!(
        (draft.ticket.resolved_at.is_some(), draft.ticket.resolved_by.is_some()),
        (resolved, resolved)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_history_adds_up_to_the_ticket(steps in prop::collection::vec(step(), 0..24)) {
        let mut salts = salts();
        let first = opened(plain(), &mut salts);
        let (mut ticket, mut history) = (first.ticket, first.entries);
        prop_assert_eq!(ticket.version, 1);
        for (step, seconds) in steps.into_iter().zip(1..) {
            let draft = take(ticket.clone(), step, seconds, &mut salts);
            check_step(&ticket, &draft);
            history.extend(draft.entries);
            ticket = draft.ticket;
            let last_public = history.iter().rev().find(|entry| !entry.entry.event.is_hidden()).unwrap();
            prop_assert_eq!((ticket.public_head(), ticket.public_seq), (last_public.hash.as_str(), last_public.entry.seq));
        }
        let recounted = Ticket::recount(NUMBER, &history);
        prop_assert_eq!(recounted.as_ref(), Some(&ticket));
        let found: Vec<_> = history.iter().map(stored_and_read).collect();
        let verdict = verify(&ticket, &found);
        prop_assert!(verdict.is_valid(), "{:?}", verdict);
        let row = serde_json::to_string(&ticket).unwrap();
        prop_assert_eq!(serde_json::from_str::<Ticket>(&row).unwrap(), ticket);
    }
}
