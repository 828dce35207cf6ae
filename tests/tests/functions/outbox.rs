//! `outbox`.

use crate::samples::{faults, schema_of};
use crate::world::{OTHER_TICKET, PATIENCE, World, end, sample};
use serde_json::{Value, json};

/// Source, detail-type and detail: what a sample and an event on the bus have in common.
fn told(event: &Value) -> [Value; 3] {
    ["source", "detail-type", "detail"].map(|name| event[name].clone())
}

async fn announce(world: &World, path: &str, to: &str) -> Vec<Value> {
    let function = world.function("outbox");
    let answer = function.invoke(&sample(path), PATIENCE).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let events = world.on_the_bus(to).await;
    for event in &events {
        assert_eq!(faults(&schema_of(event), event), Vec::<String>::new(), "{event}");
    }
    end(function, 0);
    events
}

#[tokio::test]
async fn entries_are_announced_to_the_notifier_as_its_samples_say() {
    let world = World::open().await;
    world.story().await;
    let events = announce(&world, "outbox/entry.json", "notifier").await;
    let expected = [sample("notifier/ticket-opened.json"), sample("notifier/ticket-message.json")];
    let mut other = sample("notifier/ticket-opened.json");
    other["detail"]["ticket"] = OTHER_TICKET.0.into();
    let expected: Vec<_> = expected.iter().chain([&other]).map(told).collect();
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn what_is_asked_for_goes_to_whoever_does_it() {
    let world = World::open().await;
    let sweeps = announce(&world, "outbox/sweep-asked.json", "mail-sweep").await;
    assert_eq!(
        sweeps.iter().map(told).collect::<Vec<_>>(),
        [told(&sample("mail-sweep/sweep-asked.json"))]
    );
    let links = announce(&world, "outbox/link-asked.json", "notifier").await;
    assert_eq!(
        links.iter().map(told).collect::<Vec<_>>(),
        [told(&sample("notifier/link-asked.json"))]
    );
    let erasures = announce(&world, "outbox/erasure-asked.json", "housekeeping").await;
    assert_eq!(
        erasures.iter().map(told).collect::<Vec<_>>(),
        [told(&sample("housekeeping/erasure-asked.json"))]
    );
}

#[tokio::test]
async fn asked_bundles_go_to_evidence_and_roots_to_the_notifier() {
    let world = World::open().await;
    let bundles = announce(&world, "outbox/bundle-asked.json", "evidence").await;
    assert_eq!(
        bundles.iter().map(told).collect::<Vec<_>>(),
        [told(&sample("evidence/bundle-asked.json"))]
    );
    let roots = announce(&world, "outbox/root-made.json", "notifier").await;
    assert_eq!(
        roots.iter().map(told).collect::<Vec<_>>(),
        [told(&sample("notifier/root-made.json"))]
    );
    assert!(world.partition("DAY#").await.is_empty(), "neither is an entry");
}

#[tokio::test]
async fn the_newest_announced_entry_of_a_ticket_is_the_day_s_head() {
    let world = World::open().await;
    world.story().await;
    for _ in 0..2 {
        announce(&world, "outbox/entry.json", "notifier").await;
        let heads = world.store.heads_of(world.now().as_offset().date()).await.unwrap();
        let mut newest = std::collections::BTreeMap::new();
        for record in sample("outbox/entry.json")["Records"].as_array().unwrap() {
            let keys = &record["dynamodb"]["Keys"];
            let number: u64 = keys["pk"]["S"].as_str().unwrap()[2..].parse().unwrap();
            let seq: u64 = keys["sk"]["S"].as_str().unwrap()[2..].parse().unwrap();
            newest
                .entry(number)
                .and_modify(|known: &mut u64| *known = seq.max(*known))
                .or_insert(seq);
        }
        let found: std::collections::BTreeMap<u64, u64> = heads.iter().map(|head| (head.ticket.0, head.seq)).collect();
        assert_eq!(found, newest);
        for head in heads {
            assert_eq!(world.store.entry(head.ticket, head.seq).await.unwrap().hash, head.hash);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_announced_comes_again_with_all_behind_it() {
    let world = World::open().await;
    world.story().await;
    // The engine is not there: nothing can be read.
    let function = world.function_through("outbox", "http://127.0.0.1:1");
    let event = sample("outbox/entry.json");
    let answer = function.invoke(&event, PATIENCE).await.unwrap();
    let first = &event["Records"][0]["dynamodb"]["SequenceNumber"];
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": first}]}));
    assert!(world.on_the_bus("notifier").await.is_empty());
    end(function, 1);
}

#[tokio::test]
async fn garbage_is_reported_as_poison_and_the_next_event_handled() {
    let world = World::open().await;
    world.story().await;
    let function = world.function("outbox");
    let nonsense = [json!({}), json!({"Records": [{"eventName": "INSERT"}]}), json!("x")];
    for event in &nonsense {
        let error = function.invoke(event, PATIENCE).await.unwrap_err();
        assert_eq!(error.kind, "Poison", "{error:?}");
    }
    let answer = function.invoke(&sample("outbox/entry.json"), PATIENCE).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    assert_eq!(world.on_the_bus("notifier").await.len(), 3);
    end(function, nonsense.len());
}
