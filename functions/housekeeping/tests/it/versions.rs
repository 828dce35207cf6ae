//! On AWS the bucket keeps what is deleted and replaced: all of it goes. The embedded bucket keeps no versions, so a small one stands in that does.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{Method, Response, StatusCode, Uri};
use chamada_store::upload_object;
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::kit::{DAY, House, said};

/// How many versions a listing shows at once.
const PAGE: usize = 2;

/// Versions, newest first as S3 lists them: key, id, whether it marks a deletion.
type Versions = Arc<Mutex<Vec<(String, String, bool)>>>;

#[derive(Deserialize)]
struct Asked {
    prefix: Option<String>,
    #[serde(rename = "versionId")]
    version: Option<String>,
}

async fn bucket(versions: Versions) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(versions);
    tokio::spawn(async move { axum::serve(listener, router).await });
    endpoint
}

async fn answer(State(versions): State<Versions>, method: Method, uri: Uri, Query(asked): Query<Asked>) -> Response<Body> {
    let mut versions = versions.lock().unwrap();
    if method == Method::DELETE {
        let id = asked.version.expect("a version is named, or the deletion would only be marked");
        versions.retain(|(key, version, _)| !(uri.path().ends_with(key.as_str()) && *version == id));
        return status(StatusCode::NO_CONTENT, String::new());
    }
    let prefix = asked.prefix.expect("a listing is asked for");
    let found: Vec<_> = versions.iter().filter(|(key, ..)| key.starts_with(&prefix)).collect();
    let mut xml = format!("<ListVersionsResult><IsTruncated>{}</IsTruncated>", found.len() > PAGE);
    for (key, version, marks) in found.into_iter().take(PAGE) {
        let name = if *marks { "DeleteMarker" } else { "Version" };
        xml += &format!("<{name}><Key>{key}</Key><VersionId>{version}</VersionId></{name}>");
    }
    status(StatusCode::OK, xml + "</ListVersionsResult>")
}

fn status(status: StatusCode, body: String) -> Response<Body> {
    Response::builder().status(status).body(body.into()).unwrap()
}

#[tokio::test]
async fn every_version_goes_and_none_of_another_key() {
    let house = House::open().await;
    let id = house.desk.uploaded(&house.ana, "informe.txt").await;
    let key = upload_object(&id);
    let longer = format!("{key}0");
    let version = |key: &str, id: &str, marks| (key.to_owned(), id.to_owned(), marks);
    let versions: Versions = Arc::new(Mutex::new(vec![
        version(&key, "v5", false),
        version(&key, "v4", true),
        version(&key, "v3", false),
        version(&key, "v2", true),
        version(&key, "null", false),
        version(&longer, "v1", false),
    ]));
    let endpoint = bucket(Arc::clone(&versions)).await;
    house.desk.advance(DAY);
    let platform = house.desk.platform_by(|endpoints| endpoints.s3 = Some(endpoint));
    assert_eq!(house.run_on(platform).await.unwrap(), said(1, 0, false));
    assert_eq!(*versions.lock().unwrap(), [version(&longer, "v1", false)]);
}
