//! `POST /api/attachments/{id}/complete`: are the bytes there, and are they what was announced?

use axum::extract::State;
use chamada_domain::{AttachmentId, media};
use chamada_store::{Made, StoreError, Upload, upload_object};
use chamada_web::openapi::{IdempotencyHeader, WriteProblems};
use chamada_web::{App, Id, Json, Nothing, Problem, Write};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::uploader::Uploader;

/// A file that is there and may be attached.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoredFile {
    /// Which.
    attachment_id: AttachmentId,
    /// Always `stored`.
    state: &'static str,
    /// Its name.
    name: String,
    /// Its media type.
    content_type: String,
    /// Its size in bytes.
    size: u64,
    /// SHA-256 of its content, lower-case hex.
    sha256: String,
}

/// Looks at a file that was put: its size and its first bytes. What is not what it says is deleted. May be repeated.
#[utoipa::path(post, path = "/api/attachments/{id}/complete", tag = "attachments",
    params(("id" = AttachmentId, Path), IdempotencyHeader), responses((status = 200, body = StoredFile), WriteProblems))]
pub(crate) async fn complete(
    State(app): State<App>,
    Uploader { caller, owner }: Uploader,
    Id(id): Id<AttachmentId>,
    write: Write<Nothing>,
) -> Result<Json<StoredFile>, Problem> {
    let now = app.now();
    let request = caller.idempotency(&write, now)?;
    match app.store.replay(request.as_ref()).await {
        Err(StoreError::Replayed(made)) => return Ok(Json(remembered(&made)?)),
        outcome => outcome?,
    }
    let found = app.store.upload(&id, now).await?;
    if found.owner != owner {
        return Err(Problem::not_found());
    }
    if !found.complete {
        inspect(&app, &found.upload).await?;
    }
    app.store.complete_upload(&id, &owner).await?;
    app.store.remember_alone(request.as_ref(), &made(&found.upload)?).await?;
    Ok(Json(StoredFile::of(found.upload)))
}

impl StoredFile {
    fn of(upload: Upload) -> Self {
        Self {
            attachment_id: upload.id,
            state: "stored",
            name: upload.name,
            content_type: upload.content_type,
            size: upload.size,
            sha256: upload.sha256,
        }
    }
}

/// What the request's repetition is answered with: all of it, since the upload's record is gone once it is attached.
fn made(upload: &Upload) -> Result<Made, Problem> {
    let text = serde_json::to_string(upload).map_err(|_| Problem::internal("an upload cannot be remembered"))?;
    Ok(Made {
        id: Some(text),
        ..Made::default()
    })
}

fn remembered(made: &Made) -> Result<StoredFile, Problem> {
    let upload = made.id.as_deref().and_then(|text| serde_json::from_str(text).ok());
    upload
        .map(StoredFile::of)
        .ok_or_else(|| Problem::internal("a remembered upload cannot be read"))
}

/// Compares what lies in the bucket with what was announced, and deletes it where they differ.
async fn inspect(app: &App, upload: &Upload) -> Result<(), Problem> {
    let (objects, bucket, key) = (
        app.platform.objects(),
        &app.platform.config().files_bucket,
        upload_object(&upload.id),
    );
    let Some(head) = objects.head(bucket, &key).await? else {
        return Err(Problem::conflict("not_uploaded").with_detail("The file has not arrived yet."));
    };
    // S3 itself holds uploads to the signed length and checksum; this does not rely on it.
    let other_content = head.sha256.is_some_and(|sha256| sha256 != upload.sha256);
    let refused = if head.size != upload.size || other_content {
        Some((
            "size_mismatch",
            "What arrived is not the file that was announced: its size or checksum differs.",
        ))
    } else {
        let first = objects.first_bytes(bucket, &key, media::SNIFFED_BYTES).await?;
        let matches = media::matches_type(&upload.name, &upload.content_type, &first);
        (!matches).then_some(("type_mismatch", "The file's content is not what its name and type say."))
    };
    let Some((code, detail)) = refused else { return Ok(()) };
    objects.delete(bucket, &key).await?;
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail))
}
