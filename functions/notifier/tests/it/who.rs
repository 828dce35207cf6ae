//! Who is told of what.

use chamada_domain::amend::{Amendment, amend};
use chamada_domain::draft::{Pen, Writer};
use chamada_domain::{Role, Status, TicketNumber, User, Via, Visibility};
use chamada_platform::{Outcome, random};
use chamada_store::With;
use serde_json::json;

use crate::post_office::{Office, behind, header};

async fn change(office: &Office, number: TicketNumber, author: &User, change: Amendment) {
    // Later than what was written before: what is done at one moment by one person is told as one.
    office.desk.advance(time::Duration::minutes(1));
    let pen = Pen {
        at: office.desk.now(),
        via: Via::Web,
        author: Some(Writer::of(author)),
    };
    let decide = |ticket| Ok(amend(ticket, change.clone(), &pen, &mut random));
    office.desk.app.store.change_ticket(number, &With::default(), decide).await.unwrap();
}

#[tokio::test]
async fn requester_and_watchers_get_links_of_their_own_and_nobody_hears_of_what_they_did_themselves() {
    let office = Office::open().await;
    let eva = office.desk.person("eva@example.org", Role::User).await;
    let watched = |new: &mut chamada_domain::open::NewTicket| new.cc.push(eva.as_watcher());
    let number = office.desk.ticket_of(&office.ana, &With::default(), watched).await.number;
    office.desk.answer(number, &office.sofia, "Ya voy", |_| (), &With::default()).await;
    office.tell("opened", number, 1).await.unwrap();
    assert_eq!(office.recipients().len(), 1);
    assert!(office.recipients()[0].contains("ana@example.org"), "received: the requester alone");
    office.tell("message", number, 2).await.unwrap();
    let mails = office.taken();
    assert_eq!(mails.len(), 3);
    let keys: Vec<_> = mails.iter().map(|mail| behind(mail, "?key=").unwrap()).collect();
    assert!(keys[1] != keys[2] && keys.iter().all(|key| key.len() == 43));
    for mail in &mails {
        assert!(header(mail, "Subject").contains("[CH-1]"), "{}", header(mail, "Subject"));
        assert!(!header(mail, "Message-ID").is_empty() && !header(mail, "Reply-To").is_empty());
    }
    assert_eq!(header(&mails[0], "Auto-Submitted"), "auto-generated");
    // The status that came with the answer is told by the answer.
    office.tell("status", number, 3).await.unwrap();
    assert_eq!(office.taken().len(), 3);
}

#[tokio::test]
async fn who_cannot_be_mailed_keeps_nobody_else_from_being() {
    let office = Office::open().await;
    let eva = office.desk.person("eva@example.org", Role::User).await;
    let watched = |new: &mut chamada_domain::open::NewTicket| new.cc.push(eva.as_watcher());
    let number = office.desk.ticket_of(&office.ana, &With::default(), watched).await.number;
    office.desk.answer(number, &office.sofia, "Ya voy", |_| (), &With::default()).await;
    office.handed.lock().unwrap().unwanted = Some("ana@example.org");
    let error = office.tell("message", number, 2).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Retry);
    assert!(!error.to_string().contains("ana@"), "what goes to the log: {error}");
    assert_eq!(office.recipients().len(), 1);
    assert!(office.recipients()[0].contains("eva@example.org"));
    office.handed.lock().unwrap().unwanted = None;
    office.tell("message", number, 2).await.unwrap();
    assert_eq!(office.recipients().len(), 2, "and Eva is not mailed twice");
}

#[tokio::test]
async fn who_is_given_a_ticket_gets_a_plain_link() {
    let office = Office::open().await;
    let number = office.desk.ticket(&office.ana).await.number;
    office.desk.assign(number, &office.sofia).await;
    office.tell("assigned", number, 2).await.unwrap();
    let mails = office.taken();
    assert_eq!(mails.len(), 1);
    assert!(header(&mails[0], "To").contains("sofia@example.org"));
    assert_eq!(behind(&mails[0], "?key="), None);
    assert_eq!(behind(&mails[0], "#/t/").as_deref(), Some("1"));
}

#[tokio::test]
async fn what_a_customer_answers_goes_to_who_attends_to_the_ticket_as_long_as_they_do() {
    let office = Office::open().await;
    let number = office.desk.ticket(&office.ana).await.number;
    office.desk.assign(number, &office.sofia).await;
    let as_customer = |message: &mut chamada_domain::message::NewMessage| message.voice = chamada_domain::message::Voice::Customer;
    office
        .desk
        .answer(number, &office.ana, "Sigue igual", as_customer, &With::default())
        .await;
    office.tell("message", number, 3).await.unwrap();
    let mails = office.taken();
    assert_eq!(office.recipients().len(), 1, "nobody else, and not who wrote it");
    assert!(office.recipients()[0].contains("sofia@example.org"));
    assert_eq!(behind(&mails[0], "?key="), None, "staff get a plain link");
    // Whoever is no longer of the staff reads no more of it, whatever the ticket says of its assignee.
    let demoted = |user: &mut User| {
        user.role = Role::User;
        Ok(())
    };
    office.desk.app.store.change_user(&office.sofia.id, None, demoted).await.unwrap();
    office
        .desk
        .answer(number, &office.ana, "Y ahora peor", as_customer, &With::default())
        .await;
    office.tell("message", number, 4).await.unwrap();
    office.tell("assigned", number, 2).await.unwrap();
    assert_eq!(office.taken().len(), 1);
}

#[tokio::test]
async fn changes_of_status_go_to_those_who_want_to_hear_of_them() {
    let office = Office::open().await;
    let number = office.answered().await;
    let hold = Amendment {
        status: Some(Status::OnHold),
        ..Amendment::default()
    };
    change(&office, number, &office.sofia, hold).await;
    let quiet = |user: &mut User| {
        user.notify = false;
        Ok(())
    };
    let store = &office.desk.app.store;
    store.change_user(&office.ana.id, None, quiet).await.unwrap();
    office.tell("status", number, 4).await.unwrap();
    assert!(office.taken().is_empty());
    office.tell("message", number, 2).await.unwrap();
    assert_eq!(office.taken().len(), 1, "answers always");
    let loud = |user: &mut User| {
        user.notify = true;
        Ok(())
    };
    store.change_user(&office.ana.id, None, loud).await.unwrap();
    office.tell("status", number, 4).await.unwrap();
    assert_eq!(office.taken().len(), 2);
}

#[tokio::test]
async fn notes_and_what_is_gone_are_told_to_nobody() {
    let office = Office::open().await;
    let number = office.desk.ticket(&office.ana).await.number;
    let internal = |message: &mut chamada_domain::message::NewMessage| message.visibility = Visibility::Internal;
    office
        .desk
        .answer(number, &office.sofia, "cliente difícil", internal, &With::default())
        .await;
    for kind in ["message", "note"] {
        office.tell(kind, number, 2).await.unwrap();
    }
    office.tell("message", TicketNumber(999), 1).await.unwrap();
    office.hand(json!({"detail-type": "ticket.rated", "detail": {}})).await.unwrap();
    assert!(office.taken().is_empty());
    let missing = office.tell("message", number, 9).await.unwrap_err();
    assert_eq!(
        missing.outcome(),
        Outcome::Retry,
        "an entry is there before it is announced; a late read is asked again"
    );
    for event in [json!({}), json!({"detail-type": "ticket.message", "detail": {"ticket": "x"}})] {
        assert_eq!(office.hand(event).await.unwrap_err().outcome(), Outcome::Poison);
    }
}
