//! Whom a call is for, asked before any handler is.

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use chamada_domain::access::{self, Denial, Need};
use http::request::Parts;
use utoipa_axum::router::OpenApiRouter;

use crate::problem::Problem;
use crate::session::{App, Caller};

/// Routes behind the table of calls ([`access::CALLS`]): who may not make a call is told so before its body is read, and a route that stands in no
/// row is answered to nobody.
pub fn admitted(routes: OpenApiRouter, app: &App) -> OpenApiRouter {
    routes.layer(from_fn_with_state(app.clone(), admit))
}

async fn admit(State(app): State<App>, path: MatchedPath, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match check(&app, path.as_str(), &mut parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(problem) => problem.into_response(),
    }
}

async fn check(app: &App, path: &str, parts: &mut Parts) -> Result<(), Problem> {
    let Some(call) = access::find(parts.method.as_str(), path) else {
        // Of another method the path's own router says 405.
        return if access::CALLS.iter().any(|call| call.path == path) {
            Ok(())
        } else {
            Err(Problem::internal("a route stands in no table of calls"))
        };
    };
    if call.need == Need::Anyone {
        return Ok(());
    }
    let caller = Caller::from_request_parts(parts, app).await?;
    let guests_welcome = matches!(call.need, Need::Newcomer | Need::Uploader) && app.store.configuration().await?.settings.guest_tickets;
    access::admit(call.need, caller.asker(), guests_welcome)?;
    // Who asks was looked up: what the handler knows of them is the same.
    parts.extensions.insert(caller);
    Ok(())
}

impl From<Denial> for Problem {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::SignInNeeded => Self::sign_in_needed(),
            Denial::Refused(refusal) => refusal.into(),
        }
    }
}
