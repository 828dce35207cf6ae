//! Problem answers (RFC 9457): whoever refuses a request says it with a [`Problem`]. Which error becomes which problem stands in `errors.rs`.

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use chamada_domain::FieldError;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A refusal on its way to the client. Cheap to move; built with the constructors below.
#[derive(Debug, Clone)]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    current: Option<Value>,
    header: Option<(HeaderName, HeaderValue)>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// One faulty field, as it is written.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// The field's path: `title`, `requester.email`, `cc.3`; empty for the whole body.
    #[schema(example = "title")]
    field: String,
    /// A stable word: `required`, `invalid`, `unknown`, `too_long`, `out_of_range`, `staff_only` …
    #[schema(example = "required")]
    code: String,
    /// What would be right, in plain English.
    detail: String,
}

/// The body of every refusal (RFC 9457), `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Always `about:blank`: `code` says which problem it is.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// A stable snake_case word that a client translates.
    #[schema(example = "not_found")]
    code: String,
    /// What is wrong, in plain English.
    detail: String,
    /// Names this request in the log.
    request_id: Option<String>,
    /// Every faulty field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldProblem>,
    /// The resource as it is now, where a stale version was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    current: Option<Value>,
}

impl Problem {
    /// A problem of any status. The named constructors should do; this is for codes that one function alone has.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            current: None,
            header: None,
            cause: None,
        }))
    }

    /// 400 `bad_json`.
    #[must_use]
    pub fn bad_json(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_json", detail)
    }

    /// 400 `bad_cursor`.
    #[must_use]
    pub fn bad_cursor() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_cursor", "This cursor does not belong to this list.")
    }

    /// 401 `sign_in_needed`.
    #[must_use]
    pub fn sign_in_needed() -> Self {
        Self::unauthorised("sign_in_needed", "Sign in first.")
    }

    /// 401 with another code: `bad_credentials`, `link_used`, `link_expired`, `key_expired`.
    #[must_use]
    pub fn unauthorised(code: &'static str, detail: &'static str) -> Self {
        // RFC 9110 §15.5.2 wants a challenge; `Bearer` makes no browser ask for a password.
        Self::new(StatusCode::UNAUTHORIZED, code, detail).with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 403 `forbidden`.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "You may not do this.")
    }

    /// 403 `cross_site`.
    #[must_use]
    pub fn cross_site() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "cross_site",
            "This request must come from the site itself: send its Origin, or X-Requested-With: chamada.",
        )
    }

    /// 404 `not_found`: not there, or not for this caller.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here.")
    }

    /// 405 `method_not_allowed`. Axum adds `Allow`.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This method is not for this resource.",
        )
    }

    /// 409 with a code that says which state stands in the way: `already_claimed`, `not_resolved` …
    #[must_use]
    pub fn conflict(code: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, code, "The present state does not allow this.")
    }

    /// 412 `stale_version`; add the resource with [`Problem::with_current`].
    #[must_use]
    pub fn stale() -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "stale_version", "Somebody changed this meanwhile.")
    }

    /// 413 `too_large`.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "A request's body may have 1 MB at most.",
        )
    }

    /// 422 `invalid` with every faulty field.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "Some fields are not as they should be.",
        );
        problem.0.errors = errors;
        problem
    }

    /// 422 `idempotency_key_reused`.
    #[must_use]
    pub fn idempotency_key_reused() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "This Idempotency-Key was used with another request.",
        )
    }

    /// 428 `version_needed`.
    #[must_use]
    pub fn version_needed() -> Self {
        Self::new(
            StatusCode::PRECONDITION_REQUIRED,
            "version_needed",
            "Name the version that you change: If-Match: \"<version>\".",
        )
    }

    /// 429 with its code (`too_many_requests`, `too_many_attempts`) and the seconds to wait.
    #[must_use]
    pub fn too_many(code: &'static str, retry_after_seconds: u32) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, code, "That was too often; wait a while.")
            .with_header(RETRY_AFTER, HeaderValue::from(retry_after_seconds))
    }

    /// 500 `internal`: a fault of ours. The cause is logged, not shown.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side.").caused_by(cause)
    }

    /// 503 `unavailable`: a service that we need did not answer. The cause is logged, not shown.
    #[must_use]
    pub fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "This does not work at the moment; try again.",
        )
        .with_header(RETRY_AFTER, HeaderValue::from(1_u32))
        .caused_by(cause)
    }

    /// This problem with another sentence.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = detail.into();
        self
    }

    /// This problem with the faulty fields that it is about: for a code of its own beside `invalid`.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// This problem with the resource as it is now, for 412.
    #[must_use]
    pub fn with_current(mut self, current: &impl Serialize) -> Self {
        self.0.current = serde_json::to_value(current).ok();
        self
    }

    fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }

    fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(Arc::from(cause.into()));
        self
    }

    /// The status it answers with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Its stable word.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The faulty fields.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The body, as an answer within an answer (a row of `bulk`) or whole.
    #[must_use]
    pub fn body(&self, request_id: Option<&str>) -> ProblemBody {
        let field = |error: &FieldError| FieldProblem {
            field: error.field.to_string(),
            code: error.code.to_owned(),
            detail: error.detail.to_string(),
        };
        ProblemBody {
            r#type: "about:blank",
            title: self.0.status.canonical_reason().unwrap_or("Error"),
            status: self.0.status.as_u16(),
            code: self.0.code.to_owned(),
            detail: self.0.detail.to_string(),
            request_id: request_id.map(str::to_owned),
            errors: self.0.errors.iter().map(field).collect(),
            current: self.0.current.clone(),
        }
    }

    /// Logs the chain of causes, where there is one. Called once, by the outermost layer.
    pub(crate) fn log(&self, request_id: &str) {
        let Some(cause) = &self.0.cause else { return };
        let mut chain = cause.to_string();
        let mut next = cause.source();
        while let Some(deeper) = next {
            chain.push_str(": ");
            chain.push_str(&deeper.to_string());
            next = deeper.source();
        }
        tracing::error!(
            request.id = request_id,
            error.causes = chain,
            "a request failed with {}",
            self.0.code
        );
    }

    /// Writes this problem into `response`, whose headers stay.
    pub(crate) fn write_into(&self, response: &mut Response, request_id: Option<&str>) {
        *response.status_mut() = self.0.status;
        let body = serde_json::to_vec(&self.body(request_id)).unwrap_or_default();
        let headers = response.headers_mut();
        headers.remove(CONTENT_LENGTH);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some((name, value)) = &self.0.header {
            headers.insert(name, value.clone());
        }
        *response.body_mut() = body.into();
    }
}

impl IntoResponse for Problem {
    /// The answer; the outermost layer writes it again with the request's id.
    fn into_response(self) -> Response {
        let mut response = Response::default();
        self.write_into(&mut response, None);
        response.extensions_mut().insert(self);
        response
    }
}

/// A missing route: 404 as a problem. For a router's `fallback`.
pub async fn no_such_route() -> Problem {
    Problem::not_found()
}

/// A known route, another method: 405 as a problem. For a router's `method_not_allowed_fallback`; axum adds `Allow`.
pub async fn no_such_method() -> Problem {
    Problem::method_not_allowed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_rfc_9457_and_shows_no_cause() {
        let body = serde_json::to_value(Problem::unavailable("bucket secret-name refused").body(Some("r1"))).unwrap();
        assert_eq!(body["type"], "about:blank");
        assert_eq!((body["status"].as_u64(), body["request_id"].as_str()), (Some(503), Some("r1")));
        assert!(body.get("errors").is_none() && body.get("current").is_none());
        assert!(!body.to_string().contains("secret-name"));
        let stale = Problem::stale().with_current(&serde_json::json!({"version": 4}));
        assert_eq!(serde_json::to_value(stale.body(None)).unwrap()["current"]["version"], 4);
    }

    #[test]
    fn waiting_times_and_challenges_are_headers() {
        let response = Problem::too_many("too_many_requests", 90).into_response();
        assert_eq!(response.headers()[RETRY_AFTER], "90");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(Problem::sign_in_needed().into_response().headers()[WWW_AUTHENTICATE], "Bearer");
    }
}
