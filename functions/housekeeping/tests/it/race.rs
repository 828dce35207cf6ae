//! Whoever attaches an upload in the moment in which its day ends gets it whole, or not at all. And the proof that this would be noticed: without the
//! conditions on uploads a ticket names files whose bytes are gone.

use chamada_domain::entry::AttachedFile;
use chamada_domain::{AttachmentId, TicketNumber};
use chamada_platform::Platform;
use chamada_store::{Leftovers, Store, StoreError, Uploads, With, upload_object};
use chamada_tests::unguarded::{Guard, Unguarded};
use futures::future::{join, join_all};

use crate::kit::{DAY, House};

/// What a request has read of an upload before it attaches it.
type Read = (AttachedFile, Uploads);

/// Opens a ticket with a file that was read before.
async fn attach(house: &House, store: &Store, (file, uploads): Read) -> Result<TicketNumber, StoreError> {
    let draft = house.desk.draft_of(&house.ana, |new| new.attachments.push(file)).await;
    let with = With {
        uploads: Some(&uploads),
        ..With::default()
    };
    store.open_ticket(&draft, &with).await.map(|()| draft.ticket.number)
}

/// What a run does with an upload that stands in its list.
async fn end(house: &House, store: &Store, id: &AttachmentId) {
    let platform = &house.desk.app.platform;
    if store.end_upload(id, house.desk.now()).await.unwrap() {
        let bucket = &platform.config().files_bucket;
        platform.objects().purge(bucket, &upload_object(id)).await.unwrap();
    }
}

/// How many files tickets name that the bucket does not have.
async fn lost(house: &House, tickets: &[TicketNumber]) -> usize {
    let mut lost = 0;
    for number in tickets {
        for file in house.desk.app.store.attachments(*number).await.unwrap() {
            lost += usize::from(!house.has_bytes(&file.id).await);
        }
    }
    lost
}

pub(crate) fn store_on(platform: &Platform) -> Store {
    Store::new(platform.dynamodb().clone(), platform.config().table_name.as_str(), 1)
}

/// Of two uploads whose day ends, one is ended and then attached by a request that read it in time, the other attached and then ended by a run that
/// had it in its list. How many tickets were opened, and how many files lost.
async fn in_both_orders(house: &House, dynamodb: String) -> (usize, usize) {
    let store = store_on(&house.desk.platform_by(|endpoints| endpoints.dynamodb = Some(dynamodb)));
    let ids = [house.upload().await, house.upload().await];
    let [first, second] = &ids;
    let read = [
        house.desk.attachable(&house.ana, first).await,
        house.desk.attachable(&house.ana, second).await,
    ];
    house.desk.advance(DAY);
    let (listed, _) = store.leftovers(Leftovers::Unattached, house.desk.now(), None, 25).await.unwrap();
    assert_eq!(listed.len(), 2);
    let [first_read, second_read] = read;
    end(house, &store, first).await;
    let tickets = [
        attach(house, &store, first_read).await.ok(),
        attach(house, &store, second_read).await.ok(),
    ];
    end(house, &store, second).await;
    let tickets: Vec<_> = tickets.into_iter().flatten().collect();
    (tickets.len(), lost(house, &tickets).await)
}

#[tokio::test]
async fn an_upload_is_attached_or_ended_and_never_both() {
    let house = House::open().await;
    let engine = house.desk.services.server_file().dynamodb.clone();
    assert_eq!(in_both_orders(&house, engine).await, (1, 0));
}

#[tokio::test]
async fn without_the_conditions_on_uploads_files_of_tickets_would_be_lost() {
    let house = House::open().await;
    let unguarded = Unguarded::start(&house.desk.services.server_file().dynamodb, Guard::Upload);
    assert_eq!(in_both_orders(&house, unguarded.url()).await, (2, 2));
    assert_eq!(unguarded.taken(), 4, "each of the four writes had its condition");
}

#[tokio::test]
async fn a_run_among_many_who_attach_takes_nothing_from_them() {
    const UPLOADS: usize = 30;
    let house = House::open().await;
    let mut read = Vec::new();
    for _ in 0..UPLOADS {
        let id = house.upload().await;
        read.push(house.desk.attachable(&house.ana, &id).await);
    }
    house.desk.advance(DAY);
    let store = &house.desk.app.store;
    let attaching = join_all(read.into_iter().map(|read| attach(&house, store, read)));
    let (attached, ran) = join(attaching, house.run()).await;
    let tickets: Vec<_> = attached.into_iter().filter_map(Result::ok).collect();
    let ended = usize::try_from(ran["ended"].as_u64().unwrap()).unwrap();
    println!("{} attached, {ended} ended", tickets.len());
    assert_eq!(tickets.len() + ended, UPLOADS);
    assert_eq!(lost(&house, &tickets).await, 0);
}
