//! What the audit says of mailboxes.

use http::Method;
use serde_json::{Value, json};

use crate::kit::{Machine, mailbox};

/// The records in the table, oldest first.
async fn records(machine: &Machine) -> Vec<Value> {
    let mut items = machine.items("AUDIT#").await;
    items.sort_by(|one, other| one["sk"].cmp(&other["sk"]));
    items.iter().map(|item| serde_json::from_str(&item["record"]).unwrap()).collect()
}

#[tokio::test]
async fn mailboxes_are_told_without_their_secrets() {
    let machine = Machine::start().await;
    let made = machine
        .ask(Method::POST, "/api/mailboxes", Some(&mailbox(1_110)), Some("a"))
        .await
        .expect(201);
    machine
        .ask(Method::POST, "/api/mailboxes", Some(&mailbox(1_110)), Some("a"))
        .await
        .expect(201);
    let path = format!("/api/mailboxes/{}", made["id"].as_str().unwrap());
    let change = json!({"name": "Ayuda", "port": 1_111, "auth": {"type": "password", "username": "eva", "password": "other secret"}});
    machine.ask(Method::PATCH, &path, Some(&change), None).await.expect(200);
    let secret = json!({"auth": {"type": "password", "username": "eva", "password": "third secret"}});
    machine.ask(Method::PATCH, &path, Some(&secret), None).await.expect(200);
    machine
        .ask(Method::PATCH, &path, Some(&json!({"name": "Ayuda"})), None)
        .await
        .expect(200);
    machine.ask(Method::PATCH, &path, Some(&json!({"port": 0})), None).await.expect(422);
    machine.ask(Method::DELETE, &path, None, None).await.expect(204);
    let told = records(&machine).await;
    let actions: Vec<_> = told.iter().map(|record| record["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["mailbox_made", "mailbox_changed", "mailbox_changed", "mailbox_deleted"]);
    for record in &told {
        assert_eq!(record["target"], json!({"kind": "mailbox", "id": made["id"]}));
        assert!(record["by"].as_str().unwrap().starts_with("usr_"));
    }
    let expected = json!([
        {"field": "name", "from": "Soporte", "to": "Ayuda"}, {"field": "port", "from": 1_110, "to": 1_111}, {"field": "auth"},
        {"field": "password"},
    ]);
    assert_eq!(told[1]["changes"], expected);
    assert_eq!(told[2]["changes"], json!([{"field": "password"}]));
    let all = json!(told).to_string();
    for word in ["hunter2", "other secret", "third secret", "eva", "soporte@"] {
        assert!(!all.contains(word), "{word} in {all}");
    }
}
