//! `POST /api/tickets/bulk`.

use serde_json::{Value, json};

use crate::kit::{Cast, types};

const BULK: &str = "/api/tickets/bulk";

#[tokio::test]
async fn one_that_fails_stops_no_other() {
    let cast = Cast::gather().await;
    let (one, two, gone) = (
        cast.assigned().await.number,
        cast.assigned().await.number,
        cast.assigned().await.number,
    );
    cast.root.browser.delete(&format!("/api/tickets/{gone}")).await.expect(204);
    let body =
        json!({"numbers": [two, 999, one, gone, two], "set": {"assignee_id": cast.tomas.user.id, "status": "on_hold", "priority": "high"}});
    let answer = cast.root.browser.post(BULK, &body).await.expect(200);
    let rows: Vec<(u64, bool, &str)> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let code = row["problem"]["code"].as_str().unwrap_or_default();
            (row["number"].as_u64().unwrap(), row["ok"].as_bool().unwrap(), code)
        })
        .collect();
    assert_eq!(
        rows,
        [
            (two.0, true, ""),
            (999, false, "not_found"),
            (one.0, true, ""),
            (gone.0, false, "deleted")
        ]
    );
    for number in [one, two] {
        let ticket = cast.now(number).await;
        assert_eq!((&ticket["status"], &ticket["priority"]), (&json!("on_hold"), &json!("high")));
        assert_eq!(ticket["assignee"]["id"], cast.tomas.user.id.as_str());
        assert_eq!(
            types(&cast.page(number).await["entries"]),
            ["opened", "assigned", "priority", "assigned", "status"]
        );
    }
}

#[tokio::test]
async fn it_is_for_administrators() {
    let cast = Cast::gather().await;
    let body = json!({"numbers": [1], "set": {"status": "cancelled"}});
    cast.sofia.browser.post(BULK, &body).await.refuses(403, "forbidden");
    cast.ana.browser.post(BULK, &body).await.refuses(403, "forbidden");
    cast.desk.browser().post(BULK, &body).await.refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn a_repeated_request_changes_each_ticket_once() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let body = json!({"numbers": [number], "set": {"assignee_id": null}});
    let first = cast.root.browser.post_once(BULK, "bulk-1", &body).await.expect(200);
    cast.desk.assign(number, &cast.sofia.user).await;
    assert_eq!(cast.root.browser.post_once(BULK, "bulk-1", &body).await.expect(200), first);
    assert_eq!(
        cast.now(number).await["assignee"]["id"],
        cast.sofia.user.id.as_str(),
        "it was not taken away again"
    );
}

#[tokio::test]
async fn a_key_that_comes_with_other_tickets_changes_none() {
    let cast = Cast::gather().await;
    let (one, other) = (cast.assigned().await.number, cast.assigned().await.number);
    let high = |number| json!({"numbers": [number], "set": {"priority": "high"}});
    cast.root.browser.post_once(BULK, "bulk-2", &high(one)).await.expect(200);
    let reused = cast.root.browser.post_once(BULK, "bulk-2", &high(other)).await;
    reused.refuses(422, "idempotency_key_reused");
    assert_eq!(cast.now(other).await["priority"], "normal");
}

#[tokio::test]
async fn faulty_fields_are_named() {
    let cast = Cast::gather().await;
    let many: Vec<u64> = (1..=101).collect();
    let set = || json!({"status": "new"});
    for (body, fault) in [
        (json!({"set": set()}), "numbers required"),
        (json!({"numbers": [], "set": set()}), "numbers too_few"),
        (json!({"numbers": many, "set": set()}), "numbers too_many"),
        (json!({"numbers": [0], "set": set()}), "numbers.0 invalid"),
        (json!({"numbers": [1]}), "set required"),
        (json!({"numbers": [1], "set": {}}), "set required"),
        (json!({"numbers": [1], "set": {"status": "gone"}}), "set.status invalid"),
        (json!({"numbers": [1], "set": {"title": "x"}}), "set.title unknown"),
        (json!({"numbers": [1], "set": {"assignee_id": "usr_1"}}), "set.assignee_id unknown"),
        (
            json!({"numbers": [1], "set": {"assignee_id": cast.ana.user.id}}),
            "set.assignee_id unknown",
        ),
        (json!({"numbers": [1], "set": {"priority": Value::Null}}), "set.priority invalid"),
    ] {
        let reply = cast.root.browser.post(BULK, &body).await;
        assert!(reply.faulty().contains(&fault.to_owned()), "{body}: {:?}", reply.faulty());
    }
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let to = |person: &str| json!({"numbers": [number], "set": {"assignee_id": person}});
    let nobody = to("usr_0123456789abcdef0123");
    cast.root
        .browser
        .post_once(BULK, "k1", &nobody)
        .await
        .faults(&["set.assignee_id unknown"]);
    let tomas = to(cast.tomas.user.id.as_str());
    let done = cast.root.browser.post_once(BULK, "k1", &tomas).await.expect(200);
    assert_eq!(done["results"][0]["ok"], true);
    cast.root
        .browser
        .post_once(BULK, "k1", &nobody)
        .await
        .refuses(422, "idempotency_key_reused");
}
