//! The Lambda runtime API server, with a function of a few lines.

use chamada_tests::runtime_api::Function;
use serde_json::json;
use std::{path::Path, time::Duration};

const PATIENCE: Duration = Duration::from_secs(20);

fn echo() -> Function {
    Function::start(Path::new(env!("CARGO_BIN_EXE_echo-function")), &[])
}

#[tokio::test]
async fn a_function_starts_and_answers_one_event_after_another() {
    let function = echo();
    let start = function.time_to_first_next(PATIENCE).await.expect("it asks for work");
    assert!(start > Duration::ZERO && start < PATIENCE);
    for n in 0..3 {
        let answer = function.invoke(&json!({"n": n}), PATIENCE).await.expect("it answers");
        assert_eq!(answer["echo"], json!({"n": n}));
    }
    assert_eq!(
        function.time_to_first_next(PATIENCE).await,
        Some(start),
        "the first stays the first"
    );
}

#[tokio::test]
async fn failures_and_panics_come_back_and_the_function_lives_on() {
    let function = echo();
    let failed = function.invoke(&json!({"fail": true}), PATIENCE).await.expect_err("it fails");
    assert!(failed.message.contains("asked to fail"), "{failed:?}");
    let panicked = function.invoke(&json!({"panic": true}), PATIENCE).await.expect_err("it panics");
    assert!(panicked.message.contains("asked to panic"), "{panicked:?}");
    assert!(function.invoke(&json!({}), PATIENCE).await.is_ok());
}

#[tokio::test]
async fn a_function_that_never_starts_is_silent() {
    let function = Function::start(Path::new("/bin/true"), &[]);
    assert_eq!(function.time_to_first_next(Duration::from_millis(300)).await, None);
    let silent = function
        .invoke(&json!({}), Duration::from_millis(300))
        .await
        .expect_err("nobody answers");
    assert_eq!(silent.kind, "Silent");
}
