//! A bundle of evidence: everything of a ticket that whoever asked may see, with what proves it, streamed from bucket to bucket.

use chamada_domain::{BundleId, Ticket, TicketNumber};
use chamada_evidence::bundle::{
    FORMAT, MANIFEST, Manifest, MissingFile, Named, PAGE, README, Reason, TRANSCRIPT, attachment_name, mail_name, named,
};
use chamada_evidence::readme;
use chamada_evidence::story::Story;
use chamada_platform::{HandlerError, MultipartUpload, ObjectError, failpoint};
use chamada_store::{Bundle, BundleState, StoreError, bundle_object};

use crate::archive::{Archive, ArchiveError};
use crate::root::inclusion;
use crate::{Handler, bucket, table};

/// How often making a bundle is tried: as often as the deployment delivers an event to a function that fails.
const ATTEMPTS: u32 = 3;

/// Why a bundle was not made.
enum Unmade {
    /// It may go better later.
    Later(HandlerError),
    /// It never will.
    Never(HandlerError),
    /// There is no such ticket any longer.
    NoTicket,
}

impl From<HandlerError> for Unmade {
    fn from(error: HandlerError) -> Self {
        Self::Later(error)
    }
}

impl From<ArchiveError> for Unmade {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Parts(error) => Self::Later(bucket(error)),
            ArchiveError::Zip(_) => Self::Never(HandlerError::poison("a bundle cannot be written").caused_by(error)),
        }
    }
}

/// Makes the bundle that was asked for, unless that was done, or given up.
pub(crate) async fn make(handler: &Handler, number: TicketNumber, id: &BundleId) -> Result<(), HandlerError> {
    let Some(bundle) = handler.store.begin_bundle(number, id, handler.now()).await.map_err(table)? else {
        return match handler.store.bundle(number, id, handler.now()).await {
            // Killed once it was whole, and nobody waits for it any longer.
            Err(StoreError::NotFound) => purge(handler, number, id).await,
            Ok(_) => Ok(()),
            Err(error) => Err(table(error)),
        };
    };
    let (state, last_seq, outcome) = match build(handler, number, id, &bundle).await {
        Ok(last_seq) => (BundleState::Ready, Some(last_seq), Ok(())),
        Err(Unmade::NoTicket) => (BundleState::Failed, None, Ok(())),
        Err(Unmade::Never(error)) => (BundleState::Failed, None, Err(error)),
        Err(Unmade::Later(error)) if bundle.attempts >= ATTEMPTS => (BundleState::Failed, None, Err(error)),
        Err(Unmade::Later(error)) => return Err(error),
    };
    let ended = Bundle { state, last_seq, ..bundle };
    let waited_for = handler.store.end_bundle(number, id, &ended, handler.now()).await.map_err(table)?;
    if !waited_for {
        // Words were erased while it was made: it may hold them.
        purge(handler, number, id).await?;
    }
    outcome
}

async fn purge(handler: &Handler, number: TicketNumber, id: &BundleId) -> Result<(), HandlerError> {
    let (objects, files) = (handler.platform.objects(), &handler.platform.config().files_bucket);
    objects.purge(files, &bundle_object(number, id)).await.map_err(bucket)
}

/// Writes the bundle; the newest entry that it was made of.
async fn build(handler: &Handler, number: TicketNumber, id: &BundleId, bundle: &Bundle) -> Result<u64, Unmade> {
    let ticket = match handler.store.ticket(number).await {
        Ok(ticket) => ticket,
        Err(StoreError::NotFound) => return Err(Unmade::NoTicket),
        Err(error) => return Err(table(error).into()),
    };
    let history = handler.store.history(number).await.map_err(table)?;
    let story = Story::of(&ticket, history, bundle.for_staff);
    let (objects, files) = (handler.platform.objects(), &handler.platform.config().files_bucket);
    let upload = objects.begin_parts(files, &bundle_object(number, id), "application/zip").await;
    let mut making = Making {
        handler,
        ticket: &ticket,
        story: &story,
        bundle,
        archive: Archive::new(upload.map_err(bucket)?),
        missing: Vec::new(),
    };
    if let Err(error) = making.fill().await {
        abort(making.archive.give_up()).await;
        return Err(error);
    }
    match making.archive.finish().await {
        Ok((upload, _)) => {
            failpoint::pass("before-complete");
            upload.complete().await.map_err(bucket)?;
            Ok(ticket.last_seq)
        }
        Err((upload, error)) => {
            abort(upload).await;
            Err(error.into())
        }
    }
}

/// What was uploaded goes at once; where that fails, the bucket's own rule does it a day later.
async fn abort(upload: MultipartUpload) {
    if let Err(error) = upload.abort().await {
        bucket(error).log();
    }
}

/// A bundle under way.
struct Making<'a> {
    handler: &'a Handler,
    ticket: &'a Ticket,
    story: &'a Story,
    bundle: &'a Bundle,
    archive: Archive<MultipartUpload>,
    missing: Vec<MissingFile>,
}

impl Making<'_> {
    /// Everything, the manifest last: it lists what went before.
    async fn fill(&mut self) -> Result<(), Unmade> {
        let (number, locale) = (self.ticket.number, self.bundle.locale);
        let configuration = self.handler.store.configuration().await.map_err(table)?;
        let shown = number.shown(&configuration.settings.ticket_prefix);
        let (site, at) = (self.handler.platform.config().site_url.origin(), self.handler.now());
        let transcript = serde_json::to_vec_pretty(&self.story.json(site, at)).map_err(unwritable)?;
        self.archive.text(TRANSCRIPT, &transcript).await?;
        drop(transcript);
        let page = self.story.page(locale, &shown, site, at);
        self.archive.text(PAGE, page.as_bytes()).await?;
        drop(page);
        self.archive.text(README, readme::text(locale, number, site).as_bytes()).await?;
        let story = self.story;
        for file in named(story.entries(), |entry| story.hides(entry)) {
            self.add(file).await?;
        }
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            ticket: number,
            head_hash: story.head_hash().to_owned(),
            files: self.archive.listed().to_vec(),
            missing: std::mem::take(&mut self.missing),
            inclusion: inclusion(self.handler, number, story).await?,
        };
        let manifest = serde_json::to_vec_pretty(&manifest).map_err(unwritable)?;
        self.archive.text(MANIFEST, &manifest).await?;
        Ok(())
    }

    /// A file that the history names, or that it is missing.
    async fn add(&mut self, file: Named<'_>) -> Result<(), Unmade> {
        let config = self.handler.platform.config();
        let (id, reason) = match file {
            Named::Attachment { seq, file } => {
                let id = file.attachment_id.as_str();
                // A file whose name was erased is not to be handed out, even where its bytes are still there.
                let item = match file.name.text() {
                    Some(name) if !self.ticket.erased => self.attachment(&file.attachment_id).await?.map(|item| (name, item)),
                    Some(_) | None => None,
                };
                let Some((name, item)) = item else {
                    return self.lacks(id, Reason::Gone);
                };
                let name = attachment_name(seq, &file.attachment_id, name);
                if self
                    .copy((&config.files_bucket, &item.object), &name, file.size, &file.sha256)
                    .await?
                {
                    return Ok(());
                }
                (id, Reason::Gone)
            }
            Named::Mail { digest, .. } if !self.bundle.for_staff => (digest, Reason::Withheld),
            Named::Mail { digest, erased } if erased || self.ticket.erased => (digest, Reason::Gone),
            Named::Mail { digest, .. } => {
                let name = mail_name(digest);
                if self.copy((&config.mail_bucket, &name), &name, 0, digest).await? {
                    return Ok(());
                }
                (digest, Reason::Gone)
            }
        };
        self.lacks(id, reason)
    }

    async fn attachment(&self, id: &chamada_domain::AttachmentId) -> Result<Option<chamada_store::Attachment>, Unmade> {
        match self.handler.store.attachment(self.ticket.number, id).await {
            Ok(item) => Ok(Some(item)),
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(table(error).into()),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "what its callers end with")]
    fn lacks(&mut self, id: &str, reason: Reason) -> Result<(), Unmade> {
        let id = id.to_owned();
        self.missing.push(MissingFile { id, reason });
        Ok(())
    }

    /// Copies an object into the archive, piece by piece; whether it was there. One whose bytes are not what the history says ends the bundle.
    async fn copy(&mut self, from: (&str, &str), name: &str, size: u64, sha256: &str) -> Result<bool, Unmade> {
        let mut object = match self.handler.platform.objects().open(from.0, from.1).await {
            Ok(object) => object,
            Err(ObjectError::NotFound) => return Ok(false),
            Err(error) => return Err(bucket(error).into()),
        };
        self.archive.begin(name, size, false)?;
        while let Some(piece) = object.next().await.map_err(bucket)? {
            self.archive.write(&piece).await?;
        }
        if self.archive.end()?.sha256 == sha256 {
            return Ok(true);
        }
        let ticket = self.ticket.number;
        tracing::error!(
            ticket.number = ticket.0,
            "a stored file is not what the history says: no bundle is made of it"
        );
        Err(Unmade::Never(HandlerError::poison("a stored file is not what the history says")))
    }
}

fn unwritable(error: serde_json::Error) -> Unmade {
    Unmade::Never(HandlerError::poison("a bundle cannot be written").caused_by(error))
}
