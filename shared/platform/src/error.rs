//! What can go wrong with a service that we call.

use std::error::Error;

/// An AWS service (or what stands for it) refused, failed or did not answer in time; retries are over.
///
/// The source may quote what was asked (a key's name, for SES an address): logs of it belong to the caller's judgement.
#[derive(Debug, thiserror::Error)]
#[error("{service} did not do what was asked")]
pub struct ServiceError {
    /// Which service: `s3`, `ssm` …
    pub service: &'static str,
    /// What it, or the way to it, said.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

impl ServiceError {
    /// A failure of `service` with its cause.
    pub fn new(service: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            service,
            source: source.into(),
        }
    }
}
