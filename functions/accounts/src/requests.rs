//! Requests that are sent twice.

use std::future::Future;

use chamada_platform::Platform;
use chamada_store::{Idempotency, StoreError};
use chamada_web::Problem;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a write came to, or, where the request was carried out before, what is there now.
pub(crate) async fn or_as_it_is<T>(outcome: Result<T, StoreError>, now: impl Future<Output = Result<T, StoreError>>) -> Result<T, Problem> {
    match outcome {
        Err(StoreError::Replayed(_)) => Ok(now.await?),
        other => Ok(other?),
    }
}

/// Success, where the request was carried out before.
pub(crate) fn or_done(outcome: Result<(), StoreError>) -> Result<(), Problem> {
    match outcome {
        Err(StoreError::Replayed(_)) => Ok(()),
        other => Ok(other?),
    }
}

/// The same request with its digest sealed by a key of the deployment: a plain digest of a body with a password in it could be guessed at.
pub(crate) async fn sealed(platform: &Platform, request: Option<Idempotency>) -> Result<Option<Idempotency>, Problem> {
    let Some(mut request) = request else { return Ok(None) };
    let key = platform.parameters().key("cursor-key").await?;
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).map_err(Problem::internal)?;
    mac.update(b"request with a password\n");
    mac.update(request.digest.as_bytes());
    request.digest = hex::encode(mac.finalize().into_bytes());
    Ok(Some(request))
}
