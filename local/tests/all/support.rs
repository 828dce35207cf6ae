//! What several tests start from.

use std::path::Path;

use chamada_local::engine::Durability;
use chamada_local::folder::Folder;
use chamada_local::services::{Services, Settings};
use chamada_platform::Clock;
use tokio::net::TcpListener;

/// The AWS side on `folder`, with its files at the address that URLs are signed for.
pub(crate) async fn services(folder: &Folder, clock: Clock) -> Services {
    let files = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = Settings {
        site_url: "http://localhost:8080".into(),
        files_url: format!("http://localhost:{}", files.local_addr().unwrap().port()),
        sender: "help@localhost".into(),
        smtp_url: None,
        extra_ca: None,
        trust_proxy: false,
        allow_plain_pop3: false,
        log_format: "text".into(),
        durability: Durability::default(),
    };
    Services::start(folder, &settings, files, clock).await.unwrap()
}

/// A folder that is taken.
pub(crate) fn take(path: &Path) -> Folder {
    Folder::take(&path.join("data")).unwrap()
}
