//! Tickets over HTTP: opening, reading, listing and changing them, writing into them, and proving their history (API.md, 'Tickets').

mod change;
mod claim;
mod files;
mod guest;
mod keys;
mod list;
mod message;
mod open;
mod people;
mod read;
mod schema;
mod verify;
mod view;

use chamada_platform::Platform;
use chamada_platform::random;
use chamada_web::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The function's routes.
#[must_use]
pub fn router(platform: Platform) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(open::open, list::list))
        .routes(routes!(read::read, change::change))
        .routes(routes!(read::entries))
        .routes(routes!(message::post))
        .routes(routes!(claim::claim))
        .routes(routes!(keys::list, keys::revoke_all))
        .routes(routes!(keys::revoke))
        .routes(routes!(verify::verify))
        .with_state(App::new(platform))
}

/// A fresh salt for a word of the history.
fn salt() -> [u8; 16] {
    random::<16>()
}
