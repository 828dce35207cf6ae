//! `mailboxes`.

use crate::world::{ACCOUNT, MAILBOX, World, ask, end, request, sample};
use chamada_domain::Role;
use serde_json::json;

#[tokio::test]
async fn mailboxes_are_listed_without_their_secrets() {
    let world = World::open().await;
    world.sign_in("ana", Role::Administrator).await;
    world.mailbox(110).await;
    let function = world.function("mailboxes");
    let list = ask(&function, &sample("mailboxes/list.json")).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let mailbox = &list["items"][0];
    assert_eq!(
        (&mailbox["id"], &mailbox["address"], &mailbox["auth"]["username"]),
        (&json!(MAILBOX), &json!("soporte@example.org"), &json!(ACCOUNT.0))
    );
    assert!(!list.to_string().contains(ACCOUNT.1));
    end(function, 1);
}

#[tokio::test]
async fn a_sweep_is_asked_for_once() {
    let world = World::open().await;
    world.sign_in("ana", Role::Administrator).await;
    world.mailbox(110).await;
    let function = world.function("mailboxes");
    let first = ask(&function, &sample("mailboxes/sweep.json")).await.expect(202);
    let again = ask(&function, &sample("mailboxes/sweep.json")).await.expect(202);
    assert_eq!(first["sweep_id"], again["sweep_id"], "one that is under way is joined");
    let items = world.partition("MB#").await;
    let sweeps: Vec<_> = items
        .iter()
        .filter(|item| item["sk"].as_str().unwrap().starts_with("SWEEP#"))
        .collect();
    assert_eq!(sweeps.len(), 1);
    assert_eq!(sweeps[0]["sk"], format!("SWEEP#{}", first["sweep_id"].as_str().unwrap()));
    assert_eq!(sweeps[0]["state"], "asked", "what the stream's filter looks at");
    end(function, 2);
}

#[tokio::test]
async fn broken_requests_are_refused_by_name_and_strangers_at_all() {
    let world = World::open().await;
    world.sign_in("ana", Role::Administrator).await;
    let function = world.function("mailboxes");
    let list = sample("mailboxes/list.json");
    let with = |body: &str| request(list.clone(), "POST", "/api/mailboxes", Some(body));
    ask(&function, &with("{]")).await.refuses(400, "bad_json");
    let wrong = json!({"name": "", "address": "soporte@example.org", "host": "pop.example.org", "port": 70_000, "security": "none",
        "auth": {"type": "password", "username": ACCOUNT.0, "password": ACCOUNT.1}, "after_import": "leave"});
    let fields = ask(&function, &with(&wrong.to_string())).await.refuses(422, "invalid");
    for field in ["name", "port", "security"] {
        assert!(fields.iter().any(|found| found == field), "{field}: {fields:?}");
    }
    let mut nobody = sample("mailboxes/sweep.json");
    nobody.as_object_mut().unwrap().remove("cookies");
    ask(&function, &nobody).await.refuses(401, "sign_in_needed");
    assert!(world.partition("MB#").await.is_empty());
    ask(&function, &list).await.expect(200);
    end(function, 4);
}
