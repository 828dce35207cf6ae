//! `POST /api/tickets` by guests.

use chamada_domain::{AttachmentId, Settings, TicketNumber};
use chamada_platform::{Secret, random, secret_hash};
use chamada_store::Upload;
use chamada_tests::desk::{Browser, Desk};
use http::Method;
use serde_json::{Value, json};

use crate::kit::{Cast, good, numbers, path, say};

const PATH: &str = "/api/tickets";

fn open_to_guests(settings: &mut Settings) {
    settings.guest_tickets = true;
}

/// A good ticket of a guest of this address.
fn of(email: &str) -> Value {
    let mut body = good();
    body["guest"] = json!({"name": "Nadie", "email": email});
    body
}

/// A browser with a guest's session that holds no key, and what its uploads are bound to.
async fn guest(desk: &Desk) -> (Browser, String) {
    let browser = desk.guest(vec![]).await;
    let secret = browser.cookie().unwrap().split('.').next_back().unwrap().to_owned();
    (browser, format!("guest.{}", secret_hash(&Secret::new(secret))))
}

async fn uploaded(desk: &Desk, owner: &str) -> AttachmentId {
    let upload = Upload {
        id: AttachmentId::from_random(random()),
        name: "informe.txt".into(),
        content_type: "text/plain".into(),
        size: 4,
        sha256: "ab".repeat(32),
        created_at: desk.now(),
    };
    desk.app.store.create_upload(&upload, owner, None).await.unwrap();
    desk.app.store.complete_upload(&upload.id, owner).await.unwrap();
    upload.id
}

#[tokio::test]
async fn where_guests_may_not_open_tickets_they_are_asked_to_sign_in() {
    let cast = Cast::gather().await;
    for body in [of("nora@example.org"), json!({"bad": 1})] {
        cast.desk.browser().post(PATH, &body).await.refuses(401, "sign_in_needed");
        guest(&cast.desk).await.0.post(PATH, &body).await.refuses(401, "sign_in_needed");
    }
    assert!(cast.desk.items("EMAIL#nora").await.is_empty());
}

#[tokio::test]
async fn a_guest_s_ticket_is_held_and_its_new_person_is_called_as_they_say() {
    let cast = Cast::under(open_to_guests).await;
    let guest = cast.desk.browser();
    let reply = guest.post(PATH, &of("Nora@example.org")).await;
    let location = reply.header("location").to_owned();
    let ticket = reply.expect(201);
    assert_eq!(location, format!("{PATH}/{}", ticket["number"]));
    assert_eq!(
        (&ticket["requester"]["name"], &ticket["requester"]["email"]),
        (&json!("Nadie"), &json!("nora@example.org"))
    );
    assert!(
        ticket["can"].as_object().unwrap().values().all(|can| *can == json!(false)),
        "{ticket}"
    );
    assert_eq!(guest.cookie(), None, "it lets nobody in");
    guest.get(&location).await.refuses(401, "sign_in_needed");
    let stored = cast
        .desk
        .app
        .store
        .ticket(TicketNumber(ticket["number"].as_u64().unwrap()))
        .await
        .unwrap();
    assert!(stored.held);
    let nora = cast.desk.app.store.user(&stored.requester.id).await.unwrap();
    assert_eq!((nora.name.as_str(), nora.role.is_staff()), ("Nadie", false));
    assert_eq!(numbers(&cast.root.browser.get(PATH).await.expect(200)), [0_u64; 0]);
}

#[tokio::test]
async fn a_stranger_neither_renames_an_account_nor_learns_its_name() {
    let cast = Cast::under(open_to_guests).await;
    for person in [&cast.ana, &cast.root] {
        let ticket = cast.desk.browser().post(PATH, &of(person.user.email.as_str())).await.expect(201);
        assert_eq!(ticket["requester"]["name"], "Nadie");
        assert!(!ticket.to_string().contains(&person.user.name), "{ticket}");
        let stored = cast
            .desk
            .app
            .store
            .ticket(TicketNumber(ticket["number"].as_u64().unwrap()))
            .await
            .unwrap();
        assert_eq!(
            (stored.requester.id, stored.requester.name),
            (person.user.id.clone(), person.user.name.clone())
        );
        assert_eq!(cast.desk.app.store.user(&person.user.id).await.unwrap(), person.user);
    }
}

#[tokio::test]
async fn guests_say_less_than_others_may() {
    let cast = Cast::under(open_to_guests).await;
    let (browser, owner) = guest(&cast.desk).await;
    let with = |field: &str, value: Value| {
        let mut body = of("nora@example.org");
        body[field] = value;
        body
    };
    let files: Vec<String> = (0..6).map(|n| format!("att_{n}")).collect();
    let foreign = cast.desk.uploaded(&cast.ana.user, "informe.txt").await;
    let own = uploaded(&cast.desk, &owner).await;
    let cases: [(Value, &[&str]); 6] = [
        (with("cc", json!(["eva@example.org"])), &["cc too_many"]),
        (with("priority", json!("high")), &["priority staff_only"]),
        (with("requester", json!({"email": "eva@example.org"})), &["requester staff_only"]),
        (with("attachment_ids", json!(files)), &["attachment_ids too_many"]),
        (with("attachment_ids", json!([own, foreign])), &["attachment_ids.1 unknown"]),
        (
            with("guest", json!({"email": "nobody"})),
            &["guest.email invalid", "guest.name required"],
        ),
    ];
    for (body, faults) in cases {
        let reply = browser.post(PATH, &body).await;
        let mut found = reply.faulty();
        found.sort_unstable();
        assert_eq!(reply.problem(), (422, "invalid"), "{body}");
        assert_eq!(found, faults, "{body}");
        cast.desk.advance(time::Duration::hours(1));
    }
    browser.post(PATH, &good()).await.refuses(401, "sign_in_needed");
    let stranger = cast.desk.browser().post(PATH, &with("attachment_ids", json!([own]))).await;
    stranger.faults(&["attachment_ids.0 unknown"]);
    cast.ana
        .browser
        .post(PATH, &of("nora@example.org"))
        .await
        .faults(&["guest not_allowed"]);
    let foreign_site = [("origin", "https://elsewhere.example")];
    let sent = cast
        .desk
        .browser()
        .send(Method::POST, PATH, &foreign_site, Some(&of("nora@example.org")))
        .await;
    sent.refuses(403, "cross_site");
    assert_eq!(
        cast.desk.app.store.last_number().await.unwrap(),
        2,
        "no more than a number was drawn"
    );

    let ticket = browser.post(PATH, &with("attachment_ids", json!([own]))).await.expect(201);
    assert_eq!(ticket["attachment_count"], 1);
}

#[tokio::test]
async fn guests_open_five_an_hour_for_an_address_and_thirty_for_a_source() {
    let cast = Cast::under(open_to_guests).await;
    let browser = cast.desk.browser();
    for n in 0..5 {
        for _ in 0..5 {
            browser.post(PATH, &of(&format!("p{n}@example.org"))).await.expect(201);
        }
    }
    let over = browser.post(PATH, &of("p0@example.org")).await;
    assert_eq!(over.header("retry-after"), "3149");
    over.refuses(429, "too_many_requests");
    let elsewhere = cast.desk.browser().from([198, 51, 100, 7]);
    elsewhere.post(PATH, &of("p0@example.org")).await.refuses(429, "too_many_requests");
    for _ in 0..4 {
        browser.post(PATH, &of("q@example.org")).await.expect(201);
    }
    browser.post(PATH, &of("r@example.org")).await.refuses(429, "too_many_requests");
    elsewhere.post(PATH, &of("r@example.org")).await.expect(201);
    cast.ana.browser.post(PATH, &good()).await.expect(201);
}

#[tokio::test]
async fn a_guest_s_repeated_request_opens_one_ticket() {
    let cast = Cast::under(open_to_guests).await;
    let body = of(cast.ana.user.email.as_str());
    let (in_session, _) = guest(&cast.desk).await;
    for browser in [cast.desk.browser(), in_session] {
        let first = browser.post_once(PATH, "k1", &body).await.expect(201);
        let again = browser.post_once(PATH, "k1", &body).await.expect(201);
        assert_eq!(first, again);
        assert_eq!(again["requester"]["name"], "Nadie");
        let other = browser.post_once(PATH, "k1", &of("nora@example.org")).await;
        other.refuses(422, "idempotency_key_reused");
    }
    assert_eq!(numbers(&cast.ana.browser.get(PATH).await.expect(200)).len(), 2);
    let number = TicketNumber(1);
    cast.root.browser.get(&path(number)).await.refuses(404, "not_found");
    // What becomes of it after its requester came is no stranger's to know.
    let stranger = cast.desk.browser();
    say(&cast.ana.browser, number, "Soy yo").await;
    stranger.post_once(PATH, "k1", &body).await.refuses(404, "not_found");
}

#[tokio::test]
async fn a_refused_ticket_of_a_guest_makes_nobody_known() {
    let cast = Cast::under(open_to_guests).await;
    let mut body = of("nora@example.org");
    body["attachment_ids"] = json!(["att_0123456789abcdef0123"]);
    let refused = cast.desk.browser().post(PATH, &body).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(cast.desk.items("EMAIL#nora").await.is_empty());
}
