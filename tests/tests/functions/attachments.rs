//! `attachments`.

use crate::world::{TICKET, World, ask, end, request, sample};
use chamada_domain::Role;
use chamada_domain::entry::AttachedFile;
use chamada_domain::word::Word;
use chamada_platform::random;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The file of the samples: what begins as a PNG does.
fn photo() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.resize(48_213, 0);
    bytes
}

/// The same as a file of a ticket.
pub(crate) fn attached() -> AttachedFile {
    AttachedFile {
        attachment_id: "att_0123456789abcdef0123".parse().unwrap(),
        name: Word::new("foto.png", &mut random),
        content_type: "image/png".into(),
        size: 48_213,
        sha256: hex::encode(Sha256::digest(photo())),
        inline: false,
    }
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// Puts bytes where the answer says; the status.
async fn put(upload: &Value, bytes: Vec<u8>) -> u16 {
    let mut put = http().put(upload["url"].as_str().unwrap()).body(bytes);
    for (name, value) in upload["headers"].as_object().unwrap() {
        put = put.header(name, value.as_str().unwrap());
    }
    put.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_file_is_announced_put_and_completed() {
    let world = World::open().await;
    world.sign_in("ana", Role::User).await;
    let function = world.function("attachments");
    let create = sample("attachments/create.json");
    let announced = ask(&function, &create).await.expect(201);
    let id = announced["attachment_id"].as_str().unwrap();
    assert_eq!(announced["upload"]["method"], "PUT");
    assert_eq!(world.partition(&format!("UP#{id}")).await.len(), 1);
    let complete = request(create.clone(), "POST", &format!("/api/attachments/{id}/complete"), None);
    ask(&function, &complete).await.refuses(409, "not_uploaded");
    assert_ne!(
        put(&announced["upload"], vec![0; 48_213]).await,
        200,
        "other bytes than those announced"
    );
    assert_eq!(put(&announced["upload"], photo()).await, 200);
    assert_ne!(put(&announced["upload"], photo()).await, 200, "once alone");
    ask(&function, &complete).await.expect(200);
    let stored = world
        .platform
        .objects()
        .head(&world.platform.config().files_bucket, &format!("files/{id}"))
        .await
        .unwrap();
    assert!(stored.is_some(), "the file lies in the bucket");
    end(function, 3);
}

#[tokio::test]
async fn a_file_of_a_ticket_is_handed_out() {
    let world = World::open().await;
    let ana = world.sign_in("ana", Role::User).await;
    let file = attached();
    let bucket = &world.platform.config().files_bucket;
    world
        .platform
        .objects()
        .put(bucket, &format!("files/{}", file.attachment_id), photo(), "image/png")
        .await
        .unwrap();
    world.ticket(TICKET, &ana, vec![file]).await;
    let function = world.function("attachments");
    let found = ask(&function, &sample("attachments/download.json")).await.expect(200);
    assert_eq!(
        (&found["name"], &found["content_type"], &found["size"]),
        (&json!("foto.png"), &json!("image/png"), &json!(48_213))
    );
    let fetched = http().get(found["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(fetched.status(), 200);
    assert_eq!(fetched.bytes().await.unwrap(), photo());
    end(function, 1);
}

#[tokio::test]
async fn broken_requests_are_refused_by_name_and_write_nothing() {
    let world = World::open().await;
    world.sign_in("ana", Role::User).await;
    let function = world.function("attachments");
    let create = sample("attachments/create.json");
    let with = |body: &str| request(create.clone(), "POST", "/api/attachments", Some(body));
    ask(&function, &with("[")).await.refuses(400, "bad_json");
    let wrong = json!({"name": "foto.png", "content_type": "image/png", "size": "large", "sha256": "9F86"}).to_string();
    let mut fields = ask(&function, &with(&wrong)).await.refuses(422, "invalid");
    fields.sort_unstable();
    assert_eq!(fields, ["sha256", "size"]);
    let program = json!({"name": "foto.exe", "content_type": "image/png", "size": 1, "sha256": "0".repeat(64)}).to_string();
    ask(&function, &with(&program)).await.refuses(422, "type_not_allowed");
    assert!(world.partition("UP#").await.is_empty());
    ask(&function, &create).await.expect(201);
    end(function, 4);
}
