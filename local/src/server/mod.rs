//! The site's listener: API, static client, outbox page.

mod headers;
mod outbox_page;
mod static_files;

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use chamada_platform::{PeerAddress, RequestId, random};

use crate::doubles::OutboxFolder;
use crate::functions::Functions;

/// What the site's listener serves.
#[derive(Debug)]
pub struct Site<'a> {
    /// The functions' routers and the administrator check.
    pub functions: &'a Functions,
    /// The built client, where there is one.
    pub client: Option<PathBuf>,
    /// The outbox, where mail goes there.
    pub outbox: Option<OutboxFolder>,
    /// The site's origin.
    pub site_url: &'a str,
    /// The origin of files, which the client may load from and put to.
    pub files_url: &'a str,
}

/// Everything merged. Serve it with [`SocketAddr`] as connect info.
pub fn router(site: Site<'_>) -> Router {
    let client = headers::add(
        static_files::router(site.client),
        &headers::content_security_policy(site.files_url),
        site.site_url,
    );
    let mut app = Router::new().merge(site.functions.router.clone());
    if let Some(outbox) = site.outbox {
        app = app.merge(outbox_page::router(outbox, site.functions.is_administrator.clone(), site.site_url));
    }
    app.fallback_service(client).layer(from_fn(annotate))
}

/// Says what Lambda would say of a request: its source address and its id.
async fn annotate(mut request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(address)| PeerAddress(address.ip().to_canonical()));
    if let Some(peer) = peer {
        request.extensions_mut().insert(peer);
    }
    request.extensions_mut().insert(RequestId(hex::encode(random::<8>()).into()));
    next.run(request).await
}

/// Where the built client lies: `given`, or `web/dist` below the working directory or beside the program.
#[must_use]
pub fn find_client(given: Option<PathBuf>) -> Option<PathBuf> {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.join("web/dist")));
    let candidates = [given, Some(PathBuf::from("web/dist")), beside];
    candidates.into_iter().flatten().find(|folder| folder.join("index.html").is_file())
}
