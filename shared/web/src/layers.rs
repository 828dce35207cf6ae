//! What surrounds every route: request ids, problems finished, panics caught, size, headers, one log line.

use std::any::Any;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chamada_platform::{Platform, RequestId, random};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY};
use http::header::{STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderMap, HeaderValue};

use crate::json::{BODY_LIMIT, read_body};
use crate::problem::Problem;

/// The header in which every answer names its request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Outermost layer: gives the request its id, finishes problems with it, logs causes and one sentence about the request.
///
/// The sentence holds method, route, status and time: no path, query, body, address or token.
pub(crate) async fn finish(mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request
        .extensions()
        .get::<RequestId>()
        .cloned()
        .unwrap_or_else(|| RequestId(hex::encode(random::<12>()).into()));
    request.extensions_mut().insert(id.clone());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        problem.log(&id.0);
        problem.write_into(&mut response, Some(&id.0));
    }
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let route = route.as_ref().map_or("an unknown path", MatchedPath::as_str);
    let (status, ms) = (response.status().as_u16(), begun.elapsed().as_millis());
    tracing::info!(request.id = &*id.0, http.method = %method, http.route = route, http.status = status, "{method} {route} answered {status} in {ms} ms");
    response
}

/// Refuses a body whose announced length is over the limit, for handlers that read none. Readers bound what comes unannounced.
pub(crate) async fn bound_body(request: Request, next: Next) -> Response {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT) {
        let refused = read_body(request.into_body()).await.err();
        return refused.unwrap_or_else(Problem::too_large).into_response();
    }
    next.run(request).await
}

/// A handler's panic as 500. Its message stays out of everything: it may quote what somebody wrote.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    Problem::internal("a handler panicked").into_response()
}

/// Adds the security headers that the handler did not set itself.
pub(crate) async fn harden(State(platform): State<Platform>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    add_headers(response.headers_mut(), platform.config().site_url.is_https());
    response
}

fn add_headers(headers: &mut HeaderMap, https: bool) {
    let mut add = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    add(X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(REFERRER_POLICY, "no-referrer");
    add(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    add(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    add(
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    );
    add(CACHE_CONTROL, "no-store");
    if https {
        // A year; other hosts of the domain are not ours to decide about.
        add(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    // Who sets a policy of their own (a mail shown in a frame) also says who may frame it.
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        let policy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
}
