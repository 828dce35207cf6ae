//! The root of each day, made an hour after the day has ended (UTC), one behind another.

use chamada_domain::TicketNumber;
use chamada_evidence::day::{DayRoot, Head, Inclusion, NO_ROOT, object_key};
use chamada_evidence::story::Story;
use chamada_platform::{HandlerError, ObjectError, Outcome, failpoint, random};
use chamada_store::{DayHead, Deed, RootRecord, RootsAt};
use time::{Date, Duration, OffsetDateTime};

use crate::{Handler, bucket, table};

/// How long after its end a day's heads are taken: the outbox, whose clock says which day it is, writes within seconds.
const AFTER: Duration = Duration::hours(1);

/// How many days before the first look may have heads.
const FIRST_LOOK_DAYS: i64 = 31;

/// The largest object of a root that is read: some 2,000,000 heads.
const LARGEST: usize = 256 * 1024 * 1024;

/// How many days are looked at for a root that covers a head of a ticket, newest first.
const MOST_DAYS: usize = 40;

/// Makes the roots that are due, unless the time is over; how many. Days that nothing changed in have none. Where nothing is due, one item is read.
pub(crate) async fn make_due(handler: &Handler, until: OffsetDateTime) -> Result<u64, HandlerError> {
    let last = (handler.platform.clock().now() - AFTER).date() - Duration::days(1);
    let mut stands = match handler.store.roots_at().await.map_err(table)? {
        Some(at) => at,
        None => first_look(handler, last).await?,
    };
    let (mut made, mut day) = (0, stands.next);
    while day <= last && handler.platform.clock().now() < until {
        let heads = handler.store.heads_of(day).await.map_err(table)?;
        let next = day + Duration::days(1);
        if !heads.is_empty() {
            stands = make(handler, &stands, day, heads).await?;
            made += 1;
        }
        day = next;
    }
    if day > stands.next {
        let after = RootsAt {
            next: day,
            ..stands.clone()
        };
        handler.store.pass_days(Some(&stands), &after).await.map_err(table)?;
    }
    Ok(made)
}

async fn first_look(handler: &Handler, last: Date) -> Result<RootsAt, HandlerError> {
    let at = RootsAt {
        next: last - Duration::days(FIRST_LOOK_DAYS - 1),
        previous_root: NO_ROOT.to_owned(),
    };
    handler.store.pass_days(None, &at).await.map_err(table)?;
    Ok(at)
}

/// Makes one day's root: the object first, then its record, from which those who are told of it hear. Killed in between, the next run finds the object
/// and goes by it, whatever the day's heads are by then.
async fn make(handler: &Handler, stands: &RootsAt, day: Date, heads: Vec<DayHead>) -> Result<RootsAt, HandlerError> {
    let site = handler.platform.config().site_url.origin();
    let taken = heads.iter().map(|head| Head {
        ticket: head.ticket,
        seq: head.seq,
        hash: head.hash.clone(),
    });
    let root = DayRoot::make(site, &day.to_string(), &stands.previous_root, taken.collect());
    let (objects, proofs) = (handler.platform.objects(), &handler.platform.config().proof_bucket);
    let key = object_key(&root.date);
    let put = objects.put_if_absent(proofs, &key, root.bytes(), "application/json").await;
    let root = if put.map_err(bucket)? {
        root
    } else {
        written_before(handler, &root).await?
    };
    late(handler, &root, day, heads).await?;
    failpoint::pass("before-record");
    let record = RootRecord {
        root: root.root.clone(),
        previous_root: root.previous_root,
        heads: root.heads.len() as u64,
        at: handler.now(),
    };
    let after = RootsAt {
        next: day + Duration::days(1),
        previous_root: root.root,
    };
    let deed = Deed::new(None, handler.now(), random());
    let recorded = handler.store.record_root(stands, day, &after, &record, &deed).await;
    recorded.map_err(table)?;
    Ok(after)
}

/// The root of that day that lies in the bucket already.
async fn written_before(handler: &Handler, ours: &DayRoot) -> Result<DayRoot, HandlerError> {
    let there = read(handler, &ours.date).await?;
    let there = there.ok_or_else(|| HandlerError::retry("a root that was there is not"))?;
    // One that goes on from another root than the table would part the chain in two: a person must look at it.
    if (&there.date, &there.previous_root) == (&ours.date, &ours.previous_root) {
        Ok(there)
    } else {
        Err(HandlerError::poison(
            "the bucket of proofs holds another root for this day than the table goes on from",
        ))
    }
}

/// A root as it lies in the bucket; nothing where there is none.
async fn read(handler: &Handler, date: &str) -> Result<Option<DayRoot>, HandlerError> {
    let (objects, proofs) = (handler.platform.objects(), &handler.platform.config().proof_bucket);
    let bytes = match objects.get(proofs, &object_key(date), LARGEST).await {
        Ok(bytes) => bytes,
        Err(ObjectError::NotFound) => return Ok(None),
        Err(error) => return Err(bucket(error)),
    };
    let root: DayRoot =
        serde_json::from_slice(&bytes).map_err(|error| HandlerError::poison("a root in the bucket cannot be read").caused_by(error))?;
    root.check()
        .map_err(|flaw| HandlerError::poison("a root in the bucket is not what it says").caused_by(flaw))?;
    Ok(Some(root))
}

/// Heads that came to the day after its object was written stand in no root: the next day takes them.
async fn late(handler: &Handler, root: &DayRoot, day: Date, heads: Vec<DayHead>) -> Result<(), HandlerError> {
    let covered = |head: &DayHead| {
        let place = root.heads.binary_search_by_key(&head.ticket, |head| head.ticket);
        place.is_ok_and(|place| root.heads[place].seq >= head.seq)
    };
    for head in heads.iter().filter(|head| !covered(head)) {
        handler.store.note_head(day + Duration::days(1), head).await.map_err(table)?;
    }
    Ok(())
}

/// The proof that a head of a history is in the latest day's root that covers one; nothing where none does. A head that the reader may not see proves
/// nothing to them: an earlier day is looked for then.
pub(crate) async fn inclusion(handler: &Handler, number: TicketNumber, story: &Story) -> Result<Option<Inclusion>, HandlerError> {
    let mut found = handler.store.rooted_heads(number, &days_of(story)).await.map_err(table)?;
    found.sort_by_key(|(day, _)| std::cmp::Reverse(*day));
    let is_shown = |seq: u64, hash: &str| story.entries().iter().any(|entry| entry.entry.seq == seq && entry.hash == hash);
    for (day, head) in found {
        if !is_shown(head.seq, &head.hash) {
            continue;
        }
        let root = match read(handler, &day.to_string()).await {
            Ok(root) => root,
            // The history proves itself without it.
            Err(error) if error.outcome() == Outcome::Poison => {
                error.log();
                None
            }
            Err(error) => return Err(error),
        };
        let proof = root.and_then(|root| root.inclusion(number));
        if let Some(proof) = proof.filter(|proof| is_shown(proof.seq, &proof.hash)) {
            return Ok(Some(proof));
        }
    }
    Ok(None)
}

/// The days in which entries can have been announced: that in which they were made, and the next, since the stream keeps what it has not delivered for
/// a day.
fn days_of(story: &Story) -> Vec<Date> {
    let mut days: Vec<Date> = story
        .entries()
        .iter()
        .flat_map(|entry| {
            let made = entry.entry.at.as_offset().date();
            [made, made + Duration::days(1)]
        })
        .collect();
    days.sort_unstable_by(|one, other| other.cmp(one));
    days.dedup();
    days.truncate(MOST_DAYS);
    days
}
