use chamada_domain::mailbox::{SweepError, SweepState};
use chamada_domain::timestamp::seconds;
use http::Method;
use serde_json::json;

use crate::kit::{Machine, id_of, mailbox};

#[tokio::test]
async fn a_sweep_under_way_is_joined_and_not_doubled() {
    let machine = Machine::start().await;
    let id = machine.made(&mailbox(110)).await;
    let path = format!("/api/mailboxes/{id}/sweep");
    let (first, joined) = (machine.post(&path).await, machine.ask(Method::POST, &path, None, Some("k1")).await);
    assert_eq!((first.status, joined.status), (202, 202));
    assert_eq!(first.body["sweep_id"], joined.body["sweep_id"]);
    let sweep_id = first.body["sweep_id"].as_str().unwrap();
    let shown = machine.get(&format!("/api/mailboxes/{id}/sweeps/{sweep_id}")).await;
    assert_eq!(
        (shown.status, shown.body["state"].as_str(), shown.body["found"].as_u64()),
        (200, Some("asked"), Some(0))
    );

    let mut sweep = machine.app.store.sweep(&id_of(&id), &sweep_id.parse().unwrap()).await.unwrap();
    sweep.state = SweepState::Failed;
    sweep.ended_at = Some(machine.app.now());
    sweep.counts.found = 3;
    sweep.error = Some(SweepError::of_mail_server("certificate", None));
    machine.app.store.save_sweep(&sweep, machine.app.now()).await.unwrap();
    let shown = machine.get(&format!("/api/mailboxes/{id}/sweeps/{sweep_id}")).await;
    assert_eq!(
        (shown.body["found"].as_u64(), shown.body["error"]["code"].as_str()),
        (Some(3), Some("certificate"))
    );

    let again = machine.ask(Method::POST, &path, None, Some("k1")).await;
    assert_eq!(again.body["sweep_id"], sweep_id, "the same request again starts nothing");
    let later = machine.post(&path).await;
    assert_ne!(later.body["sweep_id"], sweep_id);
}

#[tokio::test]
async fn all_enabled_mailboxes_are_swept_at_once() {
    let machine = Machine::start().await;
    let none = machine.post("/api/sweeps").await;
    assert_eq!((none.status, none.body), (202, json!({"sweep_id": null, "sweeps": []})));
    let (one, two, off) = (
        machine.made(&mailbox(110)).await,
        machine.made(&mailbox(111)).await,
        machine.made(&mailbox(112)).await,
    );
    machine.change(&off, &json!({"enabled": false})).await;
    let refused = machine.post(&format!("/api/mailboxes/{off}/sweep")).await;
    assert_eq!(refused.problem(), (409, "mailbox_disabled"));

    let asked = machine.ask(Method::POST, "/api/sweeps", None, Some("all")).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    let mut mailboxes: Vec<_> = asked.body["sweeps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["mailbox_id"].as_str().unwrap())
        .collect();
    mailboxes.sort_unstable();
    let mut expected = [one.as_str(), two.as_str()];
    expected.sort_unstable();
    assert_eq!(mailboxes, expected);
    assert_eq!(asked.body["sweep_id"], asked.body["sweeps"][0]["sweep_id"]);
    let again = machine.ask(Method::POST, "/api/sweeps", None, Some("all")).await;
    assert_eq!(again.body, asked.body);
    let other = machine
        .ask(Method::POST, &format!("/api/mailboxes/{one}/sweep"), None, Some("all"))
        .await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused"));
}

#[tokio::test]
async fn sweeps_are_listed_newest_first_page_by_page() {
    let machine = Machine::start().await;
    let id = machine.made(&mailbox(110)).await;
    let mut made = Vec::new();
    for _ in 0..5 {
        machine.clock.advance(seconds(300));
        made.push(machine.post(&format!("/api/mailboxes/{id}/sweep")).await.body["sweep_id"].clone());
    }
    made.reverse();
    let mut listed = Vec::new();
    let mut path = format!("/api/mailboxes/{id}/sweeps?limit=2");
    loop {
        let page = machine.get(&path).await;
        listed.extend(page.body["items"].as_array().unwrap().iter().map(|sweep| sweep["id"].clone()));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        path = format!("/api/mailboxes/{id}/sweeps?limit=2&cursor={cursor}");
    }
    assert_eq!(listed, made);
    let first = machine.get(&format!("/api/mailboxes/{id}/sweeps?limit=2")).await;
    let other = machine.made(&mailbox(111)).await;
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let foreign = machine.get(&format!("/api/mailboxes/{other}/sweeps?limit=2&cursor={cursor}")).await;
    assert_eq!(foreign.problem(), (400, "bad_cursor"));
    assert_eq!(machine.get("/api/mailboxes/mbx_1/sweeps").await.problem(), (404, "not_found"));
    assert_eq!(
        machine.get(&format!("/api/mailboxes/{id}/sweeps/swp_1")).await.problem(),
        (404, "not_found")
    );
}
