//! What messages and changes do to a ticket, against the sentences of API.md.

use chamada_domain::amend::{Amendment, amend};
use chamada_domain::draft::Draft;
use chamada_domain::entry::Event;
use chamada_domain::message::{NewMessage, Voice, post};
use chamada_domain::permission::Action;
use chamada_domain::{Priority, Role, Status, Ticket, Visibility};

use crate::fixtures::{at, file, full_place, opened, pen, plain, salts, staff, user, watcher};

/// 'A staff public message on a New ticket moves it to In process; a customer's on a Resolved one reopens it (In process, or New if
/// unassigned)'; `resolve`; 'a customer's message on a Cancelled ticket … reopens nothing'; MAIL.md: what nothing vouches for, and what a machine
/// sends, reopens nothing.
const EFFECTS: &str = "
from       staff             resolving       assigned            unassigned   unverified automatic
new        status:in_process status:resolved -                   -            -          -
in_process -                 status:resolved -                   -            -          -
on_hold    -                 status:resolved -                   -            -          -
resolved   -                 -               reopened:in_process reopened:new -          -
cancelled  -                 status:resolved -                   -            -          -
";

fn ticket(status: Status, assigned: bool) -> Ticket {
    let mut ticket = opened(plain(), &mut salts()).ticket;
    ticket.status = status;
    if status == Status::Resolved {
        (ticket.resolved_at, ticket.resolved_by) = (Some(at(5_000)), Some(user(8)));
    }
    if assigned {
        (ticket.assignee, ticket.assigned_at) = (Some(staff(8)), Some(at(1_000)));
    }
    ticket
}

fn say(ticket: Ticket, message: NewMessage) -> Draft {
    let role = if message.voice == Voice::Staff {
        Role::Specialist
    } else {
        Role::User
    };
    post(ticket, message, &pen(100, 8, role), &mut salts())
}

fn words(voice: Voice, visibility: Visibility, resolve: bool) -> NewMessage {
    let mut message = crate::fixtures::words(voice, visibility);
    message.resolve = resolve;
    message
}

/// The types of a draft's entries, each with what it leads to where it is about the status.
fn told(draft: &Draft) -> Vec<String> {
    let tell = |event: &Event| match event {
        Event::Status(change) | Event::Reopened(change) => format!("{}:{}", event.type_name(), change.to),
        _ => event.type_name().to_owned(),
    };
    draft.entries.iter().map(|entry| tell(&entry.entry.event)).collect()
}

#[test]
fn messages_move_the_status_as_the_sentences_say() {
    let mut compared = 0;
    let mut rows = EFFECTS.trim().lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let header = rows.next().unwrap();
    for row in rows {
        let from: Status = row[0].parse().unwrap();
        for (column, effect) in header.iter().zip(&row).skip(1) {
            let (voice, resolve, assigned): (Voice, &[bool], &[bool]) = match *column {
                "staff" => (Voice::Staff, &[false], &[false, true]),
                "resolving" => (Voice::Staff, &[true], &[false, true]),
                "assigned" => (Voice::Customer, &[false, true], &[true]),
                "unassigned" => (Voice::Customer, &[false, true], &[false]),
                "unverified" => (Voice::Unverified, &[false, true], &[false, true]),
                "automatic" => (Voice::Automatic, &[false, true], &[false, true]),
                other => panic!("{other}"),
            };
            for (resolve, assigned) in resolve
                .iter()
                .flat_map(|resolve| assigned.iter().map(move |assigned| (*resolve, *assigned)))
            {
                let draft = say(ticket(from, assigned), words(voice, Visibility::Public, resolve));
                let first = if voice == Voice::Automatic { "note" } else { "message" };
                let mut wanted = vec![first.to_owned()];
                wanted.extend((*effect != "-").then(|| (*effect).to_owned()));
                assert_eq!(told(&draft), wanted, "{from} {column} {resolve} {assigned}");
                let to = effect.split_once(':').map_or(from, |(_, to)| to.parse().unwrap());
                assert_eq!(draft.ticket.status, to);
                let resolution = (draft.ticket.resolved_at, draft.ticket.resolved_by.clone());
                let wanted = match (from, to) {
                    (Status::Resolved, Status::Resolved) => (Some(at(5_000)), Some(user(8))),
                    (_, Status::Resolved) => (Some(at(100_000)), Some(user(8))),
                    _ => (None, None),
                };
                assert_eq!(resolution, wanted, "{from} {column}");
                assert_eq!(draft.ticket.assignee.is_some(), assigned);
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 5 * (2 + 2 + 2 + 2 + 4 + 4));
}

#[test]
fn notes_change_nothing_that_a_customer_can_read() {
    for status in Status::ALL {
        for (voice, visibility) in [
            (Voice::Staff, Visibility::Internal),
            (Voice::Automatic, Visibility::Internal),
            (Voice::Automatic, Visibility::Public),
        ] {
            for resolve in [false, true] {
                let before = ticket(*status, true);
                let mut note = words(voice, visibility, resolve);
                note.attachments = vec![file(1, &mut salts())];
                let draft = say(before.clone(), note);
                assert_eq!(told(&draft), ["note"]);
                let after = &draft.ticket;
                let unseen = Ticket {
                    last_seq: before.last_seq + 1,
                    head_hash: draft.entries[0].hash.clone(),
                    hidden_attachment_count: 1,
                    public_hash: Some(before.head_hash.clone()),
                    ..before.clone()
                };
                assert_eq!(*after, unseen);
                assert_eq!(
                    (after.public_head(), after.public_seq),
                    (before.head_hash.as_str(), before.last_seq)
                );
                // A second note keeps the same public head; the next message moves it.
                let second = say(after.clone(), words(voice, visibility, false));
                assert_eq!(second.ticket.public_head(), before.head_hash);
                let third = say(second.ticket, words(Voice::Customer, Visibility::Public, false));
                let newest = third.entries.last().unwrap();
                assert_eq!(
                    (third.ticket.public_head(), third.ticket.public_seq),
                    (newest.hash.as_str(), newest.entry.seq)
                );
                assert_eq!(third.ticket.public_hash, None);
                assert_eq!(third.ticket.message_count, before.message_count + 1);
                assert_eq!(third.ticket.updated_at, at(100_000));
            }
        }
    }
}

#[test]
fn the_date_comes_with_the_reply() {
    let due = Some(at(86_400_000));
    let mut reply = words(Voice::Staff, Visibility::Public, true);
    reply.due_at = Some(due);
    let draft = say(ticket(Status::New, true), reply.clone());
    assert_eq!(told(&draft), ["message", "due", "status:resolved"]);
    assert_eq!((draft.ticket.due_at, draft.ticket.version), (due, 3));
    let same = say(draft.ticket.clone(), reply.clone());
    assert_eq!(told(&same), ["message"]);
    assert_eq!(same.ticket.version, 3);
    reply.due_at = Some(None);
    let taken = say(draft.ticket.clone(), reply.clone());
    assert_eq!(
        (told(&taken), taken.ticket.due_at),
        (vec!["message".to_owned(), "due".to_owned()], None)
    );
    reply.due_at = None;
    assert_eq!(say(draft.ticket, reply).ticket.due_at, due);
}

#[test]
fn a_message_may_be_files_alone() {
    let mut message = words(Voice::Customer, Visibility::Public, false);
    message.body.clear();
    message.quoted = Some(String::new());
    message.attachments = vec![file(1, &mut salts()), file(2, &mut salts())];
    let draft = say(ticket(Status::New, false), message);
    let entry = &draft.entries[0].entry;
    assert_eq!(
        (entry.body.as_ref(), entry.event.attachments().len(), draft.ticket.attachment_count),
        (None, 2, 2)
    );
    let Event::Message(message) = &entry.event else {
        panic!("{entry:?}")
    };
    assert_eq!(message.quoted, None);
}

#[test]
fn only_a_voice_that_nothing_vouches_for_is_unverified() {
    for voice in [Voice::Staff, Voice::Customer, Voice::Unverified, Voice::Automatic] {
        let draft = say(ticket(Status::New, false), words(voice, Visibility::Public, false));
        let (Event::Message(message) | Event::Note(message)) = &draft.entries[0].entry.event else {
            panic!("{draft:?}")
        };
        assert_eq!(message.unverified, voice == Voice::Unverified);
    }
}

fn everything() -> Amendment {
    Amendment {
        title: Some("Otro".into()),
        status: Some(Status::Resolved),
        priority: Some(Priority::High),
        place: Some(full_place(2)),
        assignee: Some(Some(staff(8))),
        due_at: Some(Some(at(1))),
        cc: Some(vec![watcher(3)]),
    }
}

#[test]
fn every_changed_field_is_an_entry_and_an_unchanged_one_is_none() {
    let before = ticket(Status::New, false);
    let change = |ticket: &Ticket, change: Amendment| amend(ticket.clone(), change, &pen(50, 9, Role::Administrator), &mut salts());
    let draft = change(&before, everything());
    assert_eq!(
        told(&draft),
        ["title", "classified", "priority", "assigned", "due", "cc", "status:resolved"]
    );
    let after = &draft.ticket;
    assert_eq!(after.version, before.version + 7);
    assert_eq!(
        (after.title.as_str(), after.status, after.priority),
        ("Otro", Status::Resolved, Priority::High)
    );
    assert_eq!(
        (&after.place, &after.assignee, after.due_at),
        (&full_place(2), &Some(staff(8)), Some(at(1)))
    );
    assert_eq!(
        (&after.cc, after.resolved_at, &after.resolved_by),
        (&vec![watcher(3)], Some(at(50_000)), &Some(user(9)))
    );
    assert_eq!((after.assigned_at, after.message_count), (Some(at(50_000)), before.message_count));
    assert!(change(after, everything()).is_empty());
    assert!(change(&before, Amendment::default()).is_empty());
    let mut renamed = staff(8);
    renamed.name = "Otro nombre".into();
    let same_person = Amendment {
        assignee: Some(Some(renamed)),
        ..Amendment::default()
    };
    assert!(change(after, same_person).is_empty());
    let nobody = Amendment {
        assignee: Some(None),
        due_at: Some(None),
        cc: Some(Vec::new()),
        status: Some(Status::OnHold),
        ..Amendment::default()
    };
    let freed = change(after, nobody).ticket;
    assert_eq!(
        (freed.assignee, freed.due_at, freed.cc.len(), freed.resolved_at, freed.resolved_by),
        (None, None, 0, None, None)
    );
}

#[test]
fn a_change_needs_the_right_to_each_of_its_fields() {
    let wanted = [
        Action::Title,
        Action::Status,
        Action::Priority,
        Action::Classify,
        Action::Assign,
        Action::Due,
        Action::Cc,
    ];
    assert_eq!(everything().actions(), wanted);
    assert!(Amendment::default().actions().is_empty());
    let one = Amendment {
        due_at: Some(None),
        ..Amendment::default()
    };
    assert_eq!(one.actions(), [Action::Due]);
}
