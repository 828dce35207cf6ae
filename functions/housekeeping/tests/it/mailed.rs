//! Tickets that came by mail, with all that comes with that.

use chamada_domain::entry::MailFacts;
use chamada_domain::mailbox::{LedgerEntry, Verdict};
use chamada_domain::word::Word;
use chamada_domain::{AttachmentId, Authentication, MailboxId, Ticket, TicketNumber, User};
use chamada_platform::{Secret, random, secret_hash};
use chamada_store::{Begin, Import, MessageIdentity, Sending, SendingState, TicketKey, With, bundles_below, parcel_object};
use time::Duration;

use crate::kit::House;

/// Words that are nowhere once their ticket, or whoever said them, is erased.
pub(crate) const SECRET: &str = "palabra-secreta";
pub(crate) const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
pub(crate) const DOUBLE: &str = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752";

pub(crate) fn record(house: &House, from: &User, digest: &str, state: Verdict) -> LedgerEntry {
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
pub(crate) async fn by_mail(house: &House, from: &User) -> Ticket {
    let number = imported(house, from).await.0;
    house.desk.app.store.ticket(number).await.unwrap()
}

/// The same, and how its mail was imported.
pub(crate) async fn imported(house: &House, from: &User) -> (TicketNumber, Import) {
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
        message_id: Some(MessageIdentity {
            id_hash: "cd".repeat(32),
            fingerprint: "ef".repeat(32),
        }),
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
        ..import.clone()
    };
    store.record_message(&double).await.unwrap();
    mailed(house, from, ticket.number).await;
    let bundle = format!("{}bun_1.zip", bundles_below(ticket.number));
    objects.put(&config.files_bucket, &bundle, SECRET, "application/zip").await.unwrap();
    (ticket.number, import)
}

pub(crate) fn id_of_a_parcel() -> AttachmentId {
    AttachmentId::from_random(random())
}

pub(crate) fn facts(from: &str, to: &str) -> MailFacts {
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
pub(crate) async fn mailed(house: &House, to: &User, ticket: TicketNumber) {
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
