//! What an administrator does with mailboxes: their settings, a try of the connection, sweeps, and what became of each message.

mod change;
mod input;
mod manage;
mod messages;
mod probe;
mod sweeps;
mod view;

use chamada_domain::FieldError;
use chamada_platform::Platform;
use chamada_web::{App, Problem, admitted};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this function, with full paths.
#[must_use]
pub fn router(platform: Platform) -> OpenApiRouter {
    let app = App::new(platform);
    let routes = OpenApiRouter::new()
        .routes(routes!(manage::list, manage::create))
        .routes(routes!(manage::read, change::change, manage::remove))
        .routes(routes!(probe::test))
        .routes(routes!(sweeps::ask))
        .routes(routes!(sweeps::ask_all))
        .routes(routes!(sweeps::list))
        .routes(routes!(sweeps::read))
        .routes(routes!(messages::list))
        .routes(routes!(messages::discard))
        .routes(routes!(messages::raw))
        .with_state(app.clone());
    admitted(routes, &app)
}

/// 422 with a code of its own that one field caused.
fn refused(field: &'static str, code: &'static str, detail: &'static str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).with_errors(vec![FieldError::new(field, code, detail)])
}
