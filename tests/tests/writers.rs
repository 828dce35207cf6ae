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
use std::sync::Arc;

const WRITERS: usize = 8;

/// Writes to one ticket from all sides; what the naive program finds wrong afterwards, lost messages included.
async fn write_together(server: &mut Server) -> Vec<String> {
    let admin = Arc::new(server.admin().await);
    let made = admin
        .post("/api/tickets", &json!({"title": "Todos a la vez", "body": "x", "kind": "incident"}))
        .await
        .expect(201);
    let number = made["number"].as_u64().unwrap();
    let each = if env::long() { 100 } else { 20 };
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(Arc::clone(&admin), number, writer, each)))
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
async fn write(api: Arc<Api>, number: u64, writer: usize, each: usize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for n in 0..each {
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
