//! Files that hang on tickets.

use chamada_domain::chain::ChainedEntry;
use chamada_domain::entry::AttachedFile;
use chamada_domain::{AttachmentId, TicketNumber};

use crate::error::StoreError;
use crate::item::{Item, ItemExt, keyed};
use crate::keys;
use crate::store::Store;
use crate::tickets::With;
use crate::uploads::{parcel_object, upload_object};

/// A file that hangs on a ticket.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Attachment {
    /// Which.
    pub id: AttachmentId,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, lower-case hex.
    pub sha256: String,
    /// Whether the mail showed it inside its text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inline: bool,
    /// The entry that it came with.
    pub seq: u64,
    /// Whether staff alone may see it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Its key in the bucket of files.
    pub object: String,
}

impl Store {
    /// A file that hangs on a ticket.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn attachment(&self, number: TicketNumber, id: &AttachmentId) -> Result<Attachment, StoreError> {
        let item = self
            .read(&keys::ticket(number), &keys::attachment(id), true)
            .await?
            .ok_or(StoreError::NotFound)?;
        item.json("a")
    }

    /// Forgets a file of a ticket, whose bytes are gone. The entry that it came with still names it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_attachment(&self, number: TicketNumber, id: &AttachmentId) -> Result<(), StoreError> {
        self.remove(&keys::ticket(number), &keys::attachment(id)).await
    }

    /// Every file that hangs on a ticket.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn attachments(&self, number: TicketNumber) -> Result<Vec<Attachment>, StoreError> {
        let items = self.all(&keys::ticket(number), Some(keys::ATTACHMENTS)).await?;
        items.iter().map(|item| item.json("a")).collect()
    }
}

/// The item of a file that comes with an entry: an upload lies under its own id, a mail's file below its parcel's.
pub(crate) fn attachment_item(
    number: TicketNumber,
    entry: &ChainedEntry,
    file: &AttachedFile,
    with: &With<'_>,
) -> Result<Item, StoreError> {
    let object = match with.import.and_then(|import| import.parcel.as_ref()) {
        Some(parcel) => parcel_object(parcel, &file.attachment_id),
        None => upload_object(&file.attachment_id),
    };
    let stored = Attachment {
        id: file.attachment_id.clone(),
        name: file.name.text_or_empty(),
        content_type: file.content_type.clone(),
        size: file.size,
        sha256: file.sha256.clone(),
        inline: file.inline,
        seq: entry.entry.seq,
        hidden: entry.entry.event.is_hidden(),
        object,
    };
    keyed(keys::ticket(number), keys::attachment(&file.attachment_id)).with_json("a", &stored)
}
