//! `POST /api/attachments`: what a file will be, and where to put it.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chamada_domain::{AttachmentId, FieldError, Timestamp, media, timestamp};
use chamada_platform::{UploadRules, random};
use chamada_store::{Made, StoreError, Upload, upload_object};
use chamada_web::credentials::session_cookie;
use chamada_web::openapi::{IdempotencyHeader, WriteProblems};
use chamada_web::read::{Spot, integer, line};
use chamada_web::session::GUEST_DAYS;
use chamada_web::{App, Fields, Input, Json, Problem, Write};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::Serialize;
use utoipa::ToSchema;

use crate::uploader::{Announcer, Uploader};

/// For how long a presigned URL takes the file, in minutes.
const PUT_MINUTES: u8 = 15;

/// What a client says of a file before it sends it.
#[derive(Debug, ToSchema)]
pub(crate) struct NewUpload {
    /// The file's name; folders before it are cut off.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Its media type.
    #[schema(min_length = 1, max_length = 255, example = "application/pdf")]
    content_type: String,
    /// Its size in bytes.
    #[schema(minimum = 1, maximum = 52_428_800)]
    size: u64,
    /// SHA-256 of its content, lower-case hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    sha256: String,
}

impl Input for NewUpload {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let name = f.required("name", file_name);
        let content_type = f.required("content_type", media_type);
        let size = f.required("size", integer(1..=i64::MAX));
        let sha256 = f.required("sha256", digest);
        Some(Self {
            name: name?,
            content_type: content_type?,
            size: u64::try_from(size?).ok()?,
            sha256: sha256?,
        })
    }
}

/// The last part of a path, since some browsers send all of it. Marks that turn the direction of text are refused: `exe.txt` can be made of `txt.exe`.
fn file_name(spot: &mut Spot<'_>) -> Option<String> {
    let path = line(1..=media::MAX_NAME)(spot)?;
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if name.is_empty() || name == "." || name == ".." || name.contains(turns) {
        return spot.fault("invalid", "This is not the name of a file.");
    }
    Some(name.to_owned())
}

/// A media type without its parameters, lower case (RFC 9110 §8.3.1): what is signed is what must be sent.
fn media_type(spot: &mut Spot<'_>) -> Option<String> {
    let given = line(1..=255)(spot)?;
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let token = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    match essence.split_once('/') {
        Some((kind, subtype)) if token(kind) && token(subtype) => Some(essence),
        _ => spot.fault("invalid", "This must be a media type: application/pdf."),
    }
}

fn digest(spot: &mut Spot<'_>) -> Option<String> {
    let text = line(1..=64)(spot)?;
    let hex = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if hex {
        Some(text)
    } else {
        spot.fault("invalid", "This must be a SHA-256 as 64 lower-case hexadecimal digits.")
    }
}

impl NewUpload {
    /// Refuses what may not hang on a ticket. The problem's own code is that of the first fault.
    fn check(&self, max_mb: u16) -> Result<(), Problem> {
        let mut faults = Vec::new();
        if !media::is_allowed(&self.name, &self.content_type) {
            let field = if media::type_of_name(&self.name).is_none() {
                "name"
            } else {
                "content_type"
            };
            let detail = "Files of this type cannot be attached; name and type must belong together.";
            faults.push(FieldError::new(field, "type_not_allowed", detail));
        }
        if self.size > u64::from(max_mb) << 20 {
            faults.push(FieldError::new(
                "size",
                "too_large",
                format!("A file may have {max_mb} MB at most."),
            ));
        }
        let Some(first) = faults.first() else { return Ok(()) };
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, first.code, first.detail.clone());
        Err(problem.with_errors(faults))
    }
}

/// An announced file, and where its bytes go.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Announced {
    /// Which file.
    attachment_id: AttachmentId,
    /// The request that takes the bytes.
    upload: PutTarget,
    /// When that request is refused.
    expires_at: Timestamp,
}

/// A request that takes a file's bytes, once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PutTarget {
    /// Always `PUT`.
    method: &'static str,
    /// Where to.
    url: String,
    /// What must be sent with it, to the letter: it is all signed.
    headers: BTreeMap<String, String>,
}

/// Announces a file and answers with a presigned URL for its bytes, good for 15 minutes. Repeated with its key, it answers with a fresh URL for the same file.
///
/// Where guests may open tickets, somebody without a session gets one by this, which the file belongs to: 5 files an hour in one session, 30 per source.
#[utoipa::path(post, path = "/api/attachments", tag = "attachments", security((), ("session" = [])), request_body = NewUpload, params(IdempotencyHeader),
    responses((status = 201, body = Announced), WriteProblems))]
pub(crate) async fn announce(State(app): State<App>, announcer: Announcer, write: Write<NewUpload>) -> Result<Response, Problem> {
    let now = app.now();
    announcer.count(&app).await?;
    write.body.check(app.store.configuration().await?.settings.max_attachment_mb)?;
    let (Uploader { caller, owner }, cookie) = announcer.with_session(&app).await?;
    let request = caller.idempotency(&write, now)?;
    let upload = Upload {
        id: AttachmentId::from_random(random()),
        name: write.body.name,
        content_type: write.body.content_type,
        size: write.body.size,
        sha256: write.body.sha256,
        created_at: now,
    };
    let upload = match app.store.create_upload(&upload, &owner, request.as_ref()).await {
        Ok(()) => upload,
        Err(StoreError::Replayed(made)) => app.store.upload(&replayed(made)?, now).await?.upload,
        Err(error) => return Err(error.into()),
    };
    let mut response = (StatusCode::CREATED, Json(target(&app, &upload, now).await?)).into_response();
    if let Some(cookie) = cookie {
        let age = timestamp::days(GUEST_DAYS);
        let header = session_cookie(&app.platform.config().site_url, &cookie, age)?;
        response.headers_mut().insert(SET_COOKIE, header);
    }
    Ok(response)
}

fn replayed(made: Made) -> Result<AttachmentId, Problem> {
    let id = made.id.and_then(|id| id.parse().ok());
    id.ok_or_else(|| Problem::internal("a remembered upload has no id"))
}

async fn target(app: &App, upload: &Upload, now: Timestamp) -> Result<Announced, Problem> {
    let mut sha256 = [0; 32];
    hex::decode_to_slice(&upload.sha256, &mut sha256).map_err(Problem::internal)?;
    let rules = UploadRules {
        content_type: &upload.content_type,
        size: upload.size,
        sha256: &sha256,
        expires_in: Duration::from_secs(u64::from(PUT_MINUTES) * 60),
    };
    let bucket = &app.platform.config().files_bucket;
    let signed = app
        .platform
        .objects()
        .presign_put(bucket, &upload_object(&upload.id), rules)
        .await?;
    Ok(Announced {
        attachment_id: upload.id.clone(),
        upload: PutTarget {
            method: "PUT",
            url: signed.url,
            headers: signed.headers.into_iter().collect(),
        },
        expires_at: now.plus(timestamp::seconds(i64::from(PUT_MINUTES) * 60)),
    })
}
