//! The table as the deployment template declares it, made in the engine or compared with what is there.

use dynoxide::Database;
use serde_json::{Map, Value, json};

use super::EngineError;
use super::dispatch::run;
use crate::template::Table;

/// Makes the table `name` if it is not there, adds indexes that a newer template has, and sets its time to live.
pub(super) fn ensure(database: &Database, name: &str, declared: &Table) -> Result<(), EngineError> {
    match describe(database, name)? {
        None => {
            call(database, "CreateTable", &create_request(name, declared))?;
        }
        Some(present) => add_indexes(database, name, declared, &present)?,
    }
    if let Some(attribute) = &declared.ttl_attribute {
        let present = call(database, "DescribeTimeToLive", &json!({ "TableName": name }))?;
        if present.pointer("/TimeToLiveDescription/TimeToLiveStatus").and_then(Value::as_str) != Some("ENABLED") {
            let specification = json!({ "AttributeName": attribute, "Enabled": true });
            call(
                database,
                "UpdateTimeToLive",
                &json!({ "TableName": name, "TimeToLiveSpecification": specification }),
            )?;
        }
    }
    Ok(())
}

/// The ARN of the table's stream and of its one shard.
pub(super) fn stream_of(database: &Database, name: &str) -> Result<(String, String), EngineError> {
    let table = describe(database, name)?.unwrap_or_default();
    let arn = table
        .pointer("/Table/LatestStreamArn")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let stream = call(database, "DescribeStream", &json!({ "StreamArn": arn }))?;
    let shard = stream
        .pointer("/StreamDescription/Shards/0/ShardId")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    if arn.is_empty() || shard.is_empty() {
        return Err(EngineError::Table("the table has no stream".into()));
    }
    Ok((arn, shard))
}

/// One operation with JSON in and out.
pub(super) fn call(database: &Database, operation: &str, request: &Value) -> Result<Value, EngineError> {
    let answer = run(database, operation, request.to_string().as_bytes()).map_err(|error| EngineError::Table(error.to_string()))?;
    serde_json::from_slice(&answer).map_err(|error| EngineError::Table(error.to_string()))
}

fn describe(database: &Database, name: &str) -> Result<Option<Value>, EngineError> {
    let request = json!({ "TableName": name }).to_string();
    match run(database, "DescribeTable", request.as_bytes()) {
        Ok(answer) => serde_json::from_slice(&answer)
            .map(Some)
            .map_err(|error| EngineError::Table(error.to_string())),
        Err(dynoxide::DynoxideError::ResourceNotFoundException(_)) => Ok(None),
        Err(error) => Err(EngineError::Table(error.to_string())),
    }
}

fn create_request(name: &str, declared: &Table) -> Value {
    let mut request = Map::new();
    request.insert("TableName".into(), name.into());
    request.insert("BillingMode".into(), "PAY_PER_REQUEST".into());
    for (key, value) in [
        ("AttributeDefinitions", &declared.attributes),
        ("KeySchema", &declared.key_schema),
        ("GlobalSecondaryIndexes", &declared.indexes),
    ] {
        if value.as_array().is_some_and(|list| !list.is_empty()) {
            request.insert(key.into(), value.clone());
        }
    }
    if let Some(view) = &declared.stream_view {
        request.insert(
            "StreamSpecification".into(),
            json!({ "StreamEnabled": true, "StreamViewType": view }),
        );
    }
    Value::Object(request)
}

fn add_indexes(database: &Database, name: &str, declared: &Table, present: &Value) -> Result<(), EngineError> {
    let names = |list: Option<&Value>| -> Vec<String> {
        let list = list.and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|index| Some(index.get("IndexName")?.as_str()?.to_owned()))
            .collect()
    };
    let there = names(present.pointer("/Table/GlobalSecondaryIndexes"));
    let wanted = declared.indexes.as_array().into_iter().flatten();
    for index in wanted.filter(|index| {
        !there
            .iter()
            .any(|name| index.get("IndexName").and_then(Value::as_str) == Some(name))
    }) {
        let update = json!({
            "TableName": name,
            "AttributeDefinitions": declared.attributes,
            "GlobalSecondaryIndexUpdates": [{ "Create": index }],
        });
        call(database, "UpdateTable", &update)?;
    }
    Ok(())
}
