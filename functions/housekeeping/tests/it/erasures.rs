use chamada_domain::draft::Pen;
use chamada_domain::mailbox::{LedgerEntry, Verdict};
use chamada_domain::message::{NewMessage, Voice};
use chamada_domain::{Role, Ticket, TicketNumber, User, Via, bin};
use chamada_platform::random;
use chamada_store::{Deed, Import, Store, With};
use chamada_tests::unguarded::{Guard, Unguarded};
use serde_json::json;

use crate::kit::{DAY, House, said};
use crate::mailed::{DOUBLE, SECRET, by_mail, facts, imported, mailed, record};
use crate::race::store_on;

async fn is_valid(house: &House, number: TicketNumber) -> bool {
    let store = &house.desk.app.store;
    let ticket = store.ticket(number).await.unwrap();
    store.verified(ticket).await.unwrap().1.is_valid()
}

async fn erase_ticket(store: &Store, house: &House, number: TicketNumber) -> u64 {
    let pen = Pen {
        at: house.desk.now(),
        via: Via::Web,
        author: None,
    };
    let decide = |ticket: Ticket, history: &[_]| bin::erase(ticket, history, &pen, &mut random);
    let draft = store.change_whole_ticket(number, &With::default(), decide).await.unwrap();
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
    let seq = erase_ticket(&house.desk.app.store, &house, number).await;
    let told = json!({"ticket": number, "seq": seq, "type": "erased", "ids": {}});
    assert_eq!(house.hear("ticket.erased", &told).await.unwrap(), json!({"erased": 1}));
    let after = house.everything().await;
    assert!(!after.contains(SECRET), "{after}");
    // Of Ana there is her account alone: profile, its place in the directory, her address.
    assert_eq!(after.matches("ana@example.org").count(), before_account(&house).await, "{after}");
    assert!(is_valid(&house, number).await);
    assert!(house.desk.items("TK#").await.is_empty() && to_do(&house).await == 0);
    assert_eq!(
        house.hear("ticket.erased", &told).await.unwrap(),
        json!({"erased": 1}),
        "told twice, it is done twice"
    );
    assert_eq!(house.everything().await, after);
}

/// How many erasures are on the list of what is to be done.
async fn to_do(house: &House) -> usize {
    let erasures = house.desk.items("ERASE#").await;
    erasures.iter().filter(|item| item.contains_key("list_pk")).count()
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
    erase_ticket(&house.desk.app.store, &house, number).await;
    // The bucket does not answer: nothing of what tells of the bytes may go before them.
    let without = house.desk.platform_by(|endpoints| endpoints.s3 = Some("http://127.0.0.1:9".into()));
    house.run_on(without).await.unwrap_err();
    assert!(house.everything().await.contains(SECRET));
    let ran = house.run().await;
    assert_eq!(ran["erased"], 1, "{ran}");
    assert!(!house.everything().await.contains(SECRET));
    assert_eq!(house.run().await, said(0, 0, false), "once");
}

/// The guard against words that stay: the record that is written with the erasure. Without it nobody knows.
#[tokio::test]
async fn without_its_record_an_erasure_would_leave_the_files() {
    let house = House::open().await;
    let number = by_mail(&house, &house.ana).await.number;
    let unguarded = Unguarded::start(&house.desk.services.server_file().dynamodb, Guard::Erasure);
    let through = house.desk.platform_by(|endpoints| endpoints.dynamodb = Some(unguarded.url()));
    erase_ticket(&store_on(&through), &house, number).await;
    assert_eq!(unguarded.taken(), 1);
    assert_eq!(house.run().await["erased"], 0);
    assert!(house.everything().await.contains(SECRET));
}

#[tokio::test]
async fn a_person_goes_from_every_ticket_and_the_others_stay() {
    let house = House::open().await;
    let (ana, eva) = (&house.ana, house.desk.person("eva@example.org", Role::Specialist).await);
    let own = by_mail(&house, ana).await.number;
    let others = house.desk.ticket(&eva).await.number;
    let from_ana = |message: &mut NewMessage| message.voice = Voice::Customer;
    house.desk.answer(others, ana, SECRET, from_ana, &With::default()).await;
    // Another's mail to her, and one in her name that nobody vouched for.
    let to_ana = |message: &mut NewMessage| message.mail = Some(facts("eva@example.org", "ana@example.org"));
    house.desk.answer(own, &eva, "Para Ana", to_ana, &With::default()).await;
    house.desk.answer(own, &eva, "Palabras de Eva", |_| (), &With::default()).await;
    let parts = [
        (ana.id.clone(), own),
        (eva.id.clone(), own),
        (ana.id.clone(), others),
        (ana.id.clone(), TicketNumber(99)),
    ];
    house.desk.app.store.note_parts(&parts, house.desk.now()).await.unwrap();

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
    house.desk.app.store.note_parts(&parts, house.desk.now()).await.unwrap();
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
    house
        .desk
        .app
        .store
        .note_parts(&[(house.ana.id.clone(), number)], house.desk.now())
        .await
        .unwrap();
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
async fn a_double_that_comes_after_the_erasure_goes_too() {
    let house = House::open().await;
    let (number, import) = imported(&house, &house.ana).await;
    erase_ticket(&house.desk.app.store, &house, number).await;
    house.run().await;
    let objects = house.desk.app.platform.objects();
    let key = format!("mail/{DOUBLE}.eml");
    let bucket = &house.desk.app.platform.config().mail_bucket;
    objects.put(bucket, &key, SECRET, "message/rfc822").await.unwrap();
    let late = Import {
        uidl: "tres".into(),
        entry: LedgerEntry {
            ticket: Some(number),
            ..record(&house, &house.ana, DOUBLE, Verdict::Duplicate)
        },
        parcel: None,
        ..import
    };
    house.desk.app.store.record_message(&late).await.unwrap();
    assert!(house.everything().await.contains(SECRET));
    house.run().await;
    assert!(!house.everything().await.contains(SECRET));
}

#[tokio::test]
async fn a_row_of_another_mail_under_the_same_name_stays() {
    let house = House::open().await;
    let (number, import) = imported(&house, &house.ana).await;
    let store = &house.desk.app.store;
    // The server gives the name to another mail, which becomes another ticket.
    store
        .end_ledger(&import.lease.mailbox, &["uno".to_owned()], house.desk.now())
        .await
        .unwrap();
    let other = Import {
        entry: LedgerEntry {
            subject: "Otro asunto".into(),
            sender: "eva@example.org".into(),
            ..record(&house, &house.ana, &"ab".repeat(32), Verdict::Imported)
        },
        parcel: None,
        message_id: None,
        ..import.clone()
    };
    let with = With {
        import: Some(&other),
        ..With::default()
    };
    house.desk.ticket_of(&house.ana, &with, |_| ()).await;
    erase_ticket(&house.desk.app.store, &house, number).await;
    house.run().await;
    let row = store.ledger_entry(&import.lease.mailbox, "uno").await.unwrap();
    assert_eq!((row.subject.as_str(), row.sender.as_str()), ("Otro asunto", "eva@example.org"));
    assert!(!house.everything().await.contains(SECRET));
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_adds_no_entry_to_a_history() {
    let house = House::open().await;
    let number = by_mail(&house, &house.ana).await.number;
    house
        .desk
        .app
        .store
        .note_parts(&[(house.ana.id.clone(), number)], house.desk.now())
        .await
        .unwrap();
    erase_person(&house, &house.ana).await;
    let last = async || house.desk.app.store.ticket(number).await.unwrap().last_seq;
    let before = last().await;
    for _ in 0..3 {
        let without = house.desk.platform_by(|endpoints| endpoints.s3 = Some("http://127.0.0.1:9".into()));
        house.run_on(without).await.unwrap_err();
    }
    assert_eq!(last().await, before + 1, "one erasure, however often it is tried");
    house.run().await;
    assert_eq!(last().await, before + 1);
    assert!(!house.everything().await.contains(SECRET));
}

#[tokio::test]
async fn two_who_are_erased_at_once_both_go() {
    let house = House::open().await;
    let eva = house.desk.person("eva@example.org", Role::User).await;
    let number = by_mail(&house, &house.ana).await.number;
    let voice = |message: &mut NewMessage| message.voice = Voice::Customer;
    for n in 0..20 {
        house.desk.answer(number, &eva, &format!("rosa {n}"), voice, &With::default()).await;
        house
            .desk
            .answer(number, &house.ana, &format!("{SECRET} {n}"), voice, &With::default())
            .await;
    }
    let parts = [(house.ana.id.clone(), number), (eva.id.clone(), number)];
    house.desk.app.store.note_parts(&parts, house.desk.now()).await.unwrap();
    erase_person(&house, &house.ana).await;
    erase_person(&house, &eva).await;
    let (ana_told, eva_told) = (json!({"person": house.ana.id}), json!({"person": eva.id}));
    let both = futures::join!(
        house.hear("erasure.asked", &ana_told),
        house.hear("erasure.asked", &eva_told),
        house.run()
    );
    both.0.and(both.1).unwrap();
    let after = house.everything().await;
    assert!(
        !after.contains(SECRET) && !after.contains("rosa") && !after.contains("Person"),
        "{after}"
    );
    assert!(is_valid(&house, number).await);
}

#[tokio::test]
async fn what_is_told_of_days_later_is_looked_for_again() {
    let house = House::open().await;
    let number = by_mail(&house, &house.ana).await.number;
    erase_person(&house, &house.ana).await;
    house.desk.advance(DAY);
    assert_eq!(house.run().await["erased"], 1, "nothing was noted of her");
    assert!(house.everything().await.contains(SECRET));
    // The outbox was down all day, and gets to it now.
    house
        .desk
        .app
        .store
        .note_parts(&[(house.ana.id.clone(), number)], house.desk.now())
        .await
        .unwrap();
    house.run().await;
    assert!(!house.everything().await.contains(SECRET));
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
