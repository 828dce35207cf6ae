//! The embedded S3: a folder, on an origin of its own.
//!
//! Browsers put and get with presigned URLs here. No file ever shares the site's origin; every answer says that what it
//! carries may run nothing (`Content-Security-Policy: sandbox`) and is what it says it is (`nosniff`).

mod backend;
mod check;
mod files;
mod multipart;

use std::path::{Path, PathBuf};

use axum::Router;
use axum::error_handling::HandleError;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use chamada_platform::Clock;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;

pub use files::{Description, Files, Placing, Stored, Upload};

use crate::keys::Credentials;

/// What may be sent with a presigned PUT.
const UPLOAD_HEADERS: [&str; 3] = ["content-type", "if-none-match", "x-amz-checksum-sha256"];

/// For how long a bundle of evidence can be fetched: what a lifecycle rule says at AWS.
const BUNDLE_LIFE: time::Duration = time::Duration::days(7);

/// How often it is looked for bundles that are over.
const TIDY_EVERY: std::time::Duration = std::time::Duration::from_secs(3600);

/// Removes bundles of evidence whose days are over, now and every hour, until it is stopped.
pub async fn expire_bundles(folder: PathBuf, bucket: &'static str, clock: Clock, stop: CancellationToken) {
    loop {
        let (files, before) = (Files::at(&folder), clock.now() - BUNDLE_LIFE);
        match tokio::task::spawn_blocking(move || files.expire(bucket, "bundles", before)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "old bundles could not be removed"),
            Err(error) => tracing::warn!(%error, "old bundles could not be removed"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(TIDY_EVERY) => {}
        }
    }
}

/// The S3 service over `folder` with `buckets`, for holders of `credentials` or of URLs they signed; `site` is the one origin
/// whose pages may use it.
///
/// # Errors
/// Where the folder cannot be made, or `site` is no origin.
pub fn router(folder: &Path, buckets: &[&str], credentials: &Credentials, site: &str, clock: Clock) -> std::io::Result<Router> {
    let files = Files::open(folder, buckets)?;
    let mut service = S3ServiceBuilder::new(backend::Backend {
        files,
        clock,
        multiparts: multipart::Multiparts::default(),
    });
    service.set_auth(SimpleAuth::from_single(&credentials.access_key, credentials.secret_key.expose()));
    let site = HeaderValue::from_str(site).map_err(std::io::Error::other)?;
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::exact(site))
        .allow_methods([Method::GET, Method::HEAD, Method::PUT])
        .allow_headers(UPLOAD_HEADERS.map(HeaderName::from_static))
        .max_age(std::time::Duration::from_secs(3600));
    let header = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    let service = HandleError::new(service.build(), |error: s3s::HttpError| async move {
        tracing::error!(error = ?error, "the file service failed");
        StatusCode::INTERNAL_SERVER_ERROR
    });
    Ok(Router::new()
        .fallback_service(service)
        .layer(cors)
        .layer(header(header::CONTENT_SECURITY_POLICY, "sandbox"))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "no-referrer"))
        // The site's pages show images and players from here.
        .layer(header(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin")))
}
