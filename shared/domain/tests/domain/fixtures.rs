//! People, a ticket, and a history in which everything happens.

use chamada_domain::amend::{Amendment, amend};
use chamada_domain::chain::ChainedEntry;
use chamada_domain::draft::{Draft, Pen, Writer};
use chamada_domain::entry::{AttachedFile, Delivery, DeliveryAction, Erasure, Event, Linked, MailFacts, Merged, Place};
use chamada_domain::message::{NewMessage, Voice, post};
use chamada_domain::open::{NewTicket, open};
use chamada_domain::rating::rate;
use chamada_domain::word::{Salts, Word};
use chamada_domain::{
    AttachmentId, Authentication, Channel, Kind, Person, Priority, Role, StaffMember, Status, Ticket, TicketNumber, Timestamp, UserId, Via,
    Visibility, Watcher,
};

pub(crate) const NUMBER: TicketNumber = TicketNumber(1042);

/// A moment some milliseconds after a fixed one.
pub(crate) fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_795_324_051).plus(time::Duration::milliseconds(milliseconds))
}

pub(crate) fn user(n: u8) -> UserId {
    UserId::from_random([n; 10])
}

pub(crate) fn person(n: u8) -> Person {
    Person {
        id: user(n),
        name: format!("Ñandú \"{n}\""),
        email: format!("p{n}@example.com").parse().unwrap(),
    }
}

pub(crate) fn staff(n: u8) -> StaffMember {
    StaffMember {
        id: user(n),
        name: format!("Luís {n}"),
    }
}

pub(crate) fn watcher(n: u8) -> Watcher {
    Watcher {
        id: user(n),
        email: format!("p{n}@example.com").parse().unwrap(),
    }
}

pub(crate) fn pen(seconds: i64, who: u8, role: Role) -> Pen {
    Pen {
        at: at(seconds * 1000),
        via: Via::Web,
        author: Some(Writer {
            id: Some(user(who)),
            name: format!("P{who}"),
            role,
        }),
    }
}

/// Salts that are all different and the same in every run.
pub(crate) fn salts() -> impl FnMut() -> [u8; 16] {
    let mut count = 0_u64;
    move || {
        count += 1;
        let mut salt = [0xa5; 16];
        salt[..8].copy_from_slice(&count.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        salt
    }
}

pub(crate) fn file(n: u8, salts: Salts<'_>) -> AttachedFile {
    AttachedFile {
        attachment_id: AttachmentId::from_random([n; 10]),
        name: Word::new(format!("captura \u{2603} {n}.png"), salts),
        content_type: "image/png".into(),
        size: 10_000 + u64::from(n),
        sha256: hex::encode([n; 32]),
        inline: n.is_multiple_of(2),
    }
}

fn mail(salts: Salts<'_>) -> MailFacts {
    MailFacts {
        from: Some(Word::new("Ana <p1@example.com>", salts)),
        to: vec![Word::new("soporte@example.org", salts)],
        cc: vec![Word::new("p2@example.com", salts)],
        subject: Word::new("Não imprime", salts),
        has_html: true,
        authentication: Authentication::Pass,
        digest: "cd".repeat(32),
        left_in_original: 1,
        automatic: false,
    }
}

/// A ticket of user 1 with user 2 watching, nobody attending, without files.
pub(crate) fn plain() -> NewTicket {
    NewTicket {
        channel: Channel::Web,
        title: "La impresora no imprime".into(),
        body: "Desde ayer \"nada\".\r\n\u{1}".into(),
        requester: person(1),
        place: Place::unclassified(Kind::Incident),
        priority: Priority::Normal,
        cc: vec![watcher(2)],
        attachments: Vec::new(),
        mail: None,
        quoted: None,
        continues: None,
    }
}

pub(crate) fn opened(new: NewTicket, salts: Salts<'_>) -> Draft {
    open(NUMBER, new, &pen(0, 1, Role::User), salts).unwrap()
}

/// A message without anything special.
pub(crate) fn words(voice: Voice, visibility: Visibility) -> NewMessage {
    NewMessage {
        body: "hola".into(),
        visibility,
        attachments: Vec::new(),
        mail: None,
        quoted: None,
        voice,
        resolve: false,
        due_at: None,
        through: None,
    }
}

/// A ticket and its history, in which every type of entry occurs, and the last one is hidden.
pub(crate) fn eventful() -> (Ticket, Vec<ChainedEntry>) {
    let mut salts = salts();
    let salts: Salts<'_> = &mut salts;
    let mut new = plain();
    new.channel = Channel::Mail;
    new.attachments = vec![file(1, salts), file(2, salts)];
    new.mail = Some(mail(salts));
    new.quoted = Some("> antes".into());
    new.continues = Some(TicketNumber(7));
    new.place = full_place(1);
    let mut draft = opened(new, salts);
    let mut history = std::mem::take(&mut draft.entries);
    let mut ticket = draft.ticket;
    let mut take = |draft: Draft, ticket: &mut Ticket| {
        history.extend(draft.entries);
        *ticket = draft.ticket;
    };
    let mut reply = words(Voice::Staff, Visibility::Public);
    reply.resolve = true;
    reply.due_at = Some(Some(at(86_400_000)));
    reply.attachments = vec![file(3, salts)];
    take(post(ticket.clone(), reply, &pen(10, 8, Role::Specialist), salts), &mut ticket);
    let answer = words(Voice::Customer, Visibility::Public);
    take(post(ticket.clone(), answer, &pen(20, 1, Role::User), salts), &mut ticket);
    let everything = Amendment {
        title: Some("Otra cosa: ¿qué?".into()),
        status: Some(Status::Resolved),
        priority: Some(Priority::Urgent),
        place: Some(full_place(2)),
        assignee: Some(Some(staff(8))),
        due_at: Some(Some(at(90_000_000))),
        cc: Some(vec![watcher(2), watcher(3)]),
    };
    take(
        amend(ticket.clone(), everything, &pen(30, 9, Role::Administrator), salts),
        &mut ticket,
    );
    let mut stranger = words(Voice::Unverified, Visibility::Public);
    stranger.through = Some(user(1));
    stranger.mail = Some(mail(salts));
    stranger.quoted = Some("citado".into());
    let mut by_mail = pen(40, 0, Role::User);
    by_mail.via = Via::Mail;
    by_mail.author.as_mut().unwrap().id = None;
    take(post(ticket.clone(), stranger, &by_mail, salts), &mut ticket);
    let mut note = words(Voice::Staff, Visibility::Internal);
    note.attachments = vec![file(4, salts)];
    take(post(ticket.clone(), note, &pen(50, 8, Role::Specialist), salts), &mut ticket);
    let rated = rate(ticket.clone(), 4, Some("Rápido, gracias"), &pen(52, 1, Role::User), salts).unwrap();
    take(rated, &mut ticket);
    let mut whole = Draft::of(ticket.clone());
    let linked = |ticket, removed| Event::Linked(Linked { ticket, removed });
    for event in [
        linked(TicketNumber(5), false),
        linked(TicketNumber(6), false),
        linked(TicketNumber(5), true),
        Event::Merged(Merged::From(TicketNumber(12))),
        Event::Merged(Merged::Into(TicketNumber(13))),
        Event::Deleted {},
        Event::Restored {},
        Event::Erased(Erasure { person: Some(user(77)) }),
    ] {
        whole.append(&pen(55, 9, Role::Administrator), event, None, salts);
    }
    take(whole, &mut ticket);
    let mut bounced = Draft::of(ticket.clone());
    let report = Event::Delivery(Delivery {
        action: DeliveryAction::Failed,
        recipient: Some(Word::new("p1@example.com", salts)),
        status: Some(Word::new("5.1.1", salts)),
        digest: "ef".repeat(32),
    });
    let system = Pen {
        at: at(60_000),
        via: Via::System,
        author: None,
    };
    bounced.append(&system, report, None, salts);
    take(bounced, &mut ticket);
    (ticket, history)
}

/// A place in which everything is named.
pub(crate) fn full_place(n: u8) -> Place {
    use chamada_domain::{CategoryId, UnitId};
    Place {
        kind: if n.is_multiple_of(2) { Kind::Requirement } else { Kind::Incident },
        category_id: Some(CategoryId::from_random([n; 10])),
        subcategory_id: Some(CategoryId::from_random([n + 10; 10])),
        corporation_id: Some(UnitId::from_random([n + 20; 10])),
        company_id: Some(UnitId::from_random([n + 30; 10])),
        site_id: Some(UnitId::from_random([n + 40; 10])),
        cost_centre_id: Some(UnitId::from_random([n + 50; 10])),
    }
}
