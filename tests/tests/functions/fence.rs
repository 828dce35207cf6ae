//! A sweep that lost its lease without knowing writes nothing: of two sweeps of one mailbox, the first stands still past its time, with its
//! writes on their way. And the proof that this test would notice: without the fence, the same mails become tickets twice.

use crate::world::{ACCOUNT, MAILBOX, PATIENCE, World, end};
use chamada_domain::SweepId;
use chamada_tests::{
    dovecot::Dovecot,
    engine::raw,
    gate::Gate,
    mails::Draft,
    naive::count,
    unguarded::{Guard, Unguarded},
};
use serde_json::{Value, json};
use std::process::Command;

const SENDERS: [&str; 3] = ["ana", "bruno", "carla"];

fn word(name: &str) -> String {
    format!("word-{name}")
}

/// Mails of several senders, none with a Message-ID: with one, the second import would know them by it, fence or not.
fn deliver(pop3: &Dovecot) {
    for name in SENDERS {
        let mail = Draft::new(
            &format!("{name}@example.org"),
            "La impresora",
            "",
            &format!("{} y nada más", word(name)),
        );
        pop3.deliver(ACCOUNT.0, &mail.bytes());
    }
}

fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").arg(name).arg(pid.to_string()).status().unwrap();
    assert!(sent.success(), "{name} reached nobody");
}

/// The lease's time runs out: what 90 seconds of standing still come to.
async fn expire_lease(world: &World) {
    let update = json!({"TableName": world.platform.config().table_name, "Key": {"pk": {"S": format!("MB#{MAILBOX}")}, "sk": {"S": "LEASE"}},
        "UpdateExpression": "SET lease_until = :past", "ConditionExpression": "attribute_exists(fence)",
        "ExpressionAttributeValues": {":past": {"N": "1"}}});
    raw(&world.services.server_file().dynamodb, "UpdateItem", &update).await.unwrap();
}

/// Two sweeps of one mailbox; the first reaches its table through `dynamodb`, and stands still while the second imports all, deletes it from the
/// server, and a third sees it gone and closes the ledger's rows, which from then on guard nothing. What the naive count finds wrong in the end,
/// and the answer of the first sweep.
async fn two_sweeps(world: &World, dynamodb: &str) -> (Vec<String>, Value) {
    let pop3 = Dovecot::start(&[ACCOUNT]);
    deliver(&pop3);
    let mailbox = world.mailbox(pop3.port).await;
    let gate = Gate::shut(dynamodb);
    let (first, second) = (world.function_through("mail-sweep", &gate.url()), world.function("mail-sweep"));
    let asked = world.ask_sweep(&mailbox, None).await;
    let event =
        |sweep: &SweepId| json!({"source": "chamada", "detail-type": "sweep.asked", "detail": {"mailbox": mailbox, "sweep": sweep}});
    let held = SENDERS.len() as u64;
    let others = async {
        gate.holds(held, PATIENCE).await;
        signal(first.pid(), "-STOP");
        expire_lease(world).await;
        // The bus delivers the event again, since nobody has answered it.
        let answer = second.invoke(&event(&asked), PATIENCE).await.unwrap();
        assert_eq!(answer["state"], "done");
        assert_eq!(pop3.count(ACCOUNT.0), 0);
        let next = world.ask_sweep(&mailbox, None).await;
        assert_ne!(next, asked);
        let event = event(&next);
        second.invoke(&event, PATIENCE).await.unwrap();
        gate.open(held, PATIENCE).await;
        signal(first.pid(), "-CONT");
    };
    let event = event(&asked);
    let (answer, ()) = tokio::join!(first.invoke(&event, PATIENCE), others);
    end(first, 0);
    end(second, 0);
    let tickets = count::tickets(&world.items().await);
    let words: Vec<String> = SENDERS.iter().map(|name| word(name)).collect();
    let wrong = [count::faults(&tickets), count::not_once(&count::said(&tickets, &words))].concat();
    (wrong, answer.unwrap_or_else(|error| json!({"error": error.kind})))
}

#[tokio::test]
async fn a_sweep_that_lost_its_lease_writes_nothing() {
    let world = World::open().await;
    let engine = world.services.server_file().dynamodb.clone();
    let (wrong, answer) = two_sweeps(&world, &engine).await;
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(answer["state"], "interrupted", "it says that another took over");
    let sweeps = world.store.sweeps(&MAILBOX.parse().unwrap(), None, 10).await.unwrap().0;
    let states: Vec<Value> = sweeps.iter().map(|sweep| json!(sweep.state)).collect();
    assert_eq!(states, ["done", "done"], "it writes no report over that of its successor");
}

#[tokio::test]
async fn without_the_fence_this_would_be_seen() {
    let world = World::open().await;
    let unguarded = Unguarded::start(&world.services.server_file().dynamodb, Guard::Fence);
    let (wrong, _) = two_sweeps(&world, &unguarded.url()).await;
    assert!(unguarded.taken() >= SENDERS.len() as u64, "the guard was there to be taken away");
    let expected: Vec<String> = SENDERS.iter().map(|name| format!("{}: 2 times", word(name))).collect();
    assert_eq!(wrong, expected);
}
