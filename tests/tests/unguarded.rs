//! The proxy that takes a guard away, against the embedded engine: what is guarded is refused without it, and gets through with it.
#![expect(clippy::expect_used, reason = "helpers of a test fail the test")]

use chamada_tests::{
    engine::{Engine, raw},
    unguarded::{Guard, Unguarded},
};
use serde_json::{Value, json};

const TABLE: &str = "kit";

async fn engine() -> Engine {
    let engine = Engine::memory();
    let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
    let table = json!({
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [attribute("pk"), attribute("sk")],
        "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
    });
    raw(engine.url(), "CreateTable", &table).await.expect("a table is made");
    engine
}

fn put(pk: &str, sk: &str, condition: &str) -> Value {
    let mut put = json!({"TableName": TABLE, "Item": {"pk": {"S": pk}, "sk": {"S": sk}}, "ConditionExpression": condition});
    if condition.contains(":seq") {
        put["ExpressionAttributeValues"] = json!({":seq": {"N": "7"}});
    }
    json!({"Put": put})
}

async fn transact(url: &str, items: &[Value]) -> bool {
    raw(url, "TransactWriteItems", &json!({"TransactItems": items})).await.is_ok()
}

async fn keys(engine: &Engine) -> Vec<String> {
    let found = raw(engine.url(), "Scan", &json!({"TableName": TABLE}))
        .await
        .expect("a table can be read");
    found["Items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item["sk"]["S"].as_str())
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn the_sequence_is_no_longer_kept() {
    let engine = engine().await;
    let proxy = Unguarded::start(engine.url(), Guard::Sequence);
    let stale = [put("T#0000000001", "META", "last_seq = :seq")];
    assert!(!transact(engine.url(), &stale).await, "the engine refuses it");
    assert!(transact(&proxy.url(), &stale).await, "with the guard taken away it gets through");
    assert_eq!(proxy.taken(), 1);
    assert!(
        !transact(&proxy.url(), &[put("EMAIL#a", "EMAIL", "last_seq = :seq")]).await,
        "other guards stay"
    );
}

#[tokio::test]
async fn the_ledger_forgets() {
    let engine = engine().await;
    let proxy = Unguarded::start(engine.url(), Guard::Ledger);
    let mail = [
        put("MB#1", "UID#abc", "attribute_not_exists(pk)"),
        put("T#0000000001", "H#00000001", "attribute_not_exists(pk)"),
    ];
    assert!(transact(&proxy.url(), &mail).await);
    assert_eq!(keys(&engine).await, ["H#00000001"]);
    assert_eq!(proxy.taken(), 1);
}

#[tokio::test]
async fn erasures_are_not_remembered() {
    let engine = engine().await;
    let proxy = Unguarded::start(engine.url(), Guard::Erasure);
    let erased = [
        put("ERASE#T#1", "H#00000001", "attribute_not_exists(pk)"),
        put("T#0000000001", "H#00000001", "attribute_not_exists(pk)"),
    ];
    assert!(transact(&proxy.url(), &erased).await);
    assert_eq!((keys(&engine).await.len(), proxy.taken()), (1, 1));
}

#[tokio::test]
async fn evidence_stays_on_record() {
    let engine = engine().await;
    let proxy = Unguarded::start(engine.url(), Guard::Evidence);
    assert!(
        transact(
            engine.url(),
            &[
                put("T#1", "B#bun_1", "attribute_not_exists(pk)"),
                put("T#1", "M#1", "attribute_not_exists(pk)")
            ]
        )
        .await
    );
    for sk in ["B#bun_1", "M#1"] {
        let delete = json!({"TableName": TABLE, "Key": {"pk": {"S": "T#1"}, "sk": {"S": sk}}});
        raw(&proxy.url(), "DeleteItem", &delete).await.expect("a key can be deleted");
    }
    assert_eq!((keys(&engine).await, proxy.taken()), (vec!["B#bun_1".to_owned()], 1));
}

#[tokio::test]
async fn anybody_holds_the_lease() {
    let engine = engine().await;
    let proxy = Unguarded::start(engine.url(), Guard::Fence);
    let check = json!({"ConditionCheck": {"TableName": TABLE, "Key": {"pk": {"S": "MB#1"}, "sk": {"S": "LEASE"}},
        "ConditionExpression": "#owner = :me", "ExpressionAttributeNames": {"#owner": "owner"}, "ExpressionAttributeValues": {":me": {"S": "x"}}}});
    let mail = [check, put("T#0000000001", "H#00000001", "attribute_not_exists(pk)")];
    assert!(!transact(engine.url(), &mail).await);
    assert!(transact(&proxy.url(), &mail).await);
    let update = json!({"TableName": TABLE, "Key": {"pk": {"S": "MB#1"}, "sk": {"S": "LEASE"}}, "UpdateExpression": "SET fence = :f",
        "ConditionExpression": "fence = :old", "ExpressionAttributeValues": {":f": {"N": "2"}, ":old": {"N": "1"}}});
    assert!(raw(engine.url(), "UpdateItem", &update).await.is_err());
    assert!(
        raw(&proxy.url(), "UpdateItem", &update).await.is_ok(),
        "names and values that the condition alone used are gone too"
    );
    assert_eq!(proxy.taken(), 2);
}
