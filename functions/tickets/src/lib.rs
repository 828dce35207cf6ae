//! Tickets over HTTP: opening, reading, listing and changing them, writing into them, and proving their history (API.md, 'Tickets').

mod asked;
mod bin;
mod bulk;
mod bundle;
mod change;
mod claim;
mod counts;
mod files;
mod guest;
mod keys;
mod list;
mod mails;
mod marks;
mod merge;
mod message;
mod open;
mod people;
mod rating;
mod read;
mod schema;
mod transcript;
mod verify;
mod view;

use chamada_platform::Platform;
use chamada_platform::random;
use chamada_web::{App, admitted};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The function's routes.
#[must_use]
pub fn router(platform: Platform) -> OpenApiRouter {
    let app = App::new(platform);
    let routes = OpenApiRouter::new()
        .routes(routes!(open::open, list::list))
        .routes(routes!(bulk::bulk))
        .routes(routes!(counts::counts))
        .routes(routes!(marks::list))
        .routes(routes!(read::read, change::change, bin::delete))
        .routes(routes!(bin::restore))
        .routes(routes!(bin::erase))
        .routes(routes!(rating::put))
        .routes(routes!(merge::merge))
        .routes(routes!(merge::link, merge::unlink))
        .routes(routes!(marks::put))
        .routes(routes!(read::entries))
        .routes(routes!(mails::html))
        .routes(routes!(mails::raw))
        .routes(routes!(message::post))
        .routes(routes!(claim::claim))
        .routes(routes!(keys::list, keys::revoke_all))
        .routes(routes!(keys::revoke))
        .routes(routes!(transcript::get))
        .routes(routes!(bundle::ask))
        .routes(routes!(bundle::get))
        .routes(routes!(verify::verify))
        .with_state(app.clone());
    admitted(routes, &app)
}

/// A fresh salt for a word of the history.
fn salt() -> [u8; 16] {
    random::<16>()
}
