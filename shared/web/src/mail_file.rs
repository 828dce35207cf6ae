//! A mail as it came, handed out as a file.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use chamada_platform::{Disposition, ObjectError};
use http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, StatusCode};

use crate::problem::Problem;
use crate::session::App;

const MEDIA_TYPE: &str = "message/rfc822";

/// The longest mail that is in the answer itself, in bytes: an answer of a Lambda function holds 6 MB, and bytes travel in it as base64, four for three.
const LONGEST_HERE: usize = 4 << 20;

/// For how long a presigned URL gives a longer one.
const GET_FOR: Duration = Duration::from_secs(5 * 60);

/// Where a mail of this digest lies in the mail bucket.
#[must_use]
pub fn mail_key(digest: &str) -> String {
    format!("mail/{digest}.eml")
}

/// The mail of this digest (SHA-256, lower-case hex) as a file; for a long one 302 with a presigned URL of five minutes.
///
/// # Errors
/// 404 where it is not there, 503.
pub async fn mail_file(app: &App, digest: &str) -> Result<Response, Problem> {
    let (bucket, key) = (&app.platform.config().mail_bucket, mail_key(digest));
    let name = format!("{}.eml", digest.get(..16).unwrap_or(digest));
    let disposition = Disposition::Attachment(&name);
    let objects = app.platform.objects();
    match objects.get(bucket, &key, LONGEST_HERE).await {
        Ok(mail) => Ok((file_headers(&disposition)?, mail).into_response()),
        Err(ObjectError::TooLarge { .. }) => {
            let url = objects.presign_get(bucket, &key, GET_FOR, disposition, MEDIA_TYPE).await?;
            let there = HeaderValue::from_str(&url).map_err(Problem::internal)?;
            Ok((StatusCode::FOUND, [(LOCATION, there)]).into_response())
        }
        Err(error @ (ObjectError::NotFound | ObjectError::Service(_))) => Err(error.into()),
    }
}

/// Should anything ever show it after all, nothing in it may run or load.
fn file_headers(disposition: &Disposition<'_>) -> Result<[(HeaderName, HeaderValue); 4], Problem> {
    let disposition = HeaderValue::from_str(&disposition.header_value()).map_err(Problem::internal)?;
    Ok([
        (CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)),
        (CONTENT_DISPOSITION, disposition),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'"),
        ),
    ])
}
