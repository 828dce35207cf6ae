//! The capacity recorder against the embedded engine, through the official SDK.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType, Put,
        ReturnConsumedCapacity, ScalarAttributeType, TransactWriteItem,
    },
};
use chamada_tests::{
    capacity::Recorder,
    engine::{self, Engine},
};

const TABLE: &str = "kit";

async fn table() -> (Engine, Recorder, Client) {
    let engine = Engine::memory();
    let recorder = Recorder::start(engine.url());
    let client = engine::sdk(&recorder.url(), 1);
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
    (engine, recorder, client)
}

fn put(key: &str, size: usize) -> Put {
    let put = Put::builder()
        .table_name(TABLE)
        .item("pk", AttributeValue::S(key.into()))
        .item("group", AttributeValue::S("g".into()));
    put.item("text", AttributeValue::S("x".repeat(size))).build().unwrap()
}

#[tokio::test]
async fn units_are_those_of_the_documentation() {
    let (_engine, recorder, client) = table().await;
    let first = put("a", 1_500);
    client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(first.item().clone()))
        .send()
        .await
        .unwrap();
    let usage = recorder.take();
    // 1.5 KB: two units for the table, two for the index that holds all of it.
    assert_eq!(
        (usage.table().write, usage.index().write, usage.read()),
        (2.0, 2.0, 0.0),
        "{}",
        usage.describe()
    );
    assert!(usage.indexes.contains_key("kit/by_group"));
    let transact = |put| TransactWriteItem::builder().put(put).build();
    client
        .transact_write_items()
        .transact_items(transact(put("b", 10)))
        .transact_items(transact(put("c", 10)))
        .send()
        .await
        .unwrap();
    // A transaction costs twice as much.
    assert_eq!(recorder.take().table().write, 4.0);
    client
        .get_item()
        .table_name(TABLE)
        .key("pk", AttributeValue::S("a".into()))
        .consistent_read(true)
        .send()
        .await
        .unwrap();
    assert_eq!(recorder.take().table().read, 1.0);
    let query = client
        .query()
        .table_name(TABLE)
        .index_name("by_group")
        .key_condition_expression("#g = :g");
    query
        .expression_attribute_names("#g", "group")
        .expression_attribute_values(":g", AttributeValue::S("g".into()))
        .send()
        .await
        .unwrap();
    let usage = recorder.take();
    assert_eq!((usage.table().read, usage.index().read), (0.0, 0.5), "{}", usage.describe());
    assert!(recorder.take().requests.is_empty(), "taking begins anew");
}

#[tokio::test]
async fn the_caller_sees_only_what_it_asked_for() {
    let (_engine, recorder, client) = table().await;
    let item = put("a", 10).item().clone();
    let silent = client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
    assert!(silent.consumed_capacity().is_none());
    // An item of its own: an index that need not change costs nothing.
    let fresh = put("b", 10).item().clone();
    let total = client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(fresh))
        .return_consumed_capacity(ReturnConsumedCapacity::Total);
    let total = total.send().await.unwrap();
    assert_eq!(total.consumed_capacity().unwrap().capacity_units(), Some(2.0));
    assert!(total.consumed_capacity().unwrap().global_secondary_indexes().is_none());
    let fresh = put("c", 10).item().clone();
    let indexes = client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(fresh))
        .return_consumed_capacity(ReturnConsumedCapacity::Indexes);
    assert!(
        indexes
            .send()
            .await
            .unwrap()
            .consumed_capacity()
            .unwrap()
            .global_secondary_indexes()
            .is_some()
    );
    assert_eq!(recorder.take().requests.len(), 3);
}

#[tokio::test]
async fn requests_side_by_side_are_one_round_trip() {
    let (_engine, recorder, client) = table().await;
    let get = |key: &str| client.get_item().table_name(TABLE).key("pk", AttributeValue::S(key.into())).send();
    for key in ["a", "b", "c"] {
        get(key).await.unwrap();
    }
    let usage = recorder.take();
    assert_eq!((usage.round_trips(), usage.requests.len()), (3, 3));
    // A refused request is a round trip too.
    client
        .get_item()
        .table_name("none")
        .key("pk", AttributeValue::S("a".into()))
        .send()
        .await
        .unwrap_err();
    let usage = recorder.take();
    assert_eq!((usage.round_trips(), usage.requests[0].ok), (1, false));
}
