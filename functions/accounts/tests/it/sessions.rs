//! Sessions: how they begin, what their cookies are like, how they end.

use chamada_domain::{Role, User};
use chamada_platform::Secret;
use futures::future::join_all;
use http::Method;
use serde_json::json;
use time::Duration;

use chamada_tests::desk::{Browser, Desk, Setup};

const PASSWORD: &str = "tuba gravel ninety lampshade";

async fn choose_password(browser: &Browser) {
    browser.patch("/api/me", &json!({"password": PASSWORD})).await.expect(200);
}

#[tokio::test]
async fn a_link_lets_in_once() {
    let desk = Desk::open(accounts::router).await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let token = desk.token(&ana).await;
    let browser = desk.browser();
    let reply = browser.post("/api/session", &json!({"token": token})).await;
    let cookie = reply.header("set-cookie").to_owned();
    assert!(cookie.starts_with(&format!("__Host-session={}.", ana.id)), "{cookie}");
    assert!(
        cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/; Max-Age=7776000; Secure"),
        "{cookie}"
    );
    let body = reply.expect(200);
    assert_eq!(
        (body["user"]["email"].as_str(), &body["scope"]),
        (Some("ana@example.org"), &json!({"kind": "user"}))
    );
    assert_eq!(browser.get("/api/me").await.expect(200)["id"], ana.id.as_str());
    desk.browser()
        .post("/api/session", &json!({"token": token}))
        .await
        .refuses(401, "link_used");
    desk.browser()
        .post("/api/session", &json!({"token": "x"}))
        .await
        .refuses(401, "bad_credentials");
}

#[tokio::test]
async fn of_eight_who_redeem_a_link_at_once_one_gets_in() {
    let desk = Desk::open(accounts::router).await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let body = json!({"token": desk.token(&ana).await});
    let browsers: Vec<Browser> = (0..8).map(|_| desk.browser()).collect();
    let statuses = join_all(browsers.iter().map(async |browser| browser.post("/api/session", &body).await)).await;
    assert_eq!(statuses.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|reply| reply.body["code"] == "link_used").count(), 7);
}

#[tokio::test]
async fn links_expire_after_fifteen_minutes_and_die_with_the_account() {
    let desk = Desk::open(accounts::router).await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let (late, in_time, deactivated) = (desk.token(&ana).await, desk.token(&ana).await, desk.token(&ana).await);
    desk.advance(Duration::minutes(15) - Duration::milliseconds(1));
    desk.browser().post("/api/session", &json!({"token": in_time})).await.expect(200);
    let off = |user: &mut User| {
        user.active = false;
        Ok(())
    };
    desk.app.store.change_user(&ana.id, None, off).await.unwrap();
    desk.browser()
        .post("/api/session", &json!({"token": deactivated}))
        .await
        .refuses(401, "bad_credentials");
    desk.advance(Duration::milliseconds(1));
    desk.browser()
        .post("/api/session", &json!({"token": late}))
        .await
        .refuses(401, "link_expired");
}

#[tokio::test]
async fn a_password_lets_in_and_locks_after_ten_failures() {
    let desk = Desk::open(accounts::router).await;
    let (_, ana) = desk.enter("ana@example.org", Role::Specialist).await;
    choose_password(&ana).await;
    let browser = desk.browser();
    let attempt = async |browser: &Browser, email: &str, password: &str| {
        browser.post("/api/session", &json!({"email": email, "password": password})).await
    };
    let reply = attempt(&browser, "ANA@example.org", PASSWORD).await;
    assert!(reply.header("set-cookie").contains("Max-Age=2592000"), "staff: 30 days");
    reply.expect(200);
    for n in 0..10 {
        if n == 5 {
            attempt(&browser, "ana@example.org", PASSWORD).await.expect(200);
        }
        attempt(&browser, "ana@example.org", "wrong").await.refuses(401, "bad_credentials");
    }
    let locked = attempt(&browser, "ana@example.org", PASSWORD).await;
    assert_eq!(locked.header("retry-after"), "3149");
    locked.refuses(429, "too_many_attempts");
    attempt(&desk.browser().from([198, 51, 100, 1]), "ana@example.org", PASSWORD)
        .await
        .expect(200);
    desk.advance(Duration::hours(1));
    attempt(&browser, "ana@example.org", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn unknown_addresses_lock_as_known_ones_do() {
    let desk = Desk::open(accounts::router).await;
    desk.person("none@example.org", Role::User).await;
    let browser = desk.browser();
    for email in ["nobody@example.org", "none@example.org"] {
        let body = json!({"email": email, "password": "x"});
        for _ in 0..10 {
            browser.post("/api/session", &body).await.refuses(401, "bad_credentials");
        }
        browser.post("/api/session", &body).await.refuses(429, "too_many_attempts");
    }
}

#[tokio::test]
async fn credentials_are_one_of_three() {
    let desk = Desk::open(accounts::router).await;
    let browser = desk.browser();
    let begin = async |body| browser.post("/api/session", &body).await;
    begin(json!({})).await.faults(&["email required", "password required"]);
    begin(json!({"token": ""})).await.faults(&["token required"]);
    begin(json!({"token": "x", "email": "a@b.c"})).await.faults(&["email unknown"]);
    begin(json!({"email": "x", "password": "y".repeat(1_025)}))
        .await
        .faults(&["email invalid", "password too_long"]);
    begin(json!({"ticket": 0, "ticket_key": 7}))
        .await
        .faults(&["ticket invalid", "ticket_key invalid"]);
    begin(json!({"ticket": 1})).await.faults(&["ticket_key required"]);
    let foreign = [("origin", "https://evil.example")];
    browser
        .send(Method::POST, "/api/session", &foreign, Some(&json!({"token": "x"})))
        .await
        .refuses(403, "cross_site");
}

#[tokio::test]
async fn a_key_opens_a_guests_session_for_its_tickets() {
    let desk = Desk::open(accounts::router).await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let browser = desk.browser();
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let ticket = desk.ticket(&ana).await.number;
        numbers.push(ticket.0);
        let key = desk.key(ticket, &ana, Duration::days(30)).await;
        let body = browser
            .post("/api/session", &json!({"ticket": ticket.0, "ticket_key": key}))
            .await
            .expect(200);
        assert_eq!(body["scope"], json!({"kind": "guest", "tickets": numbers}));
        assert_eq!(body["user"]["id"], ana.id.as_str());
    }
    assert!(browser.cookie().unwrap().starts_with("__Host-session=guest."));
    browser.get("/api/me").await.refuses(401, "sign_in_needed");
    browser.delete("/api/session").await.expect(204);
    assert_eq!(browser.cookie(), None);
    assert!(desk.items("G#").await.is_empty());
}

#[tokio::test]
async fn a_page_that_is_loaded_anew_learns_what_its_session_holds() {
    let desk = Desk::open(accounts::router).await;
    desk.browser().get("/api/session").await.refuses(401, "sign_in_needed");
    let (ana, browser) = desk.enter("ana@example.org", Role::User).await;
    let held = browser.get("/api/session").await.expect(200);
    assert_eq!(
        (&held["user"]["email"], &held["scope"]),
        (&json!("ana@example.org"), &json!({"kind": "user"}))
    );
    let (one, other) = (desk.ticket(&ana).await.number, desk.ticket(&ana).await.number);
    let keys = vec![desk.held_key(other, &ana).await, desk.held_key(one, &ana).await];
    let revoked = keys[0].clone();
    let guest = desk.guest(keys).await;
    let scope = |tickets: &[u64]| json!({"user": null, "scope": {"kind": "guest", "tickets": tickets}});
    assert_eq!(guest.get("/api/session").await.expect(200), scope(&[one.0, other.0]));
    desk.app.store.revoke_ticket_key(other, &revoked.hash).await.unwrap();
    assert_eq!(guest.get("/api/session").await.expect(200), scope(&[one.0]));
    let none = desk.guest(Vec::new()).await;
    assert_eq!(none.get("/api/session").await.expect(200), scope(&[]));
    guest.delete("/api/session").await.expect(204);
    guest.get("/api/session").await.refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn the_key_of_a_held_ticket_releases_it_and_no_other_key_does() {
    let desk = Desk::open(accounts::router).await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let (held, other) = (desk.held(&ana).await.number, desk.held(&ana).await.number);
    let is_held = async |number| desk.app.store.ticket(number).await.unwrap().held;
    let key = desk.key(held, &ana, Duration::days(30)).await;
    let expired = desk.key(other, &ana, Duration::ZERO).await;
    let browser = desk.browser();
    let present = async |number: u64, key: &str| browser.post("/api/session", &json!({"ticket": number, "ticket_key": key})).await;
    present(held.0, "x").await.refuses(401, "bad_credentials");
    present(other.0, &expired).await.refuses(401, "key_expired");
    assert!(is_held(held).await && is_held(other).await);
    for _ in 0..2 {
        present(held.0, &key).await.expect(200);
        assert!(!is_held(held).await && is_held(other).await);
    }
}

#[tokio::test]
async fn keys_that_are_unknown_expired_foreign_or_of_nobody_open_nothing() {
    let desk = Desk::open(accounts::router).await;
    let (ana, eva) = (
        desk.person("ana@example.org", Role::User).await,
        desk.person("eva@example.org", Role::User).await,
    );
    let ticket = desk.ticket(&ana).await.number;
    let other = desk.ticket(&ana).await.number;
    let key = desk.key(ticket, &ana, Duration::days(30)).await;
    let foreign = desk.key(ticket, &eva, Duration::days(30)).await;
    let browser = desk.browser();
    let present = async |number: u64, key: &str| browser.post("/api/session", &json!({"ticket": number, "ticket_key": key})).await;
    present(ticket.0, "x").await.refuses(401, "bad_credentials");
    present(other.0, &key).await.refuses(401, "bad_credentials");
    present(999, &key).await.refuses(401, "bad_credentials");
    present(ticket.0, &foreign).await.refuses(401, "bad_credentials");
    desk.advance(Duration::days(30));
    present(ticket.0, &key).await.refuses(401, "key_expired");
    let revoked = desk.key(ticket, &ana, Duration::days(30)).await;
    let hash = chamada_platform::secret_hash(&Secret::new(revoked.as_str()));
    desk.app.store.revoke_ticket_key(ticket, &hash).await.unwrap();
    present(ticket.0, &revoked).await.refuses(401, "bad_credentials");
    assert_eq!(browser.cookie(), None);
}

#[tokio::test]
async fn a_key_is_added_to_a_signed_in_session_and_never_replaces_it() {
    let desk = Desk::open(accounts::router).await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let (eva, browser) = desk.enter("eva@example.org", Role::User).await;
    let ticket = desk.ticket(&ana).await.number;
    let key = desk.key(ticket, &ana, Duration::days(30)).await;
    let before = browser.cookie();
    let body = browser
        .post("/api/session", &json!({"ticket": ticket.0, "ticket_key": key}))
        .await
        .expect(200);
    assert_eq!(
        (body["user"]["id"].as_str(), &body["scope"]),
        (Some(eva.id.as_str()), &json!({"kind": "user"}))
    );
    assert_eq!(browser.cookie(), before);
    let session = desk
        .items("U#")
        .await
        .into_iter()
        .find(|item| item["sk"].starts_with("S#"))
        .unwrap();
    assert!(session["session"].contains(ana.id.as_str()));
}

#[tokio::test]
async fn fifty_keys_are_held_even_when_they_come_at_once() {
    let desk = Desk::open(accounts::router).await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let browser = desk.browser();
    let mut last = json!(null);
    for n in 0..52 {
        let ticket = desk.ticket(&ana).await.number;
        let key = desk.key(ticket, &ana, Duration::days(1)).await;
        let bodies = json!({"ticket": ticket.0, "ticket_key": key});
        last = browser.post("/api/session", &bodies).await.expect(200);
        assert_eq!(last["scope"]["tickets"].as_array().unwrap().len(), (n + 1).min(50));
    }
    assert_eq!(last["scope"]["tickets"][0], 3, "the oldest left");
    let tickets = [
        desk.ticket(&ana).await.number,
        desk.ticket(&ana).await.number,
        desk.ticket(&ana).await.number,
    ];
    let keys = join_all(tickets.iter().map(async |ticket| desk.key(*ticket, &ana, Duration::days(1)).await)).await;
    let both = tickets.iter().zip(&keys).map(async |(ticket, key)| {
        browser
            .post("/api/session", &json!({"ticket": ticket.0, "ticket_key": key}))
            .await
            .expect(200)
    });
    join_all(both).await;
    let session = &desk.items("G#").await[0]["session"];
    assert!(
        tickets.iter().all(|ticket| session.contains(&format!("\"t\":{}", ticket.0))),
        "{session}"
    );
}

#[tokio::test]
async fn signing_in_takes_a_guests_keys_along_and_ends_the_old_session() {
    let desk = Desk::open(accounts::router).await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let ticket = desk.ticket(&ana).await.number;
    let key = desk.key(ticket, &ana, Duration::days(1)).await;
    let browser = desk.browser();
    browser
        .post("/api/session", &json!({"ticket": ticket.0, "ticket_key": key}))
        .await
        .expect(200);
    browser
        .post("/api/session", &json!({"token": desk.token(&ana).await}))
        .await
        .expect(200);
    assert!(desk.items("G#").await.iter().all(|item| !item.contains_key("session")));
    let first = browser.cookie();
    browser
        .post("/api/session", &json!({"token": desk.token(&ana).await}))
        .await
        .expect(200);
    let stolen = desk.browser();
    stolen.set_cookie(first);
    stolen.get("/api/me").await.refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn sessions_end_one_by_one_and_all_at_once() {
    let desk = Desk::open(accounts::router).await;
    let (ana, first) = desk.enter("ana@example.org", Role::User).await;
    let (second, third) = (desk.signed_in(&ana).await, desk.signed_in(&ana).await);
    let cookie = first.cookie();
    let reply = first.delete("/api/session").await;
    assert_eq!(
        reply.header("set-cookie"),
        "__Host-session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0; Secure"
    );
    reply.expect(204);
    first.set_cookie(cookie);
    first.get("/api/me").await.refuses(401, "sign_in_needed");
    first.delete("/api/session").await.expect(204);
    second.delete("/api/sessions").await.expect(204);
    third.get("/api/me").await.refuses(401, "sign_in_needed");
    third.delete("/api/sessions").await.refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn a_write_with_the_cookie_needs_the_sites_origin_or_mark() {
    let desk = Desk::open(accounts::router).await;
    let (_, browser) = desk.enter("ana@example.org", Role::User).await;
    let foreign = [("origin", "https://evil.example"), ("x-requested-with", "chamada")];
    browser
        .send(Method::PATCH, "/api/me", &foreign, Some(&json!({"name": "x"})))
        .await
        .refuses(403, "cross_site");
    browser
        .send(Method::DELETE, "/api/session", &foreign, None)
        .await
        .refuses(403, "cross_site");
    browser.get("/api/me").await.expect(200);
}

#[tokio::test]
async fn idle_and_old_sessions_end() {
    let desk = Desk::open(accounts::router).await;
    let (_, staff) = desk.enter("staff@example.org", Role::Specialist).await;
    let (_, user) = desk.enter("ana@example.org", Role::User).await;
    desk.advance(Duration::hours(11));
    staff.get("/api/me").await.expect(200);
    desk.advance(Duration::hours(11));
    staff.get("/api/me").await.expect(200);
    desk.advance(Duration::hours(12));
    staff.get("/api/me").await.refuses(401, "sign_in_needed");
    for _ in 0..3 {
        desk.advance(Duration::days(28));
        user.get("/api/me").await.expect(200);
    }
    desk.advance(Duration::days(6));
    user.get("/api/me").await.refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn on_plain_loopback_the_cookie_is_not_secure() {
    let desk = Desk::with(
        Setup {
            site: "http://localhost:8080".into(),
            ..Setup::default()
        },
        accounts::router,
    )
    .await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let body = json!({"token": desk.token(&ana).await});
    let own = [("origin", "http://localhost:8080")];
    let reply = desk.browser().send(Method::POST, "/api/session", &own, Some(&body)).await;
    assert!(reply.header("set-cookie").starts_with("session=usr_"));
    assert!(!reply.header("set-cookie").contains("Secure"));
}

#[tokio::test]
async fn a_link_speaks_for_the_address_that_it_was_mailed_to() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let (mailed_before, token) = (desk.token(&ana).await, |token: &str| json!({"token": token}));
    let moved = json!({"email": "ana@example.com"});
    root.patch(&format!("/api/users/{}", ana.id), &moved).await.expect(200);
    desk.browser()
        .post("/api/session", &token(&mailed_before))
        .await
        .refuses(401, "bad_credentials");
    let ana = desk.app.store.user(&ana.id).await.unwrap();
    let fresh = desk.token(&ana).await;
    desk.browser().post("/api/session", &token(&fresh)).await.expect(200);
    let links = format!("{:?}", desk.items("G#").await);
    assert_eq!(links.matches("ana@example").count(), 0, "what was used keeps no address: {links}");
}

#[tokio::test]
async fn a_key_whose_person_may_not_see_the_ticket_any_longer_is_not_held() {
    let desk = Desk::open(accounts::router).await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let eva = desk.person("eva@example.org", Role::User).await;
    let (own, deleted, foreign) = (
        desk.ticket(&ana).await.number,
        desk.ticket(&ana).await.number,
        desk.ticket(&eva).await.number,
    );
    let mut keys = Vec::new();
    for number in [own, deleted, foreign] {
        // In the third she was a watcher.
        keys.push(desk.held_key(number, &ana).await);
    }
    let pen = chamada_domain::draft::Pen {
        at: desk.now(),
        via: chamada_domain::Via::Web,
        author: None,
    };
    let delete = |ticket| Ok(chamada_domain::bin::delete(ticket, &pen, &mut chamada_platform::random));
    desk.app
        .store
        .change_ticket(deleted, &chamada_store::With::default(), delete)
        .await
        .unwrap();
    let guest = desk.guest(keys).await;
    let scope = json!({"user": null, "scope": {"kind": "guest", "tickets": [own]}});
    assert_eq!(guest.get("/api/session").await.expect(200), scope);
    let another = json!({"ticket": own, "ticket_key": desk.key(own, &ana, Duration::days(1)).await});
    let widened = guest.post("/api/session", &another).await.expect(200);
    assert_eq!(widened["scope"]["tickets"], json!([own]));
}
