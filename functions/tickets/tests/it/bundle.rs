//! `POST /api/tickets/{n}/bundle`, `GET …/bundles/{id}`, and the transcript as a page.

use chamada_domain::BundleId;
use chamada_store::{Bundle, BundleState};
use http::Method;
use serde_json::json;

use crate::kit::{Cast, note, path, say};

async fn history(cast: &Cast) -> chamada_domain::TicketNumber {
    let number = cast.assigned().await.number;
    say(&cast.ana.browser, number, "palabra primera").await;
    note(&cast.sofia.browser, number, "nota secreta").await;
    say(&cast.sofia.browser, number, "palabra segunda").await;
    number
}

async fn ready(cast: &Cast, number: chamada_domain::TicketNumber, id: &str) {
    let (store, id): (_, BundleId) = (&cast.desk.app.store, id.parse().unwrap());
    let made = store.begin_bundle(number, &id, cast.desk.now()).await.unwrap().unwrap();
    let last_seq = Some(store.ticket(number).await.unwrap().last_seq);
    let ended = Bundle {
        state: BundleState::Ready,
        last_seq,
        ..made
    };
    store.end_bundle(number, &id, &ended, cast.desk.now()).await.unwrap();
}

#[tokio::test]
async fn who_sees_a_ticket_asks_for_its_bundle_and_fetches_it_when_it_is_ready() {
    let cast = Cast::gather().await;
    let number = history(&cast).await;
    for browser in [&cast.ana.browser, &cast.sofia.browser, &cast.root.browser] {
        let asked = browser.post(&format!("{}/bundle", path(number)), &json!({})).await.expect(202);
        let id = asked["bundle_id"].as_str().unwrap();
        assert!(id.starts_with("bun_"), "{asked}");
        let at = format!("{}/bundles/{id}", path(number));
        assert_eq!(browser.get(&at).await.expect(200), json!({"state": "making"}));
        ready(&cast, number, id).await;
        let fetched = browser.get(&at).await.expect(200);
        assert_eq!(fetched["state"], "ready");
        let url = fetched["url"].as_str().unwrap();
        assert!(
            url.contains(&format!("/bundles/{number}/{id}.zip?")) && url.contains("X-Amz-Expires=300"),
            "{url}"
        );
    }
    cast.eva
        .browser
        .post(&format!("{}/bundle", path(number)), &json!({}))
        .await
        .refuses(404, "not_found");
}

#[tokio::test]
async fn what_was_made_for_staff_is_for_staff_alone() {
    let cast = Cast::gather().await;
    let number = history(&cast).await;
    let ask = async |browser: &chamada_tests::desk::Browser| {
        let asked = browser.post(&format!("{}/bundle", path(number)), &json!({})).await.expect(202);
        format!("{}/bundles/{}", path(number), asked["bundle_id"].as_str().unwrap())
    };
    let (staffs, customers) = (ask(&cast.sofia.browser).await, ask(&cast.ana.browser).await);
    cast.ana.browser.get(&staffs).await.refuses(404, "not_found");
    cast.eva.browser.get(&customers).await.refuses(404, "not_found");
    cast.sofia.browser.get(&customers).await.expect(200);
    cast.ana
        .browser
        .get(&format!("{}/bundles/bun_01", path(number)))
        .await
        .refuses(404, "not_found");
}

#[tokio::test]
async fn a_repetition_asks_once_and_an_eleventh_in_an_hour_waits() {
    let cast = Cast::gather().await;
    let number = history(&cast).await;
    let at = format!("{}/bundle", path(number));
    let first = cast.ana.browser.post_once(&at, "una", &json!({})).await.expect(202);
    assert_eq!(cast.ana.browser.post_once(&at, "una", &json!({})).await.expect(202), first);
    for _ in 1..10 {
        cast.ana.browser.post(&at, &json!({})).await.expect(202);
    }
    let refused = cast.ana.browser.post(&at, &json!({})).await;
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    refused.refuses(429, "too_many_requests");
    assert_eq!(
        cast.ana.browser.post_once(&at, "una", &json!({})).await.expect(202),
        first,
        "it was asked before"
    );
    cast.sofia.browser.post(&at, &json!({})).await.expect(202);
}

#[tokio::test]
async fn a_bundle_made_before_an_erasure_is_not_handed_out() {
    let cast = Cast::gather().await;
    let number = history(&cast).await;
    let asked = cast
        .root
        .browser
        .post(&format!("{}/bundle", path(number)), &json!({}))
        .await
        .expect(202);
    let id = asked["bundle_id"].as_str().unwrap();
    ready(&cast, number, id).await;
    let at = format!("{}/bundles/{id}", path(number));
    assert_eq!(cast.root.browser.get(&at).await.expect(200)["state"], "ready");
    cast.root.browser.delete(&path(number)).await;
    let erased = cast.root.browser.post(&format!("{}/erase", path(number)), &json!({})).await;
    assert!(erased.status < 300, "{}", erased.body);
    assert_eq!(cast.root.browser.get(&at).await.expect(200), json!({"state": "failed"}));
}

async fn page(browser: &chamada_tests::desk::Browser, number: chamada_domain::TicketNumber, language: &str) -> (String, String) {
    let reply = browser
        .send(
            Method::GET,
            &format!("{}/transcript?format=html", path(number)),
            &[("accept-language", language)],
            None,
        )
        .await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = reply.header("content-security-policy").to_owned();
    (String::from_utf8(reply.bytes).unwrap(), policy)
}

#[tokio::test]
async fn a_transcript_is_a_page_in_the_caller_s_language_without_scripts() {
    let cast = Cast::gather().await;
    let number = history(&cast).await;
    let (staffs, policy) = page(&cast.sofia.browser, number, "es").await;
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(
        staffs.contains("<html lang=\"en\">") && staffs.contains("nota secreta"),
        "their account's language"
    );
    let (customers, _) = page(&cast.ana.browser, number, "es").await;
    assert!(!customers.contains("nota secreta") && customers.contains("palabra segunda") && customers.contains("is not for you"));
    for entry in cast.page(number).await["entries"].as_array().unwrap() {
        assert!(customers.contains(entry["hash"].as_str().unwrap()));
    }
    let key = cast.desk.held_key(number, &cast.ana.user).await;
    let guest = cast.desk.guest(vec![key]).await;
    for (asked, given) in [("pt-BR,pt;q=0.9", "pt"), ("fr, en;q=0.5", "en"), ("fr", "es")] {
        let (text, _) = page(&guest, number, asked).await;
        assert!(text.contains(&format!("<html lang=\"{given}\">")), "{asked}");
    }
}

#[tokio::test]
async fn a_history_too_long_for_one_answer_is_refused_in_both_forms() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let long = "á".repeat(32_000);
    for _ in 0..80 {
        cast.desk.answer(number, &cast.sofia.user, &long, |_| (), &Default::default()).await;
    }
    for format in ["json", "html"] {
        let at = format!("{}/transcript?format={format}", path(number));
        let refused = cast.ana.browser.get(&at).await.refuses(409, "transcript_too_large");
        assert!(refused["detail"].as_str().unwrap().contains("bundle"), "{refused}");
    }
}
