//! Bundles: what lies in them, for whom, and what becomes of those that cannot be made.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use chamada_evidence::check::{FoundFile, Texts, check};
use chamada_platform::Outcome;
use chamada_store::{BundleState, upload_object};
use chamada_tests::desk::Setup;
use serde_json::Value;

use crate::kit::{FILE, House, MAIL, NOTE_FILE, sha256};

/// Every file of an archive.
fn files(bytes: Vec<u8>) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|place| {
            let mut entry = archive.by_index(place).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.name().unwrap().into_owned(), content)
        })
        .collect()
}

fn json_of(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Value {
    serde_json::from_slice(&files[name]).unwrap()
}

#[tokio::test]
async fn staff_get_everything_and_it_proves_itself() {
    let house = House::open().await;
    let number = house.ticket().await;
    let id = house.ask(number, true).await;
    house.make(number, &id).await.unwrap();
    assert_eq!(house.state(number, &id).await, BundleState::Ready);
    let files = files(house.fetch(number, &id).await.unwrap());
    let attachments = house.desk.app.store.attachments(number).await.unwrap();
    let id_of = |seq| attachments.iter().find(|file| file.seq == seq).unwrap().id.clone();
    let (first, noted) = (
        format!("attachments/1-{}-_informe_final.txt", id_of(1)),
        format!("attachments/3-{}-nota.txt", id_of(3)),
    );
    let mail = format!("mail/{}.eml", sha256(MAIL));
    let mut names = [
        "README.txt",
        "proof.json",
        "transcript.html",
        "transcript.json",
        &mail,
        &first,
        &noted,
    ];
    names.sort_unstable();
    assert_eq!(files.keys().collect::<Vec<_>>(), names);
    assert_eq!((&files[&first][..], &files[&noted][..], &files[&mail][..]), (FILE, NOTE_FILE, MAIL));
    let manifest = json_of(&files, "proof.json");
    assert_eq!(
        (&manifest["format"], manifest["missing"].is_null()),
        (&"chamada-bundle-1".into(), true)
    );
    for file in manifest["files"].as_array().unwrap() {
        let content = &files[file["name"].as_str().unwrap()];
        assert_eq!(
            (file["size"].as_u64(), file["sha256"].as_str()),
            (Some(content.len() as u64), Some(&*sha256(content)))
        );
    }
    assert!(String::from_utf8_lossy(&files["README.txt"]).contains("Evidencia del ticket"));
    assert!(String::from_utf8_lossy(&files["transcript.html"]).contains("Nota"));
    let found = files.iter().map(|(name, content)| {
        let size = content.len() as u64;
        (
            name.clone(),
            FoundFile {
                size,
                sha256: sha256(content),
            },
        )
    });
    let text = |name: &str| files[name].clone();
    let texts = Texts {
        manifest: text("proof.json"),
        transcript: text("transcript.json"),
        page: text("transcript.html"),
        readme: text("README.txt"),
    };
    let proof = check(&texts, &found.collect()).unwrap();
    assert_eq!((proof.history.ticket, proof.history.hidden), (number.0, 0));
}

#[tokio::test]
async fn customers_get_no_note_no_file_of_one_and_no_original_mail() {
    let house = House::open().await;
    let number = house.ticket().await;
    let id = house.ask(number, false).await;
    house.make(number, &id).await.unwrap();
    let files = files(house.fetch(number, &id).await.unwrap());
    assert_eq!(files.keys().filter(|name| name.starts_with("attachments/")).count(), 1);
    assert!(!files.keys().any(|name| name.starts_with("mail/")));
    for (name, content) in &files {
        let text = String::from_utf8_lossy(content);
        assert!(
            !text.contains("Nota") && !text.contains("nota.txt") && !text.contains("for staff alone"),
            "{name}"
        );
    }
    let manifest = json_of(&files, "proof.json");
    assert_eq!(manifest["missing"], serde_json::json!([{"id": sha256(MAIL), "reason": "withheld"}]));
    assert_eq!(json_of(&files, "transcript.json")["entries"][2]["hidden"], true);
}

#[tokio::test]
async fn what_is_gone_is_said_to_be() {
    let house = House::open().await;
    let number = house.ticket().await;
    let (objects, config) = (house.platform().objects(), house.platform().config());
    objects
        .delete(&config.mail_bucket, &format!("mail/{}.eml", sha256(MAIL)))
        .await
        .unwrap();
    let id = house.ask(number, true).await;
    house.make(number, &id).await.unwrap();
    let files = files(house.fetch(number, &id).await.unwrap());
    assert_eq!(
        json_of(&files, "proof.json")["missing"],
        serde_json::json!([{"id": sha256(MAIL), "reason": "gone"}])
    );
}

#[tokio::test]
async fn a_file_that_was_altered_makes_no_bundle() {
    let house = House::open().await;
    let number = house.ticket().await;
    let attachments = house.desk.app.store.attachments(number).await.unwrap();
    let (objects, config) = (house.platform().objects(), house.platform().config());
    let key = upload_object(&attachments.iter().find(|file| file.seq == 1).unwrap().id);
    objects
        .put(&config.files_bucket, &key, &b"what nobody attached.."[..], "text/plain")
        .await
        .unwrap();
    let id = house.ask(number, true).await;
    let error = house.make(number, &id).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Poison);
    assert!(!error.to_string().contains("informe"), "{error}");
    assert_eq!(house.state(number, &id).await, BundleState::Failed);
    assert!(house.fetch(number, &id).await.is_none());
    assert_eq!(house.half_written(), 0, "what was uploaded is gone");
    assert!(house.make(number, &id).await.is_ok(), "the event may come again");
}

#[tokio::test]
async fn asked_twice_by_the_bus_it_is_made_once_and_after_three_attempts_given_up() {
    let house = House::open().await;
    let number = house.ticket().await;
    let id = house.ask(number, true).await;
    house.make(number, &id).await.unwrap();
    let first = house.fetch(number, &id).await.unwrap();
    house.desk.advance(time::Duration::minutes(1));
    house.make(number, &id).await.unwrap();
    assert_eq!(house.fetch(number, &id).await.unwrap(), first, "not made again");

    let nowhere = house.desk.platform_by(|endpoints| endpoints.s3 = Some("http://127.0.0.1:9".into()));
    let id = house.ask(number, true).await;
    for attempt in 1..=3 {
        assert_eq!(house.state(number, &id).await, BundleState::Making, "{attempt}");
        let detail = serde_json::json!({"ticket": number, "bundle": id});
        let error = house.run(nowhere.clone(), "bundle.asked", detail).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Retry);
    }
    assert_eq!(house.state(number, &id).await, BundleState::Failed);
}

#[tokio::test]
async fn a_bundle_whose_making_was_killed_midway_is_made_from_the_start() {
    let house = House::open().await;
    let number = house.ticket().await;
    let id = house.ask(number, true).await;
    // As a function leaves it that was killed after its first part.
    let store = &house.desk.app.store;
    assert_eq!(
        store.begin_bundle(number, &id, house.desk.now()).await.unwrap().unwrap().attempts,
        1
    );
    let (objects, bucket) = (house.platform().objects(), &house.platform().config().files_bucket);
    let key = chamada_store::bundle_object(number, &id);
    let mut upload = objects.begin_parts(bucket, &key, "application/zip").await.unwrap();
    upload.put(vec![b'P'; 6 << 20].into()).await.unwrap();
    assert!(house.fetch(number, &id).await.is_none());
    assert_eq!(house.state(number, &id).await, BundleState::Making);
    house.make(number, &id).await.unwrap();
    assert_eq!(house.state(number, &id).await, BundleState::Ready);
    assert_eq!(files(house.fetch(number, &id).await.unwrap()).len(), 7);
}

#[tokio::test]
async fn a_bundle_that_was_killed_every_time_has_failed_hours_later_and_is_gone_after_a_week() {
    let house = House::open().await;
    let number = house.ticket().await;
    let id = house.ask(number, true).await;
    house.desk.advance(time::Duration::hours(8));
    assert_eq!(house.state(number, &id).await, BundleState::Failed);
    house.desk.advance(time::Duration::days(7));
    assert!(house.desk.app.store.bundle(number, &id, house.desk.now()).await.is_err());
}

#[tokio::test]
async fn parts_and_pieces_of_a_large_file_come_out_whole() {
    let house = House::with(Setup::in_real_time()).await;
    let objects = house.platform().objects();
    let bucket = &house.platform().config().files_bucket;
    let mut upload = objects
        .begin_parts(bucket, "bundles/1/bun_01.zip", "application/zip")
        .await
        .unwrap();
    let parts: Vec<Vec<u8>> = [6 << 20, 5 << 20, 17]
        .iter()
        .zip(b'a'..)
        .map(|(size, byte)| vec![byte; *size])
        .collect();
    for part in &parts {
        upload.put(part.clone().into()).await.unwrap();
    }
    assert!(
        objects.head(bucket, "bundles/1/bun_01.zip").await.unwrap().is_none(),
        "nobody sees it before"
    );
    upload.complete().await.unwrap();
    let whole = objects.get(bucket, "bundles/1/bun_01.zip", 1 << 30).await.unwrap();
    assert!(whole == parts.concat());
    let mut upload = objects
        .begin_parts(bucket, "bundles/1/bun_02.zip", "application/zip")
        .await
        .unwrap();
    upload.put(vec![1; 17].into()).await.unwrap();
    upload.put(vec![2; 17].into()).await.unwrap();
    assert!(
        upload.complete().await.is_err(),
        "as at AWS: a part that is not the last is too small"
    );
    let upload = objects
        .begin_parts(bucket, "bundles/1/bun_03.zip", "application/zip")
        .await
        .unwrap();
    upload.abort().await.unwrap();
    assert_eq!(house.half_written(), 0);
}

#[tokio::test]
async fn a_ticket_s_reading_meets_no_bundle() {
    let house = House::open().await;
    let number = house.ticket().await;
    let before = house.desk.app.store.ticket_page(number, 50).await.unwrap().entries.len();
    for _ in 0..5 {
        house.ask(number, true).await;
    }
    let page = house.desk.app.store.ticket_page(number, 50).await.unwrap();
    assert_eq!(page.entries.len(), before);
    assert_eq!(house.desk.app.store.attachments(number).await.unwrap().len(), 2);
    assert_eq!(house.desk.app.store.history(number).await.unwrap().len(), before);
}
