//! Files that were announced, and hang on no ticket yet.

use chamada_domain::timestamp::days;
use chamada_domain::{AttachmentId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::{Made, StoreError};
use crate::idempotency::Idempotency;
use crate::item::{Item, ItemExt, keyed, s};
use crate::keys;
use crate::store::Store;
use crate::transaction::{Condition, Failure, Guard, Transaction};

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
    /// Announces a file. It disappears after a day unless it is attached.
    ///
    /// # Errors
    /// [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn create_upload(&self, upload: &Upload, owner: &str, request: Option<&Idempotency>) -> Result<(), StoreError> {
        self.replay(request).await?;
        let mut transaction = Transaction::default();
        let item = upload_item(upload)?.with("announced_by", s(owner));
        transaction.put(&self.table, Guard::Other, item, Some(Condition::absent()));
        self.remember(&mut transaction, request, &made(&upload.id))?;
        match transaction.run(&self.client).await {
            Ok(()) => Ok(()),
            Err(Failure::Store(error)) => Err(error),
            Err(Failure::Contention | Failure::Condition(..)) => {
                self.replay(request).await?;
                Err(StoreError::Raced)
            }
        }
    }

    /// An announced file.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also where its day has passed.
    pub async fn upload(&self, id: &AttachmentId, now: Timestamp) -> Result<StoredUpload, StoreError> {
        let item = self
            .read(&keys::upload(id), "UP", true)
            .await?
            .filter(|item| !item.has_expired(now))
            .ok_or(StoreError::NotFound)?;
        read_upload(&item)
    }

    /// Announced files, in the order of the ids; nothing where there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn uploads(&self, ids: &[AttachmentId], now: Timestamp) -> Result<Vec<Option<StoredUpload>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<_> = ids.iter().map(|id| (keys::upload(id), "UP".to_owned())).collect();
        let items = self.read_all(&wanted).await?;
        items
            .into_iter()
            .map(|item| item.filter(|item| !item.has_expired(now)).as_ref().map(read_upload).transpose())
            .collect()
    }

    /// Marks a file as there. From then on its owner may attach it. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it was attached or removed meanwhile; [`StoreError::KeyReused`].
    pub async fn complete_upload(&self, id: &AttachmentId, owner: &str, request: Option<&Idempotency>) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .key("pk", s(keys::upload(id)))
            .key("sk", s("UP"))
            .update_expression("SET stored_owner = :owner")
            .condition_expression("announced_by = :owner")
            .expression_attribute_values(":owner", s(owner));
        match update.send().await {
            Ok(_) => self.remember_alone(request, &made(id)).await,
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Err(StoreError::NotFound),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Forgets a file that hangs on no ticket. Who succeeds may delete its bytes: it can no longer be attached.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it was attached or removed meanwhile, or is another's; [`StoreError::Replayed`] or [`StoreError::KeyReused`].
    pub async fn remove_upload(&self, id: &AttachmentId, owner: &str, request: Option<&Idempotency>) -> Result<(), StoreError> {
        self.replay(request).await?;
        let mut transaction = Transaction::default();
        let own = Condition::new("announced_by = :owner", vec![(":owner", s(owner))]);
        transaction.delete(&self.table, Guard::Upload, keys::upload(id), "UP".into(), Some(own));
        self.remember(&mut transaction, request, &made(id))?;
        match transaction.run(&self.client).await {
            Ok(()) => Ok(()),
            Err(Failure::Store(error)) => Err(error),
            Err(Failure::Condition(Guard::Upload, _)) => Err(StoreError::NotFound),
            Err(Failure::Contention | Failure::Condition(..)) => {
                self.replay(request).await?;
                Err(StoreError::Raced)
            }
        }
    }
}

fn made(id: &AttachmentId) -> Made {
    Made {
        id: Some(id.to_string()),
        ..Made::default()
    }
}

fn upload_item(upload: &Upload) -> Result<Item, StoreError> {
    Ok(keyed(keys::upload(&upload.id), "UP")
        .with_json("upload", upload)?
        .expiring(upload.created_at.plus(days(1))))
}

fn read_upload(item: &Item) -> Result<StoredUpload, StoreError> {
    Ok(StoredUpload {
        upload: item.json("upload")?,
        owner: item.text("announced_by")?.to_owned(),
        complete: item.contains_key("stored_owner"),
    })
}
