//! What is announced, and what is not.

use chamada_domain::{LinkId, MailboxId, Role, SweepId, UserId};
use chamada_store::With;
use serde_json::json;

use crate::bus::{Stream, entry, partition, record};

#[tokio::test]
async fn entries_are_announced_in_their_order_without_anyones_words() {
    let stream = Stream::open().await;
    let desk = &stream.desk;
    let ana = desk.person("ana@example.org", Role::User).await;
    let sofia = desk.person("sofia@example.org", Role::Specialist).await;
    let number = desk.ticket(&ana).await.number;
    desk.assign(number, &sofia).await;
    desk.answer(number, &sofia, "Ya voy", |_| (), &With::default()).await;
    let answer = stream.hand(&[entry(number, 1), entry(number, 2), entry(number, 3)]).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let events = stream.events();
    let expected = [
        ("opened", json!({"author": ana.id, "requester": ana.id})),
        ("assigned", json!({"assignee": sofia.id})),
        ("message", json!({"author": sofia.id})),
    ];
    assert_eq!(events.len(), expected.len());
    for (seq, ((detail_type, detail), (kind, ids))) in events.iter().zip(&expected).enumerate() {
        assert_eq!(*detail_type, format!("ticket.{kind}"));
        assert_eq!(*detail, json!({"ticket": number, "seq": seq + 1, "type": kind, "ids": ids}));
    }
    let said = format!("{events:?}");
    assert!(
        ["printer", "Smoke", "Ya voy", "example.org", "Person"]
            .iter()
            .all(|word| !said.contains(word)),
        "{said}"
    );
}

#[tokio::test]
async fn sweeps_and_links_are_announced_while_they_are_asked_for() {
    let stream = Stream::open().await;
    let (mailbox, sweep, link, person) = (
        MailboxId::from_random([1; 10]),
        SweepId::from_random([2; 10]),
        LinkId::from_random([3; 10]),
        UserId::from_random([4; 10]),
    );
    let of_sweep = |name: &str, state: &str, sequence| {
        let image = json!({"state": {"S": state}});
        record(name, &format!("MB#{mailbox}"), &format!("SWEEP#{sweep}"), sequence, &image)
    };
    let records = [
        of_sweep("INSERT", "asked", 1),
        of_sweep("MODIFY", "running", 2),
        record("INSERT", &format!("LINK#{link}"), "ASKED", 3, &json!({})),
        record("REMOVE", &format!("LINK#{link}"), "ASKED", 4, &json!({})),
        record("INSERT", &format!("LINK#{link}"), "NOBODY", 5, &json!({})),
        record("INSERT", &format!("ERASE#U#{person}"), "ASKED", 6, &json!({})),
        record("INSERT", "ERASE#T#1", "H#00000002", 7, &json!({})),
    ];
    assert_eq!(stream.hand(&records).await.unwrap(), json!({"batchItemFailures": []}));
    let expected = [
        ("sweep.asked".to_owned(), json!({"mailbox": mailbox, "sweep": sweep})),
        ("link.asked".to_owned(), json!({"link": link})),
        ("erasure.asked".to_owned(), json!({"person": person})),
    ];
    assert_eq!(stream.events(), expected);
}

#[tokio::test]
async fn it_is_noted_in_which_tickets_there_are_words_of_whom() {
    let stream = Stream::open().await;
    let desk = &stream.desk;
    let ana = desk.person("ana@example.org", Role::User).await;
    let sofia = desk.person("sofia@example.org", Role::Specialist).await;
    let eva = desk.person("eva@example.org", Role::User).await;
    let cc = eva.as_watcher();
    let (one, other) = (
        desk.ticket_of(&ana, &With::default(), |new| new.cc = vec![cc]).await.number,
        desk.ticket(&ana).await.number,
    );
    desk.assign(one, &sofia).await;
    let records = [entry(one, 1), entry(one, 2), entry(other, 1)];
    for _ in 0..2 {
        stream.hand(&records).await.unwrap();
        let store = &desk.app.store;
        assert_eq!(store.tickets_with(&ana.id).await.unwrap(), [one, other]);
        assert_eq!(store.tickets_with(&sofia.id).await.unwrap(), [one]);
        assert_eq!(store.tickets_with(&eva.id).await.unwrap(), [one], "who gets copies too");
    }
}

#[tokio::test]
async fn what_nobody_wants_to_hear_is_passed_over() {
    let stream = Stream::open().await;
    let ana = stream.desk.person("ana@example.org", Role::User).await;
    let number = stream.desk.ticket(&ana).await.number;
    let pk = partition(number);
    let records = [
        record("INSERT", &pk, "META", 1, &json!({})),
        record("MODIFY", &pk, "H#00000001", 2, &json!({})),
        record("REMOVE", &pk, "H#00000001", 3, &json!({})),
        record("INSERT", &format!("U#{}", ana.id), "PROFILE", 4, &json!({})),
        record("INSERT", "T#x", "H#y", 5, &json!({})),
        // Erased before its record came: there is nothing left to tell.
        entry(number, 99),
    ];
    assert_eq!(stream.hand(&records).await.unwrap(), json!({"batchItemFailures": []}));
    assert_eq!(stream.events(), []);
    assert!(stream.heard.lock().unwrap().calls.is_empty(), "the bus was not even asked");
}

#[tokio::test]
async fn the_same_record_again_is_the_same_announcement() {
    let stream = Stream::open().await;
    let ana = stream.desk.person("ana@example.org", Role::User).await;
    let number = stream.desk.ticket(&ana).await.number;
    stream.hand(&[entry(number, 1)]).await.unwrap();
    let first = stream.events();
    stream.hand(&[entry(number, 1), entry(number, 1)]).await.unwrap();
    assert_eq!(
        stream.events(),
        first,
        "so that consumers can tell that they know it; once where it stands twice"
    );
}
