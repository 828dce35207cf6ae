//! `mail-sweep`.

use crate::world::{ACCOUNT, MAILBOX, PATIENCE, World, end, sample};
use chamada_tests::{dovecot::Dovecot, mails::Draft, naive::count};
use serde_json::{Value, json};

/// The sweep of the samples.
const SWEEP: &str = "swp_0123456789abcdef0123";

#[tokio::test]
async fn an_asked_sweep_brings_each_mail_once() {
    let world = World::open().await;
    let pop3 = Dovecot::start(&[ACCOUNT]);
    for name in ["ana", "bruno"] {
        let mail = Draft::new(
            &format!("{name}@example.org"),
            "La impresora",
            &format!("{name}-1@example.org"),
            &format!("word-{name} y nada más"),
        );
        pop3.deliver(ACCOUNT.0, &mail.bytes());
    }
    let mailbox = world.mailbox(pop3.port).await;
    assert_eq!(world.ask_sweep(&mailbox, Some(SWEEP)).await.as_str(), SWEEP);
    let function = world.function("mail-sweep");
    let event = sample("mail-sweep/sweep-asked.json");
    let answer = function.invoke(&event, PATIENCE).await.unwrap();
    assert_eq!((&answer["sweep"], &answer["state"]), (&json!(SWEEP), &json!("done")));
    let words = ["word-ana".to_owned(), "word-bruno".to_owned()];
    assert_eq!(count::not_once(&count::said(&world.tickets().await, &words)), Vec::<String>::new());
    assert_eq!(pop3.count(ACCOUNT.0), 0, "imported mails are deleted from this mailbox");
    let again = function.invoke(&event, PATIENCE).await.unwrap();
    assert_eq!(again["state"], "done", "delivered twice, done once");
    assert_eq!(world.tickets().await.len(), 2);
    end(function, 0);
}

#[tokio::test]
async fn the_schedule_asks_for_a_sweep_of_every_mailbox() {
    let world = World::open().await;
    let mailbox = world.mailbox(110).await;
    let function = world.function("mail-sweep");
    let due = sample("mail-sweep/sweep-due.json");
    assert_eq!(function.invoke(&due, PATIENCE).await.unwrap(), json!({"asked": 1}));
    assert_eq!(
        function.invoke(&due, PATIENCE).await.unwrap(),
        json!({"asked": 0}),
        "one is under way"
    );
    let items = world.partition(&format!("MB#{mailbox}")).await;
    let states: Vec<&Value> = items
        .iter()
        .filter(|item| item["sk"].as_str().unwrap().starts_with("SWEEP#"))
        .map(|item| &item["state"])
        .collect();
    assert_eq!(states, [&json!("asked")]);
    end(function, 0);
}

#[tokio::test]
async fn a_mailbox_that_cannot_be_read_is_said_on_its_page() {
    let world = World::open().await;
    // Nobody listens at port 1.
    let mailbox = world.mailbox(1).await;
    world.ask_sweep(&mailbox, Some(SWEEP)).await;
    let function = world.function("mail-sweep");
    let answer = function.invoke(&sample("mail-sweep/sweep-asked.json"), PATIENCE).await.unwrap();
    assert_eq!(answer["state"], "failed");
    let found = world.store.mailbox(&MAILBOX.parse().unwrap()).await.unwrap().last_sweep.unwrap();
    assert_eq!(found.error.unwrap().code, "refused");
    assert!(found.next_attempt_at.is_some());
    end(function, 0);
}

#[tokio::test]
async fn garbage_is_reported_as_poison_and_the_next_event_handled() {
    let world = World::open().await;
    let function = world.function("mail-sweep");
    let nonsense = [
        json!({"hello": 1}),
        json!([]),
        json!({"detail-type": "sweep.asked", "detail": {"mailbox": 7}}),
        json!({"detail-type": "x"}),
    ];
    for event in &nonsense {
        let error = function.invoke(event, PATIENCE).await.unwrap_err();
        assert_eq!(error.kind, "Poison", "{error:?}");
    }
    assert_eq!(
        function.invoke(&sample("mail-sweep/sweep-due.json"), PATIENCE).await.unwrap(),
        json!({"asked": 0})
    );
    end(function, nonsense.len());
}
