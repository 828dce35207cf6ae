//! A fetched message made ready to be judged: its original stored, read, its files stored.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chamada_domain::AttachmentId;
use chamada_mail::{IncomingMail, Limits, Thread};
use chamada_platform::{failpoint, random};
use chamada_store::parcel_object;
use futures::future;
use sha2::{Digest, Sha256};
use tokio::sync::OwnedSemaphorePermit;

use crate::content::{self, Content};
use crate::fetch::Fetched;
use crate::files::{self, File};
use crate::listing::Wanted;
use crate::run::Run;
use crate::trouble::Trouble;

/// How long one message may take to be read.
const READING: Duration = Duration::from_secs(10);

/// A message whose original is safe.
pub(crate) struct Prepared {
    /// How the server lists it.
    pub(crate) wanted: Wanted,
    /// SHA-256 of the original, lower-case hex.
    pub(crate) digest: String,
    /// Its size in bytes; where it was too large to fetch, what the server said.
    pub(crate) size: u64,
    /// Whether this is the beginning alone of a message that is too large.
    pub(crate) beginning: bool,
    /// Its share of the memory for messages under way.
    _room: OwnedSemaphorePermit,
    /// What it says, or why it could not be read.
    pub(crate) reading: Result<Box<Reading>, &'static str>,
}

/// What a message says.
pub(crate) struct Reading {
    /// The mail without its files and HTML, which lie in S3.
    pub(crate) mail: IncomingMail,
    /// Its words, cut to what an entry holds.
    pub(crate) content: Content,
    /// Its files.
    pub(crate) files: Vec<File>,
    /// The parcel that they lie in; nothing where there are none.
    pub(crate) parcel: Option<AttachmentId>,
    /// How many others stay in the original.
    pub(crate) left: u64,
    /// Whether it is one of ours.
    pub(crate) own: bool,
    /// The threads that its tokens name.
    pub(crate) threads: Vec<Thread>,
}

/// Stores the original and the files, and reads them. The original comes first: whatever else fails, nothing is lost.
pub(crate) async fn prepare(run: &Arc<Run>, fetched: Fetched) -> Result<Prepared, Trouble> {
    let raw = Bytes::from(fetched.raw);
    let digest = hex::encode(Sha256::digest(&raw));
    let platform = &run.handler.platform;
    let (objects, config) = (platform.objects(), platform.config());
    let key = format!("mail/{digest}.eml");
    objects
        .put_if_absent(&config.mail_bucket, &key, raw.clone(), "message/rfc822")
        .await?;
    failpoint::pass("after-raw");
    let size = if fetched.beginning {
        fetched.wanted.seen.size
    } else {
        raw.len() as u64
    };
    let reading = match read_in_time(run, raw, fetched.beginning).await {
        Ok((reading, contents)) => {
            store_files(run, &reading, contents).await?;
            Ok(reading)
        }
        Err(reason) => Err(reason),
    };
    Ok(Prepared {
        wanted: fetched.wanted,
        digest,
        size,
        beginning: fetched.beginning,
        _room: fetched.room,
        reading,
    })
}

/// Stores a mail's files as a parcel of its own, announced first: should the mail become nothing that they hang on, housekeeping finds them.
async fn store_files(run: &Run, reading: &Reading, contents: Vec<Bytes>) -> Result<(), Trouble> {
    let Some(parcel) = &reading.parcel else { return Ok(()) };
    run.store().announce_parcel(parcel, run.now()).await?;
    let (objects, bucket) = (run.handler.platform.objects(), &run.handler.platform.config().files_bucket);
    let stored = reading.files.iter().zip(contents).map(|(file, bytes)| async move {
        let key = parcel_object(parcel, &file.id);
        objects.put(bucket, &key, bytes, &file.content_type).await
    });
    future::try_join_all(stored).await?;
    Ok(())
}

type Read = (Box<Reading>, Vec<Bytes>);

/// Reads on a thread of its own, so that a mail that takes long, or makes the reader panic, stops no other.
async fn read_in_time(run: &Arc<Run>, raw: Bytes, beginning: bool) -> Result<Read, &'static str> {
    let own = Arc::clone(run);
    let reading = tokio::task::spawn_blocking(move || read(&own, &raw, beginning));
    match tokio::time::timeout(READING, reading).await {
        Ok(Ok(read)) => read,
        Ok(Err(_)) => Err("panic"),
        Err(_) => Err("timeout"),
    }
}

fn read(run: &Run, raw: &[u8], beginning: bool) -> Result<Read, &'static str> {
    let mut mail = chamada_mail::read(raw, &Limits::default()).map_err(|_| "unreadable")?;
    let settings = &run.configuration.settings;
    let locale = content::locale(&mail, &run.mailbox, settings);
    let mut content = content::content(&mail, beginning, locale);
    mail.html = None;
    let attachments = std::mem::take(&mut mail.attachments);
    let largest = usize::from(settings.max_attachment_mb) << 20;
    let new_id = || AttachmentId::from_random(random());
    let overflow = content.overflow.take();
    // Of a message cut off in the middle, the files are cut off too.
    let (files, left) = if beginning {
        (Vec::new(), attachments.len() as u64)
    } else {
        files::choose(attachments, overflow, largest, new_id)
    };
    let (files, contents): (Vec<File>, _) = files.into_iter().unzip();
    let reading = Reading {
        own: run.key.is_own(&mail),
        threads: run.key.threads(&mail),
        mail,
        content,
        parcel: (!files.is_empty()).then(new_id),
        files,
        left,
    };
    Ok((Box::new(reading), contents))
}
