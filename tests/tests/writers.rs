//! Many writers on one ticket at once: every message lands, in one order, in one chain. And the harness proves itself.
#![expect(clippy::unwrap_used, reason = "helpers of a test fail the test")]

use chamada_tests::{
    between::PROXY_VARIABLE,
    client::Api,
    env,
    naive::{count, dump},
    server::{Options, Server},
    unguarded::{Guard, Unguarded},
};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

const WRITERS: usize = 16;

/// For how long everybody writes.
fn span() -> Duration {
    Duration::from_secs(if env::long() { 30 } else { 5 })
}

/// Writes to one ticket from all sides; what the naive program finds wrong afterwards, lost messages included.
async fn write_together(server: &mut Server) -> Vec<String> {
    let admin = Arc::new(server.admin().await);
    let made = admin
        .post("/api/tickets", &json!({"title": "Todos a la vez", "body": "x", "kind": "incident"}))
        .await
        .expect(201);
    let number = made["number"].as_u64().unwrap();
    let until = Instant::now() + span();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(Arc::clone(&admin), number, writer, until)))
        .collect();
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    let (engine, table) = server.engine();
    let tickets = count::tickets(&dump::table(&engine, &table).await);
    let mut faults = count::faults(&tickets);
    faults.extend(count::not_once(&count::said(&tickets, &acknowledged)));
    faults
}

/// One writer's messages; the words of those that were acknowledged.
async fn write(api: Arc<Api>, number: u64, writer: usize, until: Instant) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for n in 0.. {
        if Instant::now() >= until {
            break;
        }
        let word = format!("word-{writer}-{n}");
        let reply = api
            .post(
                &format!("/api/tickets/{number}/messages"),
                &json!({"body": word, "visibility": "public"}),
            )
            .await;
        // Too many at once may be turned away, as long as the answer says so.
        assert!([201, 409, 503].contains(&reply.status), "{}: {}", reply.asked, reply.json());
        if reply.status == 201 {
            acknowledged.push(word);
        }
    }
    assert!(!acknowledged.is_empty(), "writer {writer} got nothing through");
    acknowledged
}

#[tokio::test]
async fn every_acknowledged_message_is_there_once() {
    let mut server = Server::start(Options::default());
    assert_eq!(write_together(&mut server).await, Vec::<String>::new());
}

#[tokio::test]
async fn without_the_condition_on_the_sequence_it_is_noticed() {
    let between = Unguarded::unattached(Guard::Sequence);
    let mut server = Server::start_through(Options::default().with_env(PROXY_VARIABLE, &between.url()), &between);
    let faults = write_together(&mut server).await;
    assert!(between.taken() > 0, "the guard was there");
    assert!(!faults.is_empty(), "messages overwrote each other and nobody noticed");
}

/// One agent's edits: of which versions it won, with what title.
async fn edit(api: Arc<Api>, number: u64, agent: usize, until: Instant) -> Vec<(u64, String)> {
    let path = format!("/api/tickets/{number}");
    let mut won = Vec::new();
    for n in 0.. {
        if Instant::now() >= until {
            break;
        }
        let version = api.get(&path).await.expect(200)["ticket"]["version"].as_u64().unwrap();
        let title = format!("title-{agent}-{n}");
        let reply = api.patch_at(&path, version, &json!({ "title": title })).await;
        match reply.status {
            200 => {
                assert_eq!(reply.json()["version"], version + 1);
                won.push((version, title));
            }
            412 => assert!(reply.json()["current"]["version"].as_u64().unwrap() > version, "{}", reply.json()),
            status => assert_eq!(status, 503, "{}: {}", reply.asked, reply.json()),
        }
    }
    won
}

#[tokio::test]
async fn of_the_edits_of_a_version_exactly_one_wins() {
    let mut server = Server::start(Options::default());
    let admin = Arc::new(server.admin().await);
    let body = json!({"title": "title", "body": "x", "kind": "incident"});
    let made = admin.post("/api/tickets", &body).await.expect(201);
    let number = made["number"].as_u64().unwrap();
    let until = Instant::now() + span();
    let agents: Vec<_> = (0..WRITERS)
        .map(|agent| tokio::spawn(edit(Arc::clone(&admin), number, agent, until)))
        .collect();
    let mut winners: BTreeMap<u64, String> = BTreeMap::new();
    for agent in agents {
        for (version, title) in agent.await.unwrap() {
            let before = winners.insert(version, title);
            assert_eq!(before, None, "two won version {version}");
        }
    }
    let last = admin.get(&format!("/api/tickets/{number}")).await.expect(200)["ticket"].clone();
    let versions: Vec<u64> = winners.keys().copied().collect();
    let first = made["version"].as_u64().unwrap();
    let unbroken: Vec<u64> = (first..last["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, unbroken, "each version had its winner");
    assert!(versions.len() > 20, "{versions:?}");
    assert_eq!(
        Some(last["title"].as_str().unwrap()),
        winners.values().next_back().map(String::as_str)
    );
    let (engine, table) = server.engine();
    let faults = count::faults(&count::tickets(&dump::table(&engine, &table).await));
    assert_eq!(faults, Vec::<String>::new());
}
