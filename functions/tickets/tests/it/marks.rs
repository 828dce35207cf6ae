//! Read marks, and the numbers of the saved views.

use chamada_domain::{Settings, SpecialistsSee, TicketNumber};
use chamada_tests::desk::{Browser, Reply};
use http::Method;
use serde_json::{Value, json};

use crate::kit::{Cast, change, note, path};

async fn mark(browser: &Browser, number: TicketNumber, body: &Value) -> Reply {
    browser.send(Method::PUT, &format!("{}/read", path(number)), &[], Some(body)).await
}

#[tokio::test]
async fn each_person_has_marks_of_their_own_and_what_was_read_stays_read() {
    let cast = Cast::gather().await;
    let (one, other) = (cast.assigned().await.number, cast.assigned().await.number);
    mark(&cast.ana.browser, one, &json!({"seq": 2})).await.expect(204);
    mark(&cast.ana.browser, one, &json!({"seq": 1})).await.expect(204);
    mark(&cast.sofia.browser, other, &json!({"seq": 900})).await.expect(204);
    let reads = format!("/api/tickets/reads?number={other}&number={one}&number={one}");
    let of = async |browser: &Browser| browser.get(&reads).await.expect(200)["items"].take();
    let marks = |first: u64, second: u64| json!([{"number": one, "seq": first}, {"number": other, "seq": second}]);
    assert_eq!(of(&cast.ana.browser).await, marks(2, 0));
    assert_eq!(of(&cast.sofia.browser).await, marks(0, 2), "no further than there is");
    assert_eq!(of(&cast.root.browser).await, marks(0, 0));
}

#[tokio::test]
async fn a_customers_mark_tells_nothing_of_notes() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let shown = cast.ana.browser.get(&path(number)).await.expect(200)["ticket"]["last_seq"].clone();
    for words in ["una", "otra"] {
        note(&cast.sofia.browser, number, words).await;
    }
    mark(&cast.ana.browser, number, &json!({"seq": 9_000_000})).await.expect(204);
    let marks = cast
        .ana
        .browser
        .get(&format!("/api/tickets/reads?number={number}"))
        .await
        .expect(200);
    assert_eq!(marks["items"][0]["seq"], shown);
}

#[tokio::test]
async fn marks_are_of_people_and_of_tickets_that_they_see() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let one = json!({"seq": 1});
    mark(&cast.eva.browser, number, &one).await.refuses(404, "not_found");
    let guest = cast.desk.guest(vec![cast.desk.held_key(number, &cast.ana.user).await]).await;
    mark(&guest, number, &one).await.refuses(401, "sign_in_needed");
    mark(&cast.ana.browser, number, &json!({})).await.faults(&["seq required"]);
    mark(&cast.ana.browser, number, &json!({"seq": -1}))
        .await
        .faults(&["seq out_of_range"]);
    let many: Vec<String> = (1..=101).map(|n| format!("number={n}")).collect();
    let many = format!("/api/tickets/reads?{}", many.join("&"));
    cast.ana.browser.get(&many).await.faults(&["number too_many"]);
}

async fn counts(browser: &Browser) -> [u64; 4] {
    let counts = browser.get("/api/tickets/counts").await.expect(200);
    ["pending", "mine", "unassigned", "overdue"].map(|name| counts[name].as_u64().unwrap())
}

/// Five tickets: Sofia's with a date that will be over, Sofia's resolved one, one that nobody attends to, one of these that is cancelled, Tomás's.
async fn five(cast: &Cast) {
    let dated = cast.assigned().await.number;
    let due = json!({"due_at": "2026-11-22T06:00:00.000Z"});
    let version = cast.now(dated).await["version"].as_u64().unwrap();
    change(&cast.root.browser, dated, version, &due).await.expect(200);
    let resolved = cast.assigned().await.number;
    let done = json!({"body": "Hecho.", "resolve": true});
    cast.sofia
        .browser
        .post(&format!("{}/messages", path(resolved)), &done)
        .await
        .expect(201);
    cast.desk.ticket(&cast.ana.user).await;
    let cancelled = cast.desk.ticket(&cast.ana.user).await.number;
    change(&cast.root.browser, cancelled, 1, &json!({"status": "cancelled"}))
        .await
        .expect(200);
    let other = cast.desk.ticket(&cast.eva.user).await.number;
    cast.desk.assign(other, &cast.tomas.user).await;
}

#[tokio::test]
async fn the_numbers_of_the_views_are_the_callers_own() {
    let cast = Cast::gather().await;
    five(&cast).await;
    assert_eq!(counts(&cast.root.browser).await, [3, 0, 1, 0]);
    cast.desk.advance(time::Duration::hours(1));
    assert_eq!(counts(&cast.root.browser).await, [3, 0, 1, 1]);
    assert_eq!(counts(&cast.sofia.browser).await, [1, 1, 0, 1]);
    assert_eq!(counts(&cast.tomas.browser).await, [1, 1, 0, 0]);
    assert_eq!(counts(&cast.ana.browser).await, [2, 2, 0, 1]);
    assert_eq!(counts(&cast.eva.browser).await, [1, 1, 0, 0]);
    cast.desk.browser().get("/api/tickets/counts").await.refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn specialists_count_what_they_may_take_or_see() {
    let claims = Cast::under(|settings: &mut Settings| settings.specialists_claim = true).await;
    five(&claims).await;
    assert_eq!(counts(&claims.sofia.browser).await, [1, 1, 1, 0]);
    let all = Cast::under(|settings: &mut Settings| settings.specialists_see = SpecialistsSee::All).await;
    five(&all).await;
    assert_eq!(counts(&all.sofia.browser).await, [3, 1, 1, 0]);
}

#[tokio::test]
async fn a_key_stands_for_one_mark() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let ask = async |seq: u64| {
        let (path, key) = (format!("{}/read", path(number)), [("idempotency-key", "k1")]);
        cast.root.browser.send(Method::PUT, &path, &key, Some(&json!({"seq": seq}))).await
    };
    for _ in 0..2 {
        ask(1).await.expect(204);
    }
    ask(2).await.refuses(422, "idempotency_key_reused");
}
