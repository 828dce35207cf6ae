//! Servers, connections and sweeps that break.

use std::sync::Arc;

use chamada_domain::mailbox::{AfterImport, SweepState, Verdict};
use chamada_platform::Outcome;
use time::Duration;
use tokio::sync::Semaphore;

use crate::desk::{Desk, mail};
use crate::pop3::{Quirk, Server};

fn simple(n: usize) -> Vec<u8> {
    mail(&format!("c{n}@example.com"), "", &format!("pedido {n}"), &[])
}

/// Another takes the lease while the server is in the middle of the second message.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_lease_drops_everything() {
    let (desk, server) = (Desk::open().await, Server::start().await);
    let gate = Arc::new(Semaphore::new(0));
    server.deliver("u0", simple(0));
    server.deliver_odd("u1", simple(1), None, Quirk::Waits(gate.clone()));
    server.deliver("u2", simple(2));
    let mailbox = desk.mailbox(server.port, AfterImport::Delete, "x").await;
    let id = desk.ask(&mailbox).await;
    let (handler, deadline) = (desk.handler.clone(), desk.platform.clock().now() + Duration::minutes(15));
    let event = Desk::event(&mailbox, &id);
    let sweeping = tokio::spawn(async move { handler.handle(event, deadline).await });
    while desk.tickets().await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    desk.store.free_lease(&mailbox).await.unwrap();
    desk.store.take_lease(&mailbox, "other", desk.now()).await.unwrap().unwrap();
    assert_eq!(desk.store.take_lease(&mailbox, "third", desk.now()).await.unwrap(), None);
    // As when the answer was lost and the SDK asked again.
    let other = desk.store.take_lease(&mailbox, "other", desk.now()).await.unwrap().unwrap();
    gate.add_permits(1);
    let answer = sweeping.await.unwrap().unwrap();
    assert_eq!(answer["state"], "interrupted", "{answer}");
    assert_eq!(desk.words().await, ["pedido 0"]);
    assert_eq!((server.heard("DELE"), server.heard("QUIT"), server.count()), (0, 0, 3));
    assert_eq!(desk.store.sweep(&mailbox, &id).await.unwrap().state, SweepState::Failed);

    // While the other has it, an asked sweep comes back later.
    let id = desk.ask(&mailbox).await;
    let refused = desk.handler.handle(Desk::event(&mailbox, &id), deadline).await.unwrap_err();
    assert_eq!(refused.outcome(), Outcome::Retry);
    desk.store.release_lease(&other).await.unwrap();
    gate.add_permits(1);
    desk.handler.handle(Desk::event(&mailbox, &id), deadline).await.unwrap();
    assert_eq!(desk.words().await, ["pedido 0", "pedido 1", "pedido 2"]);
    assert_eq!(server.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_stops_no_other() {
    for (quirk, code) in [(Quirk::Breaks, "protocol"), (Quirk::Refused, "protocol")] {
        let (desk, server) = (Desk::open().await, Server::start().await);
        server.deliver("u0", simple(0));
        server.deliver_odd("u1", simple(1), None, quirk);
        server.deliver("u2", simple(2));
        let mailbox = desk.mailbox(server.port, AfterImport::Delete, "x").await;
        let sweep = desk.sweep(&mailbox).await;
        assert_eq!((sweep.state, sweep.error.unwrap().code.as_str()), (SweepState::Failed, code));
        assert_eq!(desk.words().await, ["pedido 0", "pedido 2"]);
        assert_eq!(server.count(), 1, "the rest is deleted, it is left");
        let card = desk.store.mailbox(&mailbox).await.unwrap().last_sweep.unwrap();
        assert_eq!((card.failures, card.next_attempt_at), (0, None), "others' mail does not wait");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_becomes_a_ticket_and_stays() {
    let (desk, server) = (Desk::open().await, Server::start().await);
    server.deliver_odd("listed", simple(0), Some(9_000_000_000), Quirk::None);
    server.deliver_odd("endless", simple(1), None, Quirk::Endless);
    server.deliver("fine", simple(2));
    let mailbox = desk.mailbox(server.port, AfterImport::Delete, "x").await;
    let sweep = desk.sweep(&mailbox).await;
    assert_eq!(
        (sweep.state, sweep.counts.oversize, sweep.counts.imported),
        (SweepState::Done, 2, 1),
        "{sweep:?}"
    );
    let words = desk.words().await;
    assert_eq!(
        words.iter().filter(|words| words.starts_with("[Mensaje demasiado grande")).count(),
        2,
        "{words:?}"
    );
    assert_eq!((words.len(), server.count()), (3, 2));
    let fetched = server.heard("RETR");
    for _ in 0..2 {
        assert_eq!(desk.sweep(&mailbox).await.counts.found, 0, "never in a loop");
    }
    assert_eq!((server.heard("RETR"), server.count(), desk.words().await.len()), (fetched, 2, 3));
    // The same when the kept listing is lost.
    let platform = &desk.platform;
    let key = format!("listing/{mailbox}");
    platform.objects().delete(&platform.config().mail_bucket, &key).await.unwrap();
    assert_eq!(desk.sweep(&mailbox).await.counts.found, 0);
    assert_eq!(server.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_that_lie_cut_nothing_off() {
    let (desk, server) = (Desk::open().await, Server::start().await);
    let long = "palabra ".repeat(100_000);
    server.deliver_odd("u0", mail("ana@example.com", "", &long, &[]), Some(10), Quirk::None);
    server.deliver("u1", simple(1));
    let mailbox = desk.mailbox(server.port, AfterImport::Delete, "x").await;
    let sweep = desk.sweep(&mailbox).await;
    assert_eq!((sweep.state, sweep.counts.imported), (SweepState::Done, 2), "{sweep:?}");
    let (ticket, _) = &desk.tickets().await[0];
    assert_eq!(ticket.attachment_count, 1, "the text goes on in a file");
    let files = desk.store.attachments(ticket.number).await.unwrap();
    assert_eq!((files[0].name.as_str(), files[0].size > 799_000), ("body.txt", true));
    let object = desk.platform.objects().head(&desk.platform.config().files_bucket, &files[0].object);
    assert_eq!(object.await.unwrap().unwrap().size, files[0].size);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_told_and_tried_again_later() {
    let (desk, server) = (Desk::open().await, Server::start().await);
    let wrong = desk.mailbox(server.port, AfterImport::Delete, "wrong").await;
    let closed = desk.mailbox(1, AfterImport::Delete, "x").await;
    let due = serde_json::json!({ "source": "chamada.schedule", "detail-type": "sweep.due", "detail": {} });
    let deadline = desk.platform.clock().now() + Duration::minutes(15);
    assert_eq!(desk.handler.handle(due.clone(), deadline).await.unwrap()["asked"], 2);
    for (mailbox, code, minutes) in [(&wrong, "auth_failed", 60), (&closed, "refused", 1)] {
        // The schedule asked already: this joins what it asked for.
        let sweep = desk.sweep(mailbox).await;
        assert_eq!(sweep.error.unwrap().code, code);
        let card = desk.store.mailbox(mailbox).await.unwrap().last_sweep.unwrap();
        assert_eq!(
            (card.next_attempt_at.unwrap().since(card.at), card.error.unwrap().code.as_str()),
            (Duration::minutes(minutes), code)
        );
    }
    assert_eq!(desk.handler.handle(due, deadline).await.unwrap()["asked"], 0);
    // Once it goes, the card is clean.
    let name = format!("mailbox/{wrong}");
    desk.platform
        .parameters()
        .put(&name, &chamada_platform::Secret::new("right"))
        .await
        .unwrap();
    assert_eq!(desk.sweep(&wrong).await.state, SweepState::Done);
    let card = desk.store.mailbox(&wrong).await.unwrap().last_sweep.unwrap();
    assert_eq!((card.error, card.failures, card.next_attempt_at), (None, 0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_become_a_ticket_waits_with_its_reason() {
    let (desk, server) = (Desk::open().await, Server::start().await);
    server.deliver("empty", Vec::new());
    for n in 0..22 {
        server.deliver(&format!("u{n}"), mail("flood@example.com", "", &format!("pedido {n}"), &[]));
    }
    let mailbox = desk.mailbox(server.port, AfterImport::Delete, "x").await;
    let sweep = desk.sweep(&mailbox).await;
    assert_eq!((sweep.counts.imported, sweep.counts.quarantined), (20, 3), "{sweep:?}");
    let rows = desk.rows(&mailbox).await;
    let mut reasons: Vec<_> = rows
        .iter()
        .filter(|row| row.state == Verdict::Quarantined)
        .filter_map(|row| row.reason.clone())
        .collect();
    reasons.sort();
    assert_eq!(reasons, ["no_sender", "too_many", "too_many"]);
    for row in &rows {
        let key = format!("mail/{}.eml", row.digest);
        assert!(
            desk.platform
                .objects()
                .head(&desk.platform.config().mail_bucket, &key)
                .await
                .unwrap()
                .is_some()
        );
    }
    assert_eq!(server.count(), 0, "the originals are safe");
}
