//! Tickets that are held until their requester comes: staff know nothing of them.

use chamada_domain::Settings;
use chamada_domain::SpecialistsSee;
use chamada_domain::amend::{Amendment, amend};
use chamada_domain::draft::Pen;
use chamada_domain::{TicketNumber, Via};
use chamada_platform::random;
use chamada_store::{StoreError, With};
use chamada_tests::desk::Browser;
use futures::future::{join, join_all};
use http::Method;
use serde_json::json;

use crate::kit::{Cast, change, numbers, path, say};

/// Every list that staff read, with which of the caller's tickets are in it.
async fn listed(browser: &Browser, requester: &str) -> Vec<(String, Vec<u64>)> {
    let mut found = Vec::new();
    for query in [
        String::new(),
        "?status=new".into(),
        "?status=pending".into(),
        "?sort=-priority".into(),
        "?sort=due_at".into(),
        "?assignee=none".into(),
        format!("?requester={requester}"),
        format!("?requester={requester}&status=new"),
    ] {
        let page = browser.get(&format!("/api/tickets{query}")).await.expect(200);
        found.push((query, numbers(&page)));
    }
    found
}

/// Its requester has read it.
async fn read(browser: &Browser, number: TicketNumber) {
    let mark = json!({"seq": 1});
    let at = format!("{}/read", path(number));
    browser.send(Method::PUT, &at, &[], Some(&mark)).await.expect(204);
}

fn specialists_see_all(settings: &mut Settings) {
    settings.specialists_see = SpecialistsSee::All;
    settings.specialists_claim = true;
}

#[tokio::test]
async fn staff_see_nothing_of_it_until_its_requester_opens_it() {
    let cast = Cast::under(specialists_see_all).await;
    let number = cast.desk.held(&cast.ana.user).await.number;
    let requester = cast.ana.user.id.as_str();
    for staff in [&cast.root.browser, &cast.sofia.browser] {
        for (query, found) in listed(staff, requester).await {
            assert_eq!(found, [0_u64; 0], "{query}");
        }
        for (method, below, body) in [
            (Method::GET, "", None),
            (Method::GET, "/entries", None),
            (Method::GET, "/verify", None),
            (Method::GET, "/keys", None),
            (Method::POST, "/messages", Some(json!({"body": "x", "visibility": "internal"}))),
            (Method::POST, "/claim", None),
        ] {
            let reply = staff
                .send(method.clone(), &format!("{}{below}", path(number)), &[], body.as_ref())
                .await;
            assert_eq!(reply.problem(), (404, "not_found"), "{method} {below}");
        }
        let changed = change(staff, number, 1, &json!({"priority": "high"})).await;
        changed.refuses(404, "not_found");
    }
    cast.eva.browser.get(&path(number)).await.refuses(404, "not_found");

    let own = cast.ana.browser.get("/api/tickets").await.expect(200);
    assert_eq!(numbers(&own), [number.0]);
    let page = cast.ana.browser.get(&path(number)).await.expect(200);
    assert_eq!(page["ticket"], own["items"][0], "she may do the same as before");
    cast.root.browser.get(&path(number)).await.refuses(404, "not_found");
    read(&cast.ana.browser, number).await;
    for staff in [&cast.root.browser, &cast.sofia.browser] {
        for (query, found) in listed(staff, requester).await {
            assert_eq!(found, [number.0], "{query}");
        }
        staff.get(&path(number)).await.expect(200);
    }
    assert_eq!(numbers(&cast.ana.browser.get("/api/tickets").await.expect(200)), [number.0], "once");
    let verdict = cast.ana.browser.get(&format!("{}/verify", path(number))).await.expect(200);
    assert_eq!(verdict["valid"], true);
}

#[tokio::test]
async fn whoever_has_read_it_or_writes_into_it_has_come_and_no_get_says_so() {
    let cast = Cast::gather().await;
    let (seen, written, changed) = (
        cast.desk.held(&cast.ana.user).await.number,
        cast.desk.held(&cast.ana.user).await.number,
        cast.desk.held(&cast.ana.user).await.number,
    );
    let holder = cast.desk.guest(vec![cast.desk.held_key(seen, &cast.ana.user).await]).await;
    for browser in [&holder, &cast.ana.browser] {
        browser.get(&path(seen)).await.expect(200);
        browser.send(Method::HEAD, &path(seen), &[], None).await;
        cast.root.browser.get(&path(seen)).await.refuses(404, "not_found");
    }
    read(&cast.ana.browser, seen).await;
    say(&cast.ana.browser, written, "Soy yo").await;
    change(&cast.ana.browser, changed, 1, &json!({"cc": ["eva@example.org"]}))
        .await
        .expect(200);
    let mut found = numbers(&cast.root.browser.get("/api/tickets").await.expect(200));
    found.sort_unstable();
    assert_eq!(found, [seen.0, written.0, changed.0]);
}

#[tokio::test]
async fn an_administrator_s_own_held_ticket_is_theirs_alone_and_then_everybody_s() {
    let cast = Cast::gather().await;
    let number = cast.desk.held(&cast.root.user).await.number;
    let own = cast.root.browser.get("/api/tickets?requester=me").await.expect(200);
    assert_eq!((numbers(&own), &own["items"][0]["can"]["assign"]), (vec![number.0], &json!(false)));
    read(&cast.root.browser, number).await;
    let page = cast.root.browser.get(&path(number)).await.expect(200);
    assert_eq!(page["ticket"]["can"]["assign"], true);
}

#[tokio::test]
async fn releasing_loses_no_message_and_nothing_holds_it_again() {
    let cast = Cast::gather().await;
    let number = cast.desk.held(&cast.ana.user).await.number;
    let store = &cast.desk.app.store;
    let stale = store.ticket(number).await.unwrap();
    let words: Vec<String> = (0..8).map(|n| format!("palabra-{n}")).collect();
    let writing = join_all(words.iter().map(|word| say(&cast.ana.browser, number, word)));
    let releasing = join_all((0..4).map(|_| store.release_ticket(number)));
    let (_, released) = join(writing, releasing).await;
    released.into_iter().for_each(Result::unwrap);
    let page = cast.page(number).await;
    for word in &words {
        let said = page["entries"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["body"] == word.as_str());
        assert_eq!(said.count(), 1, "{word}");
    }
    assert_eq!(page["ticket"]["last_seq"], 9);
    assert!(stale.held, "it was, when it was read");
    stays_released(&cast).await;
}

/// A write that read the ticket while it was held, and comes after its release, is refused and has to read again.
async fn stays_released(cast: &Cast) {
    let store = &cast.desk.app.store;
    let number: TicketNumber = cast.desk.held(&cast.eva.user).await.number;
    let pen = Pen {
        at: cast.desk.now(),
        via: Via::System,
        author: None,
    };
    let urgent = || Amendment {
        priority: Some(chamada_domain::Priority::Urgent),
        ..Amendment::default()
    };
    let draft = amend(store.ticket(number).await.unwrap(), urgent(), &pen, &mut random);
    assert!(draft.ticket.held);
    store.release_ticket(number).await.unwrap();
    let late = store.open_ticket(&draft, &With::default()).await;
    assert!(matches!(late, Err(StoreError::Raced)), "{late:?}");
    let decide = |ticket| Ok(amend(ticket, urgent(), &pen, &mut random));
    store.change_ticket(number, &With::default(), decide).await.unwrap();
    let now = store.ticket(number).await.unwrap();
    assert_eq!((now.held, now.last_seq), (false, 2));
}
