//! Files on their way: announced, put straight into the bucket by the client, looked at, and handed out again by presigned URLs.
//!
//! No byte of a file passes through here but the first few, which tell what it is: memory does not depend on a file's size.

mod announce;
mod complete;
mod download;
mod uploader;

use axum::extract::State;
use chamada_domain::AttachmentId;
use chamada_platform::Platform;
use chamada_store::{StoreError, upload_object};
use chamada_web::openapi::{IdempotencyHeader, WriteProblems};
use chamada_web::{App, Id, Nothing, Problem, Write, admitted};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::uploader::Uploader;

/// The routes of this function, with full paths.
#[must_use]
pub fn router(platform: Platform) -> OpenApiRouter {
    let app = App::new(platform);
    let routes = OpenApiRouter::new()
        .routes(routes!(announce::announce))
        .routes(routes!(remove))
        .routes(routes!(complete::complete))
        .routes(routes!(download::download))
        .with_state(app.clone());
    admitted(routes, &app)
}

/// Forgets a file that hangs on no ticket, and deletes its bytes.
#[utoipa::path(delete, path = "/api/attachments/{id}", tag = "attachments",
    params(("id" = AttachmentId, Path), IdempotencyHeader), responses((status = 204), WriteProblems))]
async fn remove(
    State(app): State<App>,
    Uploader { caller, owner }: Uploader,
    Id(id): Id<AttachmentId>,
    write: Write<Nothing>,
) -> Result<StatusCode, Problem> {
    let request = caller.idempotency(&write, app.now())?;
    match app.store.remove_upload(&id, &owner, app.now(), request.as_ref()).await {
        // Once more after a repetition: the first time may have ended between the record and the bytes. Where nobody repeats it, housekeeping does.
        Ok(()) | Err(StoreError::Replayed(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let config = app.platform.config();
    app.platform.objects().delete(&config.files_bucket, &upload_object(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
