//! What can be wrong with a request, in the domain's own words. The `web` crate turns these into problem+json in one place.

use std::borrow::Cow;

/// One faulty field of a request: where, what kind of fault, and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {detail}")]
pub struct FieldError {
    /// The field's path in the request, `title` or `requester.email`.
    pub field: Cow<'static, str>,
    /// A stable word that a client translates: `invalid`, `required`, `too_long`, `staff_only` …
    pub code: &'static str,
    /// What is wrong and what would be right, in plain English; never the value itself.
    pub detail: Cow<'static, str>,
}

impl FieldError {
    /// A fault of `field` with a stable `code` and a sentence.
    #[must_use]
    pub fn new(field: impl Into<Cow<'static, str>>, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            field: field.into(),
            code,
            detail: detail.into(),
        }
    }

    /// A value that cannot be read as what the field holds.
    #[must_use]
    pub fn invalid(field: impl Into<Cow<'static, str>>) -> Self {
        Self::new(field, "invalid", "This value cannot be read.")
    }

    /// A field that must be given and is not.
    #[must_use]
    pub fn required(field: impl Into<Cow<'static, str>>) -> Self {
        Self::new(field, "required", "This field is needed.")
    }

    /// A field that staff alone may set.
    #[must_use]
    pub fn staff_only(field: impl Into<Cow<'static, str>>) -> Self {
        Self::new(field, "staff_only", "Only staff may set this field.")
    }
}

/// Why the domain refuses a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The caller may not know of the thing, or it does not exist: 404.
    #[error("there is no such thing, or the caller may not know of it")]
    NotFound,
    /// The caller sees the thing and may not do this to it: 403.
    #[error("the caller may not do this")]
    Forbidden,
    /// Faulty fields, every one of them: 422.
    #[error("{} faulty field(s)", .0.len())]
    Invalid(Vec<FieldError>),
    /// The thing's state does not allow it; the word says why (`already_claimed`, `not_resolved` …): 409.
    #[error("the state does not allow it: {0}")]
    Conflict(&'static str),
    /// A change of a version that is not the present one: 412.
    #[error("the version named is not the present one")]
    Stale,
}

impl From<FieldError> for Refusal {
    fn from(error: FieldError) -> Self {
        Self::Invalid(vec![error])
    }
}
