//! `GET /api/tickets/{number}/attachments/{id}`: where a file of a ticket can be read.

use std::time::Duration;

use axum::extract::State;
use chamada_domain::permission::{Action, Standing, require};
use chamada_domain::{AttachmentId, TicketNumber, media};
use chamada_platform::Disposition;
use chamada_web::openapi::ReadProblems;
use chamada_web::{App, Caller, Id2, Json, Problem};
use serde::Serialize;
use utoipa::ToSchema;

/// For how long a presigned URL gives the file.
const GET_FOR: Duration = Duration::from_secs(5 * 60);

/// Where a file can be read for the next five minutes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Download {
    /// A presigned URL.
    url: String,
    /// The file's name.
    name: String,
    /// Its media type.
    content_type: String,
    /// Its size in bytes.
    size: u64,
}

/// A presigned URL for a file of a ticket, good for five minutes. Images, video, audio, PDF and plain text are shown, all else is saved.
#[utoipa::path(get, path = "/api/tickets/{number}/attachments/{id}", tag = "attachments",
    params(("number" = TicketNumber, Path), ("id" = AttachmentId, Path)), responses((status = 200, body = Download), ReadProblems))]
pub(crate) async fn download(
    State(app): State<App>,
    caller: Caller,
    Id2(number, id): Id2<TicketNumber, AttachmentId>,
) -> Result<Json<Download>, Problem> {
    let viewer = caller.viewer_of(&app, number).await?;
    let ticket = app.store.ticket(number).await?;
    let configuration = app.store.configuration().await?;
    let standing = Standing::of(&viewer, &ticket);
    require(standing, Action::See, &configuration.settings)?;
    if ticket.erased {
        return Err(Problem::not_found());
    }
    let file = app.store.attachment(number, &id).await?;
    if file.hidden && !standing.sees_hidden(&configuration.settings) {
        return Err(Problem::not_found());
    }
    let disposition = if media::is_shown_inline(&file.content_type) {
        Disposition::Inline(&file.name)
    } else {
        Disposition::Attachment(&file.name)
    };
    let bucket = &app.platform.config().files_bucket;
    let url = app
        .platform
        .objects()
        .presign_get(bucket, &file.object, GET_FOR, disposition, &file.content_type)
        .await?;
    Ok(Json(Download {
        url,
        name: file.name,
        content_type: file.content_type,
        size: file.size,
    }))
}
