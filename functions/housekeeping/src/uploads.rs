//! Uploads that were never completed, or never attached, disappear after a day, with their bytes.
//!
//! An upload goes in two steps, a day apart:
//!
//! 1. Its record is *ended*: a change of one item, on the condition that it hangs on no ticket. From then on it can be neither completed nor attached
//!    (attaching deletes the record on a condition that an ended one does not meet), so its bytes may go, and do.
//! 2. A day later its bytes go once more, and then the record.
//!
//! The record goes last and alone tells of the bytes, so none are left for ever: killed anywhere in between, the next run finds the record in one of
//! the two lists and goes on. The second step is there for bytes that come late, under a URL signed before the first, and for whoever ended an
//! upload (this function, or the one who uploaded it) and was killed before its bytes went.

use chamada_domain::AttachmentId;
use chamada_platform::HandlerError;
use chamada_store::{Leftovers, upload_object};
use futures::{StreamExt, stream};
use time::OffsetDateTime;

use crate::{Handler, bucket, table};

/// How many are read at once.
const PAGE: u16 = 25;
/// How many go at once.
const AT_ONCE: usize = 8;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tidied {
    /// Uploads that nobody attached in time.
    pub(crate) ended: u64,
    /// Records that went.
    pub(crate) forgotten: u64,
    /// Whether time was over before all was done.
    pub(crate) more: bool,
}

/// Takes both steps for all that are due, until the time is over. One that fails keeps none of the others; the first failure is told at the end.
pub(crate) async fn tidy(handler: &Handler, until: OffsetDateTime) -> Result<Tidied, HandlerError> {
    let mut failed = None;
    let (ended, more) = each(handler, Leftovers::Unattached, until, &mut failed).await?;
    let (forgotten, still_more) = each(handler, Leftovers::Ended, until, &mut failed).await?;
    failed.map_or(
        Ok(Tidied {
            ended,
            forgotten,
            more: more || still_more,
        }),
        Err,
    )
}

/// Takes one step for all that are due: how many it was taken for, and whether there are more.
async fn each(
    handler: &Handler,
    which: Leftovers,
    until: OffsetDateTime,
    failed: &mut Option<HandlerError>,
) -> Result<(u64, bool), HandlerError> {
    let (mut done, mut start) = (0, None);
    loop {
        if !handler.has_time(until) {
            return Ok((done, true));
        }
        let (ids, next) = handler.store.leftovers(which, handler.now(), start, PAGE).await.map_err(table)?;
        let mut steps = stream::iter(ids)
            .map(|id| step(handler, which, id, until))
            .buffer_unordered(AT_ONCE);
        while let Some(outcome) = steps.next().await {
            match outcome {
                Ok(taken) => done += u64::from(taken),
                Err(error) => drop(failed.get_or_insert(error)),
            }
        }
        if next.is_none() {
            return Ok((done, !handler.has_time(until)));
        }
        start = next;
    }
}

/// Whether the step was taken: not where the upload was attached a moment ago, or the time is over.
async fn step(handler: &Handler, which: Leftovers, id: AttachmentId, until: OffsetDateTime) -> Result<bool, HandlerError> {
    if !handler.has_time(until) {
        return Ok(false);
    }
    let store = &handler.store;
    match which {
        Leftovers::Unattached => {
            let ended = store.end_upload(&id, handler.now()).await.map_err(table)?;
            if ended {
                delete_bytes(handler, &id).await?;
            }
            Ok(ended)
        }
        Leftovers::Ended => {
            delete_bytes(handler, &id).await?;
            store.forget_upload(&id).await.map_err(table)?;
            Ok(true)
        }
    }
}

/// All versions of them: the bucket keeps what is deleted or replaced.
async fn delete_bytes(handler: &Handler, id: &AttachmentId) -> Result<(), HandlerError> {
    let (objects, files) = (handler.platform.objects(), &handler.platform.config().files_bucket);
    let object = upload_object(id);
    objects.purge(files, &object).await.map_err(bucket)?;
    // A mail's files lie below their parcel's name.
    objects.purge_below(files, &format!("{object}/")).await.map_err(bucket)
}
