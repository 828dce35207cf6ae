//! Accounts, as administrators keep them.

use chamada_domain::Role;
use futures::future::join;
use http::Method;
use serde_json::{Value, json};
use time::Duration;

use chamada_tests::desk::{Browser, Desk};

fn new(email: &str) -> Value {
    json!({"email": email, "name": "Rosa Lima", "role": "specialist", "locale": "pt"})
}

#[tokio::test]
async fn an_account_is_made_read_and_changed() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let reply = root.post("/api/users", &new("Rosa@Example.org")).await;
    let location = reply.header("location").to_owned();
    let made = reply.expect(201);
    assert_eq!(location, format!("/api/users/{}", made["id"].as_str().unwrap()));
    let expected = json!({
        "id": made["id"], "email": "rosa@example.org", "name": "Rosa Lima", "role": "specialist", "locale": "pt", "company_id": null,
        "active": true, "notify": true, "created_at": "2026-11-22T05:07:31.412Z",
    });
    assert_eq!(made, expected);
    assert_eq!(root.get(&location).await.expect(200), expected);
    let change = json!({"email": "rosa.lima@example.org", "name": "Rosa", "role": "user", "locale": "es", "notify": false});
    let changed = root.patch(&location, &change).await.expect(200);
    assert_eq!(changed["email"], "rosa.lima@example.org");
    assert_eq!(
        (&changed["name"], &changed["role"], &changed["locale"]),
        (&json!("Rosa"), &json!("user"), &json!("es"))
    );
    assert_eq!(root.get(&location).await.expect(200), changed);
    root.post("/api/users", &new("rosa@example.org")).await.expect(201);
    root.patch(&location, &json!({"email": "rosa@example.org"}))
        .await
        .refuses(409, "email_taken");
    root.post("/api/users", &new("rosa@example.org")).await.refuses(409, "email_taken");
    root.get("/api/users/usr_0").await.refuses(404, "not_found");
    root.patch("/api/users/usr_0", &json!({"name": "x"}))
        .await
        .refuses(404, "not_found");
    root.delete("/api/users/usr_0").await.refuses(404, "not_found");
    root.get("/api/users/x").await.refuses(404, "not_found");
}

#[tokio::test]
async fn defaults_are_filled_in() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let made = root
        .post("/api/users", &json!({"email": "a@example.org", "name": "A"}))
        .await
        .expect(201);
    assert_eq!(
        (&made["role"], &made["locale"], &made["active"]),
        (&json!("user"), &json!("es"), &json!(true))
    );
}

#[tokio::test]
async fn every_field_has_its_rule() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    root.post("/api/users", &json!({}))
        .await
        .faults(&["email required", "name required"]);
    let bad =
        json!({"email": "a b", "name": "a\nb", "role": "boss", "locale": "fr", "company_id": "x", "active": "yes", "notify": 1, "id": "x"});
    let faults = [
        "email invalid",
        "name invalid",
        "role invalid",
        "locale invalid",
        "company_id invalid",
        "active invalid",
        "notify invalid",
        "id unknown",
    ];
    root.post("/api/users", &bad).await.faults(&faults);
    let made = root.post("/api/users", &new("a@example.org")).await.expect(201);
    let path = format!("/api/users/{}", made["id"].as_str().unwrap());
    root.patch(&path, &bad).await.faults(&faults);
    root.patch(&path, &json!({"name": "x".repeat(101), "email": null}))
        .await
        .faults(&["email invalid", "name too_long"]);
    root.patch(&path, &json!({"company_id": "org_0"}))
        .await
        .faults(&["company_id unknown"]);
    root.delete(&format!("{path}?erase=maybe")).await.faults(&["erase invalid"]);
    assert_eq!(root.get(&path).await.expect(200), made);
}

#[tokio::test]
async fn a_company_is_one_of_the_tree_and_then_in_use() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let tag = root.get("/api/organisation").await.header("etag").to_owned();
    let body = json!({"corporations": [{"name": "Botica", "companies": [{"name": "Norte"}]}]});
    let reply = root.put("/api/organisation", &tag, &body).await;
    let tag = reply.header("etag").to_owned();
    let mut tree = reply.expect(200);
    let company = tree["corporations"][0]["companies"][0]["id"].clone();
    let corporation = &tree["corporations"][0]["id"];
    let mut user = new("a@example.org");
    user["company_id"] = corporation.clone();
    root.post("/api/users", &user).await.faults(&["company_id unknown"]);
    user["company_id"] = company.clone();
    let made = root.post("/api/users", &user).await.expect(201);
    assert_eq!(made["company_id"], company);
    tree["corporations"][0]["companies"] = json!([]);
    root.put("/api/organisation", &tag, &tree).await.refuses(409, "in_use");
    let path = format!("/api/users/{}", made["id"].as_str().unwrap());
    assert_eq!(
        root.patch(&path, &json!({"company_id": null})).await.expect(200)["company_id"],
        Value::Null
    );
}

#[tokio::test]
async fn accounts_are_for_administrators_alone() {
    let desk = Desk::open(accounts::router).await;
    let (ana, user) = desk.enter("ana@example.org", Role::User).await;
    let (_, specialist) = desk.enter("sp@example.org", Role::Specialist).await;
    let path = format!("/api/users/{}", ana.id);
    for (browser, status, code) in [
        (desk.browser(), 401, "sign_in_needed"),
        (user, 403, "forbidden"),
        (specialist, 403, "forbidden"),
    ] {
        browser.get("/api/users").await.refuses(status, code);
        browser.get("/api/users?limit=0").await.refuses(status, code);
        browser.get(&path).await.refuses(status, code);
        browser.post("/api/users", &json!({})).await.refuses(status, code);
        browser.patch(&path, &json!({"role": 5})).await.refuses(status, code);
        browser.delete(&path).await.refuses(status, code);
    }
}

#[tokio::test]
async fn lists_go_on_by_cursor() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    for n in 0..4 {
        root.post(
            "/api/users",
            &json!({"email": format!("u{n}@example.org"), "name": format!("U{n}")}),
        )
        .await
        .expect(201);
    }
    let (mut names, mut path) = (Vec::new(), "/api/users?limit=2".to_owned());
    loop {
        let page = root.get(&path).await.expect(200);
        let rows = page["items"].as_array().unwrap().iter();
        names.extend(rows.map(|row| row["name"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/users?limit=2&cursor={cursor}");
    }
    assert_eq!(names, ["Person root@example.org", "U0", "U1", "U2", "U3"]);
    let (_, other) = desk.enter("z@example.org", Role::Administrator).await;
    other.get(&path).await.refuses(400, "bad_cursor");
    root.get("/api/users?cursor=x").await.refuses(400, "bad_cursor");
    root.get("/api/users?limit=101&x=1")
        .await
        .faults(&["limit out_of_range", "x unknown"]);
    let reply = root.get("/api/users").await;
    let etag = reply.header("etag").to_owned();
    assert_eq!(
        root.send(Method::GET, "/api/users", &[("if-none-match", &etag)], None).await.status,
        304
    );
}

#[tokio::test]
async fn deactivating_ends_sessions_links_and_keys_at_once() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let (ana, browser) = desk.enter("ana@example.org", Role::User).await;
    let ticket = desk.ticket(&ana).await.number;
    let key = desk.key(ticket, &ana, Duration::days(1)).await;
    let presented = json!({"ticket": ticket.0, "ticket_key": key});
    let token = desk.token(&ana).await;
    browser.get("/api/me").await.expect(200);
    let path = format!("/api/users/{}", ana.id);
    assert_eq!(root.patch(&path, &json!({"active": false})).await.expect(200)["active"], false);
    browser.get("/api/me").await.refuses(401, "sign_in_needed");
    desk.browser()
        .post("/api/session", &presented)
        .await
        .refuses(401, "bad_credentials");
    desk.browser()
        .post("/api/ticket-links", &presented)
        .await
        .refuses(401, "bad_credentials");
    root.patch(&path, &json!({"active": true})).await.expect(200);
    browser.get("/api/me").await.refuses(401, "sign_in_needed");
    desk.browser().post("/api/session", &json!({"token": token})).await.expect(200);
    let again = desk.signed_in(&ana).await;
    root.delete(&path).await.expect(204);
    root.delete(&path).await.expect(204);
    again.get("/api/me").await.refuses(401, "sign_in_needed");
    assert_eq!(root.get(&path).await.expect(200)["active"], false);
}

#[tokio::test]
async fn an_erased_account_is_nobodys_and_its_address_free() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let (ana, browser) = desk.enter("ana@example.org", Role::User).await;
    let ticket = desk.ticket(&ana).await.number;
    let key = desk.key(ticket, &ana, Duration::days(1)).await;
    let path = format!("/api/users/{}", ana.id);
    let erased = format!("{path}?erase=true");
    browser.delete(&erased).await.refuses(403, "forbidden");
    for _ in 0..2 {
        root.send(Method::DELETE, &erased, &[("idempotency-key", "k")], None)
            .await
            .expect(204);
    }
    browser.get("/api/me").await.refuses(401, "sign_in_needed");
    let presented = json!({"ticket": ticket.0, "ticket_key": key});
    desk.browser()
        .post("/api/session", &presented)
        .await
        .refuses(401, "bad_credentials");
    root.get(&path).await.refuses(404, "not_found");
    root.patch(&path, &json!({"active": true})).await.refuses(404, "not_found");
    root.delete(&path).await.refuses(404, "not_found");
    let listed = root.get("/api/users").await.expect(200).to_string();
    assert!(!listed.contains(ana.id.as_str()) && !listed.contains("ana@example.org"), "{listed}");
    let told = root.get("/api/audit").await.expect(200);
    assert_eq!(told["items"][0]["action"], "user_erased");
    assert_eq!(
        told["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|record| record["action"] == "user_erased")
            .count(),
        1
    );
    let mine = format!("{:?}", desk.items(&format!("U#{}", ana.id)).await);
    assert!(!mine.contains("ana") && !mine.contains("Person"), "{mine}");
    assert_eq!(desk.items("ERASE#").await.len(), 1, "whatever else there is of her is to go");
    root.post("/api/users", &new("ana@example.org")).await.expect(201);
}

#[tokio::test]
async fn a_demoted_administrator_is_none_from_the_next_request_on() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let (other, browser) = desk.enter("z@example.org", Role::Administrator).await;
    browser.get("/api/users").await.expect(200);
    root.patch(&format!("/api/users/{}", other.id), &json!({"role": "specialist"}))
        .await
        .expect(200);
    browser.get("/api/users").await.refuses(403, "forbidden");
}

async fn own_path(browser: &Browser) -> String {
    format!("/api/users/{}", browser.get("/api/me").await.expect(200)["id"].as_str().unwrap())
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let path = own_path(&root).await;
    let inactive = json!({"email": "off@example.org", "name": "Off", "role": "administrator", "active": false});
    root.post("/api/users", &inactive).await.expect(201);
    for change in [json!({"role": "user"}), json!({"role": "specialist"}), json!({"active": false})] {
        root.patch(&path, &change).await.refuses(409, "last_administrator");
    }
    root.delete(&path).await.refuses(409, "last_administrator");
    root.delete(&format!("{path}?erase=true")).await.refuses(409, "last_administrator");
    root.patch(&path, &json!({"name": "Root"})).await.expect(200);
    let (_, other) = desk.enter("z@example.org", Role::Administrator).await;
    root.patch(&path, &json!({"role": "user"})).await.expect(200);
    other.delete(&own_path(&other).await).await.refuses(409, "last_administrator");
}

#[tokio::test]
async fn of_two_administrators_who_go_at_once_one_stays() {
    let desk = Desk::open(accounts::router).await;
    let one = desk.administrator().await;
    let (_, two) = desk.enter("z@example.org", Role::Administrator).await;
    let paths = (own_path(&one).await, own_path(&two).await);
    let body = json!({"active": false});
    let (first, second) = join(one.patch(&paths.1, &body), two.patch(&paths.0, &body)).await;
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert!(matches!(statuses, [200, 401 | 409]), "{statuses:?}");
    assert_eq!(desk.app.store.administrators().await.unwrap(), 1);
}

#[tokio::test]
async fn the_same_request_makes_one_account() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let key = [("idempotency-key", "a")];
    let send = async |method: Method, path: &str, body: &Value| root.send(method, path, &key, Some(body)).await;
    let first = send(Method::POST, "/api/users", &new("a@example.org")).await.expect(201);
    assert_eq!(send(Method::POST, "/api/users", &new("a@example.org")).await.expect(201), first);
    send(Method::POST, "/api/users", &new("b@example.org"))
        .await
        .refuses(422, "idempotency_key_reused");
    let path = format!("/api/users/{}", first["id"].as_str().unwrap());
    send(Method::PATCH, &path, &json!({"name": "B"}))
        .await
        .refuses(422, "idempotency_key_reused");
    desk.advance(Duration::hours(25));
    let root = desk
        .signed_in(
            &desk
                .app
                .store
                .user_by_email(&"root@example.org".parse().unwrap())
                .await
                .unwrap()
                .unwrap(),
        )
        .await;
    root.send(Method::POST, "/api/users", &key, Some(&new("b@example.org")))
        .await
        .expect(201);
    root.send(
        Method::POST,
        "/api/users",
        &[("idempotency-key", "a b")],
        Some(&new("c@example.org")),
    )
    .await
    .faults(&["Idempotency-Key invalid"]);
}

#[tokio::test]
async fn specialists_are_listed_with_what_they_have_to_do() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let (sp, browser) = desk.enter("sp@example.org", Role::Specialist).await;
    let gone = desk.person("x@example.org", Role::Specialist).await;
    root.delete(&format!("/api/users/{}", gone.id)).await.expect(204);
    let (ana, user) = desk.enter("ana@example.org", Role::User).await;
    for _ in 0..2 {
        let ticket = desk.ticket(&ana).await.number;
        desk.assign(ticket, &sp).await;
    }
    desk.ticket(&ana).await;
    let listed = browser.get("/api/specialists").await.expect(200);
    let rows: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["name"].as_str().unwrap(), row["pending"].as_u64()))
        .collect();
    assert_eq!(rows, [("Person root@example.org", Some(0)), ("Person sp@example.org", Some(2))]);
    user.get("/api/specialists").await.refuses(403, "forbidden");
    desk.browser().get("/api/specialists").await.refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn nothing_fills_an_erased_account_again() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let ana = desk.person("ana@example.org", Role::User).await;
    root.delete(&format!("/api/users/{}?erase=true", ana.id)).await.expect(204);
    // As a write that was under way.
    let fill = |user: &mut chamada_domain::User| {
        user.name = "Ana again".into();
        Ok(())
    };
    let filled = desk.app.store.change_user(&ana.id, None, fill).await;
    assert!(matches!(filled, Err(chamada_store::StoreError::NotFound)), "{filled:?}");
}

#[tokio::test]
async fn a_repeated_deactivation_shuts_nobody_out_who_is_back() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let path = format!("/api/users/{}", ana.id);
    let deactivate = async || {
        root.send(Method::DELETE, &path, &[("idempotency-key", "k")], None)
            .await
            .expect(204)
    };
    deactivate().await;
    root.patch(&path, &json!({"active": true})).await.expect(200);
    let browser = desk.signed_in(&ana).await;
    deactivate().await;
    assert_eq!(browser.get("/api/me").await.expect(200)["id"], ana.id.as_str());
}
