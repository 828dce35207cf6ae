//! Who people are and how they get in: sign-in links, sessions, passwords, accounts; and what an administrator decides for the whole site:
//! settings, the organisation, the categories.

mod audit;
mod canned;
mod first;
mod import;
mod keys;
mod me;
mod password;
mod requests;
mod session;
mod settings;
mod sign_in;
mod site;
mod tokens;
mod trees;
mod users;
mod view;

use chamada_platform::Platform;
use chamada_web::{App, admitted};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use first::{administrator_link, ensure_first_administrator};

/// The routes of this function, with full paths.
#[must_use]
pub fn router(platform: Platform) -> OpenApiRouter {
    let app = App::new(platform);
    let routes = OpenApiRouter::new()
        .routes(routes!(site::health))
        .routes(routes!(site::site))
        .routes(routes!(site::description))
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(sign_in::ticket_link))
        .routes(routes!(session::present, session::begin, session::end))
        .routes(routes!(session::end_all))
        .routes(routes!(me::me, me::change_me))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::remove))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::read, users::change, users::deactivate))
        .routes(routes!(users::specialists))
        .routes(routes!(settings::settings, settings::change_settings))
        .routes(routes!(trees::organisation::organisation, trees::organisation::put_organisation))
        .routes(routes!(trees::categories::categories, trees::categories::put_categories))
        .routes(routes!(canned::canned_replies, canned::put_canned_replies))
        .routes(routes!(import::import))
        .routes(routes!(audit::audit))
        .with_state(app.clone());
    admitted(routes, &app)
}
