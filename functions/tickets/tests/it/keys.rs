//! `GET` and `DELETE /api/tickets/{n}/keys`.

use chamada_domain::TicketNumber;
use chamada_tests::desk::Browser;
use http::Method;
use serde_json::Value;
use time::Duration;

use crate::kit::{Cast, change, path};

async fn keys(browser: &Browser, number: TicketNumber) -> Vec<Value> {
    let list = browser.get(&format!("{}/keys", path(number))).await.expect(200);
    list["items"].as_array().unwrap().clone()
}

/// Ana's ticket, which Eva watches, with a link of each and an expired one.
async fn with_links(cast: &Cast) -> (TicketNumber, Browser, String) {
    let ticket = cast.assigned().await;
    let number = ticket.number;
    let cc = serde_json::json!({"cc": ["eva@example.org"]});
    change(&cast.root.browser, number, ticket.version, &cc).await.expect(200);
    cast.desk.key(number, &cast.ana.user, Duration::seconds(1)).await;
    cast.desk.advance(Duration::seconds(1));
    let held = cast.desk.held_key(number, &cast.ana.user).await;
    let secret = held.hash.clone();
    let guest = cast.desk.guest(vec![held]).await;
    cast.desk.key(number, &cast.eva.user, Duration::days(30)).await;
    (number, guest, secret)
}

#[tokio::test]
async fn administrators_see_all_and_people_their_own() {
    let cast = Cast::gather().await;
    let (number, guest, hash) = with_links(&cast).await;
    let all = keys(&cast.root.browser, number).await;
    assert_eq!(all.len(), 3);
    let own = keys(&cast.ana.browser, number).await;
    assert_eq!(own.len(), 2);
    assert!(own.iter().all(|key| key["person"]["id"] == cast.ana.user.id.as_str()));
    assert!(
        !serde_json::to_string(&all).unwrap().contains(&hash),
        "what is stored of a key stays there"
    );
    assert_eq!(keys(&cast.eva.browser, number).await.len(), 1);
    let path = format!("{}/keys", path(number));
    guest.get(&path).await.refuses(401, "sign_in_needed");
    cast.tomas.browser.get(&path).await.refuses(404, "not_found");
    cast.desk.browser().get(&path).await.refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn a_revoked_link_opens_nothing_any_more() {
    let cast = Cast::gather().await;
    let (number, guest, _) = with_links(&cast).await;
    let base = format!("{}/keys", path(number));
    let of_eva = keys(&cast.eva.browser, number).await[0]["id"].as_str().unwrap().to_owned();
    cast.ana.browser.delete(&format!("{base}/{of_eva}")).await.refuses(404, "not_found");
    cast.root.browser.delete(&format!("{base}/none")).await.refuses(404, "not_found");
    assert_eq!(guest.get(&path(number)).await.status, 200);
    assert_eq!(cast.ana.browser.delete(&base).await.status, 204);
    guest.get(&path(number)).await.refuses(404, "not_found");
    assert!(keys(&cast.ana.browser, number).await.is_empty());
    assert_eq!(keys(&cast.root.browser, number).await.len(), 1, "another's link stays");
    assert_eq!(cast.root.browser.delete(&format!("{base}/{of_eva}")).await.status, 204);
    assert!(keys(&cast.root.browser, number).await.is_empty());
}

#[tokio::test]
async fn links_of_tickets_that_were_merged_into_it_are_listed_and_revoked_too() {
    let cast = Cast::gather().await;
    let mut chain = Vec::new();
    let mut guests = Vec::new();
    for _ in 0..3 {
        let number = cast.desk.ticket(&cast.ana.user).await.number;
        guests.push(cast.desk.guest(vec![cast.desk.held_key(number, &cast.ana.user).await]).await);
        chain.push(number);
    }
    let target = cast.desk.ticket(&cast.eva.user).await.number;
    let of_eva = cast.desk.guest(vec![cast.desk.held_key(target, &cast.eva.user).await]).await;
    // Two that were merged one into the other, and one by itself.
    for (from, into) in [(chain[0], chain[1]), (chain[1], target), (chain[2], target)] {
        let body = serde_json::json!({"into": into.0});
        cast.root.browser.post(&format!("{}/merge", path(from)), &body).await.expect(200);
    }
    for guest in guests.iter().chain([&of_eva]) {
        guest.get(&path(target)).await.expect(200);
    }
    assert_eq!(keys(&cast.root.browser, target).await.len(), 4);
    let own = keys(&cast.ana.browser, target).await;
    assert_eq!(own.len(), 3, "her own, whichever ticket they are of");
    let one = format!("{}/keys/{}", path(target), own[0]["id"].as_str().unwrap());
    cast.ana.browser.delete(&one).await.expect(204);
    let mut opened = 0;
    for guest in &guests {
        opened += usize::from(guest.get(&path(target)).await.status == 200);
    }
    assert_eq!(opened, 2);
    cast.ana.browser.delete(&format!("{}/keys", path(target))).await.expect(204);
    for guest in &guests {
        guest.get(&path(target)).await.refuses(404, "not_found");
    }
    of_eva.get(&path(target)).await.expect(200);
    assert_eq!(keys(&cast.root.browser, target).await.len(), 1);
}

#[tokio::test]
async fn a_repeated_revocation_is_done_already_and_its_key_is_of_no_other_use() {
    let cast = Cast::gather().await;
    let (number, ..) = with_links(&cast).await;
    let base = format!("{}/keys", path(number));
    let of_eva = keys(&cast.eva.browser, number).await[0]["id"].as_str().unwrap().to_owned();
    let (one, key) = (format!("{base}/{of_eva}"), [("idempotency-key", "revoke-1")]);
    for _ in 0..2 {
        assert_eq!(cast.root.browser.send(Method::DELETE, &one, &key, None).await.status, 204);
    }
    cast.root.browser.delete(&one).await.refuses(404, "not_found");
    let other = cast.root.browser.send(Method::DELETE, &base, &key, None).await;
    other.refuses(422, "idempotency_key_reused");
    assert_eq!(keys(&cast.root.browser, number).await.len(), 2);
}
