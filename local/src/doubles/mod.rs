//! Small doubles of SES, EventBridge and the Parameter Store: just the calls that Chamada makes, in their own protocols.

pub mod mail;
pub mod outbox;
pub mod parameters;
mod relay;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use chamada_platform::{Clock, random};
use serde_json::{Value, json};

pub use mail::Mailer;
pub use outbox::OutboxFolder;
pub use parameters::ParameterFile;
pub use relay::{Relay, RelayError};

use crate::bus::Bus;

/// SES takes 40 MB; in base64 and JSON that is this much.
const MAX_BODY: usize = 56 * 1024 * 1024;

/// EventBridge takes this many events a call.
const MAX_ENTRIES: usize = 10;

/// What the doubles stand on.
#[derive(Debug)]
pub struct Doubles {
    /// Where events go.
    pub bus: Bus,
    /// Where mail goes.
    pub mailer: Mailer,
    /// Where secrets lie.
    pub parameters: ParameterFile,
    /// Stamps events.
    pub clock: Clock,
    /// The one path below which requests are answered: a secret, since signatures are not verified.
    pub secret: String,
}

/// A refusal in the shape the SDKs read: a type and a message.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

impl Refusal {
    pub(crate) fn bad(kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind,
            message: message.into(),
        }
    }

    pub(crate) fn failed(error: impl std::fmt::Display) -> Self {
        tracing::error!(error = %error, "a local service failed");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            kind: "InternalServiceError",
            message: "see the log".into(),
        }
    }

    /// Something that will pass: the SDK tries again.
    pub(crate) fn later(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            kind: "TooManyRequestsException",
            message: message.into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "__type": self.kind, "message": self.message });
        (self.status, [("x-amzn-errortype", self.kind)], axum::Json(body)).into_response()
    }
}

/// All doubles on one listener: SES knows its path, the others their `X-Amz-Target`.
pub fn router(doubles: Arc<Doubles>) -> Router {
    Router::new()
        .fallback(dispatch)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(doubles)
}

async fn dispatch(State(doubles): State<Arc<Doubles>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let Some(path) = uri.path().trim_start_matches('/').strip_prefix(doubles.secret.as_str()) else {
        return Refusal {
            status: StatusCode::FORBIDDEN,
            kind: "AccessDeniedException",
            message: String::new(),
        }
        .into_response();
    };
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return Refusal::bad("SerializationException", "the body is no JSON").into_response();
    };
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    let answer = match (target, path, method) {
        (Some("AWSEvents.PutEvents"), ..) => put_events(&doubles, &request).await,
        (Some(target), ..) if target.starts_with("AmazonSSM.") => {
            doubles
                .parameters
                .answer(target.trim_start_matches("AmazonSSM."), &request, doubles.clock.now())
                .await
        }
        (None, "/v2/email/outbound-emails", Method::POST) => doubles.mailer.send(&request).await,
        _ => Err(Refusal::bad("UnknownOperationException", "this call has no double here")),
    };
    match answer {
        Ok(answer) => ([(header::CONTENT_TYPE, "application/x-amz-json-1.1")], answer.to_string()).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn put_events(doubles: &Doubles, request: &Value) -> Result<Value, Refusal> {
    let entries = request
        .get("Entries")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    if entries.is_empty() || entries.len() > MAX_ENTRIES {
        return Err(Refusal::bad(
            "ValidationException",
            format!("a call takes 1 to {MAX_ENTRIES} entries"),
        ));
    }
    let now = doubles.clock.now();
    let time = now
        .format(&time::format_description::well_known::Rfc3339)
        .map_err(Refusal::failed)?;
    let mut answers = Vec::with_capacity(entries.len());
    let mut events = Vec::with_capacity(entries.len());
    for entry in entries {
        match event_of(entry, &time) {
            Ok(event) => {
                answers.push(json!({ "EventId": event["id"] }));
                events.push(event);
            }
            Err(message) => answers.push(json!({ "ErrorCode": "MalformedDetail", "ErrorMessage": message })),
        }
    }
    doubles.bus.put(&events).await.map_err(Refusal::failed)?;
    let failed = answers.iter().filter(|answer| answer.get("ErrorCode").is_some()).count();
    Ok(json!({ "FailedEntryCount": failed, "Entries": answers }))
}

/// An entry as EventBridge hands it to a target.
fn event_of(entry: &Value, time: &str) -> Result<Value, &'static str> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let detail: Value = serde_json::from_str(text("Detail").unwrap_or_default()).map_err(|_| "Detail is malformed.")?;
    if !detail.is_object() {
        return Err("Detail is malformed.");
    }
    Ok(json!({
        "version": "0",
        "id": hex::encode(random::<16>()),
        "detail-type": text("DetailType").ok_or("DetailType is missing.")?,
        "source": text("Source").ok_or("Source is missing.")?,
        "account": "000000000000",
        "time": time,
        "region": "local",
        "resources": entry.get("Resources").cloned().unwrap_or_else(|| json!([])),
        "detail": detail,
    }))
}
