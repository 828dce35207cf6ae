//! The embedded DynamoDB engine on loopback, and ways to talk to it.

use crate::proxy::Background;
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use dynoxide::Database;
use serde_json::Value;
use std::{path::Path, time::Duration};

/// An engine of its own, on a free port; it ends when dropped.
pub struct Engine {
    url: String,
    _threads: Background,
}

impl Engine {
    /// An engine that keeps its data in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self::serve(Database::memory().expect("an engine in memory opens"))
    }

    /// An engine on a file.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self::serve(Database::new(&path.to_string_lossy()).expect("an engine on a file opens"))
    }

    fn serve(database: Database) -> Self {
        let threads = Background::new("engine");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        listener.set_nonblocking(true).expect("a listener can be made non-blocking");
        let url = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        threads.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener can be handed to tokio");
            dynoxide::server::serve_with_shutdown(listener, database, std::future::pending())
                .await
                .ok();
        });
        Self { url, _threads: threads }
    }

    /// Where it listens, for `AWS_ENDPOINT_URL_DYNAMODB`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// The official SDK's client for an engine or a proxy before one. The SDK's own retries are `attempts` (1 = none).
#[must_use]
pub fn sdk(url: &str, attempts: u32) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::from_keys("kit", "kit", None))
        .endpoint_url(url)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(attempts)
                .with_initial_backoff(Duration::from_millis(5)),
        )
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(5)).build())
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

/// One call of DynamoDB's JSON protocol without an SDK, for code that must share nothing with the product.
///
/// # Errors
/// The engine's own words where it refuses, the transport's where it cannot be reached.
pub async fn raw(url: &str, operation: &str, body: &Value) -> Result<Value, String> {
    // The engine wants to see a signature, and does not check it.
    let credential = "AWS4-HMAC-SHA256 Credential=kit/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
    let http = reqwest::Client::builder().no_proxy().build().map_err(|e| e.to_string())?;
    let sent = http
        .post(url)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .header("x-amz-date", "20260101T000000Z")
        .header("authorization", credential)
        .body(body.to_string())
        .send()
        .await
        .map_err(|e| e.to_string())?;
    let ok = sent.status().is_success();
    let text = sent.text().await.map_err(|e| e.to_string())?;
    if ok {
        serde_json::from_str(&text).map_err(|e| e.to_string())
    } else {
        Err(format!("{operation}: {text}"))
    }
}
