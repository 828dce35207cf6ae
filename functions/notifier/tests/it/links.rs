//! Links that somebody asked for.

use chamada_domain::{LinkId, Role, User};
use chamada_platform::{Outcome, Secret, random, secret_hash};
use chamada_store::{AskedLink, Redeemed};
use time::Duration;

use crate::post_office::{Office, behind};

async fn ask(office: &Office, link: &AskedLink) -> LinkId {
    let id = LinkId::from_random(random());
    office.desk.app.store.ask_link(&id, link, office.desk.now(), None).await.unwrap();
    id
}

fn sign_in(user: &User) -> AskedLink {
    AskedLink::SignIn { user: user.id.clone() }
}

#[tokio::test]
async fn one_asking_twice_told_is_one_mail_whose_link_works() {
    let office = Office::open().await;
    let link = ask(&office, &sign_in(&office.sofia)).await;
    for _ in 0..2 {
        office.tell_link(&link).await.unwrap();
    }
    let mails = office.taken();
    assert_eq!(mails.len(), 1);
    let token = behind(&mails[0], "#/m/").unwrap();
    assert_eq!(token.len(), 43, "256 random bits");
    assert_eq!(
        behind(&mails[0], "https://help.example.org/#/m/").as_ref(),
        Some(&token),
        "by the configured address"
    );
    let store = &office.desk.app.store;
    let hash = secret_hash(&Secret::new(token));
    let redeemed = store.redeem_sign_in(&hash, "a call", office.desk.now()).await.unwrap();
    let expected = Redeemed::By {
        user: office.sofia.id.clone(),
        address: office.sofia.email.clone(),
    };
    assert_eq!(redeemed, expected);
    assert!(office.desk.asked().await.is_empty(), "it is no longer asked for");
}

#[tokio::test]
async fn a_held_ticket_s_requester_is_asked_to_confirm_it_without_a_word_of_whoever_opened_it() {
    let office = Office::open().await;
    let number = office.desk.held(&office.ana).await.number;
    office.tell("opened", number, 1).await.unwrap();
    let mails = office.taken();
    assert_eq!(mails.len(), 1, "to her alone");
    assert!(behind(&mails[0], "Open it to confirm it").is_some(), "{}", mails[0]);
    assert_eq!(behind(&mails[0], "Smoke"), None);
    let key = secret_hash(&Secret::new(behind(&mails[0], "key=").unwrap()));
    let key = office.desk.app.store.ticket_key(number, &key).await.unwrap();
    assert_eq!(key.unwrap().person, office.ana.id);
    assert!(
        office.desk.app.store.ticket(number).await.unwrap().held,
        "a mail that was sent is not one that was read"
    );
}

#[tokio::test]
async fn a_link_that_could_not_be_mailed_is_mailed_when_the_event_comes_again() {
    let office = Office::open().await;
    let link = ask(&office, &sign_in(&office.ana)).await;
    office.handed.lock().unwrap().closed = true;
    assert_eq!(office.tell_link(&link).await.unwrap_err().outcome(), Outcome::Retry);
    assert_eq!(office.desk.asked().await.len(), 1);
    office.handed.lock().unwrap().closed = false;
    office.tell_link(&link).await.unwrap();
    assert_eq!(office.taken().len(), 1);
}

#[tokio::test]
async fn a_new_link_to_a_ticket_goes_to_those_who_follow_it() {
    let office = Office::open().await;
    let number = office.desk.ticket(&office.ana).await.number;
    let eva = office.desk.person("eva@example.org", Role::User).await;
    let of = |user: &User| AskedLink::Ticket {
        ticket: number,
        person: user.id.clone(),
    };
    let foreign = ask(&office, &of(&eva)).await;
    office.tell_link(&foreign).await.unwrap();
    assert!(office.taken().is_empty(), "she has no part in it");
    let link = ask(&office, &of(&office.ana)).await;
    office.tell_link(&link).await.unwrap();
    let key = behind(&office.taken()[0], "?key=").unwrap();
    let hash = secret_hash(&Secret::new(key));
    let kept = office.desk.app.store.ticket_key(number, &hash).await.unwrap().unwrap();
    assert_eq!(
        (kept.person, kept.valid_until.since(kept.created_at)),
        (office.ana.id.clone(), Duration::days(30))
    );
}

#[tokio::test]
async fn nobody_is_mailed_whose_account_has_ended_meanwhile() {
    let office = Office::open().await;
    let link = ask(&office, &sign_in(&office.ana)).await;
    let off = |user: &mut User| {
        user.active = false;
        Ok(())
    };
    office.desk.app.store.change_user(&office.ana.id, None, off).await.unwrap();
    office.tell_link(&link).await.unwrap();
    assert!(office.taken().is_empty());
    assert!(office.desk.asked().await.is_empty());
}
