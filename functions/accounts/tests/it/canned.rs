//! Canned replies.

use chamada_domain::{Locale, Role};
use http::Method;
use serde_json::{Value, json};

use chamada_tests::desk::{Browser, Desk, Reply};

const PATH: &str = "/api/canned-replies";

async fn put(browser: &Browser, body: &Value) -> Reply {
    browser.send(Method::PUT, PATH, &[], Some(body)).await
}

fn hello() -> Value {
    json!({"name": "Hello", "bodies": {
        "es": "Hola {{requester}}, {{specialist}} atiende {{ticket}}.", "pt": "Olá {{ requester }}: {{title}} ({{due}})", "en": "Hi from {{site}}",
    }})
}

#[tokio::test]
async fn the_list_is_written_whole_and_ids_stay() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    let (_, staff) = desk.enter("sp@example.org", Role::Specialist).await;
    assert_eq!(staff.get(PATH).await.expect(200), json!({"replies": []}));
    let written = put(&root, &json!({"replies": [hello(), {"name": "Bye", "bodies": {"en": "Bye"}}]}))
        .await
        .expect(200);
    let ids: Vec<&str> = written["replies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reply| reply["id"].as_str().unwrap())
        .collect();
    assert!(ids.iter().all(|id| id.starts_with("rpl_")), "{ids:?}");
    assert_eq!(
        (&written["replies"][0]["name"], &written["replies"][1]["bodies"]),
        (&json!("Hello"), &json!({"en": "Bye"}))
    );
    assert_eq!(staff.get(PATH).await.expect(200), written);
    let mut changed = hello();
    changed["id"] = json!(ids[0]);
    changed["name"] = json!("Greeting");
    let body = json!({"replies": [{"name": "New", "bodies": {"pt": "Novo"}}, changed]});
    let again = put(&root, &body).await.expect(200);
    assert_eq!(again["replies"][1], changed, "its id stays, wherever it stands");
    assert_ne!(again["replies"][0]["id"], json!(ids[1]), "what was left out is gone");
    let audit = desk.items("AUDIT#").await;
    assert_eq!(audit.len(), 2);
    let told = format!("{audit:?}");
    assert!(
        told.contains(ids[0]) && !told.contains("Hola") && !told.contains("Greeting"),
        "{told}"
    );
    let key = [("idempotency-key", "k")];
    let body = json!({"replies": [{"name": "Once", "bodies": {"pt": "x"}}]});
    let once = root.send(Method::PUT, PATH, &key, Some(&body)).await.expect(200);
    assert_eq!(root.send(Method::PUT, PATH, &key, Some(&body)).await.expect(200), once);
    root.send(Method::PUT, PATH, &key, Some(&json!({"replies": []})))
        .await
        .refuses(422, "idempotency_key_reused");
}

#[tokio::test]
async fn every_part_has_its_rule() {
    let desk = Desk::open(accounts::router).await;
    let root = desk.administrator().await;
    put(&root, &json!({})).await.faults(&["replies required"]);
    put(&root, &json!({"replies": vec![hello(); 201]}))
        .await
        .faults(&["replies too_many"]);
    let wrong = json!({"replies": [
        {"name": "x".repeat(81), "bodies": {"es": "", "pt": "x".repeat(8_001), "fr": "x"}}, {"id": "usr_1", "name": "a\nb", "bodies": 5},
    ]});
    put(&root, &wrong).await.faults(&[
        "replies.0.name too_long",
        "replies.0.bodies.es required",
        "replies.0.bodies.pt too_long",
        "replies.0.bodies.fr unknown",
        "replies.1.id invalid",
        "replies.1.name invalid",
        "replies.1.bodies invalid",
    ]);
    let wrong = json!({"replies": [
        {"name": "a", "bodies": {}}, {"name": "b", "bodies": {"es": "{{ticket}} {{name}}", "en": "{{}}"}}, {"id": "rpl_0", "name": "c", "bodies": {"es": "x"}},
    ]});
    put(&root, &wrong).await.faults(&[
        "replies.0.bodies required",
        "replies.1.bodies.es unknown_placeholder",
        "replies.1.bodies.en unknown_placeholder",
        "replies.2.id unknown",
    ]);
    let large: Vec<Value> = (0..60)
        .map(|n| json!({"name": n.to_string(), "bodies": {"es": "x".repeat(6_000)}}))
        .collect();
    put(&root, &json!({"replies": large})).await.faults(&["replies too_long"]);
    let written = put(&root, &json!({"replies": [hello()]})).await.expect(200);
    let one = &written["replies"][0];
    put(&root, &json!({"replies": [one, one]}))
        .await
        .faults(&["replies.1.id duplicate"]);
    assert_eq!(root.get(PATH).await.expect(200), written);
}

#[tokio::test]
async fn a_ticket_fills_them_in_its_requesters_language() {
    let desk = Desk::open(accounts::router).await;
    desk.set(|settings| {
        settings.site_name = "Botica".into();
        settings.default_locale = Locale::Pt;
    })
    .await;
    let root = desk.administrator().await;
    let ana = desk.person("ana@example.org", Role::User).await;
    let spanish = |user: &mut chamada_domain::User| {
        user.locale = Locale::Es;
        Ok(())
    };
    desk.app.store.change_user(&ana.id, None, spanish).await.unwrap();
    let (sofia, staff) = desk.enter("sofia@example.org", Role::Specialist).await;
    let only = json!({"name": "Only", "bodies": {"en": "{{specialist}}", "pt": "{{site}}"}});
    let written = put(&root, &json!({"replies": [hello(), only]})).await.expect(200);
    let number = desk.ticket(&ana).await.number;
    let path = format!("{PATH}?ticket={number}");
    staff.get(&path).await.refuses(404, "not_found");
    staff.get(&format!("{PATH}?ticket=999")).await.refuses(404, "not_found");
    staff
        .get(&format!("{PATH}?ticket=x&y=1"))
        .await
        .faults(&["ticket invalid", "y unknown"]);
    let by_root = root.get(&path).await.expect(200);
    assert_eq!(
        by_root["replies"][0]["body"],
        format!("Hola Person ana@example.org, Person root@example.org atiende CH-{number}.")
    );
    desk.assign(number, &sofia).await;
    let filled = staff.get(&path).await.expect(200);
    let expected = json!({"replies": [
        {"id": written["replies"][0]["id"], "name": "Hello", "locale": "es",
            "body": format!("Hola Person ana@example.org, Person sofia@example.org atiende CH-{number}."),
            "bodies": {
                "es": format!("Hola Person ana@example.org, Person sofia@example.org atiende CH-{number}."),
                "pt": "Olá Person ana@example.org: The printer is on fire (—)", "en": "Hi from Botica",
            }},
        {"id": written["replies"][1]["id"], "name": "Only", "locale": "pt", "body": "Botica",
            "bodies": {"pt": "Botica", "en": "Person sofia@example.org"}},
    ]});
    assert_eq!(filled, expected);
}

#[tokio::test]
async fn staff_read_and_administrators_write() {
    let desk = Desk::open(accounts::router).await;
    let (_, user) = desk.enter("ana@example.org", Role::User).await;
    let (_, staff) = desk.enter("sp@example.org", Role::Specialist).await;
    for (browser, status, code) in [(&desk.browser(), 401, "sign_in_needed"), (&user, 403, "forbidden")] {
        browser.get(PATH).await.refuses(status, code);
        browser.get(&format!("{PATH}?ticket=x")).await.refuses(status, code);
        put(browser, &json!({})).await.refuses(status, code);
    }
    put(&staff, &json!({})).await.refuses(403, "forbidden");
}

#[tokio::test]
async fn the_last_moment_that_there_is_has_no_local_time_everywhere_and_is_told_all_the_same() {
    let desk = Desk::open(accounts::router).await;
    desk.set(|settings| settings.time_zone = "Europe/Madrid".into()).await;
    let root = desk.administrator().await;
    put(&root, &json!({"replies": [{"name": "Until", "bodies": {"en": "{{due}}"}}]}))
        .await
        .expect(200);
    let ana = desk.person("ana@example.org", Role::User).await;
    let number = desk.ticket(&ana).await.number;
    let due = chamada_domain::amend::Amendment {
        due_at: Some(Some("9999-12-31T23:30:00Z".parse().unwrap())),
        ..chamada_domain::amend::Amendment::default()
    };
    let pen = chamada_domain::draft::Pen {
        at: desk.now(),
        via: chamada_domain::Via::Web,
        author: None,
    };
    let decide = |ticket| {
        Ok(chamada_domain::amend::amend(
            ticket,
            due.clone(),
            &pen,
            &mut chamada_platform::random,
        ))
    };
    desk.app
        .store
        .change_ticket(number, &chamada_store::With::default(), decide)
        .await
        .unwrap();
    let filled = root.get(&format!("{PATH}?ticket={number}")).await.expect(200);
    assert_eq!(filled["replies"][0]["body"], "9999-12-31 23:30");
}
