//! Deleting, restoring and erasing tickets.

use chamada_domain::TicketNumber;
use chamada_tests::desk::{Browser, Reply};
use serde_json::{Value, json};
use time::Duration;

use crate::kit::{Cast, note, numbers, path, say};

async fn restore(browser: &Browser, number: TicketNumber) -> Reply {
    browser.post(&format!("{}/restore", path(number)), &json!({})).await
}

async fn erase(browser: &Browser, number: TicketNumber) -> Reply {
    browser.post(&format!("{}/erase", path(number)), &json!({})).await
}

async fn is_valid(cast: &Cast, number: TicketNumber) -> bool {
    let proof = cast.root.browser.get(&format!("{}/verify", path(number))).await.expect(200);
    proof["valid"] == true
}

async fn listed(browser: &Browser, query: &str) -> Vec<u64> {
    numbers(&browser.get(&format!("/api/tickets{query}")).await.expect(200))
}

#[tokio::test]
async fn a_deleted_ticket_is_gone_from_every_list_and_link_and_comes_back_as_it_was() {
    let cast = Cast::gather().await;
    let kept = cast.desk.ticket(&cast.ana.user).await.number;
    let ticket = cast
        .desk
        .ticket_of(&cast.ana.user, &Default::default(), |new| new.cc = vec![cast.eva.user.as_watcher()])
        .await;
    let number = ticket.number;
    cast.desk.assign(number, &cast.sofia.user).await;
    let guest = cast.desk.guest(vec![cast.desk.held_key(number, &cast.ana.user).await]).await;
    let before = cast.ana.browser.get(&path(number)).await.expect(200);
    let lists = ["", "?status=new", "?assignee=none", "?sort=-priority", "?sort=due_at"];
    cast.root.browser.delete(&path(number)).await.expect(204);
    for (who, browser) in [
        ("requester", &cast.ana.browser),
        ("watcher", &cast.eva.browser),
        ("specialist", &cast.sofia.browser),
        ("guest", &guest),
    ] {
        assert_eq!(browser.get(&path(number)).await.status, 404, "{who}");
        let words = json!({"body": "hola"});
        let written = browser.post(&format!("{}/messages", path(number)), &words).await;
        assert_eq!(written.status, 404, "{who}");
    }
    for list in lists {
        assert!(!listed(&cast.root.browser, list).await.contains(&number.0), "{list}");
        assert!(!listed(&cast.ana.browser, list).await.contains(&number.0), "{list}");
    }
    assert_eq!(listed(&cast.ana.browser, "").await, [kept.0]);
    assert!(listed(&cast.eva.browser, "").await.is_empty());
    assert_eq!(listed(&cast.root.browser, "?deleted=true").await, [number.0]);
    cast.sofia.browser.get("/api/tickets?deleted=true").await.refuses(403, "forbidden");
    let gone = cast.now(number).await;
    assert!(gone["deleted_at"].is_string());
    let can: Vec<&str> = gone["can"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, can)| **can == true)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(can, ["delete"]);
    cast.root
        .browser
        .post(&format!("{}/messages", path(number)), &json!({"body": "x"}))
        .await
        .refuses(409, "deleted");
    let back = restore(&cast.root.browser, number).await.expect(200);
    assert_eq!(back["deleted_at"], Value::Null);
    let after = cast.ana.browser.get(&path(number)).await.expect(200);
    assert_eq!(before, after, "customers read what they read before");
    assert_eq!(listed(&cast.eva.browser, "").await, [number.0]);
    assert_eq!(guest.get(&path(number)).await.status, 200);
    assert!(is_valid(&cast, number).await);
}

#[tokio::test]
async fn administrators_alone_delete_restore_and_erase() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    for browser in [&cast.ana.browser, &cast.sofia.browser] {
        browser.delete(&path(number)).await.refuses(403, "forbidden");
        restore(browser, number).await.refuses(403, "forbidden");
        erase(browser, number).await.refuses(403, "forbidden");
    }
    cast.eva.browser.delete(&path(number)).await.refuses(404, "not_found");
    cast.desk.browser().delete(&path(number)).await.refuses(401, "sign_in_needed");
    assert_eq!(cast.page(number).await["entries"].as_array().unwrap().len(), 2);
    let missing = TicketNumber(999);
    cast.root.browser.delete(&path(missing)).await.refuses(404, "not_found");
}

#[tokio::test]
async fn after_thirty_days_nothing_comes_back() {
    let cast = Cast::gather().await;
    let (one, other) = (cast.assigned().await.number, cast.assigned().await.number);
    for number in [one, other] {
        cast.root.browser.delete(&path(number)).await.expect(204);
        cast.root.browser.delete(&path(number)).await.expect(204);
    }
    cast.desk.advance(Duration::days(30) - Duration::seconds(1));
    let root = cast.desk.signed_in(&cast.root.user).await;
    restore(&root, one).await.expect(200);
    cast.desk.advance(Duration::seconds(1));
    restore(&root, other).await.refuses(409, "erased");
}

#[tokio::test]
async fn an_erased_ticket_keeps_its_proof_and_no_word() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    say(&cast.ana.browser, number, "palabra secreta").await;
    note(&cast.sofia.browser, number, "nota secreta").await;
    let hashes = |page: &Value| -> Vec<String> {
        let entries = page["entries"].as_array().unwrap();
        entries.iter().map(|entry| entry["hash"].as_str().unwrap().to_owned()).collect()
    };
    let before = cast.page(number).await;
    let erased = erase(&cast.root.browser, number).await.expect(200);
    assert_eq!(
        (&erased["title"], &erased["requester"]["name"], &erased["erased"]),
        (&json!(""), &json!(""), &json!(true))
    );
    let after = cast.page(number).await;
    assert_eq!(hashes(&after)[..4], hashes(&before)[..]);
    let stored = cast.desk.stored(number).await;
    for word in ["secreta", "printer", "Smoke", "ana@example.org", "Person"] {
        let told = after.to_string().matches(word).count();
        // Who erased it is told: the administrator's name in the last entry.
        let wanted = usize::from(word == "Person");
        assert_eq!((word, told), (word, wanted));
        assert_eq!((word, stored.matches(word).count()), (word, wanted), "{stored}");
    }
    assert!(is_valid(&cast, number).await);
    restore(&cast.root.browser, number).await.refuses(409, "erased");
    assert_eq!(erase(&cast.root.browser, number).await.expect(200), erased, "once is enough");
    assert!(listed(&cast.root.browser, "?deleted=true").await.is_empty());
}

#[tokio::test]
async fn what_is_written_while_a_ticket_is_erased_is_not_lost_from_its_history() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let writing = async {
        for n in 0..20 {
            let body = json!({"body": format!("mensaje {n}")});
            cast.ana.browser.post(&format!("{}/messages", path(number)), &body).await;
        }
    };
    let (_, erased) = tokio::join!(writing, erase(&cast.root.browser, number));
    erased.expect(200);
    assert!(is_valid(&cast, number).await);
    assert!(!cast.desk.stored(number).await.contains("mensaje"));
}
