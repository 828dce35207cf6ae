//! The doubles through the official SDKs, and the way of an event from the table to a function.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{services, take};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{EmailContent, RawMessage};
use aws_sdk_ssm::types::ParameterType;
use chamada_local::functions::{Handlers, handler};
use chamada_local::services::Services;
use chamada_platform::{Clock, HandlerError, Platform};
use serde_json::{Value, json};

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within 10 s: {what}");
}

#[tokio::test]
async fn parameters_are_kept_and_not_overwritten_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let held = take(folder.path());
    let running = services(&held, Clock::system()).await;
    let sdk = aws_sdk_ssm::Client::from_conf(ssm(&running));
    let put = |value: &str, overwrite| {
        let request = sdk
            .put_parameter()
            .name("/chamada/mail-key")
            .value(value)
            .r#type(ParameterType::SecureString);
        request.overwrite(overwrite).send()
    };
    put("one", false).await.unwrap();
    assert!(
        put("two", false)
            .await
            .unwrap_err()
            .into_service_error()
            .is_parameter_already_exists()
    );
    assert_eq!(put("three", true).await.unwrap().version(), 2);
    let got = sdk
        .get_parameter()
        .name("/chamada/mail-key")
        .with_decryption(true)
        .send()
        .await
        .unwrap();
    assert_eq!(got.parameter().unwrap().value(), Some("three"));
    running.stop().await;

    let running = services(&held, Clock::system()).await;
    let sdk = aws_sdk_ssm::Client::from_conf(ssm(&running));
    let got = sdk
        .get_parameter()
        .name("/chamada/mail-key")
        .with_decryption(true)
        .send()
        .await
        .unwrap();
    assert_eq!(got.parameter().unwrap().value(), Some("three"));
    sdk.delete_parameter().name("/chamada/mail-key").send().await.unwrap();
    let gone = sdk
        .get_parameter()
        .name("/chamada/mail-key")
        .with_decryption(true)
        .send()
        .await
        .unwrap_err();
    assert!(gone.into_service_error().is_parameter_not_found());
}

/// A client of the Parameter Store as any AWS program makes one.
fn ssm(services: &Services) -> aws_sdk_ssm::Config {
    aws_sdk_ssm::Config::builder()
        .behavior_version(aws_sdk_ssm::config::BehaviorVersion::latest())
        .region(aws_sdk_ssm::config::Region::new("local"))
        .credentials_provider(aws_credential_types::Credentials::new("a", "b", None, None, "test"))
        .endpoint_url(&services.server_file().services)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

#[tokio::test]
async fn mail_lies_in_the_outbox_under_its_entry_s_name() {
    let folder = tempfile::tempdir().unwrap();
    let running = services(&take(folder.path()), Clock::system()).await;
    let raw =
        "X-Chamada-Entry: 2026-11-22T05:07:31.412Z 1042 17\r\nFrom: help@localhost\r\nTo: ana@example.org\r\nSubject: x\r\n\r\nhello\r\n";
    let send = async || {
        let content = EmailContent::builder()
            .raw(RawMessage::builder().data(Blob::new(raw)).build().unwrap())
            .build();
        running.platform().ses().send_email().content(content).send().await.unwrap()
    };
    assert!(send().await.message_id().is_some());
    send().await;
    let listed = running.outbox().unwrap().newest(10).unwrap();
    assert_eq!(listed.len(), 1, "the same mail again overwrites itself");
    assert!(listed[0].name.starts_with("20261122T050731.412Z-1042-17-"));
    assert_eq!(running.outbox().unwrap().read(&listed[0].name).unwrap().unwrap(), raw.as_bytes());
    let empty = EmailContent::builder()
        .raw(RawMessage::builder().data(Blob::new("Subject: to nobody\r\n\r\n")).build().unwrap())
        .build();
    assert!(running.platform().ses().send_email().content(empty).send().await.is_err());
}

type Seen = Arc<Mutex<Vec<Value>>>;

/// Handlers that note what they were given; `outbox` fails on records that hold `poison`.
fn noting(outbox: &Seen, notifier: &Seen) -> Handlers {
    let (records, events) = (Arc::clone(outbox), Arc::clone(notifier));
    Handlers {
        outbox: handler(move |event, _| {
            let records = Arc::clone(&records);
            async move {
                let batch = event["Records"].as_array().unwrap().clone();
                let bad = batch
                    .iter()
                    .position(|record| record["dynamodb"]["NewImage"]["poison"]["BOOL"] == true);
                records.lock().unwrap().extend(batch[..bad.unwrap_or(batch.len())].iter().cloned());
                match bad {
                    Some(at) if batch.len() == 1 => {
                        assert_eq!(at, 0);
                        Err(HandlerError::poison("this record cannot be read"))
                    }
                    Some(at) => Ok(json!({ "batchItemFailures": [{ "itemIdentifier": batch[at]["dynamodb"]["SequenceNumber"] }] })),
                    None => Ok(json!({ "batchItemFailures": [] })),
                }
            }
        }),
        notifier: handler(move |event, _| {
            events.lock().unwrap().push(event);
            async { Ok(Value::Null) }
        }),
        mail_sweep: handler(|_, _| async { Ok(Value::Null) }),
        housekeeping: handler(|_, _| async { Ok(Value::Null) }),
        evidence: handler(|_, _| async { Ok(Value::Null) }),
    }
}

async fn write(platform: &Platform, pk: &str, sk: &str, poison: bool) {
    let item = [
        ("pk", AttributeValue::S(pk.into())),
        ("sk", AttributeValue::S(sk.into())),
        ("poison", AttributeValue::Bool(poison)),
    ];
    let item = item.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    platform
        .dynamodb()
        .put_item()
        .table_name(&platform.config().table_name)
        .set_item(Some(item))
        .send()
        .await
        .unwrap();
}

fn keys(seen: &Seen) -> Vec<String> {
    seen.lock()
        .unwrap()
        .iter()
        .map(|record| record["dynamodb"]["Keys"]["sk"]["S"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_stream_goes_on_where_it_was_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let held = take(folder.path());
    let (first, second, events) = (Seen::default(), Seen::default(), Seen::default());
    let running = services(&held, Clock::system()).await;
    running.run(&noting(&first, &events), Duration::ZERO);
    for number in 0..150 {
        write(&running.platform(), "T#0000000001", &format!("H#{number:08}"), false).await;
        write(&running.platform(), "T#0000000001", &format!("A#{number:08}"), false).await;
    }
    until("150 entries", async || keys(&first).len() >= 150).await;
    running.stop().await;
    assert_eq!(
        keys(&first),
        (0..150).map(|number| format!("H#{number:08}")).collect::<Vec<_>>(),
        "in order, filtered, once"
    );
    let record = first.lock().unwrap()[0].clone();
    assert_eq!(
        (&record["eventName"], &record["eventSource"]),
        (&json!("INSERT"), &json!("aws:dynamodb"))
    );
    assert!(record["eventSourceARN"].as_str().unwrap().starts_with("arn:aws:dynamodb:"));

    let running = services(&held, Clock::system()).await;
    write(&running.platform(), "T#0000000001", "H#90000000", false).await;
    running.run(&noting(&second, &events), Duration::ZERO);
    until("the next entry", async || !keys(&second).is_empty()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(keys(&second), ["H#90000000"], "nothing again, nothing left out");
    running.stop().await;
}

/// How many records the engine's stream holds, read from its file.
fn records(folder: &Path) -> i64 {
    let table = rusqlite::Connection::open(folder.join("data/table.db")).unwrap();
    table
        .query_row("SELECT COUNT(*) FROM _stream_records", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn nothing_leaves_the_stream_before_the_journal_s_position_is_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let held = take(folder.path());
    let (seen, events) = (Seen::default(), Seen::default());
    let running = services(&held, Clock::system()).await;
    // So that the journal's log, which SQLite holds open, cannot be synced.
    std::fs::remove_file(folder.path().join("data/journal.db-wal")).unwrap();
    running.run(&noting(&seen, &events), Duration::ZERO);
    for number in 0..20 {
        write(&running.platform(), "T#0000000001", &format!("H#{number:08}"), false).await;
    }
    until("20 entries", async || keys(&seen).len() >= 20).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(
        records(folder.path()) >= 20,
        "consumed, and not to be found again after a power loss"
    );
    running.stop().await;

    let running = services(&held, Clock::system()).await;
    running.run(&noting(&seen, &events), Duration::ZERO);
    write(&running.platform(), "T#0000000001", "H#90000000", false).await;
    until("an empty stream", async || records(folder.path()) <= 1).await;
    running.stop().await;
}

#[tokio::test]
async fn a_poisoned_record_ends_in_the_dead_letters_and_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let running = services(&take(folder.path()), Clock::system()).await;
    let (records, events) = (Seen::default(), Seen::default());
    for number in 0..60 {
        write(&running.platform(), "T#0000000001", &format!("H#{number:08}"), number == 23).await;
    }
    running.run(&noting(&records, &events), Duration::ZERO);
    until("all but one", async || keys(&records).len() == 59).await;
    let handled: BTreeSet<String> = keys(&records).into_iter().collect();
    assert_eq!(handled.len(), 59);
    assert!(!handled.contains("H#00000023"));
    until("one dead letter", async || {
        running.journal().dead_letters().await.unwrap().len() == 1
    })
    .await;
    let dead = running.journal().dead_letters().await.unwrap().remove(0);
    assert_eq!((dead.source.as_str(), dead.function.as_str()), ("stream", "outbox"));
    assert_eq!(
        dead.event["Records"][0]["dynamodb"]["Keys"]["sk"]["S"], "H#00000023",
        "it holds the record itself"
    );
}

#[tokio::test]
async fn an_event_of_the_sdk_reaches_the_function_that_a_rule_names() {
    let folder = tempfile::tempdir().unwrap();
    let running = services(&take(folder.path()), Clock::system()).await;
    let (records, events) = (Seen::default(), Seen::default());
    running.run(&noting(&records, &events), Duration::ZERO);
    let entry = |kind: &str, detail: &str| {
        PutEventsRequestEntry::builder()
            .event_bus_name("chamada")
            .source("chamada")
            .detail_type(kind)
            .detail(detail)
            .build()
    };
    let entries = vec![
        entry("ticket.opened", r#"{"ticket":7}"#),
        entry("nobody.hears", "{}"),
        entry("ticket.message", "not json"),
    ];
    let answer = running
        .platform()
        .events()
        .put_events()
        .set_entries(Some(entries))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.failed_entry_count(), 1);
    assert!(answer.entries()[0].event_id().is_some() && answer.entries()[2].error_code().is_some());
    until("one event", async || events.lock().unwrap().len() == 1).await;
    let event = events.lock().unwrap()[0].clone();
    assert_eq!(
        (&event["detail-type"], &event["detail"]),
        (&json!("ticket.opened"), &json!({ "ticket": 7 }))
    );
    assert!(event["time"].as_str().unwrap().ends_with('Z') && event["id"].is_string());
}

#[tokio::test]
async fn nobody_without_the_secret_path_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let running = services(&take(folder.path()), Clock::system()).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for endpoint in [&running.server_file().dynamodb, &running.server_file().services] {
        let (origin, _) = endpoint.rsplit_once('/').unwrap();
        for path in ["", "/", "/guess", "/guess/control/dead-letters"] {
            let answer = client
                .post(format!("{origin}{path}"))
                .header("x-amz-target", "DynamoDB_20120810.ListTables")
                .body("{}")
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 403, "{path}");
        }
    }
}
