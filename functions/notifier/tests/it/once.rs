//! One mail for one entry and person, however often the event comes and whatever fails in between (MAIL.md, 'Mail out').

use chamada_platform::Outcome;
use chamada_store::{Begin, Begun, Sending, SendingState};
use time::Duration;

use crate::post_office::{Office, header};

async fn sendings(office: &Office, number: chamada_domain::TicketNumber) -> Vec<Sending> {
    office.desk.app.store.sendings(number, 1, 99).await.unwrap()
}

#[tokio::test]
async fn an_event_that_comes_again_mails_nobody_again() {
    let office = Office::open().await;
    let number = office.answered().await;
    for _ in 0..3 {
        office.tell("message", number, 2).await.unwrap();
        office.desk.advance(Duration::hours(1));
    }
    assert_eq!(office.taken().len(), 1);
    let sent = sendings(&office, number).await;
    assert_eq!(sent.len(), 1);
    let record = &sent[0];
    assert_eq!(
        (record.state, record.seq, record.to.as_str(), record.attempts),
        (SendingState::Sent, 2, "ana@example.org", 1)
    );
    assert_eq!(record.service_id.as_deref(), Some("ses-1"), "what the service calls it is kept");
    assert_eq!(format!("<{}>", record.message_id), header(&office.taken()[0], "Message-ID"));
}

#[tokio::test]
async fn two_at_once_mail_once() {
    let office = Office::open().await;
    let number = office.answered().await;
    let (one, other) = tokio::join!(office.tell("message", number, 2), office.tell("message", number, 2));
    let outcomes: Vec<_> = [one, other]
        .into_iter()
        .filter_map(Result::err)
        .map(|error| error.outcome())
        .collect();
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Retry), "{outcomes:?}");
    assert_eq!(office.taken().len(), 1);
}

#[tokio::test]
async fn what_the_service_refuses_is_recorded_and_sent_when_the_event_comes_again() {
    let office = Office::open().await;
    let number = office.answered().await;
    office.handed.lock().unwrap().closed = true;
    for attempts in 1..=2 {
        let refused = office.tell("message", number, 2).await.unwrap_err();
        assert_eq!(refused.outcome(), Outcome::Retry);
        let record = sendings(&office, number).await.remove(0);
        assert_eq!(
            (record.state, record.attempts, record.service_id),
            (SendingState::Failed, attempts, None)
        );
    }
    office.handed.lock().unwrap().closed = false;
    office.tell("message", number, 2).await.unwrap();
    office.tell("message", number, 2).await.unwrap();
    let record = sendings(&office, number).await.remove(0);
    assert_eq!((record.state, record.attempts), (SendingState::Sent, 3));
    let handed = office.handed.lock().unwrap();
    assert_eq!((handed.taken.len(), handed.refused.len()), (1, 2));
    assert_eq!(header(&handed.taken[0], "Message-ID"), header(&handed.refused[0], "Message-ID"));
}

/// As a notifier leaves it that was killed between its record and its call.
#[tokio::test]
async fn what_was_begun_and_never_ended_is_sent_after_a_minute_with_the_same_message_id() {
    let office = Office::open().await;
    let number = office.answered().await;
    let begun = Sending {
        seq: 2,
        to: office.ana.email.clone(),
        state: SendingState::Sending,
        at: office.desk.now(),
        attempts: 1,
        message_id: "first@example.org".into(),
        service_id: None,
    };
    let begin = Begin {
        ticket: number,
        sending: &begun,
        recipient: &office.ana.id,
        key: None,
        id_hash: &chamada_mail::id_hash(&begun.message_id),
    };
    let store = &office.desk.app.store;
    assert!(matches!(store.begin_sending(&begin).await.unwrap(), Begun::Yes(1)));
    office.desk.advance(Duration::seconds(59));
    let busy = office.tell("message", number, 2).await.unwrap_err();
    assert_eq!((busy.outcome(), office.taken().len()), (Outcome::Retry, 0));
    office.desk.advance(Duration::seconds(2));
    office.tell("message", number, 2).await.unwrap();
    assert_eq!(office.taken().len(), 1);
    let record = sendings(&office, number).await.remove(0);
    assert_eq!((record.state, record.attempts), (SendingState::Sent, 2));
}

#[tokio::test]
async fn message_ids_are_the_same_each_time_an_entry_is_mailed_to_somebody() {
    let (one, other) = (Office::open().await, Office::open().await);
    let number = one.answered().await;
    other.answered().await;
    one.tell("message", number, 2).await.unwrap();
    one.tell("opened", number, 1).await.unwrap();
    let ids: std::collections::BTreeSet<_> = one.taken().iter().map(|mail| header(mail, "Message-ID")).collect();
    assert_eq!(ids.len(), 2, "another entry, another id");
    other.tell("message", number, 2).await.unwrap();
    assert!(
        !ids.contains(&header(&other.taken()[0], "Message-ID")),
        "another site's key, another id"
    );
}
