//! The Parameter Store against a small server that speaks its JSON protocol.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_ssm::config::SharedCredentialsProvider;
use chamada_platform::{Clock, Parameters, Secret};
use hyper::body::{Body, Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use time::Duration;

type Stored = Arc<Mutex<HashMap<String, String>>>;

fn answer(target: &str, asked: &Value, stored: &Stored) -> Result<Value, &'static str> {
    let mut stored = stored.lock().unwrap();
    let name = asked["Name"].as_str().unwrap().to_owned();
    match target {
        "AmazonSSM.GetParameter" => {
            assert_eq!(asked["WithDecryption"], true);
            let value = stored.get(&name).ok_or("ParameterNotFound")?;
            Ok(json!({"Parameter": {"Name": name, "Type": "SecureString", "Value": value}}))
        }
        "AmazonSSM.PutParameter" => {
            assert_eq!(asked["Type"], "SecureString");
            if stored.contains_key(&name) && asked["Overwrite"] != true {
                return Err("ParameterAlreadyExists");
            }
            stored.insert(name, asked["Value"].as_str().unwrap().to_owned());
            Ok(json!({"Version": 1}))
        }
        "AmazonSSM.DeleteParameter" => stored.remove(&name).map(|_| json!({})).ok_or("ParameterNotFound"),
        other => panic!("{other}"),
    }
}

async fn read(mut body: Incoming) -> Vec<u8> {
    let mut read = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context)).await {
        read.extend_from_slice(frame.unwrap().data_ref().unwrap());
    }
    read
}

async fn serve(request: Request<Incoming>, stored: Stored) -> Result<Response<String>, Infallible> {
    let target = request.headers()["x-amz-target"].to_str().unwrap().to_owned();
    let asked = serde_json::from_slice(&Bytes::from(read(request.into_body()).await)).unwrap();
    let (status, body) = match answer(&target, &asked, &stored) {
        Ok(body) => (200, body),
        Err(kind) => (400, json!({"__type": kind})),
    };
    Ok(Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.1")
        .body(body.to_string())
        .unwrap())
}

async fn store(stored: &Stored) -> aws_sdk_ssm::Client {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let stored = stored.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let stored = stored.clone();
            let service = service_fn(move |request| serve(request, stored.clone()));
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
        .endpoint_url(endpoint)
        .build();
    aws_sdk_ssm::Client::new(&sdk)
}

#[tokio::test]
async fn values_are_kept_for_five_minutes() {
    let stored = Stored::default();
    let clock = Clock::system();
    let parameters = Parameters::new(store(&stored).await, "/test".to_owned(), clock.clone());
    assert_eq!(parameters.get("mailbox/a").await.unwrap(), None);
    parameters.put("mailbox/a", &Secret::new("one")).await.unwrap();
    stored.lock().unwrap().insert("/test/mailbox/a".to_owned(), "two".to_owned());
    assert_eq!(parameters.get("mailbox/a").await.unwrap(), Some(Secret::new("one")), "still kept");
    clock.advance(Duration::minutes(5));
    assert_eq!(parameters.get("mailbox/a").await.unwrap(), Some(Secret::new("two")));
    parameters.put("mailbox/a", &Secret::new("three")).await.unwrap();
    assert_eq!(parameters.get("mailbox/a").await.unwrap(), Some(Secret::new("three")));
    parameters.delete("mailbox/a").await.unwrap();
    parameters.delete("mailbox/a").await.unwrap();
    assert_eq!(parameters.get("mailbox/a").await.unwrap(), None);
}

#[tokio::test]
async fn of_several_who_make_a_key_one_wins() {
    let stored = Stored::default();
    let (one, other) = (store(&stored).await, store(&stored).await);
    let one = Parameters::new(one, "/test".to_owned(), Clock::system());
    let other = Parameters::new(other, "/test".to_owned(), Clock::system());
    let (a, b) = tokio::join!(one.key("cursor-key"), other.key("cursor-key"));
    assert_eq!(a.unwrap(), b.unwrap());
    stored.lock().unwrap().insert("/test/mail-key".to_owned(), "short".to_owned());
    assert!(one.key("mail-key").await.is_err());
}
