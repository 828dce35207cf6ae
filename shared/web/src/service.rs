//! Routers made into services: the same on Lambda and on one machine.

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use chamada_platform::Platform;
use http::Extensions;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::json::BODY_LIMIT;
use crate::layers::{bound_body, finish, harden, panicked};
use crate::origin::refuse_cross_site;
use crate::problem::{Problem, no_such_method, no_such_route};

/// A function's routes with everything around them: problems for unknown routes and methods, and all layers of [`dress`].
pub fn service(routes: OpenApiRouter, platform: &Platform) -> Router {
    let router = Router::from(routes)
        .method_not_allowed_fallback(no_such_method)
        .fallback(no_such_route);
    dress(router, platform)
}

/// The layers alone, for a router with a fallback of its own (static files). From the inside: cross-site rule, body limit, security headers (a
/// handler's own values win), panics caught, problems finished, request id and log line; and the platform as an extension, where extractors find it.
pub fn dress(router: Router, platform: &Platform) -> Router {
    router
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(platform.clone(), refuse_cross_site))
        .layer(from_fn(bound_body))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(platform.clone(), harden))
        .layer(from_fn(finish))
        .layer(Extension(platform.clone()))
}

/// The platform of a request, for extractors.
///
/// # Errors
/// 500 where a router was not dressed, which is a fault of the program.
pub fn platform_of(extensions: &Extensions) -> Result<&Platform, Problem> {
    extensions
        .get::<Platform>()
        .ok_or_else(|| Problem::internal("the router was not dressed with the platform"))
}
