//! Asking for a sign-in link.

use chamada_domain::Role;
use serde_json::json;
use time::Duration;

use chamada_tests::desk::Desk;

#[tokio::test]
async fn only_known_and_active_addresses_are_mailed_and_all_get_the_same_answer() {
    let desk = Desk::open(accounts::router).await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let gone = desk.person("gone@example.org", Role::User).await;
    let off = |user: &mut chamada_domain::User| {
        user.active = false;
        Ok(())
    };
    desk.app.store.change_user(&gone.id, None, off).await.unwrap();
    let browser = desk.browser();
    for email in [" Ana@Example.org ", "gone@example.org", "nobody@example.org"] {
        let reply = browser.post("/api/sign-in", &json!({"email": email})).await;
        assert_eq!(
            (reply.status, reply.header("content-length"), reply.header("set-cookie")),
            (202, "0", "")
        );
    }
    assert_eq!(desk.asked().await, [json!({"kind": "sign_in", "user": ana.id.as_str()})]);
    assert_eq!(desk.items("LINK#").await.len(), 3, "an unknown address costs the same writes");
    assert!(desk.items("EMAIL#nobody").await.is_empty());
}

#[tokio::test]
async fn open_sign_up_makes_accounts() {
    let desk = Desk::open(accounts::router).await;
    desk.app
        .store
        .change_settings(None, |settings| settings.open_sign_up = true)
        .await
        .unwrap();
    let browser = desk.browser();
    for _ in 0..2 {
        browser
            .post("/api/sign-in", &json!({"email": "new@example.org", "locale": "pt"}))
            .await
            .expect(202);
    }
    let user = desk
        .app
        .store
        .user_by_email(&"new@example.org".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (user.role, user.name.as_str(), user.locale.tag(), user.active),
        (Role::User, "new", "pt", true)
    );
    assert_eq!(desk.asked().await.len(), 2);
}

#[tokio::test]
async fn five_an_hour_per_address_and_thirty_per_source() {
    let desk = Desk::open(accounts::router).await;
    desk.person("ana@example.org", Role::User).await;
    let browser = desk.browser();
    let ask = async |email: &str| browser.post("/api/sign-in", &json!({"email": email})).await;
    for address in ["ana@example.org", "nobody@example.org"] {
        for _ in 0..5 {
            ask(address).await.expect(202);
        }
        let sixth = ask(&address.to_uppercase()).await;
        // 05:07:31 to 06:00.
        assert_eq!(sixth.header("retry-after"), "3149");
        sixth.refuses(429, "too_many_requests");
    }
    assert_eq!(desk.asked().await.len(), 5);
    for n in 12..30 {
        ask(&format!("a{n}@example.org")).await.expect(202);
    }
    ask("b@example.org").await.refuses(429, "too_many_requests");
    let elsewhere = desk.browser().from([198, 51, 100, 1]);
    elsewhere.post("/api/sign-in", &json!({"email": "b@example.org"})).await.expect(202);
    desk.advance(Duration::seconds(3149));
    ask("ana@example.org").await.expect(202);
}

#[tokio::test]
async fn every_faulty_field_is_told() {
    let desk = Desk::open(accounts::router).await;
    let browser = desk.browser();
    let ask = async |body| browser.post("/api/sign-in", &body).await;
    ask(json!({})).await.faults(&["email required"]);
    ask(json!({"email": "ana", "locale": "fr", "x": 1}))
        .await
        .faults(&["email invalid", "locale invalid", "x unknown"]);
    ask(json!({"email": 5})).await.faults(&["email invalid"]);
    ask(json!([])).await.refuses(422, "invalid");
    assert!(desk.items("LINK#").await.is_empty());
}

#[tokio::test]
async fn a_request_that_is_sent_twice_mails_once() {
    let desk = Desk::open(accounts::router).await;
    desk.person("ana@example.org", Role::User).await;
    let browser = desk.browser();
    let send = async |email: &str| browser.post_once("/api/sign-in", "k1", &json!({"email": email})).await;
    send("ana@example.org").await.expect(202);
    send("ana@example.org").await.expect(202);
    assert_eq!(desk.asked().await.len(), 1);
    send("eva@example.org").await.refuses(422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_refused_request_makes_no_account() {
    let desk = Desk::open(accounts::router).await;
    desk.set(|settings| settings.open_sign_up = true).await;
    let browser = desk.browser();
    let send = async |email: &str| browser.post_once("/api/sign-in", "k1", &json!({"email": email})).await;
    send("ana@example.com").await.expect(202);
    send("eva@example.com").await.refuses(422, "idempotency_key_reused");
    assert!(desk.items("EMAIL#eva").await.is_empty());
}
