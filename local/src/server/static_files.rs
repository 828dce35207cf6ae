//! The built client.

use std::path::PathBuf;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response};
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeDir;

/// The builder puts a digest into the names below this path: what it names never changes.
const HASHED: &str = "/assets/";

/// Files of `client`, compressed; a page that says what is missing where there is none.
pub(super) fn router(client: Option<PathBuf>) -> Router {
    match client {
        Some(folder) => Router::new()
            .fallback_service(ServeDir::new(folder).precompressed_gzip())
            .layer(CompressionLayer::new())
            .layer(from_fn(cache)),
        None => Router::new().fallback(async || missing()),
    }
}

fn missing() -> Response {
    let page = Html("<!doctype html><title>Chamada</title><p>The API runs. The client is not built: run <code>make up</code>.");
    (StatusCode::NOT_FOUND, page).into_response()
}

async fn cache(request: Request, next: Next) -> Response {
    let hashed = request.uri().path().starts_with(HASHED);
    let mut response = next.run(request).await;
    let value = if hashed && response.status().is_success() {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use tower::ServiceExt;

    async fn get(router: Router, path: &str) -> Response {
        let request = Request::builder()
            .uri(path)
            .header("accept-encoding", "gzip")
            .body(Body::empty())
            .unwrap();
        router.oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn hashed_files_are_kept_for_good_and_the_page_is_asked_for_anew() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("assets")).unwrap();
        std::fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
        std::fs::write(folder.path().join("assets/a-1f2e.js"), "x".repeat(4096)).unwrap();
        let app = router(Some(folder.path().into()));
        let page = get(app.clone(), "/").await;
        assert_eq!(
            (page.status(), &page.headers()["cache-control"]),
            (StatusCode::OK, &HeaderValue::from_static("no-cache"))
        );
        let script = get(app.clone(), "/assets/a-1f2e.js").await;
        assert!(script.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        assert_eq!(script.headers()["content-encoding"], "gzip");
        assert_eq!(script.headers()["content-type"], "text/javascript");
        for path in ["/assets/gone.js", "/../Cargo.toml", "/%2e%2e/x", "/nothing"] {
            let absent = get(app.clone(), path).await;
            assert_eq!(
                (absent.status(), &absent.headers()["cache-control"]),
                (StatusCode::NOT_FOUND, &HeaderValue::from_static("no-cache"))
            );
        }
    }
}
