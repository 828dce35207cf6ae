//! The audit: who changed what.

use chamada_domain::{Role, TokenScope};
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use time::Duration;

use chamada_tests::desk::{Browser, Desk};

const PATH: &str = "/api/audit";

async fn records(root: &Browser) -> Vec<Value> {
    let mut page = root.get(&format!("{PATH}?limit=100")).await.expect(200);
    page["items"].as_array_mut().unwrap().drain(..).collect()
}

/// Each record's action, newest first.
async fn actions(root: &Browser) -> Vec<String> {
    let name = |record: &Value| record["action"].as_str().unwrap().to_owned();
    records(root).await.iter().map(name).collect()
}

#[tokio::test]
async fn changes_of_an_account_are_told_without_its_owners_words() {
    let desk = Desk::open(accounts::router).await;
    let (admin, root) = desk.enter("root@example.org", Role::Administrator).await;
    assert_eq!(
        records(&root).await,
        Vec::<Value>::new(),
        "accounts of the fixture are nobody's deed"
    );
    let new = json!({"email": "rosa@example.org", "name": "Rosa Lima", "role": "specialist", "locale": "pt"});
    let made = root.post("/api/users", &new).await.expect(201);
    let path = format!("/api/users/{}", made["id"].as_str().unwrap());
    desk.advance(Duration::seconds(1));
    let change = json!({"email": "lima@example.org", "name": "Rosita", "role": "administrator", "notify": true});
    root.patch(&path, &change).await.expect(200);
    desk.advance(Duration::seconds(1));
    root.delete(&path).await.expect(204);
    let by = json!({"id": admin.id, "name": "Person root@example.org"});
    let target = json!({"kind": "user", "id": made["id"], "name": "Rosita"});
    let expected = json!([
        {"at": "2026-11-22T05:07:33.412Z", "by": by, "action": "user_deactivated", "target": target,
            "changes": [{"field": "active", "from": true, "to": false}]},
        {"at": "2026-11-22T05:07:32.412Z", "by": by, "action": "user_changed", "target": target,
            "changes": [{"field": "email"}, {"field": "name"}, {"field": "role", "from": "specialist", "to": "administrator"}]},
        {"at": "2026-11-22T05:07:31.412Z", "by": by, "action": "user_made", "target": target, "changes": [
            {"field": "role", "to": "specialist"}, {"field": "locale", "to": "pt"}, {"field": "active", "to": true},
            {"field": "notify", "to": true}]},
    ]);
    assert_eq!(json!(records(&root).await), expected);
    let table = format!("{:?}", desk.items("AUDIT").await);
    for word in ["Rosa", "Rosita", "Lima", "lima@", "rosa@"] {
        assert!(!table.contains(word), "{word} in {table}");
    }
}

#[tokio::test]
async fn what_fails_comes_again_or_changes_nothing_is_not_told() {
    let desk = Desk::open(accounts::router).await;
    let (admin, root) = desk.enter("root@example.org", Role::Administrator).await;
    let own = format!("/api/users/{}", admin.id);
    root.delete(&own).await.refuses(409, "last_administrator");
    root.post("/api/users", &json!({"email": "root@example.org", "name": "x"}))
        .await
        .refuses(409, "email_taken");
    root.patch("/api/settings", &json!({"site_name": ""})).await.expect(422);
    root.patch("/api/settings", &json!({"site_name": "Chamada"})).await.expect(200);
    root.patch(&own, &json!({"role": "administrator"})).await.expect(200);
    root.put("/api/organisation", "\"7\"", &json!({"corporations": []}))
        .await
        .refuses(412, "stale_version");
    assert_eq!(actions(&root).await, Vec::<String>::new());
    let new = json!({"email": "a@example.org", "name": "A"});
    for _ in 0..3 {
        root.post_once("/api/users", "k", &new).await.expect(201);
    }
    let gone = desk.person("gone@example.org", Role::User).await;
    for _ in 0..2 {
        root.delete(&format!("/api/users/{}", gone.id)).await.expect(204);
    }
    let mut told = actions(&root).await;
    told.sort_unstable();
    assert_eq!(told, ["user_deactivated", "user_made"]);
    let at_once = json!({"email": "b@example.org", "name": "B"});
    join_all((0..4).map(|_| root.post_once("/api/users", "l", &at_once))).await;
    assert_eq!(actions(&root).await.iter().filter(|action| *action == "user_made").count(), 2);
}

#[tokio::test]
async fn settings_and_trees_are_told() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let change = json!({"site_name": "Botica", "specialists_see": "all", "sender": "help@botica.example"});
    root.patch("/api/settings", &change).await.expect(200);
    let told = records(&root).await;
    assert_eq!(told[0]["target"], json!({"kind": "settings", "id": null, "name": null}));
    let expected = json!([
        {"field": "site_name", "from": "Chamada", "to": "Botica"}, {"field": "specialists_see", "from": "assigned", "to": "all"},
        {"field": "sender", "to": "help@botica.example"},
    ]);
    assert_eq!(told[0]["changes"], expected);
    let put = async |path: &str, body: &Value| {
        desk.advance(Duration::seconds(1));
        let tag = root.get(path).await.header("etag").to_owned();
        let written = root.put(path, &tag, body).await.expect(200);
        (written, records(&root).await.remove(0))
    };
    let body = json!({"corporations": [{"name": "A", "companies": [{"name": "B", "sites": [{"name": "C"}]}, {"name": "D"}]}]});
    let (mut tree, told) = put("/api/organisation", &body).await;
    assert_eq!(
        (&told["action"], &told["target"]["kind"]),
        (&json!("organisation_changed"), &json!("organisation"))
    );
    let (one, two) = (&tree["corporations"][0], &tree["corporations"][0]["companies"]);
    let mut added = [&one["id"], &two[0]["id"], &two[0]["sites"][0]["id"], &two[1]["id"]].map(|id| id.as_str().unwrap().to_owned());
    added.sort_unstable();
    assert_eq!(told["changes"], json!([{"field": "added", "ids": added}]));
    let ids = [two[0]["id"].clone(), two[1]["id"].clone(), two[0]["sites"][0]["id"].clone()];
    tree["corporations"][0]["companies"][0]["name"] = json!("Bb");
    tree["corporations"][0]["companies"][0]["sites"] = json!([]);
    tree["corporations"][0]["companies"][1]["retired"] = json!(true);
    let (_, told) = put("/api/organisation", &tree).await;
    let expected =
        json!([{"field": "removed", "ids": [ids[2]]}, {"field": "retired", "ids": [ids[1]]}, {"field": "renamed", "ids": [ids[0]]}]);
    assert_eq!(told["changes"], expected);
    let names = json!({"es": "Red", "pt": "Rede", "en": "Network"});
    let (tree, told) = put("/api/categories", &json!({"incident": [{"names": names}], "requirement": []})).await;
    assert_eq!(told["changes"], json!([{"field": "added", "ids": [tree["incident"][0]["id"]]}]));
    assert_eq!(told["action"], "categories_changed");
}

#[tokio::test]
async fn what_people_do_to_their_own_accounts_is_told() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let (ana, browser) = desk.enter("ana@example.org", Role::User).await;
    let change = json!({"name": "Anita", "locale": "pt", "password": "three odd words of mine"});
    browser.patch("/api/me", &change).await.expect(200);
    let told = records(&root).await.remove(0);
    assert_eq!((&told["by"]["id"], &told["by"]["name"]), (&json!(ana.id), &json!("Anita")));
    let expected = json!([{"field": "name"}, {"field": "locale", "from": "en", "to": "pt"}, {"field": "password"}]);
    assert_eq!(told["changes"], expected);
    desk.advance(Duration::seconds(1));
    let body = json!({"name": "Mine", "scope": "read"});
    let token = browser.post("/api/tokens", &body).await.expect(201);
    let told = records(&root).await.remove(0);
    assert_eq!((&told["action"], &told["by"]["id"]), (&json!("token_made"), &json!(ana.id)));
    assert_eq!(told["target"], json!({"kind": "token", "id": token["id"], "name": null}));
    assert_eq!(told["changes"], json!([{"field": "scope", "to": "read"}]));
    desk.advance(Duration::seconds(1));
    browser
        .delete(&format!("/api/tokens/{}", token["id"].as_str().unwrap()))
        .await
        .expect(204);
    assert_eq!(records(&root).await[0]["action"], "token_revoked");
    assert!(!format!("{:?}", desk.items("AUDIT").await).contains("Mine"));
}

#[tokio::test]
async fn the_first_administrator_is_an_operators_doing() {
    let desk = Desk::open(accounts::router).await;
    let email = "first@example.org".parse().unwrap();
    accounts::ensure_first_administrator(&desk.app, &email).await.unwrap().unwrap();
    let first = desk.app.store.user_by_email(&email).await.unwrap().unwrap();
    let told = records(&desk.signed_in(&first).await).await;
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["by"], &told[0]["target"]["id"]), (&Value::Null, &json!(first.id)));
}

#[tokio::test]
async fn pages_cross_months_and_stop_at_the_first() {
    let desk = Desk::open(accounts::router).await;
    let admin = desk.person("root@example.org", Role::Administrator).await;
    let mut expected = Vec::new();
    // Three records in one month, one more than two years later, and two in the month after the next.
    for (wait, count) in [(Duration::ZERO, 3), (Duration::days(800), 1), (Duration::days(31), 2)] {
        desk.advance(wait);
        let browser = desk.signed_in(&admin).await;
        for _ in 0..count {
            desk.advance(Duration::milliseconds(1));
            let days = u16::try_from(expected.len()).unwrap() + 1;
            browser.patch("/api/settings", &json!({"magic_link_days": days})).await.expect(200);
            expected.insert(0, days);
        }
    }
    let root = desk.signed_in(&admin).await;
    for limit in [1, 2, 3, 4, 6, 7] {
        let (mut told, mut path, mut pages) = (Vec::new(), format!("{PATH}?limit={limit}"), 0);
        loop {
            let page = root.get(&path).await.expect(200);
            let rows = page["items"].as_array().unwrap();
            assert!(rows.len() <= limit);
            told.extend(
                rows.iter()
                    .map(|row| u16::try_from(row["changes"][0]["to"].as_u64().unwrap()).unwrap()),
            );
            pages += 1;
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("{PATH}?limit={limit}&cursor={cursor}");
        }
        assert_eq!(told, expected, "limit {limit}");
        assert!(pages <= 6 / limit + 1, "{pages} pages of {limit}");
    }
    let (_, other) = desk.enter("other@example.org", Role::Administrator).await;
    let cursor = root.get(&format!("{PATH}?limit=1")).await.expect(200)["next_cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    other
        .get(&format!("{PATH}?limit=1&cursor={cursor}"))
        .await
        .refuses(400, "bad_cursor");
    root.get(&format!("{PATH}?limit=0&x=1"))
        .await
        .faults(&["limit out_of_range", "x unknown"]);
}

#[tokio::test]
async fn the_audit_is_for_administrators_alone() {
    let desk = Desk::open(accounts::router).await;
    let (_, specialist) = desk.enter("sp@example.org", Role::Specialist).await;
    desk.browser().get(PATH).await.refuses(401, "sign_in_needed");
    specialist.get(PATH).await.refuses(403, "forbidden");
    let root = desk.person("root@example.org", Role::Administrator).await;
    let bearer = desk.program(&root, TokenScope::Read).await;
    let program = desk.browser();
    program
        .send(Method::GET, PATH, &[("authorization", bearer.as_str())], None)
        .await
        .expect(200);
}

#[tokio::test]
async fn tokens_do_not_come_back_with_their_owner() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let bearer = desk.program(&ana, TokenScope::Read).await;
    let path = format!("/api/users/{}", ana.id);
    root.patch(&path, &json!({"active": false})).await.expect(200);
    root.patch(&path, &json!({"active": true})).await.expect(200);
    let headers = [("authorization", bearer.as_str())];
    let reply = desk.browser().send(Method::GET, "/api/me", &headers, None).await;
    reply.refuses(401, "sign_in_needed");
    assert_eq!(
        desk.signed_in(&ana).await.get("/api/tokens").await.expect(200),
        json!({"items": []})
    );
}
