//! The fault proxy against the embedded engine, through the official SDK.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata as _, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, KeysAndAttributes, Projection,
        ProjectionType, Put, ScalarAttributeType, TransactWriteItem,
    },
};
use chamada_tests::{
    engine::{self, Engine},
    fault_proxy::{FaultProxy, Faults},
};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

const TABLE: &str = "kit";

async fn create_table(client: &Client) {
    let attribute = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let index = GlobalSecondaryIndex::builder()
        .index_name("by_group")
        .key_schema(key("group", KeyType::Hash))
        .key_schema(key("pk", KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()
        .unwrap();
    let request = client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    let request = request
        .attribute_definitions(attribute("pk"))
        .attribute_definitions(attribute("group"));
    request
        .key_schema(key("pk", KeyType::Hash))
        .global_secondary_indexes(index)
        .send()
        .await
        .unwrap();
}

async fn table(faults: Faults) -> (Engine, FaultProxy, Client) {
    let engine = Engine::memory();
    create_table(&engine::sdk(engine.url(), 1)).await;
    let proxy = FaultProxy::start(engine.url(), faults);
    let client = engine::sdk(&proxy.url(), 1);
    (engine, proxy, client)
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn item(key: &str, value: &str) -> HashMap<String, AttributeValue> {
    [("pk", key), ("group", "g"), ("value", value)]
        .map(|(name, value)| (name.to_owned(), s(value)))
        .into()
}

fn put(key: &str) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(TABLE)
        .set_item(Some(item(key, "1")))
        .condition_expression("attribute_not_exists(pk)");
    TransactWriteItem::builder().put(put.build().unwrap()).build()
}

async fn value(client: &Client, key: &str) -> Option<String> {
    let got = client
        .get_item()
        .table_name(TABLE)
        .key("pk", s(key))
        .consistent_read(true)
        .send()
        .await
        .unwrap();
    got.item().and_then(|item| item["value"].as_s().ok()).cloned()
}

async fn listed(client: &Client) -> Vec<String> {
    let query = client
        .query()
        .table_name(TABLE)
        .index_name("by_group")
        .key_condition_expression("#g = :g");
    let found = query
        .expression_attribute_names("#g", "group")
        .expression_attribute_values(":g", s("g"))
        .send()
        .await
        .unwrap();
    found
        .items()
        .iter()
        .map(|item| format!("{}={}", item["pk"].as_s().unwrap(), item["value"].as_s().unwrap()))
        .collect()
}

#[tokio::test]
async fn without_faults_it_is_not_there() {
    let (_engine, proxy, client) = table(Faults::none(1)).await;
    client
        .transact_write_items()
        .transact_items(put("a"))
        .transact_items(put("b"))
        .send()
        .await
        .unwrap();
    assert_eq!(listed(&client).await, ["a=1", "b=1"]);
    let refused = client.transact_write_items().transact_items(put("a")).send().await.unwrap_err();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = refused.into_service_error() else {
        panic!("not cancelled")
    };
    assert_eq!(
        cancelled.cancellation_reasons()[0].code(),
        Some("ConditionalCheckFailed"),
        "the engine's own refusals pass"
    );
    assert_eq!(proxy.counts().conflicts + proxy.counts().throttled + proxy.counts().lost_answers, 0);
}

#[tokio::test]
async fn a_conflict_is_what_the_sdk_knows_as_one_and_nothing_is_written() {
    let (engine, proxy, client) = table(Faults {
        conflict: 1.0,
        ..Faults::none(1)
    })
    .await;
    let refused = client
        .transact_write_items()
        .transact_items(put("a"))
        .transact_items(put("b"))
        .send()
        .await
        .unwrap_err();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = refused.into_service_error() else {
        panic!("not cancelled")
    };
    let mut codes: Vec<&str> = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["None", "TransactionConflict"], "one reason a member");
    assert!(cancelled.message().unwrap().contains("TransactionConflict"));
    let single = client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(item("c", "1")))
        .send()
        .await
        .unwrap_err();
    assert!(single.into_service_error().is_transaction_conflict_exception());
    assert!(listed(&engine::sdk(engine.url(), 1)).await.is_empty());
    assert_eq!(proxy.counts().conflicts, 2);
}

#[tokio::test]
async fn throttling_has_a_code_that_the_sdk_retries_by_itself() {
    let (engine, proxy, client) = table(Faults {
        throttle: 1.0,
        in_a_row: 2,
        ..Faults::none(3)
    })
    .await;
    let refused = client.get_item().table_name(TABLE).key("pk", s("a")).send().await.unwrap_err();
    let code = refused.code().unwrap().to_owned();
    assert!(
        ["ProvisionedThroughputExceededException", "ThrottlingException"].contains(&code.as_str()),
        "{code}"
    );
    assert!(refused.raw_response().unwrap().headers().get("x-amzn-requestid").is_some());
    // Never more than two in a row: with three attempts the SDK gets everything through.
    let patient = engine::sdk(&proxy.url(), 3);
    for n in 0..5 {
        patient
            .put_item()
            .table_name(TABLE)
            .set_item(Some(item(&format!("k{n}"), "1")))
            .send()
            .await
            .unwrap();
    }
    assert_eq!(listed(&engine::sdk(engine.url(), 1)).await.len(), 5);
    assert!(proxy.counts().throttled >= 10);
}

#[tokio::test]
async fn a_lost_answer_leaves_the_write_done() {
    let (engine, proxy, client) = table(Faults {
        lost_answer: 1.0,
        in_a_row: u32::MAX,
        ..Faults::none(5)
    })
    .await;
    let mut kinds = std::collections::BTreeSet::new();
    for n in 0..12 {
        let error = client
            .transact_write_items()
            .transact_items(put(&format!("k{n:02}")))
            .send()
            .await
            .unwrap_err();
        kinds.insert(match error {
            SdkError::ServiceError(error) => error.err().code().unwrap().to_owned(),
            SdkError::DispatchFailure(_) => "hang-up".to_owned(),
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["InternalServerError", "hang-up"]);
    assert_eq!(listed(&engine::sdk(engine.url(), 1)).await.len(), 12, "all of them were written");
    assert_eq!(proxy.counts().lost_answers, 12);
    // What the engine itself refuses is no lost write: the refusal comes through.
    let refused = client.transact_write_items().transact_items(put("k00")).send().await.unwrap_err();
    assert!(refused.into_service_error().is_transaction_canceled_exception());
}

#[tokio::test]
async fn the_sdk_asks_again_after_a_lost_answer_and_the_write_is_done_once() {
    let (_engine, proxy, _client) = table(Faults {
        lost_answer: 1.0,
        in_a_row: 2,
        ..Faults::none(6)
    })
    .await;
    // The SDK sends the same token with each attempt, so that its own first write is no failed condition to it.
    let patient = engine::sdk(&proxy.url(), 3);
    patient.transact_write_items().transact_items(put("a")).send().await.unwrap();
    assert_eq!(proxy.counts().lost_answers, 2);
}

#[tokio::test]
async fn a_part_of_a_batch_is_handed_back() {
    let (_engine, proxy, client) = table(Faults {
        partial_batch: 1.0,
        in_a_row: 1,
        ..Faults::none(1)
    })
    .await;
    for key in ["a", "b", "c"] {
        client
            .put_item()
            .table_name(TABLE)
            .set_item(Some(item(key, "1")))
            .send()
            .await
            .unwrap();
    }
    let keys = ["a", "b", "c"].map(|key| HashMap::from([("pk".to_owned(), s(key))]));
    let mut asked = KeysAndAttributes::builder().set_keys(Some(keys.to_vec())).build().unwrap();
    let mut found = Vec::new();
    let mut rounds = 0;
    loop {
        let got = client.batch_get_item().request_items(TABLE, asked).send().await.unwrap();
        rounds += 1;
        found.extend(
            got.responses().unwrap()[TABLE]
                .iter()
                .map(|item| item["pk"].as_s().unwrap().clone()),
        );
        match got.unprocessed_keys().and_then(|keys| keys.get(TABLE)) {
            Some(rest) => asked = rest.clone(),
            None => break,
        }
    }
    found.sort();
    assert_eq!((found.join(""), rounds), ("abc".to_owned(), 2));
    assert_eq!(proxy.counts().partial_batches, 1);
}

#[tokio::test]
async fn an_index_is_late_item_by_item_and_comes_right() {
    let delay = Duration::from_millis(400);
    let (engine, proxy, client) = table(Faults {
        index_delay: delay,
        ..Faults::none(7)
    })
    .await;
    // What was there before the proxy saw its first write is in the index from the start.
    engine::sdk(engine.url(), 1)
        .put_item()
        .table_name(TABLE)
        .set_item(Some(item("a", "0")))
        .send()
        .await
        .unwrap();
    let began = Instant::now();
    for value in ["1", "2", "3"] {
        client
            .put_item()
            .table_name(TABLE)
            .set_item(Some(item("a", value)))
            .send()
            .await
            .unwrap();
    }
    client.transact_write_items().transact_items(put("b")).send().await.unwrap();
    assert_eq!(value(&client, "a").await.as_deref(), Some("3"), "the table itself is never late");
    let mut seen: Vec<String> = Vec::new();
    let mut last = Vec::new();
    while began.elapsed() < delay * 3 {
        last = listed(&client).await;
        if seen.last() != last.first() {
            seen.push(last[0].clone());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(last, ["a=3", "b=1"], "in the end it shows all");
    assert_ne!(seen[0], "a=3", "at first it did not: {seen:?}");
    assert!(seen.is_sorted(), "one item never goes back in time: {seen:?}");
    assert!(proxy.counts().late_reads > 0);
    client.delete_item().table_name(TABLE).key("pk", s("a")).send().await.unwrap();
    tokio::time::sleep(delay * 2).await;
    assert_eq!(listed(&client).await, ["b=1"], "deletions follow too");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_faults() {
    let outcomes = |seed| async move {
        let (_engine, proxy, client) = table(Faults {
            index_delay: Duration::ZERO,
            ..Faults::bad_day(seed)
        })
        .await;
        let mut outcomes = String::new();
        for n in 0..150 {
            let done = client.transact_write_items().transact_items(put(&format!("k{n}"))).send().await;
            let mark = match done {
                Ok(_) => '.'.to_string(),
                Err(SdkError::ServiceError(error)) => error.err().code().unwrap_or("?").to_owned(),
                Err(_) => '!'.to_string(),
            };
            outcomes += &mark;
        }
        (outcomes, proxy.counts())
    };
    let (first, again, other) = (outcomes(11).await, outcomes(11).await, outcomes(12).await);
    assert_eq!(first, again);
    assert_ne!(first.0, other.0);
    assert!(
        first.1.conflicts > 0 && first.1.throttled > 0 && first.1.lost_answers > 0,
        "{:?}",
        first.1
    );
}

#[tokio::test]
async fn an_engine_named_later_answers_what_was_asked_before() {
    let proxy = FaultProxy::unattached(Faults::none(1));
    let client = engine::sdk(&proxy.url(), 1);
    let asked = tokio::spawn(async move { client.list_tables().send().await.unwrap() });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let engine = Engine::memory();
    create_table(&engine::sdk(engine.url(), 1)).await;
    proxy.attach(engine.url());
    assert_eq!(asked.await.unwrap().table_names(), [TABLE]);
}
