//! The ground under every AWS client: one HTTPS client, timeouts and retries.

use std::time::Duration;

use aws_config::retry::{ErrorKind, RetryConfig};
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::error::ServiceError;

/// Mozilla's roots as PEM: the form that the client takes. They are compiled in, so that nothing is read from disk at start.
fn roots_as_pem() -> String {
    // A root is some 1.5 KB in PEM; one allocation instead of dozens.
    let mut pem = String::with_capacity(webpki_root_certs::TLS_SERVER_ROOT_CERTS.len() * 2_048);
    for certificate in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        STANDARD.encode_string(certificate.as_ref(), &mut pem);
        pem.push_str("\n-----END CERTIFICATE-----\n");
    }
    pem
}

/// The HTTPS client that all AWS clients share: rustls on ring, trusting Mozilla's roots alone.
///
/// # Errors
/// Where the TLS library refuses its own defaults, which a test excludes.
pub fn https_client() -> Result<SharedHttpClient, ServiceError> {
    let store = TrustStore::empty().with_pem_certificate(roots_as_pem());
    let context = TlsContext::builder()
        .with_trust_store(store)
        .build()
        .map_err(|error| ServiceError::new("tls", error))?;
    Ok(aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(context)
        .build_https())
}

/// How long a call may take: 2 s to connect, 10 s an attempt, 25 s with all attempts, so that a function with 30 s can still answer.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(10))
        .operation_timeout(Duration::from_secs(25))
        .build()
}

/// How often a call is tried: a second's throttling or a few lost answers are nothing that anybody should hear of. The pauses (50 ms at most before
/// the second attempt, twice as long before each next one) are those of AWS's own DynamoDB clients.
fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(5)
        .with_initial_backoff(Duration::from_millis(50))
        .with_max_backoff(Duration::from_secs(5))
}

/// The mail service's: one attempt, since a second one might send a second mail; the caller knows when to try again. A relay of one machine may take 30 s
/// for an answer; a function has 60.
pub(crate) fn mail_retries() -> RetryConfig {
    RetryConfig::disabled()
}

/// As [`mail_retries`].
pub(crate) fn mail_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(45))
        .build()
}

/// Has single writes tried again that met a transaction on their item: nothing was written, and the transaction is over in milliseconds. The SDK
/// counts DynamoDB's `TransactionConflictException` among the caller's faults.
#[derive(Debug)]
pub(crate) struct TransactionConflicts;

impl ClassifyRetry for TransactionConflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let refused = context.response().filter(|response| response.status().as_u16() == 400);
        let body = refused.and_then(|response| response.body().bytes()).unwrap_or_default();
        if is_transaction_conflict(body) {
            RetryAction::retryable_error(ErrorKind::ThrottlingError)
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "transaction conflicts"
    }
}

/// Whether a refusal is that one: by its own type, since items that it quotes may hold anything.
fn is_transaction_conflict(body: &[u8]) -> bool {
    let refusal: Value = serde_json::from_slice(body).unwrap_or_default();
    refusal["__type"]
        .as_str()
        .is_some_and(|kind| kind.ends_with("#TransactionConflictException"))
}

/// Region and credentials as AWS programs find them, over our HTTPS client.
///
/// # Errors
/// As [`https_client`].
pub async fn shared_config() -> Result<SdkConfig, ServiceError> {
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(https_client()?);
    Ok(config.load().await)
}

/// The same with our timeouts and retries, wherever it comes from.
pub(crate) fn patient(config: SdkConfig) -> SdkConfig {
    config.into_builder().timeout_config(timeouts()).retry_config(retries()).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_is_told_by_its_type_alone() {
        let conflict = br#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"x"}"#;
        assert!(is_transaction_conflict(conflict));
        let quoted = br##"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","Item":{"t":{"S":"#TransactionConflictException"}}}"##;
        assert!(!is_transaction_conflict(quoted));
        assert!(!is_transaction_conflict(b"") && !is_transaction_conflict(b"[]"));
    }

    #[test]
    fn every_root_is_there() {
        let pem = roots_as_pem();
        assert!(webpki_root_certs::TLS_SERVER_ROOT_CERTS.len() > 100);
        assert_eq!(
            pem.matches("BEGIN CERTIFICATE").count(),
            webpki_root_certs::TLS_SERVER_ROOT_CERTS.len()
        );
        https_client().unwrap();
    }
}
