//! Where the functions are put together: the one place of this crate that names them.

use std::sync::Arc;

use axum::Router;
use chamada_platform::{HandlerError, Platform};
use serde_json::Value;

use crate::functions::{Functions, Handlers, handler};

/// What stopped the functions from being put together, or a command from being done. One line for a person.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WiringError(pub String);

/// All functions on one platform.
///
/// # Errors
/// What one of them needs and did not get.
pub async fn functions(_platform: &Platform) -> Result<Functions, WiringError> {
    let absent = |name: &'static str| {
        handler(move |_: Value, _| async move { Err(HandlerError::retry(format!("{name} is not part of this build"))) })
    };
    Ok(Functions {
        router: Router::new(),
        handlers: Handlers {
            outbox: absent("outbox"),
            notifier: absent("notifier"),
            mail_sweep: absent("mail-sweep"),
        },
        is_administrator: Arc::new(|_| Box::pin(async { false })),
    })
}

/// Makes the first administrator, unless there already, and a sign-in token for them. A start that is killed right after comes
/// here again.
///
/// # Errors
/// Where the table cannot be written.
pub async fn first_administrator(_platform: &Platform, _email: &str) -> Result<String, WiringError> {
    Err(WiringError("accounts are not part of this build".into()))
}

/// A new sign-in token for an administrator; `None` where there is none with that address.
///
/// # Errors
/// Where the table cannot be read or written.
pub async fn administrator_token(_platform: &Platform, _email: &str) -> Result<Option<String>, WiringError> {
    Err(WiringError("accounts are not part of this build".into()))
}

/// Recounts and checks every chain; prints each difference on standard output. Says whether there was none.
///
/// # Errors
/// Where the table cannot be read.
pub async fn verify(_platform: &Platform) -> Result<bool, WiringError> {
    Err(WiringError("the check is not part of this build".into()))
}
