//! Files that were announced, and hang on no ticket yet.

use chamada_domain::timestamp::days;
use chamada_domain::{AttachmentId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::{Made, StoreError};
use crate::idempotency::Idempotency;
use crate::item::{Item, ItemExt, keyed, s};
use crate::keys;
use crate::store::{Store, passed};
use crate::transaction::{Condition, Guard, Transaction};

/// For how long a file may be attached after it was announced, in days.
pub(crate) const LIFE_DAYS: i64 = 1;

/// Where an upload's bytes lie in the bucket of files.
#[must_use]
pub fn upload_object(id: &AttachmentId) -> String {
    format!("files/{id}")
}

/// Where a file of a mail lies: below the parcel that it came with.
#[must_use]
pub fn parcel_object(parcel: &AttachmentId, file: &AttachmentId) -> String {
    format!("{}/{file}", upload_object(parcel))
}

/// A file on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
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
    /// When it was announced.
    pub created_at: Timestamp,
}

/// An upload as the table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUpload {
    /// The file.
    pub upload: Upload,
    /// Who announced it: a user's id, or the hash of a guest's session.
    pub owner: String,
    /// Whether its bytes are there and were looked at.
    pub complete: bool,
}

impl Store {
    /// Announces a file. It counts as gone after a day unless it is attached; [`Store::end_upload`] then tidies up.
    ///
    /// # Errors
    /// [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn create_upload(&self, upload: &Upload, owner: &str, request: Option<&Idempotency>) -> Result<(), StoreError> {
        self.replay(request).await?;
        let mut transaction = Transaction::default();
        let item = upload_item(upload)?.with("announced_by", s(owner));
        transaction.put(&self.table, Guard::Other, item, Some(Condition::absent()));
        self.remember(&mut transaction, request, &made(&upload.id))?;
        self.carry_out(transaction, request, |_| None).await
    }

    /// Announces the files of one mail, which come as one parcel. It ends as uploads do unless the mail is imported with it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn announce_parcel(&self, id: &AttachmentId, now: Timestamp) -> Result<(), StoreError> {
        self.write(announced(id, now)).await
    }

    /// An announced file.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also where its day has passed.
    pub async fn upload(&self, id: &AttachmentId, now: Timestamp) -> Result<StoredUpload, StoreError> {
        let item = self
            .read(&keys::upload(id), keys::UPLOAD, true)
            .await?
            .ok_or(StoreError::NotFound)?;
        read_upload(&item, now)?.ok_or(StoreError::NotFound)
    }

    /// Announced files, in the order of the ids; nothing where there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn uploads(&self, ids: &[AttachmentId], now: Timestamp) -> Result<Vec<Option<StoredUpload>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<_> = ids.iter().map(|id| (keys::upload(id), keys::UPLOAD.to_owned())).collect();
        let items = self.read_all(&wanted).await?;
        items
            .into_iter()
            .map(|item| item.map_or(Ok(None), |item| read_upload(&item, now)))
            .collect()
    }

    /// Marks a file as there. From then on its owner may attach it. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it was attached or removed meanwhile.
    pub async fn complete_upload(&self, id: &AttachmentId, owner: &str) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .key("pk", s(keys::upload(id)))
            .key("sk", s(keys::UPLOAD))
            .update_expression("SET stored_owner = :owner")
            .condition_expression("announced_by = :owner AND attribute_not_exists(ended_at)")
            .expression_attribute_values(":owner", s(owner));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Err(StoreError::NotFound),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Gives up a file that hangs on no ticket. Who succeeds may delete its bytes: it can no longer be attached.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it was attached or removed meanwhile, or is another's; [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn remove_upload(
        &self,
        id: &AttachmentId,
        owner: &str,
        now: Timestamp,
        request: Option<&Idempotency>,
    ) -> Result<(), StoreError> {
        self.replay(request).await?;
        let mut transaction = Transaction::default();
        let mut change = ending(now);
        change.values.push((":owner", s(owner)));
        let own = "announced_by = :owner AND attribute_not_exists(ended_at)";
        let pk = keys::upload(id);
        transaction.update(&self.table, Guard::Upload, (&pk, keys::UPLOAD), change, Some(own));
        self.remember(&mut transaction, request, &made(id))?;
        let gone = |guard| (guard == Guard::Upload).then_some(StoreError::NotFound);
        self.carry_out(transaction, request, gone).await
    }
}

fn made(id: &AttachmentId) -> Made {
    Made {
        id: Some(id.to_string()),
        ..Made::default()
    }
}

fn upload_item(upload: &Upload) -> Result<Item, StoreError> {
    announced(&upload.id, upload.created_at).with_json("upload", upload)
}

fn announced(id: &AttachmentId, at: Timestamp) -> Item {
    // Without `expires_at`: DynamoDB would delete the record alone, and nothing would tell of the bytes any more.
    keyed(keys::upload(id), keys::UPLOAD)
        .with("list_pk", s(keys::UPLOADS))
        .with("updated_at", s(at.to_string()))
}

/// The change that ends an upload: it cannot be completed or attached from then on, its name is forgotten, and it waits in the list of those whose
/// bytes go.
pub(crate) fn ending(now: Timestamp) -> Condition<'static> {
    Condition::new(
        "SET ended_at = :now, updated_at = :now, list_pk = :ended REMOVE stored_owner, upload",
        vec![(":now", s(now.to_string())), (":ended", s(keys::ENDED_UPLOADS))],
    )
}

/// An upload that can still be attached; nothing where it has ended, its day has passed, or it is a mail's parcel.
fn read_upload(item: &Item, now: Timestamp) -> Result<Option<StoredUpload>, StoreError> {
    if !item.contains_key("upload") {
        return Ok(None);
    }
    let upload: Upload = item.json("upload")?;
    if passed(upload.created_at.plus(days(LIFE_DAYS)), now) {
        return Ok(None);
    }
    Ok(Some(StoredUpload {
        upload,
        owner: item.text("announced_by")?.to_owned(),
        complete: item.contains_key("stored_owner"),
    }))
}
