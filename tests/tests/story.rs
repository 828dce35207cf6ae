//! The story of a ticket, from a mail to its resolution and back, through the real server and a real POP3 server; and once more on a bad day.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

use chamada_tests::{
    between::PROXY_VARIABLE,
    client::Api,
    fault_proxy::{FaultProxy, Faults},
    mails::Draft,
    naive::{chain, count},
    outbox,
    server::Options,
    story::{Desk, PATIENCE, seed},
};
use serde_json::{Value, json};

const CUSTOMER: &str = "camila@farmacia.example";
const SPECIALIST: &str = "bruno@chamada.example";
/// A PNG of one pixel: what is uploaded is judged by its first bytes.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82";

/// Runs the whole story; each step is asserted where it happens.
async fn tell(desk: &Desk) {
    let specialist = desk.person(SPECIALIST, "Bruno Díaz", "specialist", "es").await;
    let number = mail_becomes_a_ticket(desk).await;
    assign(desk, number, &specialist).await;
    let bruno = desk.sign_in(SPECIALIST).await;
    // Lists read an index, to which a write is on its way for a moment.
    let mine = bruno
        .wait("/api/tickets?assignee=me", PATIENCE, |page| {
            page["items"].as_array().is_some_and(|rows| rows.len() == 1)
        })
        .await;
    assert_eq!(mine["items"][0]["number"].as_u64(), Some(number));
    let answered = specialist_answers(desk, &bruno, number).await;
    let camila = customer_follows_the_link(desk, &answered, number).await;
    customer_answers_by_mail(desk, &answered, number).await;
    resolve_and_reopen(desk, &bruno, &camila, number).await;
    user_opens_by_form(desk).await;
    everything_is_proved(desk).await;
}

async fn mail_becomes_a_ticket(desk: &Desk) -> u64 {
    let body = "Buenos días:\n\nLa terminal de pago de la caja 2 rechaza todas las tarjetas con chip desde ayer.\n\nGracias,\nCamila\n";
    let mail = Draft::new(
        &format!("Camila Soto <{CUSTOMER}>"),
        "La terminal de pago rechaza tarjetas",
        "uno@farmacia.example",
        body,
    );
    desk.pop3
        .deliver("soporte", &mail.with_attachment("foto.png", "image/png", PIXEL).bytes());
    let sweep = desk.fetch().await;
    assert_eq!(
        (sweep["state"].as_str(), sweep["imported"].as_u64()),
        (Some("done"), Some(1)),
        "{sweep}"
    );
    assert_eq!(desk.pop3.count("soporte"), 0, "what is imported is deleted from the mailbox");
    let rows = desk
        .admin
        .wait("/api/tickets", PATIENCE, |page| {
            page["items"].as_array().is_some_and(|rows| rows.len() == 1)
        })
        .await;
    let row = &rows["items"][0];
    assert_eq!(row["title"], "La terminal de pago rechaza tarjetas");
    assert_eq!(
        (&row["requester"]["email"], &row["requester"]["name"]),
        (&json!(CUSTOMER), &json!("Camila Soto"))
    );
    assert_eq!((&row["status"], &row["channel"]), (&json!("new"), &json!("mail")));
    let number = row["number"].as_u64().unwrap();
    let page = desk.admin.get(&format!("/api/tickets/{number}")).await.expect(200);
    assert!(page["entries"][0]["body"].as_str().unwrap().contains("tarjetas con chip"), "{page}");
    assert_eq!(page["attachments"][0]["name"], "foto.png");
    let id = page["attachments"][0]["attachment_id"].as_str().unwrap();
    let link = desk.admin.get(&format!("/api/tickets/{number}/attachments/{id}")).await.expect(200);
    let (status, _, bytes) = desk.admin.fetch(link["url"].as_str().unwrap()).await;
    assert_eq!((status, &bytes[..]), (200, PIXEL), "the file comes back as it was sent");
    // The customer is told, in the language of the mail, with a link of their own.
    let received = desk.mail(|mail| mail.to == [CUSTOMER] && mail.ticket_link().is_some()).await;
    assert!(received.subject.contains(&format!("CH-{number}")), "{}", received.subject);
    number
}

async fn assign(desk: &Desk, number: u64, specialist: &Value) {
    let path = format!("/api/tickets/{number}");
    let version = desk.admin.get(&path).await.expect(200)["ticket"]["version"].as_u64().unwrap();
    let change = json!({"assignee_id": specialist["id"], "priority": "high", "due_at": "2030-11-22T13:00:00.000Z"});
    let ticket = desk.admin.patch_at(&path, version, &change).await.expect(200);
    assert_eq!(
        (&ticket["assignee"]["name"], &ticket["priority"]),
        (&json!("Bruno Díaz"), &json!("high"))
    );
    assert_eq!(ticket["due_at"], "2030-11-22T13:00:00.000Z");
    let stale = desk.admin.patch_at(&path, version, &json!({"priority": "low"})).await;
    assert_eq!(stale.expect_problem(412, "stale_version")["current"]["priority"], "high");
    desk.mail(|mail| mail.to == [SPECIALIST] && mail.subject.contains(&format!("CH-{number}")))
        .await;
}

async fn specialist_answers(desk: &Desk, bruno: &Api, number: u64) -> outbox::Sent {
    let words = "Hola Camila, el técnico llega antes de las 13:00.";
    let path = format!("/api/tickets/{number}/messages");
    let entry = bruno.post(&path, &json!({"body": words, "visibility": "public"})).await.expect(201);
    assert_eq!((&entry["type"], &entry["body"]), (&json!("message"), &json!(words)));
    bruno
        .post(&path, &json!({"body": "El lector es del lote malo.", "visibility": "internal"}))
        .await
        .expect(201);
    let ticket = bruno.get(&format!("/api/tickets/{number}")).await.expect(200)["ticket"].clone();
    assert_eq!(ticket["status"], "in_process", "a public answer of staff moves a new ticket on");
    let mail = desk
        .mail(|mail| mail.to == [CUSTOMER] && mail.text.contains("antes de las 13:00"))
        .await;
    assert!(
        mail.html.contains("antes de las 13:00") && mail.ticket_link().is_some(),
        "text and HTML, with a link"
    );
    assert!(mail.header("Auto-Submitted").is_none_or(|v| v == "auto-generated"));
    let leaked = outbox::all(desk.server.data())
        .iter()
        .any(|mail| mail.text.contains("lote malo") && mail.to == [CUSTOMER]);
    assert!(!leaked, "a note is never mailed to a customer");
    mail
}

async fn customer_follows_the_link(desk: &Desk, mail: &outbox::Sent, number: u64) -> Api {
    let camila = desk.server.anonymous();
    let session = camila.follow(&mail.ticket_link().unwrap()).await;
    assert_eq!(session["scope"], json!({"kind": "guest", "tickets": [number]}));
    let page = camila.get(&format!("/api/tickets/{number}")).await.expect(200);
    let text = page.to_string();
    assert!(
        text.contains("antes de las 13:00") && !text.contains("lote malo"),
        "a customer never reads a note"
    );
    let body = json!({"body": "Gracias, lo espero.", "visibility": "public"});
    camila.post(&format!("/api/tickets/{number}/messages"), &body).await.expect(201);
    camila
        .get(&format!("/api/tickets/{}", number + 1))
        .await
        .expect_problem(404, "not_found");
    camila
}

async fn customer_answers_by_mail(desk: &Desk, mail: &outbox::Sent, number: u64) {
    let answer = Draft::answer(
        mail,
        &format!("Camila Soto <{CUSTOMER}>"),
        "dos@farmacia.example",
        "Ya llegó el técnico.",
    );
    desk.pop3.deliver("soporte", &answer.bytes());
    let sweep = desk.fetch().await;
    assert_eq!(
        (sweep["replies"].as_u64(), sweep["imported"].as_u64()),
        (Some(1), Some(0)),
        "{sweep}"
    );
    let page = desk.admin.get(&format!("/api/tickets/{number}")).await.expect(200);
    let last = page["entries"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["type"], &last["via"], &last["author"]["name"]),
        (&json!("message"), &json!("mail"), &json!("Camila Soto"))
    );
    assert_eq!(last["body"].as_str().unwrap().trim(), "Ya llegó el técnico.", "the quote is folded");
}

async fn resolve_and_reopen(desk: &Desk, bruno: &Api, camila: &Api, number: u64) {
    let path = format!("/api/tickets/{number}/messages");
    let body = json!({"body": "Queda instalado el lector nuevo.", "visibility": "public", "resolve": true});
    bruno.post(&path, &body).await.expect(201);
    let status = |page: &Value| page["ticket"]["status"].as_str().unwrap().to_owned();
    assert_eq!(
        status(&desk.admin.get(&format!("/api/tickets/{number}")).await.expect(200)),
        "resolved"
    );
    desk.mail(|mail| mail.to == [CUSTOMER] && mail.text.contains("lector nuevo")).await;
    camila
        .post(&path, &json!({"body": "Volvió a fallar.", "visibility": "public"}))
        .await
        .expect(201);
    let page = desk.admin.get(&format!("/api/tickets/{number}")).await.expect(200);
    assert_eq!(status(&page), "in_process");
    assert!(page["entries"].as_array().unwrap().iter().any(|entry| entry["type"] == "reopened"));
    desk.mail(|mail| mail.to == [SPECIALIST] && mail.text.contains("Volvió a fallar"))
        .await;
}

async fn user_opens_by_form(desk: &Desk) {
    desk.person("rosa@botica.example", "Rosa Lima", "user", "pt").await;
    let rosa = desk.sign_in("rosa@botica.example").await;
    let file = rosa.upload("tela.png", "image/png", PIXEL).await;
    let body = json!({"title": "Impressora parada", "body": "Não imprime desde cedo.", "kind": "incident", "attachment_ids": [file]});
    let made = rosa.post_once("/api/tickets", "form-1", &body).await;
    let ticket = made.expect(201);
    let number = ticket["number"].as_u64().unwrap();
    assert_eq!(made.header("location"), Some(format!("/api/tickets/{number}").as_str()));
    assert_eq!((&ticket["attachment_count"], &ticket["channel"]), (&json!(1), &json!("web")));
    let again = rosa.post_once("/api/tickets", "form-1", &body).await.expect(201);
    assert_eq!(again["number"], ticket["number"], "the same key makes one ticket");
    let other = json!({"title": "Outra coisa", "body": "x", "kind": "incident"});
    rosa.post_once("/api/tickets", "form-1", &other)
        .await
        .expect_problem(422, "idempotency_key_reused");
    let mine = rosa
        .wait("/api/tickets", PATIENCE, |page| {
            page["items"].as_array().is_some_and(|rows| rows.len() == 1)
        })
        .await;
    assert_eq!(mine["items"][0]["number"], ticket["number"]);
    let mail = desk
        .mail(|mail| mail.to == ["rosa@botica.example"] && mail.subject.contains(&format!("CH-{number}")))
        .await;
    assert!(mail.ticket_link().is_some());
}

/// Server and naive program agree that every history is whole; both see a changed byte, and name the same entry.
async fn everything_is_proved(desk: &Desk) {
    let tickets = desk.tickets().await;
    assert_eq!(count::faults(&tickets), Vec::<String>::new());
    assert_eq!(tickets.len(), 2);
    for (number, ticket) in &tickets {
        let verdict = desk.admin.get(&format!("/api/tickets/{number}/verify")).await.expect(200);
        assert_eq!(verdict["valid"], true, "{verdict}");
        assert_eq!(verdict["entries"].as_u64(), Some(ticket.entries.len() as u64));
        let own = chain::verify(ticket.entries.clone(), ticket.row["h"].as_str().unwrap());
        assert_eq!(verdict["head_hash"].as_str(), own.head.as_deref());
    }
    let (number, _) = tickets.first_key_value().unwrap();
    alter_one_byte(desk, *number, 3).await;
    let verdict = desk.admin.get(&format!("/api/tickets/{number}/verify")).await.expect(200);
    assert_eq!(
        (&verdict["valid"], &verdict["first_bad_seq"]),
        (&json!(false), &json!(3)),
        "{verdict}"
    );
}

async fn alter_one_byte(desk: &Desk, number: u64, seq: u64) {
    let (engine, table) = desk.server.engine();
    let key = json!({"pk": {"S": format!("T#{number:010}")}, "sk": {"S": format!("H#{seq:08}")}});
    let asked = json!({"TableName": table, "Key": key, "ConsistentRead": true});
    let item = chamada_tests::engine::raw(&engine, "GetItem", &asked).await.unwrap();
    let entry = item["Item"]["e"]["S"].as_str().unwrap();
    // A letter of the type's name: nothing that any reader would skip.
    let altered = entry.replacen("\"via\":\"", "\"via\":\"x", 1);
    assert_ne!(entry, altered);
    let mut item = item["Item"].clone();
    item["e"] = json!({"S": altered});
    chamada_tests::engine::raw(&engine, "PutItem", &json!({"TableName": table, "Item": item}))
        .await
        .unwrap();
}

#[tokio::test]
async fn from_mail_to_resolution_and_back() {
    let desk = Desk::open(Options::default()).await;
    tell(&desk).await;
    assert!(!desk.server.log().contains("tarjetas con chip"), "nobody's words stand in a log");
}

#[tokio::test]
async fn the_same_on_a_bad_day() {
    // One day may pass without a fault of some kind; two hardly can.
    let runs = if chamada_tests::env::long() { 8 } else { 2 };
    let (mut conflicts, mut throttled, mut lost_answers) = (0, 0, 0);
    for seed in (seed()..).take(runs) {
        let proxy = FaultProxy::unattached(Faults::bad_day(seed));
        let desk = Desk::open_through(Options::default().with_env(PROXY_VARIABLE, &proxy.url()), &proxy).await;
        tell(&desk).await;
        let counts = proxy.counts();
        println!("seed {seed}: {counts:?}");
        conflicts += counts.conflicts;
        throttled += counts.throttled;
        lost_answers += counts.lost_answers;
    }
    assert!(
        conflicts > 0 && throttled > 0 && lost_answers > 0,
        "these were no bad days: {conflicts} {throttled} {lost_answers}"
    );
}
