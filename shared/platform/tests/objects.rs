//! Objects and presigned URLs against a real S3 server on loopback.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_s3::config::SharedCredentialsProvider;
use chamada_platform::{Disposition, ObjectError, ObjectHead, Objects, PresignedPut, UploadRules};
use hyper_util::rt::TokioIo;
use reqwest::StatusCode;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const BUCKET: &str = "files";

/// A server on a folder of its own, and objects that reach it.
async fn server() -> (TempDir, Objects) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
    let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
    service.set_auth(SimpleAuth::from_single("key", "secret"));
    let service = service.build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service));
        }
    });
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "key", "secret", None, None, "tests",
        )))
        .http_client(chamada_platform::https_client().unwrap())
        .build();
    (folder, Objects::new(&sdk, Some(&endpoint), None))
}

#[tokio::test]
async fn objects_are_stored_read_and_deleted() {
    let (_folder, objects) = server().await;
    objects.put(BUCKET, "sha256/ab", &b"0123456789"[..], "text/plain").await.unwrap();
    assert_eq!(objects.get(BUCKET, "sha256/ab", 10).await.unwrap(), "0123456789");
    assert!(matches!(
        objects.get(BUCKET, "sha256/ab", 9).await,
        Err(ObjectError::TooLarge { limit: 9 })
    ));
    assert_eq!(objects.first_bytes(BUCKET, "sha256/ab", 4).await.unwrap(), "0123");
    assert_eq!(objects.first_bytes(BUCKET, "sha256/ab", 40).await.unwrap(), "0123456789");
    let head = objects.head(BUCKET, "sha256/ab").await.unwrap().unwrap();
    let sha256 = Some(hex::encode(Sha256::digest(b"0123456789")));
    assert_eq!(
        head,
        ObjectHead {
            size: 10,
            content_type: Some("text/plain".to_owned()),
            sha256
        }
    );

    assert!(
        !objects
            .put_if_absent(BUCKET, "sha256/ab", &b"other"[..], "text/plain")
            .await
            .unwrap()
    );
    assert!(objects.put_if_absent(BUCKET, "sha256/cd", &b""[..], "text/plain").await.unwrap());
    assert_eq!(objects.first_bytes(BUCKET, "sha256/cd", 4).await.unwrap(), "");

    objects.delete(BUCKET, "sha256/ab").await.unwrap();
    objects.delete(BUCKET, "sha256/ab").await.unwrap();
    assert!(objects.head(BUCKET, "sha256/ab").await.unwrap().is_none());
    assert!(matches!(objects.get(BUCKET, "sha256/ab", 99).await, Err(ObjectError::NotFound)));
}

async fn upload(signed: &PresignedPut, body: &'static str, change: Option<(&'static str, &'static str)>) -> StatusCode {
    let mut request = reqwest::Client::new().put(&signed.url);
    for (name, value) in &signed.headers {
        let value = change
            .filter(|(changed, _)| changed == name)
            .map_or(value.as_str(), |(_, value)| value);
        request = request.header(name, value);
    }
    request.body(body).send().await.unwrap().status()
}

#[tokio::test]
async fn a_presigned_put_takes_just_what_was_signed_and_only_once() {
    let (_folder, objects) = server().await;
    let sha256 = Sha256::digest(b"hello").into();
    let rules = UploadRules {
        content_type: "text/plain",
        size: 5,
        sha256: &sha256,
        expires_in: Duration::from_secs(900),
    };
    let signed = objects.presign_put(BUCKET, "files/att_1", rules).await.unwrap();

    let mut names: Vec<_> = signed.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["content-type", "if-none-match", "x-amz-checksum-sha256"]);
    let signed_names = signed.url.split("X-Amz-SignedHeaders=").nth(1).unwrap().split('&').next().unwrap();
    assert_eq!(
        signed_names,
        "content-length%3Bcontent-type%3Bhost%3Bif-none-match%3Bx-amz-checksum-sha256"
    );

    assert_eq!(upload(&signed, "hello there", None).await, StatusCode::FORBIDDEN);
    assert_eq!(
        upload(&signed, "hello", Some(("content-type", "text/html"))).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        upload(&signed, "hello", Some(("if-none-match", "\"x\""))).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(upload(&signed, "hello", None).await, StatusCode::OK);
    assert_eq!(upload(&signed, "hello", None).await, StatusCode::PRECONDITION_FAILED, "once");
    assert_eq!(objects.get(BUCKET, "files/att_1", 5).await.unwrap(), "hello");
}

#[tokio::test]
async fn a_presigned_put_refuses_another_content_of_the_same_length() {
    // A key of its own: s3s-fs 0.14 says no and keeps the object all the same, which S3 does not.
    let (_folder, objects) = server().await;
    let sha256 = Sha256::digest(b"hello").into();
    let rules = UploadRules {
        content_type: "text/plain",
        size: 5,
        sha256: &sha256,
        expires_in: Duration::from_secs(900),
    };
    let signed = objects.presign_put(BUCKET, "files/att_3", rules).await.unwrap();
    assert_eq!(upload(&signed, "jello", None).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_presigned_get_gives_name_and_type_and_expires() {
    let (_folder, objects) = server().await;
    objects
        .put(BUCKET, "files/att_2", &b"hello"[..], "application/octet-stream")
        .await
        .unwrap();
    let sign = |lifetime| objects.presign_get(BUCKET, "files/att_2", lifetime, Disposition::Attachment("ação.txt"), "text/plain");
    let answer = reqwest::get(sign(Duration::from_secs(300)).await.unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/plain");
    assert_eq!(
        answer.headers()["content-disposition"],
        "attachment; filename=\"a__o.txt\"; filename*=UTF-8''a%C3%A7%C3%A3o.txt"
    );
    assert_eq!(answer.text().await.unwrap(), "hello");

    let brief = sign(Duration::from_secs(1)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert_eq!(reqwest::get(brief).await.unwrap().status(), StatusCode::FORBIDDEN);
}
