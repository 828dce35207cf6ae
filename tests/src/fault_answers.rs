//! The fault proxy's answers, in the shapes of the DynamoDB API reference.

use crate::{
    dice,
    proxy::{Answer, Call},
};
use serde_json::{Value, json};

/// The namespace of DynamoDB's own errors.
pub(crate) const MODEL: &str = "com.amazonaws.dynamodb.v20120810";
const AVAILABILITY: &str = "com.amazon.coral.availability";

fn request_id(n: u64) -> String {
    format!("FAULT{n:047}")
}

pub(crate) fn error(n: u64, status: u16, namespace: &str, code: &str, message: &str) -> Answer {
    // The member is `message` in most of DynamoDB's errors, `Message` in a cancelled transaction.
    Answer::from_json(
        status,
        &request_id(n),
        &json!({"__type": format!("{namespace}#{code}"), "message": message}),
    )
}

pub(crate) fn conflict(call: &Call, seed: u64, n: u64) -> Answer {
    if call.operation.starts_with("Transact") {
        return cancelled(call, seed, n, "TransactionConflict", "Transaction is ongoing for the item");
    }
    error(n, 400, MODEL, "TransactionConflictException", "Transaction is ongoing for the item")
}

pub(crate) fn throttled(call: &Call, seed: u64, n: u64) -> Answer {
    let exceeded = "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.";
    match dice::below(seed, "way of throttling", n, 3) {
        0 if call.operation.starts_with("Transact") => cancelled(
            call,
            seed,
            n,
            "ThrottlingError",
            "Throughput exceeds the current capacity for one or more global secondary indexes.",
        ),
        1 => error(
            n,
            400,
            AVAILABILITY,
            "ThrottlingException",
            "Rate of requests exceeds the allowed throughput.",
        ),
        _ => error(n, 400, MODEL, "ProvisionedThroughputExceededException", exceeded),
    }
}

/// A cancelled transaction with one faulty member: reasons stand in the order of the request, `None` for those without fault.
fn cancelled(call: &Call, seed: u64, n: u64, code: &str, message: &str) -> Answer {
    let members = call.json()["TransactItems"].as_array().map_or(1, |items| items.len().max(1));
    let faulty = usize::try_from(dice::below(seed, "faulty member", n, members as u64)).unwrap_or(0);
    let codes: Vec<&str> = (0..members).map(|i| if i == faulty { code } else { "None" }).collect();
    let reasons: Vec<Value> = codes
        .iter()
        .map(|c| {
            if *c == "None" {
                json!({"Code": "None"})
            } else {
                json!({"Code": c, "Message": message})
            }
        })
        .collect();
    let words = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes.join(", ")
    );
    let body = json!({"__type": format!("{MODEL}#TransactionCanceledException"), "CancellationReasons": reasons, "Message": words});
    Answer::from_json(400, &request_id(n), &body)
}

/// Takes the last entry out of a batch; `None` where it has but one, for AWS always does some of a batch.
pub(crate) fn take_last(tables: &mut Value, operation: &str) -> Option<(String, Value)> {
    let tables = tables.as_object_mut()?;
    let list = |entry: &Value| {
        if operation == "BatchGetItem" {
            entry["Keys"].as_array().map(Vec::len)
        } else {
            entry.as_array().map(Vec::len)
        }
    };
    if tables.values().filter_map(list).sum::<usize>() < 2 {
        return None;
    }
    let (name, entry) = tables.iter_mut().rfind(|(_, entry)| list(entry).unwrap_or(0) > 0)?;
    let name = name.clone();
    let whole = entry.clone();
    let entries = if operation == "BatchGetItem" {
        entry["Keys"].as_array_mut()?
    } else {
        entry.as_array_mut()?
    };
    let taken = entries.pop()?;
    if entries.is_empty() {
        tables.remove(&name);
    }
    if operation != "BatchGetItem" {
        return Some((name, json!([taken])));
    }
    let mut back = whole;
    back["Keys"] = json!([taken]);
    Some((name, back))
}

/// Adds a handed-back entry to those which the engine itself left undone.
pub(crate) fn put_back(unprocessed: &mut Value, table: &str, entry: Value, operation: &str) {
    let present = &mut unprocessed[table];
    if present.is_null() {
        *present = entry;
        return;
    }
    let (into, from) = if operation == "BatchGetItem" {
        (&mut present["Keys"], &entry["Keys"])
    } else {
        (present, &entry)
    };
    if let (Some(into), Some(from)) = (into.as_array_mut(), from.as_array()) {
        into.extend(from.iter().cloned());
    }
}
