//! Which error becomes which problem: all of it stands here, without a wildcard.
//!
//! What belongs where: faults of a request's form are found by this crate's extractors; what the domain refuses comes as [`Refusal`]; what the table
//! and other services could not do comes as [`StoreError`], [`ServiceError`] or [`ObjectError`], whose cause is logged once and never shown.

use chamada_domain::{FieldError, Refusal};
use chamada_platform::{ObjectError, ServiceError};
use chamada_store::StoreError;

use crate::problem::Problem;

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::not_found(),
            Refusal::Forbidden => Self::forbidden(),
            Refusal::Invalid(errors) => Self::invalid(errors),
            Refusal::Conflict(code) => Self::conflict(code),
            Refusal::Stale => Self::stale(),
        }
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        Self::invalid(vec![error])
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        Self::unavailable(error)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::not_found(),
            StoreError::Refused(refusal) => refusal.into(),
            StoreError::Conflict("upload_gone") => FieldError::new(
                "attachment_ids",
                "unknown",
                "One of these files is not there, not complete, or attached already.",
            )
            .into(),
            StoreError::Conflict(code) => Self::conflict(code),
            StoreError::KeyReused => Self::idempotency_key_reused(),
            StoreError::Raced => Self::unavailable(error),
            StoreError::Unavailable { .. } => Self::unavailable(error),
            // Those who name a key answer a repetition, those who hold a lease give way: here both are a fault of the program.
            StoreError::Replayed(_) | StoreError::LeaseLost | StoreError::Corrupt { .. } => Self::internal(error),
        }
    }
}

impl From<ObjectError> for Problem {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::NotFound => Self::not_found(),
            ObjectError::TooLarge { .. } => Self::internal(error),
            ObjectError::Service(cause) => Self::from(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use chamada_store::Made;

    fn service_error() -> ServiceError {
        ServiceError::new("s3", "bucket secret-name refused")
    }

    #[test]
    fn every_error_has_its_status_and_code() {
        let cases: Vec<(Problem, u16, &str)> = vec![
            (Refusal::NotFound.into(), 404, "not_found"),
            (Refusal::Forbidden.into(), 403, "forbidden"),
            (Refusal::Invalid(vec![FieldError::required("title")]).into(), 422, "invalid"),
            (Refusal::Conflict("already_claimed").into(), 409, "already_claimed"),
            (Refusal::Stale.into(), 412, "stale_version"),
            (FieldError::staff_only("cc").into(), 422, "invalid"),
            (service_error().into(), 503, "unavailable"),
            (StoreError::NotFound.into(), 404, "not_found"),
            (StoreError::Refused(Refusal::Forbidden).into(), 403, "forbidden"),
            (StoreError::Conflict("email_taken").into(), 409, "email_taken"),
            (StoreError::Conflict("upload_gone").into(), 422, "invalid"),
            (StoreError::KeyReused.into(), 422, "idempotency_key_reused"),
            (StoreError::Raced.into(), 503, "unavailable"),
            (
                StoreError::Unavailable {
                    source: "10.0.0.1 refused".into(),
                }
                .into(),
                503,
                "unavailable",
            ),
            (StoreError::Replayed(Made::default()).into(), 500, "internal"),
            (StoreError::LeaseLost.into(), 500, "internal"),
            (
                StoreError::Corrupt {
                    what: "a ticket without a title",
                }
                .into(),
                500,
                "internal",
            ),
            (ObjectError::NotFound.into(), 404, "not_found"),
            (ObjectError::TooLarge { limit: 5 }.into(), 500, "internal"),
            (ObjectError::Service(service_error()).into(), 503, "unavailable"),
            (Problem::bad_json("x"), 400, "bad_json"),
            (Problem::bad_cursor(), 400, "bad_cursor"),
            (Problem::sign_in_needed(), 401, "sign_in_needed"),
            (Problem::unauthorised("link_used", "x"), 401, "link_used"),
            (Problem::cross_site(), 403, "cross_site"),
            (Problem::method_not_allowed(), 405, "method_not_allowed"),
            (Problem::too_large(), 413, "too_large"),
            (Problem::idempotency_key_reused(), 422, "idempotency_key_reused"),
            (Problem::version_needed(), 428, "version_needed"),
            (Problem::too_many("too_many_attempts", 60), 429, "too_many_attempts"),
            (Problem::internal("x"), 500, "internal"),
        ];
        for (problem, status, code) in cases {
            assert_eq!((problem.status().as_u16(), problem.code()), (status, code));
            assert_eq!(problem.into_response().status().as_u16(), status);
        }
    }
}
