//! `Idempotency-Key` on every write of a ticket.

use chamada_domain::Settings;
use http::Method;
use serde_json::json;
use time::Duration;

use crate::kit::{Cast, good, good_with, numbers, path, types};

const PATH: &str = "/api/tickets";

#[tokio::test]
async fn one_key_opens_one_ticket() {
    let cast = Cast::gather().await;
    let ana = &cast.ana.browser;
    let first = ana.post_once(PATH, "k-1", &good()).await.expect(201);
    let second = ana.post_once(PATH, "k-1", &good()).await;
    assert_eq!(second.header("location"), format!("/api/tickets/{}", first["number"]));
    assert_eq!(second.expect(201), first);
    ana.post_once(PATH, "k-1", &good_with("title", json!("Otra")))
        .await
        .refuses(422, "idempotency_key_reused");
    let eva = cast.eva.browser.post_once(PATH, "k-1", &good()).await.expect(201);
    assert_ne!(eva["number"], first["number"], "keys are each caller's own");
    assert_eq!(numbers(&cast.root.browser.get(PATH).await.expect(200)).len(), 2);
}

#[tokio::test]
async fn eight_at_once_open_one_ticket() {
    let cast = Cast::gather().await;
    let body = good();
    let asked = (0..8).map(|_| cast.ana.browser.post_once(PATH, "k", &body));
    let numbers: std::collections::BTreeSet<_> = futures::future::join_all(asked)
        .await
        .into_iter()
        .map(|reply| reply.expect(201)["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers.len(), 1);
}

#[tokio::test]
async fn a_key_is_remembered_for_a_day_and_a_refusal_never() {
    let cast = Cast::gather().await;
    let ana = &cast.ana.browser;
    ana.post_once(PATH, "k", &good_with("title", json!("")))
        .await
        .faults(&["title required"]);
    let first = ana.post_once(PATH, "k", &good()).await.expect(201);
    cast.desk.advance(Duration::days(1) - Duration::seconds(1));
    assert_eq!(ana.post_once(PATH, "k", &good()).await.expect(201), first);
    cast.desk.advance(Duration::seconds(2));
    let next = ana.post_once(PATH, "k", &good()).await.expect(201);
    assert_ne!(next["number"], first["number"]);
}

#[tokio::test]
async fn a_key_is_of_1_to_128_visible_ascii_characters() {
    let cast = Cast::gather().await;
    let ana = &cast.ana.browser;
    ana.post_once(PATH, &"~".repeat(128), &good()).await.expect(201);
    for bad in ["", "a b", "a\tb", &"x".repeat(129)] {
        let reply = ana.post_once(PATH, bad, &good()).await;
        assert!([400, 422].contains(&reply.status), "{bad:?}: {}", reply.status);
    }
    assert_eq!(numbers(&cast.root.browser.get(PATH).await.expect(200)).len(), 1);
}

#[tokio::test]
async fn a_message_and_a_change_repeated_are_one() {
    let cast = Cast::gather().await;
    let ticket = cast.assigned().await;
    let messages = format!("{}/messages", path(ticket.number));
    let words = json!({"body": "Hola", "visibility": "public"});
    let first = cast.ana.browser.post_once(&messages, "m", &words).await.expect(201);
    let again = cast.ana.browser.post_once(&messages, "m", &words).await.expect(201);
    assert_eq!(first, again);
    let other = json!({"body": "Chau", "visibility": "public"});
    cast.ana
        .browser
        .post_once(&messages, "m", &other)
        .await
        .refuses(422, "idempotency_key_reused");

    let priority = json!({"priority": "urgent"});
    let version = format!("\"{}\"", ticket.version);
    let keyed = [("idempotency-key", "p"), ("if-match", version.as_str())];
    for _ in 0..2 {
        // The second time the version is stale; what was done answers before it is looked at.
        let changed = cast
            .sofia
            .browser
            .send(Method::PATCH, &path(ticket.number), &keyed, Some(&priority))
            .await;
        assert_eq!(changed.expect(200)["priority"], "urgent");
    }
    let page = cast.page(ticket.number).await;
    assert_eq!(types(&page["entries"]), ["opened", "assigned", "message", "priority"]);
}

#[tokio::test]
async fn a_claim_repeated_is_one() {
    let cast = Cast::under(|settings: &mut Settings| settings.specialists_claim = true).await;
    let ticket = cast.desk.ticket(&cast.ana.user).await;
    let claim = format!("{}/claim", path(ticket.number));
    for _ in 0..2 {
        let claimed = cast.sofia.browser.post_once(&claim, "c", &json!({})).await.expect(200);
        assert_eq!(claimed["assignee"]["id"], cast.sofia.user.id.as_str());
    }
    assert_eq!(types(&cast.page(ticket.number).await["entries"]), ["opened", "assigned"]);
}
