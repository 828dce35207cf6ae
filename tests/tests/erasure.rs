//! Erasing, as its user does it: a ticket that came by mail and a person with words in several, through the real server and a real POP3 server. What is
//! left is looked for by reading every item of the table and every file of the buckets.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

use chamada_tests::{
    client::Api,
    mails::Draft,
    naive::count,
    server::Options,
    story::{Desk, PATIENCE},
};
use serde_json::{Value, json};
use std::{fs, path::Path, time::Instant};

const CUSTOMER: &str = "camila@farmacia.example";
/// What Camila says, in texts and in files; nobody else says it.
const HERS: [&str; 4] = ["Camila", "camila@farmacia", "orquídea", "tulipán"];

/// Which of these words stand somewhere in the table or in the buckets.
async fn left(desk: &Desk, words: &[&str]) -> Vec<String> {
    let mut everything = format!("{:?}", desk.dump().await);
    files(&desk.server.data().join("objects"), &mut everything);
    words
        .iter()
        .filter(|word| everything.contains(**word))
        .map(|word| (*word).to_owned())
        .collect()
}

fn files(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, text);
        } else if let Ok(bytes) = fs::read(&path) {
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
}

/// Waits until none of these words stands anywhere.
async fn gone(desk: &Desk, words: &[&str]) {
    let since = Instant::now();
    loop {
        let left = left(desk, words).await;
        if left.is_empty() {
            return;
        }
        assert!(since.elapsed() < PATIENCE, "still there: {left:?}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

/// A ticket of Camila's by mail, with a file, and with an answer to her; its number.
async fn by_mail(desk: &Desk, id: &str) -> u64 {
    let mail = Draft::new(&format!("Camila Soto <{CUSTOMER}>"), "La orquídea", id, "Una orquídea marchita.\n");
    let mail = mail.with_attachment("nota.txt", "text/plain", "un tulipán".as_bytes());
    desk.pop3.deliver("soporte", &mail.bytes());
    let sweep = desk.fetch().await;
    assert_eq!(sweep["imported"], 1, "{sweep}");
    let rows = desk
        .admin
        .wait("/api/tickets?status=new", PATIENCE, |page| {
            page["items"][0]["title"] == "La orquídea"
        })
        .await;
    let number = rows["items"][0]["number"].as_u64().unwrap();
    let answer = json!({"body": "Vamos a verla.", "visibility": "public"});
    desk.admin
        .post(&format!("/api/tickets/{number}/messages"), &answer)
        .await
        .expect(201);
    desk.mail(|mail| mail.to == [CUSTOMER] && mail.text.contains("Vamos a verla")).await;
    number
}

async fn proves_itself(desk: &Desk, api: &Api, number: u64) {
    let verdict = api.get(&format!("/api/tickets/{number}/verify")).await.expect(200);
    assert_eq!(verdict["valid"], true, "{verdict}");
    assert_eq!(count::faults(&desk.tickets().await), Vec::<String>::new());
}

#[tokio::test]
async fn of_an_erased_ticket_nothing_is_left() {
    let desk = Desk::open(Options::default()).await;
    let number = by_mail(&desk, "uno@farmacia.example").await;
    assert_eq!(left(&desk, &["orquídea", "tulipán"]).await.len(), 2);
    desk.admin
        .post(&format!("/api/tickets/{number}/erase"), &json!({}))
        .await
        .expect(200);
    gone(&desk, &["orquídea", "tulipán", "Vamos a verla"]).await;
    proves_itself(&desk, &desk.admin, number).await;
    let messages = desk
        .admin
        .get(&format!("/api/mailboxes/{}/messages", desk.mailbox))
        .await
        .expect(200);
    let row = &messages["items"][0];
    assert_eq!(
        (&row["state"], &row["subject"], &row["sender"]),
        (&json!("imported"), &json!(""), &json!(""))
    );
}

#[tokio::test]
async fn a_person_goes_from_every_ticket_and_every_history_stays_proved() {
    let desk = Desk::open(Options::default()).await;
    let first = by_mail(&desk, "uno@farmacia.example").await;
    let rows = desk.admin.get("/api/users").await.expect(200);
    let hers = |user: &&Value| user["email"] == CUSTOMER;
    let camila = rows["items"].as_array().unwrap().iter().find(hers).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    // Copied on another's ticket, she answers there.
    let other = json!({"title": "De todos", "body": "Un aviso.", "kind": "incident", "cc": [CUSTOMER]});
    let other = desk.admin.post("/api/tickets", &other).await.expect(201)["number"]
        .as_u64()
        .unwrap();
    let api = desk.sign_in(CUSTOMER).await;
    let words = json!({"body": "Otro tulipán."});
    api.post(&format!("/api/tickets/{other}/messages"), &words).await.expect(201);
    assert_eq!(left(&desk, &HERS).await.len(), HERS.len());

    desk.admin.delete(&format!("/api/users/{camila}?erase=true")).await.expect(204);
    api.get("/api/me").await.expect_problem(401, "sign_in_needed");
    // For a day it stays on record whom to look for: that alone names her.
    gone(&desk, &["Camila", "orquídea", "tulipán"]).await;
    let dump = desk.dump().await;
    let names_her = dump.iter().filter(|item| format!("{item:?}").contains(CUSTOMER));
    let keys = names_her.map(|item| item["pk"].as_str().unwrap().to_owned());
    // What counts requests by address goes within the hour.
    let keys: Vec<String> = keys.filter(|key| !key.starts_with("RL#")).collect();
    assert_eq!(keys, [format!("ERASE#U#{camila}")]);
    for number in [first, other] {
        proves_itself(&desk, &desk.admin, number).await;
    }
    let page = desk.admin.get(&format!("/api/tickets/{other}")).await.expect(200);
    assert_eq!(page["ticket"]["title"], "De todos", "others' words stay");
}
