//! The embedded S3, through the functions' own `Objects` and as a browser uses it.

use std::time::Duration;

use crate::support::{services, take};
use chamada_local::services::Services;
use chamada_platform::{Clock, Disposition, Platform, PresignedPut, UploadRules};
use futures::StreamExt;
use reqwest::{Client, Response, StatusCode};
use sha2::{Digest, Sha256};

const BYTES: &[u8] = b"what was agreed on";

fn http() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

async fn presigned(platform: &Platform, key: &str, bytes: &[u8]) -> PresignedPut {
    let sha256: [u8; 32] = Sha256::digest(bytes).into();
    let rules = UploadRules {
        content_type: "text/plain",
        size: bytes.len() as u64,
        sha256: &sha256,
        expires_in: Duration::from_secs(900),
    };
    platform
        .objects()
        .presign_put(&platform.config().files_bucket, key, rules)
        .await
        .unwrap()
}

async fn put(signed: &PresignedPut, bytes: &'static [u8], change: Option<(&str, &str)>) -> Response {
    let mut request = http().put(&signed.url).header("origin", "http://localhost:8080").body(bytes);
    for (name, value) in &signed.headers {
        let value = change.filter(|(changed, _)| changed == name).map_or(value.as_str(), |(_, new)| new);
        request = request.header(name, value);
    }
    request.send().await.unwrap()
}

async fn exists(platform: &Platform, key: &str) -> bool {
    platform
        .objects()
        .head(&platform.config().files_bucket, key)
        .await
        .unwrap()
        .is_some()
}

async fn start() -> (tempfile::TempDir, Services, Platform) {
    let folder = tempfile::tempdir().unwrap();
    let services = services(&take(folder.path()), Clock::system()).await;
    let platform = services.platform();
    (folder, services, platform)
}

#[tokio::test]
async fn a_browser_puts_what_was_agreed_on_once_and_gets_it() {
    let (_folder, _services, platform) = start().await;
    let signed = presigned(&platform, "files/a", BYTES).await;
    let done = put(&signed, BYTES, None).await;
    assert_eq!(done.status(), StatusCode::OK);
    assert_eq!(done.headers()["access-control-allow-origin"], "http://localhost:8080");
    assert_eq!(
        put(&signed, BYTES, None).await.status(),
        StatusCode::PRECONDITION_FAILED,
        "only once"
    );

    let bucket = &platform.config().files_bucket;
    let head = platform.objects().head(bucket, "files/a").await.unwrap().unwrap();
    assert_eq!((head.size, head.content_type.as_deref()), (BYTES.len() as u64, Some("text/plain")));
    assert_eq!(head.sha256.unwrap(), hex::encode(Sha256::digest(BYTES)));
    assert_eq!(platform.objects().first_bytes(bucket, "files/a", 4).await.unwrap(), BYTES[..4]);

    let disposition = Disposition::Attachment("agreed.txt");
    let url = platform
        .objects()
        .presign_get(bucket, "files/a", Duration::from_secs(300), disposition, "text/plain")
        .await
        .unwrap();
    let got = http().get(&url).send().await.unwrap();
    assert_eq!(got.headers()["content-security-policy"], "sandbox");
    assert_eq!(got.headers()["x-content-type-options"], "nosniff");
    assert!(
        got.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment; filename=\"agreed.txt\"")
    );
    assert_eq!(got.bytes().await.unwrap(), BYTES);
    let part = http().get(&url).header("range", "bytes=5-7").send().await.unwrap();
    assert_eq!(
        (part.status(), part.bytes().await.unwrap().as_ref()),
        (StatusCode::PARTIAL_CONTENT, b"was".as_slice())
    );
    let elsewhere = url.replace("files/a", "files/b");
    assert_eq!(
        http().get(elsewhere).send().await.unwrap().status(),
        StatusCode::FORBIDDEN,
        "another key"
    );

    platform.objects().delete(bucket, "files/a").await.unwrap();
    assert!(!exists(&platform, "files/a").await);
}

#[tokio::test]
async fn anything_else_is_refused_and_leaves_nothing() {
    let (folder, _services, platform) = start().await;
    let signed = presigned(&platform, "files/a", BYTES).await;
    assert_eq!(
        put(&signed, b"what was agreed on, and more", None).await.status(),
        StatusCode::FORBIDDEN,
        "length"
    );
    assert_eq!(
        put(&signed, BYTES, Some(("content-type", "text/html"))).await.status(),
        StatusCode::FORBIDDEN,
        "type"
    );
    assert_eq!(
        put(&signed, BYTES, Some(("if-none-match", "x"))).await.status(),
        StatusCode::FORBIDDEN,
        "condition"
    );
    assert_eq!(
        put(&signed, b"WHAT WAS AGREED ON", None).await.status(),
        StatusCode::BAD_REQUEST,
        "checksum"
    );
    let other = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    assert!(
        put(&signed, BYTES, Some(("x-amz-checksum-sha256", other)))
            .await
            .status()
            .is_client_error(),
        "promised checksum"
    );
    let anonymous = signed.url.split('?').next().unwrap();
    assert_eq!(
        http().put(anonymous).body(BYTES).send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(http().get(anonymous).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert!(!exists(&platform, "files/a").await);
    let left = std::fs::read_dir(folder.path().join("data/objects/.uploads")).unwrap().count();
    assert_eq!(left, 0, "nothing half written stays");
}

#[tokio::test]
async fn an_expired_url_is_refused() {
    let (_folder, _services, platform) = start().await;
    let sha256: [u8; 32] = Sha256::digest(BYTES).into();
    let rules = UploadRules {
        content_type: "text/plain",
        size: BYTES.len() as u64,
        sha256: &sha256,
        expires_in: Duration::from_secs(1),
    };
    let signed = platform
        .objects()
        .presign_put(&platform.config().files_bucket, "files/late", rules)
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert_eq!(put(&signed, BYTES, None).await.status(), StatusCode::FORBIDDEN);
    assert!(!exists(&platform, "files/late").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_at_once_exactly_one_creates() {
    let (_folder, _services, platform) = start().await;
    for round in 0..10 {
        let key = format!("mail/{round}.eml");
        let puts = (0..20).map(|writer| {
            let (platform, key) = (platform.clone(), key.clone());
            tokio::spawn(async move {
                platform
                    .objects()
                    .put_if_absent("chamada-mail", &key, format!("writer {writer}"), "message/rfc822")
                    .await
                    .unwrap()
            })
        });
        let winners: Vec<bool> = futures::future::try_join_all(puts).await.unwrap();
        assert_eq!(winners.iter().filter(|won| **won).count(), 1);
        let kept = platform.objects().get("chamada-mail", &key, 100).await.unwrap();
        let writer = winners.iter().position(|won| *won).unwrap();
        assert_eq!(kept, format!("writer {writer}"), "what is there is the winner's");
    }
}

#[tokio::test]
async fn only_the_site_s_pages_may_use_it() {
    let (_folder, services, platform) = start().await;
    let url = format!("{}/{}/files/x", services.server_file().files_url, platform.config().files_bucket);
    let ask = async |origin: &str| {
        let request = http()
            .request(reqwest::Method::OPTIONS, &url)
            .header("origin", origin)
            .header("access-control-request-method", "PUT");
        request
            .header("access-control-request-headers", "content-type,if-none-match,x-amz-checksum-sha256")
            .send()
            .await
            .unwrap()
    };
    let ours = ask("http://localhost:8080").await;
    assert_eq!(ours.headers()["access-control-allow-origin"], "http://localhost:8080");
    assert!(
        ours.headers()["access-control-allow-headers"]
            .to_str()
            .unwrap()
            .contains("x-amz-checksum-sha256")
    );
    let theirs = ask("https://evil.example").await;
    assert_ne!(
        theirs.headers().get("access-control-allow-origin").map(|value| value.as_bytes()),
        Some(b"https://evil.example".as_slice())
    );
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn fifty_megabytes_pass_through_in_little_memory() {
    const PIECE: usize = 64 * 1024;
    const PIECES: usize = 800;
    let (_folder, _services, platform) = start().await;
    let mut digest = Sha256::new();
    (0..PIECES).for_each(|_| digest.update(vec![5; PIECE]));
    let sha256: [u8; 32] = digest.finalize().into();
    let rules = UploadRules {
        content_type: "video/mp4",
        size: (PIECE * PIECES) as u64,
        sha256: &sha256,
        expires_in: Duration::from_secs(900),
    };
    let signed = platform
        .objects()
        .presign_put(&platform.config().files_bucket, "files/big", rules)
        .await
        .unwrap();
    let before = resident_kb();
    let peak = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(before));
    let seen = std::sync::Arc::clone(&peak);
    let body = futures::stream::iter(0..PIECES).map(move |_| {
        seen.fetch_max(resident_kb(), std::sync::atomic::Ordering::Relaxed);
        Ok::<_, std::io::Error>(vec![5_u8; PIECE])
    });
    let mut request = http()
        .put(&signed.url)
        .header("content-length", PIECE * PIECES)
        .body(reqwest::Body::wrap_stream(body));
    for (name, value) in &signed.headers {
        request = request.header(name, value);
    }
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    let url = platform.objects().presign_get(
        &platform.config().files_bucket,
        "files/big",
        Duration::from_secs(60),
        Disposition::Inline("x"),
        "video/mp4",
    );
    let mut body = http().get(url.await.unwrap()).send().await.unwrap().bytes_stream();
    let mut got = 0;
    while let Some(piece) = body.next().await {
        got += piece.unwrap().len();
        peak.fetch_max(resident_kb(), std::sync::atomic::Ordering::Relaxed);
    }
    assert_eq!(got, PIECE * PIECES);
    let grown = peak.load(std::sync::atomic::Ordering::Relaxed) - before;
    assert!(grown < 20 * 1024, "grew by {grown} KB");
}
