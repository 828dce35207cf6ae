//! `evidence`.

use crate::attachments::attached;
use crate::world::{PATIENCE, TICKET, World, end, sample};
use chamada_domain::timestamp::days;
use chamada_domain::{BundleId, Locale, Role};
use chamada_store::{Bundle, BundleState, DayHead, bundle_object};
use serde_json::json;

/// Asks for the bundle of the samples.
pub(crate) async fn asked(world: &World) -> BundleId {
    let id: BundleId = "bun_0123456789abcdef0123".parse().unwrap();
    let bundle = Bundle {
        state: BundleState::Making,
        for_staff: true,
        locale: Locale::Es,
        at: world.now(),
        attempts: 0,
        last_seq: None,
    };
    world.store.ask_bundle(TICKET, &id, &bundle, None).await.unwrap();
    id
}

#[tokio::test]
async fn an_asked_bundle_is_made_and_says_what_is_missing() {
    let world = World::open().await;
    let ana = world.enrol("ana", Role::User).await;
    world.ticket(TICKET, &ana, vec![attached()]).await;
    let id = asked(&world).await;
    let function = world.function("evidence");
    for _ in 0..2 {
        assert_eq!(
            function.invoke(&sample("evidence/bundle-asked.json"), PATIENCE).await.unwrap(),
            json!({})
        );
    }
    end(function, 0);
    let made = world.store.bundle(TICKET, &id, world.now()).await.unwrap();
    assert_eq!((made.state, made.attempts), (BundleState::Ready, 1));
    let bucket = &world.platform.config().files_bucket;
    let head = world
        .platform
        .objects()
        .head(bucket, &bundle_object(TICKET, &id))
        .await
        .unwrap()
        .unwrap();
    assert!(
        head.size > 1_000 && head.content_type.as_deref() == Some("application/zip"),
        "{head:?}"
    );
}

#[tokio::test]
async fn a_day_s_root_is_made_when_it_is_due() {
    let world = World::open().await;
    let day = world.now().plus(days(-2)).as_offset().date();
    let head = DayHead {
        ticket: TICKET,
        seq: 1,
        hash: "ab".repeat(32),
    };
    world.store.note_head(day, &head).await.unwrap();
    let function = world.function("evidence");
    let due = sample("evidence/root-due.json");
    assert_eq!(function.invoke(&due, PATIENCE).await.unwrap(), json!({"made": 1}));
    assert_eq!(function.invoke(&due, PATIENCE).await.unwrap(), json!({"made": 0}));
    end(function, 0);
    assert_eq!(world.store.root_record(day).await.unwrap().heads, 1);
}

#[tokio::test]
async fn garbage_is_reported_as_poison_and_the_next_event_handled() {
    let world = World::open().await;
    let function = world.function("evidence");
    let nonsense = [
        json!({"hello": 1}),
        json!([]),
        json!({"detail-type": "sweep.due", "detail": {}}),
        json!({"detail-type": "bundle.asked", "detail": {"ticket": 1042, "bundle": "../x"}}),
    ];
    for event in &nonsense {
        let error = function.invoke(event, PATIENCE).await.unwrap_err();
        assert_eq!(error.kind, "Poison", "{error:?}");
    }
    let said = function.invoke(&sample("evidence/root-due.json"), PATIENCE).await.unwrap();
    assert_eq!(said, json!({"made": 0}));
    end(function, nonsense.len());
}
