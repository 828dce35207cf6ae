//! `notifier`.

use crate::world::{ANSWER, PATIENCE, SITE, TITLE, WORDS, World, end, sample};
use chamada_domain::{LinkId, Role};
use chamada_store::{AskedLink, Deed, RootRecord, RootsAt};
use chamada_tests::outbox::Sent;
use serde_json::json;

/// Tells the notifier of an event twice, as a bus may; the mails that came of it.
async fn tell(world: &World, path: &str) -> Vec<Sent> {
    let function = world.function("notifier");
    function.invoke(&sample(path), PATIENCE).await.unwrap();
    let mails = world.mails();
    function.invoke(&sample(path), PATIENCE).await.unwrap();
    assert_eq!(world.mails().len(), mails.len(), "an event that comes twice mails nobody twice");
    end(function, 0);
    mails
}

#[tokio::test]
async fn an_opened_ticket_is_confirmed_to_its_requester_with_a_key() {
    let world = World::open().await;
    world.story().await;
    let mails = tell(&world, "notifier/ticket-opened.json").await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["ana@example.org"]);
    assert!(mails[0].subject.contains(TITLE), "{}", mails[0].subject);
    assert!(mails[0].text.contains(WORDS), "{}", mails[0].text);
    let link = mails[0].personal_link().unwrap();
    assert!(link.starts_with(&format!("{SITE}/#/t/1042?key=")), "{link}");
    let keys = world.partition("TK#1042").await;
    assert_eq!(keys.len(), 1);
    assert!(
        !link.contains(keys[0]["sk"].as_str().unwrap()),
        "the table has the key's digest alone"
    );
    assert_eq!(world.partition("SENT#1042").await.len(), 1);
}

#[tokio::test]
async fn an_answer_is_mailed_to_the_requester_and_its_status_with_it() {
    let world = World::open().await;
    world.story().await;
    let mails = tell(&world, "notifier/ticket-message.json").await;
    assert_eq!(mails.iter().map(|mail| mail.to.join(",")).collect::<Vec<_>>(), ["ana@example.org"]);
    assert!(mails[0].text.contains(ANSWER), "{}", mails[0].text);
    assert_eq!(tell(&world, "notifier/ticket-status.json").await.len(), 1, "no mail of its own");
}

#[tokio::test]
async fn an_assignment_is_told_to_the_specialist_without_a_key() {
    let world = World::open().await;
    world.story().await;
    let mails = tell(&world, "notifier/ticket-assigned.json").await;
    assert_eq!(
        mails.iter().map(|mail| mail.to.join(",")).collect::<Vec<_>>(),
        ["bruno@example.org"]
    );
    assert!(mails[0].text.contains(&format!("{SITE}/#/t/1042")));
    assert_eq!(mails[0].personal_link(), None);
    assert!(world.partition("TK#1042").await.is_empty());
}

#[tokio::test]
async fn an_asked_link_is_mailed_and_forgotten() {
    let world = World::open().await;
    let ana = world.enrol("ana", Role::User).await;
    let id: LinkId = "lnk_0123456789abcdef0123".parse().unwrap();
    let asked = AskedLink::SignIn { user: ana.id };
    world.store.ask_link(&id, &asked, world.now(), None).await.unwrap();
    let mails = tell(&world, "notifier/link-asked.json").await;
    assert_eq!(mails.iter().map(|mail| mail.to.join(",")).collect::<Vec<_>>(), ["ana@example.org"]);
    let link = mails[0].sign_in_link().unwrap();
    assert!(link.starts_with(&format!("{SITE}/#/m/")), "{link}");
    assert!(world.partition("LINK#").await.is_empty());
    let kept = world.partition("G#").await;
    assert_eq!(kept.len(), 1);
    assert!(!kept[0]["pk"].as_str().unwrap().contains(link.rsplit('/').next().unwrap()));
}

#[tokio::test]
async fn a_root_is_mailed_to_each_administrator_in_their_language() {
    let world = World::open().await;
    world.enrol("carla", Role::Administrator).await;
    world.enrol("bruno", Role::Specialist).await;
    let day = time::macros::date!(2026 - 11 - 21);
    let (root, previous) = ("ab".repeat(32), "cd".repeat(32));
    let stands = RootsAt {
        next: day,
        previous_root: previous.clone(),
    };
    world.store.pass_days(None, &stands).await.unwrap();
    let after = RootsAt {
        next: day.next_day().unwrap(),
        previous_root: root.clone(),
    };
    let record = RootRecord {
        root: root.clone(),
        previous_root: previous.clone(),
        heads: 1,
        at: world.now(),
    };
    let deed = Deed::new(None, world.now(), [1; 8]);
    world.store.record_root(&stands, day, &after, &record, &deed).await.unwrap();
    let mails = tell(&world, "notifier/root-made.json").await;
    assert_eq!(
        mails.iter().map(|mail| mail.to.join(",")).collect::<Vec<_>>(),
        ["carla@example.org"]
    );
    let text = &mails[0].text;
    for said in ["2026-11-21", &root, &previous, "Guarde este correo"] {
        assert!(text.contains(said), "{text}");
    }
    assert!(text.rfind(&root) > text.rfind(&previous), "the root is the last hash");
    assert!(mails[0].header("X-Chamada-Loop").unwrap().starts_with("r.2026-11-21."));
}

#[tokio::test]
async fn garbage_is_reported_as_poison_and_the_next_event_handled() {
    let world = World::open().await;
    world.story().await;
    let function = world.function("notifier");
    let nonsense = [
        json!({}),
        json!({"detail-type": "ticket.opened", "detail": {"ticket": "x"}}),
        json!(null),
    ];
    for event in &nonsense {
        let error = function.invoke(event, PATIENCE).await.unwrap_err();
        assert_eq!(error.kind, "Poison", "{error:?}");
    }
    assert!(world.mails().is_empty());
    function.invoke(&sample("notifier/ticket-opened.json"), PATIENCE).await.unwrap();
    assert_eq!(world.mails().len(), 1);
    end(function, nonsense.len());
}
