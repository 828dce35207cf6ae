//! New links of tickets.

use chamada_domain::Role;
use serde_json::json;
use time::Duration;

use chamada_tests::desk::Desk;

#[tokio::test]
async fn an_expired_key_gets_its_own_address_a_new_link() {
    let desk = Desk::open(accounts::router).await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let ticket = desk.ticket(&ana).await.number;
    let key = desk.key(ticket, &ana, Duration::days(30)).await;
    desk.advance(Duration::days(31));
    let browser = desk.browser();
    let body = json!({"ticket": ticket.0, "ticket_key": key});
    browser.post("/api/ticket-links", &body).await.expect(202);
    assert_eq!(
        desk.asked().await,
        [json!({"kind": "ticket", "ticket": ticket.0, "person": ana.id.as_str()})]
    );
    for wrong in [
        json!({"ticket": ticket.0, "ticket_key": "x"}),
        json!({"ticket": 77, "ticket_key": key}),
    ] {
        browser.post("/api/ticket-links", &wrong).await.refuses(401, "bad_credentials");
    }
    browser
        .post("/api/ticket-links", &json!({"ticket": "x"}))
        .await
        .faults(&["ticket invalid", "ticket_key required"]);
    for _ in 1..5 {
        browser.post("/api/ticket-links", &body).await.expect(202);
    }
    let elsewhere = desk.browser().from([198, 51, 100, 1]);
    elsewhere.post("/api/ticket-links", &body).await.refuses(429, "too_many_requests");
    desk.advance(Duration::hours(1));
    elsewhere.post("/api/ticket-links", &body).await.expect(202);
}

#[tokio::test]
async fn guessing_is_limited_by_source() {
    let desk = Desk::open(accounts::router).await;
    let browser = desk.browser();
    let body = json!({"ticket": 1, "ticket_key": "x"});
    for _ in 0..30 {
        browser.post("/api/ticket-links", &body).await.refuses(401, "bad_credentials");
    }
    browser.post("/api/ticket-links", &body).await.refuses(429, "too_many_requests");
}
