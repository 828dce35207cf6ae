//! How the handling of an event ends.

use std::borrow::Cow;
use std::error::Error;

use lambda_runtime::Diagnostic;

/// How one record of an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done, or was done before.
    Done,
    /// It may go better later: deliver it again.
    Retry,
    /// It will never go: set it aside for a person to look at, and go on with the rest.
    Poison,
}

/// Why an event, or one record of it, was not handled. Its message holds no personal data; the cause is logged, never answered.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct HandlerError {
    message: Cow<'static, str>,
    outcome: Outcome,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl HandlerError {
    /// Something that may go better later: a service that did not answer, a lost race.
    #[must_use]
    pub fn retry(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: message.into(),
            outcome: Outcome::Retry,
            source: None,
        }
    }

    /// Something that will never go: an event that cannot be read, an item that cannot be.
    #[must_use]
    pub fn poison(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: message.into(),
            outcome: Outcome::Poison,
            source: None,
        }
    }

    /// This error with what led to it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// `Retry` or `Poison`.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Writes one log line with the chain of causes. Call it once, where the error ends.
    pub fn log(&self) {
        let causes = causes(self);
        match self.outcome {
            Outcome::Poison => tracing::error!(error.causes = causes, "an event was set aside: {}", self.message),
            Outcome::Retry | Outcome::Done => tracing::warn!(error.causes = causes, "an event will be tried again: {}", self.message),
        }
    }
}

/// The causes of `error` below itself, outermost first, joined by colons.
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut texts = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    texts.join(": ")
}

impl From<HandlerError> for Diagnostic {
    /// What the Lambda service is told: kind and message, no causes.
    fn from(error: HandlerError) -> Self {
        Self {
            error_type: match error.outcome {
                Outcome::Poison => "Poison",
                Outcome::Retry | Outcome::Done => "Retry",
            }
            .to_owned(),
            error_message: error.message.into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_stay_out_of_the_answer() {
        let error = HandlerError::retry("the table did not answer").caused_by(std::io::Error::other("10.0.0.1 refused"));
        assert_eq!(
            (error.to_string().as_str(), error.outcome()),
            ("the table did not answer", Outcome::Retry)
        );
        assert_eq!(causes(&error), "10.0.0.1 refused");
        let told = Diagnostic::from(error);
        assert_eq!(
            (told.error_type.as_str(), told.error_message.as_str()),
            ("Retry", "the table did not answer")
        );
    }
}
