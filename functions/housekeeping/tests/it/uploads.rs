use chamada_domain::AttachmentId;
use chamada_platform::random;
use chamada_store::{Upload, With};
use chamada_tests::capacity::Recorder;
use housekeeping::Handler;
use time::Duration;

use crate::kit::{DAY, House, due, said};

#[tokio::test]
async fn what_nobody_attached_disappears_after_a_day_with_its_bytes() {
    let house = House::open().await;
    let (stored, attached) = (house.upload().await, house.upload().await);
    // Put, and never completed.
    let put = announced(&house).await;
    house.put(&put).await;
    announced(&house).await;
    let (file, uploads) = house.desk.attachable(&house.ana, &attached).await;
    let with = With {
        uploads: Some(&uploads),
        ..With::default()
    };
    house.desk.ticket_of(&house.ana, &with, |new| new.attachments.push(file)).await;
    house.desk.advance(DAY - Duration::seconds(1));
    let young = house.upload().await;
    assert_eq!(house.run().await, said(0, 0, false), "not a second before");
    house.desk.advance(Duration::seconds(1));

    assert_eq!(house.run().await, said(3, 0, false));
    assert!(!house.has_bytes(&stored).await && !house.has_bytes(&put).await);
    assert!(house.has_bytes(&attached).await && house.has_bytes(&young).await);
    assert_eq!(house.run().await, said(0, 0, false), "done once");
    let named = house
        .desk
        .items("UP#")
        .await
        .iter()
        .filter(|item| item.contains_key("upload"))
        .count();
    assert_eq!(named, 1, "of what has ended no name is kept");

    // What came under a URL that was signed before goes too, and with it the last that is known of the upload.
    house.put(&put).await;
    house.desk.advance(DAY);
    assert_eq!(house.run().await, said(1, 3, false));
    assert!(!house.has_bytes(&put).await && !house.has_bytes(&young).await);
    assert_eq!(house.records().await, 1);
    house.desk.advance(DAY);
    assert_eq!(house.run().await, said(0, 1, false));
    assert_eq!(house.records().await, 0);
    assert!(house.has_bytes(&attached).await);
}

/// An upload of Ana's whose bytes nobody has looked at.
async fn announced(house: &House) -> AttachmentId {
    let upload = Upload {
        id: AttachmentId::from_random(random()),
        name: "foto.txt".into(),
        content_type: "text/plain".into(),
        size: 4,
        sha256: "ab".repeat(32),
        created_at: house.desk.now(),
    };
    let owner = house.ana.id.to_string();
    house.desk.app.store.create_upload(&upload, &owner, None).await.unwrap();
    upload.id
}

#[tokio::test]
async fn killed_between_record_and_bytes_it_leaves_none_for_ever() {
    let house = House::open().await;
    let (store, owner) = (&house.desk.app.store, house.ana.id.to_string());
    // Removed by whom it belongs to, ended by a run: both killed before the bytes went.
    let (removed, ended) = (house.upload().await, house.upload().await);
    store.remove_upload(&removed, &owner, house.desk.now(), None).await.unwrap();
    house.desk.advance(DAY);
    assert!(store.end_upload(&ended, house.desk.now()).await.unwrap());
    assert!(!store.end_upload(&ended, house.desk.now()).await.unwrap(), "once");
    assert_eq!(house.run().await, said(0, 1, false));
    house.desk.advance(DAY);
    assert_eq!(house.run().await, said(0, 1, false));
    assert!(!house.has_bytes(&removed).await && !house.has_bytes(&ended).await);
    assert_eq!(house.records().await, 0);
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_is_told_and_asked_again() {
    let house = House::open().await;
    let ids = [house.upload().await, house.upload().await];
    house.desk.advance(DAY);
    // Nobody listens at port 9.
    let without = house.desk.platform_by(|endpoints| endpoints.s3 = Some("http://127.0.0.1:9".into()));
    house.run_on(without).await.unwrap_err();
    assert_eq!(house.records().await, 2, "nothing is forgotten whose bytes are there");
    house.desk.advance(DAY);
    assert_eq!(house.run().await, said(0, 2, false));
    for id in ids {
        assert!(!house.has_bytes(&id).await);
    }
}

#[tokio::test]
async fn work_that_does_not_fit_is_left_for_the_next_run() {
    let house = House::open().await;
    let id = house.upload().await;
    house.desk.advance(DAY);
    let handler = Handler::new(house.desk.app.platform.clone());
    let now = house.desk.clock.now();
    let late = handler.handle(due(), now + Duration::seconds(60)).await.unwrap();
    assert_eq!(late, said(0, 0, true), "the last minute is kept in hand");
    assert!(house.has_bytes(&id).await);
    let in_time = handler.handle(due(), now + Duration::seconds(61)).await.unwrap();
    assert_eq!(in_time, said(1, 0, false));
}

#[tokio::test]
async fn many_go_page_by_page_and_nothing_is_scanned() {
    let house = House::open().await;
    for _ in 0..60 {
        house.desk.uploaded(&house.ana, "informe.txt").await;
    }
    house.desk.advance(DAY);
    let recorder = Recorder::start(&house.desk.services.server_file().dynamodb);
    let through = || house.desk.platform_by(|endpoints| endpoints.dynamodb = Some(recorder.url()));
    assert_eq!(house.run_on(through()).await.unwrap(), said(60, 0, false));
    let usage = recorder.take();
    let of = |operation: &str| usage.requests.iter().filter(|request| request.operation == operation).count();
    // Three pages of uploads; and of ended ones, deleted and held tickets, and erasures one empty page each.
    assert_eq!((of("Query"), of("UpdateItem")), (7, 60));
    println!("ending 60 uploads: {}", usage.describe());
    assert_eq!(house.run_on(through()).await.unwrap(), said(0, 0, false));
    let usage = recorder.take();
    println!("nothing to do: {}", usage.describe());
    assert_eq!(
        (
            usage.requests.iter().filter(|request| request.operation == "Query").count(),
            usage.table().write,
            usage.index().write
        ),
        (5, 0.0, 0.0)
    );
    assert!(usage.read() <= 6.0);
    house.desk.advance(DAY);
    assert_eq!(house.run_on(through()).await.unwrap(), said(0, 60, false));
    assert_eq!(house.records().await, 0);
}
