//! The table of MAIL.md, row by row.

use chamada_domain::draft::{Draft, Pen};
use chamada_domain::entry::{Change, Event, OptionalChange, Place, StaffWord, WatcherWord};
use chamada_domain::open::{NewTicket, open as open_ticket};
use chamada_domain::word::Word;
use chamada_domain::{Channel, Kind, Locale, Priority, Role, SpecialistsSee, Status, Via};

use super::*;

fn user(n: u8, role: Role) -> User {
    User {
        id: UserId::from_random([n; 10]),
        email: format!("p{n}@example.com").parse().unwrap(),
        name: format!("Person {n}"),
        role,
        locale: Locale::Es,
        company_id: None,
        active: true,
        notify: true,
        created_at: Timestamp::from_unix_seconds(0),
        password_hash: None,
    }
}

fn pen(at: i64) -> Pen {
    Pen {
        at: Timestamp::from_unix_seconds(at),
        via: Via::Web,
        author: None,
    }
}

/// Person 1's ticket, watched by person 2, attended to by specialist 3.
fn ticket() -> Ticket {
    let mut salts = || [0; 16];
    let new = NewTicket {
        channel: Channel::Mail,
        title: "t".into(),
        body: "b".into(),
        requester: user(1, Role::User).as_person(),
        place: Place::unclassified(Kind::Incident),
        priority: Priority::Normal,
        cc: Vec::new(),
        attachments: Vec::new(),
        mail: None,
        quoted: None,
        continues: None,
    };
    let mut draft = open_ticket(TicketNumber(7), new, &pen(0), &mut salts).unwrap();
    let watcher = WatcherWord::new(&user(2, Role::User).as_watcher(), &mut salts);
    draft.append(
        &pen(0),
        Event::Cc(Change {
            from: Vec::new(),
            to: vec![watcher],
        }),
        None,
        &mut salts,
    );
    let to = Some(StaffWord {
        id: user(3, Role::Specialist).id,
        name: Word::new("s", &mut salts),
    });
    draft.append(&pen(0), Event::Assigned(OptionalChange { from: None, to }), None, &mut salts);
    draft.ticket
}

fn with_status(ticket: Ticket, to: Status, at: i64) -> Ticket {
    let mut draft = Draft::of(ticket);
    let from = draft.ticket.status;
    draft.append(&pen(at), Event::Status(Change { from, to }), None, &mut || [0; 16]);
    draft.ticket
}

fn thread(ticket: Option<Ticket>) -> Option<Thread> {
    Some(Thread {
        number: TicketNumber(7),
        ticket,
        person: Some(user(2, Role::User).id),
    })
}

const DAY: i64 = 86_400;

/// A mail of somebody unknown that answers nothing, a day after the epoch.
fn stranger(settings: &Settings) -> Facts<'_> {
    Facts {
        duplicate_of: None,
        own: false,
        report: None,
        automatic: false,
        thread: None,
        has_sender: true,
        sender: None,
        authentication: Authentication::None,
        opened_this_hour: 0,
        ignore_automatic: false,
        settings,
        now: Timestamp::from_unix_seconds(DAY),
    }
}

fn reply(voice: Voice, known_author: bool, through: Option<u8>) -> Decision {
    Decision::Reply {
        ticket: TicketNumber(7),
        voice,
        known_author,
        through: through.map(|n| user(n, Role::User).id),
    }
}

#[test]
fn the_first_rule_that_fits_counts() {
    let settings = Settings::default();
    let all = || Facts {
        duplicate_of: Some(TicketNumber(3)),
        own: true,
        report: Some(Some(TicketNumber(4))),
        automatic: true,
        thread: thread(Some(ticket())),
        ..stranger(&settings)
    };
    let mut facts = all();
    assert_eq!(judge(&facts), Decision::Duplicate(TicketNumber(3)));
    facts.duplicate_of = None;
    assert_eq!(judge(&facts), Decision::Ignored("own_mail"));
    facts.own = false;
    assert_eq!(judge(&facts), Decision::Delivery(TicketNumber(4)));
    facts.report = Some(None);
    assert_eq!(judge(&facts), Decision::Ignored("delivery_report"));
    facts.report = None;
    assert_eq!(judge(&facts), reply(Voice::Automatic, false, None));
    facts.automatic = false;
    assert_eq!(judge(&facts), reply(Voice::Unverified, false, Some(2)));
    facts.thread = None;
    assert_eq!(judge(&facts), Decision::Open(None));
}

#[test]
fn automatic_mail() {
    let settings = Settings::default();
    let ana = user(1, Role::User);
    let facts = |thread, ignore_automatic| Facts {
        automatic: true,
        thread,
        ignore_automatic,
        sender: Some(&ana),
        ..stranger(&settings)
    };
    assert_eq!(judge(&facts(None, false)), Decision::Open(None));
    assert_eq!(judge(&facts(None, true)), Decision::Ignored("automatic"));
    let closed = with_status(ticket(), Status::Resolved, -60 * DAY);
    for there in [ticket(), closed] {
        assert_eq!(judge(&facts(thread(Some(there)), true)), reply(Voice::Automatic, true, None));
    }
    assert_eq!(judge(&facts(thread(None), false)), Decision::Ignored("automatic_to_deleted"));
}

#[test]
fn whose_words() {
    use Authentication::{Fail, None as Nothing, Pass};
    let assigned = Settings::default();
    let all = Settings {
        specialists_see: SpecialistsSee::All,
        ..Settings::default()
    };
    let stranger_here = || reply(Voice::Unverified, false, Some(2));
    let customer = || reply(Voice::Customer, true, None);
    let staff = || reply(Voice::Staff, true, None);
    let mut gone = user(1, Role::User);
    gone.active = false;
    let table = [
        (user(1, Role::User), Nothing, &assigned, customer()),
        (user(1, Role::User), Pass, &assigned, customer()),
        (user(1, Role::User), Fail, &assigned, stranger_here()),
        (gone, Pass, &assigned, stranger_here()),
        (user(2, Role::User), Nothing, &assigned, customer()),
        (user(2, Role::User), Fail, &assigned, stranger_here()),
        (user(9, Role::User), Pass, &assigned, stranger_here()),
        (user(3, Role::Specialist), Pass, &assigned, staff()),
        (user(3, Role::Specialist), Nothing, &assigned, stranger_here()),
        (user(3, Role::Specialist), Fail, &assigned, stranger_here()),
        (user(4, Role::Specialist), Pass, &assigned, stranger_here()),
        (user(4, Role::Specialist), Pass, &all, staff()),
        (user(5, Role::Administrator), Pass, &assigned, staff()),
        (user(5, Role::Administrator), Nothing, &assigned, stranger_here()),
        // Staff with a ticket of their own are its customers.
        (user(1, Role::Administrator), Pass, &assigned, customer()),
        (user(2, Role::Administrator), Nothing, &assigned, customer()),
        (user(2, Role::Administrator), Pass, &assigned, staff()),
    ];
    for (sender, authentication, settings, right) in table {
        let facts = Facts {
            thread: thread(Some(ticket())),
            sender: Some(&sender),
            authentication,
            ..stranger(settings)
        };
        assert_eq!(judge(&facts), right, "{:?} {authentication:?}", sender.role);
    }
}

#[test]
fn a_stranger_known_by_message_id_alone_wrote_through_the_requester() {
    let settings = Settings::default();
    let facts = Facts {
        thread: Some(Thread {
            person: None,
            ..thread(Some(ticket())).unwrap()
        }),
        ..stranger(&settings)
    };
    assert_eq!(judge(&facts), reply(Voice::Unverified, false, Some(1)));
}

#[test]
fn closed_and_deleted_tickets() {
    let settings = Settings::default();
    let (ana, agent) = (user(1, Role::User), user(3, Role::Specialist));
    let answer_to = |there, sender| {
        let facts = Facts {
            thread: thread(there),
            sender: Some(sender),
            authentication: Authentication::Pass,
            ..stranger(&settings)
        };
        judge(&facts)
    };
    let closed = |status, days: i64| Some(with_status(ticket(), status, DAY - days * DAY));
    let linked = Decision::Open(Some(TicketNumber(7)));
    assert_eq!(answer_to(closed(Status::Resolved, 30), &ana), reply(Voice::Customer, true, None));
    assert_eq!(answer_to(closed(Status::Resolved, 31), &ana), linked);
    assert_eq!(answer_to(closed(Status::Resolved, 31), &agent), reply(Voice::Staff, true, None));
    // A row's last change is never older than its opening.
    assert_eq!(answer_to(closed(Status::Cancelled, 1), &ana), reply(Voice::Customer, true, None));
    assert_eq!(answer_to(None, &ana), linked);
}

#[test]
fn what_waits_in_quarantine() {
    let settings = Settings::default();
    let opened = |opened_this_hour| {
        judge(&Facts {
            opened_this_hour,
            ..stranger(&settings)
        })
    };
    assert_eq!(opened(19), Decision::Open(None));
    assert_eq!(opened(20), Decision::Quarantined("too_many"));
    for thread in [None, thread(Some(ticket()))] {
        let facts = Facts {
            has_sender: false,
            thread,
            ..stranger(&settings)
        };
        assert_eq!(judge(&facts), Decision::Quarantined("no_sender"));
    }
    // An answer in a ticket there is opens none.
    let facts = Facts {
        opened_this_hour: 99,
        thread: thread(Some(ticket())),
        ..stranger(&settings)
    };
    assert_eq!(judge(&facts), reply(Voice::Unverified, false, Some(2)));
}
