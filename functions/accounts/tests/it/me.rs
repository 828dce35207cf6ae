//! One's own account.

use chamada_domain::Role;
use http::Method;
use serde_json::json;
use time::Duration;

use chamada_tests::desk::Desk;

const PASSWORD: &str = "tuba gravel ninety lampshade";
const OTHER: &str = "quartz bicycle seldom moonwalk";

#[tokio::test]
async fn one_reads_and_changes_oneself() {
    let desk = Desk::open(accounts::router).await;
    let (ana, browser) = desk.enter("ana@example.org", Role::User).await;
    let reply = browser.get("/api/me").await;
    let etag = reply.header("etag").to_owned();
    let me = reply.expect(200);
    assert_eq!(
        me,
        json!({
            "id": ana.id.as_str(), "email": "ana@example.org", "name": "Person ana@example.org", "role": "user", "locale": "en",
            "company_id": null, "active": true, "notify": true, "created_at": "2026-11-22T05:07:31.412Z", "has_password": false,
        })
    );
    assert_eq!(
        browser.send(Method::GET, "/api/me", &[("if-none-match", &etag)], None).await.status,
        304
    );
    let changed = browser
        .patch("/api/me", &json!({"name": " Ana Lima ", "locale": "pt", "notify": false}))
        .await
        .expect(200);
    assert_eq!(
        (&changed["name"], &changed["locale"], &changed["notify"]),
        (&json!("Ana Lima"), &json!("pt"), &json!(false))
    );
    assert_eq!(browser.get("/api/me").await.expect(200), changed);
    assert_eq!(browser.patch("/api/me", &json!({})).await.expect(200), changed);
}

#[tokio::test]
async fn every_field_has_its_rule() {
    let desk = Desk::open(accounts::router).await;
    let (_, browser) = desk.enter("ana@example.org", Role::User).await;
    let change = async |body| browser.patch("/api/me", &body).await;
    change(json!({"name": " ", "locale": "fr", "notify": 1, "role": "administrator"}))
        .await
        .faults(&["name required", "locale invalid", "notify invalid", "role unknown"]);
    change(json!({"name": "x".repeat(101)})).await.faults(&["name too_long"]);
    change(json!({"name": null})).await.faults(&["name invalid"]);
    change(json!({"password": "short"})).await.faults(&["password too_short"]);
    change(json!({"password": "x".repeat(257)})).await.faults(&["password too_long"]);
    for weak in ["passwordpassword", "123456789012", "ana@example.org", "chamadachamada"] {
        change(json!({"password": weak})).await.faults(&["password too_weak"]);
    }
    change(json!({"name": "É".repeat(100)})).await.expect(200);
}

#[tokio::test]
async fn nobody_and_guests_are_asked_to_sign_in() {
    let desk = Desk::open(accounts::router).await;
    let browser = desk.browser();
    browser.get("/api/me").await.refuses(401, "sign_in_needed");
    browser.patch("/api/me", &json!({"name": 5})).await.refuses(401, "sign_in_needed");
    let ana = desk.person("ana@example.org", Role::User).await;
    let ticket = desk.ticket(&ana).await.number;
    let key = desk.key(ticket, &ana, Duration::days(1)).await;
    browser
        .post("/api/session", &json!({"ticket": ticket.0, "ticket_key": key}))
        .await
        .expect(200);
    browser.patch("/api/me", &json!({"name": "x"})).await.refuses(401, "sign_in_needed");
    browser.get("/api/organisation").await.refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_or_a_fresh_link() {
    let desk = Desk::open(accounts::router).await;
    let (ana, browser) = desk.enter("ana@example.org", Role::User).await;
    desk.advance(Duration::minutes(15));
    browser
        .patch("/api/me", &json!({"password": PASSWORD}))
        .await
        .faults(&["current_password required"]);
    browser
        .patch("/api/me", &json!({"password": PASSWORD, "current_password": "x"}))
        .await
        .faults(&["current_password wrong"]);
    let fresh = desk.signed_in(&ana).await;
    let me = fresh.patch("/api/me", &json!({"password": PASSWORD})).await.expect(200);
    assert_eq!(me["has_password"], true);
    browser
        .patch("/api/me", &json!({"password": OTHER, "current_password": OTHER}))
        .await
        .faults(&["current_password wrong"]);
    let change = json!({"password": OTHER, "current_password": PASSWORD});
    let key = [("idempotency-key", "change-1")];
    browser.send(Method::PATCH, "/api/me", &key, Some(&change)).await.expect(200);
    // The old password is no longer right, and the repetition still answers.
    browser.send(Method::PATCH, "/api/me", &key, Some(&change)).await.expect(200);
    browser.patch("/api/me", &change).await.faults(&["current_password wrong"]);
    let attempt = async |password: &str| {
        let body = json!({"email": "ana@example.org", "password": password});
        desk.browser().from([198, 51, 100, 1]).post("/api/session", &body).await
    };
    attempt(PASSWORD).await.refuses(401, "bad_credentials");
    attempt(OTHER).await.expect(200);
    let everything = format!("{:?}", desk.items("").await);
    assert!(everything.contains("$argon2id$") && !everything.contains(OTHER));
}

#[tokio::test]
async fn guessing_the_old_password_is_limited() {
    let desk = Desk::open(accounts::router).await;
    let (_, browser) = desk.enter("ana@example.org", Role::User).await;
    desk.advance(Duration::minutes(20));
    let guess = json!({"password": PASSWORD, "current_password": "x"});
    for _ in 0..10 {
        browser.patch("/api/me", &guess).await.faults(&["current_password wrong"]);
    }
    browser.patch("/api/me", &guess).await.refuses(429, "too_many_attempts");
}
