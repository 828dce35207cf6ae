//! Bad input, at the API and at the command line: a clear answer each time, never a 500, and nothing written.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

use chamada_tests::{
    client::Api,
    dovecot::{Dovecot, Options as Pop3Options},
    naive::{count, dump},
    server::{Options, Server},
    story::{self, Desk, MAILBOX, mailbox},
};
use http::Method;
use serde_json::{Value, json};
use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _, process::Command};

/// A ticket that is good in all its parts.
fn good() -> Value {
    json!({"title": "Impresora", "body": "No imprime.", "kind": "incident"})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = good();
    body[field] = value;
    body
}

/// Bodies that are refused, with each faulty field and its code where the contract names one.
fn bad_tickets() -> Vec<(Value, &'static str)> {
    vec![
        (with("title", json!("")), "title"),
        (with("title", json!("   ")), "title"),
        (with("title", json!("x".repeat(201))), "title"),
        (with("title", json!(7)), "title"),
        (with("title", Value::Null), "title"),
        (with("body", json!("")), "body"),
        (with("body", json!("x".repeat(65_537))), "body"),
        (with("kind", json!("wish")), "kind"),
        (with("attachment_ids", json!(["att_nobodys"])), "attachment_ids"),
        (with("attachment_ids", json!("att_1")), "attachment_ids"),
        (with("cc", json!(["not an address"])), "cc"),
        (with("cc", json!(vec!["a@example.com"; 21])), "cc"),
        (with("category_id", json!("cat_none")), "category_id"),
        (with("colour", json!("red")), "colour"),
        (json!({"body": "x", "kind": "incident"}), "title"),
    ]
}

#[tokio::test]
async fn requests_that_make_no_sense_change_nothing() {
    let mut server = Server::start(Options::default());
    let admin = server.admin().await;
    for (body, field) in bad_tickets() {
        let reply = admin.post("/api/tickets", &body).await;
        reply.expect_problem(422, "invalid");
        assert!(
            reply.faults().iter().any(|fault| fault.starts_with(field)),
            "{field}: {:?}",
            reply.faults()
        );
    }
    let both = admin.post("/api/tickets", &json!({"title": "", "body": "", "kind": "wish"})).await;
    assert_eq!(both.faults().len(), 3, "every faulty field is named: {:?}", both.faults());
    let json_type = [("content-type", "application/json")];
    for broken in ["{", "", "[]nonsense", "\u{0}", "{\"title\": \"a\", }"] {
        admin
            .send(Method::POST, "/api/tickets", &json_type, broken)
            .await
            .expect_problem(400, "bad_json");
    }
    // Deep nesting must not end the process.
    let deep = "[".repeat(200_000);
    admin
        .send(Method::POST, "/api/tickets", &json_type, deep)
        .await
        .expect_problem(400, "bad_json");
    let huge = admin.send(Method::POST, "/api/tickets", &json_type, "x".repeat(1_048_577)).await;
    assert_eq!(huge.status, 413);
    let empty = admin.get("/api/tickets").await.expect(200);
    assert_eq!(empty["items"], json!([]));
    let (engine, table) = server.engine();
    assert!(
        count::tickets(&dump::table(&engine, &table).await).is_empty(),
        "nothing was written"
    );
}

#[tokio::test]
async fn limits_are_where_they_are_said_to_be() {
    let mut server = Server::start(Options::default());
    let admin = server.admin().await;
    admin.post("/api/tickets", &with("title", json!("é".repeat(200)))).await.expect(201);
    admin
        .post("/api/tickets", &with("body", json!("ñ".repeat(65_536))))
        .await
        .expect(201);
    for limit in ["0", "101", "-1", "x", "99999999999999999999"] {
        admin
            .get(&format!("/api/tickets?limit={limit}"))
            .await
            .expect_problem(422, "invalid");
    }
    assert_eq!(
        admin.get("/api/tickets?limit=1").await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    for number in ["0", "x", "-1", "99999999999999999999", "1e3", "%00"] {
        let reply = admin.get(&format!("/api/tickets/{number}")).await;
        assert!([400, 404, 422].contains(&reply.status), "{}: {}", reply.asked, reply.status);
    }
    admin.get("/api/tickets/999999").await.expect_problem(404, "not_found");
    for nothing in ["/api", "/api/", "/api/nothing", "/api/tickets/1/nothing"] {
        admin.get(nothing).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn cursors_belong_to_one_caller_and_one_list() {
    let mut server = Server::start(Options::default());
    let admin = server.admin().await;
    for n in 0..3 {
        admin
            .post("/api/tickets", &with("title", json!(format!("Pedido {n}"))))
            .await
            .expect(201);
    }
    let page = admin
        .wait("/api/tickets?limit=1", story::PATIENCE, |page| page["next_cursor"].is_string())
        .await;
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    admin.get(&format!("/api/tickets?limit=1&cursor={cursor}")).await.expect(200);
    let mut forged = cursor.clone();
    let middle = forged.len() / 2;
    let other = if &forged[middle..=middle] == "A" { "B" } else { "A" };
    forged.replace_range(middle..=middle, other);
    for bad in [forged.as_str(), "x", "%2e%2e", &cursor[..cursor.len() - 1]] {
        admin
            .get(&format!("/api/tickets?limit=1&cursor={bad}"))
            .await
            .expect_problem(400, "bad_cursor");
    }
    let foreign = format!("/api/tickets?limit=1&status=new&cursor={cursor}");
    admin.get(&foreign).await.expect_problem(400, "bad_cursor");
}

#[tokio::test]
async fn strangers_and_forgers_are_kept_out() {
    let mut server = Server::start(Options::default());
    let admin = server.admin().await;
    let number = admin.post("/api/tickets", &good()).await.expect(201)["number"].as_u64().unwrap();
    let stranger = server.anonymous();
    for path in [
        "/api/tickets",
        "/api/me",
        "/api/users",
        "/api/mailboxes",
        &format!("/api/tickets/{number}"),
    ] {
        stranger.get(path).await.expect_problem(401, "sign_in_needed");
    }
    let evil = [
        ("origin", "https://evil.example"),
        ("content-type", "application/json"),
        ("x-requested-with", "chamada"),
    ];
    admin
        .send(Method::POST, "/api/tickets", &evil, good().to_string())
        .await
        .expect_problem(403, "cross_site");
    let none = [("origin", ""), ("content-type", "application/json")];
    admin
        .send(Method::POST, "/api/tickets", &none, good().to_string())
        .await
        .expect_problem(403, "cross_site");
    let script = [
        ("origin", ""),
        ("content-type", "application/json"),
        ("x-requested-with", "chamada"),
    ];
    admin
        .send(Method::POST, "/api/tickets", &script, good().to_string())
        .await
        .expect(201);
    for token in ["", "x", "A".repeat(43).as_str(), "../../etc/passwd"] {
        let reply = stranger.post("/api/session", &json!({"token": token})).await;
        assert!([401, 422].contains(&reply.status), "{}: {}", reply.asked, reply.status);
    }
    stranger
        .post("/api/session", &json!({"ticket": number, "ticket_key": "A".repeat(43)}))
        .await
        .expect_problem(401, "bad_credentials");
    let wrong = json!({"email": "admin@chamada.example", "password": "not the password"});
    stranger.post("/api/session", &wrong).await.expect_problem(401, "bad_credentials");
    let headers = stranger.get("/api/health").await;
    assert_eq!(headers.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn a_sign_in_link_works_once() {
    let mut server = Server::start(Options::default());
    let link = server.sign_in_link().unwrap().to_owned();
    server.admin().await;
    server.anonymous().try_follow(&link).await.expect_problem(401, "link_used");
    let fresh = server.admin_link("admin@chamada.example");
    server.anonymous().follow(&fresh).await;
    let output = server.command_line(&["admin-link", "nobody@chamada.example"]);
    assert_eq!(output.status.code(), Some(1));
}

async fn test_mailbox(admin: &Api, body: &Value) -> Value {
    let id = admin.post("/api/mailboxes", body).await.expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    admin.post(&format!("/api/mailboxes/{id}/test"), &json!({})).await.expect(200)
}

#[tokio::test]
async fn a_mailbox_that_cannot_be_read_says_why() {
    let pop3 = Dovecot::start_with(&[MAILBOX], &Pop3Options { lock_session: true });
    // This server trusts no authority but the usual ones.
    let mut server = Server::start(Options::default());
    let admin = server.admin().await;
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut nowhere = mailbox(MAILBOX, 995, "tls");
    nowhere["host"] = "no-such-host.invalid".into();
    let cases = [
        (mailbox((MAILBOX.0, "falsa"), pop3.port, "plain"), "auth_failed"),
        (nowhere, "host_not_found"),
        (mailbox(MAILBOX, free, "plain"), "refused"),
        (mailbox(MAILBOX, pop3.tls_port, "tls"), "certificate"),
        (mailbox(MAILBOX, pop3.port, "starttls"), "certificate"),
        (mailbox(MAILBOX, pop3.port, "tls"), "protocol"),
    ];
    for (body, code) in cases {
        let said = test_mailbox(&admin, &body).await;
        assert_eq!((&said["ok"], &said["code"]), (&json!(false), &json!(code)), "{body}: {said}");
        assert!(said["detail"].as_str().is_some_and(|words| !words.is_empty()));
        assert!(!said.to_string().contains("falsa"), "no password in words for people");
    }
    let held = pop3.hold(MAILBOX.0, MAILBOX.1);
    let said = test_mailbox(&admin, &mailbox(MAILBOX, pop3.port, "plain")).await;
    assert_eq!(said["code"], "in_use", "{said}");
    drop(held);
    let said = test_mailbox(&admin, &mailbox(MAILBOX, pop3.port, "plain")).await;
    assert_eq!((&said["ok"], &said["messages"]), (&json!(true), &json!(0)), "{said}");
    let log = server.log();
    assert!(!log.contains(MAILBOX.1) && !log.contains("falsa"), "no password in a log");
}

#[tokio::test]
async fn a_failed_sweep_shows_on_the_mailbox() {
    let desk = Desk::open(Options::default()).await;
    desk.pop3.add_user(MAILBOX.0, "ya es otra");
    let sweep = desk.fetch().await;
    assert_eq!(sweep["state"], "failed", "{sweep}");
    assert!(sweep["error"].to_string().contains("auth_failed"), "{sweep}");
    desk.pop3.add_user(MAILBOX.0, MAILBOX.1);
    assert_eq!(desk.fetch().await["state"], "done");
}

#[tokio::test]
async fn mailboxes_keep_their_secrets() {
    let desk = Desk::open(Options::default()).await;
    let path = format!("/api/mailboxes/{}", desk.mailbox);
    let read = desk.admin.get(&path).await.expect(200);
    assert!(!read.to_string().contains(MAILBOX.1), "a secret is never read back");
    desk.admin
        .patch(&path, &json!({"host": "evil.example"}))
        .await
        .expect_problem(422, "secret_needed");
    let remote = json!({"host": "192.0.2.1", "security": "plain", "auth": {"type": "password", "username": "a", "password": "b"}});
    assert_eq!(
        desk.admin.patch(&path, &remote).await.status,
        422,
        "no password goes over a network in plain"
    );
    let dump = serde_json::to_string(&desk.dump().await).unwrap();
    assert!(!dump.contains(MAILBOX.1), "no secret stands in the table");
}

fn serve(data: &std::path::Path, port: u16) -> (Option<i32>, String) {
    let mut child = Command::new(chamada_tests::env::chamada_bin());
    child
        .arg("serve")
        .arg("--data")
        .arg(data)
        .args(["--port", &port.to_string(), "--files-port", "0"])
        .env_clear();
    let output = child.output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_start_that_cannot_be_says_so_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let (code, said) = serve(&folder.path().join("a"), port);
    assert_eq!((code, said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains(&port.to_string()), "{said}");
    // A file where the folder should be: not writable for anyone, root included.
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let (code, said) = serve(&file.join("data"), 0);
    assert_eq!((code, said.lines().count()), (Some(1), 1), "{said}");
    let server = Server::start(Options::default());
    let (code, said) = serve(server.data(), 0);
    assert_eq!(
        (code, said.lines().count()),
        (Some(1), 1),
        "a second server on the same folder: {said}"
    );
    let mode = fs::metadata(server.data()).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "nobody else reads the folder");
}
