//! The Lambda runtimes, so that a function's `main` is a few lines.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use lambda_http::request::RequestContext;
use lambda_http::{IntoResponse, RequestExt};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use time::OffsetDateTime;
use tower::{Service, ServiceExt};

use crate::handler::HandlerError;

/// What `main` ends with where a function cannot run.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Request extension: the address that the request came from, as the transport saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddress(pub IpAddr);

/// Request extension: the id that logs and problem answers name. The platform's own, never the client's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

/// Request extension: when the runtime will cut the work short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(pub OffsetDateTime);

/// The moment of Lambda's deadline, which it gives in milliseconds since 1970; 1970 itself where that is out of range.
fn deadline(context: &lambda_runtime::Context) -> OffsetDateTime {
    let nanoseconds = i128::from(context.deadline) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Writes what Lambda knows of a request where `web` looks for it, whatever the transport.
fn annotate(mut request: lambda_http::Request) -> lambda_http::Request {
    if let Some(context) = request.lambda_context_ref() {
        let (id, at) = (RequestId(context.request_id.as_str().into()), Deadline(deadline(context)));
        request.extensions_mut().insert(id);
        request.extensions_mut().insert(at);
    }
    let source = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref().and_then(|text| text.parse().ok()),
        _ => None,
    };
    if let Some(address) = source {
        request.extensions_mut().insert(PeerAddress(address));
    }
    request
}

/// Answers API Gateway's requests with `service` (an axum `Router`) until the process is stopped.
///
/// # Errors
/// Where the runtime's own API cannot be reached.
pub async fn serve_http<S, R>(service: S) -> Result<(), BoxError>
where
    S: Service<lambda_http::Request, Response = R, Error = Infallible> + Send + 'static,
    S::Future: Send + 'static,
    R: IntoResponse + Send + 'static,
{
    lambda_http::run(service.map_request(annotate)).await
}

/// Gives every event to `handle`, with the moment by which it must end, until the process is stopped. Errors are logged here, once.
///
/// # Errors
/// Where the runtime's own API cannot be reached.
pub async fn serve_events<F, Fut>(handle: F) -> Result<(), BoxError>
where
    F: Fn(Value, OffsetDateTime) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Value, HandlerError>> + Send + 'static,
{
    let service = service_fn(move |event: LambdaEvent<Value>| {
        let work = handle(event.payload, deadline(&event.context));
        async move { work.await.inspect_err(HandlerError::log) }
    });
    lambda_runtime::run(service).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambda_s_words_about_a_request_are_passed_on() {
        let event = include_str!("../tests/data/http_api_request.json");
        let mut context = lambda_runtime::Context::default();
        context.request_id = "7c4d".to_owned();
        context.deadline = 1_795_324_051_412;
        let request = annotate(lambda_http::request::from_str(event).unwrap().with_lambda_context(context));
        let extensions = request.extensions();
        assert_eq!(extensions.get::<PeerAddress>(), Some(&PeerAddress([203, 0, 113, 7].into())));
        assert_eq!(extensions.get::<RequestId>(), Some(&RequestId("7c4d".into())));
        assert_eq!(
            extensions.get::<Deadline>().unwrap().0,
            time::macros::datetime!(2026-11-22 05:07:31.412 UTC)
        );
    }
}
