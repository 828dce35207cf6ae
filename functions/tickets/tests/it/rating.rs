//! `PUT /api/tickets/{n}/rating`.

use chamada_domain::TicketNumber;
use chamada_tests::desk::{Browser, Reply};
use http::Method;
use serde_json::{Value, json};

use crate::kit::{Cast, change, path, say, types};

async fn rate(browser: &Browser, number: TicketNumber, body: &Value) -> Reply {
    browser
        .send(Method::PUT, &format!("{}/rating", path(number)), &[], Some(body))
        .await
}

async fn resolve(cast: &Cast, number: TicketNumber) {
    let body = json!({"body": "Hecho.", "resolve": true});
    cast.sofia
        .browser
        .post(&format!("{}/messages", path(number)), &body)
        .await
        .expect(201);
}

#[tokio::test]
async fn the_requester_rates_what_is_resolved_and_changes_it_until_it_is_reopened() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    rate(&cast.ana.browser, number, &json!({"stars": 5}))
        .await
        .refuses(409, "not_resolved");
    resolve(&cast, number).await;
    let first = rate(&cast.ana.browser, number, &json!({"stars": 2, "comment": " Lento \n"}))
        .await
        .expect(200);
    assert_eq!(
        (&first["rating"]["stars"], &first["rating"]["comment"]),
        (&json!(2), &json!("Lento"))
    );
    assert!(first["rating"]["at"].is_string());
    let second = rate(&cast.ana.browser, number, &json!({"stars": 5})).await.expect(200);
    assert_eq!(
        (&second["rating"]["stars"], &second["rating"]["comment"]),
        (&json!(5), &Value::Null)
    );
    assert_eq!(types(&cast.page(number).await["entries"])[4..], ["rated", "rated"]);
    let rated = &cast.page(number).await["entries"][5]["data"];
    assert_eq!(*rated, json!({"stars": 5, "specialist": cast.sofia.user.id}));
    say(&cast.ana.browser, number, "No, sigue igual.").await;
    assert_eq!(cast.now(number).await["rating"], Value::Null);
    rate(&cast.ana.browser, number, &json!({"stars": 1}))
        .await
        .refuses(409, "not_resolved");
}

#[tokio::test]
async fn nobody_else_rates() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    resolve(&cast, number).await;
    let five = json!({"stars": 5});
    rate(&cast.sofia.browser, number, &five).await.refuses(403, "forbidden");
    rate(&cast.root.browser, number, &five).await.refuses(403, "forbidden");
    rate(&cast.eva.browser, number, &five).await.refuses(404, "not_found");
    rate(&cast.desk.browser(), number, &five).await.refuses(401, "sign_in_needed");
    assert_eq!(cast.now(number).await["rating"], Value::Null);
    let guest = cast.desk.guest(vec![cast.desk.held_key(number, &cast.ana.user).await]).await;
    let rated = rate(&guest, number, &json!({"stars": 4})).await.expect(200);
    assert_eq!(rated["rating"]["stars"], 4);
    let author = &cast.page(number).await["entries"][4]["author"];
    assert_eq!((&author["id"], &author["role"]), (&json!(cast.ana.user.id), &json!("user")));
}

#[tokio::test]
async fn faulty_ratings_are_named() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    resolve(&cast, number).await;
    for (body, fault) in [
        (json!({}), "stars required"),
        (json!({"stars": 0}), "stars out_of_range"),
        (json!({"stars": 6}), "stars out_of_range"),
        (json!({"stars": 4.5}), "stars invalid"),
        (json!({"stars": 4, "comment": "x".repeat(501)}), "comment too_long"),
        (json!({"stars": 4, "mood": "good"}), "mood unknown"),
    ] {
        rate(&cast.ana.browser, number, &body).await.faults(&[fault]);
    }
    assert_eq!(cast.now(number).await["rating"], Value::Null);
}

#[tokio::test]
async fn a_key_rates_in_its_persons_name_whoever_holds_it() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    resolve(&cast, number).await;
    let key = cast.desk.held_key(number, &cast.ana.user).await;
    let tomas = cast.desk.signed_in_with(&cast.tomas.user, vec![key]).await;
    rate(&tomas, number, &json!({"stars": 5})).await.expect(200);
    let author = &cast.page(number).await["entries"][4]["author"];
    assert_eq!((&author["id"], &author["role"]), (&json!(cast.ana.user.id), &json!("user")));
}

#[tokio::test]
async fn the_requester_who_followed_a_watchers_link_rates_in_their_own_name() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let version = cast.now(number).await["version"].as_u64().unwrap();
    change(&cast.root.browser, number, version, &json!({"cc": ["eva@example.org"]}))
        .await
        .expect(200);
    resolve(&cast, number).await;
    let forwarded = cast.desk.held_key(number, &cast.eva.user).await;
    let ana = cast.desk.signed_in_with(&cast.ana.user, vec![forwarded.clone()]).await;
    rate(&ana, number, &json!({"stars": 1, "comment": "Lento"})).await.expect(200);
    let entries = cast.page(number).await["entries"].take();
    let rated = entries.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&rated["type"], &rated["author"]["id"]),
        (&json!("rated"), &json!(cast.ana.user.id))
    );
    let eva = cast.desk.guest(vec![forwarded]).await;
    rate(&eva, number, &json!({"stars": 5})).await.refuses(403, "forbidden");
}
