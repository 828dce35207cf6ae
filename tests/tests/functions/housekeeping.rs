//! `housekeeping`.

use crate::world::{PATIENCE, World, end, person, sample};
use chamada_domain::Role;
use chamada_domain::timestamp::days;
use chamada_store::{Upload, upload_object};
use serde_json::json;

#[tokio::test]
async fn an_upload_that_nobody_attached_goes_with_its_bytes_and_younger_ones_stay() {
    let world = World::open().await;
    let ana = person("ana", Role::User).id.to_string();
    let (objects, bucket) = (world.platform.objects(), &world.platform.config().files_bucket);
    let announce = async |id: &str, age: i64| {
        let upload = Upload {
            id: id.parse().unwrap(),
            name: "foto.png".into(),
            content_type: "image/png".into(),
            size: 4,
            sha256: "ab".repeat(32),
            created_at: world.now().plus(days(-age)),
        };
        world.store.create_upload(&upload, &ana, None).await.unwrap();
        objects.put(bucket, &upload_object(&upload.id), "foto", "image/png").await.unwrap();
        upload.id
    };
    let (old, young) = (announce("att_01", 1).await, announce("att_02", 0).await);
    let function = world.function("housekeeping");
    let due = sample("housekeeping/housekeeping-due.json");
    let said = function.invoke(&due, PATIENCE).await.unwrap();
    assert_eq!(
        (&said["ended"], &said["forgotten"], &said["more"]),
        (&json!(1), &json!(0), &json!(false))
    );
    assert!(objects.head(bucket, &upload_object(&old)).await.unwrap().is_none());
    assert!(objects.head(bucket, &upload_object(&young)).await.unwrap().is_some());
    let again = function.invoke(&due, PATIENCE).await.unwrap();
    assert_eq!(again["ended"], 0, "it has ended");
    end(function, 0);
}

#[tokio::test]
async fn what_the_bus_tells_of_erasures_is_carried_out() {
    let world = World::open().await;
    let function = world.function("housekeeping");
    for event in ["housekeeping/ticket-erased.json", "housekeeping/erasure-asked.json"] {
        let said = function.invoke(&sample(event), PATIENCE).await.unwrap();
        assert!(said["erased"].is_u64(), "{said}");
    }
    end(function, 0);
}

#[tokio::test]
async fn garbage_is_reported_as_poison_and_the_next_event_handled() {
    let world = World::open().await;
    let function = world.function("housekeeping");
    let nonsense = [json!({"hello": 1}), json!([]), json!({"detail-type": "sweep.due"})];
    for event in &nonsense {
        let error = function.invoke(event, PATIENCE).await.unwrap_err();
        assert_eq!(error.kind, "Poison", "{error:?}");
    }
    let said = function
        .invoke(&sample("housekeeping/housekeeping-due.json"), PATIENCE)
        .await
        .unwrap();
    assert_eq!(said["more"], false);
    end(function, nonsense.len());
}
