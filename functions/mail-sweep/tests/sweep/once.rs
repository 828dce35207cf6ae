//! Nothing twice, nothing lost.

use chamada_domain::mailbox::{AfterImport, SweepState, Verdict};
use chamada_tests::unguarded::{Guard, Unguarded};
use time::Duration;

use crate::desk::{Desk, mail};
use crate::pop3::Server;

/// Ten mails of five senders that nothing but the ledger tells from a repetition: they have no Message-ID.
fn deliver_ten(server: &Server) -> Vec<String> {
    let words: Vec<String> = (0..10).map(|n| format!("pedido {n}")).collect();
    for (n, word) in words.iter().enumerate() {
        server.deliver(&format!("u{n}"), mail(&format!("c{}@example.com", n / 2), "", word, &[]));
    }
    words
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_on_the_server_is_imported_once_and_in_order() {
    let (desk, server) = (Desk::open().await, Server::start().await);
    let words = deliver_ten(&server);
    let mailbox = desk.mailbox(server.port, AfterImport::Leave, "x").await;
    let sweep = desk.sweep(&mailbox).await;
    assert_eq!(
        (sweep.state, sweep.counts.imported, sweep.counts.found),
        (SweepState::Done, 10, 10),
        "{sweep:?}"
    );
    assert_eq!(desk.words().await, words);
    let again = desk.sweep(&mailbox).await;
    assert_eq!((again.counts.found, again.counts.imported), (0, 0), "{again:?}");
    assert_eq!(server.heard("RETR"), 10, "what the kept listing has is not fetched");
    // Without the kept listing, the table tells.
    let platform = &desk.platform;
    let key = format!("listing/{mailbox}");
    platform.objects().delete(&platform.config().mail_bucket, &key).await.unwrap();
    assert_eq!(desk.sweep(&mailbox).await.counts.found, 0);
    assert_eq!((server.heard("RETR"), server.heard("DELE"), server.count()), (10, 0, 10));
    assert_eq!(desk.words().await, words);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_forgets_is_noticed() {
    let (desk, server) = (Desk::open().await, Server::start().await);
    let words = deliver_ten(&server);
    let mailbox = desk.mailbox(server.port, AfterImport::Leave, "x").await;
    let mut between = None;
    let handler = desk.handler_through(|engine| between.insert(Unguarded::start(engine, Guard::Ledger)).url());
    desk.sweep_by(&handler, &mailbox, Duration::minutes(15)).await;
    assert_eq!(between.unwrap().taken(), 10, "rows of the ledger were kept back");
    let platform = &desk.platform;
    let key = format!("listing/{mailbox}");
    platform.objects().delete(&platform.config().mail_bucket, &key).await.unwrap();
    desk.sweep(&mailbox).await;
    assert_eq!(desk.words().await, [words.clone(), words].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_names_may_be_used_again() {
    let (desk, server) = (Desk::open().await, Server::start().await);
    deliver_ten(&server);
    let mailbox = desk.mailbox(server.port, AfterImport::Delete, "x").await;
    desk.sweep(&mailbox).await;
    assert_eq!((server.count(), server.heard("DELE"), server.heard("QUIT")), (0, 10, 1));
    // At once, under the same name and of the same size: told apart by its digest.
    server.deliver("u0", mail("c0@example.com", "", "pedido X", &[]));
    assert_eq!(desk.sweep(&mailbox).await.counts.imported, 1);
    // And after a listing without it.
    assert_eq!(desk.sweep(&mailbox).await.counts.found, 0);
    server.deliver("u0", mail("c0@example.com", "", "pedido Y", &[]));
    assert_eq!(desk.sweep(&mailbox).await.counts.imported, 1);
    assert_eq!((desk.words().await.len(), server.count()), (12, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_quit_does_no_harm() {
    let (desk, server) = (Desk::open().await, Server::start().await);
    let words = deliver_ten(&server);
    server.state.lock().unwrap().quit_is_lost = true;
    let mailbox = desk.mailbox(server.port, AfterImport::Delete, "x").await;
    assert_eq!(desk.sweep(&mailbox).await.state, SweepState::Done);
    assert_eq!(server.count(), 10);
    server.state.lock().unwrap().quit_is_lost = false;
    let again = desk.sweep(&mailbox).await;
    assert_eq!((again.counts.found, server.count()), (0, 0), "{again:?}");
    assert_eq!(desk.words().await, words);
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_without_names_or_with_the_same_for_all() {
    for no_uidl in [true, false] {
        let (desk, server) = (Desk::open().await, Server::start().await);
        server.state.lock().unwrap().no_uidl = no_uidl;
        for n in 0..4 {
            server.deliver("same", mail("ana@example.com", "", &format!("pedido {n}"), &[]));
        }
        let mailbox = desk.mailbox(server.port, AfterImport::Leave, "x").await;
        assert_eq!(desk.sweep(&mailbox).await.counts.imported, 4);
        assert_eq!(desk.sweep(&mailbox).await.counts.imported, 0);
        // One that is alone under its name now is still known.
        server.state.lock().unwrap().mails.truncate(1);
        assert_eq!(desk.sweep(&mailbox).await.counts.imported, 0);
        assert_eq!(desk.words().await.len(), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_mailboxes_bring_one_mail_once() {
    let desk = Desk::open().await;
    let mut states = Vec::new();
    for _ in 0..2 {
        let server = Server::start().await;
        server.deliver("a", mail("ana@example.com", "one@example.com", "pedido", &[]));
        server.deliver("b", mail("eva@example.com", "one@example.com", "otro con el mismo id", &[]));
        let mailbox = desk.mailbox(server.port, AfterImport::Delete, "x").await;
        desk.sweep(&mailbox).await;
        let mut rows = desk.rows(&mailbox).await;
        rows.sort_by_key(|row| row.ticket);
        states.push(rows.iter().map(|row| (row.state, row.ticket.unwrap().0)).collect::<Vec<_>>());
    }
    assert_eq!(states[0], [(Verdict::Imported, 1), (Verdict::Imported, 2)]);
    assert_eq!(states[1], [(Verdict::Duplicate, 1), (Verdict::Duplicate, 2)]);
    assert_eq!(desk.words().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_time_nothing_is_fetched_and_the_next_sweep_goes_on() {
    let (desk, server) = (Desk::open().await, Server::start().await);
    let words = deliver_ten(&server);
    let mailbox = desk.mailbox(server.port, AfterImport::Delete, "x").await;
    let none = desk.sweep_by(&desk.handler, &mailbox, Duration::seconds(60)).await;
    assert_eq!((none.state, none.counts.found, none.counts.done), (SweepState::Done, 10, 0));
    assert_eq!((server.heard("RETR"), server.count()), (0, 10));
    desk.sweep(&mailbox).await;
    assert_eq!((desk.words().await, server.count()), (words, 0));
}
