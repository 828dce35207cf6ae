//! `POST /api/tickets/{n}/messages`.

use chamada_domain::TicketNumber;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::kit::{Cast, change, names, note, path, say, types};

fn messages(number: TicketNumber) -> String {
    format!("{}/messages", path(number))
}

async fn set_status(cast: &Cast, number: TicketNumber, status: &str) {
    let version = cast.now(number).await["version"].as_u64().unwrap();
    change(&cast.root.browser, number, version, &json!({"status": status}))
        .await
        .expect(200);
}

#[tokio::test]
async fn the_answer_is_the_entry() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let entry = say(&cast.ana.browser, number, " *Hola*\n").await;
    assert_eq!(
        names(&entry),
        ["at", "author", "body", "data", "hash", "previous_hash", "seq", "type", "via"]
    );
    assert_eq!(
        (
            &entry["seq"],
            &entry["type"],
            &entry["body"],
            &entry["via"],
            &entry["author"]["role"]
        ),
        (&json!(3), &json!("message"), &json!(" *Hola*\n"), &json!("web"), &json!("user"))
    );
    let page = cast.ana.browser.get(&path(number)).await.expect(200);
    assert_eq!((&page["entries"][2], &page["ticket"]["head_hash"]), (&entry, &entry["hash"]));
}

#[tokio::test]
async fn every_field_has_its_rule() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let cases = [
        (json!({"visibility": "public"}), "body required"),
        (json!({"body": " \n", "visibility": "public"}), "body required"),
        (json!({"body": "x".repeat(65_537), "visibility": "public"}), "body too_long"),
        (json!({"body": 5, "visibility": "public"}), "body invalid"),
        (json!({"body": "x", "visibility": "secret"}), "visibility invalid"),
        (json!({"body": "x", "visibility": "public", "resolve": "yes"}), "resolve invalid"),
        (json!({"body": "x", "visibility": "public", "due_at": "soon"}), "due_at invalid"),
        (
            json!({"body": "x", "visibility": "public", "attachment_ids": ["att_none"]}),
            "attachment_ids.0 unknown",
        ),
        (
            json!({"body": "x", "visibility": "public", "attachment_ids": vec!["att_none"; 21]}),
            "attachment_ids too_many",
        ),
        (json!({"body": "x", "visibility": "public", "status": "new"}), "status unknown"),
    ];
    for (body, fault) in cases {
        let reply = cast.sofia.browser.post(&messages(number), &body).await;
        assert_eq!((reply.problem(), reply.faulty()), ((422, "invalid"), vec![fault.to_owned()]));
    }
    let address = messages(number);
    let broken = cast.sofia.browser.send_text(http::Method::POST, &address, &[], "{".into());
    broken.await.refuses(400, "bad_json");
    assert_eq!(cast.now(number).await["last_seq"], 2, "nothing was written");
    let longest = json!({"body": "ñ".repeat(65_536), "visibility": "public"});
    cast.sofia.browser.post(&messages(number), &longest).await.expect(201);
}

#[tokio::test]
async fn who_may_write_what() {
    let cast = Cast::gather().await;
    let ticket = cast.assigned().await;
    let number = ticket.number;
    change(&cast.ana.browser, number, ticket.version, &json!({"cc": ["eva@example.org"]}))
        .await
        .expect(200);
    let guest = cast.desk.guest(vec![cast.desk.held_key(number, &cast.ana.user).await]).await;
    let staff_only = [
        json!({"body": "x", "visibility": "internal"}),
        json!({"body": "x", "visibility": "public", "resolve": true}),
        json!({"body": "x", "visibility": "public", "due_at": "2026-12-01T00:00:00.000Z"}),
    ];
    for (who, browser) in [("requester", &cast.ana.browser), ("watcher", &cast.eva.browser), ("guest", &guest)] {
        let said = say(browser, number, who).await;
        assert_eq!(said["author"]["role"], "user", "{who}");
        for body in &staff_only {
            let reply = browser.post(&messages(number), body).await;
            assert_eq!(reply.problem(), (403, "forbidden"), "{who} {body}");
        }
    }
    assert_eq!(
        cast.page(number).await["entries"].as_array().unwrap().last().unwrap()["author"]["id"],
        cast.ana.user.id.as_str(),
        "a key writes as its person"
    );
    for body in &staff_only {
        cast.sofia.browser.post(&messages(number), body).await.expect(201);
        let reply = cast.tomas.browser.post(&messages(number), body).await;
        assert_eq!(reply.problem(), (404, "not_found"), "{body}");
    }
    let other = cast.desk.ticket(&cast.eva.user).await.number;
    let hello = json!({"body": "x", "visibility": "public"});
    for browser in [&cast.ana.browser, &cast.sofia.browser, &guest] {
        browser.post(&messages(other), &hello).await.refuses(404, "not_found");
    }
    cast.desk
        .browser()
        .post(&messages(number), &hello)
        .await
        .refuses(401, "sign_in_needed");
}

#[tokio::test]
async fn what_a_message_does_to_the_status() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let status = async || cast.now(number).await["status"].as_str().unwrap().to_owned();
    say(&cast.ana.browser, number, "¿Hola?").await;
    note(&cast.sofia.browser, number, "la conozco").await;
    assert_eq!(status().await, "new", "customers and notes move nothing");
    say(&cast.sofia.browser, number, "Ya voy").await;
    assert_eq!(status().await, "in_process");
    let done = json!({"body": "Listo", "visibility": "public", "resolve": true});
    let before = cast.now(number).await["version"].as_u64().unwrap();
    let entry = cast.sofia.browser.post(&messages(number), &done).await.expect(201);
    assert_eq!(entry["type"], "message");
    let resolved = cast.now(number).await;
    assert_eq!(
        (&resolved["status"], &resolved["version"]),
        (&json!("resolved"), &json!(before + 1))
    );
    assert_eq!(resolved["resolved_at"], "2026-11-22T05:07:31.412Z");
    note(&cast.sofia.browser, number, "costó").await;
    say(&cast.sofia.browser, number, "Cualquier cosa avisen").await;
    assert_eq!(status().await, "resolved");
    say(&cast.ana.browser, number, "No anda").await;
    let reopened = cast.now(number).await;
    assert_eq!(
        (&reopened["status"], &reopened["resolved_at"]),
        (&json!("in_process"), &Value::Null)
    );
    assert_eq!(types(&cast.page(number).await["entries"]).last(), Some(&"reopened"));

    set_status(&cast, number, "cancelled").await;
    say(&cast.ana.browser, number, "¿Y?").await;
    assert_eq!(status().await, "cancelled", "kept, and reopens nothing");

    let lone = cast.desk.ticket(&cast.ana.user).await.number;
    set_status(&cast, lone, "resolved").await;
    say(&cast.ana.browser, lone, "No anda").await;
    assert_eq!(cast.now(lone).await["status"], "new", "nobody attends to it");
}

#[tokio::test]
async fn a_reply_can_set_the_estimated_date() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let due = "2026-12-01T12:00:00.000Z";
    let body = json!({"body": "El martes", "visibility": "public", "due_at": due});
    cast.sofia.browser.post(&messages(number), &body).await.expect(201);
    let page = cast.page(number).await;
    assert_eq!(page["ticket"]["due_at"], due);
    assert_eq!(types(&page["entries"]), ["opened", "assigned", "message", "due", "status"]);
}

#[tokio::test]
async fn files_need_no_words() {
    let cast = Cast::gather().await;
    let number = cast.assigned().await.number;
    let id = cast.desk.uploaded(&cast.ana.user, "log.txt").await;
    let body = json!({"body": "", "visibility": "public", "attachment_ids": [id]});
    cast.sofia
        .browser
        .post(&messages(number), &body)
        .await
        .faults(&["attachment_ids.0 unknown"]);
    cast.ana.browser.post(&messages(number), &body).await.expect(201);
    let hidden = cast.desk.uploaded(&cast.sofia.user, "interno.txt").await;
    let note = json!({"body": "", "visibility": "internal", "attachment_ids": [hidden]});
    cast.sofia.browser.post(&messages(number), &note).await.expect(201);
    let files = async |browser: &chamada_tests::desk::Browser| {
        let page = browser.get(&path(number)).await.expect(200);
        let names: Vec<String> = page["attachments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["name"].as_str().unwrap().to_owned())
            .collect();
        (page["ticket"]["attachment_count"].as_u64().unwrap(), names)
    };
    assert_eq!(files(&cast.ana.browser).await, (1, vec!["log.txt".to_owned()]));
    assert_eq!(
        files(&cast.sofia.browser).await,
        (2, vec!["log.txt".to_owned(), "interno.txt".to_owned()])
    );
}

#[tokio::test]
async fn all_who_write_at_once_are_heard_in_an_order() {
    let cast = Cast::gather().await;
    let ticket = cast.assigned().await;
    let number = ticket.number;
    let words: Vec<String> = (0..6).map(|n| format!("mensaje {n}")).collect();
    let entries = join_all(words.iter().map(async |words| say(&cast.ana.browser, number, words).await)).await;
    let mut seqs: Vec<u64> = entries.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (3..=8).collect::<Vec<_>>());
    assert_eq!(cast.now(number).await["version"], ticket.version, "no version is raised");
    let proof = cast.root.browser.get(&format!("{}/verify", path(number))).await.expect(200);
    assert_eq!(proof["valid"], true);
}

#[tokio::test]
async fn a_specialists_own_request_is_written_into_as_a_customer_does() {
    let cast = Cast::gather().await;
    let number = cast.desk.ticket(&cast.tomas.user).await.number;
    cast.desk.assign(number, &cast.sofia.user).await;
    let said = say(&cast.tomas.browser, number, "Mi teclado").await;
    assert_eq!(said["type"], "message");
    assert_eq!(cast.now(number).await["status"], "new", "a customer's words");
    let note = json!({"body": "x", "visibility": "internal"});
    cast.tomas.browser.post(&messages(number), &note).await.refuses(403, "forbidden");
}
