//! A Lambda function that answers with the event it was sent; an event with `"fail": true` fails, one with `"panic": true` panics.
//! The kit's runtime API server is tested with it, so that a fault of the kit is never taken for a fault of the product.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(answer)).await
}

async fn answer(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let asked = |word: &str| event.payload.get(word).and_then(Value::as_bool).unwrap_or(false);
    if asked("fail") {
        return Err("asked to fail".into());
    }
    assert!(!asked("panic"), "asked to panic");
    Ok(json!({"echo": event.payload, "request_id": event.context.request_id}))
}
