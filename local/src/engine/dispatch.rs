//! DynamoDB's JSON protocol in front of the engine: one POST, the operation in `X-Amz-Target`.
//!
//! The engine has an HTTP server of its own, which offers no place to hold an answer back until it is durable; this one is
//! thin enough to have that. It leaves out what only matters to clients other than the SDK (exact wording of refusals of
//! malformed JSON, CORS, checks of the shape of signatures).

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Shared;

const JSON: &str = "application/x-amz-json-1.0";

/// Whether an operation may change what others see.
fn writes(operation: &str) -> bool {
    !matches!(
        operation,
        "GetItem"
            | "Query"
            | "Scan"
            | "BatchGetItem"
            | "TransactGetItems"
            | "DescribeTable"
            | "ListTables"
            | "DescribeTimeToLive"
            | "ListStreams"
            | "DescribeStream"
            | "GetShardIterator"
            | "GetRecords"
            | "ListTagsOfResource"
    )
}

/// One request over HTTP.
pub(super) async fn handle(State(shared): State<Shared>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let (status, json) = if uri.path().trim_end_matches('/') == &*shared.path {
        let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
        answer(&shared, target.unwrap_or_default(), &body).await
    } else {
        let words = "this engine belongs to another process";
        refusal(StatusCode::FORBIDDEN, "AccessDeniedException", words)
    };
    let headers = [(header::CONTENT_TYPE, JSON), (HeaderName::from_static("x-amzn-requestid"), "local")];
    (status, headers, json).into_response()
}

/// Carries out what `X-Amz-Target` names. The work is synchronous, in the thread that asks: the engine has one lock, and every other
/// thread would wait for it as well.
async fn answer(shared: &Shared, target: &str, body: &[u8]) -> (StatusCode, Vec<u8>) {
    let Some((_, operation)) = target.split_once('.') else {
        return refusal(StatusCode::BAD_REQUEST, "UnknownOperationException", "no X-Amz-Target");
    };
    let (outcome, durable) = if writes(operation) {
        let guard = shared.commit.as_ref().map(super::group_commit::GroupCommit::begin_write);
        let outcome = run(&shared.database, operation, body);
        let durable = match guard {
            Some(guard) => guard.durable().await,
            None => Ok(()),
        };
        shared.written.send_modify(|count| *count += 1);
        (outcome, durable)
    } else {
        let outcome = run(&shared.database, operation, body);
        let durable = match &shared.commit {
            Some(commit) => commit.barrier().await,
            None => Ok(()),
        };
        (outcome, durable)
    };
    if let Err(error) = durable {
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", &error.to_string());
    }
    match outcome {
        Ok(json) => (StatusCode::OK, json),
        Err(error) => {
            let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
            if status.is_server_error() {
                tracing::error!(operation, error = %error, "the engine failed");
            }
            (status, error.to_json().into_bytes())
        }
    }
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> (StatusCode, Vec<u8>) {
    let body = serde_json::json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": message });
    (status, body.to_string().into_bytes())
}

/// Parses, calls, and writes the answer.
fn call<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<Vec<u8>, DynoxideError> {
    let request = serde_json::from_slice(body).map_err(|error| unreadable(&error.to_string()))?;
    let answer = operation(request)?;
    serde_json::to_vec(&answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The engine's types mark in a message which refusal it is; the mark is not for the client.
fn unreadable(message: &str) -> DynoxideError {
    match message.split_once(':') {
        Some((mark, rest)) if mark.starts_with("SERIALIZATION") => DynoxideError::SerializationException(rest.to_owned()),
        Some((mark, rest)) if mark.starts_with("VALIDATION") => DynoxideError::ValidationException(rest.to_owned()),
        _ => DynoxideError::ValidationException(message.to_owned()),
    }
}

/// Runs one operation by its DynamoDB name, with JSON in and out.
pub(super) fn run(db: &Database, operation: &str, body: &[u8]) -> Result<Vec<u8>, DynoxideError> {
    match operation {
        "PutItem" => call(body, |request| db.put_item(request)),
        "GetItem" => call(body, |request| db.get_item(request)),
        "DeleteItem" => call(body, |request| db.delete_item(request)),
        "UpdateItem" => call(body, |request| db.update_item(request)),
        "Query" => call(body, |request| db.query(request)),
        "Scan" => call(body, |request| db.scan(request)),
        "BatchGetItem" => call(body, |request| db.batch_get_item(request)),
        "BatchWriteItem" => call(body, |request| db.batch_write_item(request)),
        "TransactWriteItems" => call(body, |request| db.transact_write_items(request)),
        "TransactGetItems" => call(body, |request| db.transact_get_items(request)),
        "CreateTable" => call(body, |request| db.create_table(request)),
        "UpdateTable" => call(body, |request| db.update_table(request)),
        "DeleteTable" => call(body, |request| db.delete_table(request)),
        "DescribeTable" => call(body, |request| db.describe_table(request)),
        "ListTables" => call(body, |request| db.list_tables(request)),
        "UpdateTimeToLive" => call(body, |request| db.update_time_to_live(request)),
        "DescribeTimeToLive" => call(body, |request| db.describe_time_to_live(request)),
        "ListStreams" => call(body, |request| db.list_streams(request)),
        "DescribeStream" => call(body, |request| db.describe_stream(request)),
        "GetShardIterator" => call(body, |request| db.get_shard_iterator(request)),
        "GetRecords" => call(body, |request| db.get_records(request)),
        "ExecuteStatement" => call(body, |request| db.execute_statement(request)),
        "ExecuteTransaction" => call(body, |request| db.execute_transaction(request)),
        "BatchExecuteStatement" => call(body, |request| db.batch_execute_statement(request)),
        "TagResource" => call(body, |request| db.tag_resource(request)),
        "UntagResource" => call(body, |request| db.untag_resource(request)),
        "ListTagsOfResource" => call(body, |request| db.list_tags_of_resource(request)),
        other => Err(DynoxideError::ValidationException(format!(
            "{other} is not an operation of the embedded engine"
        ))),
    }
}
