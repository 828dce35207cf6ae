use chamada_domain::Role;
use chamada_tests::desk::{Browser, Desk, Setup};
use http::Method;

use crate::kit::{announce, announcement, complete, lies_there, put, remove, upload};

const PDF: &[u8] = b"%PDF-1.7 informe";

/// A desk where guests may open tickets.
async fn open_to_guests(setup: Setup) -> Desk {
    let desk = Desk::with(setup, attachments::router).await;
    desk.set(|settings| settings.guest_tickets = true).await;
    desk
}

async fn announces(browser: &Browser) -> u16 {
    announce(browser, &announcement("informe.pdf", "application/pdf", PDF)).await.status
}

#[tokio::test]
async fn a_guest_uploads_in_a_session_that_begins_with_the_first_file() {
    let desk = open_to_guests(Setup::in_real_time()).await;
    let guest = desk.browser();
    let announced = announce(&guest, &announcement("informe.pdf", "application/pdf", PDF)).await;
    assert!(announced.header("set-cookie").contains("HttpOnly"), "{:?}", announced.headers);
    let announced = announced.expect(201);
    let id = announced["attachment_id"].as_str().unwrap();
    assert_eq!(put(&announced, PDF).await, 200);
    let cookie = guest.cookie();
    complete(&guest, id).await.expect(200);

    // Its own alone: not of one without a session, nor of another's.
    complete(&desk.browser(), id).await.refuses(401, "sign_in_needed");
    let other = desk.browser();
    upload(&other, "otra.pdf", "application/pdf", PDF).await;
    complete(&other, id).await.refuses(404, "not_found");
    remove(&other, id, None).await.refuses(404, "not_found");
    assert!(lies_there(&desk, id).await);
    upload(&guest, "otra.pdf", "application/pdf", PDF).await;
    assert_eq!(guest.cookie(), cookie, "the second file is of the same session");
    remove(&guest, id, None).await.expect(204);
    assert!(!lies_there(&desk, id).await);
}

#[tokio::test]
async fn guests_announce_five_files_a_session_and_thirty_a_source() {
    let desk = open_to_guests(Setup::default()).await;
    let guests: Vec<Browser> = (0..7).map(|_| desk.browser()).collect();
    for guest in &guests[..5] {
        for _ in 0..5 {
            assert_eq!(announces(guest).await, 201);
        }
    }
    let sixth = announce(&guests[4], &announcement("informe.pdf", "application/pdf", PDF)).await;
    assert_eq!(sixth.header("retry-after"), "3149", "to the end of the hour");
    sixth.refuses(429, "too_many_requests");
    // 26 of this source so far, of which one was refused.
    for _ in 0..4 {
        assert_eq!(announces(&guests[5]).await, 201);
    }
    let over = announce(&guests[6], &announcement("informe.pdf", "application/pdf", PDF)).await;
    assert_eq!(over.header("set-cookie"), "", "no session for whom there is no room");
    over.refuses(429, "too_many_requests");
    assert_eq!(announces(&desk.browser().from([198, 51, 100, 7])).await, 201, "from elsewhere");
    desk.advance(time::Duration::hours(1));
    assert_eq!(announces(&guests[4]).await, 201, "an hour later");
}

#[tokio::test]
async fn people_and_holders_of_keys_are_not_counted_as_guests() {
    let desk = open_to_guests(Setup::default()).await;
    let (ana, signed_in) = desk.enter("ana@example.org", Role::User).await;
    let number = desk.ticket(&ana).await.number;
    let holder = desk.guest(vec![desk.held_key(number, &ana).await]).await;
    for browser in [&signed_in, &holder] {
        let cookie = browser.cookie();
        for _ in 0..18 {
            assert_eq!(announces(browser).await, 201);
        }
        assert_eq!(browser.cookie(), cookie);
    }
}

#[tokio::test]
async fn a_session_whose_keys_were_revoked_is_a_guests() {
    let desk = open_to_guests(Setup::default()).await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let number = desk.ticket(&ana).await.number;
    let key = desk.held_key(number, &ana).await;
    let guest = desk.guest(vec![key.clone()]).await;
    for _ in 0..6 {
        assert_eq!(announces(&guest).await, 201, "a key holder is not counted");
    }
    desk.app.store.revoke_ticket_key(number, &key.hash).await.unwrap();
    for _ in 0..5 {
        assert_eq!(announces(&guest).await, 201);
    }
    assert_eq!(announces(&guest).await, 429);

    let closed = Desk::open(attachments::router).await;
    let ana = closed.person("ana@example.org", Role::User).await;
    let key = closed.held_key(closed.ticket(&ana).await.number, &ana).await;
    let guest = closed.guest(vec![key.clone()]).await;
    assert_eq!(announces(&guest).await, 201);
    closed.app.store.revoke_ticket_key(key.ticket, &key.hash).await.unwrap();
    assert_eq!(
        announces(&guest).await,
        401,
        "where guests may open no tickets, a revoked key is worth nothing"
    );
}

#[tokio::test]
async fn a_repeated_announcement_of_a_guest_is_the_same_file() {
    let desk = open_to_guests(Setup::default()).await;
    let guest = desk.browser();
    let body = announcement("informe.pdf", "application/pdf", PDF);
    let first = guest.post_once("/api/attachments", "k1", &body).await.expect(201);
    let again = guest.post_once("/api/attachments", "k1", &body).await.expect(201);
    assert_eq!(first["attachment_id"], again["attachment_id"]);
    let stranger = desk.browser().post_once("/api/attachments", "k1", &body).await.expect(201);
    assert_ne!(
        first["attachment_id"], stranger["attachment_id"],
        "another browser's key is another"
    );
}

#[tokio::test]
async fn another_site_begins_nobody_s_session_and_bad_files_neither() {
    let desk = open_to_guests(Setup::default()).await;
    let guest = desk.browser();
    let body = announcement("informe.pdf", "application/pdf", PDF);
    let foreign = [("origin", "https://elsewhere.example")];
    let answer = guest.send(Method::POST, "/api/attachments", &foreign, Some(&body)).await;
    answer.refuses(403, "cross_site");
    announce(&guest, &announcement("x.exe", "application/pdf", PDF))
        .await
        .refuses(422, "type_not_allowed");
    assert_eq!(guest.cookie(), None);
    assert!(desk.items("G#").await.is_empty());
}
