//! The categories' tree.

use chamada_domain::Role;
use http::Method;
use serde_json::{Value, json};

use chamada_tests::desk::{Browser, Desk, Reply};

const PATH: &str = "/api/categories";

fn names(name: &str) -> Value {
    json!({"es": name, "pt": format!("{name} pt"), "en": format!("{name} en")})
}

async fn put(browser: &Browser, body: &Value) -> Reply {
    let tag = browser.get(PATH).await.header("etag").to_owned();
    browser.put(PATH, &tag, body).await
}

#[tokio::test]
async fn categories_are_written_by_administrators_and_read_by_everyone_signed_in() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    assert_eq!(root.get(PATH).await.expect(200), json!({"incident": [], "requirement": []}));
    let body = json!({
        "incident": [{"names": names("Red"), "subcategories": [{"names": names("Wifi")}]}],
        "requirement": [{"names": names("Red")}],
    });
    let written = put(&root, &body).await.expect(200);
    assert!(
        written["incident"][0]["subcategories"][0]["id"]
            .as_str()
            .unwrap()
            .starts_with("cat_")
    );
    let (_, user) = desk.enter("ana@example.org", Role::User).await;
    assert_eq!(user.get(PATH).await.expect(200), written);
    user.put(PATH, "\"1\"", &json!({})).await.refuses(403, "forbidden");
    desk.browser().get(PATH).await.refuses(401, "sign_in_needed");
    assert_eq!(put(&root, &written).await.expect(200), written);
    root.send(Method::PUT, PATH, &[], Some(&written))
        .await
        .refuses(428, "version_needed");
    let problem = root.put(PATH, "\"1\"", &written).await.refuses(412, "stale_version");
    assert_eq!(problem["current"], written);
}

#[tokio::test]
async fn every_part_has_its_rule() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    put(&root, &json!({"incident": 1}))
        .await
        .faults(&["incident invalid", "requirement required"]);
    let wrong = json!({"incident": [{"names": {"es": "", "pt": "x".repeat(101)}, "subcategories": [{}]}], "requirement": [{"id": "org_1", "names": 5}]});
    put(&root, &wrong).await.faults(&[
        "incident.0.names.es required",
        "incident.0.names.pt too_long",
        "incident.0.names.en required",
        "incident.0.subcategories.0.names required",
        "requirement.0.id invalid",
        "requirement.0.names invalid",
    ]);
    let doubled = json!({
        "incident": [{"names": names("Red")}, {"names": {"es": "RED", "pt": "b", "en": "c"}}, {"id": "cat_1", "names": names("New")}],
        "requirement": [],
    });
    put(&root, &doubled)
        .await
        .faults(&["incident.1.names.es duplicate", "incident.2.id unknown"]);
    assert_eq!(root.get(PATH).await.expect(200), json!({"incident": [], "requirement": []}));
}

#[tokio::test]
async fn used_categories_are_retired_and_not_removed() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let body = json!({"incident": [{"names": names("Red"), "subcategories": [{"names": names("Wifi")}]}], "requirement": []});
    let mut written = put(&root, &body).await.expect(200);
    let sub = written["incident"][0]["subcategories"][0]["id"].as_str().unwrap().to_owned();
    desk.app.store.mark_used([sub]).await.unwrap();
    put(&root, &json!({"incident": [], "requirement": []})).await.refuses(409, "in_use");
    let category = written["incident"][0].clone();
    let moved = json!({"incident": [], "requirement": [category]});
    put(&root, &moved).await.refuses(422, "invalid");
    written["incident"][0]["subcategories"][0]["retired"] = json!(true);
    assert_eq!(put(&root, &written).await.expect(200), written);
}
