//! Whoever makes evidence of a ticket while its words are erased hands none of them out: the maker has read them all when it stands still, and goes on
//! when everything else of them is gone. And the proof that this would be noticed: with the records of evidence left where they are, a bundle with the
//! erased words lies in the bucket.

use crate::attachments::attached;
use crate::evidence::asked;
use crate::world::{PATIENCE, TICKET, World, end, sample};
use chamada_domain::draft::Pen;
use chamada_domain::{Role, Ticket, Via, bin};
use chamada_platform::random;
use chamada_store::{With, bundle_object};
use chamada_tests::{
    gate::Gate,
    unguarded::{Guard, Unguarded},
};
use serde_json::json;

/// Erases the ticket's words; the place of the entry that says so.
async fn erase(world: &World) -> u64 {
    let pen = Pen {
        at: world.now(),
        via: Via::Web,
        author: None,
    };
    let decide = |ticket: Ticket, history: &[_]| bin::erase(ticket, history, &pen, &mut random);
    let draft = world.store.change_whole_ticket(TICKET, &With::default(), decide).await.unwrap();
    draft.entries.last().unwrap().entry.seq
}

/// Has a bundle made by a function that stands still before its last read, and meanwhile the words erased by one that reaches the table through
/// `dynamodb`. Whether there is a bundle in the end.
async fn erased_meanwhile(world: &World, dynamodb: &str) -> bool {
    let ana = world.enrol("ana", Role::User).await;
    world.ticket(TICKET, &ana, vec![attached()]).await;
    let id = asked(world).await;
    // It looks for the days whose roots cover the ticket when all but the manifest is written.
    let gate = Gate::shut_to(&world.services.server_file().dynamodb, "BatchGetItem", "\"DAY#");
    let (making, clearing) = (
        world.function_through("evidence", &gate.url()),
        world.function_through("housekeeping", dynamodb),
    );
    let meanwhile = async {
        gate.holds(1, PATIENCE).await;
        let mut event = sample("housekeeping/ticket-erased.json");
        event["detail"]["seq"] = json!(erase(world).await);
        let said = clearing.invoke(&event, PATIENCE).await.unwrap();
        assert_eq!(said["erased"], 1, "{said}");
        gate.open(1, PATIENCE).await;
    };
    let event = sample("evidence/bundle-asked.json");
    let (made, ()) = tokio::join!(making.invoke(&event, PATIENCE), meanwhile);
    assert_eq!(made.unwrap(), json!({}));
    end(making, 0);
    end(clearing, 0);
    let bucket = &world.platform.config().files_bucket;
    let there = world.platform.objects().head(bucket, &bundle_object(TICKET, &id)).await;
    there.unwrap().is_some()
}

#[tokio::test]
async fn evidence_that_is_made_during_an_erasure_is_not_kept() {
    let world = World::open().await;
    let engine = world.services.server_file().dynamodb.clone();
    assert!(!erased_meanwhile(&world, &engine).await);
}

#[tokio::test]
async fn with_its_record_left_it_would_be() {
    let world = World::open().await;
    let unguarded = Unguarded::start(&world.services.server_file().dynamodb, Guard::Evidence);
    assert!(erased_meanwhile(&world, &unguarded.url()).await);
    assert_eq!(unguarded.taken(), 1, "the record was to be deleted");
}
