//! Mails that answer: which ticket they come to, and in whose name.

use chamada_domain::entry::{Author, DeliveryAction, Entry, Event};
use chamada_domain::mailbox::{AfterImport, Verdict};
use chamada_domain::{EmailAddress, Role, Ticket, TicketNumber};
use chamada_mail::MailKey;

use crate::desk::{Desk, mail};
use crate::pop3::Server;

/// A desk with Ana's ticket, opened by her mail `first@example.com`.
async fn ana() -> (Desk, Server, chamada_domain::MailboxId, Ticket) {
    let (desk, server) = (Desk::open().await, Server::start().await);
    let mailbox = desk.mailbox(server.port, AfterImport::Delete, "x").await;
    let from = "Ana Ribeiro <Ana@Example.com>";
    server.deliver("u0", mail(from, "first@example.com", "hola, la impresora no imprime", &[]));
    desk.sweep(&mailbox).await;
    let ticket = desk.tickets().await.remove(0).0;
    (desk, server, mailbox, ticket)
}

async fn key(desk: &Desk) -> MailKey {
    MailKey::new(desk.platform.parameters().key("mail-key").await.unwrap())
}

async fn last(desk: &Desk, number: u64) -> Entry {
    desk.store
        .ticket_page(TicketNumber(number), 1)
        .await
        .unwrap()
        .entries
        .remove(0)
        .entry
}

fn name(entry: &Entry) -> (String, bool) {
    let author: &Author = entry.author.as_ref().unwrap();
    assert_eq!(author.role, Role::User);
    (author.name.text_or_empty(), author.id.is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_makes_a_ticket_and_its_sender_a_user() {
    let (desk, _, _, ticket) = ana().await;
    assert_eq!(
        (ticket.title.as_str(), ticket.requester.name.as_str()),
        ("hola, la impresora no imprime", "Ana Ribeiro")
    );
    let user = desk.store.user(&ticket.requester.id).await.unwrap();
    assert_eq!((user.email.as_str(), user.role), ("ana@example.com", Role::User));
    let (_, entries) = desk.tickets().await.remove(0);
    let Event::Opened(opened) = &entries[0].event else {
        panic!("{entries:?}")
    };
    let facts = opened.mail.as_ref().unwrap();
    assert_eq!(facts.from.as_ref().unwrap().text(), Some("Ana Ribeiro <Ana@Example.com>"));
    assert!(!facts.automatic);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_to_their_ticket_and_strangers_are_called_so() {
    let (desk, server, mailbox, ticket) = ana().await;
    let sender: EmailAddress = "help@localhost".parse().unwrap();
    let token = key(&desk)
        .await
        .reply_address(&sender, ticket.number, &ticket.requester.id)
        .unwrap();
    let by_token = format!("Cc: {token}");
    let by_id = "In-Reply-To: <first@example.com>";
    let failed = "Authentication-Results: mx.example.org; dmarc=fail";
    server.deliver("u1", mail("ana@example.com", "a1@x", "uno", &[&by_token]));
    server.deliver("u2", mail("ana@example.com", "a2@x", "dos", &[by_id]));
    server.deliver("u3", mail("Eva <eva@example.com>", "a3@x", "tres", &[&by_token]));
    server.deliver("u4", mail("ana@example.com", "a4@x", "cuatro", &[by_id, failed]));
    server.deliver("u5", mail("ana@example.com", "a5@x", "cinco", &["In-Reply-To: <a2@x>"]));
    server.deliver("u6", mail("ana@example.com", "a6@x", "seis", &["References: <nobody@knows>"]));
    let sweep = desk.sweep(&mailbox).await;
    assert_eq!((sweep.counts.replies, sweep.counts.imported), (5, 1), "{sweep:?}");
    assert_eq!(desk.words().await[1..], ["uno", "dos", "tres", "cuatro", "cinco", "seis"]);
    let (_, entries) = desk.tickets().await.remove(0);
    let told: Vec<_> = entries[1..]
        .iter()
        .map(|entry| match &entry.event {
            Event::Message(message) => (name(entry), message.unverified, message.through.is_some()),
            other => panic!("{other:?}"),
        })
        .collect();
    let ana = || (("Ana Ribeiro".to_owned(), true), false, false);
    assert_eq!(told[0], ana());
    assert_eq!(told[1], ana());
    assert_eq!(told[2], (("Eva".to_owned(), false), true, true));
    assert_eq!(told[3], (("ana".to_owned(), false), true, true));
    assert_eq!(told[4], ana());
    assert!(
        desk.store
            .user_by_email(&"eva@example.com".parse().unwrap())
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_get_no_say() {
    let (desk, server, mailbox, ticket) = ana().await;
    let key = key(&desk).await;
    let ours = key.ticket_message_id(ticket.number, 1, &ticket.requester.id, "localhost");
    let loops = format!("X-Chamada-Loop: {}", key.loop_value(&ours));
    let answering = format!("In-Reply-To: <{ours}>");
    let away = ["Auto-Submitted: auto-replied", &answering];
    server.deliver("u1", mail("help@localhost", "x1@x", "nuestro", &[&loops]));
    server.deliver("u2", mail("ana@example.com", "x2@x", "fuera de la oficina", &away));
    server.deliver("u3", bounce(&ours));
    server.deliver("u4", bounce("somebody-elses@example.com"));
    server.deliver(
        "u5",
        mail("robot@example.com", "x5@x", "aviso", &["Auto-Submitted: auto-generated"]),
    );
    let sweep = desk.sweep(&mailbox).await;
    assert_eq!(
        (sweep.counts.ignored, sweep.counts.replies, sweep.counts.imported),
        (2, 2, 1),
        "{sweep:?}"
    );
    let mut rows = desk.rows(&mailbox).await;
    rows.retain(|row| row.state == Verdict::Ignored);
    let mut reasons: Vec<_> = rows.into_iter().filter_map(|row| row.reason).collect();
    reasons.sort();
    assert_eq!(reasons, ["delivery_report", "own_mail"]);
    let (after, entries) = desk.tickets().await.remove(0);
    assert!(matches!(entries[1].event, Event::Note(_)), "{entries:?}");
    let Event::Delivery(delivery) = &entries[2].event else {
        panic!("{entries:?}")
    };
    let told = (delivery.action, delivery.status.as_ref().and_then(|word| word.text()));
    assert_eq!(told, (DeliveryAction::Failed, Some("5.1.1")));
    assert_eq!((after.public_seq, after.last_seq), (1, 3), "the customer sees none of it");
    let Event::Opened(opened) = last(&desk, 2).await.event else {
        panic!("no second ticket")
    };
    assert!(opened.mail.unwrap().automatic, "gets no acknowledgement");
}

/// What a mail server sends back when it cannot deliver the mail of this Message-ID.
fn bounce(id: &str) -> Vec<u8> {
    let text = format!(
        "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example.org>\nTo: help@localhost\nSubject: Undelivered Mail\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nIt could not be delivered.\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n\
         Final-Recipient: rfc822; ana@example.com\nAction: failed\nStatus: 5.1.1\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{id}>\nSubject: x\n\n--b--\n"
    );
    text.replace('\n', "\r\n").into_bytes()
}
