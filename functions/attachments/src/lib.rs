//! Files on their way: announced, put straight into the bucket by the client, looked at, and handed out again by presigned URLs.
//!
//! No byte of a file passes through here but the first few, which tell what it is: memory does not depend on a file's size.

mod announce;
mod complete;
mod download;

use axum::extract::{FromRequestParts, State};
use chamada_domain::AttachmentId;
use chamada_platform::Platform;
use chamada_store::{StoreError, upload_object};
use chamada_web::openapi::{IdempotencyHeader, WriteProblems};
use chamada_web::{App, Caller, Id, Nothing, Problem, Write};
use http::StatusCode;
use http::request::Parts;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this function, with full paths.
#[must_use]
pub fn router(platform: Platform) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(announce::announce))
        .routes(routes!(remove))
        .routes(routes!(complete::complete))
        .routes(routes!(download::download))
        .with_state(App::new(platform))
}

/// Extractor: who may upload. Asked before a body is looked at.
struct Uploader {
    caller: Caller,
    /// What uploads are bound to: the person, or the guest's session.
    owner: String,
}

impl FromRequestParts<App> for Uploader {
    type Rejection = Problem;

    /// A person who is signed in, or somebody who holds keys of tickets.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        if caller.user.is_none() && caller.held_keys().is_empty() {
            return Err(Problem::sign_in_needed());
        }
        let owner = caller.name()?;
        Ok(Self { caller, owner })
    }
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
