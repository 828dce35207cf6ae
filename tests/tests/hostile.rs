//! 24 POP3 servers that misbehave, a mailbox each, swept by the real server all at once.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

use chamada_tests::{
    client::Api,
    dovecot::Dovecot,
    hostile::Hostile,
    mails::Draft,
    naive::{count, dump},
    server::{Options, Server},
    story::{self, mailbox, sweep_end},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// A line may take 60 s (MAIL.md), and a session has a few before the one that never comes.
const DEADLINE: Duration = Duration::from_secs(150);
const LIMIT_KIB: u64 = 150 * 1024;

/// What must come of a scenario.
enum Right {
    /// So many messages became tickets.
    Tickets(u64),
    /// The sweep fails with one of these codes, and nothing was imported.
    Fails(&'static [&'static str]),
    /// Too large: a ticket that says so.
    Oversize,
    /// Cut off by a limit, in either of the ways that the limits allow; no ticket pretends to be the whole message.
    Bounded,
    /// One message with a verdict, whichever.
    Judged,
}

fn right(scenario: &str) -> Right {
    match scenario {
        "silent" => Right::Fails(&["timed_out", "protocol"]),
        "drop_greet" | "midclose" => Right::Fails(&["protocol"]),
        "stall" => Right::Fails(&["timed_out", "protocol"]),
        "badpass" => Right::Fails(&["auth_failed"]),
        "in_use" => Right::Fails(&["in_use"]),
        "bigstat" => Right::Oversize,
        "endless" | "endless_line" => Right::Bounded,
        "dup_uidl" => Right::Tickets(2),
        "empty_message" => Right::Judged,
        _ => Right::Tickets(1),
    }
}

fn number(sweep: &Value, name: &str) -> u64 {
    sweep[name].as_u64().unwrap_or(0)
}

fn judge(scenario: &str, sweep: &Value) -> Result<(), String> {
    let (state, imported) = (sweep["state"].as_str().unwrap_or_default(), number(sweep, "imported"));
    let code = sweep["error"]["code"]
        .as_str()
        .or_else(|| sweep["error"].as_str())
        .unwrap_or_default();
    let judged = ["imported", "ignored", "quarantined", "oversize", "duplicates", "replies"]
        .iter()
        .map(|name| number(sweep, name))
        .sum::<u64>();
    let good = match right(scenario) {
        Right::Tickets(n) => state == "done" && imported == n,
        Right::Fails(codes) => state == "failed" && imported == 0 && codes.iter().any(|c| code.contains(c)),
        Right::Oversize => state == "done" && number(sweep, "oversize") == 1,
        Right::Bounded => imported == 0 && (state == "failed" || number(sweep, "oversize") + number(sweep, "quarantined") == 1),
        Right::Judged => state == "done" && judged == 1,
    };
    if good { Ok(()) } else { Err(format!("{scenario}: {sweep}")) }
}

async fn sweep_all(admin: &Api, boxes: &BTreeMap<String, String>) -> BTreeMap<String, Value> {
    let mut asked = Vec::new();
    for (name, id) in boxes {
        let sweep = admin.post(&format!("/api/mailboxes/{id}/sweep"), &json!({})).await.expect(202);
        asked.push((name.clone(), id.clone(), sweep["sweep_id"].as_str().unwrap().to_owned()));
    }
    let mut ended = BTreeMap::new();
    let began = Instant::now();
    for (name, id, sweep) in asked {
        let left = DEADLINE.saturating_sub(began.elapsed()).max(Duration::from_secs(1));
        ended.insert(name, sweep_end(admin, &id, &sweep, left).await);
    }
    ended
}

#[tokio::test]
async fn each_gets_a_right_result_or_a_clean_error() {
    let hostile = Hostile::start();
    let mut server = Server::start(Options::default());
    let admin = server.admin().await;
    let mut boxes = BTreeMap::new();
    for (scenario, port) in &hostile.ports {
        let made = admin
            .post("/api/mailboxes", &mailbox((scenario, "secret"), *port, "plain"))
            .await
            .expect(201);
        boxes.insert(scenario.clone(), made["id"].as_str().unwrap().to_owned());
    }
    let sweeps = sweep_all(&admin, &boxes).await;
    let wrong: Vec<String> = sweeps.iter().filter_map(|(scenario, sweep)| judge(scenario, sweep).err()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let memory = server.memory();
    println!("memory at most {} KiB", memory.peak);
    assert!(memory.peak <= LIMIT_KIB, "{} KiB at most", memory.peak);
    words_are_whole(&server).await;
    // These servers never delete: a second sweep must bring none of them again.
    let again = sweep_all(&admin, &boxes).await;
    let twice: Vec<&String> = again
        .iter()
        .filter(|(_, sweep)| number(sweep, "imported") > 0)
        .map(|(name, _)| name)
        .collect();
    assert!(twice.is_empty(), "imported twice: {twice:?}");
    others_go_on(&mut server, &admin).await;
    assert!(!server.log().contains("panicked"), "nothing panicked");
}

async fn words_are_whole(server: &Server) {
    let (engine, table) = server.engine();
    let tickets = count::tickets(&dump::table(&engine, &table).await);
    assert_eq!(count::faults(&tickets), Vec::<String>::new());
    let body_of = |title: &str| {
        let opened = tickets
            .values()
            .map(|t| &t.entries[0].entry)
            .find(|e| e["data"]["title"]["t"] == title);
        opened.unwrap_or_else(|| panic!("no ticket {title:?}"))["body"]["t"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let dots = body_of("prueba dots-1");
    let lines: Vec<&str> = dots.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    assert_eq!(
        lines,
        ["cuerpo dots-1", ".", "..three", ".one"],
        "dots are unstuffed, and the end is found"
    );
    assert!(body_of("prueba latin1-1").contains("corazón"), "bytes that are not UTF-8 are read");
    assert!(body_of("prueba nul_bytes-1").contains("cuerpo nul_bytes-1"));
    assert!(
        body_of("prueba dup_uidl-2").contains("cuerpo dup_uidl-2"),
        "the same UIDL twice is two messages"
    );
    let lied = body_of("prueba lies_about_size-1");
    assert!(lied.contains("cuerpo lies_about_size-1"), "a size that is a lie cuts nothing off");
}

/// Nothing of this stops the mail of others.
async fn others_go_on(server: &mut Server, admin: &Api) {
    let pop3 = Dovecot::start(&[("ventas", "clave")]);
    pop3.deliver(
        "ventas",
        &Draft::new("eva@example.com", "Sigo aqui", "eva@example.com", "hola\n").bytes(),
    );
    let made = admin
        .post("/api/mailboxes", &mailbox(("ventas", "clave"), pop3.port, "plain"))
        .await
        .expect(201);
    let sweep = story::sweep(admin, made["id"].as_str().unwrap()).await;
    assert_eq!(number(&sweep, "imported"), 1, "{sweep}");
    assert!(server.stop().success(), "and the server stops as it should");
}
