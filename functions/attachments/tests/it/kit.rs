//! Files on their way: what a browser does with the routes and with the bucket behind them.

use chamada_domain::{TicketNumber, User, Visibility};
use chamada_store::With;
use chamada_tests::desk::{Browser, Desk, Reply};
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// What announces these bytes under this name and type.
pub(crate) fn announcement(name: &str, content_type: &str, bytes: &[u8]) -> Value {
    json!({"name": name, "content_type": content_type, "size": bytes.len(), "sha256": digest(bytes)})
}

pub(crate) async fn announce(browser: &Browser, body: &Value) -> Reply {
    browser.post("/api/attachments", body).await
}

pub(crate) async fn complete(browser: &Browser, id: &str) -> Reply {
    browser
        .send(Method::POST, &format!("/api/attachments/{id}/complete"), &[], None)
        .await
}

pub(crate) async fn remove(browser: &Browser, id: &str, key: Option<&str>) -> Reply {
    let key: Vec<_> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
    browser.send(Method::DELETE, &format!("/api/attachments/{id}"), &key, None).await
}

/// Puts bytes where an announcement says, with the headers that it names.
pub(crate) async fn put(announced: &Value, bytes: &[u8]) -> u16 {
    let upload = &announced["upload"];
    assert_eq!(upload["method"], "PUT");
    let mut request = reqwest::Client::new().put(upload["url"].as_str().unwrap()).body(bytes.to_vec());
    for (name, value) in upload["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    request.send().await.unwrap().status().as_u16()
}

/// Announces, puts and completes a file; its id.
pub(crate) async fn upload(browser: &Browser, name: &str, content_type: &str, bytes: &[u8]) -> String {
    let announced = announce(browser, &announcement(name, content_type, bytes)).await.expect(201);
    assert_eq!(put(&announced, bytes).await, 200);
    let id = announced["attachment_id"].as_str().unwrap().to_owned();
    complete(browser, &id).await.expect(200);
    id
}

/// Whether an upload's object lies in the bucket.
pub(crate) async fn lies_there(desk: &Desk, id: &str) -> bool {
    let platform = &desk.app.platform;
    let key = format!("files/{id}");
    let head = platform.objects().head(&platform.config().files_bucket, &key).await;
    head.unwrap().is_some()
}

/// A ticket of `requester` with a file that they uploaded.
pub(crate) async fn ticket_with(desk: &Desk, requester: &User, upload: &str) -> TicketNumber {
    let (file, uploads) = desk.attachable(requester, &upload.parse().unwrap()).await;
    let with = With {
        uploads: Some(&uploads),
        ..With::default()
    };
    desk.ticket_of(requester, &with, |new| new.attachments.push(file)).await.number
}

/// A note of staff with a file that they uploaded.
pub(crate) async fn note_with(desk: &Desk, number: TicketNumber, author: &User, upload: &str) {
    let (file, uploads) = desk.attachable(author, &upload.parse().unwrap()).await;
    let with = With {
        uploads: Some(&uploads),
        ..With::default()
    };
    let note = |message: &mut chamada_domain::message::NewMessage| {
        message.visibility = Visibility::Internal;
        message.attachments.push(file);
    };
    desk.answer(number, author, "Para el taller", note, &with).await;
}
