use chamada_domain::Role;
use serde_json::{Value, json};

use chamada_tests::desk::{Desk, Setup};

use crate::kit::{announce, announcement, complete, digest, lies_there, put, remove, upload};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and some pixels";

#[tokio::test]
async fn a_file_is_announced_put_once_and_looked_at() {
    let desk = Desk::with(Setup::in_real_time(), attachments::router).await;
    let (_, ana) = desk.enter("ana@example.org", Role::User).await;
    let announced = announce(&ana, &announcement("C:\\fotos\\foto.png", "image/PNG; x=1", PNG)).await;
    assert_eq!(announced.status, 201, "{}", announced.body);
    let id = announced.body["attachment_id"].as_str().unwrap();
    assert!(id.starts_with("att_"));
    let headers = announced.body["upload"]["headers"].as_object().unwrap();
    assert_eq!(
        (headers["content-type"].as_str(), headers["if-none-match"].as_str()),
        (Some("image/png"), Some("*"))
    );

    assert_eq!(complete(&ana, id).await.problem(), (409, "not_uploaded"));
    assert_eq!(put(&announced.body, PNG).await, 200);
    assert_eq!(put(&announced.body, PNG).await, 412, "a second time");
    for _ in 0..2 {
        let completed = complete(&ana, id).await;
        assert_eq!(completed.status, 200);
        let expected = json!({"attachment_id": id, "state": "stored", "name": "foto.png", "content_type": "image/png", "size": PNG.len(), "sha256": digest(PNG)});
        assert_eq!(completed.body, expected);
    }
}

#[tokio::test]
async fn the_bucket_takes_nothing_but_what_was_announced() {
    let desk = Desk::with(Setup::in_real_time(), attachments::router).await;
    let (_, ana) = desk.enter("ana@example.org", Role::User).await;
    let announced = announce(&ana, &announcement("foto.png", "image/png", PNG)).await;
    let mut other = PNG.to_vec();
    other[20] ^= 1;
    assert!(put(&announced.body, &other).await >= 400, "another content of the same length");
    assert!(put(&announced.body, &[PNG, b"more"].concat()).await >= 400, "a longer one");
    let mut stripped = announced.body.clone();
    stripped["upload"]["headers"]["content-type"] = json!("text/html");
    assert!(put(&stripped, PNG).await >= 400, "another type");
    assert!(!lies_there(&desk, announced.body["attachment_id"].as_str().unwrap()).await);
}

#[tokio::test]
async fn what_is_not_what_it_says_is_deleted() {
    let desk = Desk::with(Setup::in_real_time(), attachments::router).await;
    let (_, ana) = desk.enter("ana@example.org", Role::User).await;
    let program = b"MZ\x90\0 this program cannot be run";
    let announced = announce(&ana, &announcement("notas.txt", "text/plain", program)).await;
    let id = announced.body["attachment_id"].as_str().unwrap();
    assert_eq!(put(&announced.body, program).await, 200);
    assert!(lies_there(&desk, id).await);
    assert_eq!(complete(&ana, id).await.problem(), (422, "type_mismatch"));
    assert!(!lies_there(&desk, id).await);
    assert_eq!(complete(&ana, id).await.problem(), (409, "not_uploaded"));

    // The signed URL lets no other size in; the check does not rely on it.
    let announced = announce(&ana, &announcement("notas.txt", "text/plain", b"hola")).await;
    let id = announced.body["attachment_id"].as_str().unwrap();
    let objects = desk.app.platform.objects();
    for other in ["hola y chau", "chau"] {
        objects
            .put(
                &desk.app.platform.config().files_bucket,
                &format!("files/{id}"),
                other,
                "text/plain",
            )
            .await
            .unwrap();
        assert_eq!(complete(&ana, id).await.problem(), (422, "size_mismatch"), "{other}");
        assert!(!lies_there(&desk, id).await);
    }
}

#[tokio::test]
async fn bad_announcements_are_refused_field_by_field() {
    let desk = Desk::with(Setup::in_real_time(), attachments::router).await;
    let (_, ana) = desk.enter("ana@example.org", Role::User).await;
    let good = announcement("a.pdf", "application/pdf", b"%PDF-1.7");
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    let cases = [
        (with("name", json!("x.exe")), "type_not_allowed", "name type_not_allowed"),
        (with("name", json!("README")), "type_not_allowed", "name type_not_allowed"),
        (
            with("content_type", json!("text/html")),
            "type_not_allowed",
            "content_type type_not_allowed",
        ),
        (with("content_type", json!("pdf")), "invalid", "content_type invalid"),
        (with("size", json!(50 * 1024 * 1024 + 1)), "too_large", "size too_large"),
        (with("size", json!(0)), "invalid", "size out_of_range"),
        (with("size", json!("7")), "invalid", "size invalid"),
        (with("sha256", json!(digest(b"x").to_uppercase())), "invalid", "sha256 invalid"),
        (with("sha256", json!("ab")), "invalid", "sha256 invalid"),
        (with("name", json!("a\r\nb.pdf")), "invalid", "name invalid"),
        (with("name", json!("../")), "invalid", "name invalid"),
        (with("name", json!("a\u{202e}fdp.pdf")), "invalid", "name invalid"),
        (with("name", json!(format!("{}.pdf", "a".repeat(197)))), "invalid", "name too_long"),
        (with("extra", json!(1)), "invalid", "extra unknown"),
    ];
    for (body, code, fault) in cases {
        let answer = announce(&ana, &body).await;
        assert_eq!((answer.problem(), answer.faulty()), ((422, code), vec![fault.to_owned()]), "{body}");
    }
    let largest = announce(&ana, &with("size", json!(50 * 1024 * 1024))).await;
    assert_eq!(largest.status, 201);
    let all = announce(&ana, &json!({})).await;
    assert_eq!(all.faulty().len(), 4);
}

#[tokio::test]
async fn a_repeated_announcement_is_the_same_file() {
    let desk = Desk::with(Setup::in_real_time(), attachments::router).await;
    let (_, ana) = desk.enter("ana@example.org", Role::User).await;
    let body = announcement("foto.png", "image/png", PNG);
    let ask = async |body: Value| ana.post_once("/api/attachments", "k1", &body).await;
    let (first, second) = (ask(body.clone()).await, ask(body.clone()).await);
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.body["attachment_id"], second.body["attachment_id"]);
    assert_eq!(put(&second.body, PNG).await, 200, "the second answer's URL takes the file");
    let other = ask(announcement("otra.png", "image/png", PNG)).await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused"));
}

#[tokio::test]
async fn a_file_is_its_owner_s_alone_and_can_be_removed() {
    let desk = Desk::with(Setup::in_real_time(), attachments::router).await;
    let (_, ana) = desk.enter("ana@example.org", Role::User).await;
    let (_, admin) = desk.enter("admin@example.org", Role::Administrator).await;
    let id = upload(&ana, "foto.png", "image/png", PNG).await;
    assert_eq!(complete(&admin, &id).await.problem(), (404, "not_found"));
    assert_eq!(remove(&admin, &id, None).await.problem(), (404, "not_found"));
    assert_eq!(remove(&desk.browser(), &id, None).await.problem(), (401, "sign_in_needed"));
    assert!(lies_there(&desk, &id).await);
    assert_eq!(remove(&ana, &id, Some("k")).await.status, 204);
    assert!(!lies_there(&desk, &id).await);
    assert_eq!(remove(&ana, &id, Some("k")).await.status, 204, "the same request again");
    assert_eq!(remove(&ana, &id, None).await.problem(), (404, "not_found"));
    assert_eq!(complete(&ana, &id).await.problem(), (404, "not_found"));
    assert_eq!(complete(&ana, "att_nothing").await.problem(), (404, "not_found"));
    assert_eq!(complete(&ana, "usr_1").await.problem(), (404, "not_found"));
}

#[tokio::test]
async fn an_announcement_ends_after_a_day() {
    let desk = Desk::with(Setup::in_real_time(), attachments::router).await;
    let (_, ana) = desk.enter("ana@example.org", Role::User).await;
    let id = upload(&ana, "foto.png", "image/png", PNG).await;
    desk.clock
        .advance(std::time::Duration::from_secs(24 * 3_600 + 1).try_into().unwrap());
    assert_eq!(complete(&ana, &id).await.problem(), (404, "not_found"));
}

#[tokio::test]
async fn strangers_are_asked_to_sign_in_before_anything_is_read() {
    let desk = Desk::with(Setup::in_real_time(), attachments::router).await;
    for cookie in ["", "guest.nothing", "usr_1.x", "nonsense"] {
        let browser = desk.browser();
        browser.set_cookie((!cookie.is_empty()).then(|| format!("__Host-session={cookie}")));
        let answer = announce(&browser, &json!({"bad": 1})).await;
        assert_eq!(answer.problem(), (401, "sign_in_needed"), "{cookie}");
    }
    let guest = desk.guest(vec![]).await;
    assert_eq!(
        announce(&guest, &json!({})).await.problem(),
        (401, "sign_in_needed"),
        "a session without keys"
    );
}

#[tokio::test]
async fn a_repeated_completion_is_answered_when_the_file_hangs_on_a_ticket_and_a_key_stands_for_one_file() {
    let desk = Desk::with(Setup::in_real_time(), attachments::router).await;
    let (user, ana) = desk.enter("ana@example.org", Role::User).await;
    let mut ids = Vec::new();
    for name in ["una.png", "otra.png"] {
        let announced = announce(&ana, &announcement(name, "image/png", PNG)).await.expect(201);
        assert_eq!(put(&announced, PNG).await, 200);
        ids.push(announced["attachment_id"].as_str().unwrap().to_owned());
    }
    let ask = async |id: &str| {
        let path = format!("/api/attachments/{id}/complete");
        ana.send(http::Method::POST, &path, &[("idempotency-key", "k1")], None).await
    };
    let first = ask(&ids[0]).await.expect(200);
    ask(&ids[1]).await.refuses(422, "idempotency_key_reused");
    let upload = desk.app.store.upload(&ids[1].parse().unwrap(), desk.now()).await.unwrap();
    assert!(!upload.complete, "what was refused changed nothing");
    crate::kit::ticket_with(&desk, &user, &ids[0]).await;
    assert_eq!(ask(&ids[0]).await.expect(200), first);
}
