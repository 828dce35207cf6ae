use chamada_domain::mailbox::{LedgerEntry, Verdict};
use chamada_domain::timestamp::seconds;
use chamada_store::Import;
use http::Method;
use serde_json::Value;

use crate::kit::{Machine, id_of, mailbox};

/// A UIDL as some servers make them: RFC 1939 allows any visible ASCII, and not all keep to it.
const ODD: &str = "a/b%2F..#?é \u{1f4e7}";

async fn record(machine: &Machine, mailbox: &str, uidl: &str, state: Verdict, digest: &str) {
    let id = id_of(mailbox);
    let now = machine.app.now();
    let lease = machine.app.store.take_lease(&id, "test", now).await.unwrap().unwrap();
    let entry = LedgerEntry {
        state,
        reason: Some("panic".into()),
        ticket: None,
        subject: format!("Asunto {uidl}"),
        sender: "ana@example.org".into(),
        digest: digest.into(),
        size: 7,
        at: now,
    };
    let import = Import {
        lease: lease.clone(),
        uidl: uidl.into(),
        entry,
        message_id: None,
        parcel: None,
    };
    machine.app.store.record_message(&import).await.unwrap();
    machine.app.store.release_lease(&lease).await.unwrap();
    machine.clock.advance(seconds(1));
}

fn subjects(page: &Value) -> Vec<String> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["subject"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn messages_are_listed_by_what_became_of_them() {
    let machine = Machine::start().await;
    let id = machine.made(&mailbox(110)).await;
    for (uidl, state) in [
        ("1", Verdict::Ignored),
        ("2", Verdict::Quarantined),
        ("3", Verdict::Ignored),
        ("4", Verdict::Duplicate),
    ] {
        record(&machine, &id, uidl, state, "d").await;
    }
    let base = format!("/api/mailboxes/{id}/messages");
    assert_eq!(
        subjects(&machine.get(&base).await.body),
        ["Asunto 4", "Asunto 3", "Asunto 2", "Asunto 1"]
    );
    let first = machine.get(&format!("{base}?state=ignored&limit=1")).await;
    assert_eq!(subjects(&first.body), ["Asunto 3"]);
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let second = machine.get(&format!("{base}?state=ignored&limit=1&cursor={cursor}")).await;
    assert_eq!(subjects(&second.body), ["Asunto 1"]);
    assert_eq!(machine.get(&format!("{base}?state=lost")).await.faulty(), ["state invalid"]);
    let row = &second.body["items"][0];
    assert_eq!(
        (
            row["state"].as_str(),
            row["reason"].as_str(),
            row["sender"].as_str(),
            row["size"].as_u64()
        ),
        (Some("ignored"), Some("panic"), Some("ana@example.org"), Some(7))
    );
}

#[tokio::test]
async fn the_file_of_a_message_can_be_had_whatever_it_is_called() {
    let machine = Machine::start().await;
    let id = machine.made(&mailbox(110)).await;
    let digest = "ab".repeat(32);
    record(&machine, &id, ODD, Verdict::Quarantined, &digest).await;
    record(&machine, &id, "lost", Verdict::Quarantined, &"cd".repeat(32)).await;
    let mail = b"From: x\r\n\r\n<script>alert(1)</script>\xff\0";
    let bucket = &machine.app.platform.config().mail_bucket;
    machine
        .app
        .platform
        .objects()
        .put(bucket, &format!("mail/{digest}.eml"), &mail[..], "message/rfc822")
        .await
        .unwrap();

    let rows = machine.get(&format!("/api/mailboxes/{id}/messages")).await.body["items"].clone();
    let (lost, odd) = (rows[0]["id"].as_str().unwrap(), rows[1]["id"].as_str().unwrap());
    let raw = machine.get(&format!("/api/mailboxes/{id}/messages/{odd}/raw")).await;
    assert_eq!((raw.status, &raw.bytes[..]), (200, &mail[..]));
    let header = |name: &str| raw.headers[name].to_str().unwrap().to_owned();
    assert_eq!(
        (header("content-type"), header("x-content-type-options")),
        ("message/rfc822".into(), "nosniff".into())
    );
    assert!(header("content-disposition").starts_with("attachment; ") && header("content-security-policy").starts_with("sandbox;"));
    for missing in [lost, "msg_eA", "msg_", "msg_%2F", "x", "usr_1"] {
        let answer = machine.get(&format!("/api/mailboxes/{id}/messages/{missing}/raw")).await;
        assert_eq!(answer.problem(), (404, "not_found"), "{missing}");
    }
}

#[tokio::test]
async fn a_quarantined_message_is_discarded_once_and_stays_known() {
    let machine = Machine::start().await;
    let id = machine.made(&mailbox(110)).await;
    record(&machine, &id, ODD, Verdict::Quarantined, "d").await;
    record(&machine, &id, "dup", Verdict::Duplicate, "d").await;
    let base = format!("/api/mailboxes/{id}/messages");
    let rows = machine.get(&base).await.body["items"].clone();
    let discard = |row: &Value, key: Option<&'static str>| {
        let path = format!("{base}/{}", row["id"].as_str().unwrap());
        let machine = &machine;
        async move { machine.ask(Method::DELETE, &path, None, key).await }
    };
    assert_eq!(discard(&rows[0], None).await.problem(), (409, "not_quarantined"));
    let at_once = futures::future::join_all((0..5).map(|_| discard(&rows[1], Some("k")))).await;
    assert!(
        at_once.iter().all(|reply| reply.status == 204),
        "the same request five times at once"
    );
    assert_eq!(discard(&rows[1], Some("k")).await.status, 204, "the same request again");
    assert_eq!(discard(&rows[1], None).await.problem(), (409, "not_quarantined"));
    assert_eq!(
        subjects(&machine.get(&format!("{base}?state=quarantined")).await.body),
        Vec::<String>::new()
    );
    let ignored = machine.get(&format!("{base}?state=ignored")).await;
    assert_eq!(
        (ignored.body["items"][0]["reason"].as_str(), ignored.body["items"][0]["id"].clone()),
        (Some("discarded"), rows[1]["id"].clone())
    );
    let known = machine.app.store.ledger(&id_of(&id), &[ODD.to_owned()]).await.unwrap();
    assert_eq!(known[ODD].state, Verdict::Ignored, "so that no sweep fetches it again");
}
