use chamada_domain::draft::Pen;
use chamada_domain::entry::MailFacts;
use chamada_domain::mailbox::{LedgerEntry, Verdict};
use chamada_domain::message::Voice;
use chamada_domain::word::Word;
use chamada_domain::{Authentication, MailboxId, Role, Ticket, TicketNumber, User, Via, bin};
use chamada_platform::{Secret, random, secret_hash};
use chamada_store::{Begin, Deed, Import, Sending, SendingState, TicketKey, With, bundles_below, parcel_object};
use serde_json::json;
use time::Duration;

use crate::kit::{DAY, House, said};

/// Words that are nowhere once their ticket, or whoever said them, is erased.
const SECRET: &str = "palabra-secreta";
const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const DOUBLE: &str = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752";

fn record(house: &House, from: &User, digest: &str, state: Verdict) -> LedgerEntry {
    LedgerEntry {
        state,
        reason: None,
        ticket: None,
        subject: format!("Asunto {SECRET}"),
        sender: from.email.to_string(),
        digest: digest.into(),
        size: 7,
        at: house.desk.now(),
    }
}

/// A ticket that a mail of this person's opened: with a file, its original, a double in the ledger, a link, a record of a mail, evidence.
async fn by_mail(house: &House, from: &User) -> Ticket {
    let (store, platform) = (&house.desk.app.store, &house.desk.app.platform);
    let (objects, config) = (platform.objects(), platform.config());
    let mailbox = MailboxId::from_random(random());
    let lease = store.take_lease(&mailbox, "test", house.desk.now()).await.unwrap().unwrap();
    let (file, parcel) = {
        let id = house.desk.uploaded(from, "sin-usar.txt").await;
        let (mut file, _) = house.desk.attachable(from, &id).await;
        store.remove_upload(&id, from.id.as_str(), house.desk.now(), None).await.unwrap();
        file.name = Word::new(format!("{SECRET}.txt"), &mut random);
        (file, id_of_a_parcel())
    };
    store.announce_parcel(&parcel, house.desk.now()).await.unwrap();
    let object = parcel_object(&parcel, &file.attachment_id);
    objects.put(&config.files_bucket, &object, SECRET, "text/plain").await.unwrap();
    for digest in [DIGEST, DOUBLE] {
        let key = format!("mail/{digest}.eml");
        objects.put(&config.mail_bucket, &key, SECRET, "message/rfc822").await.unwrap();
    }
    let import = Import {
        lease,
        uidl: "uno".into(),
        entry: record(house, from, DIGEST, Verdict::Imported),
        message_id: None,
        parcel: Some(parcel),
    };
    let with = With {
        import: Some(&import),
        ..With::default()
    };
    let ticket = house
        .desk
        .ticket_of(from, &with, |new| {
            new.title = format!("Título {SECRET}");
            new.body = SECRET.into();
            new.attachments.push(file);
            new.mail = Some(facts(from.email.as_str(), "soporte@example.org"));
        })
        .await;
    let double = Import {
        uidl: "dos".into(),
        entry: LedgerEntry {
            ticket: Some(ticket.number),
            ..record(house, from, DOUBLE, Verdict::Duplicate)
        },
        parcel: None,
        ..import
    };
    store.record_message(&double).await.unwrap();
    mailed(house, from, ticket.number).await;
    let bundle = format!("{}bun_1.zip", bundles_below(ticket.number));
    objects.put(&config.files_bucket, &bundle, SECRET, "application/zip").await.unwrap();
    ticket
}

fn id_of_a_parcel() -> chamada_domain::AttachmentId {
    chamada_domain::AttachmentId::from_random(random())
}

fn facts(from: &str, to: &str) -> MailFacts {
    MailFacts {
        from: Some(Word::new(from, &mut random)),
        to: vec![Word::new(format!("Alguien <{to}>"), &mut random)],
        cc: Vec::new(),
        subject: Word::new("Asunto", &mut random),
        has_html: false,
        authentication: Authentication::Pass,
        digest: "0".repeat(64),
        left_in_original: 0,
        automatic: false,
    }
}

/// A mail to this person with a link, on record as sent.
async fn mailed(house: &House, to: &User, ticket: TicketNumber) {
    let sending = Sending {
        seq: 1,
        to: to.email.clone(),
        state: SendingState::Sent,
        at: house.desk.now(),
        attempts: 1,
        message_id: "1@chamada.example".into(),
        service_id: None,
    };
    let (hash, now) = (secret_hash(&Secret::generate()), house.desk.now());
    let key = TicketKey {
        person: to.id.clone(),
        created_at: now,
        valid_until: now.plus(Duration::days(30)),
    };
    let begin = Begin {
        ticket,
        sending: &sending,
        recipient: &to.id,
        key: Some((hash.as_str(), key)),
        id_hash: "ab",
    };
    house.desk.app.store.begin_sending(&begin).await.unwrap();
}

async fn is_valid(house: &House, number: TicketNumber) -> bool {
    let store = &house.desk.app.store;
    let ticket = store.ticket(number).await.unwrap();
    store.verified(ticket).await.unwrap().1.is_valid()
}

async fn erase_ticket(house: &House, number: TicketNumber) -> u64 {
    let pen = Pen {
        at: house.desk.now(),
        via: Via::Web,
        author: None,
    };
    let decide = |ticket: Ticket, history: &[_]| bin::erase(ticket, history, &pen, &mut random);
    let draft = house
        .desk
        .app
        .store
        .change_whole_ticket(number, &With::default(), decide)
        .await
        .unwrap();
    draft.entries.last().unwrap().entry.seq
}

async fn erase_person(house: &House, person: &User) {
    let deed = Deed::new(None, house.desk.now(), random());
    let erase = |user: &mut User| {
        user.erase();
        Ok(())
    };
    house.desk.app.store.change_user(&person.id, Some(&deed), erase).await.unwrap();
}

#[tokio::test]
async fn of_an_erased_ticket_nothing_is_left_in_table_or_buckets() {
    let house = House::open().await;
    let number = by_mail(&house, &house.ana).await.number;
    let before = house.everything().await;
    // Title, text, name of the file; the file, two originals, evidence; two subjects in the ledger.
    assert!(before.matches(SECRET).count() >= 9, "{before}");
    let seq = erase_ticket(&house, number).await;
    let told = json!({"ticket": number, "seq": seq, "type": "erased", "ids": {}});
    assert_eq!(house.hear("ticket.erased", &told).await.unwrap(), json!({"erased": 1}));
    let after = house.everything().await;
    assert!(!after.contains(SECRET), "{after}");
    // Of Ana there is her account alone: profile, its place in the directory, her address.
    assert_eq!(after.matches("ana@example.org").count(), before_account(&house).await, "{after}");
    assert!(is_valid(&house, number).await);
    assert!(house.desk.items("TK#").await.is_empty() && house.desk.items("ERASE#").await.is_empty());
    assert_eq!(
        house.hear("ticket.erased", &told).await.unwrap(),
        json!({"erased": 1}),
        "told twice, it is done twice"
    );
    assert_eq!(house.everything().await, after);
}

/// How often an account of Ana's names her address.
async fn before_account(house: &House) -> usize {
    let own = [house.desk.items("U#").await, house.desk.items("EMAIL#").await];
    format!("{own:?}").matches("ana@example.org").count()
}

#[tokio::test]
async fn whoever_is_killed_in_between_leaves_it_to_the_next_run() {
    let house = House::open().await;
    let number = by_mail(&house, &house.ana).await.number;
    erase_ticket(&house, number).await;
    // The bucket does not answer: nothing of what tells of the bytes may go before them.
    let without = house.desk.platform_by(|endpoints| endpoints.s3 = Some("http://127.0.0.1:9".into()));
    house.run_on(without).await.unwrap_err();
    assert!(house.everything().await.contains(SECRET));
    let ran = house.run().await;
    assert_eq!(ran["erased"], 1, "{ran}");
    assert!(!house.everything().await.contains(SECRET));
    assert_eq!(house.run().await, said(0, 0, false), "once");
}

#[tokio::test]
async fn a_person_goes_from_every_ticket_and_the_others_stay() {
    let house = House::open().await;
    let (ana, eva) = (&house.ana, house.desk.person("eva@example.org", Role::Specialist).await);
    let own = by_mail(&house, ana).await.number;
    let others = house.desk.ticket(&eva).await.number;
    let from_ana = |message: &mut chamada_domain::message::NewMessage| message.voice = Voice::Customer;
    house.desk.answer(others, ana, SECRET, from_ana, &With::default()).await;
    // Another's mail to her, and one in her name that nobody vouched for.
    let to_ana = |message: &mut chamada_domain::message::NewMessage| message.mail = Some(facts("eva@example.org", "ana@example.org"));
    house.desk.answer(own, &eva, "Para Ana", to_ana, &With::default()).await;
    house.desk.answer(own, &eva, "Palabras de Eva", |_| (), &With::default()).await;
    let parts = [
        (ana.id.clone(), own),
        (eva.id.clone(), own),
        (ana.id.clone(), others),
        (ana.id.clone(), TicketNumber(99)),
    ];
    house.desk.app.store.note_parts(&parts).await.unwrap();

    erase_person(&house, ana).await;
    assert!(
        house
            .desk
            .items("EMAIL#")
            .await
            .iter()
            .all(|item| item["pk"] != "EMAIL#ana@example.org")
    );
    let told = house.hear("erasure.asked", &json!({"person": ana.id})).await.unwrap();
    assert_eq!(told, json!({"erased": 0}), "looked for a day longer");
    let after = house.everything().await;
    assert!(!after.contains(SECRET), "{after}");
    // The note of whom to look for is the last to go.
    assert_eq!(after.matches("ana@example.org").count(), 1, "{after}");
    assert!(!after.contains("Person ana"), "{after}");
    assert!(after.contains("Palabras de Eva") && after.contains("Person eva"));
    for number in [own, others] {
        assert!(is_valid(&house, number).await);
    }
    let entries = |number| house.desk.app.store.ticket(number);
    let (first, second) = (entries(own).await.unwrap().last_seq, entries(others).await.unwrap().last_seq);
    // What comes late is found too, and what was done is not done again.
    house.desk.app.store.note_parts(&parts).await.unwrap();
    house.desk.advance(DAY);
    let ran = house.run().await;
    assert_eq!(ran["erased"], 1, "{ran}");
    assert!(!house.everything().await.contains("ana@example.org"));
    assert_eq!(
        (entries(own).await.unwrap().last_seq, entries(others).await.unwrap().last_seq),
        (first, second)
    );
    assert!(
        house
            .desk
            .items(&format!("U#{}", ana.id))
            .await
            .iter()
            .all(|item| !item["sk"].starts_with("IN#"))
    );
}

#[tokio::test]
async fn of_those_who_hold_links_the_erased_one_alone_loses_theirs() {
    let house = House::open().await;
    let eva = house.desk.person("eva@example.org", Role::User).await;
    let number = by_mail(&house, &house.ana).await.number;
    mailed(&house, &eva, number).await;
    house.desk.app.store.note_parts(&[(house.ana.id.clone(), number)]).await.unwrap();
    erase_person(&house, &house.ana).await;
    house.run().await;
    let held = house.desk.app.store.ticket_keys(number).await.unwrap();
    assert_eq!(held.iter().map(|(_, key)| &key.person).collect::<Vec<_>>(), [&eva.id]);
    let sendings = house.desk.app.store.sendings(number, 1, 1).await.unwrap();
    let mut to: Vec<&str> = sendings.iter().map(|sending| sending.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["erased@invalid", "eva@example.org"]);
}

#[tokio::test]
async fn an_event_of_another_kind_or_without_its_subject_is_set_aside() {
    let house = House::open().await;
    for (kind, detail) in [
        ("ticket.opened", json!({"ticket": 1, "seq": 1})),
        ("ticket.erased", json!({"ticket": 1})),
        ("erasure.asked", json!({"person": "nobody"})),
    ] {
        house.hear(kind, &detail).await.unwrap_err();
    }
}
