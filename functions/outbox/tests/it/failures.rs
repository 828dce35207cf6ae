//! From the first record on that could not be announced, all come again: the mapping takes the one that is named as the place to go on from
//! (`ReportBatchItemFailures`), so that nothing is lost and nothing overtakes it.

use chamada_domain::{Role, TicketNumber};
use chamada_platform::Outcome;
use chamada_store::With;
use outbox::Handler;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::bus::{Stream, entry};

/// A ticket with so many entries, and their records.
async fn history(stream: &Stream, entries: u64) -> (TicketNumber, Vec<Value>) {
    let desk = &stream.desk;
    let ana = desk.person("ana@example.org", Role::User).await;
    let sofia = desk.person("sofia@example.org", Role::Specialist).await;
    let number = desk.ticket(&ana).await.number;
    // The first answer brings two: itself, and the new status.
    for n in 3..=entries {
        desk.answer(number, &sofia, &format!("{n}"), |_| (), &With::default()).await;
    }
    (number, (1..=entries).map(|seq| entry(number, seq)).collect())
}

fn from(seq: u64) -> Value {
    json!({"batchItemFailures": [{"itemIdentifier": (1_000 + seq).to_string()}]})
}

fn seqs(events: &[(String, Value)]) -> Vec<u64> {
    events.iter().map(|(_, detail)| detail["seq"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn one_that_the_bus_refuses_is_named_and_those_behind_it_come_again() {
    let stream = Stream::open().await;
    let (_, records) = history(&stream, 5).await;
    stream.heard.lock().unwrap().refuses = Some(2);
    assert_eq!(stream.hand(&records).await.unwrap(), from(3));
    assert_eq!(seqs(&stream.events())[..2], [1, 2], "those before it are out");
    assert_eq!(stream.hand(&records[2..]).await.unwrap(), json!({"batchItemFailures": []}));
    assert_eq!(seqs(&stream.events()), [3, 4, 5]);
}

#[tokio::test]
async fn more_than_a_call_takes_goes_out_in_several_and_stops_at_the_first_that_fails() {
    let stream = Stream::open().await;
    let (_, records) = history(&stream, 25).await;
    assert_eq!(stream.hand(&records).await.unwrap(), json!({"batchItemFailures": []}));
    assert_eq!(stream.heard.lock().unwrap().calls, [10, 10, 5]);
    assert_eq!(seqs(&stream.events()), (1..=25).collect::<Vec<_>>());
    stream.heard.lock().unwrap().refuses = Some(25 + 11);
    assert_eq!(stream.hand(&records).await.unwrap(), from(12));
    assert_eq!(stream.heard.lock().unwrap().calls[3..], [10, 10], "what is behind it was not sent");
}

#[tokio::test]
async fn a_bus_that_does_not_answer_is_asked_again_with_everything() {
    let stream = Stream::open().await;
    let (_, records) = history(&stream, 3).await;
    stream.heard.lock().unwrap().closed = true;
    assert_eq!(stream.hand(&records).await.unwrap(), from(1));
    stream.heard.lock().unwrap().closed = false;
    assert_eq!(stream.hand(&records).await.unwrap(), json!({"batchItemFailures": []}));
    assert_eq!(seqs(&stream.events()), [1, 2, 3]);
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_named_and_those_before_it_are_out() {
    let stream = Stream::open().await;
    let (number, records) = history(&stream, 4).await;
    stream.desk.alter(number, 2, "\"type\"", "\"kind\"").await;
    assert_eq!(stream.hand(&records).await.unwrap(), from(2));
    assert_eq!(seqs(&stream.events()), [1]);
}

#[tokio::test]
async fn a_table_that_does_not_answer_names_the_first() {
    let stream = Stream::open().await;
    let (_, records) = history(&stream, 3).await;
    let mut nowhere = None;
    let platform = stream.desk.platform_by(|endpoints| {
        nowhere = endpoints.dynamodb.replace("http://127.0.0.1:1".into());
    });
    assert!(nowhere.is_some());
    let answer = Handler::new(platform)
        .handle(json!({"Records": records}), OffsetDateTime::UNIX_EPOCH)
        .await;
    assert_eq!(answer.unwrap(), from(1));
    assert_eq!(stream.events(), []);
}

#[tokio::test]
async fn what_is_no_batch_is_set_aside() {
    let stream = Stream::open().await;
    for event in [json!({}), json!([]), json!({"Records": [{"eventName": "INSERT"}]})] {
        let handler = Handler::new(stream.platform());
        let error = handler.handle(event, OffsetDateTime::UNIX_EPOCH).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Poison);
    }
}
