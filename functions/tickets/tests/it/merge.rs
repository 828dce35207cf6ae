//! Merging tickets, and tying them together.

use chamada_domain::TicketNumber;
use chamada_tests::desk::{Browser, Reply};
use http::Method;
use serde_json::{Value, json};

use crate::kit::{Cast, numbers, path, say, types};

async fn merge(browser: &Browser, number: TicketNumber, into: u64) -> Reply {
    browser.post(&format!("{}/merge", path(number)), &json!({"into": into})).await
}

async fn link(browser: &Browser, number: TicketNumber, other: TicketNumber) -> Reply {
    browser
        .send(Method::PUT, &format!("{}/links/{other}", path(number)), &[], None)
        .await
}

#[tokio::test]
async fn a_merged_ticket_points_to_the_other_and_its_keys_open_that_one() {
    let cast = Cast::gather().await;
    let (source, target) = (
        cast.desk.ticket(&cast.ana.user).await.number,
        cast.desk.ticket(&cast.eva.user).await.number,
    );
    let guest = cast.desk.guest(vec![cast.desk.held_key(source, &cast.ana.user).await]).await;
    assert_eq!(guest.get(&path(target)).await.status, 404);
    let merged = merge(&cast.root.browser, source, target.0).await.expect(200);
    assert_eq!((&merged["merged_into"], &merged["status"]), (&json!(target.0), &json!("cancelled")));
    assert_eq!(types(&cast.page(source).await["entries"]), ["opened", "merged", "status"]);
    let page = cast.page(target).await;
    assert_eq!(types(&page["entries"]), ["opened", "merged", "cc"]);
    assert_eq!(page["entries"][1]["data"], json!({"from": source.0}));
    assert_eq!(page["ticket"]["cc"], json!(["ana@example.org"]));
    // The key of the one opens the other, in the part that its person has there.
    let opened = guest.get(&path(target)).await.expect(200);
    assert_eq!(types(&opened["entries"]), ["opened", "hidden", "cc"]);
    let said = say(&guest, target, "Sigue igual").await;
    assert_eq!(said["author"]["id"], cast.ana.user.id.as_str());
    assert_eq!(guest.get(&path(source)).await.expect(200)["ticket"]["merged_into"], target.0);
    let stranger = cast
        .desk
        .guest(vec![
            cast.desk
                .held_key(cast.desk.ticket(&cast.ana.user).await.number, &cast.ana.user)
                .await,
        ])
        .await;
    assert_eq!(stranger.get(&path(target)).await.status, 404, "another key of hers does not");
    assert_eq!(
        numbers(&cast.ana.browser.get("/api/tickets").await.expect(200))
            .iter()
            .filter(|n| **n == target.0)
            .count(),
        1
    );
}

#[tokio::test]
async fn keys_are_followed_through_several_merges() {
    let cast = Cast::gather().await;
    let mut chain = Vec::new();
    for _ in 0..4 {
        chain.push(cast.desk.ticket(&cast.ana.user).await.number);
    }
    let guest = cast.desk.guest(vec![cast.desk.held_key(chain[0], &cast.ana.user).await]).await;
    for pair in chain.windows(2) {
        merge(&cast.root.browser, pair[0], pair[1].0).await.expect(200);
    }
    assert_eq!(guest.get(&path(chain[3])).await.status, 200);
    let revoked = format!("{}/keys", path(chain[0]));
    cast.root.browser.delete(&revoked).await.expect(204);
    assert_eq!(guest.get(&path(chain[3])).await.status, 404, "a revoked key opens nothing");
}

#[tokio::test]
async fn eight_merges_in_a_row_are_followed_and_a_ninth_is_refused() {
    let cast = Cast::gather().await;
    let mut chain = Vec::new();
    for _ in 0..10 {
        chain.push(cast.desk.ticket(&cast.ana.user).await.number);
    }
    let guest = cast.desk.guest(vec![cast.desk.held_key(chain[0], &cast.ana.user).await]).await;
    for pair in chain[..9].windows(2) {
        merge(&cast.root.browser, pair[0], pair[1].0).await.expect(200);
    }
    assert_eq!(guest.get(&path(chain[8])).await.status, 200, "the key of the first opens the last");
    let going_on = cast.desk.app.store.ticket_going_on(chain[0]).await.unwrap();
    assert_eq!(going_on.number, chain[8], "an answer to a mail of the first lands in the last");
    merge(&cast.root.browser, chain[8], chain[9].0)
        .await
        .refuses(409, "too_many_merges");
    assert_eq!(types(&cast.page(chain[9]).await["entries"]), ["opened"]);
    // The last one takes others in: none of them is further than one merge away.
    merge(&cast.root.browser, chain[9], chain[8].0).await.expect(200);
}

#[tokio::test]
async fn who_sees_a_ticket_anyway_has_no_keys_followed() {
    let cast = Cast::gather().await;
    let target = cast.assigned().await.number;
    let held = cast
        .desk
        .held_key(cast.desk.ticket(&cast.ana.user).await.number, &cast.ana.user)
        .await;
    let recorder = chamada_tests::capacity::Recorder::start(&cast.desk.services.server_file().dynamodb);
    let platform = cast.desk.platform_by(|endpoints| endpoints.dynamodb = Some(recorder.url()));
    let with_key = cast.desk.signed_in_with(&cast.ana.user, vec![held.clone()]).await;
    let browser = cast.desk.browser_of(tickets::router, &platform);
    browser.set_cookie(with_key.cookie());
    browser.get(&path(target)).await.expect(200);
    drop(recorder.take());
    browser.get(&path(target)).await.expect(200);
    let batches = |usage: &chamada_tests::capacity::Usage| {
        let batch = |request: &&chamada_tests::capacity::Request| request.operation == "BatchGetItem";
        usage.requests.iter().filter(batch).count()
    };
    assert_eq!(batches(&recorder.take()), 1, "who asks, and nothing more");
    let stranger = cast.desk.signed_in_with(&cast.eva.user, vec![held]).await;
    browser.set_cookie(stranger.cookie());
    browser.get(&path(target)).await.refuses(404, "not_found");
    assert_eq!(batches(&recorder.take()), 2, "who asks, and where the key leads");
}

#[tokio::test]
async fn nothing_more_is_written_into_a_merged_ticket() {
    let cast = Cast::gather().await;
    let (source, target) = (cast.assigned().await.number, cast.assigned().await.number);
    merge(&cast.root.browser, source, target.0).await.expect(200);
    let words = json!({"body": "hola"});
    for browser in [&cast.ana.browser, &cast.sofia.browser, &cast.root.browser] {
        browser
            .post(&format!("{}/messages", path(source)), &words)
            .await
            .refuses(409, "merged");
    }
    cast.root
        .browser
        .send(
            Method::PATCH,
            &path(source),
            &[("if-match", "\"9\"")],
            Some(&json!({"priority": "high"})),
        )
        .await
        .refuses(409, "merged");
    assert_eq!(cast.page(source).await["entries"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn what_cannot_be_merged_is_refused_and_nothing_is_written() {
    let cast = Cast::gather().await;
    let (one, other, third) = (
        cast.assigned().await.number,
        cast.assigned().await.number,
        cast.assigned().await.number,
    );
    merge(&cast.root.browser, one, one.0).await.faults(&["into same_ticket"]);
    merge(&cast.root.browser, one, 999).await.faults(&["into unknown"]);
    let held = cast.desk.held(&cast.eva.user).await.number;
    merge(&cast.root.browser, one, held.0).await.faults(&["into unknown"]);
    merge(&cast.root.browser, held, one.0).await.refuses(404, "not_found");
    merge(&cast.root.browser, TicketNumber(999), one.0).await.refuses(404, "not_found");
    merge(&cast.sofia.browser, one, 999).await.refuses(403, "forbidden");
    merge(&cast.eva.browser, one, 999).await.refuses(404, "not_found");
    cast.root
        .browser
        .post(&format!("{}/merge", path(one)), &json!({"into": "x"}))
        .await
        .faults(&["into invalid"]);
    cast.root
        .browser
        .post(&format!("{}/merge", path(one)), &json!({}))
        .await
        .faults(&["into required"]);
    merge(&cast.sofia.browser, one, other.0).await.refuses(403, "forbidden");
    merge(&cast.eva.browser, one, other.0).await.refuses(404, "not_found");
    merge(&cast.root.browser, one, other.0).await.expect(200);
    merge(&cast.root.browser, one, third.0).await.refuses(409, "merged");
    merge(&cast.root.browser, third, one.0).await.refuses(409, "merged");
    cast.root.browser.delete(&path(other)).await.expect(204);
    merge(&cast.root.browser, third, other.0).await.refuses(409, "deleted");
    assert_eq!(types(&cast.page(third).await["entries"]), ["opened", "assigned"]);
}

#[tokio::test]
async fn of_two_merges_into_each_other_one_is_done() {
    let cast = Cast::gather().await;
    let (one, other) = (cast.assigned().await.number, cast.assigned().await.number);
    let (there, back) = tokio::join!(merge(&cast.root.browser, one, other.0), merge(&cast.root.browser, other, one.0));
    let mut outcomes = [there.problem(), back.problem()];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [(200, ""), (409, "merged")]);
    let pointing = [cast.now(one).await, cast.now(other).await];
    assert_eq!(pointing.iter().filter(|ticket| ticket["merged_into"] != Value::Null).count(), 1);
}

#[tokio::test]
async fn a_repeated_merge_answers_the_same() {
    let cast = Cast::gather().await;
    let (one, other) = (cast.assigned().await.number, cast.assigned().await.number);
    let (at, body) = (format!("{}/merge", path(one)), json!({"into": other.0}));
    let first = cast.root.browser.post_once(&at, "merge-1", &body).await.expect(200);
    assert_eq!(cast.root.browser.post_once(&at, "merge-1", &body).await.expect(200), first);
    assert_eq!(types(&cast.page(other).await["entries"]), ["opened", "assigned", "merged"]);
}

#[tokio::test]
async fn tickets_that_have_to_do_with_each_other_are_tied_for_staff_alone() {
    let cast = Cast::gather().await;
    let (one, other) = (cast.assigned().await.number, cast.assigned().await.number);
    let seen = cast.ana.browser.get(&path(one)).await;
    let etag = seen.header("etag").to_owned();
    let tied = link(&cast.sofia.browser, one, other).await.expect(200);
    assert_eq!(tied["links"], json!([other.0]));
    assert_eq!(cast.now(other).await["links"], json!([one.0]));
    assert_eq!(
        cast.ana.browser.get_again(&path(one), &etag).await.status,
        304,
        "a customer reads nothing of it"
    );
    link(&cast.sofia.browser, other, one).await.expect(200);
    assert_eq!(types(&cast.page(one).await["entries"]), ["opened", "assigned", "linked"]);
    cast.sofia.browser.delete(&format!("{}/links/{other}", path(one))).await.expect(204);
    assert_eq!(cast.now(other).await["links"], Value::Null);
    link(&cast.sofia.browser, one, one).await.faults(&["number same_ticket"]);
    link(&cast.ana.browser, one, other).await.refuses(403, "forbidden");
    let foreign = cast.desk.ticket(&cast.eva.user).await.number;
    link(&cast.sofia.browser, one, foreign).await.refuses(404, "not_found");
    assert_eq!(cast.now(foreign).await["links"], Value::Null);
}

#[tokio::test]
async fn of_several_keys_that_lead_to_a_ticket_the_one_that_still_gives_a_right_writes() {
    let cast = Cast::gather().await;
    let nora = cast.desk.person("nora@example.org", chamada_domain::Role::User).await;
    let target = cast.desk.ticket(&nora).await.number;
    let mut keys = Vec::new();
    for person in [&cast.ana.user, &cast.eva.user] {
        let source = cast.desk.ticket(person).await.number;
        keys.push(cast.desk.held_key(source, person).await);
        merge(&cast.root.browser, source, target.0).await.expect(200);
    }
    let now = cast.now(target).await;
    assert_eq!(now["cc"], json!(["ana@example.org", "eva@example.org"]));
    let version = now["version"].as_u64().unwrap();
    crate::kit::change(&cast.root.browser, target, version, &json!({"cc": ["eva@example.org"]}))
        .await
        .expect(200);
    let said = say(&cast.desk.guest(keys).await, target, "Sigue igual").await;
    assert_eq!(said["author"]["id"], json!(cast.eva.user.id));
}
