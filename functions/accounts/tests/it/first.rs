//! The first administrator.

use accounts::{administrator_link, ensure_first_administrator};
use chamada_domain::{EmailAddress, Role};
use serde_json::json;

use chamada_tests::desk::Desk;

#[tokio::test]
async fn the_first_administrator_is_made_once_and_gets_links_on_demand() {
    let desk = Desk::open(accounts::router).await;
    let email: EmailAddress = "root@example.org".parse().unwrap();
    assert!(administrator_link(&desk.app, &email).await.unwrap().is_none());
    let token = ensure_first_administrator(&desk.app, &email).await.unwrap().unwrap();
    let browser = desk.browser();
    browser.post("/api/session", &json!({"token": token.expose()})).await.expect(200);
    browser.get("/api/users").await.expect(200);
    assert!(ensure_first_administrator(&desk.app, &email).await.unwrap().is_none());
    let again = administrator_link(&desk.app, &email).await.unwrap().unwrap();
    desk.browser()
        .post("/api/session", &json!({"token": again.expose()}))
        .await
        .expect(200);
    let ana = desk.person("ana@example.org", Role::User).await;
    assert!(administrator_link(&desk.app, &ana.email).await.unwrap().is_none());
}

#[tokio::test]
async fn an_account_that_is_there_already_becomes_the_administrator() {
    let desk = Desk::open(accounts::router).await;
    let (ana, browser) = desk.enter("ana@example.org", Role::User).await;
    let token = ensure_first_administrator(&desk.app, &ana.email).await.unwrap().unwrap();
    browser.get("/api/me").await.refuses(401, "sign_in_needed");
    let body = desk
        .browser()
        .post("/api/session", &json!({"token": token.expose()}))
        .await
        .expect(200);
    assert_eq!(
        (&body["user"]["id"], &body["user"]["role"]),
        (&json!(ana.id.as_str()), &json!("administrator"))
    );
}
